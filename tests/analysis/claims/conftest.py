"""Evidence on which all claims hold, and a judge of it with some tables replaced."""

from collections.abc import Callable
from dataclasses import replace

import evidence as tables_of
import pandas as pd
import pytest

from emergence.analysis.claims.evidence import Evidence
from emergence.analysis.claims.table import claims
from emergence.analysis.direction import direction, top_down
from emergence.analysis.floors import floors
from emergence.analysis.precursors import NULLS
from emergence.settings.analysis import ClaimSettings, Statistics, Verdicts

Judge = Callable[..., pd.DataFrame]


@pytest.fixture(scope="session")
def verdicts() -> Verdicts:
    return Verdicts(
        universal=0.85,
        modular_floor=2.0,
        modular_tolerance=0.1,
        precursor_rate=0.75,
        minimum_runs=6,
        null_margin=0.05,
        nulls=list(NULLS),  # type: ignore[arg-type]
    )


@pytest.fixture(scope="session")
def settings(statistics: Statistics, verdicts: Verdicts) -> ClaimSettings:
    return ClaimSettings(
        metric="exact_match",
        definition="onset",
        variant=tables_of.VARIANT,  # type: ignore[arg-type]
        statistics=statistics,
        verdicts=verdicts,
    )


@pytest.fixture(scope="session")
def evidence(statistics: Statistics) -> Evidence:
    return Evidence(
        events=tables_of.events(),
        collapses=tables_of.collapses(),
        floors=floors(tables_of.collapses(), statistics),
        top_down=top_down(direction(tables_of.collapses()), 0.95),
        precursors=tables_of.precursors(),
        hierarchy=tables_of.hierarchy(),
        limits=tables_of.limits(),
    )


@pytest.fixture(scope="session")
def judge(evidence: Evidence, settings: ClaimSettings) -> Judge:
    """Claims by name, with some of the evidence replaced."""

    def judged(**changed: pd.DataFrame) -> pd.DataFrame:
        return claims(replace(evidence, **changed), settings).set_index("claim")

    return judged
