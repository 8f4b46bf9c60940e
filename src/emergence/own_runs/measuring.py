"""Take measures and scores at every checkpoint of a run of one's own: one pass a checkpoint, resumable."""

import logging
import sys
import time
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from emergence.checkpoints.hashes import identical_steps, weights_digest
from emergence.checkpoints.weights import SeriesError
from emergence.config.types import Strict
from emergence.io.progress import Progress
from emergence.io.resumable import resumable_job
from emergence.io.tables import Schema
from emergence.measures.api import measure_subject
from emergence.measures.folder_origin import folder_origin
from emergence.own_runs.measured_run import MeasuredRun
from emergence.own_runs.score_formats import listed
from emergence.schemas.trajectories import MEASURE
from emergence.subjects.examples import NamedGroup
from emergence.subjects.subject import ROW_TYPES, MeasureError, NotFiniteError, not_finite, row

logger = logging.getLogger("emergence")

CHECKPOINT, SCORE = "checkpoint", "score"
"""Rows beside those of measures: the outcome of a checkpoint, and the scores of its groups."""
MEASURED, SKIPPED, FAILED = "measured", "not measured", "failed"
"""Variants of these rows, and of measures that do not apply or gave a value that is not finite."""
STATE = Schema("own_checkpoints", {**MEASURE.columns, "reason?": "string", "sha256?": "string"})
"""Rows of the state of a job: why a checkpoint or a measure was left out, and the hash of a checkpoint's weights."""
Seconds = dict[str, list[float]]
"""Seconds that loading, scores and each measure took at each checkpoint."""


@dataclass(frozen=True)
class MeasuredTables:
    """Tables of a measured run."""

    measures: pd.DataFrame
    """table ``measure``"""
    scores: pd.DataFrame
    """columns run, step, task and score; empty if the run has none of its own"""
    checkpoints: pd.DataFrame
    """columns run, step, name, outcome and reason (`emergence.own_runs.page.CHECKPOINTS`), and sha256 of the weights"""
    notes: list[str]
    """checkpoints that failed, steps with the same weights, and measures that do not apply, each with the reason"""


def measure_run(
    run: MeasuredRun, measures: Mapping[str, Strict], required: Collection[str], state: Path, seed: int = 0
) -> MeasuredTables:
    """Measure all checkpoints of a run.

    A checkpoint that cannot be read, or whose weights are not finite, is a row that says so. A measure that is not
    defined for the model is left out with a note.

    Args:
        run: The run.
        measures: Options by measure.
        required: Measures that must not be left out.
        state: Folder from which a stopped job is resumed.
        seed: Of random draws, together with the step.

    Raises:
        SeriesError: if no checkpoint can be measured.
        MeasureError: if a required measure is not defined for the model or its examples.
        StoppedError: if the job receives a stop signal; its state is saved.
    """
    spent: Seconds = defaultdict(list)
    progress = Progress(run.name, len(run.steps), "checkpoints", every=2.0 if sys.stderr.isatty() else 60.0)

    def measure_step(step: int) -> pd.DataFrame:
        rows = pd.DataFrame(list(_rows(run, step, measures, required, seed, spent)), columns=STATE.arrow.names)
        return rows.assign(step=step, **run.columns).astype({**ROW_TYPES, "reason": "str", "sha256": "str"})

    settings = {name: options.model_dump_json() for name, options in measures.items()}
    about = {**run.about, "measures": settings, "required": sorted(required), "seed": seed}
    origin = folder_origin(list(measures), run.subject, run.checkpoints.by_step, about)
    with resumable_job(state, origin) as job:
        rows = job.map_resumable(STATE, run.steps, measure_step, progress)
        means = [f"{name} {sum(each) / len(each):.2g}" for name, each in spent.items()]
        if means:
            logger.info("%s: seconds per checkpoint: %s", run.name, ", ".join(means))
        return _split(run, rows)


