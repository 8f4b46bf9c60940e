"""Power against closed forms, brute force and simulation."""

from itertools import product

import numpy as np
import pytest
from scipy import stats

from emergence.analysis.intervals import clopper_pearson, cluster_bootstrap
from emergence.claims.estimates import OverRuns, Rate, Resampled, Share
from emergence.claims.rules import (
    DATA_SETS,
    MANY,
    WANTED,
    Rule,
    at_least,
    at_most,
    detectable,
    needed,
    power_of_mean,
    power_of_rate,
    power_of_share,
    within,
)

CONFIDENCE = 0.95


# Shares -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("rule", "truth"), [(at_least(0.6), 0.9), (at_least(0.6), 0.2), (at_most(0.5), 0.1)])
def test_power_of_a_share_is_that_of_all_its_outcomes(rule: Rule, truth: float) -> None:
    """Brute force: every sequence of ten units with its probability."""
    wanted = "holds" if rule.allows(truth) else "fails"
    total = 0.0
    for outcome in product((0, 1), repeat=10):
        hits = sum(outcome)
        if rule.verdict(*clopper_pearson(hits, 10, CONFIDENCE)) == wanted:
            total += truth**hits * (1 - truth) ** (10 - hits)
    assert 0.05 < total < 0.95
    assert power_of_share(rule, truth, 10, CONFIDENCE) == pytest.approx(total, abs=1e-9)


@pytest.mark.parametrize("threshold", [0.5, 0.85])
def test_units_that_all_agree_decide_from_a_known_number_on(threshold: float) -> None:
    """n of n have the exact lower bound (α/2)^(1/n)."""
    expected = int(np.ceil(np.log(0.025) / np.log(threshold)))
    assert needed(lambda units: power_of_share(at_least(threshold), 1.0, units, CONFIDENCE)) == expected


def test_the_units_of_a_published_count_decide_for_it() -> None:
    """The bound of 32/32 as threshold: met by 32 units that agree, and not by 31."""
    threshold, _ = clopper_pearson(32, 32, CONFIDENCE)
    found = [power_of_share(at_least(threshold), 1.0, units, CONFIDENCE) for units in (31, 32)]
    assert found == [0.0, 1.0]


def test_what_is_needed_has_the_power_and_one_less_has_not() -> None:
    share = Share(29, 32, CONFIDENCE)
    rule, truth = at_least(0.75), 0.9
    count = needed(lambda units: share.power(rule, truth, units))
    assert count is not None
    assert share.power(rule, truth, count) >= WANTED > share.power(rule, truth, count - 1)


# Means --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [3, 6, 12])
@pytest.mark.parametrize("effect", [0.5, 1.0, 2.0])
def test_power_of_a_mean_is_that_of_the_noncentral_t(count: int, effect: float) -> None:
    """Against a threshold below: P(T' > t) with the noncentrality √n · effect / σ; and its mirror image."""
    quantile = stats.t.ppf(0.975, count - 1)
    expected = stats.nct.sf(quantile, count - 1, np.sqrt(count) * effect)
    error = 1 / np.sqrt(count)
    assert power_of_mean(at_least(0.0), effect, error, count - 1, CONFIDENCE) == pytest.approx(expected, abs=1e-3)
    assert power_of_mean(at_most(0.0), -effect, error, count - 1, CONFIDENCE) == pytest.approx(expected, abs=1e-3)
    assert power_of_mean(at_most(0.0), effect, error, count - 1, CONFIDENCE) == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize(("truth", "spread"), [(1.0, 0.3), (1.1, 0.2), (1.6, 0.3)])
def test_power_within_bounds_is_that_of_simulated_means(truth: float, spread: float) -> None:
    """Student's intervals of ten thousand samples of six."""
    rule, count, samples = within(0.7, 1.3), 6, 10_000
    drawn = np.random.default_rng(0).normal(truth, spread, (samples, count))
    half = stats.t.ppf(0.975, count - 1) * drawn.std(axis=1, ddof=1) / np.sqrt(count)
    means = drawn.mean(axis=1)
    wanted = "holds" if rule.allows(truth) else "fails"
    simulated = np.mean([rule.verdict(m - h, m + h) == wanted for m, h in zip(means, half, strict=True)])
    assert 0.05 < simulated < 0.95
    error = 4 * np.sqrt(simulated * (1 - simulated) / samples)
    assert power_of_mean(rule, truth, spread / np.sqrt(count), count - 1, CONFIDENCE) == pytest.approx(
        simulated, abs=error
    )


