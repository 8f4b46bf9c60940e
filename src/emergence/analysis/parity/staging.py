"""Stage-like training: the onset of a skill over the saturation of the one before it.

In theory the ratio is ((k + 1)/k)^(α+1)/q, with the spread q of `emergence.theory.conditions`: above 1 for the first
skills alone. In networks both times are measured; neither B² nor the learning rate affects their ratio.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from emergence.analysis.parity.constants import sweep_constants
from emergence.config.parity_networks import Sweep
from emergence.config.parity_theory import Staging
from emergence.config.types import Positive, Strict
from emergence.io import tables
from emergence.schemas.parity import CROSSINGS, STAGING
from emergence.theory import conditions, linear
from emergence.theory.model import Skills


class StagingSettings(Strict):
    """The networks over time and the criterion of stage-like training."""

    target: Positive
    alpha: Positive
    network: Sweep
    staging: Staging


def theory_rows(source: str, skills: Skills, spread: float) -> Iterator[dict[str, object]]:
    """Ratios of one model for each skill but the last."""
    apart = skills.frequencies[:-1] / skills.frequencies[1:] / spread
    for skill, ratio in enumerate(apart, 1):
        yield {"source": source, "skill": skill, "ratio": float(ratio), "spread": spread}


def network_rows(crossings: pd.DataFrame, epsilon: float) -> Iterator[dict[str, object]]:
    """Ratios of the networks' mean curves, for each skill with both times.

    The bounds combine opposite ends of the intervals of both times, which makes them wider than an interval of the
    ratio itself.
    """
    chosen = crossings[(crossings["axis"] == "step") & (crossings["source"] == "network")]
    begun, saturated = (
        chosen[np.isclose(chosen["share"], share)].set_index("skill") for share in (epsilon, 1 - epsilon)
    )
    for skill in sorted(set(saturated.index) & {k - 1 for k in begun.index}):
        before, after = saturated.loc[skill], begun.loc[skill + 1]
        ratio = after["value"] / before["value"]
        if np.isfinite(ratio):
            low, high = after["low"] / before["high"], after["high"] / before["low"]
            yield {"source": "network", "skill": skill, "ratio": ratio, "low": low, "high": high}


def staging_ratios(crossings: pd.DataFrame, settings: StagingSettings) -> pd.DataFrame:
    """Table ``staging``."""
    constants, epsilon = sweep_constants(settings.network, settings.target), settings.staging.epsilon
    skills = Skills(settings.alpha, settings.staging.skills + 1)
    rows = [
        *theory_rows("multilinear", skills, conditions.spread(epsilon, constants)),
        *theory_rows("linear", skills, linear.spread(epsilon, constants)),
        *network_rows(crossings, epsilon),
    ]
    return pd.DataFrame(rows, columns=STAGING.arrow.names)


def compare_staging(settings: StagingSettings, crossings: Path, table: Path) -> None:
    """Compare the saturation of each skill with the onset of the next (table ``staging``)."""
    tables.write(STAGING, staging_ratios(tables.read(CROSSINGS, crossings), settings), table)
