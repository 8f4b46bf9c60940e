"""Synthetic Latin squares of Study 4: emergence steps that scale with a power of the frequency."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from emergence.schemas.interventions import FREQUENCY_EVENTS, FREQUENCY_RUNS

LEVELS = (("COPY", "2"), ("REV", "2"), ("CMP", "1"), ("SORT", "3"))
SHARES = (0.62, 0.2, 0.11, 0.07)
STEPS = np.arange(0, 601, 5)


def frequency_events(
    exponents: Mapping[str, float], seeds: Sequence[int] = (1, 2, 3), noise: float = 0.02, difficulty: float = 2.0
) -> pd.DataFrame:
    """Table ``frequency_events``.

    Args:
        exponents: Of each optimiser.
        seeds: A square each.
        noise: Standard deviation of log steps.
        difficulty: Ratio of the steps of the hardest task-level to those of the easiest, at one frequency.
    """
    rng, rows = np.random.default_rng(5), []
    for optimiser, exponent in exponents.items():
        for seed in seeds:
            for rotation in range(len(LEVELS)):
                for place, (task, level) in enumerate(LEVELS):
                    share = SHARES[(place + rotation) % len(SHARES)]
                    hard = difficulty ** (place / (len(LEVELS) - 1))
                    step = 15 * hard * share**-exponent * np.exp(rng.normal(0, noise))
                    rows.append(
                        {"run": f"{optimiser}-r{rotation}-s{seed}", "size": "4x32", "seed": seed, "rotation": rotation,
                         "optimiser": optimiser, "task": task, "level": level, "share": share, "emerged": True,
                         "step": step}
                    )  # fmt: skip
    return pd.DataFrame(rows, columns=FREQUENCY_EVENTS.arrow.names)


def frequency_runs(exponents: Mapping[str, float]) -> pd.DataFrame:
    """Table ``frequency_runs``: scores that pass one half at the steps of the events."""
    events = frequency_events(exponents)
    frames = [
        pd.DataFrame({"step": STEPS, "value": 1 / (1 + np.exp(-(STEPS - event.step) / 5))}).assign(
            run=event.run, size=event.size, seed=event.seed, optimiser=event.optimiser, rotation=event.rotation,
            task=event.task, level=event.level, share=event.share, quantity="exact_match",
        )
        for event in events.itertuples()
    ]  # fmt: skip
    baselines = pd.DataFrame(LEVELS, columns=["task", "level"]).assign(
        run="", size="4x32", seed=0, optimiser="", rotation=0, step=0, quantity="baseline", value=0.0, share=0.25
    )
    return pd.concat([*frames, baselines], ignore_index=True)[FREQUENCY_RUNS.arrow.names]
