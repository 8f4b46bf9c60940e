"""Synthetic starts of runs: curves whose first steps tell the events of a run, or tell nothing of them."""

import numpy as np
import pandas as pd

LAST = 1000
STEPS = (0, 20, 50, 100, 500, LAST)
TASKS = ("COPY", "REV", "SORT", "ADD", "MOD", "CMP")


def _units() -> pd.DataFrame:
    """Task-levels of runs of two sizes and four seeds, with the step of the event; most of it is of the run."""
    rng = np.random.default_rng(2)
    rows = [
        {"run": f"{size}-s{seed}", "size": size, "seed": seed, "task": task, "level": "1",
         "step": float(np.exp(np.log(300) + 0.1 * place + rng.normal(0, 0.4)))}
        for size in ("a", "b") for seed in range(1, 5) for place, task in enumerate(TASKS)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def events() -> pd.DataFrame:
    """Rows of table ``events`` of one metric."""
    return _units().assign(emerged=True)


def _curves(informative: bool, seed: int) -> pd.DataFrame:
    """Curves over `STEPS` that fall the earlier the event comes, or that are noise."""
    rng, units = np.random.default_rng(seed), _units()
    told = -np.log(units["step"]) if informative else pd.Series(rng.normal(0, 0.4, len(units)))
    frames = [units.assign(step=step, curve=told * step / LAST + rng.normal(0, 1e-3, len(units))) for step in STEPS]
    return pd.concat(frames, ignore_index=True)


def scores(told_by: str) -> pd.DataFrame:
    """Rows of table ``scores``; they tell the events if ``told_by`` is ``loss``."""
    return _curves(told_by == "loss", 3).rename(columns={"curve": "score"})


def ranks(told_by: str) -> pd.DataFrame:
    """Rows of table ``measure``; they tell the events if ``told_by`` is ``rank``."""
    curves = _curves(told_by == "rank", 4)
    return curves.assign(value=np.exp(3 + curves["curve"])).drop(columns="curve")
