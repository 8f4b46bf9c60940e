"""Exact values of the Langevin estimator on a quadratic, and learning coefficients of singular models.

On ``Σ c w²/2`` the step of `emergence.measures.llc` is the autoregression ``w ← ρ w + N(0, ε)`` with
``ρ = 1 − ε(nβ c + γ)/2``, so mean and variance of an estimate are known for every step size. On singular models the
average under ``exp(−nβ L(w) − γ|w|²/2)`` is one integral; the limit nβ → ∞ is known from resolution of singularities.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import dblquad, quad

from emergence.config.measures import LocalLearning


def quadratic_estimate(curvatures: NDArray[np.float64], settings: LocalLearning) -> tuple[float, float]:
    """Mean and standard deviation of the estimate of one chain from the minimum of ``Σ c w²/2``.

    The mean is exact, including its transient; the deviation is that of the stationary process,
    ``Cov(w_t², w_u²) = 2 s⁴ ρ^(2|t−u|)``.
    """
    rho = 1 - settings.step_size * (settings.n_beta * curvatures + settings.localisation) / 2
    power = settings.step_size / (1 - rho**2)
    times = np.arange(settings.burn_in, settings.burn_in + settings.draws)
    reached = (1 - rho[:, None] ** (2 * times)).mean(axis=1)
    lags = np.arange(1, settings.draws)
    memory = settings.draws + 2 * ((settings.draws - lags) * rho[:, None] ** (2 * lags)).sum(axis=1)
    scale = settings.n_beta * curvatures * power / 2
    return float((scale * reached).sum()), float(np.sqrt((2 * scale**2 * memory).sum()) / settings.draws)


def crossing_estimate(first: int, second: int, settings: LocalLearning, power: int = 1) -> float:
    """Estimate for ``|a|^(2·power) |b|²/2`` with a, b of the given dimensions, exact at these nβ and γ.

    Given ``|a| = r`` the other factor is Gaussian and integrated analytically.

    Args:
        first: Dimension of a.
        second: Dimension of b.
        settings: Give nβ and γ.
        power: Of |a|².
    """

    def curvature(r: float) -> float:
        return settings.n_beta * r ** (2 * power)

    def density(r: float) -> float:
        precision = curvature(r) + settings.localisation
        return r ** (first - 1) * float(np.exp(-settings.localisation * r**2 / 2)) * precision ** (-second / 2)

    def integrand(r: float) -> float:
        return second / 2 * curvature(r) / (curvature(r) + settings.localisation) * density(r)

    def total(function: Callable[[float], float]) -> float:
        return float(quad(lambda u: function(np.exp(u)) * np.exp(u), *_logarithms(settings), epsabs=0, limit=500)[0])

    return total(integrand) / total(density)


def beside_crossing_estimate(second: int, settings: LocalLearning) -> float:
    """Estimate for ``a²|b|²/2`` from a = 1, b = 0, b of the given dimension: exact at these nβ and γ.

    There the minimum is regular across its valley, so the limit is half the dimension of b, not 1/2.
    """

    def density(a: float) -> float:
        precision = settings.n_beta * a**2 + settings.localisation
        return float(np.exp(-settings.localisation * (a - 1) ** 2 / 2)) * precision ** (-second / 2)

    def integrand(a: float) -> float:
        curvature = settings.n_beta * a**2
        return second / 2 * curvature / (curvature + settings.localisation) * density(a)

    def total(function: Callable[[float], float]) -> float:
        reach = 12 / settings.localisation**0.5
        return float(quad(function, 1 - reach, 1 + reach, epsabs=0, limit=500, points=[0, 1])[0])

    return total(integrand) / total(density)


def _logarithms(settings: LocalLearning) -> tuple[float, float]:
    """Bounds of ln r: up to twelve deviations of the localising Gaussian, and down to negligible weight.

    On this scale quadrature cannot miss the peak of width 1/√nβ; weights are tiny, so only relative errors matter.
    """
    end = 12 / settings.localisation**0.5
    return float(np.log(1e-8 * end)), float(np.log(end))


def crossing_limit(first: int, second: int, power: int = 1) -> float:
    """Limit of `crossing_estimate` for nβ → ∞: the smaller of the factors' coefficients (Watanabe 2009).

    Args:
        first: Dimension of a.
        second: Dimension of b.
        power: Of |a|².
    """
    return min(first / power, second) / 2


def two_factor_estimate(rows: int, columns: int, settings: LocalLearning) -> float:
    """Estimate for ``‖B A‖²/2``, B (rows, 2) and A (2, columns ≥ 2), exact at these nβ and γ.

    Given A the rows of B are Gaussian; the remaining integrand depends on the singular values of A alone, whose density
    under a Gaussian is ``(r s)^(columns−2) (r² − s²) exp(−γ(r² + s²)/2)`` for r > s (James 1964).

    Args:
        rows: Of B.
        columns: Of A, two at least.
        settings: Give nβ and γ.
    """
    n_beta, gamma = settings.n_beta, settings.localisation

    def density(s: float, r: float) -> float:
        precision = (n_beta * r**2 + gamma) * (n_beta * s**2 + gamma)
        volume = (r * s) ** (columns - 2) * (r**2 - s**2)
        return volume * float(np.exp(-gamma * (r**2 + s**2) / 2)) * precision ** (-rows / 2)

    def integrand(s: float, r: float) -> float:
        return rows / 2 * sum(n_beta * x**2 / (n_beta * x**2 + gamma) for x in (r, s)) * density(s, r)

    low, high = _logarithms(settings)

    def total(function: Callable[[float, float], float]) -> float:
        def logarithmic(v: float, u: float) -> float:
            return float(function(np.exp(v), np.exp(u)) * np.exp(u + v))

        return float(dblquad(logarithmic, low, high, low, lambda u: u, epsabs=0)[0])

    return total(integrand) / total(density)


def reduced_rank_coefficient(inputs: int, outputs: int, hidden: int, rank: int) -> float:
    """Learning coefficient of ``y = B A x + noise`` for a true map of the given rank (Aoyagi & Watanabe 2005).

    A is (hidden, inputs), B (outputs, hidden). The coefficient belongs to the deepest singularity of the set of true
    parameters, where A and B both have the true rank.

    Args:
        inputs: Length of x.
        outputs: Length of y.
        hidden: Rows of A, which are columns of B.
        rank: Of the true map.
    """
    m, n, h, r = inputs, outputs, hidden, rank
    if m + h < n + r:
        return (h * m - h * r + n * r) / 2
    if n + h < m + r:
        return (h * n - h * r + m * r) / 2
    if m + n < h + r:
        return m * n / 2
    odd = (m + n + h + r) % 2
    return (odd - (h + r) ** 2 - m**2 - n**2 + 2 * (h + r) * (m + n) + 2 * m * n) / 8
