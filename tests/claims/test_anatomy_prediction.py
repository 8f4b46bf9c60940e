"""Claims A6 to A14: every verdict, on tables whose answer is known."""

from collections.abc import Callable

import pandas as pd
import pytest
from synthetic.claims_tables import events, excess, hierarchy, limits, precursors, rate, with_values

from emergence.analysis.intervals import clopper_pearson
from emergence.analysis.precursors import (
    DEFINITIONS,
    NULLS,
    RateCells,
    estimate_hierarchy,
    estimate_rates,
    with_own_loss,
)
from emergence.claims.anatomy import ANATOMY
from emergence.claims.settings import ClaimSettings
from emergence.claims.verdicts import Verdict
from emergence.config.protocol import Statistics
from emergence.schemas.analysis import HIERARCHY, LEADS

Judge = Callable[..., pd.DataFrame]
Tables = dict[str, pd.DataFrame]

NAN = float("nan")
HARD = {"measure": "rankme", "classes": "family", "difficulty": "hard"}
EASY = {**HARD, "difficulty": "easy"}
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
    assert found.loc["A1", "verdict"] == "undecided"


# A precursor: a rate as published, beyond every null, in enough runs ----------------------------------------------


@pytest.mark.parametrize(
    ("of_rate", "of_excess", "verdict"),
    [
        (rate(0.9), excess(0.5), "holds"),
        (rate(0.8, 0.1), excess(0.5), "undecided"),  # a rate that may be too low
        (rate(0.5), excess(0.5), "fails"),  # a rate that is too low
        (rate(0.9), excess(0.1, 0.2), "undecided"),  # an excess that may be none
        (rate(0.9), excess(0.0, 0.02), "fails"),  # no excess
        (rate(0.9, NAN), excess(0.5, NAN), "undecided"),
    ],
)
@pytest.mark.parametrize(
    ("claim", "cell"), [("A6", HARD), ("A8", OVERALL), ("A11", {**OVERALL, "measure": "linear_probe"})]
)
def test_precursors(
    claim: str,
    cell: dict[str, str],
    of_rate: dict[str, float],
    of_excess: dict[str, float],
    verdict: Verdict,
    judge: Judge,
) -> None:
    primary = {**cell, "metric": "exact_match", "definition": "onset", "size": "all"}
    table = with_values(precursors(), of_rate, **primary, control="observed")
    for null in NULLS:
        table = with_values(table, of_excess, **primary, control=null)
    row = judge(precursors=table).loc[claim]
    assert row["verdict"] == verdict
    assert row["value"] == of_rate["rate"]


@pytest.mark.parametrize("null", NULLS)
def test_a_precursor_must_exceed_every_null(null: str, judge: Judge) -> None:
    table = with_values(precursors(), excess(0.0, 0.02), **HARD, control=null, definition="onset")
    assert judge(precursors=table).loc["A6", "verdict"] == "fails"
    table = with_values(precursors(), excess(0.06, 0.05), **HARD, control=null, definition="onset")
    assert judge(precursors=table).loc["A6", "verdict"] == "undecided"


def test_only_the_nulls_named_are_asked(tables: Tables, settings: ClaimSettings) -> None:
    table = with_values(precursors(), excess(0.0, 0.02), **HARD, control="random", definition="onset")
    for nulls, verdict in ((["shift", "random"], "fails"), (["shift", "control"], "holds")):
        chosen = settings.model_copy(update={"verdicts": settings.verdicts.model_copy(update={"nulls": nulls})})
        found = ANATOMY.judge(tables | {"precursors": table}, chosen).set_index("claim")
        assert found.loc["A6", "verdict"] == verdict


def test_a_null_that_is_not_there_is_not_asked(judge: Judge) -> None:
    """As the random one of a cross-correlation, or the loss where it is not followed."""
    gone = {"events": 0, **excess(NAN), "rate": NAN}
    row = judge(precursors=with_values(precursors(), gone, **HARD, control="own loss")).loc["A6"]
    assert row["verdict"] == "holds"
    assert "own loss" not in row["control"]
    assert all(null in row["control"] for null in set(NULLS) - {"own loss"})


def test_without_any_null_nothing_is_decided(judge: Judge) -> None:
    """A rate means nothing on its own."""
    table = precursors()
    for null in NULLS:
        table = with_values(table, {"events": 0, **excess(NAN), "rate": NAN}, control=null)
    found = judge(precursors=table)["verdict"]
    assert found[["A6", "A7", "A8", "A11"]].tolist() == ["undecided"] * 4


