"""Floors against parameters: are they scale-invariant?

The slope is that of log10 floor on log10 parameters, in decades a decade. Task-levels of one run share a network, so
each run counts once: a task's floor in a run is the mean of the logarithms over its levels. Scale invariance is an
equivalence test (two one-sided t tests, TOST) against a change of a tenth a decade, not the absence of a significant
slope. A mixed model with a random intercept a task stands beside it; it takes tasks of a run as independent.
"""

import warnings
from math import log10
from pathlib import Path

import numpy as np
import pandas as pd
import statsmodels.api as sm
from scipy import stats

from emergence import tables
from emergence.schemas.analysis import COLLAPSE, FLOORS
from emergence.settings.analysis import FloorSettings, Statistics
from emergence.tasks.symbols import CONTROL


def bounds(settings: Statistics) -> tuple[float, float]:
    """Slopes that count as no change: a decrease and an increase by the equivalence margin a decade."""
    return log10(1 - settings.equivalence), log10(1 + settings.equivalence)


def floors(collapses: pd.DataFrame, settings: Statistics) -> pd.DataFrame:
    """Floor, initial value and depth (their ratio) against size (table ``floors``), from one variant's last layer.

    Floors are what the claim is about. Initial values show what a larger network brings by its width alone, depths what
    is left of the collapse when that is divided out.
    """
    rows = []
    for quantity in ("floor", "initial", "depth"):
        tasks, runs = _means(collapses, quantity)
        fits = [(task, "run means", _line(frame), frame) for task, frame in tasks.groupby("task", sort=False)]
        fits += [("all", "run means", _line(runs), runs), ("all", "mixed model", _mixed(tasks), runs)]
        rows += [{"quantity": quantity, **_row(*fit, settings)} for fit in fits]
    return pd.DataFrame(rows)


def pooled(collapses: pd.DataFrame, settings: Statistics) -> dict[str, object]:
    """The row of `floors` over all tasks by run means, without the others, which take longer."""
    _, runs = _means(collapses, "floor")
    return _row("all", "run means", _line(runs), runs, settings)


def _means(collapses: pd.DataFrame, quantity: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Logarithm of a quantity in the last layer: mean of each task of a run over its levels, and of each run."""
    last = collapses[collapses["layer"] == collapses.groupby("run")["layer"].transform("max")]
    logs = last.assign(log=np.log10(last[quantity]))
    tasks = logs.groupby(["run", "parameters", "task"], sort=False)["log"].mean().reset_index()
    return tasks, tasks.groupby(["run", "parameters"], sort=False)["log"].mean().reset_index()


def _line(frame: pd.DataFrame) -> tuple[float, float, float]:
    """Slope, its standard error and degrees of freedom, by least squares."""
    freedom = len(frame) - 2
    if freedom < 1 or frame["parameters"].nunique() < 2:
        return np.nan, np.nan, np.nan
    fit = sm.OLS(frame["log"], sm.add_constant(np.log10(frame["parameters"].to_numpy()))).fit()
    return float(fit.params.iloc[1]), float(fit.bse.iloc[1]), freedom


def _mixed(tasks: pd.DataFrame) -> tuple[float, float, float]:
    if tasks["parameters"].nunique() < 2 or tasks["task"].nunique() < 2:
        return np.nan, np.nan, np.nan
    decades = np.log10(tasks["parameters"].to_numpy())
    centred = sm.add_constant(decades - decades.mean())  # better conditioned; the slope is the same
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a random effect on its boundary, as with few runs, is no error
        try:
            fit = sm.MixedLM(tasks["log"], centred, groups=tasks["task"]).fit(method=["powell", "lbfgs"])
        except np.linalg.LinAlgError:
            return np.nan, np.nan, np.nan
    return float(fit.fe_params.iloc[1]), float(fit.bse_fe.iloc[1]), np.inf


def _row(
    task: object, method: str, line: tuple[float, float, float], frame: pd.DataFrame, settings: Statistics
) -> dict[str, object]:
    slope, error, freedom = line
    half = stats.t.ppf((1 + settings.confidence) / 2, freedom) * error
    low, high = bounds(settings)
    with np.errstate(divide="ignore", invalid="ignore"):  # a slope without error is inside the bounds or outside
        below, above = np.divide(slope - low, error), np.divide(slope - high, error)
    p = max(stats.t.sf(below, freedom), stats.t.cdf(above, freedom))
    mean = frame["log"].mean()
    spread = stats.t.ppf((1 + settings.confidence) / 2, len(frame) - 1) * frame["log"].sem()
    return {
        "task": task,
        "method": method,
        "mean": 10**mean,
        "mean_low": 10 ** (mean - spread),
        "mean_high": 10 ** (mean + spread),
        "slope": slope,
        "low": slope - half,
        "high": slope + half,
        "equivalence_p": p,
        "runs": len(frame),
    }


def make(settings: FloorSettings, collapses: Path, table: Path) -> None:
    """Compare the floors of the primary variant over sizes."""
    found = tables.read(COLLAPSE, collapses)
    found = found[(found["variant"] == settings.variant) & (found["task"] != CONTROL)]
    tables.write(FLOORS, floors(found, settings.statistics), table)
