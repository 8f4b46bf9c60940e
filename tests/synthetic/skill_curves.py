"""Planted curves of skills that are learned at times that follow a power law, or never."""

from collections.abc import Callable

import numpy as np
import pandas as pd

SKILLS, UNTIL = 5, 20_000
K = np.arange(1, SKILLS + 1)

Times = Callable[[int], np.ndarray]
"""From a seed to the steps at which skills are half learned, shape (skills,)."""


def sigmoids(times: Times, seeds: int = 3, noise: float = 0.01) -> pd.DataFrame:
    """R/S of skills that are half learned at the steps ``times(seed)`` (skills,)."""
    rng = np.random.default_rng(0)
    x = np.arange(0, UNTIL + 1, 20)
    frames = []
    for seed in range(seeds):
        for skill, half in enumerate(times(seed), 1):
            curve = 1 / (1 + np.exp(np.clip(-8 * (x / half - 1), -50, 50))) + rng.normal(0, noise, len(x))
            frames.append(pd.DataFrame({"seed": seed, "step": x, "skill": skill, "strength": curve}))
    return pd.concat(frames)


def law(exponent: float, spread: float = 0.05) -> Times:
    """Times 600·k^exponent, of each seed and skill with errors of its own."""
    rng = np.random.default_rng(1)
    return lambda _: 600 * K**exponent * np.exp(rng.normal(0, spread, SKILLS))


def late(_: int) -> np.ndarray:
    return np.full(SKILLS, 10.0 * UNTIL)
