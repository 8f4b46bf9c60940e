"""Local learning coefficient: chains on potentials with known coefficients."""

from collections.abc import Callable, Iterator
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor, nn

from emergence.calibration import langevin
from emergence.config.calibration import CalibrationSettings, LangevinLengths
from emergence.config.measures import LocalLearning
from emergence.measures.chain_diagnostics import PLATEAU
from emergence.measures.checks import Check, generator
from emergence.measures.llc import Chains, FlatWeights, sample

NETWORK_CURVATURES = [0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 50.0, 100.0]
"""Of the mixture's loss in networks of the runs: half of their checkpoints have a top eigenvalue above the last."""
Potential = Callable[[Tensor], Tensor]
"""From walkers (copies, parameters) to their losses (copies,)."""


def checks(settings: CalibrationSettings) -> Iterator[Check]:
    """A regular model, the discrete step, normal crossings, and reduced-rank regression."""
    yield from _regular(settings)
    yield from _discrete_step(settings)
    for study, options in settings.llc.items():
        yield from _as_it_runs(settings, study, options)
    yield from _crossings(settings)
    yield _beside_crossing(settings)
    yield from _reduced_rank(settings)


def chain_settings(lengths: LangevinLengths, step_size: float, n_beta: float, localisation: float) -> LocalLearning:
    """Settings of two chains on one potential.

    Args:
        lengths: Numbers of steps before and during the average.
        step_size: ε of the Langevin step.
        n_beta: nβ, samples times inverse temperature.
        localisation: γ, strength of the pull back to the origin.
    """
    return LocalLearning(
        chains=2, burn_in=lengths.burn_in, draws=lengths.draws, pool=1, examples=1, step_size=step_size,
        n_beta=n_beta, localisation=localisation, own=False, seed=0, every=1,
    )  # fmt: skip


def run_walkers(
    potential: Potential, origin: Tensor, copies: int, settings: LocalLearning, random: torch.Generator
) -> Chains:
    """Chains of many independent walkers from ``origin`` (parameters,); each observable is one walker's loss.

    Args:
        potential: Losses of walkers.
        origin: Where all walkers start and to which they are pulled.
        copies: Number of walkers.
        settings: Step size ε, pull γ, nβ, and numbers of chains and draws.
        random: Of the noise, on the CPU.

    Returns:
        Estimates (chains, copies), and traces of the first walker (chains, draws).
    """
    walkers = nn.ParameterList([origin.double().repeat(copies, 1)])

    def losses(_: int) -> tuple[Tensor, Tensor]:
        each = potential(walkers[0])
        return each.sum(), each

    return sample(FlatWeights(walkers), losses, settings, random)


def pool_walkers(chains: Chains) -> tuple[float, float]:
    """Estimate and standard error with each walker as a chain."""
    together = Chains(chains.estimates.reshape(-1, 1))
    return float(together.value), float(together.standard_error)


def quadratic(curvatures: Tensor) -> Potential:
    """``Σ c w²/2``."""
    return lambda w: (curvatures * w**2).sum(dim=1) / 2


def normal_crossing(first: int, power: int) -> Potential:
    """``|a|^(2·power) |b|²/2``, a the first parameters and b the others."""
    return lambda w: (w[:, :first] ** 2).sum(dim=1) ** power * (w[:, first:] ** 2).sum(dim=1) / 2


def matrix_product(true: Tensor, hidden: int) -> Potential:
    """``‖B A − C‖²/2`` for a true map C (outputs, inputs): the population loss of reduced-rank regression."""
    outputs, inputs = true.shape

    def potential(w: Tensor) -> Tensor:
        a = w[:, : hidden * inputs].view(-1, hidden, inputs)
        b = w[:, hidden * inputs :].view(-1, outputs, hidden)
        return ((b @ a - true) ** 2).sum(dim=(1, 2)) / 2

    return potential


