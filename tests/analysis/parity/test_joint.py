"""The joint study on planted runs: it finds what was planted, and says nothing where there is nothing."""

import numpy as np
import pandas as pd
import pytest
from synthetic.parity_run import TIMES, ParityRun

from emergence.analysis import intervals
from emergence.analysis.parity import joint, true_times
from emergence.config.parity import Joint
from emergence.theory import strengths
from emergence.theory.model import Constants, Skills, initial_strength

pytestmark = pytest.mark.long


def of_primary(errors: pd.DataFrame, metric: str, reference: str, skill: str = "all") -> pd.Series:
    """The row of the primary detector."""
    keys = ["detector", "metric", "reference", "skill"]
    return errors.set_index(keys).loc[("threshold", metric, reference, skill)]


# Truth


def test_true_times_are_those_planted(parity_run: ParityRun) -> None:
    found = parity_run.table("detected").query("task == 'PARITY'")
    planted = [parity_run.times[run][int(level) - 1] for run, level in zip(found["run"], found["level"], strict=True)]
    np.testing.assert_allclose(found["true_step"], planted, atol=1.0)
    assert parity_run.table("detected").query("task == 'CTL'")["true_step"].isna().all()


def test_the_closed_form_is_that_of_theory(parity_run: ParityRun) -> None:
    constants = Constants("mse", 0.02, 5.0, initial_strength(0.01), speed=1 / 22)
    expected = strengths.crossing_times([0.5], Skills(0.6, 5).frequencies, constants)[0]
    found = parity_run.table("detected").query("task == 'PARITY'").groupby("level")["closed_form_step"].unique()
    np.testing.assert_allclose(np.concatenate(found.to_list()), expected, rtol=1e-9)
    assert parity_run.table("detected").query("task == 'CTL'")["closed_form_step"].isna().all()


def test_a_step_after_the_last_checkpoint_has_no_position() -> None:
    found = true_times.positions(pd.Series([50.0, 250.0, 301.0, np.nan]), np.array([0, 100, 300]))
    np.testing.assert_allclose(found, [0.5, 1.75, np.nan, np.nan])


# Detectors


@pytest.mark.parametrize("detector", ["threshold", "changepoint", "sigmoid"])
def test_detectors_are_within_a_checkpoint_of_the_truth(parity_run: ParityRun, detector: str) -> None:
    chosen = parity_run.table("errors").query("metric == 'strength' and reference == 'measured' and skill == 'all'")
    row = chosen.set_index("detector").loc[detector]
    assert row["error"] < 1
    assert abs(row["bias"]) < 0.5
    assert row["bias_low"] < row["bias"] < row["bias_high"]
    assert (row["events"], row["missed"], row["quiet"], row["false_events"], row["runs"]) == (15, 0, 3, 0, 3)


def test_an_error_is_detected_minus_true_in_checkpoints(parity_run: ParityRun) -> None:
    found = parity_run.table("detected").query("task == 'PARITY' and level != '1'")
    for error, reference in (("error", "true_step"), ("closed_form_error", "closed_form_step")):
        np.testing.assert_allclose(found[error], (found["step"] - found[reference]) / 100, atol=1e-6)


def test_no_event_is_false_by_a_closed_form_without_a_constant(parity_run: ParityRun) -> None:
    unknown = parity_run.table("detected").assign(closed_form_step=np.nan, closed_form_error=np.nan)
    assert set(true_times.summarise_errors(unknown, 0.95)["reference"]) == {"measured"}


