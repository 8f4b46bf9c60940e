"""Training runs of one's own as tables of the protocol: names of groups, replicates, the steps that count, and events.

A group is a task of the protocol; a level may follow its name after a slash. A group that is declared as a control,
since it cannot be learned, becomes a level of the task `emergence.tasks.symbols.CONTROL`.
"""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd

from emergence.analysis.events import find_events
from emergence.analysis.neuromfa.degree_of_emergence import with_degree
from emergence.config.defaults import default_protocol, default_signals
from emergence.config.protocol import Protocol, Signal
from emergence.io import tables
from emergence.io.tables import RUN, TableError
from emergence.own_runs.score_formats import listed
from emergence.own_runs.scores import ScoreError, on_common_steps, require_match
from emergence.schemas.analysis import EVENTS, SCORES
from emergence.schemas.trajectories import MEASURE
from emergence.tasks.symbols import CONTROL

STUDY, METRIC = "own", "score"
WHOLE = "all"
"""Level of a group without levels."""
FLOOR_SHARE = 0.4  # as 400 of the 1,000 steps of Study 1's default tier


@dataclass(frozen=True)
class Runs:
    """Tables of runs by their schemas (`emergence.schemas`), and how they are to be read."""

    protocol: Protocol
    """as applied, with the step until which a floor may lie"""
    signals: dict[str, Signal]
    """series of the measures that are compared with events, RankMe's first"""
    scores: pd.DataFrame
    """at the steps that count"""
    events: pd.DataFrame
    measures: pd.DataFrame
    unused: dict[str, list[int]]
    """steps of each run at which some groups have a score, and not all"""
    numbered: list[str]
    """runs that have the same size and seed as another, and count as its replicates"""


def prepare_runs(
    measures: pd.DataFrame,
    scores: pd.DataFrame,
    control: Collection[str] = (),
    floor_until: int | None = None,
    protocol: Protocol | None = None,
    source: str = "scores",
) -> Runs:
    """Check tables of measures and scores, and detect events; see `emergence.own_runs.findings.analyse_tables`.

    Raises:
        ScoreError: if scores and measures are not of the same runs, steps and groups.
        TableError: if the measures do not match their schema, or hold no value.
    """
    measures = _known(tables.conformed(MEASURE, measures, "measures"))
    runs, numbered = _replicates(measures[list(RUN)].drop_duplicates(ignore_index=True).assign(study=STUDY))
    if unknown := sorted(set(control) - set(_names(measures)) - set(scores["task"])):
        raise ScoreError(f"control {unknown[0]!r}: no such group; there are {listed(sorted(set(scores['task'])))}")
    given = _of_runs(scores, runs, measures, source)
    common = _with_control(on_common_steps(given), control, source)
    scored = tables.conformed(SCORES, common[SCORES.arrow.names], source)
    rows = with_degree(_with_control(_with_levels(measures, runs), control, source))
    protocol = _for_runs(protocol or default_protocol(), measures, floor_until)
    evaluated, counted = (frame.groupby("run")["step"].agg(set) for frame in (given, scored))
    return Runs(
        protocol=protocol,
        signals=choose_signals(rows),
        scores=scored,
        events=tables.conformed(EVENTS, find_events(scored, protocol.events), "events"),
        measures=rows,
        unused={run: sorted(evaluated[run] - counted[run]) for run in runs["run"]},
        numbered=numbered,
    )


def _known(measures: pd.DataFrame) -> pd.DataFrame:
    """Rows of measures in which an infinite value, as of a diverged checkpoint, is unknown.

    Raises:
        TableError: if no value is known.
    """
    values = measures["value"].where(np.isfinite(measures["value"]))
    if values.isna().all():
        raise TableError("measures: hold no finite value; measure earlier checkpoints, before training diverged")
    return measures.assign(value=values)


