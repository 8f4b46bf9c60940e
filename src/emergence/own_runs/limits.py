"""Limits of an analysis of one's own training runs, with reasons: plain sentences, from the tables."""

from collections.abc import Iterable, Iterator

import numpy as np
import pandas as pd

from emergence.analysis.select import without_control
from emergence.analysis.signals import select_variant
from emergence.checkpoints.hashes import identical_steps
from emergence.config.protocol import Protocol, Signal
from emergence.measures.declarations import signal_labels
from emergence.own_runs.runs import Runs
from emergence.own_runs.score_formats import listed
from emergence.tasks.symbols import CONTROL


def limits_of(runs: Runs) -> list[str]:
    """Sentences on what these runs cannot tell: copies first, then what concerns the events."""
    return [
        *_of_copies(runs),
        *_of_events(runs.events, runs.scores, runs.protocol),
        *_of_number(runs),
        *_of_nulls(runs.scores, runs.measures),
        *_of_measures(runs.measures, runs.signals, runs.protocol),
        *_of_checkpoints(runs),
    ]


def group_name(task: str, level: str) -> str:
    """Name of a group as its user knows it.

    >>> group_name("add", "all"), group_name("add", "2"), group_name("CTL", "shuffled")
    ('add', 'add/2', 'shuffled')
    """
    return level if task == CONTROL else task if level == "all" else f"{task}/{level}"


def _named(rows: pd.DataFrame) -> list[str]:
    """Names of the groups of a table, each once."""
    pairs = rows[["task", "level"]].dropna().drop_duplicates().itertuples(index=False)
    return [group_name(task, level) for task, level in pairs]


def _of_events(events: pd.DataFrame, scores: pd.DataFrame, protocol: Protocol) -> Iterator[str]:
    settings = protocol.events
    evaluations = scores.groupby("run")["step"].nunique()
    for run, count in evaluations[evaluations < settings.persistence].items():
        number = "one evaluation" if count == 1 else f"{count} evaluations"
        yield (
            f"{run} has {number} of every group; an event must last for {settings.persistence}, so none can be found."
        )
    learned = without_control(events)
    enough = learned[learned["run"].isin(evaluations[evaluations >= settings.persistence].index)]
    absent = enough[~enough["emerged"]]
    late = absent["final_score"] > settings.threshold
    if len(enough) and not enough["emerged"].any():
        yield "No group has an event, so nothing can lead one."
    if names := _counted(absent[~late], enough):
        yield f"No event, hence no lead, where the score does not stay above {settings.threshold}: {names}."
    if names := _counted(absent[late], enough):
        yield (
            f"Above {settings.threshold} at the end, but for fewer than {settings.persistence} evaluations: {names}; "
            "train on."
        )
    first = scores.groupby("run")["step"].min()
    emerged = enough[enough["emerged"]]
    if names := _counted(emerged[emerged["step"] <= emerged["run"].map(first).astype(float)], enough):
        yield f"Above {settings.threshold} from the first evaluation on, so nothing can precede it: {names}."
    margin = protocol.precursors.margin
    place = _evaluations_before(emerged, scores)
    if names := _counted(emerged[(place > 0) & (place < margin)], enough):
        yield (
            f"Less than {margin:g} evaluations after the first, so nothing can lead it by that much: {names}; "
            "save checkpoints from step 0 on, and more of them early."
        )


def _evaluations_before(events: pd.DataFrame, scores: pd.DataFrame) -> "pd.Series[float]":
    """How many evaluations of its run each event comes after the first, in part between two."""
    steps = {run: np.unique(of["step"]) for run, of in scores.groupby("run")}
    places = [np.interp(step, steps[run], np.arange(len(steps[run]))) for run, step in events[["run", "step"]].values]
    return pd.Series(places, index=events.index, dtype=float)


def _counted(rows: pd.DataFrame, among: pd.DataFrame) -> str:
    """Groups of events, with the number of their runs where there are several."""
    several = len(among["run"].unique()) > 1
    counts = rows.groupby(["task", "level"], sort=False).size()
    every = among.groupby(["task", "level"], sort=False).size()
    return listed([
        f"{group_name(*key)} ({count} of {every[key]} runs)" if several else group_name(*key)
        for key, count in counts.items()
    ])  # fmt: skip


