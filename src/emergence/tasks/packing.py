"""Sequences of different lengths side by side in rows of one length, so that no compute goes to padding.

Task-levels have fixed lengths, so a batch with a fixed number of examples of each has one layout for the whole
training run: it is found once. Attention stays within a sequence by a block-diagonal causal mask, positions restart at
each sequence, and nothing else in a transformer looks across tokens.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emergence.tasks.symbols import PAD

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
