"""Figure S2: errors are in tolerances, by estimator; one beyond the panel is told as a number."""

import numpy as np
import pytest
from support.drawn_marks import (
    assert_guides,
    assert_intervals,
    assert_points,
    assert_zone,
    names,
    panels,
    points,
    texts,
)
from synthetic.random_tables import random_table

from emergence.figures import fig_s2
from emergence.schemas.trajectories import CALIBRATION

CHECKS = random_table(CALIBRATION, estimator=["RankMe", "LLC"], oracle=["one", "two"])
CHECKS["tolerance"] = 2 * CHECKS["error"]
CHECKS.loc[3, ["tolerance", "passed"]] = CHECKS.loc[3, "error"] / 5, False
CHECKS.loc[1, "standard_error"] = np.nan
PLACES = fig_s2.STEP * np.arange(4) + fig_s2.GAP * np.array([1, 1, 2, 2])


def test_errors_are_in_tolerances_with_their_standard_error() -> None:
    (axes,) = panels(fig_s2.plot(CHECKS))
    assert_points(axes, 0.5, PLACES[:3])
    spread = (CHECKS["standard_error"] / CHECKS["tolerance"]).fillna(0)[:3]
    assert_intervals(axes, PLACES[:3], 0.5 - spread, 0.5 + spread)
    assert_points(axes, fig_s2.REACH, PLACES[3])
    assert "+5" in texts(axes)
    assert_zone(axes, -1, 1)
    assert_guides(axes, [0.0])


def test_checks_of_an_estimator_stand_together_at_its_name() -> None:
    (axes,) = panels(fig_s2.plot(CHECKS.iloc[[0, 2, 1, 3]]))
    assert names(axes.yaxis) == ["RankMe (2)", "LLC (2)"]
    assert axes.get_yticks() == pytest.approx([PLACES[:2].mean(), PLACES[2:].mean()])
    assert_guides(axes, [PLACES[1:3].mean()], on="y")


@pytest.mark.long
def test_a_failed_estimate_has_no_mark() -> None:
    failed = CHECKS.assign(estimate=np.nan, error=np.nan, standard_error=np.nan, passed=False)
    (axes,) = panels(fig_s2.plot(failed))
    assert len(points(axes)) == 4  # the lines at zero and between the estimators
