"""The default tier, a planted world, and evidence on which the claims of Study 1 hold."""

from pathlib import Path

import evidence as tables_of
import pandas as pd
import pytest
from spoken import SETS, World, passing

from emergence import config
from emergence.analysis.direction import direction, top_down
from emergence.analysis.language.evidence import Evidence
from emergence.analysis.language.phases import NAMES
from emergence.schemas.analysis import LEADS
from emergence.schemas.limits import ONSETS
from emergence.settings.phases import LanguageClaimSettings


@pytest.fixture(scope="session")
def default() -> config.Config:
    return config.read(Path(__file__).parents[3] / "config.yaml")


@pytest.fixture(scope="session")
def world(default: config.Config, tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(tmp_path_factory.mktemp("world"), default)


@pytest.fixture(scope="session")
def settings(default: config.Config) -> LanguageClaimSettings:
    """Of the default tier, on the metric that the tables here have."""
    found = default.settings("language_claims")
    assert isinstance(found, LanguageClaimSettings)
    return found.model_copy(update={"claims": found.claims.model_copy(update={"metric": "exact_match"})})


@pytest.fixture(scope="session")
def evidence() -> Evidence:
    """All that can hold, holds, but for LM4: RankMe leads."""
    collapses = tables_of.collapses(tasks=SETS)
    text = tables_of.collapses(tasks=("text",), missing=4)
    return Evidence(
        events=tables_of.events(tasks=SETS),
        collapses=pd.concat([collapses, text]),
        top_down=top_down(direction(collapses), 0.95),
        leads=pd.DataFrame(columns=LEADS.arrow.names),
        precursors=tables_of.precursors(),
        hierarchy=tables_of.hierarchy(),
        shares=passing(dict.fromkeys(NAMES, 12)),
        onsets=pd.DataFrame(columns=ONSETS.arrow.names),
    )
