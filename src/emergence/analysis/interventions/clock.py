"""The clock of the collapse: which quantity has the same value, in all cells, when the last layer collapses?

The collapse of a layer is that of Study 1: half of the way, on the logarithmic scale, from the initial rank to the
floor. For each quantity q a law is fitted on the cells that are not held out: log q at the collapse is linear in log
width, log depth and log σ, with a constant for each optimiser. In a held-out cell the law predicts the value of q, and
so the step at which the run's own curve of q reaches it. The sum of learning rates and the number of steps are known
before a run; the other quantities are read off the run itself, an advantage that they are given.

Two further predictions bound these, and no claim rests on them, since the errors of the clock had been seen when they
were added: the step as a power law in every setting, rate and warm-up among them, and the step of the other seeds.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from emergence.analysis.collapse import describe_collapse, early_checkpoints, rank_scale
from emergence.analysis.curves import Array, to_steps
from emergence.analysis.intervals import clopper_pearson, cluster_bootstrap, student_mean
from emergence.config.protocol import Collapse, Statistics
from emergence.io import tables
from emergence.schemas.interventions import (
    CLOCK_COLLAPSES,
    CLOCK_LAWS,
    CLOCK_PREDICTIONS,
    CLOCK_RUNS,
    CLOCK_SHARES,
    FACTORS,
)

CLOCK = "rate_sum"
RIVALS = ("step", "loss", "gradient_norm", "weight_norm", "entropy")
QUANTITIES = (CLOCK, *RIVALS)
SETTINGS, OTHER_SEEDS = "settings", "other_seeds"
SIZE = {"width": 32.0, "layers": 4.0, "sigma": 0.02}
"""Factors of a law of size, and their usual values."""
EVERY_SETTING = {**SIZE, "learning_rate": 0.001, "warmup": 10.0}
KEYS = list(FACTORS)
RESAMPLES = 200
"""Of cells, for the interval of an exponent."""


def find_clock_collapses(runs: pd.DataFrame, settings: Collapse) -> pd.DataFrame:
    """Table ``clock_collapses`` from table ``clock_runs``; a run that diverged has no collapse."""
    rows = []
    for key, run in runs.groupby(KEYS, sort=False):
        if (run["quantity"] == "diverged").any():
            continue
        factors = dict(zip(KEYS, key, strict=True))
        ranks = run[run["quantity"] == "rank"].pivot_table(index="layer", columns="step", values="value")
        steps = ranks.columns.to_numpy(dtype=np.int64)
        ranks.index = pd.MultiIndex.from_product([[factors["cell"]], ranks.index], names=["run", "layer"])
        shape = describe_collapse(rank_scale(ranks.to_numpy()), early_checkpoints(ranks, settings), settings)
        collapse = to_steps(shape.collapse_position, steps)
        curves = _curves(run)
        for place, layer in enumerate(ranks.index.get_level_values("layer")):
            at = {name: _at(curves[name], collapse[place]) for name in (*QUANTITIES, "alignment")}
            own = {"initial": np.exp(shape.initial[place]), "floor": np.exp(shape.floor[place])}
            last = {"layer": layer, "last": layer == factors["layers"], "collapse_step": collapse[place]}
            rows.append({**factors, **last, **own, **at})
    return pd.DataFrame(rows, columns=CLOCK_COLLAPSES.arrow.names)


def _curves(run: pd.DataFrame) -> dict[str, pd.Series]:
    """Quantities of one run by step; each at the steps at which it is known."""
    whole = run[run["layer"].isna()].dropna(subset=["value"])
    curves = {str(name): rows.set_index("step")["value"] for name, rows in whole.groupby("quantity")}
    steps = curves[CLOCK].index
    return {**curves, "step": pd.Series(steps.to_numpy(dtype=float), index=steps)}


def _at(curve: pd.Series, step: float) -> float:
    return float(np.interp(step, curve.index.to_numpy(dtype=float), curve.to_numpy())) if np.isfinite(step) else np.nan


class ClockLaw:
    """log q at the collapse as a linear function of the logarithms of some factors, by optimiser."""

    def __init__(self, collapses: pd.DataFrame, quantity: str, factors: Mapping[str, float] = SIZE) -> None:
        self.factors = factors
        self.optimisers = sorted(collapses["optimiser"].unique())
        design, values = self.design(collapses), np.log(collapses[quantity].to_numpy(dtype=float))
        self.coefficients: Array = np.linalg.lstsq(design, values, rcond=None)[0]

    def design(self, collapses: pd.DataFrame) -> Array:
        """Columns: the factors relative to their usual values, then a constant for each optimiser."""
        sizes = np.log(collapses[[*self.factors]].to_numpy(dtype=float) / [*self.factors.values()])
        kinds = np.stack([(collapses["optimiser"] == name).to_numpy(dtype=float) for name in self.optimisers], axis=1)
        return np.concatenate([sizes, kinds], axis=1)

    def predicts(self, collapses: pd.DataFrame) -> Array:
        """The value of q at the collapse of each row; NaN for an optimiser that was not fitted."""
        known = collapses["optimiser"].isin(self.optimisers).to_numpy()
        return np.where(known, np.exp(self.design(collapses) @ self.coefficients), np.nan)

    @property
    def width_exponent(self) -> float:
        """Exponent of the width."""
        return float(self.coefficients[0])


def first_reached(curve: pd.Series, value: float) -> float:
    """Step at which a curve first reaches a value, from whichever side it starts; its last step if it never does.

    >>> first_reached(pd.Series([3.0, 1.0, 0.0], index=[0, 2, 10]), 2.0)
    1.0
    """
    levels, steps = curve.to_numpy(dtype=float), curve.index.to_numpy(dtype=float)
    side = np.sign(levels - value)
    passed = np.flatnonzero(side != side[0])
    if side[0] == 0 or not len(passed):
        return float(steps[0] if side[0] == 0 else steps[-1])
    place = passed[0]
    share = (value - levels[place - 1]) / (levels[place] - levels[place - 1])
    return float(steps[place - 1] + share * (steps[place] - steps[place - 1]))


def predict_steps(runs: pd.DataFrame, collapses: pd.DataFrame) -> pd.DataFrame:
    """Table ``clock_predictions``: every prediction of the step in every held-out cell whose last layer collapses.

    Args:
        runs: Table ``clock_runs``.
        collapses: Table ``clock_collapses``.
    """
    last = collapses[collapses["last"]].dropna(subset=["collapse_step"])
    last = last[last["collapse_step"] > 0]
    fitted, tested = last[~last["held_out"]], last[last["held_out"]]
    if not len(fitted) or not len(tested):
        return pd.DataFrame(columns=CLOCK_PREDICTIONS.arrow.names)
    curves = {key: _curves(run) for key, run in runs.groupby(["cell", "seed"], sort=False)}
    of_run = [curves[key] for key in zip(tested["cell"], tested["seed"], strict=True)]
    observed = np.maximum(tested["collapse_step"].to_numpy(dtype=float), 1.0)
    every_setting = ClockLaw(fitted, "collapse_step", EVERY_SETTING)
    predicted = {name: _read_off(ClockLaw(fitted, name).predicts(tested), of_run, name) for name in QUANTITIES}
    predicted |= {SETTINGS: every_setting.predicts(tested), OTHER_SEEDS: _of_other_seeds(tested["cell"], observed)}
    frames = []
    for name, values in predicted.items():
        steps = np.maximum(values, 1.0)
        rows = tested[KEYS].assign(quantity=name, observed=observed, predicted=steps, error=np.log(steps / observed))
        frames.append(rows.dropna(subset=["predicted"]))
    return pd.concat(frames, ignore_index=True)


def _read_off(values: Array, curves: Sequence[Mapping[str, pd.Series]], quantity: str) -> Array:
    """Steps at which each run's own curve of a quantity reaches a value; NaN where that is."""
    reached = [first_reached(of[quantity], value) for of, value in zip(curves, values, strict=True)]
    return np.where(np.isnan(values), np.nan, reached)


