"""Claims J1 to J8, on planted runs whose times of emergence are known."""

import pandas as pd
import pytest
from synthetic.parity_run import ParityRun

from emergence.claims.parity import PARITY
from emergence.claims.settings import ParityClaimSettings
from emergence.schemas.analysis import LEAD_POWER

pytestmark = pytest.mark.long


def judged(parity_run: ParityRun, settings: ParityClaimSettings, **changed: pd.DataFrame) -> pd.DataFrame:
    """Claims of the joint study by name, with some tables replaced."""
    given = {
        "detection_times": parity_run.table("detected"),
        "detector_error": parity_run.table("errors"),
        "measure_tracking": parity_run.table("tracking"),
        "rule_outcomes": parity_run.table("conclusions"),
        "precursors": parity_run.table("precursors"),
        "lead_differences": parity_run.table("differences"),
        **changed,
    }
    rows = PARITY.judge(given, settings)
    return rows[rows["topic"] == "joint study"].set_index("claim")


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
    rows = judged(quiet_parity_run, parity)
    assert rows.loc[rows["verdict"] != "not run"].drop("J2")["verdict"].eq("undecided").all()


def test_one_run_has_no_interval(single_parity_run: ParityRun, parity: ParityClaimSettings) -> None:
    assert judged(single_parity_run, parity).loc["J1", "verdict"] == "not testable at this tier"


def planted_trials(seen: int, false: int, lead: int = 20) -> pd.DataFrame:
    """Trials of 100 planted precursors, and of 300 curves that announce nothing, by every rule."""
    kinds = [("own", lead, seen, 100), ("own", 0, false, 100), ("common", lead, 0, 100), ("another's", lead, 0, 100)]
    rows = [
        {"study": "parity", "measure": "rankme", "rule": rule, "classes": "all", "difficulty": "all", "kind": kind,
         "lead": planted, "count": count, "trials": trials, "share": count / trials, "low": 0.0, "high": 1.0}
        for rule in ("rate alone", "beyond nulls", "lead differences")
        for kind, planted, count, trials in kinds
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=LEAD_POWER.arrow.names)


@pytest.mark.parametrize(
    ("seen", "false", "verdict"),
    [(100, 0, "holds"), (80, 0, "undecided"), (50, 0, "fails"), (100, 50, "fails"), (0, 0, "fails")],
)
def test_a_rule_that_always_says_no_is_not_right(
    seen: int, false: int, verdict: str, parity_run: ParityRun, parity: ParityClaimSettings
) -> None:
    """Specificity is not enough: planted precursors must be seen."""
    rows = judged(parity_run, parity, lead_power=planted_trials(seen, false))
    found = rows.loc[["J8 rate alone", "J8 beyond nulls", "J8 lead differences"], "verdict"]
    assert found.tolist() == [verdict] * 3


def test_of_one_curve_for_all_skills_nothing_is_judged_but_the_rate(
    parity_run: ParityRun, parity: ParityClaimSettings
) -> None:
    whole = parity_run.table("differences").assign(whole_network=True)
    rows = judged(parity_run, parity, lead_differences=whole)["verdict"]
    assert set(rows[["J4 rankme", "J6 rankme", "J7 llc"]]) == {"not testable at this tier"}
    assert rows["J5 llc"] == "fails"
