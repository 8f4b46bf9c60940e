"""Figure 4: quantiles of leads, precursor rates and shares of relations are those of the tables."""

from functools import cache

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from support.drawn_marks import (
    assert_bars,
    assert_guides,
    assert_intervals,
    assert_points,
    assert_zone,
    bars,
    legend,
    names,
    panels,
    points,
)  # fmt: skip
from synthetic.random_tables import random_table

from emergence.analysis.select import select
from emergence.figures import fig4
from emergence.schemas.analysis import HIERARCHY, LEADS, NULL_LEADS, PRECURSORS

MEASURES, RUNS = ["rankme", "llc"], [f"small-s{seed}" for seed in range(1, 6)]
KINDS = {"measure": MEASURES, "definition": ["onset", "change-point", "cross-correlation"]}
OBSERVED = random_table(LEADS, run=RUNS, family=["easy", "hard"], **KINDS)
NULLS = random_table(NULL_LEADS, run=RUNS, family=["easy", "hard"], null=["placebo, family", "control"], **KINDS)
RATES = random_table(
    PRECURSORS, difficulty=["easy", "hard"], control=["observed", "shift", "control"], size=["all", "small"],
    classes="family", **KINDS,
)  # fmt: skip
SHARES = random_table(HIERARCHY, relation=["leads", "lags"], size="all", classes="all", **KINDS)


def plot(leads: pd.DataFrame = OBSERVED, nulls: pd.DataFrame = NULLS, rates: pd.DataFrame = RATES) -> list[Axes]:
    return panels(fig4.plot(leads, nulls, rates, SHARES, "exact_match", "onset", 2.0))


@cache
def drawn() -> list[Axes]:
    return plot()


@pytest.mark.parametrize(("difficulty", "shift"), [("easy", -0.17), ("hard", 0.17)])
@pytest.mark.parametrize("place", [0, 1])
def test_leads_are_drawn_by_their_quantiles_over_those_of_nulls(place: int, difficulty: str, shift: float) -> None:
    axes, *_ = drawn()
    chosen = {"measure": MEASURES[place], "family": difficulty, "definition": "onset"}
    tenth, quarter, median, three, nine = np.quantile(select(OBSERVED, **chosen)["lead"], [0.1, 0.25, 0.5, 0.75, 0.9])
    assert_points(axes, median, place + shift)
    assert_intervals(axes, place + shift, [tenth, quarter], [nine, three])
    for null in ("placebo, family", "control"):
        low, high = np.quantile(select(NULLS, null=null, **chosen)["lead"], [0.1, 0.9])
        assert_bars(axes, low, place + shift, high - low)


@pytest.mark.parametrize(("difficulty", "shift"), [("easy", -0.17), ("hard", 0.17)])
def test_rates_have_intervals_and_nulls_in_their_row(difficulty: str, shift: float) -> None:
    _, axes, *_ = drawn()
    rates = select(RATES, difficulty=difficulty, definition="onset", size="all")
    places = np.arange(2) + shift
    for control in ("observed", "shift", "control"):
        assert_points(axes, select(rates, control=control)["rate"], places)
    observed = select(rates, control="observed")
    assert_intervals(axes, places, observed["low"], observed["high"])
    assert legend(axes) == ["shift", "control", "easy", "hard"]


@pytest.mark.parametrize("place", range(3))
def test_shares_of_relations_are_stacked(place: int) -> None:
    axes, definition = drawn()[2 + place], KINDS["definition"][place]
    assert axes.get_title() == definition
    of_definition = select(SHARES, definition=definition)
    leads, lags = (select(of_definition, relation=relation)["share"] for relation in ("leads", "lags"))
    assert_bars(axes, 0, [0, 1], leads)
    assert_bars(axes, leads, [0, 1], lags)


def test_leads_stand_in_the_zone_of_the_margin_about_none() -> None:
    leading, *_ = drawn()
    assert_zone(leading, -2.0, 2.0)
    assert_guides(leading, [0.0])


def test_measures_are_rows_apart_and_named() -> None:
    leading, rates, *relations = drawn()
    for axes in (leading, rates):
        assert_guides(axes, [0.5], on="y")
    assert names(relations[0].yaxis) == ["RankMe", "LLC"]


def test_a_measure_without_leads_or_rates_keeps_its_row() -> None:
    lost = {"measure": "llc"}
    leads = OBSERVED.assign(lead=OBSERVED["lead"].where(OBSERVED["measure"] != lost["measure"]))
    rates = RATES.assign(rate=RATES["rate"].where(RATES["measure"] != lost["measure"]))
    leading, rate_panel, *_ = plot(leads, NULLS, rates)
    assert names(leading.yaxis) == ["RankMe", "LLC"]
    assert (points(rate_panel)[:, 1] <= 0.5).all()


def test_events_without_nulls_are_drawn_alone() -> None:
    leading, *_ = plot(nulls=NULLS.head(0))
    assert len(bars(leading)) == 1  # the margin
