"""Figure 15: doses and durations are the arms that differ from prevention in one number; ratios are the table's."""

from functools import cache

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from support.drawn_marks import (
    assert_guides,
    assert_intervals,
    assert_marks,
    assert_points,
    assert_stroke,
    names,
    panels,
)  # fmt: skip
from synthetic.random_tables import random_table

from emergence.analysis.select import select
from emergence.config.arms import Arm
from emergence.figures import fig15
from emergence.schemas.interventions import METHOD_EFFECTS

SIZES = ["all", "small", "large"]
PREVENT = Arm(penalty="rank_loss", weight=1.0, until=80)
ARMS = {
    "prevent": PREVENT,
    "weak": PREVENT.model_copy(update={"weight": 0.1}),
    "brief": PREVENT.model_copy(update={"until": 20}),
    "throughout": PREVENT.model_copy(update={"until": None}),
    "higher_rate": Arm(rate=2.0),
    "higher_rate_prevent": PREVENT.model_copy(update={"rate": 2.0}),
}
EFFECTS = random_table(METHOD_EFFECTS, arm=list(ARMS), against=["plain", "weak"], size=SIZES)


@cache
def drawn() -> list[Axes]:
    return panels(fig15.plot(EFFECTS, ARMS, 300))


def test_doses_and_durations_are_in_order() -> None:
    doses, durations = {"weak": 0.1, "prevent": 1.0}, {"brief": 20.0, "prevent": 80.0, "throughout": 300.0}
    for axes, places in zip(drawn()[:2], (doses, durations), strict=True):
        for number, size in enumerate([*SIZES[1:], "all"]):
            rows = pd.concat([select(EFFECTS, arm=arm, against="plain", size=size) for arm in places])
            at = np.array([*places.values()]) * fig15.SPREAD ** (number - len(SIZES) / 2)
            assert_stroke(axes, at, rows["ratio"])
            assert_marks(axes, at, rows["ratio"])
            assert_intervals(axes, at, rows["low"], rows["high"], vertical=True)
        assert_guides(axes, [1.0], on="y")


def test_alternatives_stand_beside_prevention() -> None:
    shown = ["prevent", "higher_rate", "higher_rate_prevent"]
    assert names(drawn()[2].yaxis) == [fig15.NAMES[arm] for arm in shown]
    for place, arm in enumerate(shown):
        for shift, size in ((0, "all"), (0.14, "small"), (0.28, "large")):
            row = select(EFFECTS, arm=arm, against="plain", size=size)
            assert_points(drawn()[2], row["ratio"], [place + shift])
            assert_intervals(drawn()[2], [place + shift], row["low"], row["high"])
    assert_guides(drawn()[2], [1.0])