def _rows(
    run: MeasuredRun, step: int, measures: Mapping[str, Strict], required: Collection[str], seed: int, spent: Seconds
) -> Iterator[dict[str, Any]]:
    """Rows of one checkpoint."""
    try:
        with _timed(spent, "loading"):
            run.load(step)
    except SeriesError as error:
        logger.warning("%s: step %d is left out: %s", run.name, step, error)
        yield _outcome(FAILED, reason=str(error))
        return
    if (name := not_finite(run.subject.model.state_dict())) is not None:
        logger.warning("%s: step %d is left out: %s is not finite", run.name, step, name)
        yield _outcome(FAILED, reason=f"{name} is not finite")
        return
    yield _outcome(MEASURED, sha256=weights_digest(run.checkpoints.by_step[step]))
    if run.scores is not None:
        with _timed(spent, "scores"):
            scores = run.scores()
        for task, value in scores[["task", "value"]].itertuples(index=False):
            yield {**row(NamedGroup.parse(task), SCORE, value), "measure": SCORE}
    for name, options in measures.items():
        with _timed(spent, name):
            rows = list(_measured(run, step, name, options, seed, required=name in required))
        yield from rows


@contextmanager
def _timed(spent: Seconds, name: str) -> Iterator[None]:
    """Add the time of the block to those of a name."""
    begun = time.monotonic()
    yield
    spent[name].append(time.monotonic() - begun)


def _measured(
    run: MeasuredRun, step: int, name: str, options: Strict, seed: int, *, required: bool
) -> Iterator[dict[str, Any]]:
    """Rows of one measure."""
    rng = np.random.default_rng([seed, step])
    try:
        rows = measure_subject(name, run.subject, options, rng).astype(object)
        yield from ({**of, "measure": name} for of in rows.where(rows.notna(), None).to_dict("records"))
    except NotFiniteError as error:
        logger.warning("%s at step %d: %s", run.name, step, error)
        yield {**row(None, FAILED, 1.0), "measure": name}
    except MeasureError as error:
        if required:
            raise MeasureError(f"{run.name} at step {step}: {error}") from None
        # Its remedy is that of the workflow; here the measure is left out.
        yield {**row(None, SKIPPED, 1.0), "measure": name, "reason": error.problem}


def _outcome(outcome: str, **about: str) -> dict[str, Any]:
    """A row with the outcome of a checkpoint."""
    return {**row(None, outcome, 1.0), "measure": CHECKPOINT, **about}


def _split(run: MeasuredRun, rows: pd.DataFrame) -> MeasuredTables:
    """The parts of all rows.

    Raises:
        SeriesError: if no checkpoint was measured.
    """
    outcomes = rows[rows["measure"] == CHECKPOINT]
    hashes, good = outcomes["sha256"], outcomes["variant"] == MEASURED
    if not good.any():
        raise SeriesError(f"{run.name}: no checkpoint can be measured; the first: {outcomes['reason'].iloc[0]}")
    names = [run.checkpoints.by_step[step].name for step in outcomes["step"]]
    known = outcomes[["run", "step"]].assign(
        name=names,
        outcome=outcomes["variant"],
        reason=outcomes["reason"],
        sha256=hashes,
    )
    others = pd.DataFrame(
        [(run.name, None, name, "left out", reason, None) for name, reason in run.checkpoints.left_out.items()],
        columns=known.columns,
    )
    scored = rows[rows["measure"] == SCORE]
    names_of_groups = scored["task"].where(scored["level"].isna(), scored["task"] + "/" + scored["level"].fillna(""))
    scores = scored[["run", "step"]].assign(task=names_of_groups, score=scored["value"]).dropna(subset="score")
    skipped = rows["variant"] == SKIPPED
    reasons = rows[skipped].drop_duplicates("measure")
    copies = identical_steps(dict(zip(outcomes["step"][good], hashes[good], strict=True)))
    notes = [
        f"{run.name}: steps {listed(list(map(str, same)))} have the same weights; are they copies?" for same in copies
    ]
    if len(failed := known[~good]):
        name, reason = failed[["name", "reason"]].iloc[0]
        count = f"{len(failed)} checkpoint{'s' if len(failed) > 1 else ''}"
        notes.insert(0, f"{run.name}: {count} could not be measured (checkpoints.csv); the first: {name}: {reason}")
    notes += [f"{of['measure']}: {SKIPPED}: {of['reason']}" for of in reasons.to_dict("records")]
    apart = rows["measure"].isin([CHECKPOINT, SCORE]) | skipped
    return MeasuredTables(
        rows.loc[~apart, MEASURE.arrow.names].reset_index(drop=True),
        scores.reset_index(drop=True),
        pd.concat([known, others] if len(others) else [known], ignore_index=True),
        notes,
    )
