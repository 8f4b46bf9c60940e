"""Questions to a causal language model, in batches of like length that are padded behind.

A causal model does not look behind a token, so nothing depends on the padding and no mask is needed. Logits are asked
for only where an answer is predicted, as a vocabulary is far wider than a model.
"""

import inspect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

ROWS = 32
"""sequences that go through a model at once, at most"""


@dataclass(frozen=True)
class Question:
    """Tokens of a prompt, and of its right continuation."""

    prompt: tuple[int, ...]
    answer: tuple[int, ...]

    @property
    def read(self) -> tuple[int, ...]:
        """What a model reads while it predicts the answer."""
        return (*self.prompt, *self.answer[:-1])


def padded(sequences: Sequence[Sequence[int]], padding: int = 0) -> Tensor:
    """Sequences as one tensor (sequences, longest), padded behind."""
    found = torch.full((len(sequences), max(map(len, sequences))), padding)
    for row, sequence in zip(found, sequences, strict=True):
        row[: len(sequence)] = torch.tensor(sequence)
    return found


def of_like_length(sequences: Sequence[Sequence[int]]) -> Iterator[list[int]]:
    """Numbers of the sequences that go together: at most `ROWS`, none twice as long as another.

    >>> list(of_like_length(["abcd", "ab", "abcdefg", "abc"]))
    [[1, 3], [0, 2]]
    """
    order = sorted(range(len(sequences)), key=lambda number: len(sequences[number]))
    for _, alike in groupby(order, key=lambda number: len(sequences[number]).bit_length()):
        numbers = list(alike)
        yield from (numbers[first : first + ROWS] for first in range(0, len(numbers), ROWS))


class Answers:
    """The losses of the answers to some questions, of the model as it is when they are asked for."""

    def __init__(self, model: nn.Module, questions: Sequence[Question]) -> None:
        device = next(model.parameters()).device
        first = np.cumsum([0, *(len(question.answer) for question in questions)])
        self.model, self.passes, tokens = model, [], []
        for numbers in of_like_length([question.read for question in questions]):
            self.passes.append(_pass([questions[number] for number in numbers], device))
            tokens += [np.arange(first[number], first[number + 1]) for number in numbers]
        self.order = torch.from_numpy(np.argsort(np.concatenate(tokens))).to(device)

    def __call__(self) -> Tensor:
        """Loss of every answer token, question by question (tokens,)."""
        each = [
            F.cross_entropy(logits_at(self.model, one.tokens, one.places)[one.index], one.targets, reduction="none")
            for one in self.passes
        ]
        return torch.cat(each)[self.order]


@dataclass(frozen=True)
class Pass:
    """Questions that go through a model together."""

    tokens: Tensor
    """(questions, length)"""
    places: Tensor
    """from which any answer token is predicted (places,)"""
    index: tuple[Tensor, Tensor]
    """question and number of the place of every answer token"""
    targets: Tensor
    """the answer tokens (tokens,)"""


def _pass(questions: Sequence[Question], device: torch.device) -> Pass:
    rows = np.repeat(np.arange(len(questions)), [len(question.answer) for question in questions])
    from_ends = [len(question.prompt) - 1 + np.arange(len(question.answer)) for question in questions]
    places, columns = np.unique(np.concatenate(from_ends), return_inverse=True)
    targets = np.concatenate([question.answer for question in questions])

    def on_device(array: NDArray[np.int64]) -> Tensor:
        return torch.from_numpy(array).to(device)

    tokens = padded([question.read for question in questions]).to(device)
    return Pass(tokens, on_device(places), (on_device(rows), on_device(columns)), on_device(targets))


def logits_at(model: nn.Module, tokens: Tensor, places: Tensor) -> Tensor:
    """Logits (rows, places, vocabulary) at some places of tokens (rows, length), in float32 or more."""
    if "logits_to_keep" in inspect.signature(model.forward).parameters:
        found = model(tokens, logits_to_keep=places).logits
    else:
        found = model(tokens).logits[:, places]
    return found.to(torch.promote_types(found.dtype, torch.float32))
