"""Figure S1: recall, false positives and timing errors are those of the table."""

from functools import cache

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from support.drawn_marks import assert_guides, assert_intervals, assert_line, panels, texts
from synthetic.random_tables import random_table

from emergence.analysis.select import select
from emergence.figures import fig_s1
from emergence.schemas.anatomy import DETECTOR_VALIDITY

NOISES, WIDTHS, SPACINGS, LEVELS = [0.02, 0.1], [2.0, 40.0], [1, 4], [0.1, 0.4]
DETECTORS = ["threshold", "changepoint", "sigmoid"]
NUDGES = list(zip(DETECTORS, [0.95, 1.0, 1.05], strict=True))
KINDS = {"detector": DETECTORS, "noise_kind": "white"}
MOVING = {**KINDS, "scenario": "transition", "level": None}
STILL = {**KINDS, "scenario": ["flat", "drift"], "level": LEVELS, "width": None}
TABLE = pd.concat(
    [
        random_table(DETECTOR_VALIDITY, observed=False, noise=NOISES, spacing=SPACINGS, width=WIDTHS, **MOVING),
        random_table(DETECTOR_VALIDITY, observed=False, noise=NOISES, spacing=SPACINGS, **STILL),
        random_table(DETECTOR_VALIDITY, observed=True, noise=0.03, spacing=SPACINGS, width=None, **MOVING),
        random_table(DETECTOR_VALIDITY, observed=True, noise=0.03, spacing=SPACINGS, **STILL),
        random_table(DETECTOR_VALIDITY, observed=True, noise=0.03, spacing=1, width=WIDTHS, **MOVING),
    ],
    ignore_index=True,
)


@cache
def drawn() -> list[Axes]:
    return panels(fig_s1.plot(TABLE, recall=0.95, false_positives=0.05, timing=1.0))


@pytest.mark.parametrize("spacing", SPACINGS)
@pytest.mark.parametrize(("detector", "nudge"), NUDGES)
def test_recall_has_exact_intervals_at_planted_noise_and_that_of_the_run(
    detector: str, nudge: float, spacing: int
) -> None:
    transitions = select(TABLE, scenario="transition", detector=detector, spacing=spacing)
    planted, of_run = select(transitions, observed=False, width=40.0), select(transitions, observed=True, width=None)
    for rows, noises in ((planted, NOISES), (of_run, [2.3 * 0.1])):
        at = np.array(noises) * nudge
        assert_line(drawn()[0], at, rows["recall"])
        assert_intervals(drawn()[0], at, rows["recall_low"], rows["recall_high"], vertical=True)
    assert_guides(drawn()[0], [0.95], on="y")


@pytest.mark.parametrize("scenario", ["flat", "drift"])
@pytest.mark.parametrize(("detector", "nudge"), NUDGES)
def test_false_positives_are_those_nearest_to_the_threshold(detector: str, nudge: float, scenario: str) -> None:
    still = select(TABLE, width=None, spacing=1, detector=detector, scenario=scenario, level=0.4)
    planted, of_run = select(still, observed=False), select(still, observed=True)
    for rows, noises in ((planted, NOISES), (of_run, [2.3 * 0.1])):
        at = np.array(noises) * nudge
        assert_line(drawn()[1], at, rows["false_positives"])
        assert_intervals(drawn()[1], at, rows["false_positives_low"], rows["false_positives_high"], vertical=True)
    assert_guides(drawn()[1], [0.05], on="y")


@pytest.mark.parametrize("error", ["error_median", "error_90"])
@pytest.mark.parametrize("detector", DETECTORS)
def test_timing_errors_are_over_widths_and_spacings(detector: str, error: str) -> None:
    widths = select(TABLE, observed=True, detector=detector).dropna(subset=["width"])
    assert_line(drawn()[2], WIDTHS, widths[error])
    of_run = select(TABLE, observed=True, width=None, scenario="transition", detector=detector)
    assert_line(drawn()[2], [2.3 * 40], select(of_run, spacing=1)[error])
    assert_line(drawn()[3], SPACINGS, of_run[error])
    assert_guides(drawn()[3], [1.0], on="y")


@pytest.mark.long
def test_a_run_without_transitions_has_empty_panels() -> None:
    *_, widths, spacings = panels(fig_s1.plot(select(TABLE, observed=False), 0.95, 0.05, 1.0))
    assert texts(widths) == texts(spacings) == ["no transition\nin this run"]
