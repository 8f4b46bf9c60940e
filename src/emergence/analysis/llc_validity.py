"""How far estimates of the local learning coefficient can be relied on, and whether they say more than curvature.

The measure `llc` gives diagnostics of its chains at every checkpoint. Where the pull γ is far above nβ times the
curvatures, λ̂ is nβ tr H/2γ whatever the loss is beyond its second derivatives; so λ̂ is divided by that, with the trace
of the Hessian that the measure `hessian` takes of the mixture at the same checkpoint.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from emergence.analysis.select import select
from emergence.config.types import Positive, Strict
from emergence.io import tables
from emergence.io.tables import RUN
from emergence.schemas.analysis import LLC_VALIDITY
from emergence.schemas.trajectories import MEASURE

MIXTURE, VALID = "mixture", "mixture/valid"
"""Variants of the estimate of all groups together, and of whether it can be relied on."""
DIAGNOSTICS = {name: f"mixture/{name}" for name in ("rhat", "ess", "drift")}
"""Columns of what the chains tell, and the variants that hold it."""
CHECKPOINT = [*RUN, "step"]
UNMEASURED: list[Path] = []
"""Hessians of a study that takes none."""


class LLCValiditySettings(Strict):
    """The sampler's settings by which λ̂ is compared with curvature."""

    n_beta: Positive
    localisation: Positive


def llc_validity(llc: pd.DataFrame, hessian: pd.DataFrame, settings: LLCValiditySettings) -> pd.DataFrame:
    """Table ``llc_validity`` from rows of the measures `llc` and `hessian`: one row per checkpoint.

    Args:
        llc: Rows of table ``measure`` of `llc`, diagnostics among the variants.
        hessian: Rows of table ``measure`` of `hessian`; where there is no trace, the ratio to curvature is null.
        settings: nβ and the pull γ of the sampler.
    """
    of_mixture = select(llc, task=None, variant=[MIXTURE, VALID, *DIAGNOSTICS.values()])
    wide = of_mixture.pivot(index=CHECKPOINT, columns="variant", values="value").reset_index()
    told = wide[CHECKPOINT].assign(value=wide.get(MIXTURE, np.nan), valid=wide.get(VALID, np.nan) == 1)
    for name, variant in DIAGNOSTICS.items():
        told[name] = wide.get(variant, np.nan)
    traces = hessian[hessian["task"].isna() & (hessian["variant"] == "trace")]
    merged = told.merge(traces[["run", "step", "value"]].rename(columns={"value": "trace"}), "left", ["run", "step"])
    curvature = settings.n_beta * merged["trace"].astype(float) / (2 * settings.localisation)
    merged["over_curvature"] = (merged["value"].astype(float) / curvature).where(curvature > 0)
    return merged[LLC_VALIDITY.arrow.names]


def assess_llc(settings: LLCValiditySettings, llc: list[Path], table: Path, hessian: list[Path] = UNMEASURED) -> None:
    """Collect the validity of all estimates of a study (table ``llc_validity``).

    Args:
        settings: nβ and the pull γ of the sampler.
        llc: Tables ``measure`` of `llc`, one of each run.
        table: Where ``llc_validity`` is written.
        hessian: Tables ``measure`` of `hessian`, if the study takes them.
    """
    curvatures = tables.read(MEASURE, *hessian)
    tables.write(LLC_VALIDITY, llc_validity(tables.read(MEASURE, *llc), curvatures, settings), table)