def _of_other_seeds(cells: pd.Series, steps: Array) -> Array:
    """Geometric mean of the steps of the other runs of each run's cell; NaN where it is alone."""
    logs = pd.Series(np.log(steps), index=cells.index)
    of_cell = logs.groupby(cells)
    others = of_cell.transform("size") - 1
    return np.exp((of_cell.transform("sum") - logs) / others.where(others > 0)).to_numpy()


def judge_laws(predictions: pd.DataFrame, collapses: pd.DataFrame, settings: Statistics) -> pd.DataFrame:
    """Table ``clock_laws``: errors of each quantity, and of the sum of rates less those of each rival.

    Args:
        predictions: Table ``clock_predictions``.
        collapses: Table ``clock_collapses``, for the exponents of the width.
        settings: Confidence, and the bootstrap over cells.
    """
    rows = []
    absolute = predictions.assign(error=predictions["error"].abs())
    wide = absolute.pivot_table(index=["cell", "seed"], columns="quantity", values="error")
    cells = wide.index.get_level_values("cell").to_numpy()

    def bounds(values: Array, clusters: Array) -> tuple[float, float]:
        rng = np.random.default_rng(settings.seed)
        return cluster_bootstrap(values, clusters, settings.confidence, settings.bootstrap, rng)

    for quantity in [name for name in (*QUANTITIES, SETTINGS, OTHER_SEEDS) if name in wide]:
        known = wide[quantity].notna().to_numpy()
        errors, of = wide.loc[known, quantity].to_numpy(), cells[known]
        low, high = bounds(errors, of)
        row = {"quantity": quantity, "cells": len({*of}), "runs": len(errors), "factor": np.exp(errors.mean())}
        row |= {"factor_low": np.exp(low), "factor_high": np.exp(high)}
        if quantity != CLOCK:
            differences = (wide[CLOCK] - wide[quantity])[known].to_numpy()
            row["excess"] = differences.mean()
            row["excess_low"], row["excess_high"] = bounds(differences, of)
        rows.append({**row, **_exponent(collapses, quantity, settings)})
    return pd.DataFrame(rows, columns=CLOCK_LAWS.arrow.names)


