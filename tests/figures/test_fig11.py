"""Figure 11: curves, predictions, errors, layers and floors are those of the tables."""

from functools import cache

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from support.drawn_marks import (
    assert_diagonal,
    assert_guides,
    assert_intervals,
    assert_line,
    assert_points,
    names,
    panels,
    texts,
)  # fmt: skip
from synthetic.random_tables import random_table, read_back

from emergence.analysis.select import select
from emergence.figures import fig11
from emergence.schemas.interventions import CLOCK_COLLAPSES, CLOCK_LAWS, CLOCK_PREDICTIONS, CLOCK_RUNS

FACTORS = {"layers": 2, "optimiser": "adamw", "cell": ["a", "b"]}
STEPS = [0, 1, 10, 100]
WIDTHS = {"a": 16, "b": 32}


def with_widths(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(width=table["cell"].map(WIDTHS))


def runs() -> pd.DataFrame:
    ranks = random_table(CLOCK_RUNS, **FACTORS, step=STEPS, layer=[1, 2], quantity="rank")
    sums = random_table(CLOCK_RUNS, **FACTORS, step=STEPS, layer=1, quantity="rate_sum").assign(layer=pd.NA)
    sums["value"] = sums["step"] * 0.01
    return read_back(CLOCK_RUNS, with_widths(pd.concat([ranks, sums], ignore_index=True)))


RUNS = runs()
COLLAPSES = random_table(CLOCK_COLLAPSES, **FACTORS, layer=[1, 2])
COLLAPSES = with_widths(COLLAPSES.assign(last=COLLAPSES["layer"] == 2))
PREDICTIONS = random_table(CLOCK_PREDICTIONS, **FACTORS, quantity=["rate_sum", "step"])
LAWS = random_table(CLOCK_LAWS, quantity=["loss", "rate_sum", "step"])


@cache
def drawn() -> list[Axes]:
    return panels(fig11.plot(RUNS, COLLAPSES, PREDICTIONS, LAWS))


def test_falls_are_shares_of_the_way_from_the_initial_rank_to_the_floor_and_end_there() -> None:
    for cell, width in WIDTHS.items():
        last = COLLAPSES[(COLLAPSES["cell"] == cell) & COLLAPSES["last"]].iloc[0]
        ranks = select(RUNS, cell=cell, layer=2, quantity="rank")["value"].to_numpy(dtype=float)[1:]
        shares = np.log(ranks / last["initial"]) / np.log(last["floor"] / last["initial"])
        shown = slice(0, int(np.argmax(shares >= 1)) + 1 if (shares >= 1).any() else None)
        assert_line(drawn()[0], STEPS[1:][shown], shares[shown])
        assert_line(drawn()[1], (np.array(STEPS[1:]) * 0.01 * width)[shown], shares[shown])
    for axes in drawn()[:2]:
        assert_guides(axes, [0.5], on="y")


def test_titles_say_how_far_apart_the_middle_half_of_collapses_lies() -> None:
    last = select(COLLAPSES, last=True)
    for axes, at in zip(drawn(), (last["collapse_step"], last["rate_sum"] * last["width"]), strict=False):
        low, high = np.quantile(at, [0.25, 0.75])
        assert f"×{high / low:.1f} apart" in axes.get_title()


def test_predictions_stand_against_observations() -> None:
    assert_points(drawn()[2], PREDICTIONS["observed"], PREDICTIONS["predicted"])
    assert_diagonal(drawn()[2], PREDICTIONS["observed"].min(), PREDICTIONS["observed"].max())


def test_errors_have_intervals_in_the_order_of_quantities() -> None:
    assert names(drawn()[3].yaxis) == ["sum of rates", "steps", "loss"]
    ordered = LAWS.set_index("quantity").loc[["rate_sum", "step", "loss"]]
    assert_points(drawn()[3], ordered["factor"], range(3))
    assert_intervals(drawn()[3], range(3), ordered["factor_low"], ordered["factor_high"])
    assert_guides(drawn()[3], [1.0])


def test_layers_are_relative_to_the_last_and_floors_to_nothing() -> None:
    for cell in WIDTHS:
        steps = select(COLLAPSES, cell=cell)["collapse_step"].to_numpy(dtype=float)
        assert_line(drawn()[4], [0.5, 1.0], steps / steps[-1])
    assert_guides(drawn()[4], [1.0], on="y")
    last = select(COLLAPSES, last=True)
    assert_points(drawn()[5], last["width"], last["floor"])


def test_without_held_out_collapses_two_panels_say_so() -> None:
    axes = panels(fig11.plot(RUNS, COLLAPSES, PREDICTIONS.iloc[:0], LAWS.iloc[:0]))
    assert texts(axes[2]) == texts(axes[3]) == ["no held-out cell collapses"]
