"""Claims A6 to A11: every verdict, on tables whose answer is known."""

from collections.abc import Callable

import pandas as pd
import pytest
from synthetic.claims_tables import (
    difference,
    events,
    excess,
    hierarchy,
    lead_differences,
    order_prediction,
    precursors,
    rate,
    with_values,
)

from emergence.analysis.intervals import clopper_pearson
from emergence.analysis.precursors import (
    DEFINITIONS,
    RateCells,
    estimate_hierarchy,
    estimate_rates,
    with_own_loss,
)
from emergence.claims.anatomy import ANATOMY
from emergence.claims.settings import ClaimSettings
from emergence.claims.verdicts import Verdict
from emergence.config.protocol import Statistics
from emergence.schemas.analysis import LEADS

pytestmark = pytest.mark.long

Judge = Callable[..., pd.DataFrame]
Tables = dict[str, pd.DataFrame]

NAN = float("nan")
HARD = {"measure": "rankme", "classes": "family", "difficulty": "hard"}
EASY = {**HARD, "difficulty": "easy"}
CHANGING = ("precursors", "lead_differences", "hierarchy", "order_prediction")
OVERALL = {"measure": "rankme", "classes": "all", "difficulty": "all"}


def test_all_claims_can_hold(judge: Judge) -> None:
    found = judge()
    expected = [
        "A2",
        "A3",
        "A4",
        "A5 v1",
        "A5 v3",
        "A6",
        "A7",
        "A8",
        "A11",
        "A9",
        "A10",
        "A12",
        "A13 v1",
        "A13 v3",
        "A14",
    ]
    assert found.loc[expected, "verdict"].tolist() == ["holds"] * len(expected)
    assert found.loc["A1", "verdict"] == "not testable at this tier"


# A precursor: ahead of every rival, in enough runs ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("of_lead", "verdict"),
    [
        (difference(5.0), "holds"),
        (difference(3.0), "holds"),  # the margin is reached
        (difference(2.5), "undecided"),  # a lead that may be too small
        (difference(0.9), "fails"),  # no lead that counts
        (difference(-8.0), "fails"),
        (difference(5.0, NAN), "undecided"),
    ],
)
@pytest.mark.parametrize(
    ("claim", "cell"), [("A6", HARD), ("A8", OVERALL), ("A11", {**OVERALL, "measure": "linear_probe"})]
)
def test_precursors(
    claim: str, cell: dict[str, str], of_lead: dict[str, float], verdict: Verdict, judge: Judge
) -> None:
    """The value is the least lead."""
    table = with_values(lead_differences(), of_lead, **cell, definition="onset", rival="own loss")
    row = judge(lead_differences=table).loc[claim]
    assert row["verdict"] == verdict
    assert row["value"] == of_lead["difference"]
    assert "own loss" in row["interval"]


@pytest.mark.parametrize("rival", ["placebo", "control", "own score", "own loss"])
def test_every_rival_is_asked(rival: str, judge: Judge) -> None:
    table = with_values(lead_differences(), difference(0.9), **HARD, definition="onset", rival=rival)
    assert judge(lead_differences=table).loc["A6", "verdict"] == "fails"


def test_rates_beyond_every_null_are_description(judge: Judge) -> None:
    """Whatever the rate and its nulls: they stand beside, and the verdict stays."""
    table = precursors()
    for value in (0.1, 0.99):
        changed = with_values(table, {**rate(value), **excess(-value)}, **HARD)
        row = judge(precursors=changed).loc["A6"]
        assert row["verdict"] == "holds"
        assert f"leads {value:.2f}" in row["control"]
        assert f"own loss {value:.2f}" in row["control"]


def test_a_rival_that_is_not_there_is_not_asked(judge: Judge) -> None:
    table = lead_differences()
    gone = table[table["rival"] != "own loss"]
    assert judge(lead_differences=gone).loc["A6", "verdict"] == "holds"


@pytest.mark.parametrize("of_tier", [True, False])
def test_few_runs_decide_nothing(of_tier: bool, tables: Tables, settings: ClaimSettings) -> None:
    """Too few with an event leave a claim undecided; too few in the tier make it untestable there."""
    for runs, decided in ((5, False), (6, True)):
        few = {name: tables[name].assign(runs=runs) for name in CHANGING}
        chosen = settings.model_copy(update={"runs": runs if of_tier else 20})
        found = ANATOMY.judge(tables | few, chosen)
        predicted = found.loc[(found["topic"] == "prediction") & ~found["claim"].isin(["A9", "A10"]), "verdict"]
        asked = "holds" if decided else "not testable at this tier" if of_tier else "undecided"
        assert set(predicted) == {asked}


@pytest.mark.parametrize(
    ("of_lead", "verdict"),
    [(difference(0.0), "holds"), (difference(2.0, 2.0), "undecided"), (difference(5.0), "fails")],
)
def test_no_precursor_of_easy_tasks(of_lead: dict[str, float], verdict: Verdict, judge: Judge) -> None:
    """It is none if a single rival tells as early."""
    table = with_values(lead_differences(), of_lead, **EASY, definition="onset", rival="placebo")
    assert judge(lead_differences=table).loc["A7", "verdict"] == verdict


def test_the_other_difficulty_stands_beside(judge: Judge) -> None:
    cell = {"measure": "rankme", "classes": "other_seeds", "difficulty": "hard", "definition": "onset"}
    table = with_values(lead_differences(), difference(1.2), **cell, rival="control")
    row = judge(lead_differences=table).loc["A6"]
    assert "by other seeds: placebo +8.0 [+7.0, +9.0], control +1.2 [+0.2, +2.2]" in row["control"]
    assert row["verdict"] == "holds"


