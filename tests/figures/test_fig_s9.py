"""Figure S9: every curve of theory is that of its panel."""

from functools import cache

import pandas as pd
import pytest
from matplotlib.axes import Axes
from support.drawn_marks import assert_line, panels
from synthetic.random_tables import random_table

from emergence.analysis.select import select
from emergence.figures import fig_s9
from emergence.schemas.parity import THEORY_CURVES

KINDS = {
    "modes": {"curve": ["closed form"], "parameter": [1.0, 0.5], "alpha": None},
    "neurons": {"curve": ["flow", "sigmoid"], "parameter": [0.3, 1.0], "alpha": None},
    "finite": {"curve": ["sum", "power law", "corrected"], "parameter": [500.0], "alpha": [0.1, 0.5]},
    "compute": {"curve": ["width", "balanced"], "parameter": [10.0, 100.0], "alpha": [0.3, 0.6]},
}
X = [1.0, 10.0, 100.0]
TABLE = {panel: random_table(THEORY_CURVES, panel=panel, x=X, **kinds) for panel, kinds in KINDS.items()}


@cache
def drawn() -> list[Axes]:
    return [axes for axes in panels(fig_s9.plot(pd.concat(TABLE.values()))) if axes.get_visible()]


def test_there_is_a_panel_for_each_alpha_of_compute() -> None:
    assert len(drawn()) == 3 + 2


@pytest.mark.parametrize(
    ("place", "panel", "where"),
    [
        (0, "modes", {"parameter": 0.5}),
        (1, "neurons", {"curve": "sigmoid", "parameter": 0.3}),
        (2, "finite", {"curve": "power law", "alpha": 0.5}),
        (3, "compute", {"curve": "width", "parameter": 100.0, "alpha": 0.3}),
        (4, "compute", {"curve": "width", "parameter": 10.0, "alpha": 0.6}),
        (4, "compute", {"curve": "balanced", "parameter": 10.0, "alpha": 0.6}),
    ],
)
def test_curves_are_those_of_the_table(place: int, panel: str, where: dict[str, object]) -> None:
    rows = select(TABLE[panel], **where)
    assert_line(drawn()[place], rows["x"], rows["value"])
