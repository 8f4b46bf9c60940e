"""The eight algorithmic tasks (arXiv:2602.15997), each one short function, and a control that cannot be learned.

A generator takes ``(rng, level, n)`` and returns ``(prompt, answer)``: integer token arrays of shapes (n, prompt
length) and (n, answer length), without the task name and the equals sign, which `emergence.tasks.vocabulary` adds. For
a given level both lengths are fixed: numbers are padded with zeros. Operands are written most significant digit first,
the answers of ADD and MUL least significant digit first, so that carries run in the order of generation. The paper
names the tasks and their number of levels; formats and level parameters are this project's choice.

To add a task: write its generator here and add it to `TASKS`; then list its levels in the configuration. Tokens of the
tasks are numbered in the order of `TASKS`, so a task that is added last leaves those of the others unchanged.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from emergence.tasks.symbols import COMMA, CONTROL

Tokens = NDArray[np.int64]
Generator = Callable[[np.random.Generator, str, int], tuple[Tokens, Tokens]]


def digits_of(numbers: Tokens, count: int) -> Tokens:
    """Decimal digits of shape (n, count), most significant first.

    >>> digits_of(np.array([7, 42]), 3).tolist()
    [[0, 0, 7], [0, 4, 2]]
    """
    return numbers[:, None] // 10 ** np.arange(count - 1, -1, -1) % 10


def joined(*operands: Tokens) -> Tokens:
    """Operands side by side with a comma between them."""
    comma = np.full((len(operands[0]), 1), COMMA)
    parts = [part for operand in operands for part in (comma, operand)]
    return np.concatenate(parts[1:], axis=1)


def copy(rng: np.random.Generator, level: str, n: int) -> tuple[Tokens, Tokens]:
    """Repeat `level` digits."""
    digits = rng.integers(0, 10, (n, int(level)))
    return digits, digits


def reverse(rng: np.random.Generator, level: str, n: int) -> tuple[Tokens, Tokens]:
    """Repeat `level` digits backwards."""
    digits = rng.integers(0, 10, (n, int(level)))
    return digits, digits[:, ::-1]


def sort(rng: np.random.Generator, level: str, n: int) -> tuple[Tokens, Tokens]:
    """Put `level` digits in ascending order."""
    digits = rng.integers(0, 10, (n, int(level)))
    return digits, np.sort(digits, axis=1)


def compare(rng: np.random.Generator, level: str, n: int) -> tuple[Tokens, Tokens]:
    """1 if the first of two `level`-digit numbers is the greater, else 0."""
    first, second = rng.integers(0, 10 ** int(level), (2, n))
    return joined(digits_of(first, int(level)), digits_of(second, int(level))), (first > second)[:, None].astype(int)


def parity(rng: np.random.Generator, level: str, n: int) -> tuple[Tokens, Tokens]:
    """Sum modulo 2 of `level` bits."""
    bits = rng.integers(0, 2, (n, int(level)))
    return bits, bits.sum(axis=1, keepdims=True) % 2


def add(rng: np.random.Generator, level: str, n: int) -> tuple[Tokens, Tokens]:
    """Sum of two `level`-digit numbers, least significant digit first."""
    count = int(level)
    first, second = rng.integers(0, 10**count, (2, n))
    return joined(digits_of(first, count), digits_of(second, count)), digits_of(first + second, count + 1)[:, ::-1]


def modular(rng: np.random.Generator, level: str, n: int) -> tuple[Tokens, Tokens]:
    """Sum of two residues modulo `level`; the modulus stands in the prompt."""
    modulus = int(level)
    count = len(str(modulus - 1))
    first, second = rng.integers(0, modulus, (2, n))
    shown = digits_of(np.full(n, modulus), len(level))
    return joined(digits_of(first, count), digits_of(second, count), shown), digits_of(
        (first + second) % modulus, count
    )


def multiply(rng: np.random.Generator, level: str, n: int) -> tuple[Tokens, Tokens]:
    """Product of an a-digit and a b-digit number for level ``axb``, least significant digit first."""
    left, right = map(int, level.split("x"))
    first, second = rng.integers(0, 10**left, n), rng.integers(0, 10**right, n)
    return joined(digits_of(first, left), digits_of(second, right)), digits_of(first * second, left + right)[:, ::-1]


def control(rng: np.random.Generator, level: str, n: int) -> tuple[Tokens, Tokens]:
    """Prompts of another task-level, such as ``SORT-6``, with answers to others of its prompts: nothing to learn."""
    task, _, of_task = level.partition("-")
    prompts, _ = TASKS[task].generate(rng, of_task, n)
    _, answers = TASKS[task].generate(rng, of_task, n)
    return prompts, answers


@dataclass(frozen=True)
class Levels:
    """Levels of difficulty of a task: a pattern of their names, and the same in words."""

    pattern: str
    description: str

    def __contains__(self, level: str) -> bool:
        return re.fullmatch(self.pattern, level) is not None

    def __str__(self) -> str:
        return self.description


class ControlLevels(Levels):
    """Levels of the control: every level of every other task, those that are added to `TASKS` later included."""

    def __contains__(self, level: str) -> bool:
        task, _, of_task = level.partition("-")
        return task != CONTROL and task in TASKS and of_task in TASKS[task].levels


@dataclass(frozen=True)
class Task:
    """A task, and how it appears in results."""

    generate: Generator
    levels: Levels
    colour: str | None = None
    """in figures, hexadecimal; a colour of the fallback palette if None"""
    difficulty: Literal["easy", "hard"] = "hard"
    """easy: tokens are moved or compared; hard: new ones are computed; a configuration may say otherwise (``easy``)"""

    def has(self, level: str) -> bool:
        """Whether the task has this level."""
        return level in self.levels


LENGTH = Levels(r"[1-9]|1[0-6]", "a number of digits from 1 to 16")
SHORT = Levels("[1-9]", "a number of digits from 1 to 9")
MODULUS = Levels("[2-9]|[1-9][0-9]{1,2}", "a modulus from 2 to 999")
FACTORS = Levels("[1-4]x[1-4]", "digits of the two factors, as in 2x1, each from 1 to 4")

# Okabe and Ito's colours, distinct under every common form of colour blindness; grey and black beside them.
TASKS: dict[str, Task] = {
    "COPY": Task(copy, LENGTH, "#0072B2", "easy"),
    "REV": Task(reverse, LENGTH, "#56B4E9", "easy"),
    "CMP": Task(compare, SHORT, "#8A8A8A", "easy"),
    "PAR": Task(parity, LENGTH, "#CC79A7"),
    "ADD": Task(add, SHORT, "#E69F00"),
    "MOD": Task(modular, MODULUS, "#D55E00"),
    "SORT": Task(sort, LENGTH, "#009E73", "easy"),
    "MUL": Task(multiply, FACTORS, "#000000"),
    CONTROL: Task(control, ControlLevels("", "a task and its level, as in SORT-6"), "#C8C8C8"),
}
