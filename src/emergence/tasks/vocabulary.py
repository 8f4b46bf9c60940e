"""The one vocabulary that all tasks share, and task-levels as token sequences over it.

Ten digits, a comma between operands, an equals sign where the answer starts, padding, and a name token a task: 22
tokens with eight tasks and the control. A sequence reads ``NAME prompt = answer``.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from emergence.errors import EmergenceError
from emergence.tasks.algorithmic import TASKS, Tokens
from emergence.tasks.symbols import COMMA, EQUALS, SYMBOLS

TOKENS: tuple[str, ...] = (*SYMBOLS, *TASKS)
ID = {token: index for index, token in enumerate(TOKENS)}
SIZE = len(TOKENS)


class TaskError(EmergenceError):
    """A task whose examples are not what the vocabulary has; the message names it."""


def decode(ids: Iterable[int]) -> str:
    """Readable form of token ids.

    >>> decode([13, 3, 1, 11, 3, 1])
    'COPY 3 1 = 3 1'
    """
    return " ".join(TOKENS[index] for index in ids)


@dataclass(frozen=True)
class TaskLevel:
    """A task-level, for example ``TaskLevel("ADD", "2")``: two-digit addition."""

    task: str
    level: str

    @property
    def key(self) -> str:
        """Name in files and figures, for example ``ADD-2``."""
        return f"{self.task}-{self.level}"

    def sequences(self, rng: np.random.Generator, n: int) -> Tokens:
        """Draw ``n`` examples as ``NAME prompt = answer``: int64 of shape (n, length).

        Raises:
            TaskError: if the task's prompts are not digits and commas, or its answers not digits.
        """
        prompt, answer = TASKS[self.task].generate(rng, self.level, n)
        for part, tokens, largest in (("prompts", prompt, COMMA), ("answers", answer, COMMA - 1)):
            if tokens.size and not 0 <= tokens.min() <= tokens.max() <= largest:
                raise TaskError(
                    f"task {self.key}: {part} hold tokens from {tokens.min()} to {tokens.max()}; allowed: 0 to "
                    f"{largest}, one token a digit"
                )
        name, equals = np.full((n, 1), ID[self.task]), np.full((n, 1), EQUALS)
        return np.concatenate([name, prompt, equals, answer], axis=1)

    @cached_property
    def length(self) -> int:
        """Tokens in a complete sequence, name to last answer token."""
        return self.sequences(np.random.default_rng(0), 1).shape[1]

    @cached_property
    def answer_length(self) -> int:
        """Tokens in the answer."""
        return TASKS[self.task].generate(np.random.default_rng(0), self.level, 1)[1].shape[1]

    @property
    def prompt_length(self) -> int:
        """Tokens up to and including the equals sign, from which the first answer token is predicted."""
        return self.length - self.answer_length
