"""Figure 8: curves, errors, movements, rates and conclusions are those of the tables."""

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from support.drawn_marks import (
    assert_diagonal,
    assert_guides,
    assert_intervals,
    assert_line,
    assert_points,
    assert_zone,
    legend,
    names,
    panels,
    texts,
)  # fmt: skip
from synthetic.random_tables import random_table

from emergence.analysis.select import select
from emergence.figures import fig8
from emergence.schemas.analysis import PRECURSORS
from emergence.schemas.parity import DETECTION_TIMES, DETECTOR_ERROR, MEASURE_TRACKING, RULE_OUTCOMES, SIGNAL_TIMES
from emergence.schemas.trajectories import BEHAVIOUR

RUN, SKILLS, MEASURES = "small-s1", ["1", "2"], ["rankme", "llc"]
RULES = ["rate alone", "beyond nulls", "lead differences"]
DEFINITIONS, DETECTORS = ["onset", "change-point"], ["threshold", "changepoint", "sigmoid"]
TABLES = {
    "behaviour": random_table(
        BEHAVIOUR, run=RUN, step=[0, 1, 10, 100], task=["PARITY", "CTL"], level=SKILLS,
        metric=["true_strength", "strength"],
    ),
    "detection_times": random_table(
        DETECTION_TIMES, run=[RUN, "small-s2"], task=["PARITY", "CTL"], level=SKILLS, detector=DETECTORS,
        metric=["strength", "exact_match"],
    ),
    "detector_error": random_table(
        DETECTOR_ERROR, metric=["strength", "exact_match"], detector=DETECTORS, reference=["measured", "closed form"],
        skill=[*SKILLS, "all"],
    ),
    "signal_times": random_table(
        SIGNAL_TIMES, run=[RUN, "small-s2"], task=["PARITY", "CTL"], level=SKILLS, measure=MEASURES,
        definition=DEFINITIONS,
    ),
    "measure_tracking": random_table(MEASURE_TRACKING, measure=MEASURES, definition=DEFINITIONS, truth="announces"),
    "precursors": random_table(
        PRECURSORS, measure=MEASURES, definition=DEFINITIONS, control=["observed", "shift"], metric="strength",
        size="all", classes="all",
    ),
    "rule_outcomes": random_table(
        RULE_OUTCOMES, measure=MEASURES, definition=DEFINITIONS, rule=RULES, conclusion="leads",
        right=True,
    ),
}  # fmt: skip
CHOSEN: dict[str, Any] = {
    "metric": "strength", "detector": "sigmoid", "definition": "onset", "precursor_rate": 0.75, "timing": 1.5,
}  # fmt: skip


def plot(**changed: pd.DataFrame) -> list[Axes]:
    return panels(fig8.plot(**{**TABLES, **changed}, **CHOSEN))


@cache
def drawn() -> list[Axes]:
    return plot()


def test_one_run_has_its_strengths_and_events() -> None:
    axes, behaviour = drawn()[0], TABLES["behaviour"].query("step > 0")
    for task in ("PARITY", "CTL"):
        for skill in SKILLS:
            curve = select(behaviour, metric="true_strength", task=task, level=skill)
            assert_line(axes, curve["step"], curve["value"])
    events = select(TABLES["detection_times"], run=RUN, task="PARITY", detector="sigmoid")
    assert_points(axes, events["step"], 0.5)
    assert_intervals(axes, events["closed_form_step"], 1.03, 1.1, vertical=True)
    assert_guides(axes, [0.5], on="y")


@pytest.mark.parametrize(("place", "reference"), [(1, "measured"), (2, "closed form")])
def test_errors_are_signed_with_intervals_over_runs(place: int, reference: str) -> None:
    for number, detector in enumerate(DETECTORS):
        rows = select(TABLES["detector_error"], metric="strength", reference=reference, detector=detector, skill=SKILLS)
        x = np.array([1, 2]) + 0.2 * (number - 1)
        assert_points(drawn()[place], x, rows["bias"])
        assert_intervals(drawn()[place], x, rows["bias_low"], rows["bias_high"], vertical=True)
    assert reference in drawn()[place].get_title(loc="left")
    assert_zone(drawn()[place], -1.5, 1.5, on="y")
    assert_guides(drawn()[place], [0.0], on="y")


def test_without_a_closed_form_its_panel_says_so() -> None:
    closed = plot(detector_error=select(TABLES["detector_error"], reference="measured"))[2]
    assert texts(closed) == ["no constant could be fitted"]


@pytest.mark.parametrize(("place", "measure"), list(enumerate(MEASURES)))
def test_movements_are_over_true_times(place: int, measure: str) -> None:
    axes, rows = drawn()[3 + place], select(TABLES["signal_times"], measure=measure)
    taught, control = select(rows, task="PARITY"), select(rows, task="CTL")
    assert_points(axes, taught["true_step"], taught["step"])
    assert_points(axes, 2 * taught["true_step"].max(), control["step"])
    assert_guides(axes, [taught["first_step"].mean()], on="y")
    assert_diagonal(axes, taught["true_step"].min(), taught["true_step"].max())
    slope = select(TABLES["measure_tracking"], measure=measure, definition="onset")["slope"].iloc[0]
    assert f"slope {slope:.2f}".replace("-", "−") in axes.get_title()


def test_rates_and_conclusions_have_a_row_a_measure() -> None:
    *_, shares, words = drawn()
    rates = select(TABLES["precursors"], definition="onset")
    observed = select(rates, control="observed")
    assert names(shares.yaxis) == ["RankMe", "LLC"]
    assert_points(shares, observed["rate"], [0, 1])
    assert_intervals(shares, [0, 1], observed["low"], observed["high"])
    assert_points(shares, select(rates, control="shift")["rate"], [0, 1])
    assert_guides(shares, [0.75])
    headings = [text.get_text() for text in words.texts if text.get_fontweight() == "bold"]
    assert headings == [*RULES, "truth"]
    assert texts(words).count("leads ✓") == len(MEASURES) * len(RULES)
    assert texts(words).count("announces") == len(MEASURES)
    assert legend(shares) == ["shift", "measure"]


def test_what_never_moves_is_counted() -> None:
    still = TABLES["measure_tracking"].assign(slope=np.nan, slope_low=np.nan, moved=0, skills=4)
    moved = TABLES["signal_times"].assign(step=np.nan, true_step=np.nan)
    axes = plot(measure_tracking=still, signal_times=moved)[3]
    assert axes.get_title() == "RankMe\nmoves in 0 of 4"


def test_without_measures_the_panels_say_so() -> None:
    *_, movements, shares, words = plot(
        **{name: TABLES[name].head(0) for name in ("signal_times", "measure_tracking", "precursors")}
    )
    assert [texts(axes) for axes in (movements, shares, words)] == [["not run"]] * 3
