"""Multifractal spectra: measures and graphs with known exponents, and counts of Gaussian networks."""

from collections.abc import Iterator

import numpy as np
from scipy.special import erfc

from emergence.config.calibration import Calibration, CalibrationSettings
from emergence.config.neuromfa import Boxes
from emergence.measures.checks import Check, generator
from emergence.multifractal import boxes, graphs, sandbox, spectrum
from emergence.multifractal.interaction import Matrix, Network
from emergence.multifractal.spectrum import Array, Spectrum, log_power_sums

ROUNDING = 1e-9  # absolute, of least squares in float64
Q = np.arange(-30, 31) / 10


def checks(settings: CalibrationSettings) -> Iterator[Check]:
    """Spectra of stars, rings, a Cantor measure, flowers and trees; neighbours of Gaussian neurons; E."""
    yield _star()
    yield _mixture()
    yield _ring()
    yield from _cantor()
    yield from _flower()
    yield _tree()
    yield _gaussian(settings.calibration)
    yield _halved()


def _exact(oracle: str, parameters: str, exact: float, estimate: float, tolerance: float = ROUNDING) -> Check:
    return Check("multifractal spectrum", oracle, parameters, float(exact), float(estimate), tolerance, "rounding")


def _largest_error(spectrum: Spectrum, tau: Array) -> float:
    return float(np.abs(spectrum.tau - tau).max())


def _star() -> Check:
    """With the distances as radii, each radius adds one neighbour."""
    exponent, edges = 1.7, 200
    distances: Array = np.arange(1.0, edges + 1) ** (1 / exponent)
    estimate = spectrum.neurons(boxes.counts(distances[None], distances, centre=0), distances, Q)
    error = _largest_error(estimate, Q * exponent)
    return _exact("star with distances j^(1/D), τ = qD", f"D {exponent}, {edges} edges; largest error of τ", 0, error)


def _mixture() -> Check:
    """Neurons whose balls contain r^D nodes, at radii where that is an integer."""
    share, one, other = 0.3, 1.0, 0.5
    radii = 4.0 ** np.arange(1, 6)
    counts = radii ** np.repeat([one, other], [3, 7])[:, None]
    estimate = spectrum.neurons(counts, radii, Q / 1000)  # differences over steps of .0001
    exact = share * one + (1 - share) * other
    parameters = f"{share:.0%} with D {one:g}, the rest with D {other:g}"
    return _exact("two kinds of neurons, α₀ = pD₁ + (1 − p)D₂", parameters, exact, estimate.alpha_0, 100 * ROUNDING)


def _ring() -> Check:
    nodes = 101
    radii = np.arange(1, nodes // 2 + 1)
    others = sandbox.masses(graphs.cycle(nodes), radii, np.arange(nodes)) - 1
    return _exact("ring, centre left out, α = 1", f"{nodes} nodes", 1, spectrum.neurons(others, radii, Q).alpha_0)


def _cantor() -> Iterator[Check]:
    """The measure is self-similar, so slopes are exact."""
    parts, levels = (1, 0, 2), np.arange(8, 0, -1)
    shares, sizes = [graphs.cantor(parts, int(level)) for level in levels], 3.0**-levels
    oracle, size = f"binomial Cantor measure {list(parts)}", f"{levels.size} levels"
    error = _largest_error(sandbox.boxes(shares, sizes, Q), graphs.cantor_tau(parts, Q))
    yield _exact(oracle, f"{size}; largest error of τ", 0, error)
    exact = np.log(3 * 1.5) / np.log(9)
    yield _exact(oracle, f"{size}; α₀", exact, sandbox.boxes(shares, sizes, Q / 1000).alpha_0, 100 * ROUNDING)


def _flower() -> Iterator[Check]:
    """Degrees of a constructed flower, and slopes for many generations away from the threshold of q."""
    u, v, generation = 2, 3, 5
    degrees = np.diff(graphs.flower(u, v, generation).indptr)
    sums = log_power_sums(np.log(degrees / degrees.sum())[:, None], Q)[:, 0]
    error = float(np.abs(sums - graphs.flower_log_sum(u, v, generation, Q)).max())
    yield _exact(f"({u},{v})-flower, exact sum of powers", f"{generation} generations; largest error of ln Z", 0, error)
    generations = np.arange(60, 39, -1)
    shares, often = zip(*(graphs.flower_boxes(u, v, int(m)) for m in generations), strict=True)
    estimate = sandbox.boxes(shares, float(u) ** -generations, Q, often)
    away = np.abs(Q - np.log(u + v) / np.log(2)) > 0.6
    error = float(np.abs(estimate.tau - graphs.flower_tau(u, v, Q))[away].max())
    yield Check(
        "multifractal spectrum", f"({u},{v})-flower, τ(q)", "generations 40 to 60; largest error of τ", 0.0, error,
        1e-5, "finitely many generations",
    )  # fmt: skip


def _tree() -> Check:
    branches, factor, levels = 3, 0.5, 5
    graph, leaves = graphs.tree(branches, factor, levels)
    mass = np.isin(np.arange(graph.shape[0]), leaves)
    estimate = sandbox.sandboxes(graph, graphs.tree_radii(factor, levels), Q, leaves, mass)
    error = _largest_error(estimate, -(Q - 1) * np.log(branches) / np.log(factor))
    parameters = f"{branches} branches, edges {factor}^level, {levels} levels; largest error of τ"
    return _exact("leaves of a weighted tree, τ = −(q − 1) ln s/ln f", parameters, 0, error)


def _gaussian(drawn: Calibration) -> Check:
    nodes, targets, sigma, radius = 4000, 192, 0.02, 50.0
    rng = np.random.default_rng(generator(drawn.seed, "Gaussian neurons").initial_seed())
    network = Network((Matrix("sources", "targets", sigma * rng.standard_normal((nodes, targets))),))
    cuts = Boxes(kind="star", integer=False, above=0.0, largest=100.0, radius_step=radius, occurring=False, edges=0)
    chance = float(erfc(1 / (sigma * radius * np.sqrt(2))))
    error = float(np.sqrt(targets * chance * (1 - chance) / nodes))
    estimate = float(boxes.neighbourhoods(network, cuts).counts[:, 0].mean())
    return Check(
        "neighbours of neurons", "Gaussian weights, 1 + k erfc(1/(σr√2))", f"σ {sigma}, k {targets}, r {radius:g}",
        1 + targets * chance, estimate, drawn.deviations * error, "standard errors", error,
    )  # fmt: skip


def _halved() -> Check:
    estimate = spectrum.emergence([1.6, 0.8], [0.5, 0.5])[1]
    return Check(
        "degree of emergence", "α₀ halved, the same w: ln 2", "w .5", np.log(2), estimate, ROUNDING, "rounding"
    )
