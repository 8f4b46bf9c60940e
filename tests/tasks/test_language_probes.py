"""The seven probe sets and their scores: oracles, models that ignore the prompt, and the design of the items."""

import re
from collections import Counter

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from scipy.special import log_softmax

from emergence.tasks import language_probes as probes
from emergence.tasks import language_scores as scores
from emergence.tasks import language_words as words
from emergence.tasks import text
from emergence.tasks.language_probes import Item
from emergence.tasks.language_scores import ProbeError

PASSAGES = [f"In the {n}th day he went and took with him {n} of the men of the {w}." for n, w in enumerate(words.PLAIN)]
SETS = probes.all_probes(PASSAGES, set(words.PLAIN))
ITEMS = [item for items in SETS.values() for item in items]
VOCABULARY = 256
Book = tuple[list[str], list[str]]


def encode(string: str) -> list[int]:
    """Bytes as tokens: prompts and continuations of many tokens, of different lengths."""
    return list(string.encode())


class Oracle:
    """Prefers, byte by byte, the right continuation of every prompt, or with ``sign`` −1 the wrong one."""

    def __init__(self, items: list[Item], sign: int = 1) -> None:
        self.texts = {item.prompt: item.right if sign > 0 else item.wrong for item in items}

    def __call__(self, tokens: NDArray[np.int64]) -> NDArray[np.float64]:
        logits = np.zeros((*tokens.shape, VOCABULARY))
        for row, filled in zip(tokens, logits, strict=True):
            read = bytes(row.astype(np.uint8)).decode()
            prompt = max((prompt for prompt in self.texts if read.startswith(prompt + " ")), key=len)
            whole = (prompt + self.texts[prompt]).encode()
            for place in range(len(prompt) - 1, min(len(whole) - 1, len(row))):
                filled[place, whole[place + 1]] = 9.0
        return logits


