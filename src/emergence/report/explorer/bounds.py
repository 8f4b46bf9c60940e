"""Bounds that the rule of a claim sets to the claim's value, read from the rule's own words.

They are drawn beside the value and its interval, no more: the verdict is in the table. A rule that does not bound the
value itself has none.
"""

import re

NUMBER = r"([+-]?\d+(?:\.\d+)?)"
RULES = re.compile(
    rf"within \[{NUMBER}, {NUMBER}\]|within {NUMBER} ± {NUMBER}|at or above {NUMBER}"
    rf"|(?:at or below|at most) {NUMBER}|(below one half)|(above one half)|below (0),"
)

Bounds = tuple[float | None, float | None]


def bounds(rule: str) -> Bounds | None:
    """Lowest and highest value that a rule allows; null where it is open, or None if it bounds something else.

    >>> bounds("interval at or above 0.85"), bounds("|slope − exponent| at most 0.02 for every α")
    ((0.85, None), (None, 0.02))
    >>> bounds("interval within [-0.046, 0.041]: 10% a decade"), bounds("interval within 1 ± 0.02 at 1/10 of the rate")
    ((-0.046, 0.041), (0.98, 1.02))
    >>> bounds("none in any run"), bounds("not: excess over every null at or above 0.05; from 6 runs")
    (None, None)
    """
    found = None if rule.startswith("not:") else RULES.search(rule)
    if found is None:
        return None
    low, high, middle, apart, least, most, below, above, negative = found.groups()
    if middle:
        return round(float(middle) - float(apart), 12), round(float(middle) + float(apart), 12)
    if below or above:
        return (None, 0.5) if below else (0.5, None)
    return _value(low or least), _value(high or most or negative)


def _value(text: str | None) -> float | None:
    return None if text is None else float(text)
