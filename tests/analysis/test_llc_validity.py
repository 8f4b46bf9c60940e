"""Validity of local learning coefficients along runs, beside the curvature at the same checkpoints."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from emergence.analysis.llc_validity import LLCValiditySettings, assess_llc, llc_validity
from emergence.claims.llc_caveat import llc_caveat
from emergence.io import tables
from emergence.schemas.analysis import LLC_VALIDITY
from emergence.schemas.trajectories import MEASURE

SETTINGS = LLCValiditySettings(n_beta=100.0, localisation=1e4)


def rows(measure: str, steps: list[int], **variants: list[float]) -> pd.DataFrame:
    """Rows of the mixture, and of one task-level that must not count."""
    run = {"study": "anatomy", "run": "small-s1", "size": "small", "parameters": 1, "seed": 1}
    frames = [
        pd.DataFrame({"step": steps, "value": values, "variant": name.replace("__", "/"), "task": task, "level": task})
        for name, values in variants.items()
        for task in (None, "ADD")
    ]
    return pd.concat(frames).assign(measure=measure, layer=np.nan, standard_error=np.nan, **run)[MEASURE.arrow.names]


def planted(valid: list[float], value: float = 3.0) -> pd.DataFrame:
    steps = list(range(len(valid)))
    each = {"mixture__rhat": 1.1 if all(valid) else 1.5, "mixture__ess": 20.0, "mixture__drift": 0.1}
    same = {name: [of] * len(steps) for name, of in each.items()}
    return rows("llc", steps, mixture=[value] * len(steps), mixture__valid=valid, **same)


def test_estimates_stand_beside_curvature_where_both_were_taken() -> None:
    curvature = rows("hessian", [0, 2], trace=[600.0, 300.0], top=[9.0, 9.0])
    judged = llc_validity(planted([1.0, 0.0, 1.0]), curvature, SETTINGS)
    assert judged["valid"].tolist() == [True, False, True]
    np.testing.assert_allclose(judged["over_curvature"], [1.0, np.nan, 2.0])
    assert judged["rhat"].tolist() == [1.5] * 3


def test_a_run_without_diagnostics_or_hessian_is_not_valid(tmp_path: Path) -> None:
    tables.write(MEASURE, rows("llc", [0, 1], mixture=[1.0, np.nan]), tmp_path / "llc.parquet")
    assess_llc(SETTINGS, [tmp_path / "llc.parquet"], tmp_path / "table.parquet")
    judged = tables.read(LLC_VALIDITY, tmp_path / "table.parquet")
    assert not judged["valid"].any()
    assert judged["over_curvature"].isna().all()


@pytest.mark.parametrize(
    ("valid", "said"),
    [
        (
            [1.0, 1.0, 1.0],
            "λ̂ valid at 100% of checkpoints; the median of the valid is 1.00 times that of a paraboloid as curved",
        ),
        ([0.0, 0.0, 1.0], "read with care: λ̂ is valid at 33% of checkpoints alone (R̂ above 1.2 at 100%)"),
    ],
)
def test_claims_say_when_estimates_are_mostly_invalid(valid: list[float], said: str) -> None:
    table = llc_validity(planted(valid), rows("hessian", [0], trace=[600.0]), SETTINGS)
    assert llc_caveat({"llc_validity": table}) == said


def test_without_the_table_nothing_is_said() -> None:
    assert llc_caveat({}) == ""