def _exponent(collapses: pd.DataFrame, quantity: str, settings: Statistics) -> dict[str, float]:
    """Exponent of the width over all cells, with a bootstrap over cells, of a quantity that has a law of size."""
    if quantity not in QUANTITIES:
        return {}
    last = collapses[collapses["last"]].dropna(subset=["collapse_step"])
    last = last[(last[quantity] > 0) & (last["collapse_step"] > 0)]
    if last["width"].nunique() < 2:
        return {"width_exponent": np.nan, "exponent_low": np.nan, "exponent_high": np.nan}
    law, rng = ClockLaw(last, quantity), np.random.default_rng(settings.seed)
    design, values = law.design(last), np.log(last[quantity].to_numpy(dtype=float))
    places = list(last.groupby("cell").indices.values())
    drawn = []
    for _ in range(min(settings.bootstrap, RESAMPLES)):
        chosen = np.concatenate([places[cell] for cell in rng.integers(0, len(places), len(places))])
        drawn.append(np.linalg.lstsq(design[chosen], values[chosen], rcond=None)[0][0])
    tail = (1 - settings.confidence) / 2
    low, high = np.quantile(drawn, [tail, 1 - tail])
    return {"width_exponent": law.width_exponent, "exponent_low": low, "exponent_high": high}


