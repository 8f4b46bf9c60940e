"""Stage-like training: when a skill begins, over when the one before it has saturated.

By theory that is ((k + 1)/k)^(α+1)/q, with the spread q of `emergence.theory.staging`: above 1 for the first skills
alone. In networks both times were measured; neither B² nor the learning rate matters to their ratio.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from emergence import tables
from emergence.analysis.solvable.constants import of_sweep
from emergence.schemas.scaling import STAGES
from emergence.schemas.solvable import CROSSINGS
from emergence.settings.scaling import StagingSettings
from emergence.theory import linear, staging
from emergence.theory.skills import Skills


def theory_rows(source: str, skills: Skills, spread: float) -> Iterator[dict[str, object]]:
    """Ratios of one model, for each skill but the last."""
    apart = skills.frequencies[:-1] / skills.frequencies[1:] / spread
    for skill, ratio in enumerate(apart, 1):
        yield {"source": source, "skill": skill, "ratio": float(ratio), "spread": spread}


def network_rows(crossings: pd.DataFrame, epsilon: float) -> Iterator[dict[str, object]]:
    """Ratios of the networks' mean curves, for each skill whose two times there are.

    The bounds take each time at the end of its interval that is worse for the claim or better: they are wider than an
    interval of the ratio itself would be.
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


def stages(crossings: pd.DataFrame, settings: StagingSettings) -> pd.DataFrame:
    """Table ``stages``."""
    constants, epsilon = of_sweep(settings.network, settings.target), settings.staging.epsilon
    skills = Skills(settings.alpha, settings.staging.skills + 1)
    rows = [
        *theory_rows("multilinear", skills, staging.spread(epsilon, constants)),
        *theory_rows("linear", skills, linear.spread(epsilon, constants)),
        *network_rows(crossings, epsilon),
    ]
    return pd.DataFrame(rows, columns=STAGES.arrow.names)


def make(settings: StagingSettings, crossings: Path, table: Path) -> None:
    """Compare when skills saturate with when the next begin."""
    tables.write(STAGES, stages(tables.read(CROSSINGS, crossings), settings), table)