def choose_signals(measures: pd.DataFrame) -> dict[str, Signal]:
    """Series that are compared with events: those of the studies, and the first variant of any other measure."""
    known = measures.dropna(subset=["value"])
    variants = {name: list(of["variant"].unique()) for name, of in known.groupby("measure", sort=False)}
    chosen: dict[str, Signal] = {}
    for name, alternatives in default_signals().items():
        there = [signal for signal in alternatives if signal.variant in variants.get(signal.measure or name, [])]
        if there:
            chosen[name] = there[0]
    covered = {signal.measure or name for name, signal in chosen.items()}
    others = {name: Signal(variant=of[0], scale="linear") for name, of in variants.items() if name not in covered}
    return {**chosen, **others}


def _replicates(runs: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """The runs, with seeds that tell apart those of one size, and the names of those that had to be numbered."""
    alike = runs[runs.duplicated(["size", "seed"], keep=False)]
    numbered = runs["size"].isin(alike["size"])
    place = runs.groupby("size").cumcount() + 1
    return runs.assign(seed=runs["seed"].where(~numbered, place)), list(runs.loc[numbered, "run"])


def _for_runs(protocol: Protocol, measures: pd.DataFrame, floor_until: int | None) -> Protocol:
    """The protocol with the last step at which a floor may lie; by default a share of the steps that all have."""
    steps = measures.groupby("run")["step"]
    first, last = int(steps.min().max()), int(steps.max().min())
    until = floor_until or max(1, first, round(first + FLOOR_SHARE * (last - first)))
    return protocol.model_copy(update={"collapse": protocol.collapse.model_copy(update={"floor_until": until})})


def _of_runs(scores: pd.DataFrame, runs: pd.DataFrame, measures: pd.DataFrame, source: str) -> pd.DataFrame:
    """All scores with the columns of table ``scores``.

    Raises:
        ScoreError: if it cannot be told which run a score is of, or a run has none of its steps and groups.
    """
    if "run" not in scores:
        if len(runs) > 1:
            raise ScoreError(
                f"{source}: has no column run; {len(runs)} runs are analysed: say in one whose each score is"
            )
        scores = scores.assign(run=runs["run"].iloc[0])
    if foreign := sorted(set(scores["run"]) - set(runs["run"])):
        raise ScoreError(f"{source}: run {foreign[0]!r} is not measured; leave out its scores, or measure it")
    for run in runs["run"]:
        own, measured = scores[scores["run"] == run], measures[measures["run"] == run]
        if own.empty:
            raise ScoreError(f"{source}: has no scores of run {run!r}; add them, or leave out the run")
        groups = () if measured["task"].isna().any() else set(_names(measured))  # the whole network is of every group
        require_match(own, set(measured["step"]), groups, source)
    return _split(scores, scores["task"]).assign(metric=METRIC).merge(runs, on="run")


def _with_levels(measures: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
    """Table ``measure`` of these runs in which every group has a level; a value of the whole model has none."""
    rows = measures.drop(columns=[name for name in RUN if name != "run"]).merge(runs, on="run")
    return _split(rows, _names(rows))[MEASURE.arrow.names]


def _split(rows: pd.DataFrame, names: pd.Series) -> pd.DataFrame:
    """Rows with the tasks and levels that names of groups stand for."""
    parts = names.str.extract(r"(?s)^([^/]*)/?(.*)$")
    return rows.assign(task=parts[0], level=parts[1].where(parts[1] != "", WHOLE).where(names.notna()))


def _names(rows: pd.DataFrame) -> pd.Series:
    """Names of groups, with their levels."""
    plain = rows["level"].isna() | (rows["level"] == WHOLE)
    return rows["task"].where(plain, rows["task"] + "/" + rows["level"].fillna(""))


def _with_control(rows: pd.DataFrame, control: Collection[str], source: str) -> pd.DataFrame:
    """Rows whose control groups are levels of the one control task.

    Raises:
        ScoreError: if another group has the name of the control.
    """
    names = _names(rows)
    chosen = names.isin(control) | rows["task"].isin(control)
    if (rows.loc[~chosen, "task"] == CONTROL).any():
        raise ScoreError(f"{source}: {CONTROL} is the name of controls; declare the group as one, or rename it")
    return rows.assign(task=rows["task"].where(~chosen, CONTROL), level=rows["level"].where(~chosen, names))
