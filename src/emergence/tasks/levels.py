"""A task at one level of difficulty, as whole token sequences."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from emergence.tasks.algorithmic import TASKS, Tokens
from emergence.tasks.symbols import EQUALS
from emergence.tasks.vocabulary import ID


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
        """Draw ``n`` examples as ``NAME prompt = answer``: int64 of shape (n, length)."""
        prompt, answer = TASKS[self.task].generate(rng, self.level, n)
        name, equals = np.full((n, 1), ID[self.task]), np.full((n, 1), EQUALS)
        return np.concatenate([name, prompt, equals, answer], axis=1)

    @cached_property
    def length(self) -> int:
        """Tokens in a whole sequence, name to last answer token."""
        return self.sequences(np.random.default_rng(0), 1).shape[1]

    @cached_property
    def answer_length(self) -> int:
        """Tokens in the answer."""
        return TASKS[self.task].generate(np.random.default_rng(0), self.level, 1)[1].shape[1]

    @property
    def prompt_length(self) -> int:
        """Tokens up to and including the equals sign, from which the first answer token is predicted."""
        return self.length - self.answer_length
