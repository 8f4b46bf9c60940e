"""Track a training while it runs: measures of the present weights, and at the end events, leads and a report.

>>> tracker = emergence.Tracker(model, {"mine": (inputs, targets)})  # doctest: +SKIP
>>> for step in range(steps):  # doctest: +SKIP
...     train(model)
...     if step % 50 == 0:
...         tracker.log(step)
>>> print(tracker.report("report"))  # doctest: +SKIP
"""

import random
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from torch import nn

from emergence.config.defaults import default_measures
from emergence.errors import EmergenceError
from emergence.measures.api import measure_subject, options_of, require_finite, unchanged
from emergence.own_runs.analysis import write_findings
from emergence.own_runs.findings import analyse_tables
from emergence.own_runs.module_scores import exact_match_scores
from emergence.own_runs.verdict import as_text
from emergence.subjects.examples import Examples
from emergence.subjects.subject import ROW_TYPES, NotFiniteError, row
from emergence.subjects.torch_module import ModuleSubject, OwnLoss

CHEAP = ("rankme", "loss")
"""Measures of a forward pass, which cost little beside a training step."""


class TrackerError(EmergenceError):
    """A call that a tracker cannot follow; the message says which."""


class SubjectTracker:
    """Measures and scores of one subject along a training, kept in memory.

    The training stays the same to the bit: modes, gradients and random states are as before each call of `log`.
    """

    def __init__(
        self,
        subject: ModuleSubject,
        scored: Callable[[], pd.DataFrame] | None,
        *,
        measures: Sequence[str] = CHEAP,
        options: Mapping[str, Mapping[str, Any]] | None = None,
        name: str = "training",
        seed: int = 0,
    ) -> None:
        """Track a subject.

        Args:
            subject: Its model is the one that is trained.
            scored: Gives the scores of the present weights, in columns task and value; None without any.
            measures: Names; those that cost little by default.
            options: Of measures, by their names.
            name: Of the run, in tables and report.
            seed: Of the run; it tells replicates apart when several are analysed together.

        Raises:
            MeasureError: if there is no such measure or option.
        """
        defaults, given = default_measures(), options or {}
        self.subject, self.name, self.seed, self._scored = subject, name, seed, scored
        self._options = {
            one: options_of(one, {**defaults.get(one, {}), **given.get(one, {})}) for one in dict.fromkeys(measures)
        }
        self._measures: dict[int, pd.DataFrame] = {}
        self._scores: dict[int, pd.DataFrame] = {}

    def log(self, step: int, scores: Mapping[str, float] | None = None) -> dict[str, float]:
        """Measure the model as it is now.

        Args:
            step: Optimiser steps taken so far; a step that was logged before is replaced.
            scores: Of groups, 0 for an input-independent guess and 1 for perfection; by default the share of right
                answers on the probes, on that scale.

        Returns:
            Primary values by name, such as ``rankme/mine``, for a logger of one's own.

        Raises:
            TrackerError: if there are no scores, since the loss does not tell what is right.
            MeasureError: if a measure is not defined for the model or its examples.
        """
        with _same_random_states():
            scored = self._scores_now() if scores is None else pd.DataFrame(scores.items(), columns=["task", "value"])
            frames = [rows.assign(measure=name).astype(ROW_TYPES) for name, rows in self._rows(step)]
        self._measures[step] = pd.concat(frames, ignore_index=True)
        self._scores[step] = scored.rename(columns={"value": "score"}).astype({"score": float})
        return self._primary(step)

    def _scores_now(self) -> pd.DataFrame:
        if self._scored is None:
            raise TrackerError("with a loss of your own, what is right is not known; give log(step, scores={...})")
        with unchanged(self.subject.model):
            return self._scored()[["task", "value"]]

    def _rows(self, step: int) -> Iterator[tuple[str, pd.DataFrame]]:
        """Rows of each measure; those that a diverged model fails have one row that says so."""
        failed = pd.DataFrame([row(None, "failed", 1.0)])
        try:
            require_finite(self.subject.model)
        except NotFiniteError:
            yield from ((name, failed) for name in self._options)
            return
        for name, options in self._options.items():
            try:
                yield name, measure_subject(name, self.subject, options, np.random.default_rng([self.seed, step]))
            except NotFiniteError:
                yield name, failed

    def _primary(self, step: int) -> dict[str, float]:
        """Scores, and the first variant of each measure in the last layer, by group."""
        values = {f"score/{task}": float(score) for task, score in self._scores[step][["task", "score"]].to_numpy()}
        for (name, task), rows in self._measures[step].groupby(["measure", "task"], dropna=False):
            last = rows[(rows["layer"].isna() | (rows["layer"] == rows["layer"].max())).to_numpy(dtype=bool)]
            for level, of_level in last.groupby("level", dropna=False):
                parts = [str(part) for part in (name, task, level) if not pd.isna(part) and part != "all"]
                values["/".join(parts)] = float(of_level["value"].iloc[0])
        return values

    @property
    def measures(self) -> pd.DataFrame:
        """Table ``measure`` of all logged steps."""
        model = self.subject.model
        parameters = sum(parameter.numel() for parameter in model.parameters())
        told = {"study": "own", "run": self.name, "size": type(model).__name__, "parameters": parameters}
        frames = [rows.assign(step=step, seed=self.seed, **told) for step, rows in sorted(self._measures.items())]
        return pd.concat(frames, ignore_index=True)

    @property
    def scores(self) -> pd.DataFrame:
        """Scores of all logged steps: columns run, step, task and score."""
        frames = [rows.assign(step=step, run=self.name) for step, rows in sorted(self._scores.items())]
        return pd.concat(frames, ignore_index=True)[["run", "step", "task", "score"]].dropna(subset="score")

    def report(self, output_dir: str | Path = "report", *, control: Collection[str] = ()) -> str:
        """Write tables and `report.html`, and return what may be concluded as text.

        Args:
            output_dir: Folder.
            control: Groups that cannot be learned, such as one with shuffled answers.

        Raises:
            TrackerError: if nothing has been logged.
        """
        if not self._measures:
            raise TrackerError("nothing has been logged; call log(step) during training")
        findings = analyse_tables(self.measures, self.scores, control=control)
        write_findings(findings, Path(output_dir).expanduser())
        return as_text(findings)


class Tracker(SubjectTracker):
    """Measures and scores of any module along its training; see `SubjectTracker`."""

    def __init__(
        self,
        model: nn.Module,
        probes: Mapping[str, Examples],
        *,
        layers: Sequence[str] | None = None,
        loss: OwnLoss | None = None,
        **more: Any,
    ) -> None:
        """Track a module.

        Args:
            model: That is trained.
            probes: Groups of examples, ``{"mine": (inputs, targets)}``, that are not training data.
            layers: Names of submodules whose representations are measured.
            loss: From outputs and targets to one loss an example, in place of cross-entropy.
            more: Measures, options, name and seed, as of `SubjectTracker`.

        Raises:
            MeasureError: if a group is ill-formed, or there is no such measure, option or layer.
        """
        subject = ModuleSubject(model, probes, layers, loss)
        super().__init__(subject, None if loss is not None else lambda: exact_match_scores(subject), **more)


@contextmanager
def _same_random_states() -> Iterator[None]:
    """Random states of Python and NumPy stay as they are; measures see to those of PyTorch."""
    of_python, of_numpy = random.getstate(), np.random.get_state()  # noqa: NPY002 - a training may use it
    try:
        yield
    finally:
        random.setstate(of_python)
        np.random.set_state(of_numpy)  # noqa: NPY002