def uniform(tokens: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.zeros((*tokens.shape, VOCABULARY))


def blind(tokens: NDArray[np.int64]) -> NDArray[np.float64]:
    """A unigram model with strong preferences: the same whatever stands before."""
    return np.broadcast_to(np.random.default_rng(1).normal(0, 4, VOCABULARY), (*tokens.shape, VOCABULARY))


def found(logits: scores.Logits, items: list[Item] = ITEMS) -> pd.DataFrame:
    return scores.behaviour(scores.score(items, logits, encode)).pivot(index="probe", columns="metric", values="value")


def test_there_are_seven_sets_of_fitting_size() -> None:
    names = ["syntax", "semantics", "arithmetic", "in_context", "factual", "reasoning", "general"]
    assert list(SETS) == names
    assert all(16 <= len(items) <= 200 for items in SETS.values())
    assert all(item.probe == name for name, items in SETS.items() for item in items)


@pytest.mark.parametrize("name", SETS)
def test_no_prompt_is_repeated_and_sides_differ(name: str) -> None:
    items = SETS[name]
    assert len({item.prompt for item in items}) == len(items)
    for item in items:
        assert not item.right.startswith(item.wrong)
        assert not item.wrong.startswith(item.right)
        assert re.fullmatch(r" \w+", item.right)
        assert re.fullmatch(r" \w+", item.wrong)
        assert item.prompt == item.prompt.strip()


@pytest.mark.parametrize("name", SETS)
def test_items_come_in_mirrored_pairs(name: str) -> None:
    items = SETS[name]
    for first, second in zip(items[::2], items[1::2], strict=True):
        assert (first.right, first.wrong) == (second.wrong, second.right)
        assert (first.pair, first.kind) == (second.pair, second.kind)
    assert sorted(Counter(item.pair for item in items).values()) == [2] * (len(items) // 2)


@pytest.mark.parametrize("name", ["in_context", "reasoning"])
def test_answers_that_are_to_be_found_stand_in_the_prompt(name: str) -> None:
    for item in SETS[name]:
        assert {item.right.strip(), item.wrong.strip()} <= set(re.findall(r"\w+", item.prompt))


@pytest.mark.parametrize("name", ["in_context", "reasoning"])
def test_the_right_answer_is_the_earlier_as_often_as_the_later(name: str) -> None:
    for kind in {item.kind for item in SETS[name]}:
        items = [item for item in SETS[name] if item.kind == kind]
        stories = [re.findall(r"\w+", item.prompt) for item in items]
        firsts = [
            story.index(item.right.strip()) < story.index(item.wrong.strip())
            for story, item in zip(stories, items, strict=True)
        ]
        assert np.mean(firsts) == 0.5, kind


def test_arithmetic_is_right() -> None:
    value = {word: n for n, word in enumerate(words.NUMBERS, start=1)}
    checked = 0
    for item in SETS["arithmetic"]:
        right, wrong = item.right.strip(), item.wrong.strip()
        if match := re.fullmatch(r"(\w+) and (\w+) are", item.prompt):
            assert value[right] == value[match[1]] + value[match[2]] != value[wrong]
        elif match := re.fullmatch(r"(\w+) is (more|less) than", item.prompt):
            more = match[2] == "more"
            assert (value[match[1]] > value[right]) == more == (value[match[1]] < value[wrong])
        elif item.kind == "counting":
            run = [value[word] for word in re.findall(r"\w+", item.prompt)]
            assert run == list(range(value[right] - len(run), value[right]))
        else:
            run = [words.ORDINALS.index(word) for word in re.findall(r"\w+", item.prompt) if word in words.ORDINALS]
            assert run == [words.ORDINALS.index(right) - 2, words.ORDINALS.index(right) - 1]
        checked += 1
    assert checked == len(SETS["arithmetic"])


def test_stories_are_followed() -> None:
    for item in SETS["reasoning"] + SETS["in_context"]:
        right = item.right.strip()
        match item.kind:
            case "transitive":
                a, _, _, c = (
                    re.findall(r"(?:^|, and )(\w+) is greater than (\w+)", item.prompt)[0]
                    + re.findall(r", and (\w+) is greater than (\w+)", item.prompt)[0]
                )
                assert right == (a if item.prompt.endswith("greatest is") else c)
            case "deduction":
                rules = dict(re.findall(r"very son of (\w+) is a (\w+)", item.prompt))
                assert right == rules[re.findall(r"is a son of (\w+)\.", item.prompt)[0]]
            case "two_facts":
                thing = re.findall(r"The (\w+) is in the$", item.prompt)[0]
                owner = {t: who for who, t in re.findall(r"(\w+) took the (\w+)", item.prompt)}[thing]
                places = dict(re.findall(r"(\w+) (?:went )?unto the (\w+)", item.prompt))
                assert right == places[owner]
            case "recall":
                who = re.findall(r"And (\w+) had$", item.prompt)[0]
                assert right == dict(re.findall(r"(\w+) had (\w+)", item.prompt))[who]
            case "indirect_object":
                a, b, giver = re.findall(r"And (\w+) and (\w+) went .* (\w+) gave", item.prompt)[0]
                assert {giver, right} == {a, b}
            case "induction":
                run = item.prompt.split()
                assert right == run[run.index(run[-1]) + 1]


def test_sets_are_the_same_each_time() -> None:
    assert probes.all_probes(PASSAGES, set(words.PLAIN)) == SETS


def test_general_asks_for_known_words_only_and_may_be_empty() -> None:
    assert {item.right.strip() for item in SETS["general"]} <= set(words.PLAIN)
    assert probes.general(PASSAGES, set()) == []
    assert probes.general([], set(words.PLAIN)) == []
    assert probes.general([PASSAGES[0], PASSAGES[0][:-1] + "s."], {"bread", "breads"}) == []
    assert probes.general(["", "One.", "Too short for a king."], {"king", "One"}) == []


@pytest.mark.long
def test_an_oracle_is_always_right_and_its_opposite_never() -> None:
    right, wrong = found(Oracle(ITEMS)), found(Oracle(ITEMS, -1))
    assert len(right) == 7
    assert (right[["accuracy", "accuracy_per_byte"]] == 1).all(axis=None)
    assert (wrong[["accuracy", "accuracy_per_byte"]] == 0).all(axis=None)
    assert (right["margin"] > 5).all()
    assert (wrong["margin"] < -5).all()


@pytest.mark.parametrize("model", [uniform, blind])
def test_a_model_that_ignores_the_prompt_is_exactly_at_chance(model: scores.Logits) -> None:
    values = found(model)
    expected = scores.baselines(list(SETS)).pivot(index="probe", columns="metric", values="value").loc[values.index]
    pd.testing.assert_frame_equal(
        values[["accuracy", "accuracy_per_byte"]], expected[["accuracy", "accuracy_per_byte"]]
    )
    assert np.allclose(values["margin"], expected["margin"], atol=1e-12)


def test_scores_are_the_sums_of_a_plain_loop() -> None:
    table = np.random.default_rng(3).normal(0, 2, (VOCABULARY, VOCABULARY))

    def bigram(tokens: NDArray[np.int64]) -> NDArray[np.float64]:
        return table[tokens]

    log_p = log_softmax(table, axis=1)
    for item, row in zip(ITEMS, scores.score(ITEMS, bigram, encode).itertuples(), strict=True):
        for side, value in ((item.right, row.right), (item.wrong, row.wrong)):
            whole = encode(item.prompt + side)
            start = len(encode(item.prompt))
            assert value == pytest.approx(sum(log_p[whole[i - 1], whole[i]] for i in range(start, len(whole))))


def test_per_byte_scores_divide_by_length() -> None:
    frame = pd.DataFrame({"probe": "p", "right": [-6.0], "wrong": [-4.0], "right_bytes": [6], "wrong_bytes": [2]})
    values = scores.behaviour(frame).set_index("metric")["value"]
    assert values.to_dict() == {"accuracy": 0.0, "accuracy_per_byte": 1.0, "margin": -2.0}


def test_a_diverged_model_scores_nan() -> None:
    def diverged(tokens: NDArray[np.int64]) -> NDArray[np.float64]:
        return np.full((*tokens.shape, VOCABULARY), np.nan)

    assert found(diverged).isna().all(axis=None)
    sides = {"right": [-1.0, np.nan], "wrong": [-2.0, -2.0], "right_bytes": 4, "wrong_bytes": 4}
    assert scores.behaviour(pd.DataFrame({"probe": "p", **sides}))["value"].isna().all(), "one NaN is not left out"


def test_no_items_give_no_rows() -> None:
    table = scores.behaviour(scores.score([], uniform, encode))
    assert list(table.columns) == ["probe", "metric", "value"]
    assert table.empty


def test_prompts_that_do_not_fit_are_named() -> None:
    item = Item("syntax", "number", 0, "And the king", " was", " were")
    with pytest.raises(ProbeError, match=r"^syntax: 'And the king' .*\b16\b.*\bcontext\b.*\b16\b"):
        scores.score([item, item], uniform, encode, context=15)
    assert len(scores.score([item], uniform, encode, context=17)) == 1
    with pytest.raises(ProbeError, match=r"^syntax: .*token.*' was'"):
        scores.score([item], uniform, lambda _: [1])


def test_a_prompt_with_two_answers_of_one_token_is_shown_once() -> None:
    items = [Item("syntax", "number", 0, prompt, " was", " were") for prompt in ("And the king", "And the kings")]
    shown: list[NDArray[np.int64]] = []

    def words_of(string: str) -> list[int]:
        return [1 + ["And", "the", "king", "kings", "was", "were"].index(word) for word in string.split()]

    def logits(tokens: NDArray[np.int64]) -> NDArray[np.float64]:
        shown.extend(tokens)
        return np.sin(np.cumsum(tokens, axis=1)[..., None] * np.arange(1.0, 8.0))

    values = scores.log_probabilities(logits, scores.encode_items(items, words_of))
    assert [row.tolist() for row in shown] == [[1, 2, 3], [1, 2, 4]]
    for total, found in zip((6, 7), values, strict=True):
        expected = log_softmax(np.sin(total * np.arange(1.0, 8.0)))
        assert found == pytest.approx(expected[[5, 6]])


@pytest.fixture(scope="class")
def book() -> tuple[list[str], list[str]]:
    return text.split(text.chapters(), 20)


def test_words_are_frequent_in_training(book: Book) -> None:
    known = text.frequent(book[0], 20)
    for name in ("syntax", "semantics", "arithmetic", "in_context", "reasoning"):
        rare = {word for item in SETS[name] for word in re.findall(r"\w+", item.prompt + item.right)} - known
        assert not rare, name


def test_facts_are_stated_three_times_in_training(book: Book) -> None:
    whole = " ".join(text.verses(book[0])).replace(",", "")
    for item in SETS["factual"]:
        said, unsaid = (whole.count(item.prompt + side) for side in (item.right, item.wrong))
        assert said >= 3 > unsaid, item


@pytest.mark.long
def test_both_sides_have_as_many_tokens(book: Book) -> None:
    tokenizer = text.trained_tokenizer(book[0], 4096)
    held_out = text.verses(book[1])
    sets = probes.all_probes(held_out, text.frequent(book[0], 20))
    assert len(sets["general"]) == 200

    def ids(string: str) -> list[int]:
        return tokenizer.encode(string).ids

    share = {
        name: np.mean([len(ids(item.right)) == len(ids(item.wrong)) for item in items]) for name, items in sets.items()
    }
    assert share.pop("general") > 0.8
    assert share.pop("factual") > 0.85
    assert set(share.values()) == {1.0}
    for items in sets.values():
        rows = scores.encode_items(items, ids, context=64)
        assert [ids(item.prompt + item.right) for item in items] == [
            list(row[:end]) for row, end in zip(rows.tokens[::2], rows.ends[::2], strict=True)
        ], "prompt and answer are encoded apart as they are together"
