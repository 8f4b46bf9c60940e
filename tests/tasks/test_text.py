"""The text and its tokens: the whole book, a fixed split, tokens that give the text back, batches by step."""

from pathlib import Path

import numpy as np
import pytest

from emergence.tasks import text
from emergence.tasks.text import Batches, TextError

SMALL = [
    "\n".join(f"And the king said unto {name}, Go {number}." for name in ("Saul", "David", "Joab"))
    for number in range(1, 9)
]
NUMBERS = np.arange(1000)


@pytest.fixture(scope="module")
def book() -> list[str]:
    return text.chapters()


def test_the_book_is_whole(book: list[str]) -> None:
    assert (len(book), len(text.verses(book))) == (1189, 31102)
    assert text.verses(book)[0] == "In the beginning God created the heaven and the earth."
    assert text.verses(book)[-1] == "The grace of our Lord Jesus Christ be with you all. Amen."
    assert not any(mark in chapter for chapter in book for mark in "[]")
    assert all(verse == " ".join(verse.split()) != "" for verse in text.verses(book))


def test_a_twentieth_is_held_out(book: list[str]) -> None:
    training, held_out = text.split(book, 20)
    assert (len(training), len(held_out)) == (1130, 59)
    assert set(training).isdisjoint(held_out)


@pytest.mark.long
def test_tokens_of_the_book_give_it_back(book: list[str]) -> None:
    training, held_out = text.split(book, 20)
    tokenizer = text.trained_tokenizer(training, 4096)
    for chapter in held_out[:5]:
        assert tokenizer.decode(tokenizer.encode(chapter).ids) == chapter
    assert len(text.tokens(tokenizer, held_out)) == pytest.approx(51_000, rel=0.01)


def test_frequent_words_are_counted_in_all_chapters() -> None:
    assert text.frequent(SMALL, 24) == {"And", "the", "king", "said", "unto", "Go"}
    assert "Saul" in text.frequent(SMALL, 8)
    assert "Saul" not in text.frequent(SMALL, 9)


def test_tokenizer_knows_every_byte_and_is_the_same_each_time() -> None:
    tokenizer = text.trained_tokenizer(SMALL, 290)
    assert tokenizer.get_vocab_size() == 290
    assert tokenizer.token_to_id(text.END) == 0
    odd = "naïve ☃ \t 12?"
    assert tokenizer.decode(tokenizer.encode(odd).ids) == odd
    assert tokenizer.to_str() == text.trained_tokenizer(SMALL, 290).to_str()
    with pytest.raises(TextError, match=r"vocabulary: .*\b4000\b.*allowed: at most \d{3}$"):
        text.trained_tokenizer(SMALL, 4000)


def test_every_chapter_ends_with_the_end_of_text() -> None:
    tokenizer = text.trained_tokenizer(SMALL, 290)
    row = text.tokens(tokenizer, SMALL)
    assert (row == 0).sum() == len(SMALL)
    assert row[-1] == 0
    assert tokenizer.decode(row, skip_special_tokens=True) == "".join(SMALL)


def test_saved_tokenizer_is_read_by_transformers(tmp_path: Path) -> None:
    from transformers import AutoTokenizer

    tokenizer = text.trained_tokenizer(SMALL, 290)
    text.save_tokenizer(tokenizer, tmp_path)
    read = AutoTokenizer.from_pretrained(tmp_path)
    assert read("And the king").input_ids == tokenizer.encode("And the king").ids
    assert (read.bos_token_id, read.eos_token_id) == (0, 0)


def test_windows_predict_each_token_once() -> None:
    found = text.windows(NUMBERS, 64, start=10)
    assert found.shape == (15, 65)
    assert (found[:, 1:].ravel() == np.arange(11, 11 + 15 * 64)).all()
    assert (found[:, :-1] + 1 == found[:, 1:]).all()
    assert text.windows(NUMBERS[:5], 64).shape == (0, 65)


def test_batches_are_a_function_of_seed_and_step() -> None:
    batches, again = Batches(NUMBERS, 10, 4, seed=7), Batches(NUMBERS, 10, 4, seed=7)
    backwards = {step: again(step) for step in reversed(range(60))}
    assert all((batches(step) == backwards[step]).all() for step in range(60))
    assert any((batches(step) != Batches(NUMBERS, 10, 4, seed=8)(step)).any() for step in range(5))


def test_an_epoch_has_no_window_twice_and_the_next_is_another() -> None:
    batches = Batches(NUMBERS, 10, 4, seed=7)
    assert batches.per_epoch == 24
    epochs = [np.concatenate([batches(24 * epoch + step) for step in range(24)]) for epoch in range(2)]
    for epoch in epochs:
        assert epoch.shape == (96, 11)
        assert len(np.unique(epoch[:, 1:])) == 960
        assert (np.diff(epoch) == 1).all()
    assert (epochs[0] != epochs[1]).any()


@pytest.mark.parametrize("length", [53, 54, 60, 99, 100])
def test_batches_are_full_whatever_the_length(length: int) -> None:
    batches = Batches(NUMBERS[:length], 10, 4, seed=1)
    assert all(batches(step).shape == (4, 11) for step in range(50))


def test_text_shorter_than_a_batch_is_refused() -> None:
    with pytest.raises(TextError, match=r"batch: 4\b.*\b10\b.*\b49\b"):
        Batches(NUMBERS[:49], 10, 4, seed=1)
