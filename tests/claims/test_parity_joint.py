"""Claims J1 to J6 and the rules that they grade, on planted runs whose times of emergence are known."""

import numpy as np
import pandas as pd
import pytest
from synthetic.parity_run import ParityRun

from emergence.claims import parity_joint, rates
from emergence.claims.parity import PARITY
from emergence.claims.settings import ParityClaimSettings
from emergence.config import loading
from emergence.config.project import settings_for
from emergence.io import tables
from emergence.schemas.analysis import PRECURSORS


def judged(parity_run: ParityRun, settings: ParityClaimSettings, **changed: pd.DataFrame) -> pd.DataFrame:
    """Claims of the joint study by name, with some tables replaced."""
    given = {
        "detection_times": parity_run.table("detected"),
        "detector_error": parity_run.table("errors"),
        "measure_tracking": parity_run.table("tracking"),
        "rule_outcomes": parity_run.table("conclusions"),
        **changed,
    }
    rows = PARITY.judge(given, settings)
    return rows[rows["topic"] == "joint study"].set_index("claim")


# Rules of inference -------------------------------------------------------------------------------------------------


def test_the_rate_alone_is_taken_in_by_a_common_time_and_nulls_are_not(parity_run: ParityRun) -> None:
    found = parity_run.table("conclusions").query("definition == 'onset'").set_index(["measure", "rule"])
    assert found.loc[("rankme", "rate alone"), ["conclusion", "right"]].tolist() == ["leads", True]
    assert found.loc[("llc", "rate alone"), ["conclusion", "right"]].tolist() == ["leads", False]
    assert found.loc[("llc", "beyond nulls"), ["conclusion", "right", "null"]].tolist() == [
        "does not lead",
        True,
        "control",
    ]
    assert found.loc[("gradient_covariance", "rate alone"), ["conclusion", "right"]].tolist() == ["does not lead", True]
    few = found.xs("with intervals", level="rule")
    assert (few["conclusion"] == "undecided").all(), "three runs are below minimum_runs"
    assert few["right"].isna().all()


@pytest.mark.parametrize(
    ("rate", "low", "excess", "runs", "expected"),
    [
        (0.9, 0.8, 0.5, 8, ["leads", "leads", "leads"]),
        (0.9, 0.8, 0.5, 5, ["leads", "leads", "undecided"]),
        (0.9, 0.7, 0.5, 8, ["leads", "leads", "undecided"]),
        (0.9, 0.8, 0.0, 8, ["leads", "does not lead", "does not lead"]),
        (0.5, 0.4, 0.5, 8, ["does not lead", "does not lead", "does not lead"]),
        (np.nan, np.nan, np.nan, 0, ["undecided"] * 3),
    ],
)
def test_rules_and_what_they_conclude(
    default: loading.Config, rate: float, low: float, excess: float, runs: int, expected: list[str]
) -> None:
    events = 5 * runs
    names = {"measure": "rankme", "metric": "strength", "definition": "onset", "classes": "all", "size": "all"}
    high = min(1.0, rate + 0.1) if rate > 0.6 else rate + 0.1
    observed = {"control": "observed", "rate": rate, "low": low, "high": high, "events": events, "runs": runs}
    shift = {"control": "shift", "excess": excess, "excess_low": excess - 0.02, "excess_high": excess + 0.02}
    of_measure = pd.DataFrame(
        [
            {**names, **observed},
            {**names, **shift, "events": events, "runs": runs},
            {**names, "control": "placebo", "events": 0},
        ]
    )
    tracked = pd.DataFrame([{"measure": "rankme", "definition": "onset", "truth": "announces"}])
    found = parity_joint.outcomes(of_measure, tracked, "strength", default.parity.protocol)
    assert found["conclusion"].tolist() == expected
    assert found["right"].tolist() == [{"leads": True, "does not lead": False}.get(each) for each in expected]


def test_the_rule_with_intervals_is_that_of_study_1(default: loading.Config, parity_run: ParityRun) -> None:
    """Held against the functions behind claims A6 and A8, with a minimum that three runs reach."""
    table = tables.read(PRECURSORS, parity_run.path("precursors"))
    verdicts = default.protocol.verdicts.model_copy(update={"minimum_runs": 2, "precursor_rate": 0.3})
    settings = settings_for(default, "anatomy_claims")["settings"].model_copy(
        update={"verdicts": verdicts, "metric": "strength"}
    )
    found = parity_joint.outcomes(table, parity_run.table("tracking"), "strength", settings)
    of_cells = rates.rates_of(table, settings)
    concluded = {}
    for measure in parity_run.measures:
        observed, excess, _ = rates.beyond(of_cells, (measure, "all", "all"), settings)
        concluded[measure] = rates.leading(observed, excess, settings).verdict
    assert len(set(concluded.values())) > 1, "one verdict for all would test nothing"
    rule = found.query("definition == 'onset' and rule == 'with intervals'").set_index("measure")["conclusion"]
    assert {name: parity_joint.OF_CONCLUSION[rule[name]] for name in parity_run.measures} == concluded


# Claims -------------------------------------------------------------------------------------------------------------


def test_claims_of_a_planted_world(parity_run: ParityRun, parity: ParityClaimSettings) -> None:
    rows = judged(parity_run, parity)
    expected = {"J1": "holds", "J2": "holds", "J3": "holds", "J4 rankme": "undecided", "J5 rankme": "holds"}
    expected |= {"J5 llc": "fails", "J6 llc": "holds"}
    assert rows.loc[list(expected), "verdict"].to_dict() == expected
    assert rows.loc["J4 llc", "statement"].startswith("The local learning coefficient leads")
    assert rows.loc["J5 llc", "statement"] == "The rate alone concludes rightly about the local learning coefficient"


def test_an_event_of_the_control_fails(parity_run: ParityRun, parity: ParityClaimSettings) -> None:
    times = parity_run.table("detected")
    chosen = (times["task"] == "CTL") & (times["metric"] == "strength") & (times["run"] == "mlp1000-s2")
    times.loc[chosen, "step"] = 5000.0
    assert judged(parity_run, parity, detection_times=times).loc["J2", "verdict"] == "fails"


def test_an_order_that_is_not_of_frequency_fails(parity_run: ParityRun, parity: ParityClaimSettings) -> None:
    times = parity_run.table("detected")
    swapped = times.assign(level=times["level"].replace({"1": "2", "2": "1"}))
    assert judged(parity_run, parity).loc["J3", "value"] == 1.0
    assert judged(parity_run, parity, detection_times=swapped).loc["J3", "verdict"] == "fails"


def test_a_late_detector_fails(parity_run: ParityRun, parity: ParityClaimSettings) -> None:
    errors = parity_run.table("errors")
    late = errors.assign(**{name: errors[name] + 3 for name in ("error", "error_low", "error_high")})
    assert judged(parity_run, parity, detector_error=late).loc["J1", "verdict"] == "fails"


def test_where_nothing_emerges_nothing_is_decided(quiet_parity_run: ParityRun, parity: ParityClaimSettings) -> None:
    assert quiet_parity_run.table("conclusions")["conclusion"].eq("undecided").all()
    assert judged(quiet_parity_run, parity).drop("J2")["verdict"].eq("undecided").all()


def test_one_run_has_no_interval(single_parity_run: ParityRun, parity: ParityClaimSettings) -> None:
    assert judged(single_parity_run, parity).loc["J1", "verdict"] == "undecided"
