"""Real English text and its tokens: the King James Bible, which is shipped with this package.

Every n-th chapter is held out: whole chapters, so that no held-out verse stands between verses of training. Some
passages of the book stand in it twice, so held-out loss is a little too good.

Tokens are those of a byte-level BPE learned from the training chapters, as Pythia's are of its own text. Single bytes
would make sequences four times as long for the same words, and an answer several decisions in place of one.
"""

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from emergence.errors import EmergenceError
from emergence.io.files import read_asset

SHA256 = "5adfd0a016ceb1a1b87a4dae9257d1bebe203314956f059b6786e732cb11f932"
"""Of the whole text, with an empty line between chapters."""
END = "<|endoftext|>"
"""Stands behind every chapter; token 0, as in Pythia."""

Tokens = NDArray[np.int64]


class TextError(EmergenceError):
    """Text that is too short; the message names the key and the remedy."""


def chapters() -> list[str]:
    """All chapters in the order of the book, with a line for each verse."""
    return read_asset("kjv.txt", SHA256).split("\n\n")


def verses(book: Sequence[str]) -> list[str]:
    """All verses of some chapters."""
    return [verse for chapter in book for verse in chapter.split("\n")]


def split(book: Sequence[str], held_out_every: int) -> tuple[list[str], list[str]]:
    """Chapters of training, and those held out: the last of each ``held_out_every`` in a row.

    >>> split(["one", "two", "three", "four", "five", "six"], 3)
    (['one', 'two', 'four', 'five'], ['three', 'six'])
    """
    held = [place % held_out_every == held_out_every - 1 for place in range(len(book))]
    training = [chapter for chapter, out in zip(book, held, strict=True) if not out]
    return training, [chapter for chapter, out in zip(book, held, strict=True) if out]


def frequent(book: Sequence[str], least: int) -> set[str]:
    """Words that occur at least ``least`` times."""
    counts = Counter(word for chapter in book for word in re.findall(r"[A-Za-z]+", chapter))
    return {word for word, count in counts.items() if count >= least}


def trained_tokenizer(book: Sequence[str], vocabulary: int) -> Tokenizer:
    """A byte-level BPE of ``vocabulary`` tokens learned from chapters, END first; no text is foreign to it.

    Raises:
        TextError: if the text is too short for so many tokens.
    """
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary, special_tokens=[END], initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(book, trainer)
    if (size := tokenizer.get_vocab_size()) != vocabulary:
        raise TextError(f"vocabulary: the text gives {size} tokens, not {vocabulary}; allowed: at most {size}")
    return tokenizer


def save_tokenizer(tokenizer: Tokenizer, folder: Path) -> None:
    """Write the tokenizer into a checkpoint's folder, in the layout that transformers reads."""
    from transformers import PreTrainedTokenizerFast

    wrapped = PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token=END, eos_token=END, unk_token=END)
    wrapped.save_pretrained(folder)


def tokens(tokenizer: Tokenizer, book: Sequence[str]) -> Tokens:
    """All chapters as one row of tokens, END behind each."""
    end = tokenizer.token_to_id(END)
    encoded = tokenizer.encode_batch(list(book), add_special_tokens=False)
    return np.array([token for chapter in encoded for token in (*chapter.ids, end)], dtype=np.int64)


def windows(text: Tokens, context: int, start: int = 0) -> Tokens:
    """Sequences (windows, context + 1) that follow each other from ``start``, each target predicted once.

    Args:
        text: One row of tokens.
        context: Tokens that are predicted in each window.
        start: Place of the first token.

    >>> windows(np.arange(8), 3)
    array([[0, 1, 2, 3],
           [3, 4, 5, 6]])
    """
    count = max(0, (len(text) - start - 1) // context)
    return text[start + np.arange(count)[:, None] * context + np.arange(context + 1)]


class Batches:
    """Training batches (batch, context + 1), a pure function of (seed, step).

    An epoch holds every window once, in an order and from a first token of its own.
    """

    def __init__(self, text: Tokens, context: int, batch: int, seed: int) -> None:
        """Raises TextError if the text is shorter than a batch."""
        self.text, self.context, self.batch, self.seed = text, context, batch, seed
        self.per_epoch = (len(text) - context) // context // batch  # whatever the first token is
        if self.per_epoch < 1:
            raise TextError(f"batch: {batch} sequences of {context} tokens are more than the text, {len(text)} tokens")
        self._epoch, self._order = -1, text[:0, None]

    def __call__(self, step: int) -> Tokens:
        """Batch of optimiser step ``step`` (0-based)."""
        epoch, place = divmod(step, self.per_epoch)
        if epoch != self._epoch:
            rng = np.random.default_rng([self.seed, epoch])
            sequences = windows(self.text, self.context, int(rng.integers(self.context)))
            self._epoch, self._order = epoch, rng.permutation(sequences)
        return self._order[place * self.batch : (place + 1) * self.batch]
