"""Figure 7: direct sums, laws and their ratios are those of the tables."""

from functools import cache

import pandas as pd
import pytest
from matplotlib.axes import Axes
from support.drawn_marks import assert_guides, assert_line, assert_zone, panels, texts
from synthetic.random_tables import random_table

from emergence.analysis.select import select
from emergence.figures import fig7
from emergence.schemas.parity import SCALING_CONDITIONS, SCALING_EXPONENTS, SCALING_LAWS
from emergence.theory import compute, loss
from emergence.theory.model import Constants, Skills

ALPHAS, AXES = [0.3, 0.9], ["time", "data", "width", "compute"]
MODELS = ["multilinear", "linear"]
KINDS = {"axis": AXES, "quantity": ["loss", "width"], "model": MODELS, "alpha": ALPHAS}
SUMS = random_table(SCALING_LAWS, x=[1.0, 10.0, 100.0], **KINDS)
MET = random_table(SCALING_CONDITIONS, axis=AXES, alpha=ALPHAS, low=10.0, high=50.0)
FITS = random_table(SCALING_EXPONENTS, low=10.0, high=100.0, **KINDS)


@cache
def drawn() -> list[Axes]:
    return panels(fig7.plot(SUMS, FITS, MET, ALPHAS))


def of(place: int, model: str, alpha: float) -> pd.DataFrame:
    return select(SUMS, axis=AXES[place], quantity="loss", model=model, alpha=alpha)


@pytest.mark.parametrize("place", range(4))
@pytest.mark.parametrize("alpha", ALPHAS)
def test_sums_stand_beside_both_laws(place: int, alpha: float) -> None:
    for model in MODELS:
        rows = of(place, model, alpha)
        assert_line(drawn()[place], rows["x"], rows["value"])
    rows = of(place, "multilinear", alpha)
    assert_line(drawn()[place], rows["x"], rows["asymptote"])
    assert_line(drawn()[place], rows["x"], rows["law"])


@pytest.mark.parametrize("place", range(4))
@pytest.mark.parametrize("alpha", ALPHAS)
def test_ratios_are_to_the_power_law(place: int, alpha: float) -> None:
    for model in MODELS:
        rows = of(place, model, alpha)
        assert_line(drawn()[4 + place], rows["x"], rows["value"] / rows["asymptote"])
        assert_line(drawn()[4 + place], rows["x"], rows["law"] / rows["asymptote"])
    assert_guides(drawn()[4 + place], [1.0], on="y")


def test_exponents_are_written_beside_their_law() -> None:
    fits = select(FITS, axis="time", quantity="loss", model="multilinear")
    expected = [f"{row.expected:.3f}, {row.corrected:.3f}" for row in fits.itertuples()]
    assert texts(drawn()[0]) == ["theory, fit", *expected]


@pytest.mark.parametrize("place", range(4))
def test_bars_show_where_conditions_are_met(place: int) -> None:
    bars = [line for line in drawn()[4 + place].lines if list(line.get_xdata()) == [10.0, 50.0]]
    heights = [tuple(line.get_ydata()) for line in bars]
    assert len(set(heights)) == len(ALPHAS), "no bar hides another"
    assert all(0 < start == end < 0.2 for start, end in heights), "at the foot"


def test_titles_name_the_exponents_of_theory() -> None:
    alpha = 0.6
    skills, constants = Skills(alpha, 100), Constants("half_mse", learning_rate=1.0, target=1.0, initial=0.01)
    laws = [law(skills, constants) for law in (loss.law_of_time, loss.law_of_one_shot, loss.law_of_width)]
    laws.append(compute.envelope(skills, constants).loss)
    named = {"−α/(α+1)": -alpha / (alpha + 1), "−α": -alpha, "−α/(α+2)": -alpha / (alpha + 2)}
    for axes, law in zip(drawn()[:4], laws, strict=True):
        assert named[axes.get_title().split()[-1]] == pytest.approx(law.exponent)


def test_zones_show_where_exponents_are_fitted() -> None:
    """A zone for all exponents of an axis, of both models."""
    fits = FITS.assign(low=FITS["low"].where(FITS["alpha"] == 0.3, 20.0))
    axes = panels(fig7.plot(SUMS, fits, MET, ALPHAS))
    for place in range(8):
        assert_zone(axes[place], 10.0, 100.0)