def test_a_lag_has_no_lead_to_compare(tables: Tables, settings: ClaimSettings) -> None:
    """The published definition of a lead gives rates, which A9 and A10 are judged by, but no time."""
    chosen = settings.model_copy(update={"definition": "cross-correlation"})
    found = ANATOMY.judge(tables, chosen).set_index("claim")["verdict"]
    assert set(found[["A6", "A7", "A8", "A11"]]) == {"not testable at this tier"}
    assert set(found[["A9", "A10"]]) == {"fails"}


def test_one_curve_for_all_tasks_announces_none_of_them(judge: Judge) -> None:
    table = lead_differences().assign(whole_network=True)
    assert judge(lead_differences=table).loc["A6", "verdict"] == "not testable at this tier"


# Only RankMe -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("measure", ["fisher", "gradient_covariance", "hessian", "llc"])
def test_another_reliable_measure_refutes_that_only_rankme_is(measure: str, judge: Judge) -> None:
    leading = lead_differences(leading=("rankme", "linear_probe", measure))
    row = judge(lead_differences=leading).loc["A8"]
    assert row["verdict"] == "fails"
    assert f"{measure} +8.0 [+7.0, +9.0]: holds" in row["control"]
    cell = {**OVERALL, "measure": measure, "definition": "onset"}
    unsure = with_values(leading, difference(2.0), **cell, rival="control")
    assert judge(lead_differences=unsure).loc["A8", "verdict"] == "undecided"


@pytest.mark.parametrize("measure", ["linear_probe", "loss"])
def test_probes_and_losses_are_no_geometry(measure: str, judge: Judge) -> None:
    row = judge(lead_differences=lead_differences(leading=("rankme", measure))).loc["A8"]
    assert row["verdict"] == "holds"
    assert measure not in row["control"]


def test_claims_on_measures_that_are_no_signals_are_not_run(judge: Judge) -> None:
    alone = precursors().query("measure == 'rankme'")
    found = judge(precursors=alone, hierarchy=hierarchy().query("measure == 'rankme'"))
    assert found.loc[["A9", "A10", "A11"], "verdict"].tolist() == ["not run"] * 3
    assert found.loc["A8", "verdict"] == "holds"


# What does not lead ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("claim", "measure", "counts"), [("A9", "llc", (0, 24)), ("A10", "hessian", (4, 24))])
def test_what_does_not_lead(claim: str, measure: str, counts: tuple[int, int], judge: Judge) -> None:
    """The threshold is the exact upper bound of the published count."""
    _, bound = clopper_pearson(*counts, 0.95)
    for high, verdict in ((bound, "holds"), (bound + 1e-6, "undecided")):
        for low in (0.0, 0.05):
            values = {"rate": low, "low": low, "high": high}
            table = with_values(precursors(), values, measure=measure, classes="all", control="observed")
            assert judge(precursors=table).loc[claim, "verdict"] == verdict
    table = with_values(
        precursors(), {"rate": 0.9, "low": bound + 1e-6, "high": 1.0}, measure=measure, control="observed"
    )
    assert judge(precursors=table).loc[claim, "verdict"] == "fails"
    assert f"{bound:.3f}" in judge().loc[claim, "rule"]


@pytest.mark.parametrize(
    ("low", "high", "verdict"), [(0.5, 0.9, "holds"), (0.4, 0.6, "undecided"), (0.1, 0.49, "fails")]
)
def test_the_hessian_lags(low: float, high: float, verdict: Verdict, judge: Judge) -> None:
    table = with_values(hierarchy(), {"low": low, "high": high}, measure="hessian", relation="lags")
    assert judge(hierarchy=table).loc["A10", "verdict"] == verdict


def test_lags_do_not_matter_for_the_learning_coefficient(judge: Judge) -> None:
    table = with_values(hierarchy(), {"low": 0.0, "high": 0.1}, measure="llc", relation="lags")
    assert judge(hierarchy=table).loc["A9", "verdict"] == "holds"


# Nothing emerges ---------------------------------------------------------------------------------------------------


def test_without_events_all_is_undecided(judge: Judge, statistics: Statistics) -> None:
    nothing = with_own_loss(pd.DataFrame(columns=LEADS.arrow.names))
    tier = RateCells(list(precursors()["measure"].unique()), ["exact_match"], DEFINITIONS, ["2x128"])
    empty = {**dict.fromkeys(("value", "low", "high", "null", "null_low", "null_high", "p", "task_p", "holm_p"), NAN)}
    found = judge(
        events=events(32),
        precursors=estimate_rates(nothing, tier, ["metric"], statistics),
        hierarchy=estimate_hierarchy(nothing, tier, statistics),
        lead_differences=lead_differences().iloc[:0],
        order_prediction=order_prediction().assign(**empty, pairs=0, runs=0),
    )
    predicted = ["A6", "A7", "A8", "A9", "A10", "A11", "A12", "A13 v1", "A13 v3", "A14"]
    assert found.loc[predicted, "verdict"].tolist() == ["undecided"] * len(predicted)
    assert found.loc[predicted, "value"].isna().all()
    assert found.loc["A1", "value"] == 0.0
    assert "nan" not in " ".join(found.loc[["A6", "A7", "A8", "A9", "A10", "A11"], "control"])
