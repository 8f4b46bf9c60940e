"""Figure S4: every choice has its row, and every quantity its estimates and intervals."""

from functools import cache

import numpy as np
import pytest
from matplotlib.axes import Axes
from support.drawn_marks import assert_guides, assert_intervals, assert_points, names, panels
from synthetic.random_tables import random_table

from emergence.analysis.select import select
from emergence.config.protocol import Sensitivity
from emergence.figures import fig_s4
from emergence.schemas.analysis import CONFIGURED
from emergence.schemas.anatomy import SENSITIVITY

QUANTITIES = [
    name for key in fig_s4.COLUMNS for name in ([key] if key == fig_s4.SLOPE else [f"{key}, easy", f"{key}, hard"])
]
TABLE = random_table(SENSITIVITY, factor=[CONFIGURED, "threshold", "margin"], value="4", quantity=QUANTITIES)


@cache
def drawn() -> list[Axes]:
    return panels(fig_s4.plot(TABLE))


def test_choices_are_rows_in_the_order_of_the_table() -> None:
    assert names(drawn()[0].yaxis) == ["as configured", "event threshold 4", "margin 4"]


def test_every_setting_that_can_have_alternatives_has_its_words() -> None:
    assert fig_s4.FACTORS.keys() == {CONFIGURED, "variant", *Sensitivity.model_fields}


@pytest.mark.parametrize("place", range(1, len(fig_s4.COLUMNS)))
@pytest.mark.parametrize(("difficulty", "shift"), [("easy", -0.15), ("hard", 0.15)])
def test_quantities_of_both_difficulties_share_a_column(place: int, difficulty: str, shift: float) -> None:
    rows = select(TABLE, quantity=f"{list(fig_s4.COLUMNS)[place]}, {difficulty}")
    places = np.arange(3) + shift
    assert_points(drawn()[place], rows["estimate"], places)
    assert_intervals(drawn()[place], places, rows["low"], rows["high"])
    assert_guides(drawn()[place], [rows["estimate"].iloc[0]])


@pytest.mark.parametrize("place", [0, 2, 3, 4])
def test_slopes_and_excesses_are_held_against_none(place: int) -> None:
    assert_guides(drawn()[place], [0.0])


def test_slopes_have_a_column_of_their_own() -> None:
    rows = select(TABLE, quantity=fig_s4.SLOPE)
    assert_points(drawn()[0], rows["estimate"], range(3))
    assert_intervals(drawn()[0], range(3), rows["low"], rows["high"])
    assert_guides(drawn()[0], [rows["estimate"].iloc[0]])
