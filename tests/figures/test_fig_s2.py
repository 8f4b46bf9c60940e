"""Figure S2: errors are in tolerances, grouped by estimator; one beyond the panel is told as a number."""

import numpy as np
import pytest
from support.drawn_marks import assert_intervals, assert_points, names, panels, points, texts
from synthetic.random_tables import random_table

from emergence.figures import fig_s2
from emergence.schemas.trajectories import CALIBRATION

CHECKS = random_table(CALIBRATION, estimator=["RankMe", "LLC"], oracle=["one", "two"])
CHECKS["tolerance"] = 2 * CHECKS["error"]
CHECKS.loc[3, ["tolerance", "passed"]] = CHECKS.loc[3, "error"] / 5, False
CHECKS.loc[1, "standard_error"] = np.nan
PLACES = np.array([1.4, 2.4, 4.8, 5.8])


def test_errors_are_in_tolerances_with_their_standard_error() -> None:
    left, right = panels(fig_s2.plot(CHECKS))
    assert_points(left, 0.5, PLACES[:3])
    spread = (CHECKS["standard_error"] / CHECKS["tolerance"]).fillna(0)[:3]
    assert_intervals(left, PLACES[:3], 0.5 - spread, 0.5 + spread)
    assert_points(left, fig_s2.REACH, PLACES[3])
    assert "+5" in texts(left)
    assert names(left.yaxis) == ["one  (any)", "two  (any)"] * 2
    assert texts(right)[1] == f"{CHECKS['exact'][0]:.4g}"


def test_checks_of_an_estimator_stand_together() -> None:
    mixed = CHECKS.iloc[[0, 2, 1, 3]]
    left, _ = panels(fig_s2.plot(mixed))
    assert names(left.yaxis) == ["one  (any)", "two  (any)"] * 2
    assert left.get_yticks() == pytest.approx(PLACES)


def test_a_failed_estimate_has_a_row_without_marks() -> None:
    failed = CHECKS.assign(estimate=np.nan, error=np.nan, standard_error=np.nan, passed=False)
    left, right = panels(fig_s2.plot(failed))
    assert len(points(left)) == 2  # the line at zero
    assert texts(right).count("–") == len(failed)
