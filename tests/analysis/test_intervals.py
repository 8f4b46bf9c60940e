"""Intervals: published exact values, and coverage of the bootstrap on data that are dependent."""

import numpy as np
import pytest

from emergence.analysis.intervals import clopper_pearson, clustered


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [(32, 32, 0.891, 1.0), (28, 32, 0.710, 0.965), (0, 24, 0.0, 0.142), (4, 24, 0.047, 0.374)],
)
def test_clopper_pearson_known_values(successes: int, trials: int, low: float, high: float) -> None:
    found = clopper_pearson(successes, trials, 0.95)
    assert found == pytest.approx((low, high), abs=6e-4)


def test_clopper_pearson_is_symmetric_and_widens() -> None:
    low, high = clopper_pearson(5, 20, 0.95)
    assert clopper_pearson(15, 20, 0.95) == pytest.approx((1 - high, 1 - low))
    wider = clopper_pearson(5, 20, 0.99)
    assert wider[0] < low < high < wider[1]


def correlated(rng: np.random.Generator, runs: int, events: int) -> tuple[np.ndarray, np.ndarray]:
    """Events that share their run's effect; true mean 0."""
    values = rng.normal(0, 1, (runs, 1)) + rng.normal(0, 0.5, (runs, events))
    return values.ravel(), np.repeat(np.arange(runs), events)


def test_clusters_widen_the_interval() -> None:
    rng = np.random.default_rng(0)
    values, runs = correlated(rng, runs=12, events=10)
    low, high = clustered(values, runs, 0.95, 2000, rng)
    naive_low, naive_high = clustered(values, np.arange(len(values)), 0.95, 2000, rng)
    assert low < values.mean() < high
    assert high - low > 1.8 * (naive_high - naive_low)


@pytest.mark.parametrize("unequal", [False, True])
def test_coverage(unequal: bool) -> None:
    """A percentile bootstrap covers a little less than its name at 20 clusters; the naive one far less."""
    rng = np.random.default_rng(1)
    covered, naive = 0, 0
    for _ in range(400):
        values, runs = correlated(rng, runs=20, events=8)
        if unequal:
            kept = rng.random(len(values)) < np.linspace(0.3, 1, 20)[runs]
            values, runs = values[kept], runs[kept]
        low, high = clustered(values, runs, 0.95, 400, rng)
        covered += low <= 0 <= high
        low, high = clustered(values, np.arange(len(values)), 0.95, 400, rng)
        naive += low <= 0 <= high
    assert 0.88 <= covered / 400 <= 0.98
    assert naive / 400 < 0.7


def test_independent_events_of_equal_runs_agree_with_the_standard_error() -> None:
    rng = np.random.default_rng(2)
    values = rng.normal(3, 1, 400)
    low, high = clustered(values, np.arange(400), 0.95, 4000, rng)
    half = 1.96 * values.std() / 20
    assert (low, high) == pytest.approx((values.mean() - half, values.mean() + half), abs=0.02)


def test_every_event_counts_alike() -> None:
    """The rate is that of events: a run with many of them weighs more."""
    values, runs = np.r_[np.zeros(20), np.ones(180)], np.r_[np.arange(20), np.repeat(np.arange(20, 40), 9)]
    low, high = clustered(values, runs, 0.95, 1000, np.random.default_rng(4))
    assert 0.75 < low < values.mean() < high < 0.98


def test_names_and_order_of_runs_do_not_matter() -> None:
    values = np.array([0.0, 1.0, 1.0, 0.0, 1.0, 0.5])
    found = clustered(values, ["b", "a", "b", "a", "c", "c"], 0.9, 500, np.random.default_rng(3))
    order = [4, 2, 0, 5, 1, 3]
    names = np.array(["b", "a", "b", "a", "c", "c"])[order]
    assert clustered(values[order], names, 0.9, 500, np.random.default_rng(3)) == pytest.approx(found)


@pytest.mark.parametrize("runs", [[], ["a"], ["a", "a", "a"]])
def test_fewer_than_two_runs_say_nothing(runs: list[str]) -> None:
    assert np.isnan(clustered(np.ones(len(runs)), runs, 0.95, 100, np.random.default_rng(0))).all()
