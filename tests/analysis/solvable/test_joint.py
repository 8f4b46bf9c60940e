"""The joint study on planted runs: it finds what was planted, and says nothing where there is nothing."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from skilled import TIMES, World

from emergence import config, tables
from emergence.analysis import over_runs
from emergence.analysis.claims import prediction
from emergence.analysis.solvable import claims_joint, conclusions, timing, tracking, truth
from emergence.schemas.analysis import PRECURSORS
from emergence.settings.joint import Joint, JointClaimSettings
from emergence.theory import crossings
from emergence.theory.constants import Constants, initial_strength
from emergence.theory.skills import Skills

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def default() -> config.Config:
    return config.read(ROOT / "config.yaml")


@pytest.fixture(scope="module")
def world(default: config.Config, tmp_path_factory: pytest.TempPathFactory) -> World:
    """Three runs; one measure follows its own skill, one moves at one time for all, one not at all."""
    return World(tmp_path_factory.mktemp("planted"), default, early=0.2)


@pytest.fixture(scope="module")
def nothing(default: config.Config, tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(tmp_path_factory.mktemp("nothing"), default, emerges=False, fitted=False, measures={"rankme": "own"})


@pytest.fixture(scope="module")
def alone(default: config.Config, tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(tmp_path_factory.mktemp("alone"), default, seeds=1, measures={"rankme": "own", "llc": "common"})


@pytest.fixture(scope="module")
def claim_settings(default: config.Config) -> JointClaimSettings:
    shared = default.anatomy
    return JointClaimSettings(
        metric="strength",
        detector=shared.events.detector,
        definition=shared.precursors.definition,
        timing=1.0,
        statistics=shared.statistics,
        verdicts=shared.verdicts,
    )


def claims(world: World, settings: JointClaimSettings) -> pd.DataFrame:
    of = (world.table(name) for name in ("detected", "errors", "tracking", "conclusions"))
    return pd.DataFrame(claims_joint.rows(*of, settings)).set_index("claim")


def of_primary(errors: pd.DataFrame, metric: str, reference: str, skill: str = "all") -> pd.Series:
    """The row of the primary detector."""
    keys = ["detector", "metric", "reference", "skill"]
    return errors.set_index(keys).loc[("threshold", metric, reference, skill)]


# Truth


def test_true_times_are_those_planted(world: World) -> None:
    found = world.table("detected").query("task == 'PARITY'")
    planted = [world.times[run][int(level) - 1] for run, level in zip(found["run"], found["level"], strict=True)]
    np.testing.assert_allclose(found["true_step"], planted, atol=1.0)
    assert world.table("detected").query("task == 'CTL'")["true_step"].isna().all()


def test_the_closed_form_is_that_of_theory(world: World) -> None:
    constants = Constants("mse", 0.02, 5.0, initial_strength(0.01), speed=1 / 22)
    expected = crossings.times([0.5], Skills(0.6, 5).frequencies, constants)[0]
    found = world.table("detected").query("task == 'PARITY'").groupby("level")["closed_form_step"].unique()
    np.testing.assert_allclose(np.concatenate(found.to_list()), expected, rtol=1e-9)
    assert world.table("detected").query("task == 'CTL'")["closed_form_step"].isna().all()


def test_a_step_after_the_last_checkpoint_has_no_position() -> None:
    found = truth.positions(pd.Series([50.0, 250.0, 301.0, np.nan]), np.array([0, 100, 300]))
    np.testing.assert_allclose(found, [0.5, 1.75, np.nan, np.nan])


# Detectors


@pytest.mark.parametrize("detector", ["threshold", "changepoint", "sigmoid"])
def test_detectors_are_within_a_checkpoint_of_the_truth(world: World, detector: str) -> None:
    chosen = world.table("errors").query("metric == 'strength' and reference == 'measured' and skill == 'all'")
    row = chosen.set_index("detector").loc[detector]
    assert row["error"] < 1
    assert abs(row["bias"]) < 0.5
    assert row["bias_low"] < row["bias"] < row["bias_high"]
    assert (row["events"], row["missed"], row["quiet"], row["false_events"], row["runs"]) == (15, 0, 3, 0, 3)


def test_an_error_is_detected_minus_true_in_checkpoints(world: World) -> None:
    found = world.table("detected").query("task == 'PARITY' and level != '1'")
    for error, reference in (("error", "true_step"), ("closed_form_error", "closed_form_step")):
        np.testing.assert_allclose(found[error], (found["step"] - found[reference]) / 100, atol=1e-6)


def test_each_run_counts_by_its_median(world: World) -> None:
    found = world.table("detected").query("task == 'PARITY'").sort_values(["run", "metric", "detector", "level"])
    errors = found.assign(error=[-9.0, -1.0, 1.0, 2.0, 3.0] * (len(found) // 5))
    row = of_primary(timing.errors(errors, 0.95), "strength", "measured")
    assert row[["error", "error_low", "error_high", "bias"]].tolist() == [2.0, 2.0, 2.0, 1.0]


def test_another_metric_moves_emergence_by_what_was_planted(world: World) -> None:
    assert of_primary(world.table("errors"), "exact_match", "measured")["relative"] == pytest.approx(-0.2, abs=0.01)
    assert of_primary(world.table("errors"), "strength", "measured")["relative"] == pytest.approx(0.0, abs=0.01)


def test_an_event_of_the_control_is_false(world: World, claim_settings: JointClaimSettings) -> None:
    found = world.table("detected")
    chosen = (found["task"] == "CTL") & (found["metric"] == "strength") & (found["run"] == "mlp1000-s2")
    found.loc[chosen, "step"] = 5000.0
    errors = timing.errors(found, 0.95)
    assert of_primary(errors, "strength", "measured")["false_events"] == 1
    assert of_primary(errors, "strength", "measured", "6 (control)")[["events", "quiet", "false_events"]].tolist() == [
        0,
        3,
        1,
    ]
    assert claims_joint.control(found, claim_settings)["verdict"] == "fails"


# Tracking


def test_slopes_tell_what_follows_its_skill_from_what_moves_with_the_network(world: World) -> None:
    found = world.table("tracking").query("definition == 'onset'").set_index("measure")
    assert found.loc["rankme", "slope"] == pytest.approx(1.0, abs=0.1)
    assert found.loc["llc", "slope"] == pytest.approx(0.0, abs=0.1)
    assert found["slopes"].to_dict() == {"rankme": 3, "llc": 3, "gradient_covariance": 0}
    assert found["truth"].to_dict() == {"rankme": "announces", "llc": "does not", "gradient_covariance": "does not"}
    assert found["moved"].to_dict() == {"rankme": 15, "llc": 15, "gradient_covariance": 0}


def test_the_control_moves_with_the_network_or_not_at_all(world: World) -> None:
    found = world.table("tracking").query("definition == 'change-point'").set_index("measure")
    assert found.loc["rankme", "controls"] == 0
    assert found.loc["llc", "controls"] == 3
    assert found.loc["llc", "control"] == pytest.approx(1200 / TIMES[0], abs=0.15)


def test_leads_are_counted_to_the_truth(world: World) -> None:
    moved = world.table("movements").query("measure == 'rankme' and definition == 'change-point' and level == '5'")
    np.testing.assert_allclose(moved["lead"], (moved["true_step"] - moved["step"]) / 100, atol=1e-6)
    skills = world.table("skills").query("measure == 'rankme' and definition == 'change-point'")
    np.testing.assert_allclose(skills["lead"], 0.6 * TIMES / 100, rtol=0.15)
    assert skills["moved"].tolist() == [3] * 5
    share = world.table("tracking").query("measure == 'rankme' and definition == 'change-point'")["share"].item()
    assert share == pytest.approx(0.6, abs=0.05)


JOINT = Joint(floor_until=500, own=[0.75, 1.25], common=0.5, minimum_skills=3)


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
    means = (over_runs.Mean(sum(pair) / 2, *pair, 3) for pair in (slope, lead))
    assert tracking.verdict(*means, margin=2.0, joint=JOINT) == expected


def test_a_movement_at_step_0_has_no_slope() -> None:
    times = pd.Series([100.0, 200.0, 400.0, 800.0])
    moved = pd.Series([0.0, 100.0, 200.0, 400.0])
    assert tracking.slope(moved, times, 3) == pytest.approx(1.0)
    assert np.isnan(tracking.slope(moved, times, 4))


# Conclusions


def test_the_rate_alone_is_taken_in_by_a_common_time_and_nulls_are_not(world: World) -> None:
    found = world.table("conclusions").query("definition == 'onset'").set_index(["measure", "rule"])
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
    default: config.Config, rate: float, low: float, excess: float, runs: int, expected: list[str]
) -> None:
    events = 5 * runs
    names = {"measure": "rankme", "metric": "strength", "definition": "onset", "classes": "all", "size": "all"}
    high = min(1.0, rate + 0.1) if rate > 0.6 else rate + 0.1
    observed = {"control": "observed", "rate": rate, "low": low, "high": high, "events": events, "runs": runs}
    shift = {"control": "shift", "excess": excess, "excess_low": excess - 0.02, "excess_high": excess + 0.02}
    rates = pd.DataFrame(
        [
            {**names, **observed},
            {**names, **shift, "events": events, "runs": runs},
            {**names, "control": "placebo", "events": 0},
        ]
    )
    tracked = pd.DataFrame([{"measure": "rankme", "definition": "onset", "truth": "announces"}])
    found = conclusions.conclusions(rates, tracked, "strength", default.anatomy)
    assert found["conclusion"].tolist() == expected
    assert found["right"].tolist() == [{"leads": True, "does not lead": False}.get(each) for each in expected]


def test_the_rule_with_intervals_is_that_of_study_1(default: config.Config, world: World) -> None:
    """Held against the functions behind claims A6 and A8, with a minimum that three runs reach."""
    table = tables.read(PRECURSORS, world.path("precursors"))
    verdicts = default.anatomy.verdicts.model_copy(update={"minimum_runs": 2, "precursor_rate": 0.3})
    settings = default.settings("claims").model_copy(update={"verdicts": verdicts, "metric": "strength"})
    found = conclusions.conclusions(table, world.table("tracking"), "strength", settings)
    primary = table.query("metric == 'strength' and definition == 'onset' and size == 'all'")
    rates = primary.set_index(["measure", "classes", "difficulty", "control"]).sort_index()
    concluded = {}
    for measure in world.measures:
        observed, excess, _ = prediction.beyond(rates, (measure, "all", "all"), settings)
        concluded[measure] = prediction.leading(observed, excess, settings).verdict
    assert len(set(concluded.values())) > 1, "one verdict for all would test nothing"
    rule = found.query("definition == 'onset' and rule == 'with intervals'").set_index("measure")["conclusion"]
    assert {name: claims_joint.OF_CONCLUSION[rule[name]] for name in world.measures} == concluded


# Little or nothing


def test_where_nothing_emerges_nothing_is_said(nothing: World, claim_settings: JointClaimSettings) -> None:
    errors = nothing.table("errors")
    assert (errors["events"] == 0).all()
    assert errors[["error", "bias", "relative"]].isna().all(axis=None)
    assert nothing.table("tracking")["truth"].eq("undecided").all()
    assert nothing.table("conclusions")["conclusion"].eq("undecided").all()
    assert claims(nothing, claim_settings).drop("J2")["verdict"].eq("undecided").all()


def test_one_run_has_values_without_intervals(alone: World, claim_settings: JointClaimSettings) -> None:
    row = of_primary(alone.table("errors"), "strength", "measured")
    assert row["error"] < 1
    assert np.isnan(row["error_low"])
    found = alone.table("tracking").query("definition == 'onset'").set_index("measure")
    assert found.loc["rankme", "slope"] == pytest.approx(1.0, abs=0.1)
    assert found.loc[["rankme", "llc"], "truth"].eq("undecided").all()
    assert claims(alone, claim_settings).loc["J1", "verdict"] == "undecided"


# Claims


def test_claims_of_a_planted_world(world: World, claim_settings: JointClaimSettings) -> None:
    found = claims(world, claim_settings)["verdict"].to_dict()
    assert found["J1"] == "holds"
    assert found["J2"] == "holds"
    assert found["J3"] == "holds"
    assert found["J4 rankme"] == "undecided"
    assert found["J5 rankme"] == "holds"
    assert found["J5 llc"] == "fails"
    assert found["J6 llc"] == "holds"


def test_an_order_that_is_not_of_frequency_fails(world: World, claim_settings: JointClaimSettings) -> None:
    found = world.table("detected")
    swapped = found.assign(level=found["level"].replace({"1": "2", "2": "1"}))
    assert claims_joint.order(found, claim_settings)["value"] == 1.0
    assert claims_joint.order(swapped, claim_settings)["verdict"] == "fails"


def test_a_late_detector_fails(world: World, claim_settings: JointClaimSettings) -> None:
    errors = world.table("errors")
    late = errors.assign(
        error=errors["error"] + 3, error_low=errors["error_low"] + 3, error_high=errors["error_high"] + 3
    )
    assert claims_joint.timing(late, claim_settings)["verdict"] == "fails"
