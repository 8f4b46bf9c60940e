"""Prediction of the order of emergence from the geometry of task-levels.

Features of a measure (see `emergence.analysis.event_matrix`) are compared with the order of emergence by Spearman's
correlation, by the concordance of pairs within and between classes of difficulty, and by their behaviour where the
order reverses between two sizes. A correlation of 0, or a share of 1/2, means no information; less means the wrong
sign. A measure of the whole network has one curve for all task-levels, hence no order, and is left out.

Nulls permute task-levels alike in all runs: within each class for pairs within classes, over all for the others. Levels
of one task resemble each other in geometry and in time, so ``task_p``, from a null that exchanges whole tasks, stands
beside ``p``: where only ``p`` is small, the evidence is that some tasks differ from others. Intervals resample whole
runs, with the task-levels fixed. For shares and Somers' D two runs join the draw, one at either end of the range
(`emergence.analysis.intervals.cluster_bootstrap`); not for Spearman's correlations, whose intervals are too narrow over
the few runs of a size. Medians of resampled seeds are noisier than medians of seeds, which draws the intervals of
reversals towards 1/2.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from emergence.analysis import rank_agreement
from emergence.analysis.anatomy import order_reversals
from emergence.analysis.curves import Array
from emergence.analysis.event_matrix import EventMatrix, event_matrix, feature_matrices
from emergence.analysis.intervals import cluster_bootstrap, holm
from emergence.analysis.rank_agreement import (
    Mask,
    Permutations,
    Row,
    Signs,
    compare_with_null,
    draw_permutations,
    pair_order,
    pairs_by_class,
    permute_within,
)
from emergence.analysis.select import select
from emergence.config.anatomy import OrderPrediction
from emergence.config.protocol import ScoredMetric, Statistics
from emergence.config.types import Strict
from emergence.io import tables
from emergence.schemas.analysis import EVENTS, ONSETS
from emergence.schemas.anatomy import ORDER_PREDICTION

Index = NDArray[np.intp]
Bounds = tuple[float, float]

TESTS = ["statistic", "classes", "pairs_of", "size"]
"""Holm's correction is over measures and features, within each combination of these."""
ENDS = {"concordance": (0.0, 1.0), "somers_d": (-1.0, 1.0)}


class OrderSettings(Strict):
    """Metric, easy tasks and statistics of the prediction of order."""

    metric: ScoredMetric
    easy: list[str]
    prediction: OrderPrediction
    statistics: Statistics


def compare_features(
    events: EventMatrix, matrices: dict[str, Array], settings: OrderSettings, *, tests_only: bool = False
) -> list[Row]:
    """All statistics of one measure's features (table ``order_prediction`` without ``measure`` and ``holm_p``).

    Args:
        events: Event times of the runs.
        matrices: Features (runs, task-levels), by name.
        settings: Ties, margin of a swap, permutations and intervals.
        tests_only: Leave out intervals and single sizes; tests over all sizes stay the same.
    """
    comparison = Comparison(events, settings, tests_only)
    return [
        {"feature": name, **row}
        for name, feature in matrices.items()
        for statistic in (comparison.spearman, comparison.concordance, comparison.reversals)
        for row in statistic(feature)
    ]


