"""The degree of emergence E beside its baselines, run by run: nulls that only grow, mean |w|, and capability.

Quantities of table ``baseline_comparison``, at the last checkpoint of a run unless they say otherwise:

- ``alpha_0, first``, ``alpha_0, last``, ``alpha_0, change``, and the same of ``width``;
- ``E``, ``E, shuffled`` …, ``excess over shuffled`` … of each null, and ``share of growth``, E_shuffled/E;
- a decomposition of the excess over shuffled weights, with E = widening × fall: ``E, fall of shuffled`` takes the
  null's fall, ``E, widening of shuffled`` the null's widening. ``part of fall`` and ``part of widening`` are the mean
  differences that each makes, over both orders of replacement, and sum to the excess;
- over checkpoints, ``correlation, …`` with capability of each of `CURVES`: E, that of shuffled weights, mean |w| and
  the bare number of steps; ``partial, …`` given mean |w| (mean |w| given E), and ``partial given steps, E``;
  ``increments, …`` of E and mean |w|, the same between successive checkpoints, ``increments beyond shifts, …`` and
  ``increments given spacing, …`` (see `increment_correlation`);
- the same, less that of a null on the same run: ``correlation over shuffled``, ``correlation over steps`` and
  ``partial over shuffled``.

Any two quantities that grow in training correlate, the number of steps among them. So correlations are also taken given
a third curve, held against those of shuffled weights and of the steps in the same run, and taken between increments
from checkpoint to checkpoint, beside the same for all circular shifts of one against the other. Checkpoints are
unevenly spaced and increments grow with the spacing: increments are also correlated given the number of steps between
checkpoints.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from emergence.analysis.curves import Array
from emergence.analysis.intervals import student_mean
from emergence.analysis.neuromfa.degree_of_emergence import CHECKPOINT
from emergence.analysis.rank_agreement import spearman
from emergence.io import tables
from emergence.io.tables import RUN
from emergence.multifractal.spectrum import ROUNDING
from emergence.schemas.analysis import SCORES
from emergence.schemas.neuromfa import BASELINE_COMPARISON, CAPABILITY, DEGREE_OF_EMERGENCE, RUN_MEANS
from emergence.tasks.symbols import CONTROL

FEWEST = 4  # points, for a correlation to be defined
NULLS = ("shuffled", "gaussian", "rescaled")
CURVES = ("E", "shuffled", "mean_weight", "step")
"""Curves of a run that are correlated with capability."""
GIVEN = {"E": "mean_weight", "shuffled": "mean_weight", "mean_weight": "E"}
MOVING = ("E", "mean_weight")
"""Curves of which increments are correlated as well."""
Quantities = Iterator[tuple[str, float]]


def mean_capability(scores: pd.DataFrame, degrees: pd.DataFrame, metrics: Mapping[str, str]) -> pd.DataFrame:
    """Mean score over task-levels at the checkpoints of table ``degree_of_emergence`` (table ``capability``).

    Args:
        scores: Table ``scores``; checkpoints without scores have no capability.
        degrees: Table ``degree_of_emergence``.
        metrics: The metric of each study.
    """
    chosen = (scores["metric"] == scores["study"].map(metrics)) & (scores["task"] != CONTROL)
    means = scores[chosen].groupby(CHECKPOINT)["score"].mean().rename("capability").reset_index()
    trained = degrees.loc[degrees["network"] == "trained", [*CHECKPOINT, "E", "mean_weight"]]
    return means.merge(trained, on=CHECKPOINT, validate="1:1")[CAPABILITY.arrow.names]


def compare_runs(degrees: pd.DataFrame, capability: pd.DataFrame) -> pd.DataFrame:
    """Table ``baseline_comparison``, from tables ``degree_of_emergence`` and ``capability``."""
    rows = []
    for run, of in degrees.groupby("run", sort=False):
        identity = of.iloc[0][list(RUN)].to_dict()
        shuffled = of.loc[of["network"] == "shuffled", ["step", "E"]].rename(columns={"E": "shuffled"})
        able = capability[capability["run"] == run].merge(shuffled, on="step", how="left")
        quantities = dict([*_ends(of), *_parts(of), *_agreement(able)])
        rows += [{**identity, "quantity": name, "value": value} for name, value in quantities.items()]
    return pd.DataFrame(rows, columns=BASELINE_COMPARISON.arrow.names)


def average_runs(of_runs: pd.DataFrame, confidence: float) -> pd.DataFrame:
    """Table ``run_means``: means over the runs of each study, of each of its sizes, and of all."""
    rows = []
    for levels in ([], ["study"], ["study", "size"]):
        for names, of in of_runs.groupby([*levels, "quantity"], sort=False):
            named = {"study": "all", "size": "all", **dict(zip([*levels, "quantity"], names, strict=True))}
            value = student_mean(of["value"], confidence)
            rows.append({**named, "value": value.value, "low": value.low, "high": value.high, "runs": value.runs})
    return pd.DataFrame(rows, columns=RUN_MEANS.arrow.names)


def _at(of: pd.DataFrame, step: int) -> pd.DataFrame:
    """Every network of a run at one checkpoint."""
    return of[of["step"] == step].set_index("network")


def _ends(of: pd.DataFrame) -> Quantities:
    first, last = _at(of, of["step"].min()), _at(of, of["step"].max())
    for name in ("alpha_0", "width"):
        start, end = float(first.loc["trained", name]), float(last.loc["trained", name])
        yield from ((f"{name}, first", start), (f"{name}, last", end), (f"{name}, change", end - start))
    degree = last["E"].astype(float)
    yield "E", degree["trained"]
    for null in NULLS:
        yield f"E, {null}", degree[null]
        yield f"excess over {null}", degree["trained"] - degree[null]
    yield "share of growth", degree["shuffled"] / degree["trained"] if degree["trained"] > 0 else float("nan")


def _parts(of: pd.DataFrame) -> Quantities:
    last = _at(of, of["step"].max())
    fall, widening = last["fall"].astype(float), last["widening"].astype(float)
    yield "E, fall of shuffled", widening["trained"] * fall["shuffled"]
    yield "E, widening of shuffled", widening["shuffled"] * fall["trained"]
    yield "part of fall", (fall["trained"] - fall["shuffled"]) * (widening["trained"] + widening["shuffled"]) / 2
    yield "part of widening", (widening["trained"] - widening["shuffled"]) * (fall["trained"] + fall["shuffled"]) / 2


def _agreement(capability: pd.DataFrame) -> Quantities:
    """Over the checkpoints of one run at which E, that of shuffled weights and mean |w| exist."""
    known = capability.dropna(subset=["E", "shuffled", "mean_weight"]).sort_values("step", kind="stable")
    score, curves = known["capability"].to_numpy(), {name: known[name].to_numpy(dtype=float) for name in CURVES}
    plain = {name: correlation(curve, score) for name, curve in curves.items()}
    partial = {name: partial_correlation(curves[name], score, curves[given]) for name, given in GIVEN.items()}
    yield from ((f"correlation, {name}", value) for name, value in plain.items())
    yield from ((f"partial, {name}", value) for name, value in partial.items())
    yield "partial given steps, E", partial_correlation(curves["E"], score, curves["step"])
    yield "correlation over shuffled", plain["E"] - plain["shuffled"]
    yield "correlation over steps", plain["E"] - plain["step"]
    yield "partial over shuffled", partial["E"] - partial["shuffled"]
    for name in MOVING:
        moves, beyond = increment_correlation(curves[name], score)
        yield f"increments, {name}", moves
        yield f"increments beyond shifts, {name}", beyond
        given_spacing = increment_correlation_given_spacing(curves[name], score, known["step"].to_numpy())
        yield f"increments given spacing, {name}", given_spacing


def compare_baselines(
    metrics: dict[str, str],
    confidence: float,
    degree: Path,
    scores: list[Path],
    capability_table: Path,
    baseline_comparison_table: Path,
    run_means_table: Path,
) -> None:
    """Compare E with its nulls, mean |w| and capability (``capability``, ``baseline_comparison`` and ``run_means``).

    Args:
        metrics: The metric of each study.
        confidence: Coverage of the intervals, such as 0.95.
        degree: Table ``degree_of_emergence``.
        scores: Tables ``scores``, one of each study.
        capability_table: Where ``capability`` is written.
        baseline_comparison_table: Where ``baseline_comparison`` is written.
        run_means_table: Where ``run_means`` is written.
    """
    degrees = tables.read(DEGREE_OF_EMERGENCE, degree)
    capability = mean_capability(tables.read(SCORES, *scores), degrees, metrics)
    of_runs = compare_runs(degrees, capability)
    tables.write(CAPABILITY, capability, capability_table)
    tables.write(BASELINE_COMPARISON, of_runs, baseline_comparison_table)
    tables.write(RUN_MEANS, average_runs(of_runs, confidence), run_means_table)


def correlation(one: Array, other: Array) -> float:
    """Spearman's correlation of curves (checkpoints,); NaN where either is constant or there are too few."""
    return float(spearman(one, other)) if len(one) >= FEWEST else np.nan


