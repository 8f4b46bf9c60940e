"""Rules of verdicts: between which values an interval must lie, fixed in the configuration before the run.

A claim ``holds`` if the whole interval lies on the claimed side, ``fails`` if it lies wholly on the other, and is
``undecided`` between.
"""

from dataclasses import dataclass
from math import inf
from typing import Literal

Verdict = Literal["holds", "fails", "undecided", "not testable at this tier"]


@dataclass(frozen=True)
class Rule:
    """A claim that a value lies from ``lowest`` to ``highest``, either of which may be infinite."""

    lowest: float = -inf
    highest: float = inf

    def allows(self, value: float) -> bool:
        """Whether the claim is true of a value.

        >>> at_least(0.75).allows(0.75), within(1.8, 2.2).allows(2.3)
        (True, False)
        """
        return self.lowest <= value <= self.highest

    def verdict(self, low: float, high: float) -> Verdict:
        """Verdict from an interval; undecided where there is none (NaN).

        >>> [at_least(0.75).verdict(*interval) for interval in ((0.8, 0.9), (0.5, 0.7), (0.7, 0.8))]
        ['holds', 'fails', 'undecided']
        """
        if self.lowest <= low and high <= self.highest:
            return "holds"
        return "fails" if high < self.lowest or low > self.highest else "undecided"


def at_least(threshold: float) -> Rule:
    """A value reaches ``threshold``."""
    return Rule(lowest=threshold)


def at_most(threshold: float) -> Rule:
    """A value does not exceed ``threshold``."""
    return Rule(highest=threshold)


def within(lowest: float, highest: float) -> Rule:
    """A value lies between two bounds."""
    return Rule(lowest, highest)
