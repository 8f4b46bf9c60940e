"""Stage-like training: the onset of a skill over the saturation of the one before it.

In theory the ratio is ((k + 1)/k)^(α+1)/q, with the spread q of `emergence.theory.conditions`: above 1 for the first
skills alone. In networks both times are measured; neither B² nor the learning rate affects their ratio.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from emergence.analysis.parity.constants import strengths_along, sweep_constants
from emergence.analysis.parity.curves import true_strengths
from emergence.analysis.parity.seed_intervals import paired_ratio
from emergence.config.parity_networks import Sweep
from emergence.config.parity_theory import Staging
from emergence.config.types import Fraction, Positive, Strict
from emergence.io import tables
from emergence.schemas.parity import STAGING
from emergence.schemas.trajectories import BEHAVIOUR
from emergence.theory import conditions, linear
from emergence.theory.model import Skills


class StagingSettings(Strict):
    """The networks over time and the criterion of stage-like training."""

    target: Positive
    alpha: Positive
    network: Sweep
    staging: Staging
    confidence: Fraction
    """of the intervals over seeds"""


def theory_rows(source: str, skills: Skills, spread: float) -> Iterator[dict[str, object]]:
    """Ratios of one model for each skill but the last.

    Args:
        source: Name of the model.
        skills: The skills with their frequencies.
        spread: Ratio q of the times to reach 1 − ε and ε.
    """
    apart = skills.frequencies[:-1] / skills.frequencies[1:] / spread
    for skill, ratio in enumerate(apart, 1):
        yield {"source": source, "skill": skill, "ratio": float(ratio), "spread": spread}


def network_rows(strengths: pd.DataFrame, settings: StagingSettings) -> Iterator[dict[str, object]]:
    """Ratios within networks, for each skill with both times in every one.

    Args:
        strengths: R/S with columns seed, step, skill and strength.
        settings: The share at which a skill begins, and the confidence of intervals.
    """
    epsilon = settings.staging.epsilon
    curves = {skill: strengths_along("step", of) for skill, of in strengths.groupby("skill")}
    for skill in sorted(curves)[:-1]:
        steps, before = curves[skill]
        later, earlier = (curves[skill + 1][1], epsilon), (before, 1 - epsilon)
        ratio, low, high = paired_ratio(steps, later, earlier, settings.confidence)
        if np.isfinite(ratio):
            yield {"source": "network", "skill": skill, "ratio": ratio, "low": low, "high": high}


def staging_ratios(strengths: pd.DataFrame, settings: StagingSettings) -> pd.DataFrame:
    """Table ``staging``."""
    constants, epsilon = sweep_constants(settings.network, settings.target), settings.staging.epsilon
    skills = Skills(settings.alpha, settings.staging.skills + 1)
    rows = [
        *theory_rows("multilinear", skills, conditions.spread(epsilon, constants)),
        *theory_rows("linear", skills, linear.spread(epsilon, constants)),
        *network_rows(strengths, settings),
    ]
    return pd.DataFrame(rows, columns=STAGING.arrow.names)


def compare_staging(settings: StagingSettings, behaviour: list[Path], table: Path) -> None:
    """Compare the saturation of each skill with the onset of the next (table ``staging``).

    Args:
        settings: The networks, the share at which a skill begins, and the confidence of intervals.
        behaviour: Tables ``behaviour``, one of each run.
        table: Where ``staging`` is written.

    Raises:
        TheoryError: see `sweep_constants`.
    """
    strengths = true_strengths(tables.read(BEHAVIOUR, *behaviour))
    tables.write(STAGING, staging_ratios(strengths, settings), table)
