"""Figure 5: onsets against events, concordances and reversals are those of the tables."""

from functools import cache

import pytest
from matplotlib.axes import Axes
from support.drawn_marks import assert_guides, assert_intervals, assert_points, names, panels, texts
from synthetic.random_tables import random_table

from emergence.analysis.select import select
from emergence.figures import fig5
from emergence.schemas.analysis import EVENTS, ONSETS
from emergence.schemas.anatomy import ORDER_PREDICTION

MEASURES, RUNS = ["rankme", "llc"], ["small-s1", "large-s1"]
HAPPENED = random_table(EVENTS, run=RUNS, task=["ADD", "MOD"], level=["1", "2"], emerged=[True, False])
DEPARTED = random_table(ONSETS, run=RUNS, task=["ADD", "MOD"], level=["1", "2"], measure=MEASURES)
DEPARTED["onset_step"] = DEPARTED["onset_step"].where(DEPARTED["level"] == "1")
TESTS = random_table(
    ORDER_PREDICTION, measure=MEASURES, feature="onset", statistic=["spearman", "concordance", "swap"],
    size=["all", "small", "large"], pairs_of=["within easy", "within hard", "between"], classes="family",
)  # fmt: skip
TESTS = TESTS[(TESTS["pairs_of"] == "between") | (TESTS["statistic"] == "concordance")]


@cache
def drawn() -> list[Axes]:
    return panels(fig5.plot(HAPPENED, DEPARTED, TESTS, "exact_match", "onset"))


@pytest.mark.parametrize(("place", "size"), [(0, "small"), (1, "large")])
def test_events_whose_curve_departs_are_dots(place: int, size: str) -> None:
    axes = drawn()[place]
    for task in ("ADD", "MOD"):
        chosen = {"size": size, "task": task, "level": "1"}
        x = select(DEPARTED, measure="rankme", **chosen)["onset_step"]
        assert_points(axes, x, select(HAPPENED, emerged=True, **chosen)["step"])
    assert len(axes.lines) == 2
    rank = select(TESTS, statistic="spearman", measure="rankme", size=size)["value"].iloc[0]
    assert axes.get_title() == f"{size}: ρ = {rank:.2f}"


@pytest.mark.parametrize(("pairs", "shift"), [("within easy", -0.22), ("within hard", 0.0), ("between", 0.22)])
def test_concordances_have_intervals_and_nulls(pairs: str, shift: float) -> None:
    rows = select(TESTS, statistic="concordance", size="all", pairs_of=pairs)
    axes, places = drawn()[2], [shift, 1 + shift]
    assert_points(axes, rows["value"], places)
    assert_intervals(axes, places, rows["low"], rows["high"])
    assert_intervals(axes, places, rows["null_low"], rows["null_high"])


def test_reversals_have_intervals_and_both_panels_the_published_shares() -> None:
    *_, pairs, axes = drawn()
    rows = select(TESTS, statistic="swap", size="all")
    assert_points(axes, rows["value"], [0, 1])
    assert_intervals(axes, [0, 1], rows["low"], rows["high"])
    assert_guides(axes, [0.5, 0.26])
    assert texts(axes) == ["v1, v3: 26 %"]
    assert_guides(pairs, [0.5, 0.27, 0.52, 0.69])
    assert texts(pairs) == ["v1: 27 %", "v3 easy: 52 %", "v3 hard: 69 %"]
    assert names(pairs.yaxis) == ["RankMe", "LLC"]


def test_the_number_of_reversed_pairs_stands_once_and_where_it_is_another() -> None:
    counted = TESTS.assign(pairs=50)
    axes = panels(fig5.plot(HAPPENED, DEPARTED, counted, "exact_match", "onset"))[-1]
    assert "n = 50" in axes.get_xlabel()
    assert not [text for text in texts(axes) if text.endswith("pairs")]
    counted.loc[counted["measure"] == "llc", "pairs"] = 7
    axes = panels(fig5.plot(HAPPENED, DEPARTED, counted, "exact_match", "onset"))[-1]
    assert [text for text in texts(axes) if text.endswith("pairs")] == ["7 pairs"]


def test_without_rankme_its_panel_says_so() -> None:
    figure = fig5.plot(HAPPENED, DEPARTED, select(TESTS, measure="llc"), "exact_match", "onset")
    assert texts(panels(figure)[0]) == ["not run"]


@pytest.mark.long
def test_without_events_nothing_is_scattered() -> None:
    first, *_ = panels(fig5.plot(HAPPENED.head(0), DEPARTED, TESTS, "exact_match", "onset"))
    assert not len(first.lines)
