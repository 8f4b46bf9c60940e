"""Claims judged again under other settings, and how their stability is told."""

from pathlib import Path
from typing import get_args

import pandas as pd
import pytest
from synthetic.language_run import LanguageRun
from synthetic.random_tables import random_table

from emergence.analysis.leads import LeadSettings
from emergence.claims import claims_table, language
from emergence.claims.claims_table import LEGEND, as_text, with_stability
from emergence.claims.language import LanguageStabilitySettings
from emergence.claims.rates import DIFFERENCES
from emergence.claims.stability import TrialSettings, read, under_alternatives
from emergence.claims.stable_verdicts import StabilityError, is_stable
from emergence.config import loading
from emergence.config.project import settings_for
from emergence.config.protocol import Sensitivity, Statistics, Variant
from emergence.io import tables
from emergence.schemas.analysis import CLAIMS, CONFIGURED, SMALLEST_LEADS, STABILITY
from emergence.schemas.trajectories import MEASURE

pytestmark = pytest.mark.long


def judged(claim: str, *verdicts: tuple[str, str, str, bool], first: str = "holds") -> pd.DataFrame:
    """Table ``stability`` of one claim: factor, setting, verdict and whether anything changed."""
    rows = [(CONFIGURED, "", first, False), *verdicts]
    names = ("factor", "setting", "verdict", "changed")
    frame = pd.DataFrame([dict(zip(names, row, strict=True)) for row in rows])
    return frame.assign(claim=claim, value=0.5, low=0.4, high=0.6)[STABILITY.arrow.names]


STABLE = judged("A1", ("threshold", "0.3", "holds", True), ("margin", "4", "holds", False))
FLIPS = judged(
    "A2",
    ("threshold", "0.3", "fails", True),
    ("noise_multiple", "8", "undecided", True),
    ("persistence", "8", "undecided", True),
    ("margin", "1", "holds", True),
)


def claims(*names: str, verdict: str = "holds") -> pd.DataFrame:
    row = dict.fromkeys(CLAIMS.arrow.names, "x") | {"value": 0.5, "low": 0.4, "high": 0.6, "stability": "", "power": ""}
    row |= {"stable": None}
    return pd.DataFrame([{**row, "claim": name, "verdict": verdict} for name in names])


def test_a_verdict_that_no_alternative_changes() -> None:
    text = claims_table.stability_text(STABLE)
    assert text == "same under all 2 alternatives, 1 of which change its evidence"
    assert is_stable(STABLE) is True


def test_a_verdict_that_some_alternatives_change() -> None:
    text = claims_table.stability_text(FLIPS)
    assert text == (
        "holds under 1 of 4 alternatives; fails with threshold 0.3; undecided with noise multiple 8, persistence 8"
    )
    assert is_stable(FLIPS) is False


@pytest.mark.parametrize("verdict", ["not testable at this tier", "not run"])
def test_the_stability_of_what_was_not_tested_is_unknown(verdict: str) -> None:
    rows = judged("P1", ("margin", "4", verdict, False), first=verdict)
    assert is_stable(rows) is None
    assert claims_table.stability_text(rows) == ""


def test_claims_that_were_not_judged_again_have_nothing_beside_them() -> None:
    found = with_stability(claims("A1", "A2", "B1"), pd.concat([STABLE, FLIPS])).set_index("claim")
    assert found["stable"].to_dict() == {"A1": True, "A2": False, "B1": None}
    assert found["stability"].to_dict() == {
        "A1": claims_table.stability_text(STABLE),
        "A2": claims_table.stability_text(FLIPS),
        "B1": "",
    }


def test_a_table_of_another_run_is_refused() -> None:
    with pytest.raises(StabilityError, match="claim A2"):
        with_stability(claims("A1", "A2", verdict="undecided"), FLIPS)


def test_marks_in_the_printed_table() -> None:
    table = with_stability(claims("A1", "A2"), pd.concat([STABLE, FLIPS]))
    lines = as_text(table.assign(power=["", "with 14 units"])).splitlines()
    assert [line.split()[1] for line in lines if line.startswith("A")] == ["HOLDS", "HOLDS*"]
    assert f"        stability  {claims_table.stability_text(FLIPS)}" in lines
    assert "        power      with 14 units" in lines
    assert sum("power" in line for line in lines) == 1
    assert lines[-1] == LEGEND
    assert LEGEND not in as_text(table[:1])


# Judged again -------------------------------------------------------------------------------------------------------

GRID = Sensitivity(threshold=[0.3], persistence=[], smoothing=[], noise_multiple=[], margin=[100.0], definition=[])


def few(default: loading.Config) -> Statistics:
    """With the draws of the planted world's stages."""
    return default.protocol.statistics.model_copy(update={"bootstrap": 100})


