"""Planted networks of neurons: rows of the measure `neuromfa` from curves of α₀ and of the width that are given."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from emergence.schemas.trajectories import MEASURE

Array = NDArray[np.float64]
PREFIXES = {"trained": "", "shuffled": "shuffled/", "gaussian": "gaussian/", "rescaled": "rescaled/"}
STEPS = np.array([0, 1, 4, 16, 64, 200, 400, 800, 1200, 1600])
SIZES = {"small": 14_000, "middle": 53_000, "large": 203_000, "mlp": 40_000, "neox": 1_000_000}


def identity(run: str, study: str = "anatomy") -> dict[str, Any]:
    """Columns of a run from its name, ``large-s2``."""
    size, seed = run.split("-s")
    return {"study": study, "run": run, "size": size, "parameters": SIZES[size], "seed": int(seed)}


def measure_rows(
    variants: Mapping[str, ArrayLike], run: str, study: str = "anatomy", error: float = 0.01
) -> pd.DataFrame:
    """Rows of one run of these variants (checkpoints,), with one standard error for α₀ and widths."""
    frames = []
    for variant, values in variants.items():
        known = error if variant.endswith(("alpha_0", "width")) else np.nan
        value = np.asarray(values, dtype=float)
        frame = pd.DataFrame({"step": STEPS[: len(value)], "variant": variant, "value": value})
        frames.append(frame.assign(standard_error=np.where(np.isnan(value), np.nan, known)))
    rows = pd.concat(frames, ignore_index=True).assign(measure="neuromfa", task=None, level=None, layer=np.nan)
    return rows.assign(**identity(run, study))[MEASURE.arrow.names]


def network_variants(name: str, alpha: ArrayLike, width: ArrayLike) -> dict[str, Array]:
    """Variants of one network from its α₀ and width (checkpoints,); all neurons survive and the fit is fair."""
    exponent, spread = np.asarray(alpha, dtype=float), np.asarray(width, dtype=float)
    plain = {"alpha_0": exponent, "width": spread, "fit": 0.9 + 0 * exponent, "survivors": 1 + 0 * exponent}
    return {PREFIXES[name] + variant: values for variant, values in plain.items()}


def neuromfa_rows(
    run: str, study: str = "anatomy", excess: float = 0.4, noise: float = 0.0, seed: int = 0
) -> pd.DataFrame:
    """A run whose α₀ falls from 1.5 to .75 as in shuffled weights, and whose width exceeds theirs by a share."""
    rng = np.random.default_rng([seed, len(run), ord(run[0]), int(run[-1])])
    share = np.linspace(0, 1, len(STEPS))
    alpha = 1.5 * 2**-share * np.exp(noise * rng.standard_normal(len(share)))
    wide = 0.6 * np.exp(noise * rng.standard_normal(len(share)))
    variants = {
        **network_variants("trained", alpha, wide * (1 + excess * share)),
        **network_variants("shuffled", alpha, wide),
        **network_variants("gaussian", alpha, wide),
        **network_variants("rescaled", 1.5 - 0.1 * share, wide),
        "mean_weight": 0.02 + 0.03 * share,
    }
    for name in ("trained", "shuffled"):
        for q in (-1, 0, 1):
            variants[f"{PREFIXES[name]}alpha/{q}"] = alpha - 0.1 * q
            variants[f"{PREFIXES[name]}f/{q}"] = 0 * alpha - abs(q) / 10
    return measure_rows(variants, run, study)


def score_rows(rows: pd.DataFrame, curve: ArrayLike, metric: str = "exact_match") -> pd.DataFrame:
    """Scores (table ``scores``) of two tasks whose mean is a curve (checkpoints,), and of a control at 0."""
    runs = rows.drop_duplicates("run")[["study", "run", "size", "parameters", "seed"]]
    value = np.asarray(curve, dtype=float)
    tasks = {"ADD": value - 0.05, "SORT": value + 0.05, "CTL": 0 * value}
    frames = [
        pd.DataFrame({"step": STEPS, "task": task, "level": "1", "metric": metric, "score": of_task})
        for task, of_task in tasks.items()
    ]
    return runs.merge(pd.concat(frames), how="cross")
