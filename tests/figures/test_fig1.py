"""Figure 1: learning curves are means and ranges over seeds, and every event has its tick."""

import numpy as np
import pandas as pd
from support.drawn_marks import assert_band, assert_guides, assert_line, panels, points
from synthetic.random_tables import random_table

from emergence.analysis.select import select
from emergence.figures import fig1
from emergence.schemas.analysis import EVENTS, SCORES

STEPS = [10, 100, 1000]
RUNS = ["small-s1", "small-s2", "small-s3", "large-s1"]
SCORED = random_table(SCORES, task="ADD", level=["1", "2"], run=RUNS, step=STEPS)
OTHER = random_table(SCORES, task="NEW", run=RUNS, step=STEPS, metric="loss")


def test_each_task_level_has_its_curves_and_events() -> None:
    events = random_table(EVENTS, level=["1", "2"], run=RUNS, emerged=[True, False])
    figure = fig1.plot(SCORED, events, "exact_match", 0.4)
    assert [axes.get_title() for axes in panels(figure)] == ["ADD 1", "ADD 2"]
    for axes, level in zip(panels(figure), ["1", "2"], strict=True):
        for place, size in enumerate(["small", "large"]):
            of_size = select(SCORED, level=level, size=size)
            scores = np.array([select(of_size, step=step)["score"] for step in STEPS], dtype=float)
            assert_line(axes, STEPS, scores.mean(axis=1))
            assert_band(axes, STEPS, scores.min(axis=1), scores.max(axis=1))
            ticks = select(events, level=level, size=size, emerged=True)["step"]
            assert_line(axes, ticks, [1.12 + 0.09 * place] * len(ticks))
        assert_guides(axes, [0.4], on="y")


def test_tasks_may_have_different_numbers_of_levels_and_no_events() -> None:
    rows = [SCORED, OTHER.assign(metric="exact_match")]
    figure = fig1.plot(pd.concat(rows), random_table(EVENTS, run=RUNS, emerged=False), "exact_match", 0.5)
    assert sorted(axes.get_title() for axes in panels(figure)) == ["ADD 1", "ADD 2", "NEW 1"]
    assert (points(panels(figure)[0])[:, 1] < 1.12).all()
