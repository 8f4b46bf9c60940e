"""Scores of a language model on a probe set: how often, and by how much, it prefers the right continuation.

Works with any model and any tokenizer, both as plain functions. The log-probability of a continuation is the sum over
its tokens after the prompt, in the tokens of the text as a whole. The primary accuracy compares these sums directly:
items are mirrored, so a bias towards shorter continuations cancels. The other accuracy divides them by the bytes of the
continuation (not by its tokens, whose number depends on the tokenizer), to show the effect of length.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

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
ROWS = 32  # scored at a time; logits of a large vocabulary dominate memory


class ProbeError(EmergenceError):
    """Probes that do not fit a model; the message names the item and the remedy."""


@dataclass(frozen=True)
class Encoded:
    """Continuations of prompts as rows of tokens, padded at the end; row 2i is the right one of item i."""

    tokens: NDArray[np.int64]
    """(rows, length)"""
    starts: NDArray[np.int64]
    """first token of the continuation (rows,)"""
    ends: NDArray[np.int64]
    """one past its last token (rows,)"""


def encode_items(items: Sequence[Item], encode: Encode, context: int | None = None) -> Encoded:
    """Encode both continuations of items; see `encode_texts`.

    Both of an item start at the same token, the first at which either differs from its prompt: if a tokenizer merges
    the end of the prompt with one continuation, what is compared is still the probability of the two texts.

    Args:
        items: Of probe sets.
        encode: From text to tokens.
        context: Largest number of tokens of a prompt with its continuation; any if None.

    Raises:
        ProbeError: see `encode_texts`.
    """
    sides = [(item.prompt, side) for item in items for side in (item.right, item.wrong)]
    names = [item.probe for item in items for _ in range(2)]
    rows = encode_texts(sides, encode, context, names)
    return replace(rows, starts=rows.starts.reshape(-1, 2).min(axis=1).repeat(2))


def encode_texts(
    texts: Sequence[tuple[str, str]], encode: Encode, context: int | None = None, names: Sequence[str] | None = None
) -> Encoded:
    """Encode prompts and a continuation of each, a row each; see `encode_continuation`.

    Args:
        texts: Each prompt with its continuation.
        encode: From text to tokens.
        context: Largest number of tokens of a prompt with its continuation; any if None.
        names: Of the texts, for the error; ``text`` if None.

    Raises:
        ProbeError: if a prompt or continuation gives no token, or they are longer than ``context`` together; the
            message begins with the text's name.
    """
    rows, starts = [], []
    for name, (prompt, continuation) in zip(names or ["text"] * len(texts), texts, strict=True):
        row, start = encode_continuation(name, prompt, continuation, encode)
        if context and len(row) > context:
            raise ProbeError(
                f"{name}: {prompt!r} takes {len(row)} tokens with its answer; give a context of at least {len(row)}"
            )
        rows.append(row)
        starts.append(start)
    ends = np.array([len(row) for row in rows], dtype=np.int64)
    tokens = np.zeros((len(rows), max(ends, default=0)), dtype=np.int64)
    for filled, row in zip(tokens, rows, strict=True):
        filled[: len(row)] = row
    return Encoded(tokens, np.array(starts, dtype=np.int64), ends)


def encode_continuation(name: str, prompt: str, continuation: str, encode: Encode) -> tuple[list[int], int]:
    """Tokens of a prompt with its continuation as one text, and the number of those before the continuation.

    These are the tokens shared with the prompt alone. If the tokenizer merges the end of the prompt with the beginning
    of the continuation, the merged token belongs to the continuation, as a model would predict it.

    >>> words = {"a": 0, "b": 1, "ab": 2}
    >>> pairs = lambda text: [words[text[place : place + 2]] for place in range(0, len(text), 2)]
    >>> encode_continuation("probe", "abab", "b", pairs), encode_continuation("probe", "aba", "b", pairs)
    (([2, 2, 1], 2), ([2, 2], 1))

    Args:
        name: Of the text, for the error.
        prompt: What comes before the continuation.
        continuation: With its leading blank, if it has one.
        encode: From text to tokens.

    Raises:
        ProbeError: if no token is left for the prompt or for the continuation; the message begins with ``name``.
    """
    alone, tokens = encode(prompt), list(encode(prompt + continuation))
    differing = (place for place, (one, other) in enumerate(zip(alone, tokens, strict=False)) if one != other)
    start = next(differing, min(len(alone), len(tokens)))
    if not 0 < start < len(tokens):
        raise ProbeError(
            f"{name}: no token of its own for {continuation if start else prompt!r} in {prompt + continuation!r}; "
            "write both in full"
        )
    return tokens, start


def log_probabilities(logits: Logits, rows: Encoded) -> NDArray[np.float64]:
    """Log-probability (items, 2), in nats, of the right and the wrong continuation after the prompt."""
    return row_log_probabilities(logits, rows).reshape(-1, 2)


def row_log_probabilities(logits: Logits, rows: Encoded, batch: int = ROWS) -> NDArray[np.float64]:
    """Log-probability (rows,), in nats, of each row's continuation after its prompt, ``batch`` inputs at a time.

    Args:
        logits: The model, from tokens to logits.
        rows: Prompts with their continuations.
        batch: Inputs of the model in one call.
    """
    log_p = np.empty(len(rows.tokens))
    for row, targets, values in _continuation_logits(logits, rows, batch):
        scores = log_softmax(values.astype(np.float64), axis=-1)
        log_p[row] = scores[np.arange(len(targets)), targets].sum()
    return log_p


def row_matches(logits: Logits, rows: Encoded, batch: int = ROWS) -> NDArray[np.float64]:
    """Whether the most likely token is the right one throughout each row's continuation (rows,), NaN if undefined.

    Args:
        logits: The model, from tokens to logits.
        rows: Prompts with their continuations.
        batch: Inputs of the model in one call.
    """
    matches = np.empty(len(rows.tokens))
    for row, targets, values in _continuation_logits(logits, rows, batch):
        matches[row] = np.nan if np.isnan(values).any() else (values.argmax(axis=-1) == targets).all()
    return matches


def _continuation_logits(
    logits: Logits, rows: Encoded, batch: int
) -> Iterator[tuple[int, NDArray[np.int64], NDArray[np.floating]]]:
    """Number of each row, the tokens of its continuation, and the logits (tokens, vocabulary) that predict them.

    The model is not shown a row's last token, as nothing is predicted from it; inputs that several rows share (a prompt
    with two answers of one token) are computed once.
    """
    shown: dict[tuple[int, ...], list[int]] = {}
    for row, (tokens, end) in enumerate(zip(rows.tokens, rows.ends, strict=True)):
        shown.setdefault(tuple(tokens[: end - 1].tolist()), []).append(row)
    inputs = sorted(shown, key=len)  # of like length together: little padding
    for part in (inputs[first : first + batch] for first in range(0, len(inputs), batch)):
        padded = np.zeros((len(part), len(part[-1])), dtype=np.int64)
        for filled, tokens in zip(padded, part, strict=True):
            filled[: len(tokens)] = tokens
        for values, tokens in zip(np.asarray(logits(padded)), part, strict=True):
            for row in shown[tokens]:
                places = np.arange(rows.starts[row], rows.ends[row])
                yield row, rows.tokens[row, places], values[places - 1]


def score(items: Sequence[Item], logits: Logits, encode: Encode, context: int | None = None) -> pd.DataFrame:
    """Every item's score; see `item_scores`.

    Args:
        items: Of probe sets.
        logits: The model, from tokens to logits.
        encode: Of the model's tokenizer, from text to tokens.
        context: Largest number of tokens of a prompt with its continuation; any if None.

    Raises:
        ProbeError: see `encode_texts`.
    """
    return item_scores(items, log_probabilities(logits, encode_items(items, encode, context)))


def item_scores(items: Sequence[Item], values: NDArray[np.float64]) -> pd.DataFrame:
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
    """Input-independent baseline of each metric: columns probe, metric, value.

    Exact for ``accuracy`` and ``margin``, which mirrored pairs fix; so is ``accuracy_per_byte``, as its sign flips in
    a pair like the others'.
    """
    rows = [(probe, metric, 0.0 if metric == "margin" else CHANCE) for probe in probes for metric in METRICS]
    return pd.DataFrame(rows, columns=["probe", "metric", "value"])
