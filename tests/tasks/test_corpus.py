"""The corpus: questions that fit, passages that are new to the models, tokens of training chapters and no others."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, models

from emergence.config.language import TextSettings
from emergence.errors import EmergenceError
from emergence.io import tables, tensors
from emergence.schemas.language import ITEMS
from emergence.schemas.trajectories import BASELINES
from emergence.tasks import corpus, text
from emergence.tasks.corpus import CorpusError, CorpusSettings
from emergence.tasks.language_probes import FIXED, Item, all_probes

SETS = {*FIXED, "general"}
PATHS = ("items.parquet", "baselines.parquet", "tokenizer.json", "tokens.safetensors")


def settings(context: int = 96, passages: int = 40) -> CorpusSettings:
    words = TextSettings(held_out_every=20, vocabulary=1024, context=context, batch=2, frequent=20)
    return CorpusSettings(text=words, passages=passages)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The corpus of the first 200 chapters, which the tests take for the book."""
    folder, book = tmp_path_factory.mktemp("corpus"), text.chapters()[:200]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text, "chapters", lambda: book)
        corpus.prepare_corpus(settings(), *(folder / name for name in PATHS))
        yield folder


@pytest.mark.long
def test_questions_are_the_seven_sets_and_the_passages(made: Path) -> None:
    questions = tables.read(ITEMS, made / "items.parquet")
    assert set(questions["probe"]) == {*SETS, "text"}
    assert (questions["wrong"].isna() == (questions["probe"] == "text")).all()
    assert (questions["probe"] == "text").sum() == 40
    items, passages = corpus.load_items(made / "items.parquet")
    training, held_out = text.split(text.chapters(), 20)
    verses = text.verses(held_out)
    assert items == [item for part in all_probes(verses, text.frequent(training, 20)).values() for item in part]
    read = set(text.verses(training))
    whole = [before + after for before, after in passages]
    assert set(whole) <= set(verses)
    assert len(set(whole) - read) > 38, "some verses stand in the book twice, not many"
    assert all(abs(len(before.split()) - len(after.split())) <= 1 for before, after in passages)


def test_tokens_are_those_of_the_training_chapters(made: Path) -> None:
    row = corpus.load(made / "tokens.safetensors")
    tokenizer = corpus.load_tokenizer(made / "tokenizer.json", made / "tokens.safetensors")
    assert tokenizer.get_vocab_size() == 1024
    training, _ = text.split(text.chapters(), 20)
    ends = np.flatnonzero(row == tokenizer.token_to_id(text.END))
    assert len(ends) == len(training)
    assert tokenizer.decode(row[: ends[0]]) == training[0]
    assert tokenizer.decode(row[ends[-2] + 1 : ends[-1]]) == training[-1]


def test_baselines_are_those_of_the_probe_sets(made: Path) -> None:
    rows = tables.read(BASELINES, made / "baselines.parquet")
    assert set(rows["task"]) == SETS
    assert set(rows["level"]) == {"all"}
    assert (rows.loc[rows["metric"] == "accuracy", "value"] == 0.5).all()


def test_kinds_of_questions_can_take_the_place_of_sets() -> None:
    """Chance stays one half: the two items of a mirrored pair are of one kind."""
    sets = {name: make() for name, make in FIXED.items()}
    kinds = corpus.by_kind(sets)
    assert len(kinds) == 21
    assert {name for name in kinds if name.startswith("syntax")} == {
        f"syntax_{kind}" for kind in ("number", "determiner", "gender", "anaphor", "person")
    }
    moved = [item for items in kinds.values() for item in items]
    assert sorted(item.prompt for item in moved) == sorted(item.prompt for items in sets.values() for item in items)
    for name, items in kinds.items():
        assert {item.probe for item in items} == {name}
        assert all(one.pair == other.pair for one, other in zip(items[::2], items[1::2], strict=True)), name