def _of_number(runs: Runs) -> Iterator[str]:
    count, enough = runs.scores["run"].nunique(), runs.protocol.verdicts.minimum_runs
    if runs.numbered:
        yield f"{listed(runs.numbered)} name no seed: they count as replicates, numbered in this order."
    if count == 1:
        yield (
            "One run: rates have no interval, and there are no other seeds to tell easy groups from hard ones. "
            f"Give runs of other seeds together; {enough} are the least that decide anything."
        )
    elif count < enough:
        yield f"{count} runs: intervals over fewer than {enough} runs decide nothing."


def _of_nulls(scores: pd.DataFrame, measures: pd.DataFrame) -> Iterator[str]:
    if not (scores["task"] == CONTROL).any() and not (measures["task"] == CONTROL).any():
        yield "No control to compare with. Measure a group with shuffled answers as well, and declare it (--control)."
    if len(without_control(scores)["task"].unique()) == 1:
        yield "One group, so there are no curves of others to compare with."
    if not (measures["measure"] == "loss").any():
        yield "The loss was not measured, so nothing is compared with it."


def _of_measures(measures: pd.DataFrame, signals: dict[str, Signal], protocol: Protocol) -> Iterator[str]:
    labels, needed = signal_labels(), protocol.collapse.persistence
    few, whole, missing = [], [], []
    for name, signal in signals.items():
        rows = select_variant(measures[measures["measure"] == (signal.measure or name)], signal)
        known = rows.dropna(subset=["value"])
        most = int(known.groupby("run")["step"].nunique().max())
        if most < needed:
            few.append(f"{labels.get(name, name)} ({most})")
        if known["task"].isna().all():
            whole.append(labels.get(name, name))
        if failed := rows.loc[rows["value"].isna(), "step"].unique().tolist():
            missing.append(f"{labels.get(name, name)} (step {_steps(failed)})")
    if few:
        yield f"Known at fewer than the {needed} checkpoints that an onset must last for: {listed(few)}."
    if whole:
        yield f"One curve for the whole network, which can announce no single group: {listed(whole)}."
    if missing:
        yield f"Values that are missing, and interpolated: {listed(missing, '; ')}."


def _of_checkpoints(runs: Runs) -> Iterator[str]:
    for run, rows in runs.scores.groupby("run", sort=False):
        own = runs.measures[runs.measures["run"] == run]
        scored, measured = set(_named(rows)), set(_named(own))
        if measured and (names := sorted(scored - measured)):
            yield f"{run}: scored but not measured, so nothing of their own can lead them: {listed(names)}."
        if names := sorted(measured - scored):
            yield f"{run}: measured but not scored, so without events: {listed(names)}."
        if unused := runs.unused[str(run)]:
            yield f"{run}: not all groups have a score at step {_steps(unused)}; these evaluations do not count."
        steps = own["step"].drop_duplicates()
        if beyond := int((~steps.between(rows["step"].min(), rows["step"].max())).sum()):
            yield (
                f"{run}: {beyond} checkpoints lie before the first evaluation or after the last, and count as at it: "
                "leads from there are bounds."
            )


def _of_copies(runs: Runs) -> Iterator[str]:
    """Checkpoints at which the deterministic measures agree in every digit."""
    rows = runs.measures[runs.measures["measure"].isin(["rankme", "loss"])].dropna(subset=["value"])
    curve = ["measure", "variant", "task", "level", "layer"]
    for run, of_run in rows.groupby("run", sort=False):
        steps = of_run.sort_values(curve, kind="stable").groupby("step")["value"]
        for same in identical_steps({int(step): values.to_numpy().tobytes() for step, values in steps}):
            yield f"{run}: the checkpoints of steps {_steps(same)} have the same values to the digit; are they copies?"


def _steps(steps: Iterable[int]) -> str:
    return listed([str(step) for step in np.unique(list(steps))])
