"""Paired language models: in how many of the steps is a loss reached where the collapse is prevented?

In each pair, both runs are timed at one loss, the higher of their two final ones, which both reach in training: no step
is beyond the last one, and exchanging the runs inverts the ratio. Where the run whose collapse is prevented ends lower,
this is the plain run's final loss. A step is that of the first evaluation at or below the loss, interpolated in log
step from the one before. Pairs are the units of all intervals.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from emergence.analysis.intervals import MeanInterval, student_mean
from emergence.analysis.interventions.arms import lowest_ranks
from emergence.config.arms import PLAIN, PREVENT
from emergence.config.protocol import Statistics
from emergence.io import tables
from emergence.schemas.interventions import LANGUAGE_ARM_EFFECTS, LANGUAGE_ARM_RUNS


def step_at(losses: pd.Series, level: float) -> float:
    """Step at which a loss first reaches a level; NaN if it does not.

    Args:
        losses: By step, from the first evaluation after step 0.
        level: Nats a token, as the losses.

    >>> round(step_at(pd.Series([4.0, 3.0, 2.0], index=[10, 40, 80]), 3.5), 6)
    20.0
    """
    below = np.flatnonzero(losses.to_numpy() <= level)
    if not len(below):
        return np.nan
    if (place := int(below[0])) == 0:
        return float(losses.index[0])
    (before, after), (high, low) = np.log(losses.index[place - 1 : place + 1]), losses.iloc[place - 1 : place + 1]
    return float(np.exp(before + (after - before) * (high - level) / (high - low)))


def pair_effects(runs: pd.DataFrame) -> pd.DataFrame:
    """Each pair of runs: ``run, size, log_ratio, loss, loss_against, difference, diverged``.

    A pair of which a run diverged has no numbers.

    Args:
        runs: Table ``language_arm_runs``.
    """
    losses = runs[(runs["quantity"] == "loss") & (runs["step"] > 0)]
    curves = {of: rows.set_index("step")["value"] for of, rows in losses.groupby(["run", "arm"])}
    ended = set(runs.loc[runs["quantity"] == "diverged", "run"])
    rows = []
    for run, size in runs[["run", "size"]].drop_duplicates().itertuples(index=False):
        effect = {} if run in ended else _effect(curves[run, PREVENT], curves[run, PLAIN])
        rows.append({"run": run, "size": size, "diverged": run in ended, **effect})
    return pd.DataFrame(rows, columns=["run", "size", "log_ratio", "loss", "loss_against", "difference", "diverged"])


def _effect(prevented: pd.Series, plain: pd.Series) -> dict[str, float]:
    """Effect in a pair, from losses by step."""
    loss, against = float(prevented.iloc[-1]), float(plain.iloc[-1])
    level = max(loss, against)
    ratio = step_at(prevented, level) / step_at(plain, level)
    return {"log_ratio": np.log(ratio), "loss": loss, "loss_against": against, "difference": loss - against}


def estimate_effects(runs: pd.DataFrame, settings: Statistics) -> pd.DataFrame:
    """Table ``language_arm_effects`` from table ``language_arm_runs``."""
    pairs, lowest = pair_effects(runs), lowest_ranks(runs)
    rows = []
    for size in ["all", *pairs["size"].unique()]:
        chosen, ranks = (table[(size == "all") | (table["size"] == size)] for table in (pairs, lowest))
        of_arm = ranks.groupby("arm")["lowest"].mean()
        ratio = student_mean(chosen["log_ratio"], settings.confidence)
        difference = student_mean(chosen["difference"], settings.confidence)
        rows.append(
            {"size": size, **_ratio(ratio), **difference.named("difference"),
             "pairs": ratio.runs, "diverged": int(chosen["diverged"].sum()),
             **chosen[["loss", "loss_against"]].mean().to_dict(),
             "lowest": of_arm.get(PREVENT, np.nan), "lowest_against": of_arm.get(PLAIN, np.nan)}
        )  # fmt: skip
    return pd.DataFrame(rows, columns=LANGUAGE_ARM_EFFECTS.arrow.names)


def _ratio(mean: MeanInterval) -> dict[str, Any]:
    """A mean log ratio with its interval, as a ratio."""
    return dict(zip(("ratio", "low", "high"), np.exp([mean.value, mean.low, mean.high]).tolist(), strict=True))


def compare_language_arms(statistics: Statistics, runs: list[Path], language_arm_effects_table: Path) -> None:
    """Compare paired language models at equal losses and at equal steps.

    Args:
        statistics: Confidence of the intervals.
        runs: Tables ``language_arm_runs``, one of each size.
        language_arm_effects_table: Where ``language_arm_effects`` is written.
    """
    rows = tables.read(LANGUAGE_ARM_RUNS, *runs)
    tables.write(LANGUAGE_ARM_EFFECTS, estimate_effects(rows, statistics), language_arm_effects_table)
