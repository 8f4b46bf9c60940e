"""Claims P1 to P3 at the tier of Pythia: series planted at its models and steps for which they hold, and fail."""

from functools import cache, reduce

import pandas as pd
import pytest
from support.project import tier_files
from synthetic.pythia_series import SETS, Plant, planted

from emergence.claims.language import LANGUAGE
from emergence.config import loading
from emergence.config.project import settings_for

pytestmark = pytest.mark.long

NAN = float("nan")
FEWER = {"protocol": {"precursors": {"shifts": 20}, "statistics": {"bootstrap": 200}}}
TIER = loading.load(reduce(loading.merged, [*map(loading.contents, tier_files("pythia")), FEWER]))
EVENTS = (53_000, 63_000, 73_000, 83_000, 93_000, 103_000, 113_000)
"""Of the probe sets in a model, in another order in each."""


def event(run: str, probe: str) -> int:
    """When a probe set emerges in a model: no two at once."""
    return EVENTS[(SETS.index(probe) + 3 * list(TIER.language.series).index(run)) % len(SETS)]


def nothing(_: str, __: str) -> tuple[float, float]:
    return 33_000.0, NAN


def each_ahead(run: str, probe: str) -> tuple[float, float]:
    """RankMe of a probe set moves 40,000 steps before the set emerges."""
    return event(run, probe) - 40_000.0, event(run, probe)


def together(run: str, probe: str) -> tuple[float, float]:
    """RankMe of all sets moves before any emerges."""
    return 8_000.0, event(run, probe) + 20_000.0


def of_logic(gap: float, other: float = 0.0) -> Plant:
    """RankMe moves so many steps before logical deduction emerges, and before all else as many as ``other``."""
    return lambda _, probe: (13_000, 13_000 + gap) if probe == "reasoning" else (43_000 - other, 43_000)


@cache
def judged(plant: Plant, *, collapses: bool = True, top_down: bool = True) -> pd.DataFrame:
    tables = planted(TIER, plant, collapses=collapses, top_down=top_down)
    return LANGUAGE.judge(tables, settings_for(TIER, "language_claims")["settings"], power=False).set_index("claim")


def test_p1_holds_where_all_models_collapse_from_the_last_layer() -> None:
    row = judged(nothing).loc["P1"]
    assert (row["verdict"], row["value"], row["interval"]) == ("holds", 1.0, "exact, 56/56 units")


@pytest.mark.parametrize("how", ["collapses", "top_down"])
def test_p1_fails_without_collapse_and_without_order(how: str) -> None:
    assert judged(nothing, **{how: False}).loc["P1", "verdict"] == "fails"


def test_p2_fails_where_rankme_of_each_set_announces_that_set() -> None:
    row = judged(each_ahead).loc["P2"]
    assert row["verdict"] == "fails", row["control"]
    assert "t over 8 runs" in row["interval"]
    assert "leads 1.00" in row["control"]


def test_p2_holds_where_rankme_of_another_set_leads_as_often() -> None:
    row = judged(together).loc["P2"]
    assert row["verdict"] == "holds", row["control"]
    assert "leads 1.00" in row["control"]
    assert "placebo 1.00" in row["control"]


@pytest.mark.parametrize(
    ("plant", "verdict"),
    [(of_logic(49_000), "holds"), (of_logic(20_000), "fails"), (of_logic(49_000, other=30_000), "fails")],
    ids=["as published", "another gap", "leads elsewhere"],
)
def test_p3_asks_for_the_published_gap_and_no_other_lead(plant: Plant, verdict: str) -> None:
    assert judged(plant).loc["P3", "verdict"] == verdict


def test_without_any_event_p2_and_p3_are_undecided() -> None:
    assert judged(nothing).loc[["P2", "P3"], "verdict"].tolist() == ["undecided"] * 2
