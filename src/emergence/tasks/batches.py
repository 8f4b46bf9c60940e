"""The training stream: fresh examples of every task-level at every step, packed into rows.

Batches are a pure function of (seed, step). A batch holds a fixed number of examples of each task-level. The stream is
drawn in blocks of steps, which costs a numpy call a task-level and block; each block has its own generator, so any step
can be had without those before it.

Sequences of different lengths stand side by side in rows of one length, so that no compute goes to padding. Task-levels
have fixed lengths, so a batch with a fixed number of examples of each has one layout for the whole training run.
Attention stays within a sequence by a block-diagonal causal mask, positions restart at each sequence, and nothing else
in a transformer mixes tokens.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from emergence.tasks.algorithmic import Tokens
from emergence.tasks.symbols import PAD
from emergence.tasks.vocabulary import TaskLevel

Index = NDArray[np.int64]


@dataclass(frozen=True)
class Packing:
    """Where each token of each sequence stands in a (rows, width) grid.

    ``index[g]`` has shape (sequences of group g, their length): flat grid positions of the g-th group of equally long
    sequences. ``positions`` (rows, width) counts tokens within a sequence, 0 on padding; ``mask`` (rows, width, width)
    is true where a query (second axis) may attend to a key (third).
    """

    rows: int
    width: int
    index: tuple[Index, ...]
    positions: Index
    mask: NDArray[np.bool_]

    def fill(self, groups: Sequence[Index]) -> Index:
        """Lay sequences out: each group (..., n, length) of token ids goes to a grid (..., rows, width)."""
        leading = groups[0].shape[:-2]
        grid = np.full((*leading, self.rows * self.width), PAD, dtype=np.int64)
        for index, tokens in zip(self.index, groups, strict=True):
            grid[..., index] = tokens
        return grid.reshape(*leading, self.rows, self.width)


def best_fit(lengths: Sequence[int], width: int) -> list[tuple[int, int]]:
    """Row and offset of each sequence, longest first, each in the fullest row that still takes it."""
    with_room: list[list[int]] = [[] for _ in range(width + 1)]  # rows by their free cells
    rows = 0
    places = [(0, 0)] * len(lengths)
    for sequence in sorted(range(len(lengths)), key=lambda i: -lengths[i]):
        room = next((room for room in range(lengths[sequence], width + 1) if with_room[room]), 0)
        if room:
            row = with_room[room].pop()
        else:
            row, room, rows = rows, width, rows + 1
        places[sequence] = (row, width - room)
        with_room[room - lengths[sequence]].append(row)
    return places


def pack(groups: Sequence[tuple[int, int]]) -> Packing:
    """Pack groups of ``(number of sequences, their length)``, in the row width that leaves the fewest cells.

    Widths are multiples of 8, since a softmax over rows that do not fill a vector register is many times slower; the
    two smallest that take the longest sequence are tried, as wider rows cost more attention than they save.
    """
    lengths = [length for count, length in groups for _ in range(count)]
    least = -(-max(lengths) // 8) * 8
    candidates = {width: best_fit(lengths, width) for width in (least, least + 8)}
    cells = {width: width * (1 + max(row for row, _ in places)) for width, places in candidates.items()}
    width = min(cells, key=lambda w: (cells[w], w))
    return _layout(groups, candidates[width], width)


def _layout(groups: Sequence[tuple[int, int]], places: list[tuple[int, int]], width: int) -> Packing:
    starts = np.array([row * width + offset for row, offset in places])
    ends = np.cumsum([count for count, _ in groups])
    index = tuple(
        starts[end - count : end, None] + np.arange(length) for (count, length), end in zip(groups, ends, strict=True)
    )
    rows = 1 + max(row for row, _ in places)
    positions, owner = np.zeros((2, rows * width), dtype=np.int64)
    sequence = 0
    for block in index:
        positions[block] = np.arange(block.shape[1])
        owner[block] = sequence + 1 + np.arange(len(block))[:, None]
        sequence += len(block)
    owner = owner.reshape(rows, width)
    causal = np.tril(np.ones((width, width), dtype=bool))
    mask = (owner[:, :, None] == owner[:, None, :]) & causal
    return Packing(rows, width, index, positions.reshape(rows, width), mask)


STEPS_PER_BLOCK = 32


@dataclass(frozen=True)
class Layout:
    """Packed grid of one batch: inputs are sequences less their last token, targets their answer tokens."""

    levels: tuple[TaskLevel, ...]
    examples: int | tuple[int, ...]
    """of every task-level alike, or of each"""

    @cached_property
    def counts(self) -> tuple[int, ...]:
        """Examples of each task-level."""
        return (self.examples,) * len(self.levels) if isinstance(self.examples, int) else self.examples

    @cached_property
    def sizes(self) -> list[int]:
        """Answer tokens of each task-level."""
        return [count * level.answer_length for count, level in zip(self.counts, self.levels, strict=True)]

    @cached_property
    def packing(self) -> Packing:
        """Places of the inputs in the grid."""
        return pack([(count, level.length - 1) for count, level in zip(self.counts, self.levels, strict=True)])

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


@dataclass(frozen=True)
class DistinctSequences:
    """Sequences without repetition, laid out: those of few bits or small operands occur many times.

    ``inputs`` and ``targets`` are those of ``layout``; ``repeated`` (answer tokens,) gives for each answer token of all
    sequences, by level, example and token, its number among ``targets``.
    """

    layout: Layout
    inputs: Index
    targets: Index
    repeated: Index

    @classmethod
    def of(cls, sequences: Mapping[TaskLevel, Tokens]) -> "DistinctSequences":
        """Lay out ``sequences``: for each task-level an array of tokens (examples, length)."""
        unique = [np.unique(tokens, axis=0, return_inverse=True) for tokens in sequences.values()]
        distinct = [tokens for tokens, _ in unique]
        layout = Layout(tuple(sequences), tuple(map(len, distinct)))
        numbers = np.split(np.arange(sum(layout.sizes)), np.cumsum(layout.sizes)[:-1])
        repeated = [
            of_level.reshape(-1, level.answer_length)[inverse.ravel()].ravel()
            for of_level, level, (_, inverse) in zip(numbers, layout.levels, unique, strict=True)
        ]
        return cls(layout, layout.inputs(distinct), layout.targets(distinct), np.concatenate(repeated))


class Stream:
    """Batches ``(inputs, targets)`` of a layout; step ``t`` is the batch of optimiser step ``t`` (0-based)."""

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
        of_levels = zip(self.layout.levels, self.layout.counts, strict=True)
        drawn = [(level.sequences(rng, STEPS_PER_BLOCK * count), count) for level, count in of_levels]
        sequences = [tokens.reshape(STEPS_PER_BLOCK, count, -1) for tokens, count in drawn]
        return self.layout.inputs(sequences), self.layout.targets(sequences)
