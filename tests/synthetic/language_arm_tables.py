"""Synthetic pairs of language models of Study 4: a power law of the loss, gone through at another speed."""

from typing import Any

import numpy as np
import pandas as pd

from emergence.schemas.interventions import LANGUAGE_ARM_RUNS

STEPS = np.arange(0, 641, 32)
PLAIN_FLOOR, FLOOR_STEP = 0.4, 96


def language_arm_runs(
    ratio: float, pairs: int = 6, noise: float = 0.02, lowest: float = 0.9, seed: int = 5
) -> pd.DataFrame:
    """Table ``language_arm_runs``.

    Args:
        ratio: Of the steps at which the runs whose collapse is prevented reach a loss to those of plain runs.
        pairs: Of runs, in turn of two sizes.
        noise: Standard deviation of the log ratio between pairs.
        lowest: Lowest rank over the initial one of the runs whose collapse is prevented.
        seed: Of the noise.
    """
    rng, rows = np.random.default_rng(seed), []
    for pair in range(pairs):
        size = f"neox{16 * (1 + pair % 2)}"
        named = {"run": f"{size}-s{pair}", "size": size, "parameters": 100_000, "seed": pair}
        speeds = {"plain": 1.0, "prevent": 1 / (ratio * np.exp(rng.normal(0, noise)))}
        for arm, speed in speeds.items():
            floor = {"plain": PLAIN_FLOOR, "prevent": lowest}[arm]
            quantities = {
                "loss": 2 + 6 * (1 + STEPS * speed / 20) ** -0.3,
                "rank": 16 * (1 - (1 - floor) * np.minimum(STEPS / FLOOR_STEP, 1)),
            }
            rows += [
                {**named, "arm": arm, "step": step, "quantity": quantity, "value": value}
                for quantity, values in quantities.items()
                for step, value in zip(STEPS, values, strict=True)
            ]
    return pd.DataFrame(rows, columns=LANGUAGE_ARM_RUNS.arrow.names)


def diverged(runs: pd.DataFrame, run: str, arm: str = "prevent", step: int = 40) -> pd.DataFrame:
    """The same, but for a run that diverges at a step."""
    of_run = (runs["run"] == run) & (runs["arm"] == arm)
    end: dict[str, Any] = {"step": step, "quantity": "diverged", "value": np.nan}
    kept = runs[~of_run | (runs["step"] <= step)]
    return pd.concat([kept, runs[of_run].head(1).assign(**end)], ignore_index=True)
