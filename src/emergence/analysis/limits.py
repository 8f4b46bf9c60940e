"""Limits of prediction: does the geometry of a task-level tell when it emerges, next to the others?

Features of a measure (see `emergence.analysis.panel`) are held against the order of emergence by Spearman's
correlation, by concordance of pairs within and between classes of difficulty, and by what they do where the order
reverses between two sizes. 0, or 1/2 for a share, says that a feature knows nothing; less, that it is wrong. A measure
of the whole network has one curve for all task-levels and no order to tell; it is not looked at here.

Nulls are over task-levels, which are permuted alike in all runs: within each class for the pairs within classes, over
all for the others. Levels of one task are alike in geometry and in time, so ``task_p``, of a null that exchanges whole
tasks, stands beside ``p``: where only ``p`` is small, what is known is that some tasks differ from others. Intervals
are over runs, which are drawn whole, with the task-levels as they are. Shares and Somers' D have two runs added to the
draw, one at either end of their range (see `emergence.analysis.intervals.clustered`). Spearman's correlations have not:
over the few runs of a size their intervals are too narrow. Medians of seeds drawn with replacement are noisier than
medians of seeds, which draws the intervals of reversals towards 1/2.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from emergence import tables
from emergence.analysis import concordance, correlation, swaps
from emergence.analysis.concordance import Mask, Signs, by_class, order
from emergence.analysis.curves import Array
from emergence.analysis.intervals import clustered, holm
from emergence.analysis.panel import Panel, features, panel
from emergence.analysis.permutations import Permutations, Row, beside_null, draw, within
from emergence.schemas.analysis import EVENTS
from emergence.schemas.limits import LIMITS, ONSETS
from emergence.settings.analysis import Statistics
from emergence.settings.limits import LimitSettings

Index = NDArray[np.intp]
Bounds = tuple[float, float]

TESTS = ["statistic", "classes", "pairs_of", "size"]
"""Holm's correction is over measures and features, within what agrees in these."""
ENDS = {"concordance": (0.0, 1.0), "somers_d": (-1.0, 1.0)}


def limits(of_measure: Panel, matrices: dict[str, Array], settings: LimitSettings) -> list[Row]:
    """All statistics of one measure's features: the columns of table ``limits`` but ``measure`` and ``holm_p``."""
    comparison = Comparison(of_measure, settings)
    return [
        {"feature": name, **row}
        for name, feature in matrices.items()
        for statistic in (comparison.spearman, comparison.concordance, comparison.swaps)
        for row in statistic(feature, np.random.default_rng([settings.statistics.seed, 1]))
    ]


