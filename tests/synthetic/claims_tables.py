"""Tables on which all claims of Study 1 but A1 hold (for that, 32 units are too few), to be changed one at a time."""

from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from emergence.analysis.event_matrix import FEATURES
from emergence.analysis.lead_differences import MOVES, RIVALS
from emergence.analysis.precursors import CELLS, DEFINITIONS, NULLS, RELATIONS
from emergence.schemas.analysis import HIERARCHY, LEAD_DIFFERENCES, PRECURSORS
from emergence.schemas.anatomy import ORDER_PREDICTION

VARIANT = "answer/centred/sigma"
SIZES = {"2x128": 404_992, "4x256": 3_200_000, "6x384": 10_700_000, "8x512": 25_300_000}
TASKS = ("COPY", "REV", "CMP", "SORT", "PAR", "ADD", "MOD", "MUL")
LEADING = ("rankme", "linear_probe")
MEASURES = ("rankme", "fisher", "gradient_covariance", "hessian", "llc", "linear_probe", "loss")
RUNS = 24
Row = dict[str, Any]


def units(
    sizes: dict[str, int] = SIZES, tasks: tuple[str, ...] = TASKS, seeds: Sequence[int] = (1, 2, 3)
) -> list[dict[str, Any]]:
    """One level of each task in each of some runs per size."""
    return [
        {
            "study": "anatomy", "run": f"{size}-s{seed}", "size": size, "parameters": parameters, "seed": seed,
            "task": task, "level": "1",
        }
        for size, parameters in sizes.items()
        for seed in seeds
        for task in tasks
    ]  # fmt: skip


def events(missing: int = 0, sizes: dict[str, int] = SIZES, tasks: tuple[str, ...] = TASKS) -> pd.DataFrame:
    """Events of all units but the first ``missing`` task x size units; log-probability never emerges."""
    frame = pd.DataFrame(units(sizes, tasks))
    without = frame.drop_duplicates(["task", "size"])[["task", "size"]].head(missing).apply(tuple, axis=1)
    emerged = ~frame[["task", "size"]].apply(tuple, axis=1).isin(set(without))
    step = np.where(emerged, 500.0, np.nan)
    times = {"step": step, "step_before": step - 10, "step_after": step + 10, "width": 40.0, "final_score": 0.9}
    rows = frame.assign(metric="exact_match", emerged=emerged, **times)
    return pd.concat([rows, rows.assign(metric="log_probability", emerged=False)], ignore_index=True)


def collapses(
    missing: int = 0,
    slope: float = 0.0,
    modular: float = 2.0,
    upward: int = 0,
    sizes: dict[str, int] = SIZES,
    tasks: tuple[str, ...] = TASKS,
    seeds: Sequence[int] = (1, 2, 3),
) -> pd.DataFrame:
    """Two layers; ``missing`` and ``upward`` count task x size units that do not collapse, or not from the top."""
    frame = pd.DataFrame(units(sizes, tasks, seeds))
    number = frame.groupby(["task", "size"], sort=False).ngroup()
    rng = np.random.default_rng(0)
    floor = np.where(frame["task"] == "MOD", modular, 5.0) * (frame["parameters"] / 3e6) ** slope
    floor *= np.exp(rng.normal(0, 0.005, len(frame)))
    shape = {"measure": "rankme", "variant": VARIANT, "initial": 16.0, "floor": floor, "depth": floor / 16}
    shape |= {"floor_step": 60.0, "onset_step": 90.0}
    step = pd.Series(np.where(number < missing, np.nan, 30.0))
    first = step.where(number < upward, step + 5)
    last = step.where(number >= upward, step + 5)
    layers = [frame.assign(layer=layer, collapse_step=steps, **shape) for layer, steps in ((1, first), (2, last))]
    return pd.concat(layers, ignore_index=True)


def with_values(table: pd.DataFrame, values: dict[str, Any], **chosen: str) -> pd.DataFrame:
    """A copy of a table with other values in the rows that agree with ``chosen``."""
    changed = table.copy()
    rows = (table[list(chosen)] == list(chosen.values())).all(axis=1)
    assert rows.any()
    changed.loc[rows, list(values)] = list(values.values())
    return changed


def rate(value: float, spread: float = 0.05) -> dict[str, float]:
    """A rate with its interval."""
    return {"rate": value, "low": value - spread, "high": value + spread}


def excess(value: float, spread: float = 0.05) -> dict[str, float]:
    """An excess with its interval."""
    return {"excess": value, "excess_low": value - spread, "excess_high": value + spread}


