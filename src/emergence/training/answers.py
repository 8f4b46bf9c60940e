"""What a series of language models says to the questions of the corpus, at every checkpoint.

Models that were trained here and series from elsewhere are read back in the same way, one checkpoint at a time.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from emergence import tables
from emergence.models import build
from emergence.models.series import Series, logits_of
from emergence.models.weights import SeriesError
from emergence.progress import Progress
from emergence.schemas.trajectories import BEHAVIOUR
from emergence.settings.language import AnswerSettings
from emergence.tasks import language_scores as scores
from emergence.tasks.corpus import LEVEL, load_items
from emergence.tasks.language_probes import Item
from emergence.tasks.language_scores import ProbeError
from emergence.tasks.symbols import PASSAGES
from emergence.training.catalogue import opened
from emergence.work import origin, unfinished


def make(settings: AnswerSettings, trajectory: Path, items: Path, behaviour_table: Path, state: Path) -> None:
    """Ask every checkpoint all questions and write what it can do.

    What was answered before the job was stopped is taken from ``state``.

    Raises:
        SeriesError: if a checkpoint cannot be read, is not the manifest's, or gives log-probabilities that are not
            finite.
        ProbeError: if a question is longer than the model's context.
        TableError: if the questions cannot be read.
        StoppedError: if the job is told to stop.
    """
    run, series = opened(trajectory)
    questions = Questions(series, *load_items(items))
    model = series.build().to(build.device(settings.device))
    progress = Progress(f"answers {series.name}", len(series.steps), "checkpoints")

    def answered(step: int) -> pd.DataFrame:
        series.load(model, step)
        found = questions.ask(logits_of(model))
        if not np.isfinite(found["value"]).all():
            raise SeriesError(f"{series.folder(step)}: gives no finite log-probabilities; leave the step out of steps")
        return found.assign(step=step, level=LEVEL, **run.identity)

    with unfinished(state, origin(settings, [__name__], [trajectory / "manifest.json", items])) as work:
        tables.write(BEHAVIOUR, work.gather(BEHAVIOUR, series.steps, answered, progress), behaviour_table)


class Questions:
    """All questions in the tokens of a model."""

    def __init__(self, series: Series, items: Sequence[Item], passages: Sequence[tuple[str, str]]) -> None:
        """Raises SeriesError if there is no tokenizer, ProbeError if a question is too long for the model."""
        tokenizer, context = series.tokenizer(), _context(series)

        def encode(string: str) -> list[int]:
            return list(tokenizer.encode(string, add_special_tokens=False).ids)

        self.items = items
        try:
            self.rows = scores.encoded(items, encode, context)
            self.passages = scores.encoded_texts(passages, encode, context)
        except ProbeError as error:
            raise ProbeError(f"{series.name}: {error}") from None

    def ask(self, logits: scores.Logits) -> pd.DataFrame:
        """Columns task, metric, value: accuracies and margin of the probe sets, log-probability of the passages."""
        found = scores.behaviour(scores.scored(self.items, scores.log_probabilities(logits, self.rows)))
        tokens = (self.passages.ends - self.passages.starts).sum()
        nats = scores.row_log_probabilities(logits, self.passages).sum() / tokens
        passages = pd.DataFrame({"probe": [PASSAGES], "metric": ["log_probability"], "value": [nats]})
        return pd.concat([found, passages]).rename(columns={"probe": "task"})


def _context(series: Series) -> int | None:
    """Most tokens that the model reads at once, where its configuration says."""
    config: Any = series.config(series.steps[0])
    return getattr(config, "max_position_embeddings", None)
