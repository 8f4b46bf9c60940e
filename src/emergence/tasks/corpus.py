"""The corpus of the language models: questions for all of them, and training tokens for those trained here.

Questions are the seven probe sets and held-out passages, whose loss is that of training.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from tokenizers import Tokenizer

from emergence.config.language import QuestionsBy, TextSettings
from emergence.config.types import Count, Strict
from emergence.errors import EmergenceError
from emergence.io import tables, tensors
from emergence.io.files import replacing, sha256
from emergence.schemas.language import ITEMS
from emergence.schemas.trajectories import BASELINES
from emergence.tasks import language_scores, text
from emergence.tasks.language_probes import Item, all_probes
from emergence.tasks.symbols import PASSAGES
from emergence.tasks.text import Tokens

LEVEL = "all"
"""Probe sets have no levels of difficulty."""
TOKENIZER = "tokenizer"
"""Name of the tokenizer's hash in the file of tokens."""
WORDS = (12, 24)
"""Fewest and most words of a passage: enough for two halves, and short enough for a small context."""


class CorpusSettings(Strict):
    """The text, how questions are grouped, and the number of held-out passages."""

    text: TextSettings
    questions_by: QuestionsBy = "set"
    passages: Count


class CorpusError(EmergenceError):
    """A corpus that cannot be prepared or read; the message names the key or file and the remedy."""


def prepare_corpus(
    settings: CorpusSettings, items_table: Path, baselines_table: Path, tokenizer: Path, tokens: Path
) -> None:
    """Write the questions, their input-independent baselines, and tokenizer and tokens of training.

    Args:
        settings: Text, how questions are grouped, and number of passages.
        items_table: Where ``items``, the questions, is written.
        baselines_table: Where ``baselines`` is written.
        tokenizer: Where the tokenizer is written.
        tokens: Where the tokens of training are written.

    Raises:
        TextError: if the text is too short for the vocabulary.
        CorpusError: if there are fewer passages than asked for, or a question is longer than the context.
    """
    training, held_out = text.split(text.chapters(), settings.text.held_out_every)
    verses = text.verses(held_out)
    probes = all_probes(verses, text.frequent(training, settings.text.frequent))
    if settings.questions_by == "kind":
        probes = by_kind(probes)
    questions = items(probes, passages(verses, settings.passages))
    learned = text.trained_tokenizer(training, settings.text.vocabulary)
    refuse_long(questions, learned, settings.text.context)
    tables.write(ITEMS, questions, items_table)
    tables.write(BASELINES, baselines(list(probes)), baselines_table)
    with replacing(tokenizer) as temporary:
        learned.save(str(temporary))
    save(text.tokens(learned, training), tokenizer, tokens)


def passages(verses: Sequence[str], count: int) -> list[str]:
    """``count`` verses of suitable length, evenly spaced over all of them.

    Raises:
        CorpusError: if there are fewer.
    """
    fit = [verse for verse in verses if WORDS[0] <= len(verse.split()) <= WORDS[1]]
    if count > len(fit):
        raise CorpusError(
            f"language.passages: {count} exceeds the held-out verses of suitable length; allowed: at most {len(fit)}"
        )
    return [fit[place * len(fit) // count] for place in range(count)]


def by_kind(probes: Mapping[str, Sequence[Item]]) -> dict[str, list[Item]]:
    """Each kind of question of each set as a set of its own, called by both names."""
    kinds: dict[str, list[Item]] = {}
    for item in (item for part in probes.values() for item in part):
        name = f"{item.probe}_{item.kind}"
        kinds.setdefault(name, []).append(replace(item, probe=name))
    return kinds


def items(probes: dict[str, list[Item]], passages: Sequence[str]) -> pd.DataFrame:
    """All questions: the items of the probe sets, then passages in two halves."""
    asked = [
        (item.probe, item.kind, item.pair, item.prompt, item.right, item.wrong)
        for part in probes.values()
        for item in part
    ]
    halved = [(PASSAGES, "verse", number, *halves(passage), None) for number, passage in enumerate(passages)]
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
    """Input-independent baselines of each probe set: columns task, level, metric, value."""
    return language_scores.baselines(probes).rename(columns={"probe": "task"}).assign(level=LEVEL)


def refuse_long(questions: pd.DataFrame, tokenizer: Tokenizer, context: int) -> None:
    """Refuse questions that are longer than the context of the ladder.

    Args:
        questions: Table ``items``.
        tokenizer: Of the training text.
        context: In tokens.

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
    """Write the tokens of training, with the hash of their tokenizer.

    Args:
        row: All tokens, one after the other (tokens,).
        tokenizer: File of the tokenizer that gave them.
        path: Where they are written.
    """
    tensors.write(path, {"training": row.astype(np.uint16)}, {TOKENIZER: sha256(tokenizer.read_bytes())})


def load(path: Path) -> Tokens:
    """Read the tokens of training.

    Raises:
        TensorsError: if the file is damaged.
        CorpusError: if it holds something else.
    """
    return _read(path)[0]


def load_tokenizer(path: Path, tokens: Path) -> Tokenizer:
    """Read the tokenizer of training tokens.

    Raises:
        TensorsError: if the file of tokens is damaged.
        CorpusError: if the tokenizer is damaged, or does not belong to the tokens.
    """
    expected = _read(tokens)[1]
    try:
        content = path.read_bytes()
        tokenizer = Tokenizer.from_buffer(content)
    except Exception as error:  # the library raises plain exceptions
        why = " ".join(str(error).split())
        raise CorpusError(f"{path}: not a readable tokenizer ({why}); delete it and run again") from None
    if sha256(content) != expected:
        raise CorpusError(f"{path}: is not the tokenizer whose tokens {tokens.name} holds; delete both and run again")
    return tokenizer


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