def difference(value: float, spread: float = 1.0) -> dict[str, float]:
    """A lead-time difference with its interval."""
    return {"difference": value, "difference_low": value - spread, "difference_high": value + spread}


def lead_differences(leading: tuple[str, ...] = LEADING, measures: tuple[str, ...] = MEASURES) -> pd.DataFrame:
    """Some measures lead every rival, but none of the curves of easy tasks; by another definition all is opposite."""
    rows = []
    for measure, definition, (way, difficulty), rival in product(measures, MOVES, CELLS, RIVALS[:4]):
        if (measure, rival) == ("loss", "own loss"):
            continue
        leads = (measure in leading and (difficulty != "easy" or rival != "placebo")) == (definition == "onset")
        names: Row = {"measure": measure, "definition": definition, "classes": way, "difficulty": difficulty}
        names |= {"size": "all", "rival": rival, "events": 4 * RUNS, "runs": RUNS}
        rows.append({**names, **difference(8.0 if leads else -3.0), "margin": 2.0, "whole_network": False})
    return pd.DataFrame(rows, columns=LEAD_DIFFERENCES.arrow.names)


def precursors() -> pd.DataFrame:
    """RankMe and linear probes lead beyond every null, but easy tasks no more than others; nothing else leads.

    Other definitions, metrics and sizes say the opposite of the primary ones.
    """
    rows = []
    for measure, definition, size, (way, difficulty) in product(MEASURES, DEFINITIONS, ("all", "2x128"), CELLS):
        for metric in ("exact_match", "log_probability"):
            primary = (metric, definition, size) == ("exact_match", "onset", "all")
            names: Row = {"measure": measure, "metric": metric, "definition": definition, "size": size}
            names |= {"classes": way, "difficulty": difficulty, "events": 4 * RUNS, "runs": RUNS}
            leads = (measure in LEADING) == primary
            rows.append({**names, "control": "observed", **rate(0.9 if leads else 0.05)})
            none = not leads or (difficulty == "easy") == primary
            beyond = excess(0.0, 0.02) if none else excess(0.5)
            rows += [{**names, "control": null, **rate(0.4), **beyond, "p": 0.01, "holm_p": 0.02} for null in NULLS]
    return pd.DataFrame(rows, columns=PRECURSORS.arrow.names)


def hierarchy() -> pd.DataFrame:
    """The Hessian lags; other definitions say that it leads."""
    rows = []
    for measure, definition, (way, difficulty) in product(MEASURES, DEFINITIONS, CELLS):
        lags = (measure == "hessian") == (definition == "onset")
        shares = dict(zip(RELATIONS, (0.05, 0.1, 0.8, 0.05) if lags else (0.8, 0.1, 0.05, 0.05), strict=True))
        names: Row = {"measure": measure, "metric": "exact_match", "definition": definition, "size": "all"}
        names |= {"classes": way, "difficulty": difficulty, "events": 4 * RUNS, "runs": RUNS}
        rows += [
            {**names, "relation": relation, "count": 1, "share": share, "low": share - 0.04, "high": share + 0.04}
            for relation, share in shares.items()
        ]
    return pd.DataFrame(rows, columns=HIERARCHY.arrow.names)


PUBLISHED_LIMITS = {
    ("spearman", "none", "all"): (0.7, 0.6, 0.8),
    ("concordance", "family", "within"): (0.27, 0.2, 0.35),
    ("concordance", "family", "within easy"): (0.52, 0.4, 0.6),
    ("concordance", "family", "within hard"): (0.69, 0.6, 0.8),
    ("concordance", "other_seeds", "within hard"): (0.2, 0.1, 0.3),
    ("swap", "none", "all"): (0.26, 0.2, 0.4),
    ("kept", "none", "all"): (0.6, 0.5, 0.7),
}


def order_prediction() -> pd.DataFrame:
    """As published, by every feature of RankMe; other measures and sizes say nothing."""
    rows = []
    for measure, feature, size in product(("rankme", "llc", "loss"), FEATURES, ("all", "2x128")):
        for key, values in PUBLISHED_LIMITS.items():
            names: Row = dict(zip(("statistic", "classes", "pairs_of"), key, strict=True))
            names |= {"measure": measure, "feature": feature, "size": size}
            value, low, high = values if (measure, size) == ("rankme", "all") else (0.5, 0.3, 0.7)
            null = {"null": 0.5, "null_low": 0.4, "null_high": 0.6, "p": 0.01, "task_p": 0.01, "holm_p": 0.02}
            rows.append({**names, "value": value, "low": low, "high": high, **null, "pairs": 100, "runs": RUNS})
    return pd.DataFrame(rows, columns=ORDER_PREDICTION.arrow.names)
