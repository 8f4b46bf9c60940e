"""Worlds whose answer is known: curves of a measure and of behaviour with planted times, as tables hold them."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import yaml
from numpy.typing import NDArray
from support.project import PROJECT

from emergence.analysis import events
from emergence.config.protocol import Events

Array = NDArray[np.float64]

STEPS = np.unique(np.r_[np.arange(11), np.geomspace(10, 400, 65).astype(int), np.arange(400, 3601, 40)])
AT = np.arange(len(STEPS))
TASKS = ("COPY", "REV", "CMP", "SORT", "PAR", "ADD", "MOD", "MUL")
EASY = ["COPY", "REV", "CMP", "SORT"]
VARIANT = "answer/centred/sigma"
SIZES = {"small": 14_000, "middle": 53_000, "large": 203_000}
EVENTS = Events.model_validate(yaml.safe_load((PROJECT / "config.yaml").read_text())["protocol"]["events"])


def recovering_rank(onset: float, noise: float = 0.0, rng: np.random.Generator | None = None) -> Array:
    """A rank that falls from 16 to a floor of 4, which it leaves at ``onset`` for 12; noise is of the logarithm."""
    log = np.interp(AT, [4, 18, onset, onset + 40], np.log([16, 4, 4, 12]))
    return np.exp(log if rng is None else log + rng.normal(0, noise, len(AT)))


def fallen_rank() -> Array:
    """A rank that falls and never recovers."""
    return np.exp(np.interp(AT, [4, 18], np.log([16, 4])))


def transition(middle: float, width: float = 10.0) -> Array:
    """A score that rises from 0 to 1 about a position; 0 throughout if that is NaN."""
    if np.isnan(middle):
        return np.zeros(len(AT))
    return np.clip((AT - middle) / width + 0.5, 0.0, 1.0)


def identity(run: str) -> dict[str, Any]:
    """Columns of a run from its name, ``large-s2``."""
    size, seed = run.split("-s")
    return {"study": "anatomy", "run": run, "size": size, "parameters": SIZES[size], "seed": int(seed)}


def measure_rows(
    curves: Mapping[str, Sequence[Array]],
    measure: str = "rankme",
    variant: str = VARIANT,
    every: int = 1,
    layer: int | None = 1,
    tasks: Sequence[str] = TASKS,
) -> pd.DataFrame:
    """Rows of a measure at every n-th checkpoint: for each run a curve of each task, by step and then task."""
    kind = {"level": "1", "layer": layer, "measure": measure, "variant": variant, "standard_error": np.nan}
    rows = [
        pd.DataFrame({**identity(run), "step": STEPS[::every], "task": task, **kind, "value": curve[::every]})
        for run, of_run in curves.items()
        for task, curve in zip(tasks, of_run, strict=False)
    ]
    return pd.concat(rows).sort_values(["run", "step"], kind="stable", ignore_index=True)


def score_rows(
    curves: Mapping[str, Sequence[Array]], metric: str = "exact_match", tasks: Sequence[str] = TASKS
) -> pd.DataFrame:
    """Scores (table ``scores``): for each run a curve of each task."""
    rows = [
        pd.DataFrame({**identity(run), "task": task, "level": "1", "metric": metric, "step": STEPS, "score": curve})
        for run, of_run in curves.items()
        for task, curve in zip(tasks, of_run, strict=False)
    ]
    return pd.concat(rows, ignore_index=True)


def events_and_scores(
    times: Mapping[str, Sequence[float]], width: float = 10.0, tasks: Sequence[str] = TASKS
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Events and scores of transitions at given positions; NaN for none."""
    scores = score_rows(
        {run: [transition(time, width) for time in of_run] for run, of_run in times.items()}, tasks=tasks
    )
    return events.find_events(scores, EVENTS), scores
