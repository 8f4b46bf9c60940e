"""Synthetic learners of Study 4: events that a rank causes, and events that only share its clock."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from emergence.schemas.interventions import ARM_RUNS

STEPS = np.arange(0, 301, 10)
ARMS = ("plain", "prevent", "deepen", "sham", "late", "earlier", "later")
LOWEST = {"prevent": 0.9, "higher_rate_prevent": 0.9, "deepen": 0.2}
TASKS = {("COPY", "2"): 90.0, ("SORT", "3"): 150.0}


def arm_runs(
    effects: dict[str, float], pairs: int = 5, noise: float = 0.02, arms: Sequence[str] = ARMS, **changed: Any
) -> pd.DataFrame:
    """Table ``arm_runs``: exact match rises at a step of each task-level times the effect of the arm.

    Args:
        effects: Ratio of emergence steps of arms; 1 where none is given.
        pairs: Seeds.
        noise: Standard deviation of the log ratio between task-levels and pairs.
        arms: With the plain one.
        **changed: ``lowest``, lowest rank over the initial one of the arm that prevents the collapse.
    """
    rng, rows = np.random.default_rng(5), []
    lowest = {**LOWEST, "prevent": changed.get("lowest", LOWEST["prevent"])}
    for seed in range(1, pairs + 1):
        for arm in arms:
            named = {"run": f"4x32-s{seed}", "size": "4x32", "parameters": 50_000, "seed": seed, "arm": arm}
            fall = 1 - (1 - lowest.get(arm, 0.5)) * np.minimum(STEPS / 40, 1)
            rows += [
                {**named, "step": step, "quantity": "rank", "value": 16 * one}
                for step, one in zip(STEPS, fall, strict=True)
            ]
            rows += [{**named, "step": step, "quantity": "loss", "value": np.exp(-step / 100)} for step in STEPS[1:]]
            for (task, level), middle in TASKS.items():
                at = middle * effects.get(arm, 1.0) * np.exp(rng.normal(0, noise))
                shares = 1 / (1 + np.exp(-(STEPS - at) / 12))
                of_task = {**named, "task": task, "level": level, "quantity": "exact_match"}
                rows += [{**of_task, "step": step, "value": share} for step, share in zip(STEPS, shares, strict=True)]
    for task, level in TASKS:
        baseline = {"run": "4x32-s1", "size": "4x32", "parameters": 50_000, "seed": 1, "arm": "plain", "step": 0}
        rows.append({**baseline, "task": task, "level": level, "quantity": "baseline", "value": 0.0})
    return pd.DataFrame(rows, columns=ARM_RUNS.arrow.names)


CAUSED = {"prevent": 0.6, "deepen": 1.8, "earlier": 0.7, "later": 1.4}
"""Events that the rank causes: they come with its recovery, which prevention makes needless."""
NEEDED = {"prevent": 1.6}
"""Events that need the collapse."""
"""And the empty mapping: events that only share a clock with the rank."""