def test_the_spread_is_that_of_the_interval() -> None:
    values = np.array([0.9, 1.2, 1.0, 1.4])
    half = stats.t.ppf(0.975, 3) * stats.sem(values)
    mean = values.mean()
    found = OverRuns(mean, mean - half, mean + half, 4, CONFIDENCE)
    assert found.error == pytest.approx(stats.sem(values))
    assert found.power(at_least(0.5), 1.0, 9) == pytest.approx(
        power_of_mean(at_least(0.5), 1.0, values.std(ddof=1) / 3, 8, CONFIDENCE)
    )
    assert found.power(at_least(0.5), 1.0, 1) == 0.0, "one run has no interval"


def test_on_a_logarithmic_scale_power_is_that_of_logarithms() -> None:
    linear = OverRuns(0.1, -0.2, 0.4, 5, CONFIDENCE)
    found = OverRuns(*np.exp([0.1, -0.2, 0.4]), 5, CONFIDENCE, log=True)
    for count in (3, 10):
        expected = linear.power(within(-0.5, 0.5), 0.2, count)
        assert found.power(within(np.exp(-0.5), np.exp(0.5)), np.exp(0.2), count) == pytest.approx(expected)
    assert found.power(at_most(np.exp(0.5)), 1.0, 5) == pytest.approx(linear.power(at_most(0.5), 0.0, 5))
    assert found.beyond(2.0, 1.0) == pytest.approx(2.0 * np.exp(found.error))


def test_what_is_detectable_is_decided_with_the_power_that_is_wanted() -> None:
    found = Resampled(0.3, 0.1, 0.5, CONFIDENCE, 12)
    distance = detectable(lambda far: found.power(at_least(0.0), found.beyond(0.0, far), 12))
    assert distance == pytest.approx(stats.norm.ppf(0.975) + stats.norm.ppf(0.8), abs=1e-3)


# Rates --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("truth", "spread"), [(0.9, 0.3), (0.3, 0.1), (0.95, 1.0)])
def test_power_of_a_rate_is_that_of_its_bootstrap(truth: float, spread: float) -> None:
    """With the bootstrap of the tables, on rates of eight runs drawn anew."""
    rule, runs, samples = at_least(0.5), 8, 300
    rng = np.random.default_rng(1)
    strength = 1 / spread - 1
    wanted, right = ("holds" if rule.allows(truth) else "fails"), 0
    for _ in range(samples):
        drawn = (
            rng.binomial(1, truth, runs) if spread == 1 else rng.beta(truth * strength, (1 - truth) * strength, runs)
        )
        bounds = cluster_bootstrap(drawn, np.arange(runs), CONFIDENCE, 400, rng, (0.0, 1.0))
        right += rule.verdict(*bounds) == wanted
    error = 4 * np.sqrt(0.25 / samples + 0.25 / DATA_SETS)
    assert power_of_rate(rule, truth, spread, runs, CONFIDENCE, seed=0) == pytest.approx(right / samples, abs=error)


def test_runs_that_agree_decide_only_when_they_are_many() -> None:
    """The two added runs keep six at zero from meeting a bound of .14; the upper end is a binomial quantile."""
    rule = at_most(0.142)

    def meets(runs: int) -> bool:
        return bool(stats.binom.ppf(0.975, runs + 2, 1 / (runs + 2)) / (runs + 2) <= 0.142)

    fewest = next(runs for runs in range(2, 100) if meets(runs))
    assert power_of_rate(rule, 0.0, 0.5, 6, CONFIDENCE, 0) == 0.0
    assert needed(lambda runs: power_of_rate(rule, 0.0, 0.5, runs, CONFIDENCE, 0)) == pytest.approx(fewest, abs=2)


@pytest.mark.parametrize("spread", [0.1, 0.5])
def test_the_spread_of_runs_is_found_from_the_interval(spread: float) -> None:
    rng, runs, truth = np.random.default_rng(2), 60, 0.6
    strength = 1 / spread - 1
    drawn = rng.beta(truth * strength, (1 - truth) * strength, runs)
    low, high = cluster_bootstrap(drawn, np.arange(runs), CONFIDENCE, 4000, rng, (0.0, 1.0))
    found = Rate(float(drawn.mean()), low, high, runs, CONFIDENCE, 0)
    seen = drawn.var() / (drawn.mean() * (1 - drawn.mean()))
    assert found.spread == pytest.approx(seen, rel=0.15)


def test_of_runs_that_all_agree_nothing_is_known_about_another_rate() -> None:
    assert Rate(1.0, 0.7, 1.0, 12, CONFIDENCE, 0).spread == 1.0


def test_many_runs_have_the_same_power_by_either_way() -> None:
    """Where the added runs cease to matter, drawing gives way to the normal."""
    found = [power_of_rate(at_least(0.5), 0.57, 0.3, runs, CONFIDENCE, 0) for runs in (MANY, MANY + 1)]
    assert found[0] == pytest.approx(found[1], abs=0.1)
    assert 0.1 < found[1] < 0.9