@dataclass(frozen=True)
class Comparison:
    """Features (runs, task-levels) against the event times; each method yields its rows of the table."""

    matrix: EventMatrix
    settings: OrderSettings
    tests_only: bool = False

    @property
    def _statistics(self) -> Statistics:
        return self.settings.statistics

    @property
    def _bootstrap(self) -> int:
        return 0 if self.tests_only else self._statistics.bootstrap

    @property
    def _sizes(self) -> dict[str, Index]:
        """Runs of each size with rows of its own."""
        return {} if self.tests_only else self.matrix.sizes

    def _draw(self, *stream: int) -> Permutations:
        tasks = pd.factorize(self.matrix.levels.get_level_values("task"))[0]
        rng = np.random.default_rng([self._statistics.seed, *stream])
        return draw_permutations(tasks, self.settings.prediction.permutations, rng)

    @cached_property
    def _over_all(self) -> Permutations:
        return self._draw(0)

    @cached_property
    def _of_sizes(self) -> Permutations:
        """Independent permutations for each size, shape (sizes, draws, task-levels)."""
        return np.array([self._draw(1, size) for size in range(len(self.matrix.sizes))])

    @cached_property
    def _by_pairs(self) -> list[tuple[str, dict[str, Mask], list[tuple[Index, Permutations]]]]:
        """Classes, pairs of each run (runs, pairs) by name, permutations (draws, task-levels) with the runs of each."""
        runs, levels = self.matrix.step.shape
        anywhere = [(np.arange(runs), self._over_all)]
        of_classes = np.array([self._draw(2, number) for number in range(2)])
        groups = [("none", {"all": np.ones((runs, len(rank_agreement.level_pairs(levels)[0])), dtype=bool)}, anywhere)]
        for name, of_levels in self.matrix.classes.items():
            pairs = pairs_by_class(of_levels)
            between = {"between": pairs.pop("between")}
            codes, of_run = np.unique(1 * (of_levels == "hard"), axis=0, return_inverse=True)
            inside = [(np.flatnonzero(of_run == i), permute_within(of_classes, code)) for i, code in enumerate(codes)]
            groups += [(name, pairs, inside), (name, between, anywhere)]
        return groups

    @cached_property
    def _resampled(self) -> tuple[list[Index], Signs, Mapping[str, Any]]:
        """Resampled runs of each size, the order of their median times, and the state of the generator after that."""
        rng, sizes = self._stream(), self.matrix.sizes.values()
        drawn = [resample_runs(len(rows), self._bootstrap, rng) for rows in sizes]
        times = self._medians(self.matrix.step, drawn)
        return drawn, pair_order(times, factor=self.settings.prediction.swap_margin), rng.bit_generator.state

    def _medians(self, values: Array, drawn: list[Index]) -> Array:
        """Medians (draws, sizes, task-levels) over resampled runs."""
        sizes = zip(self.matrix.sizes.values(), drawn, strict=True)
        return np.stack([seed_medians(values[rows], runs) for rows, runs in sizes], axis=1)

    def _stream(self) -> np.random.Generator:
        """Of the draws of each statistic, the same for all features."""
        return np.random.default_rng([self._statistics.seed, 1])

    def _row(self, statistic: str, size: str, values: Array, bounds: Bounds, **counts: int) -> Row:
        """One row of the table: a statistic under all permutations, its interval, the numbers of pairs and runs."""
        names = {"statistic": statistic, "classes": "none", "pairs_of": "all", "size": size}
        if np.isnan(values[0]):
            return {**names, **dict.fromkeys(counts, 0)}
        low, high = bounds
        return {**names, **compare_with_null(values, self._statistics.confidence), "low": low, "high": high, **counts}

    def _clustered(self, values: Array, runs: Index, rng: np.random.Generator, ends: tuple[float, ...] = ()) -> Bounds:
        if self.tests_only:
            return np.nan, np.nan
        return cluster_bootstrap(values, runs, self._statistics.confidence, self._bootstrap, rng, ends)

    def spearman(self, feature: Array) -> Iterator[Row]:
        """Mean correlation over runs, and for each size the correlation of medians over its seeds."""
        step, levels, rng = self.matrix.step, feature.shape[1], self._stream()
        of_runs = rank_agreement.spearman(step, feature)
        runs = np.flatnonzero(~np.isnan(of_runs))
        values = rank_agreement.permuted_spearman(step, feature, self._over_all)
        bounds = self._clustered(of_runs[runs], runs, rng)
        yield self._row("spearman", "all", values, bounds, pairs=len(runs) * levels, runs=len(runs))
        for size, rows in self._sizes.items():
            drawn = resample_runs(len(rows), self._bootstrap, rng)
            times, medians = seed_medians(step[rows], drawn), seed_medians(feature[rows], drawn)
            values = rank_agreement.permuted_spearman(times[:1], medians[:1], self._over_all)
            bounds = percentile_interval(
                rank_agreement.spearman(times, medians)[1:], len(rows), self._statistics.confidence
            )
            yield self._row("spearman", size, values, bounds, pairs=levels, runs=len(rows))

    def concordance(self, feature: Array) -> Iterator[Row]:
        """Concordance of pairs that differ in time, and Somers' D of all that do not tie exactly."""
        step, gap = self.matrix.step, self.settings.prediction.tie * self.matrix.spacing
        orders = {"concordance": pair_order(step, gap), "somers_d": pair_order(step)}
        sizes, sign, rng = self._sizes, pair_order(feature), self._stream()
        of_size = np.array([self.matrix.runs["size"] == size for size in sizes] or [np.ones(len(step), dtype=bool)]).T
        for name, masks, permuted in self._by_pairs:
            cells = list(product(orders, masks))
            weights = np.stack([orders[statistic] * masks[pairs_of] for statistic, pairs_of in cells], axis=-1)
            by_size = (weights[..., None] * of_size[:, None, None]).reshape(*sign.shape, -1)
            of_groups = [
                rank_agreement.permuted_concordance(feature[rows], by_size[rows], draws) for rows, draws in permuted
            ]
            agreed = np.sum(of_groups, axis=0).reshape(-1, len(cells), of_size.shape[1])
            for at, (size, rows) in enumerate({"all": np.arange(len(step)), **sizes}.items()):
                for i, (statistic, pairs_of) in enumerate(cells):
                    of_draws = agreed[:, i, at - 1] if at else agreed[:, i].sum(axis=-1)
                    one = self._of_pairs(statistic, size, weights[rows, :, i], sign[rows], of_draws, rng)
                    yield {**one, "classes": name, "pairs_of": pairs_of}

    def _of_pairs(
        self, statistic: str, size: str, weights: Signs, sign: Signs, agreed: Array, rng: np.random.Generator
    ) -> Row:
        """Concordance or Somers' D over some runs, from orders in time and by feature (runs, pairs)."""
        runs, pairs = np.nonzero(weights)
        low, high = ENDS[statistic]

        def to_range(signs: Array | Signs) -> Array:
            return low + (high - low) * (1 + signs) / 2

        bounds = self._clustered(to_range(weights[runs, pairs] * sign[runs, pairs]), runs, rng, (low, high))
        values = to_range(agreed / (len(runs) or np.nan))
        return self._row(statistic, size, values, bounds, pairs=len(runs), runs=len(np.unique(runs)))

    def reversals(self, feature: Array) -> Iterator[Row]:
        """Pairs whose order swaps or is kept, between all pairs of sizes."""
        drawn, in_time, state = self._resampled
        rng, medians = self._stream(), self._medians(feature, drawn)
        rng.bit_generator.state = state
        shares, counts = order_reversals.reversal_shares(in_time, pair_order(medians))
        nulls = order_reversals.permuted_shares(in_time[0], medians[0], self._of_sizes)
        fewest = min(runs.shape[1] for runs in drawn)
        for statistic, draws, values, count in zip(order_reversals.STATISTICS, shares, nulls, counts, strict=True):
            bounds = percentile_interval(
                add_end_runs(draws[1:], len(feature), rng), fewest, self._statistics.confidence
            )
            yield self._row(statistic, "all", values, bounds, pairs=int(count[0]), runs=len(feature))


