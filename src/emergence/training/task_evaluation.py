"""Behaviour of a model: exact match, token accuracy, answer log-probability and loss of every task-level.

Answers are scored under teacher forcing in one pass. Greedy decoding yields the whole right answer exactly if each
token is the most likely one given the right tokens before it, so exact match is that of greedy decoding.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from emergence.models.transformer import Transformer, logits_in_slices
from emergence.tasks.algorithmic import Tokens
from emergence.tasks.batches import DistinctSequences
from emergence.tasks.vocabulary import TaskLevel

METRICS = ("exact_match", "token_accuracy", "log_probability", "loss")


class Evaluation:
    """A fixed evaluation set, its distinct sequences packed once, to be scored at many checkpoints."""

    def __init__(self, sequences: Mapping[TaskLevel, Tokens], device: torch.device) -> None:
        """Pack ``sequences``: for each task-level an array of tokens (examples, length), equally many of each."""
        self.levels, self.examples = tuple(sequences), len(next(iter(sequences.values())))
        distinct = DistinctSequences.of(sequences)
        packing, places = distinct.layout.packing, distinct.layout.target_index
        arrays = (distinct.inputs, packing.positions, packing.mask, places)
        self.grid = [torch.from_numpy(array).to(device) for array in arrays]
        self.targets, self.repeated = torch.from_numpy(distinct.targets).to(device), distinct.repeated

    def __call__(self, model: Transformer) -> NDArray[np.float64]:
        """Score a model: (task-levels, metrics); log-probability in nats per answer, loss in nats per token."""
        return np.array(
            [
                (hits.all(axis=1).mean(), hits.mean(), log_p.sum(axis=1).mean(), -log_p.mean())
                for hits, log_p in self._score(model)
            ]
        )

    def table(self, steps: Sequence[int], values: NDArray[np.float64]) -> pd.DataFrame:
        """Scores (steps, task-levels, metrics) as rows with the columns step, task, level, metric, value."""
        names = [(step, level.task, level.level) for step in steps for level in self.levels]
        wide = pd.DataFrame(names, columns=["step", "task", "level"])
        wide[list(METRICS)] = values.reshape(-1, len(METRICS))
        return wide.melt(["step", "task", "level"], METRICS, var_name="metric")

    @torch.no_grad()
    def _score(self, model: Transformer) -> list[tuple[NDArray[np.bool_], NDArray[np.float64]]]:
        """Hits and log-probabilities (examples, answer length) of each task-level."""
        log_p = logits_in_slices(model, *self.grid).log_softmax(dim=-1)
        hits = (log_p.argmax(dim=-1) == self.targets).cpu().numpy()[self.repeated]
        chosen = log_p.gather(1, self.targets[:, None])[:, 0].double().cpu().numpy()[self.repeated]
        lengths = [level.answer_length for level in self.levels]
        ends = np.cumsum([length * self.examples for length in lengths])[:-1]
        pairs = zip(np.split(hits, ends), np.split(chosen, ends), lengths, strict=True)
        return [(hit.reshape(-1, length), log.reshape(-1, length)) for hit, log, length in pairs]
