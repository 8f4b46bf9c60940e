"""How a language model does on a probe set: how often, and by how much, it prefers the right continuation.

Works with any model that gives logits and any tokenizer, both as plain functions. The log-probability of a continuation
is the sum of those of its tokens after the prompt. The primary accuracy compares these sums as they are: they are what
the model says, and as items are mirrored a bias to shorter continuations cancels. The other divides them by the bytes
of the continuation (not by tokens, of which each tokenizer makes its own number), for a look at what length does.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import log_softmax

from emergence.errors import EmergenceError
from emergence.tasks.language_probes import CHANCE, Item

Logits = Callable[[NDArray[np.int64]], NDArray[np.floating]]
"""From tokens (rows, length) to logits (rows, length, vocabulary), causal: a place does not see those after it."""
Encode = Callable[[str], Sequence[int]]
"""From text to tokens, without marks of start or end."""
METRICS = ("accuracy", "accuracy_per_byte", "margin")
ROWS = 32  # that are scored at once: logits of a large vocabulary are what takes memory


class ProbeError(EmergenceError):
    """Probes that a model cannot be asked; the message names the item and the remedy."""


@dataclass(frozen=True)
class Encoded:
    """Continuations of prompts as rows of tokens (rows, length), padded behind; row 2i is the right one of item i."""

    tokens: NDArray[np.int64]
    starts: NDArray[np.int64]
    """first token of the continuation (rows,)"""
    ends: NDArray[np.int64]
    """behind its last (rows,)"""

    @property
    def prompt_ends(self) -> NDArray[np.int64]:
        """Place of each item's last prompt token (items,), from which its answer is predicted."""
        return self.starts[::2] - 1


def encoded(items: Sequence[Item], encode: Encode, context: int | None = None) -> Encoded:
    """Encode both continuations of items; see `encoded_texts`."""
    sides = [(item.prompt, side) for item in items for side in (item.right, item.wrong)]
    names = [item.probe for item in items for _ in range(2)]
    return encoded_texts(sides, encode, context, names)


def encoded_texts(
    texts: Sequence[tuple[str, str]], encode: Encode, context: int | None = None, names: Sequence[str] | None = None
) -> Encoded:
    """Encode prompts and a continuation of each, a row each.

    Prompt and continuation are encoded apart, so that all continuations of a prompt follow the same tokens.

    Raises:
        ProbeError: if a prompt or continuation gives no token, or they are longer than ``context`` together; the
            message begins with the text's name.
    """
    rows, starts = [], []
    for name, (before, after) in zip(names or ["text"] * len(texts), texts, strict=True):
        prompt = list(encode(before))
        row = prompt + list(encode(after))
        if not prompt or len(row) == len(prompt):
            raise ProbeError(f"{name}: no token in {before + after!r}; is the tokenizer the model's?")
        if context and len(row) > context:
            raise ProbeError(
                f"{name}: {before!r} takes {len(row)} tokens with its answer; give a context of at least {len(row)}"
            )
        rows.append(row)
        starts.append(len(prompt))
    ends = np.array([len(row) for row in rows], dtype=np.int64)
    tokens = np.zeros((len(rows), max(ends, default=0)), dtype=np.int64)
    for filled, row in zip(tokens, rows, strict=True):
        filled[: len(row)] = row
    return Encoded(tokens, np.array(starts, dtype=np.int64), ends)


def log_probabilities(logits: Logits, rows: Encoded) -> NDArray[np.float64]:
    """Log-probability (items, 2), in nats, of the right and the wrong continuation after the prompt."""
    return row_log_probabilities(logits, rows).reshape(-1, 2)


def row_log_probabilities(logits: Logits, rows: Encoded) -> NDArray[np.float64]:
    """Log-probability (rows,), in nats, of each row's continuation after its prompt.

    Nothing follows a row's last token, so the model is not shown it; what it is shown for several rows (a prompt with
    two answers of one token), it is shown once.
    """
    found = np.empty(len(rows.tokens))
    shown: dict[tuple[int, ...], list[int]] = {}
    for row, (tokens, end) in enumerate(zip(rows.tokens, rows.ends, strict=True)):
        shown.setdefault(tuple(tokens[: end - 1].tolist()), []).append(row)
    inputs = sorted(shown, key=len)  # of like length together: little padding
    for part in (inputs[first : first + ROWS] for first in range(0, len(inputs), ROWS)):
        padded = np.zeros((len(part), len(part[-1])), dtype=np.int64)
        for filled, tokens in zip(padded, part, strict=True):
            filled[: len(tokens)] = tokens
        for values, tokens in zip(np.asarray(logits(padded)), part, strict=True):
            for row in shown[tokens]:
                places = np.arange(rows.starts[row], rows.ends[row])
                scores = log_softmax(values[places - 1].astype(np.float64), axis=-1)
                found[row] = scores[np.arange(len(places)), rows.tokens[row, places]].sum()
    return found


def score(items: Sequence[Item], logits: Logits, encode: Encode, context: int | None = None) -> pd.DataFrame:
    """Every item's score; see `scored`.

    Raises:
        ProbeError: see `encoded`.
    """
    return scored(items, log_probabilities(logits, encoded(items, encode, context)))


def scored(items: Sequence[Item], values: NDArray[np.float64]) -> pd.DataFrame:
    """Columns probe, kind, pair, prompt, right and wrong (log-probabilities, nats, as given (items, 2)), and bytes."""
    columns = ["probe", "kind", "pair", "prompt", "right", "wrong", "right_bytes", "wrong_bytes"]
    return pd.DataFrame(
        [
            (
                item.probe,
                item.kind,
                item.pair,
                item.prompt,
                right,
                wrong,
                len(item.right.encode()),
                len(item.wrong.encode()),
            )
            for item, (right, wrong) in zip(items, values, strict=True)
        ],
        columns=columns,
    )


def behaviour(scores: pd.DataFrame) -> pd.DataFrame:
    """Columns probe, metric, value: both accuracies, and the mean margin in nats. A tie counts one half, NaN as NaN."""
    right, wrong = scores["right"], scores["wrong"]
    per_byte = right / scores["right_bytes"] - wrong / scores["wrong_bytes"]
    wide = pd.DataFrame(
        {
            "probe": scores["probe"],
            "accuracy": (1 + np.sign(right - wrong)) / 2,
            "accuracy_per_byte": (1 + np.sign(per_byte)) / 2,
            "margin": right - wrong,
        }
    )
    means = wide.groupby("probe", sort=False)[list(METRICS)].agg(lambda column: column.mean(skipna=False))
    return means.reset_index().melt("probe", METRICS, var_name="metric")


def baselines(probes: Sequence[str]) -> pd.DataFrame:
    """What any model scores that does not look at the prompt: columns probe, metric, value.

    Exact for ``accuracy`` and ``margin``, which mirrored pairs fix; so is ``accuracy_per_byte``, as its sign flips in
    a pair like the others'.
    """
    rows = [(probe, metric, 0.0 if metric == "margin" else CHANCE) for probe in probes for metric in METRICS]
    return pd.DataFrame(rows, columns=["probe", "metric", "value"])
