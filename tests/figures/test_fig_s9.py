"""Figure S9: every curve of theory is that of its panel."""

from functools import cache

import pandas as pd
import pytest
from matplotlib.axes import Axes
from support.drawn_marks import assert_marks, assert_stroke, panels
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


CURVES: list[tuple[int, str, dict[str, object]]] = [
    *((0, "modes", {"parameter": strength}) for strength in (1.0, 0.5)),
    *((1, "neurons", {"curve": "sigmoid", "parameter": speed}) for speed in (0.3, 1.0)),
    *((2, "finite", {"curve": name, "alpha": alpha}) for name in fig_s9.LINES for alpha in (0.1, 0.5)),
    *(
        (place, "compute", {"curve": "width", "parameter": width, "alpha": alpha})
        for place, alpha in ((3, 0.3), (4, 0.6))
        for width in (10.0, 100.0)
    ),
]


@pytest.mark.parametrize(("place", "panel", "where"), CURVES, ids=str)
def test_curves_are_those_of_the_table(place: int, panel: str, where: dict[str, object]) -> None:
    rows = select(TABLE[panel], **where)
    assert_stroke(drawn()[place], rows["x"], rows["value"])


def test_the_gradient_flow_is_a_line_of_its_own() -> None:
    flow = select(TABLE["neurons"], curve="flow", parameter=0.3)
    alone = pd.concat([*(table for panel, table in TABLE.items() if panel != "neurons"), flow])
    axes = panels(fig_s9.plot(alone))[1]
    assert_stroke(axes, flow["x"], flow["value"])


@pytest.mark.parametrize(("place", "alpha"), [(3, 0.3), (4, 0.6)])
@pytest.mark.parametrize("width", [10.0, 100.0])
def test_a_dot_marks_where_the_skills_of_a_width_are_due(place: int, alpha: float, width: float) -> None:
    rows = select(TABLE["compute"], curve="balanced", parameter=width, alpha=alpha)
    assert_marks(drawn()[place], rows["x"], rows["value"])