def test_a_question_longer_than_the_context_names_the_key_and_what_would_do(made: Path, tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"^language\.text\.context: 20 .*; allowed: \d+ and more$") as error:
        corpus.prepare_corpus(settings(context=20), *(tmp_path / name for name in PATHS))
    assert not list(tmp_path.iterdir())
    least = int(str(error.value).split()[-3])
    tokenizer = corpus.load_tokenizer(made / "tokenizer.json", made / "tokens.safetensors")
    items, passages = corpus.load_items(made / "items.parquet")
    sides = [(item.prompt, side) for item in items for side in (item.right, item.wrong)] + passages
    lengths = [sum(len(tokenizer.encode(part).ids) for part in side) for side in sides]
    assert least == max(lengths)


def test_either_continuation_must_fit() -> None:
    tokenizer = text.trained_tokenizer(["And the king."], 257)  # a token a byte
    asked = {"syntax": [Item("syntax", "number", 0, "And", " was", " were not")]}
    for questions, least in ((corpus.items(asked, []), 12), (corpus.items({}, ["And the king"]), 12)):
        corpus.refuse_long(questions, tokenizer, least)
        with pytest.raises(CorpusError, match=rf"'And'.*allowed: {least}\b"):
            corpus.refuse_long(questions, tokenizer, least - 1)


def test_more_passages_than_there_are_name_the_key() -> None:
    with pytest.raises(CorpusError, match=r"^language\.passages: 3 .* at most 2$"):
        corpus.passages(["word " * 14, "too short", "word " * 20], 3)


@given(st.integers(1, 200), st.data())
def test_passages_are_evenly_spaced_and_of_fit_length(fit: int, data: st.DataObject) -> None:
    count = data.draw(st.integers(1, fit))
    verses = [f"{number} " + "word " * 15 for number in range(fit)]
    mixed = [line for verse in verses for line in (verse, "short", "long " * 40)]
    found = corpus.passages(mixed, count)
    places = np.array([verses.index(passage) for passage in found])
    assert len(set(places)) == count
    assert (np.abs(np.diff(places) - fit / count) < 1).all()


@given(st.lists(st.text("ab.,", min_size=1, max_size=4), min_size=2, max_size=30))
def test_halves_give_the_passage_back(words: list[str]) -> None:
    passage = " ".join(words)
    before, after = corpus.halves(passage)
    assert before + after == passage
    assert after.startswith(" ")
    assert 0 <= len(after.split()) - len(before.split()) <= 1


@pytest.fixture
def few(tmp_path: Path) -> tuple[Path, Path]:
    """A tokenizer and a few tokens."""
    Tokenizer(models.WordLevel({"a": 0, "b": 1}, "a")).save(str(tmp_path / "tokenizer.json"))
    corpus.save(np.arange(2), tmp_path / "tokenizer.json", tmp_path / "tokens")
    return tmp_path / "tokenizer.json", tmp_path / "tokens"


def refused(read: Callable[..., object], *paths: Path) -> str:
    with pytest.raises(EmergenceError) as error:
        read(*paths)
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize("content", [b"", b"{}", b"nothing"])
def test_damaged_files_end_in_one_line(content: bytes, few: tuple[Path, Path]) -> None:
    tokenizer, tokens = few
    corpus.load_tokenizer(*few)
    tokenizer.write_bytes(content)
    assert re.fullmatch(
        rf"{tokenizer}: not a readable tokenizer \(.*\); delete it and run again", refused(corpus.load_tokenizer, *few)
    )
    tokens.write_bytes(content)
    for said in (refused(corpus.load, tokens), refused(corpus.load_tokenizer, *few)):
        assert re.fullmatch(rf"{tokens}: not a readable .*; delete it and run again", said)


def test_a_tokenizer_whose_tokens_are_not_those_is_refused(few: tuple[Path, Path]) -> None:
    tokenizer, _ = few
    tokenizer.write_text(tokenizer.read_text().replace('"b"', '"c"'))
    assert refused(corpus.load_tokenizer, *few) == (
        f"{tokenizer}: is not the tokenizer whose tokens tokens holds; delete both and run again"
    )


def test_tensors_that_are_no_tokens_are_refused(few: tuple[Path, Path]) -> None:
    tensors.write(few[1], {"training": np.arange(2)})
    for said in (refused(corpus.load, few[1]), refused(corpus.load_tokenizer, *few)):
        assert said == f"{few[1]}: no tokens of training ('tokenizer'); delete it and run again"