def partial_correlation(one: Array, other: Array, given: Array) -> float:
    """Spearman's partial correlation of curves given a third; NaN where the third determines either.

    Given a constant curve, it is the plain correlation.

    Args:
        one: Values (checkpoints,).
        other: Values (checkpoints,).
        given: The third curve (checkpoints,).
    """
    plain, of_one, of_other = correlation(one, other), correlation(one, given), correlation(other, given)
    if np.isnan(plain) or not np.ptp(given) > 0:
        return plain
    left = (1 - of_one**2) * (1 - of_other**2)
    return float((plain - of_one * of_other) / np.sqrt(left)) if left > ROUNDING else np.nan


def increment_correlation(one: Array, other: Array) -> tuple[float, float]:
    """Correlation of increments, and its excess over the mean of all circular shifts of ``one``; NaN for too few."""
    moves, reply = np.diff(one), np.diff(other)
    if len(moves) < FEWEST:
        return np.nan, np.nan
    places = np.arange(len(moves))
    shifted = spearman(moves[(places + places[1:, None]) % len(moves)], reply)
    aligned = correlation(moves, reply)
    return aligned, aligned - float(np.mean(shifted))


def increment_correlation_given_spacing(one: Array, other: Array, steps: NDArray[np.int64]) -> float:
    """Partial correlation of increments given the number of steps between checkpoints.

    Args:
        one: Values (checkpoints,).
        other: Values (checkpoints,).
        steps: Step of each checkpoint (checkpoints,).
    """
    return partial_correlation(np.diff(one), np.diff(other), np.diff(steps).astype(float))