@pytest.mark.parametrize(("runs", "decided"), [(5, False), (6, True)])
def test_few_runs_decide_nothing(runs: int, decided: bool, judge: Judge) -> None:
    found = judge(
        precursors=precursors().assign(runs=runs),
        hierarchy=hierarchy().assign(runs=runs),
        order_prediction=limits().assign(runs=runs),
    )
    predicted = found.loc[found["topic"] == "prediction", "verdict"]
    assert set(predicted) == {"holds" if decided else "undecided"}


@pytest.mark.parametrize(
    ("of_excess", "verdict"),
    [(excess(0.0, 0.02), "holds"), (excess(0.1, 0.2), "undecided"), (excess(0.5), "fails"), (excess(-0.4), "holds")],
)
def test_no_precursor_of_easy_tasks(of_excess: dict[str, float], verdict: Verdict, judge: Judge) -> None:
    """It is none if it exceeds a single null no more; whatever its rate."""
    table = precursors()
    for null in NULLS:
        table = with_values(table, excess(0.5), **EASY, definition="onset", control=null)
    table = with_values(table, of_excess, **EASY, definition="onset", control="placebo")
    for value in (0.1, 0.9):
        changed = with_values(table, rate(value), **EASY, definition="onset", control="observed")
        assert judge(precursors=changed).loc["A7", "verdict"] == verdict


def test_the_other_difficulty_stands_beside(judge: Judge) -> None:
    table = with_values(
        precursors(), rate(0.123), measure="rankme", classes="other_seeds", difficulty="hard", control="observed"
    )
    row = judge(precursors=table).loc["A6"]
    assert "by other seeds: 0.12 [0.07, 0.17]" in row["control"]
    assert row["verdict"] == "holds"


# Only RankMe -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("measure", ["fisher", "gradient_covariance", "hessian", "llc"])
def test_another_reliable_measure_refutes_that_only_rankme_is(measure: str, judge: Judge) -> None:
    cell = {**OVERALL, "measure": measure, "definition": "onset"}
    leading = with_values(precursors(), rate(0.9), **cell, control="observed")
    assert judge(precursors=leading).loc["A8", "verdict"] == "holds", "its rate exceeds no null"
    for null in NULLS:
        leading = with_values(leading, excess(0.5), **cell, control=null)
    row = judge(precursors=leading).loc["A8"]
    assert row["verdict"] == "fails"
    assert f"{measure} 0.90 [0.85, 0.95]: holds" in row["control"]
    unsure = with_values(leading, rate(0.8, 0.1), **cell, control="observed")
    assert judge(precursors=unsure).loc["A8", "verdict"] == "undecided"


@pytest.mark.parametrize("measure", ["linear_probe", "loss"])
def test_probes_and_losses_are_no_geometry(measure: str, judge: Judge) -> None:
    table = with_values(precursors(), rate(0.99, 0.005), measure=measure, control="observed")
    for null in NULLS:
        table = with_values(table, excess(0.9), measure=measure, control=null)
    row = judge(precursors=table).loc["A8"]
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


# Limits ------------------------------------------------------------------------------------------------------------


def of_limit(statistic: str, classes: str, pairs_of: str, **values: float) -> pd.DataFrame:
    key = {"statistic": statistic, "classes": classes, "pairs_of": pairs_of}
    return with_values(limits(), values, **key, measure="rankme", feature="onset", size="all")


@pytest.mark.parametrize(
    ("low", "high", "task_p", "verdict"),
    [
        (0.57, 0.9, 0.049, "holds"),
        (0.57, 0.9, 0.051, "undecided"),  # some tasks differ from others, and that may be all
        (0.57, 0.9, NAN, "undecided"),
        (0.5, 0.6, 0.01, "undecided"),
        (0.1, 0.56, 0.01, "fails"),
        (0.1, 0.56, 0.9, "fails"),
        (NAN, NAN, 0.01, "undecided"),
    ],
)
def test_coarse_order(low: float, high: float, task_p: float, verdict: Verdict, judge: Judge) -> None:
    table = of_limit("spearman", "none", "all", low=low, high=high, task_p=task_p, holm_p=0.9)
    assert judge(order_prediction=table).loc["A12", "verdict"] == verdict


