"""Steps at which checkpoints are saved and runs evaluated, and the learning rate of each step."""

import math
from collections.abc import Callable
from typing import Any

from emergence.config.training import Checkpoints, Doubling, Optimisation

Rate = Callable[[Any, int], float]
"""Learning rate of an optimiser step (0-based), by the settings of the optimisation."""


def checkpoint_steps(settings: Checkpoints, last: int) -> list[int]:
    """Steps of the checkpoints: 0, every step of the first few, then log-dense, then linear, and the last.

    >>> from emergence.config.training import Checkpoints
    >>> dense = Checkpoints(every_step_until=3, log_until=100, per_decade=2, linear_every=50)
    >>> checkpoint_steps(dense, 220)
    [0, 1, 2, 3, 10, 32, 100, 150, 200, 220]
    """
    early = range(settings.every_step_until + 1)
    decades = math.log10(settings.log_until)
    points = round(decades * settings.per_decade)
    logarithmic = (round(10 ** (decades * i / points)) for i in range(points + 1)) if points else ()
    linear = range(settings.log_until, last, settings.linear_every)
    steps = {*early, *(step for step in logarithmic if step > settings.every_step_until), *linear, last}
    return sorted(step for step in steps if step <= last)


def doubling_steps(settings: Doubling, last: int) -> list[int]:
    """Steps of the checkpoints as Pythia has them: 0, powers of two, then evenly spaced multiples, and the last.

    >>> from emergence.config.training import Doubling
    >>> doubling_steps(Doubling(doubled_until=8, linear_every=10), 35)
    [0, 1, 2, 4, 8, 10, 20, 30, 35]
    """
    doubled = (2**exponent for exponent in range(settings.doubled_until.bit_length()))
    linear = range(0, last, settings.linear_every)
    steps = {0, *doubled, *(step for step in linear if step > settings.doubled_until), last}
    return sorted(step for step in steps if step <= last)


def evaluation_steps(every: int, last: int) -> list[int]:
    """Steps at which networks are evaluated: each ``every``-th from 0, and the last.

    >>> evaluation_steps(40, 100)
    [0, 40, 80, 100]
    """
    return sorted({*range(0, last, every), last})


def learning_rate(settings: Optimisation, step: int) -> float:
    """Learning rate of optimiser step ``step`` (0-based): linear warm-up, then cosine decay."""
    if step < settings.warmup:
        return settings.learning_rate * (step + 1) / settings.warmup
    share = (step - settings.warmup) / max(1, settings.steps - settings.warmup)
    cosine = (1 + math.cos(math.pi * share)) / 2
    return settings.learning_rate * (settings.final_fraction + (1 - settings.final_fraction) * cosine)


def shifted_rate(warmup: int, until: int) -> Rate:
    """Schedule with another warm-up whose sum over the first ``until`` steps is that of the configured one.

    The rate rises linearly over ``warmup`` steps to a level that it keeps up to ``until``; from there on it is the
    configured one. Two runs then differ in when they have learned, and not in how much they have by ``until``.
    """

    def rate(settings: Optimisation, step: int) -> float:
        if step >= until:
            return learning_rate(settings, step)
        total = sum(learning_rate(settings, earlier) for earlier in range(until))
        level = total / ((warmup + 1) / 2 + until - warmup)
        return level * min(1.0, (step + 1) / warmup)

    return rate