def _regular(settings: CalibrationSettings) -> Iterator[Check]:
    """A regular minimum: half the number of parameters, up to the known biases of localisation and step."""
    drawn = settings.calibration
    curvatures = torch.linspace(1, 4, 8, dtype=torch.float64)
    chains = chain_settings(drawn.chains, step_size=2e-4, n_beta=100.0, localisation=1.0)
    expected, deviation = langevin.quadratic_estimate(curvatures.numpy(), chains)
    walkers = run_walkers(
        quadratic(curvatures), torch.zeros(8), drawn.chains.copies, chains, generator(drawn.seed, "regular")
    )
    value, error = pool_walkers(walkers)
    noise = drawn.deviations * deviation / walkers.estimates.numel() ** 0.5
    yield Check(
        "LLC", "regular model, half its parameters", _parameters(chains, "8 parameters"), 4.0, value,
        noise + abs(expected - 4.0), f"{drawn.deviations:g} s.e. + bias of pull and step", error,
    )  # fmt: skip
    yield Check(
        "LLC standard error", "two chains on a quadratic, root mean square", _parameters(chains, "8 parameters"),
        deviation / 2**0.5, float((walkers.standard_error**2).mean().sqrt()),
        drawn.deviations * deviation / 2 / drawn.chains.copies**0.5, f"{drawn.deviations:g} s.e. of a deviation",
    )  # fmt: skip


def _as_it_runs(settings: CalibrationSettings, study: str, options: LocalLearning) -> Iterator[Check]:
    """The sampler exactly as a study runs it: burn-in, draws, ε, nβ and γ, on curvatures as networks have them.

    The expected value is that of the discrete chain. Beside it stand half the number of parameters that are held by
    the potential rather than by the pull, which a longer and finer chain approaches, and nβ tr H/2γ.
    """
    drawn = settings.calibration
    curvatures = torch.tensor(NETWORK_CURVATURES, dtype=torch.float64)
    chains = options.model_copy(update={"pool": 1})
    exact, deviation = langevin.quadratic_estimate(curvatures.numpy(), chains)
    walkers = run_walkers(
        quadratic(curvatures), torch.zeros(len(curvatures)), drawn.chains.copies, chains, generator(drawn.seed, study)
    )
    value, error = pool_walkers(walkers)
    noise = drawn.deviations * deviation / walkers.estimates.numel() ** 0.5
    name = f"as in study {study}, curvatures {curvatures.min():g} to {curvatures.max():g}"
    yield Check(
        "LLC", f"{name}: the discrete chain", _as_run(chains), exact, value, noise, f"{drawn.deviations:g} s.e.", error
    )
    ratio = options.n_beta * curvatures / options.localisation
    stationary = float((ratio / (1 + ratio)).sum() / 2)
    yield Check(
        "LLC", f"{name}: the posterior, λ̂ of a paraboloid {float(ratio.sum()) / 2:.3g}", _as_run(chains), stationary,
        value, noise + PLATEAU * stationary, f"{PLATEAU:.0%} of discretisation and transient", error,
    )  # fmt: skip


def _as_run(chains: LocalLearning) -> str:
    return (
        f"burn-in {chains.burn_in}, draws {chains.draws}, ε {chains.step_size:g}, nβ {chains.n_beta:g}, "
        f"γ {chains.localisation:g}"
    )


def _discrete_step(settings: CalibrationSettings) -> Iterator[Check]:
    """A step whose bias is a third of the value, exact as an autoregression."""
    drawn = settings.calibration
    chains = chain_settings(drawn.chains, step_size=0.01, n_beta=60.0, localisation=40.0)
    exact, deviation = langevin.quadratic_estimate(np.ones(1), chains)
    random, copies = generator(drawn.seed, "step"), drawn.chains.copies
    walkers = run_walkers(quadratic(torch.ones(1)), torch.zeros(1), copies, chains, random)
    value, error = pool_walkers(walkers)
    yield Check(
        "LLC", "stationary variance of a long step", _parameters(chains, "1 parameter"), exact, value,
        drawn.deviations * deviation / walkers.estimates.numel() ** 0.5, f"{drawn.deviations:g} s.e.", error,
    )  # fmt: skip


