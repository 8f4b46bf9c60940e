"""Scores of a language model on the questions of the corpus, at every checkpoint.

Models trained here and external series are read in the same way, one checkpoint at a time.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from emergence.checkpoints.hf_checkpoints import Series, logits_of
from emergence.checkpoints.hf_manifest import open_series
from emergence.checkpoints.weights import SeriesError
from emergence.config.types import Device, Strict
from emergence.io import tables
from emergence.io.progress import Progress
from emergence.io.resumable import origin, resumable_job
from emergence.models import build
from emergence.schemas.trajectories import BEHAVIOUR
from emergence.tasks import language_scores as scores
from emergence.tasks.corpus import LEVEL, load_items
from emergence.tasks.language_probes import Item
from emergence.tasks.language_scores import ProbeError
from emergence.tasks.symbols import PASSAGES


class AnswerSettings(Strict):
    """Where language models are evaluated."""

    device: Device


def evaluate_language_model(
    settings: AnswerSettings, trajectory: Path, probes: Path, behaviour_table: Path, state: Path
) -> None:
    """Score every checkpoint on all questions and write its behaviour, resuming from ``state``.

    Args:
        settings: Where the model is evaluated.
        trajectory: Folder with the manifest of the checkpoints.
        probes: The questions, table ``items``.
        behaviour_table: Where ``behaviour`` is written.
        state: Folder from which a stopped job is resumed.

    Raises:
        SeriesError: if a checkpoint cannot be read, differs from the manifest, or gives log-probabilities that are
            not finite.
        ProbeError: if a question is longer than the model's context.
        TableError: if the questions cannot be read.
        StoppedError: if the job receives a stop signal; its state is saved.
    """
    run, series = open_series(trajectory)
    questions = Questions(series, *load_items(probes))
    model = series.build().to(build.device(settings.device))
    progress = Progress(f"evaluate {series.name}", len(series.steps), "checkpoints")

    def evaluate(step: int) -> pd.DataFrame:
        series.load(model, step)
        scored = questions.score(logits_of(model))
        if not np.isfinite(scored["value"]).all():
            raise SeriesError(
                f"{series.folder(step)}: gives log-probabilities that are not finite; remove it from steps"
            )
        return scored.assign(step=step, level=LEVEL, **run.identity)

    with resumable_job(state, origin(settings, [__name__], [trajectory / "manifest.json", probes])) as work:
        tables.write(BEHAVIOUR, work.map_resumable(BEHAVIOUR, series.steps, evaluate, progress), behaviour_table)


class Questions:
    """All questions, as tokens of a model."""

    def __init__(self, series: Series, items: Sequence[Item], passages: Sequence[tuple[str, str]]) -> None:
        """Raises SeriesError if there is no tokenizer, ProbeError if a question is too long for the model."""
        encode, context = series.encoder(), _context(series)
        self.items = items
        try:
            self.rows = scores.encode_items(items, encode, context)
            self.passages = scores.encode_texts(passages, encode, context)
        except ProbeError as error:
            raise ProbeError(f"{series.name}: {error}") from None

    def score(self, logits: scores.Logits) -> pd.DataFrame:
        """Columns task, metric, value: accuracies and margin of the probe sets, log-probability of the passages."""
        probes = scores.behaviour(scores.item_scores(self.items, scores.log_probabilities(logits, self.rows)))
        tokens = (self.passages.ends - self.passages.starts).sum()
        nats = scores.row_log_probabilities(logits, self.passages).sum() / tokens
        passages = pd.DataFrame({"probe": [PASSAGES], "metric": ["log_probability"], "value": [nats]})
        return pd.concat([probes, passages]).rename(columns={"probe": "task"})


def _context(series: Series) -> int | None:
    """Context length of the model, if its configuration has one."""
    config: Any = series.config(series.steps[0])
    return getattr(config, "max_position_embeddings", None)
