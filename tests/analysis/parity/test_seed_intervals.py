"""Ratios of crossings of the same networks, and of independent ones."""

import numpy as np
import pytest
from scipy import stats

from emergence.analysis.intervals import welch_factor
from emergence.analysis.parity.constants import Resampling
from emergence.analysis.parity.seed_intervals import date_crossing, paired_ratio


def rises(centres: np.ndarray, x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-(x - centres[:, None]) / 3))


def test_what_networks_have_in_common_leaves_their_ratio(resampling: Resampling) -> None:
    """Seeds are early or late by 40 % for both skills: worst ends allow any ratio from 1.5 to 6, pairs only 3."""
    x, centres = np.arange(0, 600), 100 * np.exp(np.array([-0.2, -0.1, 0.1, 0.2]))
    first, second = rises(centres, x), rises(3 * centres, x)
    ratio, low, high = paired_ratio(x, (second, 0.5), (first, 0.5), 0.95)
    assert ratio == pytest.approx(3.0, rel=0.02)
    assert high / low < 1.1
    ends = [date_crossing(x, of, of, 0.5, resampling) for of in (second, first)]
    assert ends[0]["high"] / ends[1]["low"] > 1.3 * high


def test_shares_may_differ_and_no_crossing_is_no_ratio() -> None:
    x = np.arange(0, 300)
    curves = rises(np.array([100.0, 101.0, 99.0]), x)
    ratio, low, high = paired_ratio(x, (curves, 0.95), (curves, 0.05), 0.95)
    assert ratio == pytest.approx((100 + 3 * np.log(19)) / (100 - 3 * np.log(19)), rel=0.01)
    assert low < ratio < high
    assert np.isnan(paired_ratio(x, (0 * curves, 0.5), (curves, 0.5), 0.95)).all()


@pytest.mark.long
def test_independent_ratios_are_covered_as_often_as_stated() -> None:
    """Logarithms of both are normal with spreads that differ by a factor of three: nominal 95 %."""
    rng, covered, trials = np.random.default_rng(0), 0, 600

    for _ in range(trials):
        logs = [spread * rng.standard_normal(count) for spread, count in ((0.3, 5), (0.1, 6))]
        halves = [stats.t.ppf(0.975, len(of) - 1) * stats.sem(of) for of in logs]
        factor = welch_factor([(half, len(of)) for half, of in zip(halves, logs, strict=True)], 0.95)
        covered += abs(logs[0].mean() - logs[1].mean()) <= np.log(factor)
    assert 0.925 <= covered / trials <= 0.975


def test_one_without_an_interval_leaves_none() -> None:
    assert np.isnan(welch_factor([(0.1, 1), (0.1, 6)], 0.95))
    assert np.isnan(welch_factor([(np.nan, 4), (0.1, 6)], 0.95))