def test_each_run_counts_by_its_median(parity_run: ParityRun) -> None:
    found = parity_run.table("detected").query("task == 'PARITY'").sort_values(["run", "metric", "detector", "level"])
    errors = found.assign(error=[-9.0, -1.0, 1.0, 2.0, 3.0] * (len(found) // 5))
    row = of_primary(true_times.summarise_errors(errors, 0.95), "strength", "measured")
    assert row[["error", "error_low", "error_high", "bias"]].tolist() == [2.0, 2.0, 2.0, 1.0]


def test_another_metric_moves_emergence_by_what_was_planted(parity_run: ParityRun) -> None:
    assert of_primary(parity_run.table("errors"), "exact_match", "measured")["relative"] == pytest.approx(
        -0.2, abs=0.01
    )
    assert of_primary(parity_run.table("errors"), "strength", "measured")["relative"] == pytest.approx(0.0, abs=0.01)


def test_an_event_of_the_control_is_false(parity_run: ParityRun) -> None:
    found = parity_run.table("detected")
    chosen = (found["task"] == "CTL") & (found["metric"] == "strength") & (found["run"] == "mlp1000-s2")
    found.loc[chosen, "step"] = 5000.0
    errors = true_times.summarise_errors(found, 0.95)
    assert of_primary(errors, "strength", "measured")["false_events"] == 1
    assert of_primary(errors, "strength", "measured", "6 (control)")[["events", "quiet", "false_events"]].tolist() == [
        0,
        3,
        1,
    ]


# Tracking


def test_slopes_tell_what_follows_its_skill_from_what_moves_with_the_network(parity_run: ParityRun) -> None:
    found = parity_run.table("tracking").query("definition == 'onset'").set_index("measure")
    assert found.loc["rankme", "slope"] == pytest.approx(1.0, abs=0.1)
    assert found.loc["llc", "slope"] == pytest.approx(0.0, abs=0.1)
    assert found["slopes"].to_dict() == {"rankme": 3, "llc": 3, "gradient_covariance": 0}
    assert found["truth"].to_dict() == {"rankme": "announces", "llc": "does not", "gradient_covariance": "does not"}
    assert found["moved"].to_dict() == {"rankme": 15, "llc": 15, "gradient_covariance": 0}


def test_the_control_moves_with_the_network_or_not_at_all(parity_run: ParityRun) -> None:
    found = parity_run.table("tracking").query("definition == 'change-point'").set_index("measure")
    assert found.loc["rankme", "controls"] == 0
    assert found.loc["llc", "controls"] == 3
    assert found.loc["llc", "control"] == pytest.approx(1200 / TIMES[0], abs=0.15)


def test_leads_are_counted_to_the_truth(parity_run: ParityRun) -> None:
    moved = parity_run.table("movements").query("measure == 'rankme' and definition == 'change-point' and level == '5'")
    np.testing.assert_allclose(moved["lead"], (moved["true_step"] - moved["step"]) / 100, atol=1e-6)
    skills = parity_run.table("skills").query("measure == 'rankme' and definition == 'change-point'")
    np.testing.assert_allclose(skills["lead"], 0.6 * TIMES / 100, rtol=0.15)
    assert skills["moved"].tolist() == [3] * 5
    share = parity_run.table("tracking").query("measure == 'rankme' and definition == 'change-point'")["share"].item()
    assert share == pytest.approx(0.6, abs=0.05)


JOINT = Joint(own=[0.75, 1.25], common=0.5, minimum_skills=3)


@pytest.mark.parametrize(
    ("slope", "lead", "expected"),
    [
        ((0.9, 1.1), (5, 9), "announces"),
        ((0.7, 1.1), (5, 9), "undecided"),
        ((0.9, 1.3), (5, 9), "undecided"),
        ((0.9, 1.1), (1, 9), "undecided"),
        ((0.9, 1.1), (-9, 1), "does not"),
        ((-0.1, 0.4), (5, 9), "does not"),
        ((-0.1, 0.6), (5, 9), "undecided"),
        ((np.nan, np.nan), (5, 9), "undecided"),
    ],
)
def test_the_truth_is_that_of_both_intervals(
    slope: tuple[float, float], lead: tuple[float, float], expected: str
) -> None:
    means = (intervals.MeanInterval(sum(pair) / 2, *pair, 3) for pair in (slope, lead))
    assert joint.verdict(*means, margin=2.0, joint=JOINT) == expected


def test_a_movement_at_step_0_has_no_slope() -> None:
    times = pd.Series([100.0, 200.0, 400.0, 800.0])
    moved = pd.Series([0.0, 100.0, 200.0, 400.0])
    assert joint.slope(moved, times, 3) == pytest.approx(1.0)
    assert np.isnan(joint.slope(moved, times, 4))


# Little or nothing


def test_where_nothing_emerges_nothing_is_said(quiet_parity_run: ParityRun) -> None:
    errors = quiet_parity_run.table("errors")
    assert (errors["events"] == 0).all()
    assert errors[["error", "bias", "relative"]].isna().all(axis=None)
    assert quiet_parity_run.table("tracking")["truth"].eq("undecided").all()


def test_one_run_has_values_without_intervals(single_parity_run: ParityRun) -> None:
    row = of_primary(single_parity_run.table("errors"), "strength", "measured")
    assert row["error"] < 1
    assert np.isnan(row["error_low"])
    found = single_parity_run.table("tracking").query("definition == 'onset'").set_index("measure")
    assert found.loc["rankme", "slope"] == pytest.approx(1.0, abs=0.1)
    assert found.loc[["rankme", "llc"], "truth"].eq("undecided").all()
