"""Losses of a causal language model on the right answers to questions.

Questions go through a model in batches of like length, padded at the end. A causal model does not see later tokens, so
nothing depends on the padding and no mask is needed. Logits are taken only where an answer is predicted, as a
vocabulary is far wider than a model.
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
"""sequences in one forward pass, at most"""


@dataclass(frozen=True)
class Question:
    """Tokens of a prompt, and of its right continuation."""

    prompt: tuple[int, ...]
    answer: tuple[int, ...]

    @property
    def read(self) -> tuple[int, ...]:
        """Input of a model while it predicts the answer."""
        return (*self.prompt, *self.answer[:-1])


def padded(sequences: Sequence[Sequence[int]], padding: int = 0) -> Tensor:
    """Sequences as one tensor (sequences, longest), padded at the end."""
    rows = torch.full((len(sequences), max(map(len, sequences))), padding)
    for row, sequence in zip(rows, sequences, strict=True):
        row[: len(sequence)] = torch.tensor(sequence)
    return rows


def batches_by_length(sequences: Sequence[Sequence[int]], most: int = ROWS) -> Iterator[list[int]]:
    """Numbers of the sequences of each batch: at most ``most``, none twice as long as another.

    >>> list(batches_by_length(["abcd", "ab", "abcdefg", "abc"]))
    [[1, 3], [0, 2]]
    """
    order = sorted(range(len(sequences)), key=lambda number: len(sequences[number]))
    for _, alike in groupby(order, key=lambda number: len(sequences[number]).bit_length()):
        numbers = list(alike)
        yield from (numbers[first : first + most] for first in range(0, len(numbers), most))


class AnswerLosses:
    """Losses of the answers to some questions, by the model's weights at the time of the call."""

    def __init__(self, model: nn.Module, questions: Sequence[Question], rows: int = ROWS) -> None:
        device = next(model.parameters()).device
        first = np.cumsum([0, *(len(question.answer) for question in questions)])
        self.model, self.passes, tokens = model, [], []
        for numbers in batches_by_length([question.read for question in questions], rows):
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
    """Questions of one forward pass."""

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
    """Logits (rows, places, vocabulary) at some places of tokens (rows, length), in float32 or more.

    Args:
        model: Causal language model of transformers.
        tokens: Rows that begin together, padded at the end.
        places: Columns of ``tokens`` (places,), the same in all rows.
    """
    known = inspect.signature(model.forward).parameters
    options = {"use_cache": False} if "use_cache" in known else {}  # it cannot be differentiated through
    if "logits_to_keep" in known:
        logits = model(tokens, logits_to_keep=places, **options).logits
    else:
        logits = model(tokens, **options).logits[:, places]
    return logits.to(torch.promote_types(logits.dtype, torch.float32))
