"""The corpus of the language models: questions for all of them, and tokens for those that are trained here.

Questions are the seven probe sets, and held-out passages through which a model is measured as a whole.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from tokenizers import Tokenizer

from emergence import tables, tensors
from emergence.errors import EmergenceError
from emergence.files import replacing, sha256
from emergence.schemas.language import ITEMS
from emergence.schemas.trajectories import BASELINES
from emergence.settings.language import CorpusSettings
from emergence.tasks import language_scores, text
from emergence.tasks.language_probes import Item, all_probes
from emergence.tasks.symbols import PASSAGES
from emergence.tasks.text import Tokens

LEVEL = "all"
"""Probe sets have no levels of difficulty."""
TOKENIZER = "tokenizer"
"""What the hash of the tokenizer is called in the file of tokens."""
WORDS = (12, 24)
"""Fewest and most words of a passage: two halves that each say something, and no longer than a short context."""


class CorpusError(EmergenceError):
    """A corpus that cannot be made or read; the message names the key or file and the remedy."""


def make(settings: CorpusSettings, items_table: Path, baselines_table: Path, tokenizer: Path, tokens: Path) -> None:
    """Write the questions, what a blind guess scores, and the tokenizer and tokens of training.

    Raises:
        TextError: if the text is not installed, or too short for the vocabulary.
        CorpusError: if there are fewer passages than asked for, or a question is longer than the context.
    """
    training, held_out = text.split(text.chapters(), settings.text.held_out_every)
    verses = [verse for chapter in held_out for verse in chapter.verses]
    probes = all_probes(verses, text.frequent(training, settings.text.frequent))
    questions = items(probes, passages(verses, settings.passages))
    learned = text.trained_tokenizer(training, settings.text.vocabulary)
    refuse_long(questions, learned, settings.text.context)
    tables.write(ITEMS, questions, items_table)
    tables.write(BASELINES, baselines(list(probes)), baselines_table)
    with replacing(tokenizer) as temporary:
        learned.save(str(temporary))
    save(text.tokens(learned, training), tokenizer, tokens)


def passages(verses: Sequence[str], count: int) -> list[str]:
    """So many verses of fit length, evenly spaced over all that are.

    Raises:
        CorpusError: if there are fewer.
    """
    fit = [verse for verse in verses if WORDS[0] <= len(verse.split()) <= WORDS[1]]
    if count > len(fit):
        raise CorpusError(f"language.passages: {count} are more than the held-out verses of fit length, {len(fit)}")
    return [fit[place * len(fit) // count] for place in range(count)]


def items(probes: dict[str, list[Item]], whole: Sequence[str]) -> pd.DataFrame:
    """All questions: the items of the probe sets, then passages in two halves."""
    asked = [
        (item.probe, item.kind, item.pair, item.prompt, item.right, item.wrong)
        for part in probes.values()
        for item in part
    ]
    halved = [(PASSAGES, "verse", number, *halves(passage), None) for number, passage in enumerate(whole)]
    return pd.DataFrame([*asked, *halved], columns=[name.rstrip("?") for name in ITEMS.columns])


def halves(passage: str) -> tuple[str, str]:
    """The first half of a passage's words, and the rest with its leading blank.

    >>> halves("And God said, Let there be light")
    ('And God said,', ' Let there be light')
    """
    words = passage.split(" ")
    middle = len(words) // 2
    return " ".join(words[:middle]), " " + " ".join(words[middle:])


def baselines(probes: Sequence[str]) -> pd.DataFrame:
    """What a blind guess scores in each probe set: columns task, level, metric, value."""
    found = language_scores.baselines(probes).rename(columns={"probe": "task"})
    return found.assign(level=LEVEL)


def refuse_long(questions: pd.DataFrame, tokenizer: Tokenizer, context: int) -> None:
    """Refuse questions of which a model of the ladder would not read the end.

    Raises:
        CorpusError: if a prompt and either continuation are longer than the context.
    """
    prompts, right = (_lengths(tokenizer, questions[side]) for side in ("prompt", "right"))
    wrong = _lengths(tokenizer, questions["wrong"].fillna(""))
    lengths = prompts + np.maximum(right, wrong)
    if (most := int(lengths.max(initial=0))) > context:
        asked = questions["prompt"].iloc[int(lengths.argmax())]
        raise CorpusError(
            f"language.text.context: {context} tokens are fewer than {asked!r} takes; allowed: {most} and more"
        )


def _lengths(tokenizer: Tokenizer, texts: pd.Series) -> NDArray[np.int64]:
    encoded = tokenizer.encode_batch(list(texts), add_special_tokens=False)
    return np.array([len(one.ids) for one in encoded], dtype=np.int64)


def save(row: Tokens, tokenizer: Path, path: Path) -> None:
    """Write the tokens of training, with the hash of the tokenizer whose they are."""
    tensors.write(path, {"training": row.astype(np.uint16)}, {TOKENIZER: sha256(tokenizer.read_bytes())})


def load(path: Path) -> Tokens:
    """Read the tokens of training.

    Raises:
        TensorsError: if the file is damaged.
        CorpusError: if it holds something else.
    """
    return _read(path)[0]


def load_tokenizer(path: Path, tokens: Path) -> Tokenizer:
    """Read the tokenizer of training, whose the tokens are.

    Raises:
        TensorsError: if the file of tokens is damaged.
        CorpusError: if the tokenizer is, or it is another.
    """
    expected = _read(tokens)[1]
    try:
        content = path.read_bytes()
        found = Tokenizer.from_buffer(content)
    except Exception as error:  # the library raises plain exceptions
        why = " ".join(str(error).split())
        raise CorpusError(f"{path}: no readable tokenizer ({why}); delete it and run again") from None
    if sha256(content) != expected:
        raise CorpusError(f"{path}: is not the tokenizer whose tokens {tokens.name} holds; delete both and run again")
    return found


def _read(path: Path) -> tuple[Tokens, str]:
    """Tokens of training, and the hash of their tokenizer."""
    arrays, about = tensors.read(path)
    try:
        return arrays["training"].astype(np.int64), about[TOKENIZER]
    except KeyError as error:
        raise CorpusError(f"{path}: no tokens of training ({error}); delete it and run again") from None


def load_items(path: Path) -> tuple[list[Item], list[tuple[str, str]]]:
    """Read the questions: items of the probe sets, and passages in two halves.

    Raises:
        TableError: if the file is damaged.
    """
    questions = tables.read(ITEMS, path)
    of_text = questions["wrong"].isna()
    asked = [Item(**row) for row in questions[~of_text].to_dict("records")]
    halved = questions.loc[of_text, ["prompt", "right"]].itertuples(index=False, name=None)
    return asked, list(halved)
