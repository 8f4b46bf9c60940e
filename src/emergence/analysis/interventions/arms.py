"""Paired runs: by what ratio does an intervention move emergence?

Events are those of Study 1, detected by the same function. In each pair of runs with one seed, the effect is the mean
over task-levels of the log ratio of their steps of emergence; a task-level that emerges in one run alone enters with
the last step of training for the other, so an effect is never overstated, and one that emerges in neither is left out.
Pairs are the units of all intervals.
"""

from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd

from emergence.analysis.events import find_events, score_behaviour
from emergence.analysis.intervals import student_mean
from emergence.analysis.select import select
from emergence.config.arms import PLAIN
from emergence.config.protocol import Events, Statistics
from emergence.io import tables
from emergence.schemas.interventions import ARM_EFFECTS, ARM_EVENTS, ARM_RUNS, METHOD_EFFECTS

RUN = ["run", "size", "parameters", "seed", "arm"]


def find_arm_events(runs: pd.DataFrame, settings: Events) -> pd.DataFrame:
    """Table ``arm_events`` from table ``arm_runs``; an arm that diverged has the events before that."""
    behaviour = (
        runs[runs["quantity"] == "exact_match"].rename(columns={"quantity": "metric"}).assign(study="interventions")
    )
    baselines = runs[runs["quantity"] == "baseline"].drop_duplicates(["task", "level"])
    baselines = baselines[["task", "level", "value"]].assign(metric="exact_match")
    last = int(behaviour["step"].max())
    frames = []
    for arm, rows in behaviour.groupby("arm", sort=False):
        events = find_events(score_behaviour(rows, baselines), settings).assign(arm=arm)
        events["step"] = events["step"].astype(float).where(events["emerged"], last)
        frames.append(events)
    return pd.concat(frames, ignore_index=True)[ARM_EVENTS.arrow.names]


def pair_ratios(events: pd.DataFrame, arm: str, against: str) -> pd.DataFrame:
    """Effect of each pair of runs: columns ``run, size, log_ratio, events, censored``.

    Args:
        events: Table ``arm_events``.
        arm: Arm whose steps are divided.
        against: Arm by whose steps they are divided.
    """
    keys = ["run", "size", "task", "level"]
    joined = select(events, arm=arm).merge(select(events, arm=against), on=keys, suffixes=("", "_against"))
    joined = joined[joined["emerged"] | joined["emerged_against"]]
    joined = joined.assign(
        log_ratio=np.log(joined["step"] / joined["step_against"]),
        censored=joined["emerged"] != joined["emerged_against"],
    )
    groups = joined.groupby(["run", "size"], sort=False)
    summed = groups.agg(log_ratio=("log_ratio", "mean"), events=("log_ratio", "size"), censored=("censored", "sum"))
    return summed.reset_index()


def emerged_in_both(events: pd.DataFrame, arm: str, against: str) -> pd.DataFrame:
    """Events of both arms of a pair: the rows of ``against``, with the step in the other arm as ``step_in_arm``.

    Args:
        events: Table ``arm_events``.
        arm: Arm whose steps are added.
        against: Arm whose rows are kept.
    """
    keys = ["run", "task", "level"]
    other = select(events, arm=arm, emerged=True)[[*keys, "step"]].rename(columns={"step": "step_in_arm"})
    return select(events, arm=against, emerged=True).merge(other, on=keys)


def mean_curves(runs: pd.DataFrame) -> pd.DataFrame:
    """Mean over task-levels at each step of each run: columns ``arm, seed, step, value``."""
    return runs.groupby(["arm", "seed", "step"], as_index=False)["value"].mean()


def compare_arms(runs: pd.DataFrame, events: pd.DataFrame, settings: Statistics) -> pd.DataFrame:
    """Table ``arm_effects``: every arm against the plain one and against those after it, by size and over all.

    Args:
        runs: Table ``arm_runs``.
        events: Table ``arm_events``.
        settings: Confidence of the intervals.
    """
    diverged = runs[runs["quantity"] == "diverged"].groupby("arm").size()
    lowest = lowest_ranks(runs)
    names = list(events["arm"].unique())
    rows = []
    others = [name for name in names if name != PLAIN]
    for arm, against in [*((name, PLAIN) for name in others), *combinations(others, 2)]:
        pairs = pair_ratios(events, arm, against)
        for size in ["all", *events["size"].unique()]:
            chosen = pairs[(size == "all") | (pairs["size"] == size)]
            mean = student_mean(chosen["log_ratio"], settings.confidence)
            ratio = dict(zip(("ratio", "low", "high"), np.exp([mean.value, mean.low, mean.high]), strict=True))
            counts = {
                "pairs": mean.runs,
                "events": int(chosen["events"].sum()),
                "censored": int(chosen["censored"].sum()),
            }
            counts["diverged"] = int(diverged.get(arm, 0))
            of_size = lowest[(size == "all") | (lowest["size"] == size)].groupby("arm")["lowest"].mean()
            ranks = {"lowest": of_size.get(arm, np.nan), "lowest_against": of_size.get(against, np.nan)}
            rows.append({"arm": arm, "against": against, "size": size, **ratio, **counts, **ranks})
    return pd.DataFrame(rows, columns=ARM_EFFECTS.arrow.names)


def lowest_ranks(runs: pd.DataFrame) -> pd.DataFrame:
    """Lowest rank of each run over its initial one: columns of the run and ``lowest``."""
    ranks = runs[runs["quantity"] == "rank"].dropna(subset=["value"]).sort_values("step", kind="stable")
    values = ranks.groupby(RUN, sort=False)["value"]
    return (values.min() / values.first()).rename("lowest").reset_index()


def analyse_method(events: Events, statistics: Statistics, runs: list[Path], method_effects_table: Path) -> None:
    """Compare prevention of the collapse with plain alternatives, pair by pair (table ``method_effects``).

    Args:
        events: How events are detected.
        statistics: Confidence of the intervals.
        runs: Tables ``arm_runs``, one of each size.
        method_effects_table: Where ``method_effects`` is written.
    """
    rows = tables.read(ARM_RUNS, *runs)
    tables.write(METHOD_EFFECTS, compare_arms(rows, find_arm_events(rows, events), statistics), method_effects_table)


def analyse_arms(
    events: Events, statistics: Statistics, runs: list[Path], arm_events_table: Path, arm_effects_table: Path
) -> None:
    """Detect emergence in every arm and compare arms pair by pair (tables ``arm_events`` and ``arm_effects``).

    Args:
        events: How events are detected.
        statistics: Confidence of the intervals.
        runs: Tables ``arm_runs``, one of each size.
        arm_events_table: Where ``arm_events`` is written.
        arm_effects_table: Where ``arm_effects`` is written.
    """
    rows = tables.read(ARM_RUNS, *runs)
    emerged = find_arm_events(rows, events)
    tables.write(ARM_EVENTS, emerged, arm_events_table)
    tables.write(ARM_EFFECTS, compare_arms(rows, emerged, statistics), arm_effects_table)
