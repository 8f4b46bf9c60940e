"""Figure S5: strengths, laws and constants are those of the tables; and the same tables give the same bytes."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from support.drawn_marks import assert_band, assert_line, legend, panels
from synthetic.random_tables import random_table

from emergence.analysis.select import select
from emergence.figures import fig_s5, style
from emergence.schemas.parity import CONSTANTS, CURVES

LAWS = {
    "step": [("fitted", "sigmoid"), ("published", "sigmoid")],
    "samples": [("fitted", "published"), ("fitted", "linear"), ("published", "published")],
    "width": [("fitted", "linear"), ("published", "linear")],
}
KINDS = [(axis, kind) for axis, laws in LAWS.items() for kind in [("network", None), *laws]]
CURVE = random_table(CURVES, skill=1, x=[1.0, 10.0, 100.0])
ROWS = pd.concat(
    CURVE.assign(axis=axis, source=source, law=law, strength=CURVE["strength"] * 1.1**number)  # each another curve
    for number, (axis, (source, law)) in enumerate(KINDS)
)
NAMES = {"constant": ["speed", "shots", "neurons"], "law": ["sigmoid", "published", "linear"]}
FITTED = random_table(CONSTANTS, value=0.05, low=0.04, high=0.0625, published=0.1, **NAMES)


@pytest.mark.parametrize("place", range(3))
def test_networks_are_bands_and_laws_lines(place: int) -> None:
    axis = list(LAWS)[place]
    axes, rows = panels(fig_s5.plot(ROWS, FITTED))[place], select(ROWS, axis=axis)
    network = select(rows, source="network")
    assert_line(axes, network["x"], network["strength"])
    assert_band(axes, network["x"], network["strength"] - network["spread"], network["strength"] + network["spread"])
    for source, law in LAWS[axis]:
        curve = select(rows, source=source, law=law)
        assert_line(axes, curve["x"], curve["strength"])


def test_constants_are_told_with_their_intervals_and_a_rate_as_a_time() -> None:
    time, data, width = (legend(axes)[1:] for axes in panels(fig_s5.plot(ROWS, FITTED)))
    assert time == ["1/B² = 20 [16, 25]", "1/B² = 10 (published)"]
    assert data[1] == "d/D_c, D_c = 0.05 [0.04, 0.0625]"
    assert width == ["N_c = 0.05 [0.04, 0.0625]", "N_c = 0.1 (published)"]


def test_where_nothing_was_fitted_the_published_laws_stand_alone() -> None:
    rows = ROWS[ROWS["source"] != "fitted"].assign(spread=np.nan)
    time, *_ = panels(fig_s5.plot(rows, FITTED.assign(value=np.nan, low=np.nan, high=np.nan)))
    assert len(time.lines) == 2


@pytest.mark.long
def test_the_same_tables_give_the_same_bytes(tmp_path: Path) -> None:
    twice = []
    for name in "ab":
        paths = tmp_path / f"{name}.pdf", tmp_path / f"{name}.png"
        style.save(fig_s5.plot(ROWS, FITTED), *paths, dpi=50)
        twice.append([path.read_bytes() for path in paths])
    assert twice[0] == twice[1]
    assert twice[0][0].startswith(b"%PDF")
    assert twice[0][1].startswith(b"\x89PNG")
