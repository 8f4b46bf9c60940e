"""Exponents of emergence steps on frequency, on planted Latin squares."""

import numpy as np
import pandas as pd
import pytest
from synthetic.frequency_tables import LEVELS, frequency_events, frequency_runs

from emergence.analysis.interventions.frequencies import find_frequency_events, fit_exponents, square_exponents
from emergence.config.protocol import Events, Statistics

EVENTS = Events(detector="threshold", threshold=0.5, persistence=3, smoothing=3, penalty=3.0, width=[0.1, 0.9])


@pytest.mark.long
def test_exponents_are_those_that_were_planted(statistics: Statistics) -> None:
    runs = frequency_runs({"sgd": 1.0, "adamw": 0.2})
    table = fit_exponents(runs, find_frequency_events(runs, EVENTS), statistics).set_index("optimiser")
    assert table["exponent"].to_dict() == pytest.approx({"sgd": 1.0, "adamw": 0.2}, abs=0.05)
    assert (table["low"] < table["exponent"]).all()
    assert (table["high"] > table["exponent"]).all()
    assert table["task_levels"].tolist() == [3 * len(LEVELS)] * 2
    assert table["censored"].tolist() == [0, 0]


def test_difficulty_cancels() -> None:
    """Tasks that differ by a factor of a hundred, and more often rare where they are hard."""
    events = frequency_events({"sgd": 1.0}, noise=0.0, difficulty=100.0)
    np.testing.assert_allclose(square_exponents(events)["exponent"], 1.0)
    naive = np.polyfit(np.log(events["share"]), np.log(events["step"]), 1)[0]
    partly = events[(events["rotation"] < 2)]
    assert -naive == pytest.approx(1.0)  # the square is balanced
    assert -np.polyfit(np.log(partly["share"]), np.log(partly["step"]), 1)[0] != pytest.approx(1.0, abs=0.05)
    np.testing.assert_allclose(square_exponents(partly)["exponent"], 1.0)


def test_a_task_that_does_not_emerge_everywhere_is_left_out_whole() -> None:
    events = frequency_events({"sgd": 1.0}, noise=0.0)
    hard = (events["task"] == LEVELS[0][0]) & (events["rotation"] == 3)
    cut = events.assign(emerged=~hard, step=events["step"].mask(hard, 10.0))
    squares = square_exponents(cut)
    np.testing.assert_allclose(squares["exponent"], 1.0)
    assert (squares["task_levels"] == len(LEVELS) - 1).all()


def test_without_events_there_is_no_exponent(statistics: Statistics) -> None:
    events = frequency_events({"sgd": 1.0}).assign(emerged=False)
    runs = pd.DataFrame({"quantity": ["diverged"], "optimiser": ["sgd"]})
    (row,) = fit_exponents(runs, events, statistics).to_dict("records")
    assert np.isnan(row["exponent"])
    assert (row["squares"], row["task_levels"], row["diverged"]) == (0, 0, 1)
