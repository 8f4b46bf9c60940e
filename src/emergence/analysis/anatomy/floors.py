"""Scale invariance of floors: their slope on the number of parameters.

The slope is that of log10 floor on log10 parameters, in decades per decade. Task-levels of one run share a network, so
each run counts once: a task's floor in a run is the mean of the logarithms over its levels. Scale invariance is an
equivalence test (two one-sided t tests, TOST) against a change by the margin per decade, not the absence of a
significant slope. A mixed model with a random intercept a task is fitted too; it treats tasks of a run as independent.
"""

import warnings
from math import log10
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

from emergence.analysis.select import last_layer, select, without_control
from emergence.config.protocol import Statistics
from emergence.io import tables
from emergence.schemas.analysis import COLLAPSE
from emergence.schemas.anatomy import FLOORS


def equivalence_bounds(equivalence: float) -> tuple[float, float]:
    """Equivalence bounds of the slope: a decrease and an increase by the margin per decade."""
    return log10(1 - equivalence), log10(1 + equivalence)


def constant_floor(collapses: pd.DataFrame, equivalence: float) -> pd.DataFrame:
    """Floors within the equivalence margin over sizes, from the geometric mean of all floors at the smallest size.

    Args:
        collapses: Rows of table ``collapse``, one variant and layer.
        equivalence: Margin, as a relative change per decade of parameters.

    Returns:
        Columns ``parameters``, ``low`` and ``high``, a row per size.
    """
    parameters = np.array(sorted(collapses["parameters"].unique()), dtype=float)
    decades, mean = np.log10(parameters / parameters.min()), np.exp(np.log(collapses["floor"]).mean())
    low, high = (mean * (1 + change) ** decades for change in (-equivalence, equivalence))
    return pd.DataFrame({"parameters": parameters, "low": low, "high": high})


def compare_floors(collapses: pd.DataFrame, settings: Statistics) -> pd.DataFrame:
    """Table ``floors``: floor, initial value and depth (their ratio) against size, in one variant's last layer.

    The claim concerns floors. Initial values show the effect of width alone, depths the collapse relative to it.
    """
    rows = []
    for quantity in ("floor", "initial", "depth"):
        tasks, runs = _means(collapses, quantity)
        fits = [(task, "run means", _line(frame), frame) for task, frame in tasks.groupby("task", sort=False)]
        fits += [("all", "run means", _line(runs), runs), ("all", "mixed model", _mixed(tasks), runs)]
        rows += [{"quantity": quantity, **_row(*fit, settings)} for fit in fits]
    return pd.DataFrame(rows)


def pooled_slope(collapses: pd.DataFrame, settings: Statistics) -> dict[str, object]:
    """The row of `compare_floors` for floors over all tasks by run means, without the slower other rows."""
    _, runs = _means(collapses, "floor")
    return _row("all", "run means", _line(runs), runs, settings)


def run_means(collapses: pd.DataFrame, quantity: str) -> pd.DataFrame:
    """Mean logarithm of a quantity in the last layer of each run, over its tasks: columns ``run, parameters, log``."""
    return _means(collapses, quantity)[1]


def _means(collapses: pd.DataFrame, quantity: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Mean logarithm of a quantity in the last layer: of each task of a run over its levels, and of each run."""
    last = last_layer(collapses)
    logs = last.assign(log=np.log10(last[quantity]))
    tasks = logs.groupby(["run", "parameters", "task"], sort=False)["log"].mean().reset_index()
    return tasks, tasks.groupby(["run", "parameters"], sort=False)["log"].mean().reset_index()


def _line(frame: pd.DataFrame) -> tuple[float, float, float]:
    """Slope, its standard error and degrees of freedom, by least squares."""
    freedom = len(frame) - 2
    if freedom < 1 or frame["parameters"].nunique() < 2:
        return np.nan, np.nan, np.nan
    import statsmodels.api as sm  # slow to import, and modules that import this one mostly fit nothing

    fit = sm.OLS(frame["log"], sm.add_constant(np.log10(frame["parameters"].to_numpy()))).fit()
    return float(fit.params.iloc[1]), float(fit.bse.iloc[1]), freedom


def _mixed(tasks: pd.DataFrame) -> tuple[float, float, float]:
    if tasks["parameters"].nunique() < 2 or tasks["task"].nunique() < 2:
        return np.nan, np.nan, np.nan
    import statsmodels.api as sm

    decades = np.log10(tasks["parameters"].to_numpy())
    centred = sm.add_constant(decades - decades.mean())  # better conditioned; the slope is the same
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a random effect on its boundary, common with few runs, is not an error
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
    low, high = equivalence_bounds(settings.equivalence)
    with np.errstate(divide="ignore", invalid="ignore"):  # a slope with zero error has p 0 or 1
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


def fit_floors(variant: str, statistics: Statistics, collapses: Path, table: Path) -> None:
    """Compare the floors of the primary variant over sizes (table ``floors``).

    Args:
        variant: Primary variant of the measure.
        statistics: Confidence, and the equivalence margin per decade.
        collapses: Table ``collapse``.
        table: Where ``floors`` is written.
    """
    rows = without_control(select(tables.read(COLLAPSE, collapses), variant=variant))
    tables.write(FLOORS, compare_floors(rows, statistics), table)
