"""The variant of arXiv:2303.13506: sparse parity with cross-entropy, whose loss falls faster than the theory says.

The theory is one of squared errors and gradient flow, where L ∝ T^(−α/(α+1)) for ever more skills. What finitely many
skills lack, their number times what each unlearned one costs (ln 2), is added back before a slope is fitted.
"""

from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import t

from emergence import tables
from emergence.analysis.curves import crossing, to_steps
from emergence.analysis.solvable.constants import Array
from emergence.schemas.solvable import ENTROPY, ENTROPY_SLOPES, SWEEP
from emergence.settings.solvable import EntropySettings
from emergence.theory.skills import Skills

UNLEARNED = np.log(2)  # nats a sample


def losses(rows: pd.DataFrame, skills: Skills) -> pd.DataFrame:
    """Total loss over time: columns seed, step, loss, and ``infinite``, with the skills that there are not."""
    wide = rows.pivot(index=["seed", "step"], columns="skill", values="loss").sort_index(axis=1)
    frame = (wide @ skills.frequencies).rename("loss").reset_index()
    return frame.assign(infinite=frame["loss"] + UNLEARNED * skills.beyond)


def window(rows: pd.DataFrame, ranks: tuple[int, int]) -> tuple[float, float]:
    """Steps at which the mean strength of the first and the last of two ranks passes one half; NaN if it does not."""
    ends = []
    for rank in ranks:
        mean = rows[rows["skill"] == rank].groupby("step")["share"].mean()
        position = crossing(mean.to_numpy(), 0.5, persistence=1)
        ends.append(float(to_steps(position, mean.index.to_numpy())) if np.isfinite(position) else np.nan)
    return ends[0], ends[1]


def slopes(found: pd.DataFrame, start: float, end: float) -> Array:
    """Logarithmic slope of each seed's loss between two steps (seeds,); NaN with fewer than three evaluations."""
    inside = found[(found["step"] >= start) & (found["step"] <= end)]
    fitted = [
        np.polyfit(np.log(of_seed["step"]), np.log(of_seed["infinite"]), 1)[0] if len(of_seed) > 2 else np.nan
        for _, of_seed in inside.groupby("seed")
    ]
    return np.array(fitted, dtype=np.float64)


def summary(rows: pd.DataFrame, found: pd.DataFrame, settings: EntropySettings) -> pd.DataFrame:
    """Table ``entropy_slopes``: one row, with Student's interval over seeds."""
    start, end = window(rows, settings.ranks)
    each = slopes(found, start, end)
    each = each[np.isfinite(each)]
    row: dict[str, object] = {"predicted": -settings.alpha / (settings.alpha + 1), "published": -settings.published}
    row |= {"seeds": len(each), "start": start, "end": end}
    if len(each):
        row["value"] = each.mean()
    if len(each) > 1:
        half = t.ppf((1 + settings.confidence) / 2, len(each) - 1) * each.std(ddof=1) / np.sqrt(len(each))
        row |= {"low": each.mean() - half, "high": each.mean() + half}
    return pd.DataFrame([row], columns=ENTROPY_SLOPES.arrow.names)


def make(settings: EntropySettings, sweep: Path, losses_table: Path, slopes_table: Path) -> None:
    """Loss over time, and its slope."""
    rows = tables.read(SWEEP, sweep)
    rows["share"] = 1 - rows["loss"] / UNLEARNED  # of what there is to know of a skill, in nats
    found = losses(rows, Skills(settings.alpha, settings.skills))
    tables.write(ENTROPY, found, losses_table)
    tables.write(ENTROPY_SLOPES, summary(rows, found, settings), slopes_table)
