"""Figure S11: power curves, smallest leads and false positives are those of the tables."""

import numpy as np
import pytest
from support.drawn_marks import (
    assert_band,
    assert_guides,
    assert_intervals,
    assert_marks,
    assert_points,
    assert_stroke,
    assert_zone,
    legend,
    panels,
    texts,
)  # fmt: skip
from synthetic.random_tables import random_table

from emergence.analysis.select import select
from emergence.figures import fig_s11
from emergence.schemas.analysis import LEAD_POWER, SMALLEST_LEADS

MEASURES, RULES, LEADS = ["rankme", "llc"], list(fig_s11.RULES), [0, 2, 5]
POWER = random_table(
    LEAD_POWER, measure=MEASURES, rule=RULES, classes="all", difficulty="all", kind=["own", "common"], lead=LEADS
)
POWER[["low", "high"]] = np.sort(POWER[["low", "high"]], axis=1)  # a band has a lower and an upper edge
SMALLEST = random_table(SMALLEST_LEADS, measure=MEASURES, rule=RULES, classes="all", difficulty="all", smallest=5)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize(("place", "measure"), list(enumerate(MEASURES)))
def test_curves_and_false_positives(place: int, measure: str, rule: str) -> None:
    axes = panels(fig_s11.plot(POWER, SMALLEST, 0.8))[place]
    assert axes.get_title(loc="left") == {"rankme": "RankMe", "llc": "LLC"}[measure]
    curve = select(POWER, measure=measure, rule=rule, kind="own")
    assert_stroke(axes, range(len(LEADS)), curve["share"])
    assert_band(axes, range(len(LEADS)), curve["low"], curve["high"])
    assert_marks(axes, 2, select(curve, lead=5)["share"])
    left, without = -0.8 - 0.25 * RULES.index(rule), select(SMALLEST, measure=measure, rule=rule)
    assert_points(axes, left, without["share"])
    assert_intervals(axes, left, without["low"], without["high"], vertical=True)
    assert left < -0.5, "in the grey zone of trials without a lead"
    assert_zone(axes, axes.get_xlim()[0], -0.5)
    assert_guides(axes, [0.8], on="y")


def test_rules_are_named() -> None:
    assert legend(fig_s11.plot(POWER, SMALLEST, 0.8)) == [label for label, *_ in fig_s11.RULES.values()]


def test_a_run_without_trials_is_drawn() -> None:
    (axes,) = panels(fig_s11.plot(POWER.head(0), SMALLEST.head(0), 0.8))
    assert texts(axes) == ["no event, so no lead was planted"]


def test_the_last_panel_of_each_column_has_ticks() -> None:
    """Five panels in columns of four: the first column alone has a second row."""
    names = ["rankme", "llc", "hessian", "fisher", "loss"]
    given = {"rule": "rate alone", "classes": "all", "difficulty": "all"}
    power = random_table(LEAD_POWER, measure=names, kind="own", lead=LEADS, **given)
    axes = panels(fig_s11.plot(power, random_table(SMALLEST_LEADS, measure=names, smallest=5, **given), 0.8))
    labelled = [any(tick.label1.get_visible() for tick in one.xaxis.get_major_ticks()) for one in axes[:5]]
    assert labelled == [False, True, True, True, True]