@pytest.mark.parametrize(
    ("claim", "key"), [("A13 v1", ("concordance", "family", "within")), ("A14", ("swap", "none", "all"))]
)
@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [(0.1, 0.5, "holds"), (0.4, 0.6, "undecided"), (0.51, 0.9, "fails"), (NAN, NAN, "undecided")],
)
def test_worse_than_a_coin(
    claim: str, key: tuple[str, str, str], low: float, high: float, verdict: Verdict, judge: Judge
) -> None:
    assert judge(order_prediction=of_limit(*key, low=low, high=high)).loc[claim, "verdict"] == verdict


@pytest.mark.parametrize(
    ("low", "high", "holm_p", "task_p", "verdict"),
    [
        (0.5, 0.9, 0.049, 0.049, "holds"),
        (0.5, 0.9, 0.051, 0.01, "undecided"),  # no better than permuted
        (0.5, 0.9, 0.01, 0.051, "undecided"),  # no better than whole tasks permuted
        (0.5, 0.9, NAN, NAN, "undecided"),
        (0.4, 0.6, 0.01, 0.01, "undecided"),
        (0.1, 0.49, 0.01, 0.01, "fails"),
        (0.1, 0.49, 0.9, 0.9, "fails"),
    ],
)
def test_order_within_hard_tasks(
    low: float, high: float, holm_p: float, task_p: float, verdict: Verdict, judge: Judge
) -> None:
    table = of_limit("concordance", "family", "within hard", low=low, high=high, holm_p=holm_p, task_p=task_p)
    assert judge(order_prediction=table).loc["A13 v3", "verdict"] == verdict


def test_pairs_that_keep_their_order_stand_beside(judge: Judge) -> None:
    found = judge()["control"]
    assert "keep their order: 0.60 [0.50, 0.70]" in found["A14"]
    assert "keep their order" not in "".join(found.drop("A14"))


# Nothing emerges ---------------------------------------------------------------------------------------------------


def test_without_events_all_is_undecided(judge: Judge, statistics: Statistics) -> None:
    nothing = with_own_loss(pd.DataFrame(columns=LEADS.arrow.names))
    tier = RateCells(list(precursors()["measure"].unique()), ["exact_match"], DEFINITIONS, ["2x128"])
    empty = {**dict.fromkeys(("value", "low", "high", "null", "null_low", "null_high", "p", "task_p", "holm_p"), NAN)}
    found = judge(
        events=events(32),
        precursors=estimate_rates(nothing, tier, ["metric"], statistics),
        hierarchy=estimate_hierarchy(nothing, tier, statistics),
        order_prediction=limits().assign(**empty, pairs=0, runs=0),
    )
    predicted = ["A6", "A7", "A8", "A9", "A10", "A11", "A12", "A13 v1", "A13 v3", "A14"]
    assert found.loc[predicted, "verdict"].tolist() == ["undecided"] * len(predicted)
    assert found.loc[predicted, "value"].isna().all()
    assert found.loc["A1", "value"] == 0.0
    assert "nan" not in " ".join(found.loc[["A6", "A7", "A8", "A9", "A10", "A11"], "control"])


def test_two_runs_that_agree_decide_nothing(judge: Judge, statistics: Statistics) -> None:
    unit = {"study": "anatomy", "parameters": 1, "seed": 1, "task": "ADD", "level": "1", "size": "2x128"}
    unit |= {"metric": "exact_match", "definition": "onset", "event_step": 1.0, "lead": 9.0, "margin": 2.0}
    unit["relation"] = "leads"
    nulls = dict.fromkeys(("shift", "placebo, family", "placebo, other_seeds", "control", "random", "own score"), 0.0)
    rows = [
        {**unit, **nulls, "run": run, "family": kind, "other_seeds": kind, "measure": "rankme"}
        for run in "ab"
        for kind in ("easy", "hard")
    ]
    table = estimate_rates(
        with_own_loss(pd.DataFrame(rows)), RateCells(["rankme"], ["exact_match"], ["onset"], []), ["size"], statistics
    )
    found = judge(precursors=table, hierarchy=pd.DataFrame(columns=HIERARCHY.arrow.names))["verdict"]
    assert found[["A6", "A7", "A8"]].tolist() == ["undecided"] * 3
