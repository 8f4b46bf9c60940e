"""Planted truths are found in tables of one's own runs, and each null is what it says."""

import numpy as np
import pandas as pd
import pytest
from synthetic import own_run
from synthetic.own_run import EVERY, JUMPS, LEAD, SEEDS, SHUFFLED, WITH_CONTROL

from emergence.own_runs.findings import Findings, analyse_tables
from emergence.schemas.analysis import EVENTS, LEADS, NULL_LEADS, ONSETS, SCORES
from emergence.schemas.trajectories import MEASURE
from emergence.tasks.symbols import CONTROL

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def single() -> Findings:
    return analyse_tables(own_run.measures(WITH_CONTROL), own_run.scores(WITH_CONTROL), control=[SHUFFLED])


@pytest.fixture(scope="module")
def three() -> Findings:
    return analyse_tables(own_run.measures(runs=SEEDS), own_run.scores(runs=list(SEEDS)))


def onsets(findings: Findings, measure: str) -> pd.DataFrame:
    """Leads of one measure by onset, by group."""
    leads = findings.leads
    return leads[(leads["measure"] == measure) & (leads["definition"] == "onset")].set_index("task")


def rates(findings: Findings, measure: str, column: str = "rate") -> dict[str, float]:
    """Observed and under each null, over all events, by onset."""
    table = findings.rates
    rows = table[(table["measure"] == measure) & (table["definition"] == "onset") & (table["classes"] == "all")]
    return dict(zip(rows["control"], rows[column].astype(float), strict=True))


def test_events_lie_half_way_between_two_evaluations(single: Findings) -> None:
    events = single.events.set_index("task")
    for task, at in JUMPS.items():
        assert events.loc[task, "step"] == pytest.approx((at - 0.5) * EVERY)
    assert not events.loc[CONTROL, "emerged"]


def test_a_planted_lead_is_found_and_not_all_other_groups_have_it(single: Findings) -> None:
    table = onsets(single, "rankme")
    assert table["lead"].to_dict() == pytest.approx(dict.fromkeys(JUMPS, LEAD))
    assert set(table["relation"]) == {"leads"}
    assert table["placebo, family"].to_dict() == {
        "add": 0.0,
        "copy": 0.5,
        "sort": 1.0,
    }  # earlier groups lead later events
    assert rates(single, "rankme")["placebo"] == pytest.approx(0.5)


def test_what_is_common_to_all_groups_is_matched_by_its_placebo(single: Findings) -> None:
    assert set(onsets(single, "hessian")["relation"]) == {"leads"}
    assert set(onsets(single, "hessian")["placebo, family"]) == {1.0}
    assert rates(single, "hessian", "excess")["placebo"] == 0.0


def test_what_moves_with_the_score_does_not_lead(single: Findings) -> None:
    assert rates(single, "loss")["observed"] == 0.0
    assert rates(single, "rankme")["own loss"] == 0.0
    assert rates(single, "rankme")["own score"] == 0.0


def test_the_control_is_a_null_and_no_group(single: Findings) -> None:
    table = onsets(single, "rankme")
    assert set(table["control"]) == {0.0}  # its rank stays on the floor
    assert set(onsets(single, "hessian")["control"]) == {1.0}  # its Hessian moves as the others do
    assert CONTROL not in table.index
    assert set(single.measures.loc[single.measures["task"] == CONTROL, "level"]) == {SHUFFLED}


def test_without_a_declared_control_there_is_no_such_null(three: Findings) -> None:
    assert three.leads["control"].isna().all()
    assert np.isnan(rates(three, "rankme")["control"])


def test_one_run_has_no_interval_and_no_other_seeds(single: Findings) -> None:
    assert single.rates["low"].isna().all()
    assert single.leads["other_seeds"].isna().all()


def test_several_seeds_add_intervals_and_classes(three: Findings) -> None:
    observed = three.rates[(three.rates["control"] == "observed") & (three.rates["classes"] == "all")]
    assert observed["low"].notna().all()
    classes = three.leads.drop_duplicates("task").set_index("task")["other_seeds"].to_dict()
    assert classes == {"add": "easy", "copy": "hard", "sort": "hard"}  # the median itself is not below the median


@pytest.mark.parametrize(("every", "shift"), [(1, 50), (2, 0), (2, 30)])
def test_scores_and_checkpoints_need_not_share_their_steps(every: int, shift: int) -> None:
    findings = analyse_tables(own_run.measures(), own_run.scores(every=every, shift=shift))
    table = onsets(findings, "rankme")
    assert set(table["margin"]) == {2.0}
    in_steps = table["event_step"] - findings.onsets.query("measure == 'rankme'").set_index("task")["onset_step"]
    assert (np.abs(table["lead"] * every * EVERY - in_steps) < 1e-6).all()
    assert (np.abs(in_steps - LEAD * EVERY - shift) <= every * EVERY).all()


def test_a_sparse_measure_must_lead_by_its_own_distance() -> None:
    findings = analyse_tables(own_run.measures(every=8), own_run.scores())
    assert set(onsets(findings, "rankme")["margin"]) == {8.0}


def test_levels_follow_a_slash() -> None:
    measures = own_run.measures({"add": 15, "sort": 45})
    leveled = measures.assign(level=measures["task"].map({"add": "2", "sort": None}))
    scores = own_run.scores({"add/2": 15, "sort": 45})
    findings = analyse_tables(leveled, scores)
    assert set(map(tuple, findings.events[["task", "level"]].to_numpy())) == {("add", "2"), ("sort", "all")}
    assert set(onsets(findings, "rankme").index) == {"add", "sort"}


def test_a_measure_of_the_whole_network_is_its_own_placebo() -> None:
    whole = own_run.measures(only=["hessian"])
    whole = whole[whole["task"] == "add"].assign(task=None)
    findings = analyse_tables(whole, own_run.scores())
    table = onsets(findings, "hessian")
    assert table["lead"].notna().all()
    assert set(table["placebo, family"]) == {1.0}


def test_a_measure_of_the_whole_network_may_lead_what_has_other_names_than_the_groups() -> None:
    measures = own_run.measures(only=["rankme", "hessian"])
    whole = (measures["measure"] == "hessian") & (measures["task"] == "add")
    measures = measures[whole | (measures["measure"] == "rankme")]
    measures.loc[whole, "task"] = None
    findings = analyse_tables(measures, own_run.scores({"accuracy": 30}))
    assert onsets(findings, "hessian")["lead"].notna().tolist() == [True]
    assert "mine: scored but not measured, so nothing of their own can lead them: accuracy." in findings.limits


def test_tables_have_their_schemas(single: Findings) -> None:
    assert list(single.scores.columns) == SCORES.arrow.names
    assert list(single.events.columns) == EVENTS.arrow.names
    assert list(single.measures.columns) == MEASURE.arrow.names
    assert list(single.onsets.columns) == ONSETS.arrow.names
    assert list(single.leads.columns) == [*LEADS.arrow.names, "own loss"]
    assert list(single.null_leads.columns) == NULL_LEADS.arrow.names


def test_a_failed_checkpoint_is_bridged() -> None:
    measures = own_run.measures()
    measures.loc[measures["step"] == 1200, "value"] = np.nan
    assert onsets(analyse_tables(measures, own_run.scores()), "rankme")["lead"].to_dict() == pytest.approx(
        {"copy": LEAD, "sort": LEAD, "add": LEAD}
    )
