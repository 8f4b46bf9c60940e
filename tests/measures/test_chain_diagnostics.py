"""Diagnostics of chains: known effective numbers of draws, chains that disagree, and traces that move off."""

import numpy as np
import pytest

from emergence.measures.chain_diagnostics import DRAWS, RHAT, diagnose, effective_draws, split_rhat


def autoregression(memory: float, chains: int, draws: int, mean: float = 5.0, seed: int = 0) -> np.ndarray:
    """Stationary traces of unit variance with autocorrelation memory^lag."""
    noise = np.random.default_rng(seed).standard_normal((chains, draws))
    traces = noise.copy()
    for draw in range(1, draws):
        traces[:, draw] = memory * traces[:, draw - 1] + np.sqrt(1 - memory**2) * noise[:, draw]
    return mean + traces


@pytest.mark.parametrize("memory", [0.0, 0.5, 0.9])
def test_effective_draws_of_an_autoregression(memory: float) -> None:
    found = [effective_draws(autoregression(memory, 4, 4000, seed=seed)) for seed in range(5)]
    assert np.mean(found) == pytest.approx(4 * 4000 * (1 - memory) / (1 + memory), rel=0.1)


def test_chains_of_one_distribution_agree_and_others_do_not() -> None:
    traces = autoregression(0.5, 2, 2000)
    assert split_rhat(traces) < 1.02
    apart = traces + np.array([[0.0], [2.0]])
    assert split_rhat(apart) > RHAT
    assert not diagnose(apart).valid
    assert effective_draws(apart) < 0.1 * effective_draws(traces)


def test_split_rhat_is_that_of_an_analysis_of_variance() -> None:
    traces = np.array([[1.0, 2.0, 4.0, 3.0], [2.0, 2.0, 5.0, 7.0]])
    halves = np.array([[1.0, 2.0], [4.0, 3.0], [2.0, 2.0], [5.0, 7.0]])
    within, means = np.mean([0.5, 0.5, 0.0, 2.0]), halves.mean(axis=1)
    expected = np.sqrt(0.5 + ((means - means.mean()) ** 2).sum() / 3 / within)
    assert split_rhat(traces) == pytest.approx(expected)


def test_a_chain_that_has_not_arrived_is_invalid_however_smooth() -> None:
    """It rises as a chain does whose memory is longer than its burn-in."""
    steps = np.arange(60)
    rising = 5 * (1 - np.exp(-0.03 * steps)) + 0.05 * autoregression(0.0, 2, 60, mean=0.0)
    found = diagnose(rising)
    assert found.drift > 0.2
    assert not found.valid


def test_what_is_stationary_positive_and_mixed_is_valid() -> None:
    found = diagnose(autoregression(0.5, 2, 100))
    assert found.valid
    assert found.ess > DRAWS
    assert not diagnose(autoregression(0.5, 2, 100, mean=-5.0)).valid, "no minimum"
    assert not diagnose(autoregression(0.98, 2, 100)).valid, "few effective draws"


@pytest.mark.parametrize("traces", [np.ones((2, 3)), np.full((2, 50), np.nan), np.full((2, 50), np.inf)])
def test_too_short_or_broken_traces_have_no_diagnostics(traces: np.ndarray) -> None:
    found = diagnose(traces)
    assert np.isnan([found.rhat, found.ess, found.drift]).all()
    assert not found.valid
