"""Claims judged again: on planted language models, whose tables the stages wrote, and by a planted judge."""

from pathlib import Path
from typing import get_args

import pandas as pd
import pytest
from spoken import World

from emergence import config, tables
from emergence.analysis.stability import language, trial
from emergence.analysis.stability.again import stability
from emergence.schemas.analysis import CONFIGURED, STABILITY
from emergence.schemas.trajectories import MEASURE
from emergence.settings.analysis import Grid, LeadSettings, Statistics
from emergence.settings.stability import LanguageStabilitySettings, TrialSettings
from emergence.settings.variants import Variant

GRID = Grid(threshold=[0.3], persistence=[], smoothing=[], noise_multiple=[], margin=[100.0])


@pytest.fixture(scope="module")
def default() -> config.Config:
    return config.read(Path(__file__).parents[3] / "config.yaml")


def few(default: config.Config) -> Statistics:
    """With the draws of the planted world's stages."""
    return default.anatomy.statistics.model_copy(update={"bootstrap": 100})


@pytest.fixture(scope="module")
def settings(default: config.Config) -> LanguageStabilitySettings:
    """With the draws of the planted world's stages, and its signals."""
    found = default.settings("language_stability")
    assert isinstance(found, LanguageStabilitySettings)
    shifts = default.anatomy.precursors.model_copy(update={"shifts": 20})
    leads = found.leads.model_copy(update={"statistics": few(default), "precursors": shifts})
    others = {name: signal for name, signal in found.others.items() if name in ("rankme_text", "loss")}
    return found.model_copy(update={"leads": leads, "others": others, "grid": GRID})


# A planted judge ---------------------------------------------------------------------------------------------------


def judge(chosen: LeadSettings) -> pd.DataFrame:
    """``flips`` with a low threshold, ``moves`` with it without another verdict, ``stays`` whatever is changed."""
    low = chosen.events.threshold < 0.5
    rows = [
        {"claim": "flips", "value": 1.0, "verdict": "fails" if low else "holds"},
        {"claim": "moves", "value": 0.9 if low else 1.0, "verdict": "holds"},
        {"claim": "stays", "value": float("nan"), "verdict": "undecided"},
    ]
    return pd.DataFrame(rows).assign(low=0.0, high=2.0, interval="none", control="none")


def test_every_alternative_is_judged_and_compared_with_the_first(settings: TrialSettings) -> None:
    found = stability(judge, settings).set_index(["claim", "factor", "setting"]).sort_index()
    assert len(found) == 3 * (1 + 7 + 2), "the settings of config, variants, two of the grid"
    low = found.xs(("threshold", "0.3"), level=("factor", "setting"))
    assert low["verdict"].to_dict() == {"flips": "fails", "moves": "holds", "stays": "undecided"}
    assert low["changed"].to_dict() == {"flips": True, "moves": True, "stays": False}
    others = found.drop(index="threshold", level="factor")
    assert not others["changed"].any()
    assert others.groupby("claim")["verdict"].nunique().eq(1).all()


# Planted models ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def world(default: config.Config, tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(tmp_path_factory.mktemp("world"), default, sizes=("neox64",))


@pytest.fixture(scope="module")
def found(world: World, settings: LanguageStabilitySettings) -> pd.DataFrame:
    """The planted world has one variant of RankMe; the others are copies of it."""
    rows = tables.read(MEASURE, *world.of_runs("rankme"))
    every = pd.concat([rows.assign(variant=name) for name in get_args(Variant)])
    tables.write(MEASURE, every, world.path("all variants"))
    measures = [world.path("all variants"), *world.of_runs("loss")]
    language.make(settings, world.path("scores"), measures, world.path("stability"))
    return tables.read(STABILITY, world.path("stability"))


def test_as_configured_the_verdicts_are_those_of_the_claims_table(world: World, found: pd.DataFrame) -> None:
    """The same functions on the same curves: from scores and measures in memory, or stage by stage from files."""
    first = found[found["factor"] == CONFIGURED].set_index("claim")
    claims = world.judged()
    columns = ["verdict", "value", "low", "high"]
    pd.testing.assert_frame_equal(first[columns], claims.loc[first.index, columns])
    assert {"holds", "undecided"} <= set(first["verdict"]), "one verdict for all would test nothing"


def test_variants_that_are_copies_change_nothing(found: pd.DataFrame) -> None:
    of_variants = found[found["factor"] == "variant"]
    assert len(of_variants) == 7 * found["claim"].nunique()
    assert not of_variants["changed"].any()


def test_a_margin_that_no_lead_exceeds_takes_leads_away_and_leaves_collapses(found: pd.DataFrame) -> None:
    wide = found[found["factor"] == "margin"].set_index("claim")
    first = found[found["factor"] == CONFIGURED].set_index("claim")
    assert first.loc["LM4", "value"] > 0
    assert wide.loc["LM4", "value"] == 0
    assert wide.loc[["LM1", "LM2 v1", "LM2 v3", "LM3"], "changed"].tolist() == [False] * 4
    assert wide.loc["LM4", "changed"]


def test_what_an_alternative_does_not_touch_is_made_once(world: World, settings: LanguageStabilitySettings) -> None:
    tried = trial.read(settings, world.path("scores"), [world.path("all variants"), *world.of_runs("loss")])
    base = settings.leads
    wide = base.model_copy(update={"precursors": base.precursors.model_copy(update={"margin": 9.0})})
    low = base.model_copy(update={"events": base.events.model_copy(update={"threshold": 0.3})})
    assert tried.events(base) is tried.events(wide)
    assert tried.events(base) is not tried.events(low)
    assert tried.collapses(base) is tried.collapses(low)
    assert tried.rows(base) is tried.rows(low)
    assert not tried.leads(base).equals(tried.leads(wide))
