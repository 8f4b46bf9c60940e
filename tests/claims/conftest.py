"""Settings of the default tier, planted tables on which the claims of Study 1 hold, and judges of such tables."""

from collections.abc import Callable

import pandas as pd
import pytest
from synthetic import claims_tables

from emergence.analysis.anatomy.floors import compare_floors
from emergence.analysis.anatomy.size_slopes import compare_sizes
from emergence.analysis.collapse import compare_collapse_steps, count_directions
from emergence.claims.anatomy import ANATOMY
from emergence.claims.settings import ClaimSettings, ParityClaimSettings
from emergence.config import loading
from emergence.config.project import settings_for
from emergence.config.protocol import Statistics
from emergence.config.training import Size

SHAPES = [Size(name="2x128", layers=2, width=128, heads=4), Size(name="12x768", layers=12, width=768, heads=12)]
"""Of the planted tables; they differ in width and depth at once."""
Judge = Callable[..., pd.DataFrame]
Tables = dict[str, pd.DataFrame]


@pytest.fixture(scope="session")
def settings(default: loading.Config) -> ClaimSettings:
    """Of Study 1."""
    return settings_for(default, "anatomy_claims")["settings"]  # type: ignore[return-value]


@pytest.fixture(scope="session")
def parity(default: loading.Config) -> ParityClaimSettings:
    """Of Study 2."""
    return settings_for(default, "parity_claims")["settings"]  # type: ignore[return-value]


@pytest.fixture(scope="session")
def tables(statistics: Statistics) -> Tables:
    """All claims of Study 1 but A1 hold: for that, 32 units are too few."""
    collapse = claims_tables.collapses()
    return {
        "events": claims_tables.events(),
        "collapse": collapse,
        "floors": compare_floors(collapse, statistics),
        "size_slopes": compare_sizes(collapse, SHAPES, statistics),
        "direction_shares": count_directions(compare_collapse_steps(collapse), statistics.confidence),
        "precursors": claims_tables.precursors(),
        "lead_differences": claims_tables.lead_differences(),
        "hierarchy": claims_tables.hierarchy(),
        "order_prediction": claims_tables.order_prediction(),
    }


@pytest.fixture(scope="session")
def judge(tables: Tables, settings: ClaimSettings) -> Judge:
    """Claims of Study 1 by name, with some of the tables replaced, and left out where they are None."""

    def judged(**changed: pd.DataFrame | None) -> pd.DataFrame:
        given = {name: table for name, table in {**tables, **changed}.items() if table is not None}
        return ANATOMY.judge(given, settings, power=False).set_index("claim")

    return judged
