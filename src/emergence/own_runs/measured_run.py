"""One training run of one's own, opened: its checkpoints, the model that takes their weights, and its scores."""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from torch import nn

from emergence.checkpoints import weights
from emergence.checkpoints.find import CheckpointFiles, find_checkpoints
from emergence.checkpoints.hf_checkpoints import Series, logits_of
from emergence.checkpoints.module_loading import load_module
from emergence.checkpoints.weights import SeriesError
from emergence.config.types import Device, Precision
from emergence.models import build
from emergence.own_runs.module_scores import exact_match_scores
from emergence.subjects.answer_losses import ROWS
from emergence.subjects.causal_lm import LanguageSubject
from emergence.subjects.examples import Examples
from emergence.subjects.torch_module import ModuleSubject, OwnLoss
from emergence.tasks.language_scores import Encode
from emergence.tasks.own_probes import EXACT_MATCH, OwnProbes, Probe

SCORED = ("accuracy", EXACT_MATCH)
"""Metrics of probes that are scores, the others being beside them."""
Scores = Callable[[], pd.DataFrame]
"""Scores of the present weights: columns task (the group) and value (0: an input-independent guess, 1: perfect)."""


@dataclass(frozen=True)
class MeasuredRun:
    """A run whose checkpoints can be measured one after the other."""

    name: str
    checkpoints: CheckpointFiles
    subject: ModuleSubject
    load: Callable[[int], None]
    """put the weights of a step into the subject's model; SeriesError if they cannot be read"""
    scores: Scores | None
    """None if the model's own loss does not tell what is right"""
    about: Mapping[str, Any] = field(default_factory=dict)
    """what else the values depend on, so that only the same analysis is resumed"""

    @property
    def steps(self) -> list[int]:
        """Steps of the checkpoints, ascending."""
        return list(self.checkpoints.by_step)

    @property
    def columns(self) -> dict[str, Any]:
        """The first columns of every table about this run."""
        parameters = sum(parameter.numel() for parameter in self.subject.model.parameters())
        size = type(self.subject.model).__name__
        return {"study": "own", "run": self.name, "size": size, "parameters": parameters, "seed": 0}


def open_language_run(
    folder: Path,
    name: str,
    probes: Mapping[str, Sequence[Probe]],
    *,
    device: Device = "auto",
    dtype: Precision = "float32",
    batch_size: int | None = None,
) -> MeasuredRun:
    """Open the checkpoints of a causal language model, as transformers saves them.

    Args:
        folder: Of the run; see `emergence.checkpoints.find`.
        name: Of the run.
        probes: By group; see `emergence.tasks.own_probes.read_probes`.
        device: Where the model computes.
        dtype: In which it computes; gradients need float32.
        batch_size: Texts that go through the model at a time.

    Raises:
        SeriesError: if no checkpoint can be read, or they are not of a causal language model with a tokenizer.
        ProbeError, MeasureError: if a probe does not fit the model.
    """
    checkpoints = find_checkpoints(folder)
    series = _readable(Series(name, checkpoints.by_step, dtype))
    model = series.build().to(build.device(device))
    subject, scores = language_subject(model, probes, series.encoder(), batch_size or ROWS)
    about = {"probes": probes, "dtype": dtype, "batch_size": batch_size}
    every = Series(name, checkpoints.by_step, dtype)
    return MeasuredRun(name, checkpoints, subject, lambda step: every.load(model, step), scores, about)


def language_subject(
    model: Any, probes: Mapping[str, Sequence[Probe]], encode: Encode, rows: int = ROWS
) -> tuple[LanguageSubject, Scores]:
    """A causal language model on probes, as a subject, and its scores.

    Args:
        model: Of transformers.
        probes: By group.
        encode: Of the model's own tokenizer.
        rows: Texts that go through the model at a time.

    Raises:
        ProbeError, MeasureError: if a probe does not fit the model.
    """
    pairs = {group: [(probe.prompt, probe.completion) for probe in of_group] for group, of_group in probes.items()}
    asked = OwnProbes(probes, encode, getattr(model.config, "max_position_embeddings", None))
    return LanguageSubject(model, pairs, encode, rows), partial(_probe_scores, asked, model, rows)


def open_module_run(
    folder: Path,
    name: str,
    model: nn.Module,
    data: Mapping[str, Examples],
    *,
    device: Device = "auto",
    layers: Sequence[str] | None = None,
    loss: OwnLoss | None = None,
) -> MeasuredRun:
    """Open the checkpoints of any module.

    Args:
        folder: Of the run; see `emergence.checkpoints.find`.
        name: Of the run.
        model: Takes the weights of each checkpoint in turn.
        data: Groups of examples, ``{"mine": (inputs, targets)}``.
        device: Where the model computes.
        layers: Names of submodules whose representations are measured; see `ModuleSubject`.
        loss: Replaces cross-entropy; then there are no scores but those of a file.

    Raises:
        SeriesError: if there is no checkpoint.
        MeasureError: if a group is ill-formed, or a layer does not exist.
    """
    checkpoints = find_checkpoints(folder)
    subject = ModuleSubject(model.to(build.device(device)), data, layers, loss)
    scores = None if loss is not None else partial(exact_match_scores, subject)
    about = {"layers": layers, "loss": loss}
    return MeasuredRun(
        name, checkpoints, subject, lambda step: load_module(model, checkpoints.by_step[step]), scores, about
    )


def _readable(series: Series) -> Series:
    """The series from its first checkpoint on that has weights and a configuration.

    Raises:
        SeriesError: of the first checkpoint, if there is none.
    """
    first: SeriesError | None = None
    for place, step in enumerate(series.steps):
        try:
            series.config(step)
            deque(weights.tensors(series.folder(step)), maxlen=0)
        except SeriesError as error:
            first = first or error
            continue
        return Series(series.name, dict(list(series.folders.items())[place:]), series.precision)
    raise first or SeriesError(f"{series.name}: no checkpoints")


@torch.no_grad()
def _probe_scores(probes: OwnProbes, model: Any, batch_size: int) -> pd.DataFrame:
    """Scores of a language model on its probes; 0 where one completion is always right, as it tells nothing."""
    rows = probes.score(logits_of(model), batch_size)
    rows = rows[rows["metric"].isin(SCORED)].merge(probes.baselines, on=["task", "metric"], suffixes=("", "_of_guess"))
    above, room = rows["value"] - rows["value_of_guess"], 1 - rows["value_of_guess"]
    return rows.assign(value=(above / room.where(room > 0, 1)).where((room > 0) | above.isna(), 0.0))[["task", "value"]]
