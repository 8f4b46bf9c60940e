"""Figure 13: events over frequencies and exponents are those of the tables."""

from functools import cache

import pytest
from matplotlib.axes import Axes
from scipy import stats
from support.drawn_marks import (
    assert_guides,
    assert_intervals,
    assert_marks,
    assert_points,
    assert_stroke,
    assert_zone,
    names,
    panels,
)  # fmt: skip
from synthetic.frequency_tables import frequency_events
from synthetic.random_tables import random_table

from emergence.analysis.select import select
from emergence.figures import fig13
from emergence.schemas.interventions import FREQUENCY_EXPONENTS

EVENTS = frequency_events({"sgd": 1.0, "adamw": 0.2})
EXPONENTS = random_table(FREQUENCY_EXPONENTS, optimiser=["sgd", "adamw"])


@cache
def drawn() -> list[Axes]:
    return panels(fig13.plot(EVENTS, EXPONENTS, 0.2, 0.5))


@pytest.mark.parametrize(("place", "optimiser"), [(0, "sgd"), (1, "adamw")])
def test_steps_are_geometric_means_with_ranges_over_seeds(place: int, optimiser: str) -> None:
    for task in EVENTS["task"].unique():
        by_share = select(EVENTS, optimiser=optimiser, task=task).groupby("share")["step"]
        shares, means = list(by_share.groups), by_share.apply(stats.gmean)
        assert_stroke(drawn()[place], shares, means)
        assert_marks(drawn()[place], shares, means)
        assert_intervals(drawn()[place], shares, by_share.min(), by_share.max(), vertical=True)


def test_exponents_have_intervals_beside_those_of_the_models() -> None:
    *_, last = drawn()
    assert names(last.yaxis) == ["SGD", "AdamW"]
    for place, optimiser in enumerate(("sgd", "adamw")):
        row = select(EXPONENTS, optimiser=optimiser)
        assert_points(last, row["exponent"], [place])
        assert_intervals(last, [place], row["low"], row["high"])
    assert_zone(last, 0.8, 1.2)
    assert_guides(last, [0.5])
