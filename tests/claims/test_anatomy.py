"""Claims A1 to A5: every verdict, on tables whose answer is known."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from synthetic.claims_tables import SIZES, collapses, events

from emergence.analysis.anatomy.floors import compare_floors
from emergence.analysis.collapse import compare_collapse_steps, count_directions
from emergence.claims.verdicts import Verdict
from emergence.config.protocol import Statistics

pytestmark = pytest.mark.long

Judge = Callable[..., pd.DataFrame]
Tables = dict[str, pd.DataFrame]
UNTESTED: Verdict = "not testable at this tier"


@pytest.mark.parametrize(("missing", "verdict"), [(0, UNTESTED), (10, UNTESTED)])
def test_emergence(missing: int, verdict: Verdict, judge: Judge) -> None:
    """Thirty-two units that all emerge do not reach the exact bound of 119 of 120."""
    row = judge(events=events(missing)).loc["A1"]
    assert row["verdict"] == verdict
    assert row["value"] == (32 - missing) / 32


@pytest.mark.parametrize(("missing", "verdict"), [(0, "holds"), (10, "fails")])
def test_emergence_of_many_units(missing: int, verdict: Verdict, judge: Judge) -> None:
    levels = pd.concat([events(missing).assign(level=level) for level in "123"])
    row = judge(events=levels).loc["A1"]
    assert (row["value"], row["verdict"]) == ((32 - missing) / 32, verdict)


def test_emergence_in_most_seeds_counts(judge: Judge) -> None:
    table = events()
    table.loc[(table["seed"] == 1) & (table["metric"] == "exact_match"), "emerged"] = False
    assert judge(events=table).loc["A1", "value"] == 1.0
    table.loc[(table["seed"] == 2) & (table["metric"] == "exact_match"), "emerged"] = False
    assert judge(events=table).loc["A1", "value"] == 0.0


def test_the_sizes_stand_beside_the_published(judge: Judge) -> None:
    row = judge(events=events(0, {**SIZES, "small": 14_000})).loc["A1"]
    assert "sizes 14K to 25300K parameters (published from 405K)" in row["control"]


@pytest.mark.parametrize(("missing", "verdict"), [(0, "holds"), (2, "undecided"), (16, "fails"), (32, "fails")])
def test_universal_collapse(missing: int, verdict: Verdict, judge: Judge) -> None:
    row = judge(collapse=collapses(missing)).loc["A2"]
    assert (row["value"], row["verdict"]) == ((32 - missing) / 32, verdict)


def test_only_the_last_layer_must_collapse(judge: Judge) -> None:
    for layer, value in ((1, 1.0), (2, 0.0)):
        table = collapses()
        table.loc[table["layer"] == layer, "collapse_step"] = np.nan
        assert judge(collapse=table).loc["A2", "value"] == value


@pytest.mark.parametrize(("slope", "verdict"), [(0.0, "holds"), (0.1, "fails"), (-0.1, "fails"), (0.0414, "undecided")])
def test_scale_invariance(slope: float, verdict: Verdict, judge: Judge, statistics: Statistics) -> None:
    row = judge(floors=compare_floors(collapses(slope=slope), statistics)).loc["A3"]
    assert row["verdict"] == verdict
    assert row["value"] == pytest.approx(slope, abs=0.005)


def test_one_size_decides_nothing_about_scale(judge: Judge, statistics: Statistics) -> None:
    one = compare_floors(collapses(sizes={"2x128": 404_992}), statistics)
    row = judge(floors=one).loc["A3"]
    assert row["verdict"] == "undecided"
    assert np.isnan(row["value"])


@pytest.mark.parametrize(("modular", "verdict"), [(2.0, "holds"), (2.2, "undecided"), (2.5, "fails"), (1.5, "fails")])
def test_modular_floor(modular: float, verdict: Verdict, judge: Judge, statistics: Statistics) -> None:
    row = judge(floors=compare_floors(collapses(modular=modular), statistics)).loc["A4"]
    assert row["verdict"] == verdict
    assert row["value"] == pytest.approx(modular, rel=0.01)


def test_without_modular_arithmetic_its_claim_is_not_run(tables: Tables, judge: Judge) -> None:
    others = tables["floors"][tables["floors"]["task"] != "MOD"]
    assert judge(floors=others).loc["A4", "verdict"] == "not run"


@pytest.mark.parametrize(
    ("upward", "v1", "v3"),
    [(0, "holds", "holds"), (4, "undecided", "holds"), (6, "undecided", "undecided"), (20, "fails", "fails")],
)
def test_top_down(upward: int, v1: Verdict, v3: Verdict, judge: Judge) -> None:
    table = count_directions(compare_collapse_steps(collapses(upward=upward)), 0.95)
    found = judge(direction_shares=table)
    assert (found.loc["A5 v1", "verdict"], found.loc["A5 v3", "verdict"]) == (v1, v3)
    assert found.loc["A5 v3", "value"] == (32 - upward) / 32


# The control -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("learned", [False, True])
def test_the_control_changes_no_claim(learned: bool, tables: Tables, judge: Judge) -> None:
    """Whatever it does; how often it emerged stands beside A1."""
    control = events(0 if learned else len(SIZES), tasks=("CTL",))
    flat = collapses(missing=0 if learned else len(SIZES), tasks=("CTL",), upward=len(SIZES))
    before = judge()
    after = judge(
        events=pd.concat([tables["events"], control]), collapse=pd.concat([tables["collapse"], flat.assign(depth=9.0)])
    )
    pd.testing.assert_frame_equal(after.drop(columns="control"), before.drop(columns="control"))
    assert after.drop("A1")["control"].equals(before.drop("A1")["control"])
    assert f"control: {12 * learned}/12" in after.loc["A1", "control"]
    assert "control: 0/0" in before.loc["A1", "control"]
    assert "largest size here: 100%" in after.loc["A1", "control"]