@dataclass(frozen=True)
class Comparison:
    """Features, (runs, task-levels), against the event times of a panel; each method yields its rows of the table."""

    panel: Panel
    settings: LimitSettings

    @property
    def _statistics(self) -> Statistics:
        return self.settings.statistics

    def _draw(self, *stream: int) -> Permutations:
        tasks = pd.factorize(self.panel.levels.get_level_values("task"))[0]
        rng = np.random.default_rng([self._statistics.seed, *stream])
        return draw(tasks, self.settings.limits.permutations, rng)

    @cached_property
    def _over_all(self) -> Permutations:
        return self._draw(0)

    @cached_property
    def _of_sizes(self) -> Permutations:
        """Independent permutations for each size, shape (sizes, draws, task-levels)."""
        return np.array([self._draw(1, size) for size in range(len(self.panel.sizes))])

    @cached_property
    def _by_pairs(self) -> list[tuple[str, dict[str, Mask], Permutations]]:
        """Classes, pairs of each run (runs, pairs) by name, permutations (runs, draws, task-levels)."""
        runs, levels = self.panel.step.shape
        anywhere = np.broadcast_to(self._over_all, (runs, *self._over_all.shape))
        of_classes = np.array([self._draw(2, number) for number in range(2)])
        found = [("none", {"all": np.ones((runs, len(concordance.pairs(levels)[0])), dtype=bool)}, anywhere)]
        for name, of_levels in self.panel.classes.items():
            pairs = by_class(of_levels)
            between = {"between": pairs.pop("between")}
            codes, of_run = np.unique(1 * (of_levels == "hard"), axis=0, return_inverse=True)
            inside = np.array([within(of_classes, code) for code in codes])[of_run]
            found += [(name, pairs, inside), (name, between, anywhere)]
        return found

    def _row(self, statistic: str, size: str, values: Array, bounds: Bounds, **counts: int) -> Row:
        """One row of the table: a statistic under all permutations, its interval, numbers of pairs and runs."""
        found = {"statistic": statistic, "classes": "none", "pairs_of": "all", "size": size}
        if np.isnan(values[0]):
            return {**found, **dict.fromkeys(counts, 0)}
        low, high = bounds
        return {**found, **beside_null(values, self._statistics.confidence), "low": low, "high": high, **counts}

    def _clustered(self, values: Array, runs: Index, rng: np.random.Generator, ends: tuple[float, ...] = ()) -> Bounds:
        return clustered(values, runs, self._statistics.confidence, self._statistics.bootstrap, rng, ends)

    def spearman(self, feature: Array, rng: np.random.Generator) -> Iterator[Row]:
        """Mean correlation over runs; and of each size, that of medians over its seeds."""
        step, levels = self.panel.step, feature.shape[1]
        of_runs = correlation.spearman(step, feature)
        runs = np.flatnonzero(~np.isnan(of_runs))
        values = correlation.permuted(step, feature, self._over_all)
        bounds = self._clustered(of_runs[runs], runs, rng)
        yield self._row("spearman", "all", values, bounds, pairs=len(runs) * levels, runs=len(runs))
        for size, rows in self.panel.sizes.items():
            drawn = redrawn(len(rows), self._statistics.bootstrap, rng)
            times, medians = medians_of(step[rows], drawn), medians_of(feature[rows], drawn)
            values = correlation.permuted(times[:1], medians[:1], self._over_all)
            bounds = central(correlation.spearman(times, medians)[1:], len(rows), self._statistics.confidence)
            yield self._row("spearman", size, values, bounds, pairs=levels, runs=len(rows))

    def concordance(self, feature: Array, rng: np.random.Generator) -> Iterator[Row]:
        """Concordance of pairs that are apart in time, and Somers' D of all that do not tie exactly."""
        step, gap = self.panel.step, self.settings.limits.tie * self.panel.spacing
        orders = {"concordance": order(step, gap), "somers_d": order(step)}
        sign = order(feature)
        for name, masks, permuted in self._by_pairs:
            cells = list(product(orders, masks))
            weights = np.stack([orders[statistic] * masks[pairs_of] for statistic, pairs_of in cells], axis=-1)
            agreed = concordance.agreement(feature, weights, permuted)
            for size, rows in {"all": np.arange(len(step)), **self.panel.sizes}.items():
                for i, (statistic, pairs_of) in enumerate(cells):
                    one = self._of_pairs(statistic, size, weights[rows, :, i], sign[rows], agreed[rows, :, i], rng)
                    yield {**one, "classes": name, "pairs_of": pairs_of}

    def _of_pairs(
        self, statistic: str, size: str, weights: Signs, sign: Signs, agreed: Array, rng: np.random.Generator
    ) -> Row:
        """Concordance or Somers' D over some runs: orders in time and by feature (runs, pairs), sums (runs, draws)."""
        runs, pairs = np.nonzero(weights)
        low, high = ENDS[statistic]

        def to_range(signs: Array | Signs) -> Array:
            return low + (high - low) * (1 + signs) / 2

        bounds = self._clustered(to_range(weights[runs, pairs] * sign[runs, pairs]), runs, rng, (low, high))
        values = to_range(agreed.sum(axis=0) / (len(runs) or np.nan))
        return self._row(statistic, size, values, bounds, pairs=len(runs), runs=len(np.unique(runs)))

    def swaps(self, feature: Array, rng: np.random.Generator) -> Iterator[Row]:
        """Pairs that swap or are kept, between all pairs of sizes."""
        sizes = self.panel.sizes.values()
        drawn = [redrawn(len(rows), self._statistics.bootstrap, rng) for rows in sizes]
        times, medians = (
            np.stack([medians_of(matrix[rows], runs) for rows, runs in zip(sizes, drawn, strict=True)], axis=1)
            for matrix in (self.panel.step, feature)
        )
        in_time = order(times, factor=self.settings.limits.swap_margin)
        shares, counts = swaps.shares(in_time, order(medians))
        nulls = swaps.permuted(in_time[0], medians[0], self._of_sizes)
        fewest = min(len(rows) for rows in sizes)
        for statistic, draws, values, count in zip(swaps.STATISTICS, shares, nulls, counts, strict=True):
            bounds = central(with_ends(draws[1:], len(feature), rng), fewest, self._statistics.confidence)
            yield self._row(statistic, "all", values, bounds, pairs=int(count[0]), runs=len(feature))


def redrawn(count: int, draws: int, rng: np.random.Generator) -> Index:
    """Indices of runs, shape (1 + draws, count): each once, then draws with replacement."""
    return np.vstack([np.arange(count), rng.integers(count, size=(draws, count))])


def medians_of(values: Array, drawn: Index) -> Array:
    """Medians over drawn runs: values (runs, task-levels), indices (draws, runs) to (draws, task-levels)."""
    return np.median(values[drawn], axis=1)


def with_ends(shares: Array, runs: int, rng: np.random.Generator) -> Array:
    """Bootstrap draws of a share over ``runs`` runs if one more at 0 and one at 1 were among those drawn from."""
    observed, ones, _ = rng.multinomial(runs + 2, np.array([runs, 1, 1]) / (runs + 2), len(shares)).T
    return (shares * observed + ones) / (runs + 2)


def central(draws: Array, runs: int, confidence: float) -> Bounds:
    """Percentile interval of the draws that are defined; NaNs for fewer than two runs, whose spread is not known."""
    defined = draws[~np.isnan(draws)]
    if runs < 2 or not len(defined):
        return np.nan, np.nan
    low, high = np.quantile(defined, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)


def corrected(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows with ``holm_p``: over measures and features, within each statistic, pairs and size."""
    return rows.assign(holm_p=rows.groupby(TESTS)["p"].transform(holm))


def make(settings: LimitSettings, events: Path, onsets: list[Path], table: Path) -> None:
    """Hold every measure's features against the order of emergence."""
    found = tables.read(EVENTS, events)
    of_events = panel(found[found["metric"] == settings.metric], settings.easy)
    rows = [
        {"measure": name, **row}
        for name, curves in tables.read(ONSETS, *onsets).groupby("measure", sort=False)
        for row in limits(*features(curves, of_events), settings)
    ]
    tables.write(LIMITS, corrected(pd.DataFrame(rows, columns=LIMITS.arrow.names)), table)
