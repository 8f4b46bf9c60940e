"""Intervals: published exact values, coverage of the bootstrap on dependent data; p of signs, Holm's correction."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from scipy.stats import kstest
from statsmodels.stats.multitest import multipletests

from emergence.analysis.intervals import EXACT_UP_TO, clopper_pearson, cluster_bootstrap, holm, sign_flip


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
    low, high = cluster_bootstrap(values, runs, 0.95, 2000, rng)
    naive_low, naive_high = cluster_bootstrap(values, np.arange(len(values)), 0.95, 2000, rng)
    assert low < values.mean() < high
    assert high - low > 1.8 * (naive_high - naive_low)


@pytest.mark.long
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
        low, high = cluster_bootstrap(values, runs, 0.95, 400, rng)
        covered += low <= 0 <= high
        low, high = cluster_bootstrap(values, np.arange(len(values)), 0.95, 400, rng)
        naive += low <= 0 <= high
    assert 0.88 <= covered / 400 <= 0.98
    assert naive / 400 < 0.7


def test_independent_events_of_equal_runs_agree_with_the_standard_error() -> None:
    rng = np.random.default_rng(2)
    values = rng.normal(3, 1, 400)
    low, high = cluster_bootstrap(values, np.arange(400), 0.95, 4000, rng)
    half = 1.96 * values.std() / 20
    assert (low, high) == pytest.approx((values.mean() - half, values.mean() + half), abs=0.02)


def test_every_event_counts_alike() -> None:
    """The rate is that of events: a run with many of them weighs more."""
    values, runs = np.r_[np.zeros(20), np.ones(180)], np.r_[np.arange(20), np.repeat(np.arange(20, 40), 9)]
    low, high = cluster_bootstrap(values, runs, 0.95, 1000, np.random.default_rng(4))
    assert 0.75 < low < values.mean() < high < 0.98


def test_names_and_order_of_runs_do_not_matter() -> None:
    values = np.array([0.0, 1.0, 1.0, 0.0, 1.0, 0.5])
    found = cluster_bootstrap(values, ["b", "a", "b", "a", "c", "c"], 0.9, 500, np.random.default_rng(3))
    order = [4, 2, 0, 5, 1, 3]
    names = np.array(["b", "a", "b", "a", "c", "c"])[order]
    assert cluster_bootstrap(values[order], names, 0.9, 500, np.random.default_rng(3)) == pytest.approx(found)


@pytest.mark.parametrize("runs", [[], ["a"], ["a", "a", "a"]])
def test_fewer_than_two_runs_say_nothing(runs: list[str]) -> None:
    assert np.isnan(cluster_bootstrap(np.ones(len(runs)), runs, 0.95, 100, np.random.default_rng(0))).all()


# Signs of runs -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "runs", "p"),
    [
        ([1.0], "a", 1 / 2),
        ([-1.0], "a", 1.0),
        ([0.0, 0.0], "ab", 1.0),
        ([1.0, -1.0], "ab", 3 / 4),
        ([3.0, 2.0, 1.0], "abc", 1 / 8),
        ([3.0, 2.0, -1.0], "abc", 2 / 8),
        ([1.0, 2.0, -1.0, 2.0], "aabb", 1 / 4),  # 3 and 1
        ([1.0] * 12, "abcdefabcdef", 2.0**-6),
    ],
)
def test_signs_of_few_runs(values: list[float], runs: str, p: float) -> None:
    assert sign_flip(values, list(runs), 0, np.random.default_rng(0)) == p


def test_signs_against_brute_force() -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        sums = np.round(rng.normal(0.3, 1, 6), 1)
        every = [np.dot(signs, sums) for signs in product([1, -1], repeat=6)]
        assert sign_flip(sums, range(6), 0, rng) == np.mean(np.array(every) >= sums.sum() - 1e-9)


@pytest.mark.parametrize("runs", [8, EXACT_UP_TO + 4])
def test_p_of_signs_is_uniform_under_its_null(runs: int) -> None:
    """Whether all signs are tried or some are drawn; runs of unequal size and spread, events of a run alike."""
    rng = np.random.default_rng(1)
    member = np.repeat(np.arange(runs), rng.integers(1, 9, runs))
    spread = rng.uniform(0.2, 3, runs)
    found = []
    for _ in range(400):
        shared = spread * rng.standard_normal(runs)
        found.append(sign_flip(shared[member], member, 300, rng))
    assert kstest(found, "uniform").pvalue > 0.01
    assert np.mean(np.array(found) <= 0.05) == pytest.approx(0.05, abs=0.035)


def test_signs_of_events_would_be_too_many() -> None:
    """Runs and not events are the observations: four runs say no more than 1 in 16."""
    assert sign_flip(np.ones(400), np.repeat(np.arange(4), 100), 0, np.random.default_rng(0)) == 1 / 16


def test_drawn_signs_count_the_observed_ones() -> None:
    assert sign_flip(np.ones(40), np.arange(40), 99, np.random.default_rng(0)) == 0.01


def test_no_runs_have_no_p() -> None:
    assert np.isnan(sign_flip([], [], 10, np.random.default_rng(0)))


# Holm --------------------------------------------------------------------------------------------------------------


@pytest.mark.long
def test_holm_against_statsmodels() -> None:
    rng = np.random.default_rng(2)
    for count in (1, 2, 7, 30):
        p = pd.Series(rng.choice([0.001, 0.01, 0.02, 0.2, 0.9], count), index=rng.permutation(count))
        np.testing.assert_allclose(holm(p), multipletests(p, method="holm")[1])


def test_holm_is_over_the_p_that_there_are() -> None:
    found = holm(pd.Series([np.nan, 0.02, np.nan, 0.04]))
    assert found.tolist() == pytest.approx([np.nan, 0.04, np.nan, 0.04], nan_ok=True)
    assert holm(pd.Series([np.nan, np.nan])).isna().all()
    assert holm(pd.Series([None, None], dtype=object)).isna().all()
