"""Seven probe sets of language models: syntax, semantics, arithmetic, in-context learning, facts, reasoning, general.

An item is a prompt with a right and a wrong continuation. Items come in mirrored pairs: the right
continuation of one is the wrong one of the other. A model that ignores the prompt, whatever words it prefers, is
therefore right in exactly half of them, with a mean margin of exactly zero: chance is 1/2 by construction, whatever the
frequency of a word or its length in tokens. No set repeats a prompt, and no continuation begins with the other, which
would then be more likely everywhere.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

import numpy as np

from emergence.tasks import language_words as words

CHANCE = 0.5
"""Accuracy of any model that does not look at the prompt, in every set."""
SEED = 2402
DRAWN = 16
"""Pairs of a template with random words."""
MOST = 100
"""Pairs of the general set."""

T = TypeVar("T")
Pair = tuple[str, str, str, str]
"""Two prompts, and the right continuation of each."""


@dataclass(frozen=True)
class Item:
    """A question: which continuation of ``prompt`` is more likely."""

    probe: str
    kind: str
    """template"""
    pair: int
    """number within the set; its other item has the same"""
    prompt: str
    right: str
    """with its leading blank"""
    wrong: str


def mirrored(probe: str, pairs: Iterable[tuple[str, Pair]]) -> list[Item]:
    """Two items of each pair.

    >>> pairs = [("number", ("The king", "The kings", "was", "were"))]
    >>> [(item.prompt, item.right, item.wrong) for item in mirrored("syntax", pairs)]
    [('The king', ' was', ' were'), ('The kings', ' were', ' was')]
    """
    items = []
    for number, (kind, (first, second, of_first, of_second)) in enumerate(pairs):
        items.append(Item(probe, kind, number, first, f" {of_first}", f" {of_second}"))
        items.append(Item(probe, kind, number, second, f" {of_second}", f" {of_first}"))
    return items


def two_by_two(values: Sequence[T]) -> Iterator[tuple[T, T]]:
    """Neighbours, each value once; an odd last one is left out."""
    return zip(values[::2], values[1::2], strict=False)


def syntax() -> list[Item]:
    """Agreement in number, gender and person, as minimal pairs with one prefix.

    After BLiMP (arXiv:1912.00582): subject and verb, determiner and noun, anaphors. Person is the book's own: ``thou
    art``, ``he is``. A noun between subject and verb (arXiv:1611.01368) is too hard here: models this small agree with
    the nearer one.
    """
    return mirrored("syntax", _syntax())


def _syntax() -> Iterator[tuple[str, Pair]]:
    nouns = words.NOUNS
    for one, many in nouns:
        yield "number", (f"And the {one}", f"And the {many}", "was", "were")
    for opening, (one, many) in zip(words.OPENINGS, words.IRREGULAR, strict=True):
        yield "determiner", (f"{opening} this", f"{opening} these", one, many)
    for he, she in words.SEXES:
        yield "gender", (f"And the {he} hid", f"And the {she} hid", "himself", "herself")
    for one, many in nouns[:5]:
        yield "anaphor", (f"And the {one} gathered", f"And the {many} gathered", "himself", "themselves")
    for opening, thou, he in words.PERSONS:
        yield "person", (f"{opening} thou", f"{opening} he", thou, he)


def semantics() -> list[Item]:
    """Opposites, kinds of things, and what goes with what.

    Opposites and categories after the tests of Ettinger (arXiv:1907.13528); fitting words as mirrored contexts after
    EWoK (arXiv:2405.09605).
    """
    return mirrored("semantics", _semantics())


def _semantics() -> Iterator[tuple[str, Pair]]:
    for (a, of_a), (b, of_b) in two_by_two(words.OPPOSITES):
        yield "opposite", (f"both the {a} and the", f"both the {b} and the", of_a, of_b)
        yield "opposite", (f"neither the {of_a} nor the", f"neither the {of_b} nor the", a.split()[0], b.split()[0])
    for first, second, of_first, of_second in words.CATEGORIES:
        yield "category", (f"And {first} was a", f"And {second} was a", of_first, of_second)
    for pair in words.FITTING:
        yield "fitting", pair


def arithmetic() -> list[Item]:
    """Counting on, order, sums and comparisons of numbers up to twelve, in words.

    Sums after GPT-3's tests (arXiv:2005.14165), comparisons after the greater-than task (arXiv:2305.00586). The book
    has no figures; counting and order it teaches, sums hardly.
    """
    return mirrored("arithmetic", _arithmetic())


def _arithmetic() -> Iterator[tuple[str, Pair]]:
    numbers, ordinals = words.NUMBERS, words.ORDINALS
    for length in (2, 3, 4):
        starts = range(len(numbers) - length)
        runs = [(", ".join(numbers[i : i + length]) + ",", numbers[i + length]) for i in starts]
        yield from _successors("counting", runs)
    for noun in ("day", "month"):
        starts = range(len(ordinals) - 2)
        runs = [(f"the {ordinals[i]} {noun}, the {ordinals[i + 1]} {noun}, the", ordinals[i + 2]) for i in starts]
        yield from _successors("order", runs)
    for a in range(1, 7):
        for b in (1, 3, 5):
            prompts = (f"{numbers[a - 1]} and {numbers[b - 1]} are", f"{numbers[a - 1]} and {numbers[b]} are")
            yield "sum", (*prompts, numbers[a + b - 1], numbers[a + b])
    for n in range(3, 11):
        prompts = (f"{numbers[n - 1]} is more than", f"{numbers[n - 1]} is less than")
        yield "comparison", (*prompts, numbers[n - 3], numbers[n + 1])


def _successors(kind: str, runs: Sequence[tuple[str, str]]) -> Iterator[tuple[str, Pair]]:
    for (first, of_first), (second, of_second) in two_by_two(runs):
        yield kind, (first, second, of_first, of_second)


def in_context() -> list[Item]:
    """Answers that stand in the prompt and nowhere else; the words are drawn, so that no knowledge helps.

    Induction after Olsson et al. (arXiv:2209.11895), associative recall (arXiv:2312.04927), and the indirect object
    (arXiv:2211.00593). Both answers stand in both prompts, and the right one is the earlier as often as the later.
    """
    return mirrored("in_context", _in_context(np.random.default_rng([SEED, 1])))


def _in_context(rng: np.random.Generator) -> Iterator[tuple[str, Pair]]:
    for _ in range(DRAWN):
        run = _draw(rng, words.PLAIN, 6)
        yield "induction", (" ".join([*run, run[0]]), " ".join([*run, run[3]]), run[1], run[4])
    for _ in range(DRAWN):
        (a, b), (x, y) = _draw(rng, words.NAMES, 2), _draw(rng, words.THINGS, 2)
        story = f"{a} had {x}, and {b} had {y}."
        yield "recall", (f"{story} And {a} had", f"{story} And {b} had", x, y)
    for _ in range(DRAWN):
        (a, b), (thing,), (place,) = (
            _draw(rng, words.NAMES, 2),
            _draw(rng, words.THINGS, 1),
            _draw(rng, words.PLACES, 1),
        )
        story = f"And {a} and {b} went unto the {place}, and"
        yield "indirect_object", (f"{story} {a} gave {thing} unto", f"{story} {b} gave {thing} unto", b, a)


def factual() -> list[Item]:
    """Facts of the book that it states time and again: whose son, king of what, the what.

    After LAMA (arXiv:1909.01066): a subject, a relation, and an object that is to be known.
    """
    return mirrored("factual", _factual())


def _factual() -> Iterator[tuple[str, Pair]]:
    relations = (("son", words.FATHERS), ("king", words.REALMS), ("title", words.TITLES))
    templates = {"son": "{} the son of", "king": "{} king of", "title": "{} the"}
    for kind, facts in relations:
        for (first, of_first), (second, of_second) in two_by_two(facts):
            yield kind, (templates[kind].format(first), templates[kind].format(second), of_first, of_second)


def reasoning() -> list[Item]:
    """Two statements that must be put together; the words are drawn, so that no knowledge helps.

    After bAbI (arXiv:1502.05698): two supporting facts and basic deduction; and transitive inference. The two prompts
    of a pair tell one story (deduction: but for one name) and differ in the question.
    """
    return mirrored("reasoning", _reasoning(np.random.default_rng([SEED, 2])))


def _reasoning(rng: np.random.Generator) -> Iterator[tuple[str, Pair]]:
    for _ in range(DRAWN):
        a, b, c = _draw(rng, words.NAMES, 3)
        story = f"{a} is greater than {b}, and {b} is greater than {c}."
        yield "transitive", (f"{story} The greatest is", f"{story} The least is", a, c)
    for _ in range(DRAWN):
        (s, t), (x, y), (name,) = _draw(rng, words.TRIBES, 2), _draw(rng, words.OFFICES, 2), _draw(rng, words.NAMES, 1)
        story = f"Every son of {s} is a {x}, and every son of {t} is a {y}. {name} is a son of"
        yield "deduction", (f"{story} {s}. {name} is a", f"{story} {t}. {name} is a", x, y)
    for _ in range(DRAWN):
        (a, b), (x, y), (p, q) = (_draw(rng, pool, 2) for pool in (words.NAMES, words.THINGS, words.PLACES))
        story = f"{a} took the {x}, and {b} took the {y}. {a} went unto the {p}, and {b} unto the {q}."
        yield "two_facts", (f"{story} The {x} is in the", f"{story} The {y} is in the", p, q)


def general(passages: Sequence[str], known: Collection[str]) -> list[Item]:
    """The last word of passages that are new to the model, against the last word of another.

    After LAMBADA (arXiv:1606.06031), with the book's held-out verses as ``passages``: those of 8 to 30 words before a
    last word that is one of ``known``, the frequent words of training; each last word once. Empty if there are none.
    """
    return mirrored("general", _general(passages, known))


def _general(passages: Sequence[str], known: Collection[str]) -> Iterator[tuple[str, Pair]]:
    asked: dict[str, str] = {}
    for i in np.random.default_rng([SEED, 3]).permutation(len(passages)):
        prompt, _, last = passages[i].rstrip(" .,:;?!)").rpartition(" ")
        if last in known and last not in words.WEAK and len(last) > 2 and 8 <= len(prompt.split()) <= 30:
            asked.setdefault(last, prompt)
    fitting = (pair for pair in two_by_two(list(asked.items())) if not begins(pair[0][0], pair[1][0]))
    for (of_first, first), (of_second, second) in islice(fitting, MOST):
        yield "last_word", (first, second, of_first, of_second)


def begins(one: str, other: str) -> bool:
    """Whether one of two words begins with the other."""
    return one.startswith(other) or other.startswith(one)


def _draw(rng: np.random.Generator, pool: Sequence[str], count: int) -> list[str]:
    """Different words of a pool."""
    return [pool[i] for i in rng.choice(len(pool), count, replace=False)]


FIXED: dict[str, Callable[[], list[Item]]] = {
    "syntax": syntax,
    "semantics": semantics,
    "arithmetic": arithmetic,
    "in_context": in_context,
    "factual": factual,
    "reasoning": reasoning,
}
"""The sets that need no text."""


def all_probes(passages: Sequence[str], known: Collection[str]) -> dict[str, list[Item]]:
    """Items of the seven sets; see `general` for what is given."""
    return {**{name: make() for name, make in FIXED.items()}, "general": general(passages, known)}
