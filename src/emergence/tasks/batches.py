"""The training stream: fresh examples of every task-level at every step, a pure function of (seed, step).

A batch holds the same number of examples of each task-level. The stream is drawn in blocks of steps, which costs a
numpy call a task-level and block; each block has its own generator, so any step can be had without those before it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from emergence.tasks.algorithmic import Tokens
from emergence.tasks.levels import TaskLevel
from emergence.tasks.packing import Index, Packing, pack

STEPS_PER_BLOCK = 32


@dataclass(frozen=True)
class Layout:
    """Packed grid of one batch: inputs are sequences less their last token, targets their answer tokens."""

    levels: tuple[TaskLevel, ...]
    examples: int

    @cached_property
    def packing(self) -> Packing:
        """Places of the inputs in the grid."""
        return pack([(self.examples, level.length - 1) for level in self.levels])

    @cached_property
    def target_index(self) -> Index:
        """Flat grid positions from which answer tokens are predicted, by level, example and token."""
        parts = zip(self.packing.index, self.levels, strict=True)
        return np.concatenate([index[:, level.prompt_length - 1 :].ravel() for index, level in parts])

    def inputs(self, sequences: Sequence[Tokens]) -> Index:
        """Grid (..., rows, width) of one (..., examples, length) array of sequences a task-level."""
        return self.packing.fill([tokens[..., :-1] for tokens in sequences])

    def targets(self, sequences: Sequence[Tokens]) -> Index:
        """Answer tokens (..., targets), in the order of `target_index`."""
        answers = [
            tokens[..., level.prompt_length :].reshape(*tokens.shape[:-2], -1)
            for tokens, level in zip(sequences, self.levels, strict=True)
        ]
        return np.concatenate(answers, axis=-1)


class Stream:
    """Batches ``(inputs, targets)`` of a layout; step ``t`` is what the t-th update (from 0) is trained on."""

    def __init__(self, layout: Layout, seed: int) -> None:
        self.layout, self.seed = layout, seed
        self._number, self._block = -1, (np.empty(0, np.int64), np.empty(0, np.int64))

    def __call__(self, step: int) -> tuple[Index, Index]:
        """Inputs (rows, width) and targets of one step."""
        number, within = divmod(step, STEPS_PER_BLOCK)
        if number != self._number:
            self._number, self._block = number, self._draw(number)
        inputs, targets = self._block
        return inputs[within], targets[within]

    def _draw(self, number: int) -> tuple[Index, Index]:
        rng = np.random.default_rng([self.seed, number])
        n = self.layout.examples
        drawn = [level.sequences(rng, STEPS_PER_BLOCK * n) for level in self.layout.levels]
        sequences = [tokens.reshape(STEPS_PER_BLOCK, n, -1) for tokens in drawn]
        return self.layout.inputs(sequences), self.layout.targets(sequences)
