"""Prompts and continuations are tokens of one text, whatever a tokenizer does between words."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.special import log_softmax
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

from emergence.tasks import language_scores as scores
from emergence.tasks import text
from emergence.tasks.language_probes import Item, all_probes
from emergence.tasks.language_scores import ProbeError

TEXT = ["the king went up to the hill and saw the sea", "and the sea was calm when the king came down"] * 4


def encoder(tokenizer: Tokenizer) -> scores.Encode:
    return lambda string: tokenizer.encode(string, add_special_tokens=False).ids


def llama() -> Tokenizer:
    """Puts a blank before every text, so that a continuation alone would get a second one."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>"))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("\u2581"), normalizers.Replace(" ", "\u2581")])
    tokenizer.pre_tokenizer = pre_tokenizers.Split("\u2581", "merged_with_next")
    tokenizer.train_from_iterator(
        TEXT, trainers.BpeTrainer(vocab_size=60, special_tokens=["<unk>"], show_progress=False)
    )
    return tokenizer


def test_a_tokenizer_that_begins_each_text_with_a_blank_puts_none_before_a_continuation() -> None:
    tokenizer = llama()
    encode = encoder(tokenizer)
    rows = scores.encode_items([Item("p", "k", 0, "the king went up to the", " hill", " sea")], encode)
    prompt = encode("the king went up to the")
    for row, side in enumerate((" hill", " sea")):
        assert list(rows.tokens[row, : rows.ends[row]]) == encode("the king went up to the" + side)
        assert rows.starts[row] == len(prompt)
    assert encode(" hill") != encode("the hill")[len(encode("the")) :], "encoded apart it would be another token"


def pairs(string: str) -> list[int]:
    """Two characters are one token, from the beginning: what ends a prompt merges with what follows."""
    return [int.from_bytes(string[place : place + 2].encode(), "big") % 9973 for place in range(0, len(string), 2)]


def test_both_sides_of_an_item_start_at_the_first_token_in_which_either_differs_from_the_prompt() -> None:
    """The prompt ends in half a token: one side completes it, the other leaves it as it is."""

    def encode(string: str) -> list[int]:
        words = {"a": 1, "b": 2, "ab": 3, "c": 4}
        cut = [word for word in string.replace("ab", "*").replace("*", "|ab|").split("|") if word]
        return [words[letter] for word in cut for letter in ([word] if word == "ab" else word)]

    rows = scores.encode_items([Item("p", "k", 0, "ca", "b", "c")], encode)
    assert rows.tokens.tolist() == [[4, 3, 0], [4, 1, 4]]
    assert rows.starts.tolist() == [1, 1]
    table = np.random.default_rng(0).normal(size=(5, 5))

    def bigram(tokens: NDArray[np.int64]) -> NDArray[np.float64]:
        return table[tokens]

    log_p = log_softmax(table, axis=1)
    (values,) = scores.log_probabilities(bigram, rows)
    assert values == pytest.approx([log_p[4, 3], log_p[4, 1] + log_p[1, 4]])


@given(prompt=st.text("abc", min_size=3), continuation=st.text("abc", min_size=2))
def test_tokens_are_those_of_the_text_and_begin_with_those_of_the_prompt(prompt: str, continuation: str) -> None:
    tokens, start = scores.encode_continuation("p", prompt, continuation, pairs)
    assert tokens == pairs(prompt + continuation)
    assert tokens[:start] == pairs(prompt)[:start]
    assert start >= len(prompt) // 2


@pytest.mark.parametrize(("prompt", "continuation"), [("", "ab"), ("ab", ""), ("a", "b")])
def test_a_text_without_a_token_of_its_own_is_refused(prompt: str, continuation: str) -> None:
    with pytest.raises(ProbeError, match=r"^mine: .*token"):
        scores.encode_continuation("mine", prompt, continuation, pairs)


def test_in_this_projects_tokenizer_prompt_and_continuation_never_merge() -> None:
    """So the tokens are those of the two parts one after the other."""
    training, held_out = text.split(text.chapters(), 20)
    encode = encoder(text.trained_tokenizer(training[:50], 600))
    for items in all_probes(text.verses(held_out), text.frequent(training, 20)).values():
        rows = scores.encode_items(items, encode)
        sides = [(item.prompt, side) for item in items for side in (item.right, item.wrong)]
        for row, (prompt, side) in enumerate(sides):
            assert list(rows.tokens[row, : rows.ends[row]]) == encode(prompt) + encode(side)
            assert rows.starts[row] == len(encode(prompt))


def test_a_row_matches_if_each_of_its_tokens_is_the_most_likely() -> None:
    def successor(tokens: NDArray[np.int64]) -> NDArray[np.float64]:
        return np.eye(300)[tokens + 1]

    texts = [("ab", "cd"), ("ab", "ce"), ("xyz", "{")]
    for batch in (1, 2, 32):
        rows = scores.encode_texts(texts, lambda string: list(string.encode()))
        assert scores.row_matches(successor, rows, batch).tolist() == [1, 0, 1]
        assert np.isnan(scores.row_matches(lambda tokens: np.nan * successor(tokens), rows, batch)).all()
