"""What a model can do: exact match, token accuracy, answer log-probability and loss of every task-level.

Answers are scored under teacher forcing in one pass. Greedy decoding yields the whole right answer exactly if each
token is the most likely one given the right tokens before it, so exact match is that of greedy decoding.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from emergence.models.transformer import Transformer, hidden_states_in_slices
from emergence.tasks.algorithmic import Tokens
from emergence.tasks.batches import Layout
from emergence.tasks.levels import TaskLevel

METRICS = ("exact_match", "token_accuracy", "log_probability", "loss")


class Evaluation:
    """A fixed evaluation set, packed once, to be scored at many checkpoints."""

    def __init__(self, sequences: Mapping[TaskLevel, Tokens], device: torch.device) -> None:
        """Pack ``sequences``: for each task-level an array of tokens (examples, length), equally many of each."""
        self.layout = Layout(tuple(sequences), len(next(iter(sequences.values()))))
        tokens, packing = list(sequences.values()), self.layout.packing
        grid = (self.layout.inputs(tokens), packing.positions, packing.mask)
        self.grid = [torch.from_numpy(array).to(device) for array in grid]
        self.target_index = torch.from_numpy(self.layout.target_index).to(device)
        self.targets = torch.from_numpy(self.layout.targets(tokens)).to(device)

    def __call__(self, model: Transformer) -> NDArray[np.float64]:
        """Score a model: (task-levels, metrics); log-probability in nats an answer, loss in nats a token."""
        return np.array(
            [
                (hits.all(axis=1).mean(), hits.mean(), log_p.sum(axis=1).mean(), -log_p.mean())
                for hits, log_p in self._score(model)
            ]
        )

    def table(self, steps: Sequence[int], values: NDArray[np.float64]) -> pd.DataFrame:
        """Scores (steps, task-levels, metrics) as rows with the columns step, task, level, metric, value."""
        names = [(step, level.task, level.level) for step in steps for level in self.layout.levels]
        wide = pd.DataFrame(names, columns=["step", "task", "level"])
        wide[list(METRICS)] = values.reshape(-1, len(METRICS))
        return wide.melt(["step", "task", "level"], METRICS, var_name="metric")

    @torch.no_grad()
    def _score(self, model: Transformer) -> list[tuple[NDArray[np.bool_], NDArray[np.float64]]]:
        """Hits and log-probabilities (examples, answer length) of each task-level."""
        states = hidden_states_in_slices(model, *self.grid)[-1].flatten(0, 1)
        log_p = model.logits(states[self.target_index]).log_softmax(dim=-1)
        hits = (log_p.argmax(dim=-1) == self.targets).cpu().numpy()
        chosen = log_p.gather(1, self.targets[:, None])[:, 0].double().cpu().numpy()
        lengths = [level.answer_length for level in self.layout.levels]
        ends = np.cumsum([length * self.layout.examples for length in lengths])[:-1]
        pairs = zip(np.split(hits, ends), np.split(chosen, ends), lengths, strict=True)
        return [(hit.reshape(-1, length), log.reshape(-1, length)) for hit, log, length in pairs]