@pytest.fixture(scope="module")
def settings(default: loading.Config) -> LanguageStabilitySettings:
    """With the draws of the planted world's stages, and its signals."""
    found = settings_for(default, "language_stability")["settings"]
    assert isinstance(found, LanguageStabilitySettings)
    shifts = default.protocol.precursors.model_copy(update={"shifts": 20})
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
    found = under_alternatives(judge, settings).set_index(["claim", "factor", "setting"]).sort_index()
    assert len(found) == 3 * (1 + 7 + 2), "the settings of config, variants, two of the grid"
    low = found.xs(("threshold", "0.3"), level=("factor", "setting"))
    assert low["verdict"].to_dict() == {"flips": "fails", "moves": "holds", "stays": "undecided"}
    assert low["changed"].to_dict() == {"flips": True, "moves": True, "stays": False}
    others = found.drop(index="threshold", level="factor")
    assert not others["changed"].any()
    assert others.groupby("claim")["verdict"].nunique().eq(1).all()


# Planted models ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def world(default: loading.Config, tmp_path_factory: pytest.TempPathFactory) -> LanguageRun:
    return LanguageRun(tmp_path_factory.mktemp("world"), default, sizes=("neox64",))


@pytest.fixture(scope="module")
def measures(world: LanguageRun) -> list[Path]:
    """The planted world has one variant of RankMe; the others are copies of it."""
    rows = tables.read(MEASURE, *world.of_runs("rankme"))
    every = pd.concat([rows.assign(variant=name) for name in get_args(Variant)])
    tables.write(MEASURE, every, world.path("all variants"))
    return [world.path("all variants"), *world.of_runs("loss")]


@pytest.fixture(scope="module")
def found(world: LanguageRun, measures: list[Path], settings: LanguageStabilitySettings) -> pd.DataFrame:
    language.rejudge_claims(settings, world.path("scores"), measures, [], world.path("stability"))
    return tables.read(STABILITY, world.path("stability"))


def test_as_configured_the_verdicts_are_those_of_the_claims_table(world: LanguageRun, found: pd.DataFrame) -> None:
    """The same functions on the same curves: from scores and measures in memory, or stage by stage from files."""
    first = found[found["factor"] == CONFIGURED].set_index("claim")
    claims = world.judged()
    columns = ["verdict", "value", "low", "high"]
    pd.testing.assert_frame_equal(first[columns], claims.loc[first.index, columns])
    assert len(set(first["verdict"])) > 1, "one verdict for all would test nothing"


def test_a_claim_whose_rule_sees_no_planted_lead_is_tested_by_no_alternative(
    world: LanguageRun, measures: list[Path], settings: LanguageStabilitySettings
) -> None:
    blind = random_table(SMALLEST_LEADS, measure="rankme", rule=DIFFERENCES, classes="all", difficulty="all")
    tables.write(SMALLEST_LEADS, blind.assign(smallest=pd.array([None], "Int64")), world.path("smallest_leads"))
    no_alternatives = settings.model_copy(update={"grid": settings.grid.model_copy(update={"margin": [9.0]})})
    planted = [world.path("smallest_leads")]
    language.rejudge_claims(no_alternatives, world.path("scores"), measures, planted, world.path("blind"))
    of_claim = tables.read(STABILITY, world.path("blind")).query("claim == 'LM4'")
    assert set(of_claim["verdict"]) == {"not testable at this tier"}
    assert is_stable(of_claim) is None


def test_variants_that_are_copies_change_nothing(found: pd.DataFrame) -> None:
    of_variants = found[found["factor"] == "variant"]
    assert len(of_variants) == 7 * found["claim"].nunique()
    assert not of_variants["changed"].any()


def test_a_margin_that_no_lead_exceeds_changes_leads_and_leaves_collapses(found: pd.DataFrame) -> None:
    wide = found[found["factor"] == "margin"].set_index("claim")
    assert wide.loc[["LM1", "LM2 v1", "LM2 v3", "LM3"], "changed"].tolist() == [False] * 4
    assert wide.loc["LM4", "changed"]


def test_what_an_alternative_does_not_touch_is_made_once(
    world: LanguageRun, measures: list[Path], settings: LanguageStabilitySettings
) -> None:
    tried = read(settings, world.path("scores"), measures)
    base = settings.leads
    wide = base.model_copy(update={"precursors": base.precursors.model_copy(update={"margin": 9.0})})
    low = base.model_copy(update={"events": base.events.model_copy(update={"threshold": 0.3})})
    assert tried.events(base) is tried.events(wide)
    assert tried.events(base) is not tried.events(low)
    assert tried.collapses(base) is tried.collapses(low)
    assert tried.rows(base) is tried.rows(low)
    assert not tried.leads(base).equals(tried.leads(wide))
