"""Figure S8: strengths, emergence times and slopes are those of the tables; a skill that comes too late is a bound."""

import numpy as np
import pytest
from support.drawn_marks import assert_guides, assert_intervals, assert_line, assert_points, legend, panels, texts
from synthetic.random_tables import random_table

from emergence.analysis.select import select
from emergence.figures import fig_s8
from emergence.schemas.parity import EMERGENCE_TIMES, POWER_LAWS, SWEEP

NETWORKS, SHARES, SKILLS = ["MLP, SGD", "MLP, Adam", "transformer, SGD"], [0.05, 0.5], [1, 2, 3]
CURVES = random_table(SWEEP, skill=SKILLS, seed=[1, 2], step=[0, 1, 10, 100])
TIMES = random_table(EMERGENCE_TIMES, network=NETWORKS, share=SHARES, skill=SKILLS, until=100.0, seeds=3)
FITS = random_table(POWER_LAWS, network=NETWORKS, share=SHARES, against=["k", "frequency"], expected=1.6)


@pytest.mark.parametrize("skill", SKILLS)
def test_strengths_are_a_line_a_run(skill: int) -> None:
    first, *_ = panels(fig_s8.plot(CURVES, TIMES, FITS, SHARES))
    for seed in (1, 2):
        run = select(CURVES, skill=skill, seed=seed).query("step > 0")
        assert_line(first, run["step"], run["strength"])
    assert_guides(first, SHARES, on="y")


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize(("place", "share"), [(1, 0.05), (2, 0.5)])
def test_times_have_intervals_and_the_expected_slope(place: int, share: float, network: str) -> None:
    axes = panels(fig_s8.plot(CURVES, TIMES, FITS, SHARES))[place]
    rows = select(TIMES, network=network, share=share)
    assert_points(axes, SKILLS, rows["value"])
    assert_intervals(axes, SKILLS, rows["low"], rows["high"], vertical=True)
    (fit,) = select(FITS, network=network, share=share, against="k").to_dict("records")
    assert_line(axes, SKILLS, fit["scale"] * np.array(SKILLS) ** 1.6)
    assert f"slope {fit['slope']:.2f} [{fit['low']:.2f}, {fit['high']:.2f}] (α+1 = 1.6)" in texts(axes)


def test_a_late_skill_is_open_with_its_earliest_run() -> None:
    late = TIMES["skill"] == 3
    times = TIMES.assign(value=TIMES["value"].where(~late), reached=2)
    axes = panels(fig_s8.plot(CURVES, times, FITS.assign(slope=np.nan), SHARES))[1]
    assert_points(axes, 3, select(times[late], share=0.05)["earliest"])
    assert texts(axes).count("2/3") == len(NETWORKS)
    assert texts(axes).count("too few skills (α+1 = 1.6)") == len(NETWORKS)


def test_networks_that_were_not_run_are_left_out() -> None:
    figure = fig_s8.plot(CURVES.head(0), select(TIMES, network=NETWORKS[:1]), FITS, SHARES)
    assert legend(figure) == ["MLP, SGD"]
    assert texts(panels(figure)[0]) == ["not run"]
