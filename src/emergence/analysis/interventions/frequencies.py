"""Power-law task frequencies: how do emergence steps scale with the frequency of a task-level?

In the solvable model a skill of frequency P emerges under gradient descent at ln(…)/(2ηPS), so the step times P is the
same for every frequency: the exponent x of τ ∝ P^(−x) is 1, whatever the skill's difficulty, which is a factor. Adam
divides a gradient by the root of its mean square. A skill with weights of its own that is in every batch then moves at
a speed that does not depend on P, x = 0; one that is in few batches has a mean gradient ∝ P and a mean square ∝ P, so
a speed ∝ √P, x = 1/2. Weights that task-levels share need obey neither.

In a Latin square each task-level has every frequency once, so differences of difficulty cancel: the exponent of a
square is the slope of log step on log share within task-levels. Squares, one per seed, are the units of intervals.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from emergence.analysis.events import find_events, score_behaviour
from emergence.analysis.intervals import student_mean
from emergence.config.protocol import Events, Statistics
from emergence.io import tables
from emergence.schemas.interventions import FREQUENCY_EVENTS, FREQUENCY_EXPONENTS, FREQUENCY_RUNS

SQUARE = ["optimiser", "seed"]
LEVEL = ["task", "level"]


def find_frequency_events(runs: pd.DataFrame, settings: Events) -> pd.DataFrame:
    """Table ``frequency_events`` from table ``frequency_runs``; a run that diverged has the events before that."""
    behaviour = runs[runs["quantity"] == "exact_match"].rename(columns={"quantity": "metric"})
    behaviour = behaviour.assign(study="interventions", parameters=0)
    baselines = runs[runs["quantity"] == "baseline"].drop_duplicates(LEVEL)
    baselines = baselines[[*LEVEL, "value"]].assign(metric="exact_match")
    events = find_events(score_behaviour(behaviour, baselines), settings)
    events["step"] = events["step"].astype(float).where(events["emerged"], float(behaviour["step"].max()))
    facts = behaviour[["run", "optimiser", "rotation", *LEVEL, "share"]].drop_duplicates(["run", *LEVEL])
    return events.merge(facts, on=["run", *LEVEL])[FREQUENCY_EVENTS.arrow.names]


def square_exponents(events: pd.DataFrame) -> pd.DataFrame:
    """Exponent of each Latin square: columns ``optimiser, seed, exponent, task_levels``.

    A task-level that does not emerge at one of its frequencies is left out of the square with all of them: an event
    that is only known to come later would flatten the slope, and so would leaving it out alone.
    """
    rows = []
    for (optimiser, seed), square in events.groupby(SQUARE, sort=False):
        complete = square[square.groupby(LEVEL)["emerged"].transform("all") & (square["step"] > 0)]
        logs = pd.DataFrame({"x": np.log(complete["share"]), "y": np.log(complete["step"])})
        centred = logs - logs.groupby([complete["task"], complete["level"]]).transform("mean")
        spread = float((centred["x"] ** 2).sum())
        exponent = -float((centred["x"] * centred["y"]).sum()) / spread if spread > 0 else np.nan
        count = complete.groupby(LEVEL).ngroups
        rows.append({"optimiser": optimiser, "seed": seed, "exponent": exponent, "task_levels": count})
    return pd.DataFrame(rows, columns=[*SQUARE, "exponent", "task_levels"])


def fit_exponents(runs: pd.DataFrame, events: pd.DataFrame, settings: Statistics) -> pd.DataFrame:
    """Table ``frequency_exponents``: the mean exponent of each optimiser over Latin squares.

    Args:
        runs: Table ``frequency_runs``, for the runs that diverged.
        events: Table ``frequency_events``.
        settings: Confidence of the intervals.
    """
    diverged = runs[runs["quantity"] == "diverged"].groupby("optimiser").size()
    rows = []
    for optimiser, squares in square_exponents(events).groupby("optimiser", sort=False):
        mean = student_mean(squares["exponent"], settings.confidence)
        censored = (~events.loc[events["optimiser"] == optimiser, "emerged"]).sum()
        rows.append(
            {"optimiser": optimiser, "exponent": mean.value, "low": mean.low, "high": mean.high, "squares": mean.runs,
             "task_levels": int(squares["task_levels"].sum()), "censored": int(censored),
             "diverged": int(diverged.get(optimiser, 0))}
        )  # fmt: skip
    return pd.DataFrame(rows, columns=FREQUENCY_EXPONENTS.arrow.names)


def analyse_frequencies(
    events: Events,
    statistics: Statistics,
    runs: Path,
    frequency_events_table: Path,
    frequency_exponents_table: Path,
) -> None:
    """Detect emergence at every frequency and fit the exponent of each optimiser.

    Args:
        events: How events are detected.
        statistics: Confidence of the intervals.
        runs: Table ``frequency_runs``.
        frequency_events_table: Where ``frequency_events`` is written.
        frequency_exponents_table: Where ``frequency_exponents`` is written.
    """
    rows = tables.read(FREQUENCY_RUNS, runs)
    emerged = find_frequency_events(rows, events)
    tables.write(FREQUENCY_EVENTS, emerged, frequency_events_table)
    tables.write(FREQUENCY_EXPONENTS, fit_exponents(rows, emerged, statistics), frequency_exponents_table)
