from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emergence.tasks import TASKS, Task, TaskLevel, symbols, vocabulary
from emergence.tasks.algorithmic import LENGTH, Tokens
from emergence.tasks.vocabulary import decode

LEVELS = {
    "COPY": ["1", "4", "16"],
    "REV": ["1", "5", "16"],
    "SORT": ["1", "6", "16"],
    "CMP": ["1", "3", "9"],
    "PAR": ["1", "7", "16"],
    "ADD": ["1", "2", "5", "9"],
    "MOD": ["2", "5", "10", "11", "97", "100", "101", "999"],
    "MUL": ["1x1", "1x3", "2x1", "2x2", "4x4"],
}
SEEDS = st.integers(0, 2**32 - 1)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give ``each_level`` every level, when the whole file is known: more tasks may be added at its end."""
    if "each_level" in metafunc.fixturenames:
        every = [TaskLevel(task, level) for task, levels in LEVELS.items() for level in levels]
        metafunc.parametrize("each_level", every, ids=lambda level: level.key)


def backwards(number: int, digits: int) -> str:
    return str(number).zfill(digits)[::-1]


def added(prompt: str, level: str) -> str:
    first, second = prompt.split(",")
    assert len(first) == len(second) == int(level)
    return backwards(int(first) + int(second), int(level) + 1)


def compared(prompt: str, level: str) -> str:
    first, second = prompt.split(",")
    assert len(first) == len(second) == int(level)
    return "1" if int(first) > int(second) else "0"


def reduced(prompt: str, level: str) -> str:
    first, second, modulus = prompt.split(",")
    digits = len(str(int(level) - 1))
    assert modulus == level
    assert len(first) == len(second) == digits
    assert max(int(first), int(second)) < int(modulus)
    return str((int(first) + int(second)) % int(modulus)).zfill(digits)


def multiplied(prompt: str, level: str) -> str:
    first, second = prompt.split(",")
    assert f"{len(first)}x{len(second)}" == level
    return backwards(int(first) * int(second), len(first) + len(second))


def counted(answer: Callable[[str], str], alphabet: str = "0123456789") -> Callable[[str, str], str]:
    def of(prompt: str, level: str) -> str:
        assert len(prompt) == int(level)
        assert set(prompt) <= set(alphabet)
        return answer(prompt)

    return of


REFERENCE: dict[str, Callable[[str, str], str]] = {
    "COPY": counted(lambda prompt: prompt),
    "REV": counted(lambda prompt: "".join(reversed(prompt))),
    "SORT": counted(lambda prompt: "".join(sorted(prompt))),
    "PAR": counted(lambda prompt: "01"[prompt.count("1") % 2], "01"),
    "CMP": compared,
    "ADD": added,
    "MOD": reduced,
    "MUL": multiplied,
}


def test_every_task_is_tested() -> None:
    assert {*LEVELS, symbols.CONTROL} == {*REFERENCE, symbols.CONTROL} == set(TASKS)


def test_control_has_the_prompts_and_the_answers_but_not_their_pairs(each_level: TaskLevel) -> None:
    control = TaskLevel(symbols.CONTROL, each_level.key)
    assert (control.length, control.answer_length) == (each_level.length, each_level.answer_length)
    rng = np.random.default_rng(7)
    drawn, real = control.sequences(rng, 2000)[:, 1:], each_level.sequences(rng, 2000)[:, 1:]
    for column in range(control.length - 1):
        counts = [np.bincount(tokens[:, column], minlength=vocabulary.SIZE) / 2000 for tokens in (drawn, real)]
        assert np.abs(counts[0] - counts[1]).max() < 5 * np.sqrt(0.5 / 2000), "the same symbols at the same places"
    answers = drawn[:, -each_level.answer_length :]
    right = [
        "".join(map(str, answer)) == REFERENCE[each_level.task](decode(prompt).replace(" ", ""), each_level.level)
        for prompt, answer in zip(drawn[:, : each_level.prompt_length - 2], answers, strict=True)
    ]
    _, counts = np.unique(answers, axis=0, return_counts=True)
    chance = (counts / 2000) @ (counts / 2000)  # that two answers agree
    assert np.mean(right) == pytest.approx(chance, abs=5 * np.sqrt(chance * (1 - chance) / 2000) + 1e-3)


@settings(max_examples=10)
@given(seed=SEEDS)
def test_answers_agree_with_plain_python(each_level: TaskLevel, seed: int) -> None:
    for tokens in each_level.sequences(np.random.default_rng(seed), 20):
        name, *rest = decode(tokens).split(" ")
        prompt, answer = "".join(rest).split("=")
        assert name == each_level.task
        assert answer == REFERENCE[each_level.task](prompt, each_level.level)


@settings(max_examples=5)
@given(seed=SEEDS, n=st.integers(1, 30))
def test_lengths_are_fixed_and_tokens_known(each_level: TaskLevel, seed: int, n: int) -> None:
    sequences = each_level.sequences(np.random.default_rng(seed), n)
    assert sequences.shape == (n, each_level.length)
    assert sequences.dtype == np.int64
    assert sequences.min() >= 0
    assert sequences.max() < vocabulary.SIZE
    assert not (sequences == symbols.PAD).any()
    assert (sequences == symbols.EQUALS).sum() == n
    assert (sequences[:, each_level.prompt_length - 1] == symbols.EQUALS).all()


@pytest.mark.parametrize(
    ("task", "level", "length", "answer"),
    [
        ("COPY", "8", 18, 8),
        ("REV", "4", 10, 4),
        ("SORT", "6", 14, 6),
        ("CMP", "3", 10, 1),
        ("PAR", "7", 10, 1),
        ("ADD", "3", 13, 4),
        ("MOD", "5", 8, 1),
        ("MOD", "10", 9, 1),
        ("MOD", "11", 12, 2),
        ("MUL", "2x1", 9, 3),
    ],
)
def test_lengths_by_hand(task: str, level: str, length: int, answer: int) -> None:
    found = TaskLevel(task, level)
    assert (found.length, found.answer_length, found.prompt_length) == (length, answer, length - answer)


@settings(max_examples=3)
@given(seed=SEEDS)
def test_seed_fixes_the_data(each_level: TaskLevel, seed: int) -> None:
    first, again, other = (each_level.sequences(np.random.default_rng(s), 200) for s in (seed, seed, seed + 1))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def answers(task: str, level: str, n: int) -> np.ndarray:
    found = TaskLevel(task, level)
    return found.sequences(np.random.default_rng(5), n)[:, found.prompt_length :]


@pytest.mark.parametrize("level", ["1", "2", "7", "16"])
def test_parity_is_balanced(level: str) -> None:
    assert answers("PAR", level, 40_000).mean() == pytest.approx(0.5, abs=4 * 0.5 / 200)


@pytest.mark.parametrize("level", [1, 2, 4])
def test_first_number_is_greater_at_the_exact_rate(level: int) -> None:
    rate = (1 - 10.0**-level) / 2
    assert answers("CMP", str(level), 40_000).mean() == pytest.approx(rate, abs=4 * 0.5 / 200)


@pytest.mark.parametrize(("task", "level"), [("COPY", "3"), ("REV", "3"), ("MOD", "10")])
def test_each_answer_digit_is_uniform(task: str, level: str) -> None:
    n = 40_000
    for column in answers(task, level, n).T:
        shares = np.bincount(column, minlength=10) / n
        np.testing.assert_allclose(shares, 0.1, atol=5 * np.sqrt(0.09 / n))


def test_prompt_digits_cover_leading_zeros_and_nines() -> None:
    prompts = TaskLevel("ADD", "2").sequences(np.random.default_rng(5), 4_000)[:, [1, 2, 4, 5]]
    assert all(set(column) == set(range(10)) for column in prompts.T)


def test_product_of_digits_is_zero_at_the_exact_rate() -> None:
    zero = (answers("MUL", "1x1", 40_000) == 0).all(axis=1).mean()
    assert zero == pytest.approx(0.19, abs=4 * np.sqrt(0.19 * 0.81 / 40_000))


def test_vocabulary() -> None:
    assert vocabulary.SIZE == len(set(vocabulary.TOKENS)) == len(symbols.SYMBOLS) + len(TASKS)
    assert set(vocabulary.TOKENS) == {*"0123456789", *TASKS, ",", "=", "_"}
    assert decode(range(10)) == "0 1 2 3 4 5 6 7 8 9"


LENGTHS = ([str(n) for n in range(1, 17)], ["0", "17", "20", "100"])
DIGITS = ([str(n) for n in range(1, 10)], ["0", "10", "11"])
PATTERNS: dict[str, tuple[list[str], list[str]]] = {
    "COPY": LENGTHS,
    "REV": LENGTHS,
    "SORT": LENGTHS,
    "PAR": LENGTHS,
    "CMP": DIGITS,
    "ADD": DIGITS,
    "MOD": (["2", "9", "10", "99", "100", "999"], ["0", "1", "1000", "2x2", "1٣", "٣"]),
    "CTL": (["SORT-6", "MUL-2x2", "MOD-23"], ["SORT", "SORT-0", "SORT-", "-6", "CTL-SORT-6", "MUL-2", "sort-6"]),
    "MUL": (["1x1", "4x4", "2x3"], ["0x1", "1x0", "5x1", "1x5", "2", "x", "1x", "2x2x2", "2X2", "2 x 2", "11x1"]),
}
NEVER = ["", " 3", "3 ", "3\n", "-3", "+3", "03", "3.0", "1e1", "three", "3;4", "../3", "²"]


@pytest.mark.parametrize("task", TASKS)
def test_level_pattern(task: str) -> None:
    allowed, refused = PATTERNS[task]
    assert [level for level in allowed if not TASKS[task].has(level)] == []
    assert [level for level in [*refused, *NEVER] if TASKS[task].has(level)] == []


def test_a_task_that_is_added_last_is_one_of_the_controls_and_moves_no_token(monkeypatch: pytest.MonkeyPatch) -> None:
    before = dict(vocabulary.ID)

    def constant(_rng: np.random.Generator, _level: str, n: int) -> tuple[Tokens, Tokens]:
        return np.zeros((n, 2), int), np.ones((n, 1), int)

    monkeypatch.setitem(TASKS, "MAX", Task(constant, LENGTH))
    assert "MAX-3" in TASKS[symbols.CONTROL].levels
    assert "MAX-99" not in TASKS[symbols.CONTROL].levels
    prompts, answers = TASKS[symbols.CONTROL].generate(np.random.default_rng(0), "MAX-3", 5)
    assert (prompts == 0).all()
    assert (answers == 1).all()
    tokens = [*symbols.SYMBOLS, *TASKS]
    assert {token: tokens.index(token) for token in before} == before


@pytest.mark.parametrize("level", ["SORT", "SORT-99", "CTL-SORT-6", "XYZ-3", "-3"])
def test_the_control_has_levels_of_other_tasks_alone(level: str) -> None:
    assert not TASKS[symbols.CONTROL].has(level)


def test_tasks_declare_colours_that_differ() -> None:
    colours = [task.colour for task in TASKS.values()]
    assert len(set(colours)) == len(TASKS)
    assert {name for name, task in TASKS.items() if task.difficulty == "easy"} >= {"COPY", "REV", "CMP", "SORT"}
    assert {TASKS[name].difficulty for name in ("PAR", "ADD", "MOD", "MUL")} == {"hard"}


@pytest.mark.parametrize(("part", "token"), [("prompts", symbols.EQUALS), ("answers", symbols.COMMA), ("answers", -1)])
def test_tokens_that_are_no_digits_name_the_task(part: str, token: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def generate(_: np.random.Generator, __: str, n: int) -> tuple[Tokens, Tokens]:
        digits, odd = np.ones((n, 2), dtype=np.int64), np.full((n, 2), token)
        return (odd, digits) if part == "prompts" else (digits, odd)

    monkeypatch.setitem(TASKS, "SUM", Task(generate, LENGTH))
    monkeypatch.setitem(vocabulary.ID, "SUM", 22)
    with pytest.raises(vocabulary.TaskError, match=rf"SUM-3.*{part}.*{token}"):
        TaskLevel("SUM", "3").sequences(np.random.default_rng(0), 4)