def _crossings(settings: CalibrationSettings) -> Iterator[Check]:
    """Singular minima, at their exact values for this nβ and γ; the parameters include the limit."""
    chains = chain_settings(settings.calibration.chains, step_size=2e-4, n_beta=500.0, localisation=5.0)
    for first, second, power in ((1, 1, 1), (2, 5, 1), (3, 3, 1), (1, 1, 2)):
        name = f"normal crossing |a|{'⁴' if power == 2 else '²'}|b|²"
        parameters = f"{first} + {second} parameters, limit {langevin.crossing_limit(first, second, power):g}"
        exact = langevin.crossing_estimate(first, second, chains, power)
        yield _singular(
            settings, name, parameters, exact, normal_crossing(first, power), torch.zeros(first + second), chains
        )


def _beside_crossing(settings: CalibrationSettings) -> Check:
    """The same function a step along its valley, where the local coefficient differs."""
    chains = chain_settings(settings.calibration.chains, step_size=5e-5, n_beta=2000.0, localisation=50.0)
    name, parameters = "the crossing a²|b|² beside its centre", "1 + 3 parameters, from a = 1, limit 1.5"
    exact, origin = langevin.beside_crossing_estimate(3, chains), torch.tensor([1.0, 0.0, 0.0, 0.0])
    return _singular(settings, name, parameters, exact, normal_crossing(1, 1), origin, chains)


def _reduced_rank(settings: CalibrationSettings) -> Iterator[Check]:
    """Reduced-rank regression at the deepest singularity of each rank: exact at rank 0, the limit above it."""
    inputs, hidden, outputs = 3, 2, 4
    chains = chain_settings(settings.calibration.chains, step_size=1e-4, n_beta=500.0, localisation=5.0)
    by_rank = []
    for rank in range(hidden + 1):
        limit = langevin.reduced_rank_coefficient(inputs, outputs, hidden, rank)
        exact = limit if rank else langevin.two_factor_estimate(outputs, inputs, chains)
        name, parameters = f"reduced-rank regression, rank {rank}", f"{inputs} → {hidden} → {outputs}, limit {limit:g}"
        a, b = (torch.eye(*shape) for shape in ((hidden, inputs), (outputs, hidden)))
        a[rank:], b[:, rank:] = 0, 0
        origin, potential = torch.cat([a.flatten(), b.flatten()]), matrix_product((b @ a).double(), hidden)
        by_rank.append(_singular(settings, name, parameters, exact, potential, origin, chains))
    yield from by_rank
    yield _order([check.estimate for check in by_rank])


def _order(values: list[float]) -> Check:
    in_order = sum(low < high for low, high in pairwise(values))
    return Check(
        "LLC", "more true rank, larger coefficient", "ranks 0, 1, 2: neighbours in order", float(len(values) - 1),
        float(in_order), 0.5, "a count",
    )  # fmt: skip


def _singular(
    settings: CalibrationSettings,
    oracle: str,
    parameters: str,
    exact: float,
    potential: Potential,
    origin: Tensor,
    chains: LocalLearning,
) -> Check:
    drawn = settings.calibration
    random = generator(drawn.seed, oracle + parameters)
    value, error = pool_walkers(run_walkers(potential, origin, drawn.chains.copies, chains, random))
    return Check(
        "LLC", oracle, parameters, exact, value, drawn.relative * exact,
        f"{drawn.relative:.0%}: the law of the noise is not known", error,
    )  # fmt: skip


def _parameters(chains: LocalLearning, what: str) -> str:
    return f"{what}, ε = {chains.step_size:g}"
