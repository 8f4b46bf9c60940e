"""What no measure may depend on: the order of samples and of hidden neurons, the units of features and of the loss.

A two-layer network stands for any: permuting its hidden neurons changes weights, not the function.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn import functional as F

from emergence.config.measures import GradientRank, Hessian, LinearProbe, LocalLearning, TaskLoss
from emergence.measures import fisher, gradient_covariance, hessian, linear_probe, llc, loss
from emergence.measures.declarations import declared
from emergence.measures.linear_probe import accuracy
from emergence.measures.llc import FlatWeights, sample
from emergence.measures.rankme import rankme
from emergence.subjects.torch_module import ModuleSubject

SEEDS = st.integers(0, 2**31)
SAMPLES, INPUTS, HIDDEN, CLASSES = 12, 4, 6, 3
EXACT = Hessian(samples=SAMPLES, tolerance=1e-9, products=200, draws=4, every=1)
RANKS = GradientRank(samples=SAMPLES, leading=10**6, every=1)
CHAINS = LocalLearning(
    chains=2, burn_in=5, draws=20, pool=2, examples=8, step_size=1e-4, n_beta=10.0, localisation=1.0, own=False, seed=0,
    every=1,
)  # fmt: skip
DRAW = torch.Tensor.normal_
Values = dict[tuple[str | None, str], float]


def examples(seed: int) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(SAMPLES, INPUTS, generator=generator, dtype=torch.float64)
    return x, torch.randint(0, CLASSES, (SAMPLES,), generator=generator)


def network(seed: int, order: Tensor | None = None) -> nn.Sequential:
    """Two layers of drawn weights, the hidden neurons in a given order."""
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(INPUTS, HIDDEN), nn.Tanh(), nn.Linear(HIDDEN, CLASSES)).double()
    return reordered(model, order)


@torch.no_grad()
def reordered(model: nn.Sequential, order: Tensor | None) -> nn.Sequential:
    if order is not None:
        model[0].weight.copy_(model[0].weight[order].clone())
        model[0].bias.copy_(model[0].bias[order].clone())
        model[2].weight.copy_(model[2].weight[:, order].clone())
    return model


def permutation(size: int, seed: int) -> Tensor:
    return torch.randperm(size, generator=torch.Generator().manual_seed(seed))


def rotation(width: int, seed: int) -> Tensor:
    drawn = torch.randn(width, width, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return torch.linalg.qr(drawn)[0]


def scaled(factor: float, constant: float = 0.0) -> Callable[[Tensor, Tensor], Tensor]:
    return lambda outputs, targets: factor * F.cross_entropy(outputs, targets, reduction="none") + constant


def values(
    module: Any, model: nn.Module, data: tuple[Tensor, Tensor], options: Any, loss: Any = None, seed: int = 0
) -> Values:
    subject = ModuleSubject(model, {"mine": data}, loss=loss)
    rows = module.measure(subject, np.random.default_rng(seed), options)
    return {(row["task"], row["variant"]): row["value"] for row in rows}


# RankMe and linear probes: features -------------------------------------------------------------------------------


@given(SEEDS, st.floats(1e-3, 1e3))
@settings(max_examples=25)
def test_rankme(seed: int, scale: float) -> None:
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(20, 6, generator=generator, dtype=torch.float64) @ torch.diag(0.6 ** torch.arange(6)).double()
    x = x + torch.randn(6, generator=generator)
    before = rankme(x, 1e-7)
    for after in (x @ rotation(6, seed), x[permutation(20, seed)], scale * x):
        for variant, rank in rankme(after, 1e-7).items():
            assert float(rank) == pytest.approx(float(before[variant]), rel=1e-6)
    moved = rankme(x + 10 * torch.randn(6, generator=generator), 1e-7)
    for variant, rank in moved.items():
        assert (float(rank) == pytest.approx(float(before[variant]), rel=1e-5)) is variant.startswith("centred")


@given(SEEDS, st.floats(1e-3, 1e3))
@settings(max_examples=25)
def test_linear_probe(seed: int, scale: float) -> None:
    generator = torch.Generator().manual_seed(seed)
    answers = torch.randint(0, 3, (60, 2), generator=generator)
    x = F.one_hot(answers).sum(dim=1).double() @ torch.randn(3, 5, generator=generator, dtype=torch.float64)
    x = (x + 0.8 * torch.randn(60, 5, generator=generator))[None]
    test = torch.arange(60) % 2 == 0
    before = accuracy(x, answers, test, 0.1)
    order = permutation(60, seed)
    cases = [(x @ rotation(5, seed), answers, test), (scale * x, answers, test), (x + 7.0, answers, test)]
    cases += [(x[:, order], answers[order], test[order]), (x, (answers + 1) % 3, test)]  # samples; names of the classes
    for features, labels, held_out in cases:
        assert float(accuracy(features, labels, held_out, 0.1)) == pytest.approx(float(before), abs=1 / 60)  # one tie


def test_linear_probe_along_a_rotated_network() -> None:
    """A rotation between two linear layers changes features, not what a probe reads of them."""
    x, y = examples(0)
    torch.manual_seed(0)
    model, turn = nn.Sequential(nn.Linear(INPUTS, 5), nn.Linear(5, CLASSES)).double(), rotation(5, 1)
    options = LinearProbe(ridge=0.1, every=1)
    before = values(linear_probe, model, (x, y), options)
    with torch.no_grad():
        model[0].weight.copy_(turn @ model[0].weight)
        model[0].bias.copy_(turn @ model[0].bias)
        model[1].weight.copy_(model[1].weight @ turn.T)
    assert values(linear_probe, model, (x, y), options) == before


# Ranks of gradients -----------------------------------------------------------------------------------------------


@given(SEEDS, st.floats(1e-3, 1e3))
@settings(max_examples=15)
def test_gradient_covariance(seed: int, scale: float) -> None:
    (x, y), order = examples(seed), permutation(SAMPLES, seed)
    before = values(gradient_covariance, network(seed), (x, y), RANKS)
    others = [
        values(gradient_covariance, network(seed), (x[order], y[order]), RANKS),
        values(gradient_covariance, network(seed, permutation(HIDDEN, seed)), (x, y), RANKS),
        values(gradient_covariance, network(seed), (x, y), RANKS, loss=scaled(scale, constant=3.0)),
    ]
    for after in others:
        assert after == pytest.approx(before, rel=1e-6)


@given(SEEDS)
@settings(max_examples=15)
def test_fisher(seed: int) -> None:
    """Hidden neurons are exchanged under the same draws of answers; samples under an order that goes with them."""
    (x, y), order = examples(seed), permutation(SAMPLES, seed)
    before = values(fisher, network(seed), (x, y), RANKS)
    after = values(fisher, network(seed, permutation(HIDDEN, seed)), (x, y), RANKS)
    assert after == pytest.approx(before, rel=1e-6)

    def greedy(logits: Tensor) -> Tensor:
        return F.cross_entropy(logits.mT, logits.argmax(dim=-1), reduction="none").sum(dim=1)

    subjects = [ModuleSubject(network(seed), {"mine": data}) for data in ((x, y), (x[order], y[order]))]
    first, second = (subject.grams(subject.groups[0], SAMPLES, 5, greedy) for subject in subjects)
    torch.testing.assert_close(first.full[order][:, order], second.full)


def test_fisher_does_not_see_the_true_answers() -> None:
    (x, y), model = examples(0), network(0)
    assert values(fisher, model, (x, y), RANKS) == values(fisher, model, (x, (y + 1) % CLASSES), RANKS)


# Curvature ----------------------------------------------------------------------------------------------------------


@pytest.mark.long
@given(SEEDS, st.floats(0.1, 10))
@settings(max_examples=10)
def test_hessian(seed: int, factor: float) -> None:
    data = examples(seed)
    before = values(hessian, network(seed), data, EXACT, loss=scaled(1.0))
    permuted = values(hessian, network(seed, permutation(HIDDEN, seed)), data, EXACT)
    steeper = values(hessian, network(seed), data, EXACT, loss=scaled(factor, constant=5.0))
    for key in before:
        assert steeper[key] == pytest.approx(factor * before[key], rel=1e-6)
        if key[1] == "top":
            assert permuted[key] == pytest.approx(before[key], rel=1e-6)


def test_trace_of_the_hessian_in_any_order_of_neurons() -> None:
    """Exactly: as many vectors of signs as it takes to see the whole diagonal."""
    data = examples(1)
    traces = []
    for model in (network(1), network(1, permutation(HIDDEN, 2))):
        parameters = list(model.parameters())
        (losses,) = ModuleSubject(model, {"mine": data}).losses(ModuleSubject(model, {"mine": data}).groups)
        operator = hessian.hessian(losses.mean(), parameters)
        size = sum(parameter.numel() for parameter in parameters)
        traces.append(sum(float(operator(row) @ row) for row in torch.eye(size, dtype=torch.float64)))
    assert traces[0] == pytest.approx(traces[1], rel=1e-9)


# Local learning coefficient ---------------------------------------------------------------------------------------


@given(SEEDS, st.floats(-100, 100))
@settings(max_examples=5)
def test_llc_does_not_depend_on_a_constant_in_the_loss(seed: int, constant: float) -> None:
    data = examples(seed)
    before = values(llc, network(seed), data, CHAINS, loss=scaled(1.0))
    after = values(llc, network(seed), data, CHAINS, loss=scaled(1.0, constant))
    assert after == pytest.approx(before, rel=1e-6, abs=1e-9)


@given(SEEDS)
@settings(max_examples=5)
def test_llc_in_any_order_of_neurons(seed: int) -> None:
    """Exactly, if the noise of the chains is permuted with the neurons."""
    x, y = examples(seed)
    results = []
    for order in (None, permutation(HIDDEN, seed)):
        model = network(seed, order)
        places = network_places(order)

        def losses(_: int, model: nn.Module = model) -> tuple[Tensor, Tensor]:
            value = F.cross_entropy(model(x), y)
            return value, value[None]

        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(
                torch.Tensor,
                "normal_",
                lambda self, *, generator, places=places: self.copy_(
                    DRAW(torch.empty_like(self), generator=generator)[places]
                ),
            )
            results.append(sample(FlatWeights(model), losses, CHAINS, torch.Generator().manual_seed(seed)))
    torch.testing.assert_close(results[0].estimates, results[1].estimates, rtol=1e-7, atol=1e-9)


def network_places(order: Tensor | None) -> Tensor:
    """For each place in the flat weights of the permuted network, the place of that weight before."""
    model = network(0)
    size = sum(parameter.numel() for parameter in model.parameters())
    nn.utils.vector_to_parameters(torch.arange(size, dtype=torch.float64), model.parameters())
    return nn.utils.parameters_to_vector(reordered(model, order).parameters()).long()


# Loss -------------------------------------------------------------------------------------------------------------


@given(SEEDS, st.floats(-50, 50))
@settings(max_examples=15)
def test_loss(seed: int, constant: float) -> None:
    """A constant added to all logits, and another order of samples or neurons, change nothing."""
    (x, y), order = examples(seed), permutation(SAMPLES, seed)
    before = values(loss, network(seed), (x, y), TaskLoss())
    shifted = network(seed)
    with torch.no_grad():
        shifted[2].bias += constant
    others = [
        values(loss, shifted, (x, y), TaskLoss()),
        values(loss, network(seed), (x[order], y[order]), TaskLoss()),
        values(loss, network(seed, permutation(HIDDEN, seed)), (x, y), TaskLoss()),
    ]
    for after in others:
        assert after == pytest.approx(before, rel=1e-9)


def test_every_measure_is_here() -> None:
    here = {"rankme", "linear_probe", "gradient_covariance", "fisher", "hessian", "llc", "loss"}
    elsewhere = [name for name in declared() if name not in here]
    assert [name for name in elsewhere if not Path(__file__).with_name(f"test_{name}.py").exists()] == []