def summarise_cells(collapses: pd.DataFrame, settings: Statistics) -> pd.DataFrame:
    """Table ``clock_shares``: over cells, shares with a collapse and with the last layer first, and means."""
    last = collapses[collapses["last"]]
    fell = last.groupby("cell")["collapse_step"].apply(lambda steps: steps.notna().mean() > 0.5)
    rows = [_share("collapsed", fell, settings), _share("last_first", _last_first(collapses), settings)]
    aligned = last.groupby("cell")["alignment"].mean()
    rows.append(_mean("alignment", aligned, settings))
    random = np.sqrt(2 / (np.pi * last["width"].astype(float))).groupby(last["cell"]).mean()
    rows.append(_mean("alignment, random", random, settings))
    rows += [_mean(f"floor on {size}", floor_slopes(last, size), settings) for size in ("width", "layers")]
    return pd.DataFrame(rows, columns=CLOCK_SHARES.arrow.names).astype({"count": "Int64"})


def _last_first(collapses: pd.DataFrame) -> pd.Series:
    """Whether the last layer of each cell that collapses does so strictly before every other, in most seeds."""
    steps = collapses.assign(step=collapses["collapse_step"].fillna(np.inf))
    last = steps[steps["last"]].set_index(["cell", "seed"])["step"]
    others = steps[~steps["last"]].groupby(["cell", "seed"])["step"].min()
    joined = pd.DataFrame({"last": last, "others": others}).dropna()
    joined = joined[np.isfinite(joined["last"])]
    return (joined["last"] < joined["others"]).groupby(level="cell").mean() > 0.5


def floor_slopes(last: pd.DataFrame, size: str) -> pd.Series:
    """Slope of log10 floor on log10 ``width`` or ``layers`` in each group of runs that agree in everything else."""
    others = [name for name in KEYS if name not in (size, "cell", "held_out")]
    slopes = []
    for _, group in last.groupby(others, sort=False):
        if len(group[size].unique()) > 1:
            x, y = np.log10(group[size].to_numpy(dtype=float)), np.log10(group["floor"].to_numpy(dtype=float))
            slopes.append(float(np.polyfit(x, y, 1)[0]))
    return pd.Series(slopes, dtype=float)


def _share(statistic: str, cells: pd.Series, settings: Statistics) -> dict[str, object]:
    hits, units = int(cells.sum()), len(cells)
    low, high = clopper_pearson(hits, units, settings.confidence) if units else (np.nan, np.nan)
    value = hits / units if units else np.nan
    return {"statistic": statistic, "value": value, "low": low, "high": high, "count": hits, "units": units}


def _mean(statistic: str, values: pd.Series, settings: Statistics) -> dict[str, object]:
    mean = student_mean(values, settings.confidence)
    return {"statistic": statistic, "value": mean.value, "low": mean.low, "high": mean.high, "units": mean.runs}


def analyse_clock(
    collapse: Collapse,
    statistics: Statistics,
    runs: list[Path],
    clock_collapses_table: Path,
    clock_predictions_table: Path,
    clock_laws_table: Path,
    clock_shares_table: Path,
) -> None:
    """Time the collapse of every cell and test which quantity sets it.

    Args:
        collapse: How floor and collapse are found.
        statistics: Confidence, and the bootstrap over cells.
        runs: Tables ``clock_runs``, one of each seed.
        clock_collapses_table: Where ``clock_collapses`` is written.
        clock_predictions_table: Where ``clock_predictions`` is written.
        clock_laws_table: Where ``clock_laws`` is written.
        clock_shares_table: Where ``clock_shares`` is written.

    Raises:
        CollapseError: see `early_checkpoints`.
    """
    rows = tables.read(CLOCK_RUNS, *runs)
    collapses = find_clock_collapses(rows, collapse)
    predictions = predict_steps(rows, collapses)
    tables.write(CLOCK_COLLAPSES, collapses, clock_collapses_table)
    tables.write(CLOCK_PREDICTIONS, predictions, clock_predictions_table)
    tables.write(CLOCK_LAWS, judge_laws(predictions, collapses, statistics), clock_laws_table)
    tables.write(CLOCK_SHARES, summarise_cells(collapses, statistics), clock_shares_table)