def resample_runs(count: int, draws: int, rng: np.random.Generator) -> Index:
    """Indices of runs (1 + draws, count): each run once, then draws with replacement.

    Args:
        count: Number of runs.
        draws: Number of bootstrap samples.
        rng: Source of the draws.
    """
    return np.vstack([np.arange(count), rng.integers(count, size=(draws, count))])


def seed_medians(values: Array, drawn: Index) -> Array:
    """Medians (draws, task-levels) of values (runs, task-levels) over resampled runs (draws, runs)."""
    return np.median(values[drawn], axis=1)


def add_end_runs(shares: Array, runs: int, rng: np.random.Generator) -> Array:
    """Bootstrap draws of a share over ``runs`` runs, with one more run at 0 and one at 1 in the draw.

    Args:
        shares: The share in each draw (draws,).
        runs: Number of observed runs.
        rng: Source of the numbers of times that the added runs are drawn.
    """
    observed, ones, _ = rng.multinomial(runs + 2, np.array([runs, 1, 1]) / (runs + 2), len(shares)).T
    return (shares * observed + ones) / (runs + 2)


def percentile_interval(draws: Array, runs: int, confidence: float) -> Bounds:
    """Percentile interval of the defined draws; NaN for fewer than two runs, whose spread is unknown.

    Args:
        draws: Bootstrap draws (draws,); NaN where the statistic is not defined.
        runs: Number of runs that are resampled.
        confidence: Coverage, such as 0.95.
    """
    defined = draws[~np.isnan(draws)]
    if runs < 2 or not len(defined):
        return np.nan, np.nan
    low, high = np.quantile(defined, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)


def correct_p(rows: pd.DataFrame) -> pd.DataFrame:
    """Add ``holm_p``: over measures and features, within each statistic, pairs and size."""
    return rows.assign(holm_p=rows.groupby(TESTS)["p"].transform(holm))


def predict_order(settings: OrderSettings, events: Path, onsets: list[Path], table: Path) -> None:
    """Predict the order of emergence from every measure's features (table ``order_prediction``).

    Args:
        settings: Metric, easy tasks and statistics.
        events: Table ``events``.
        onsets: Tables ``onsets``, one of each signal.
        table: Where ``order_prediction`` is written.
    """
    matrix = event_matrix(select(tables.read(EVENTS, events), metric=settings.metric), settings.easy)
    rows = [
        {"measure": name, **row}
        for name, curves in tables.read(ONSETS, *onsets).groupby("measure", sort=False)
        for row in compare_features(*feature_matrices(curves, matrix), settings)
    ]
    tables.write(ORDER_PREDICTION, correct_p(pd.DataFrame(rows, columns=ORDER_PREDICTION.arrow.names)), table)
