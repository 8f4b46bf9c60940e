"""Every check passes, and fails when its estimator is subtly wrong."""

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from emergence import calibration
from emergence.calibration import fisher, gradient_covariance, hessian, linear_probe, llc, loss, rankme
from emergence.calibration.table import ESTIMATORS
from emergence.config.calibration import CalibrationSettings
from emergence.measures.checks import Check, generator
from emergence.measures.hessian import HessianEstimate, Operator
from emergence.measures.llc import Chains
from emergence.subjects.gradients import Gradients, Outer
from emergence.subjects.subject import Grams

pytestmark = pytest.mark.long

Patch = pytest.MonkeyPatch
RIGHT = {
    rankme: ("rankme",),
    gradient_covariance: ("gram", "leading_gram", "per_sample_gradients", "module_grams"),
    hessian: ("top_eigenvalue", "hessian"),
    linear_probe: ("accuracy",),
    llc: ("sample",),
    loss: ("measure",),
}
right = {name: getattr(module, name) for module, names in RIGHT.items() for name in names}


def failures(subject: Any, settings: CalibrationSettings) -> Iterator[str]:
    for check in subject.checks(settings):
        if not check.passed:
            yield f"{check.estimator}: {check.oracle} ({check.parameters})"


def fails(subject: Any, settings: CalibrationSettings, *parts: str) -> bool:
    """Whether some check fails whose name has every one of the parts; no more are made than it takes."""
    return any(all(part in name for part in parts) for name in failures(subject, settings))


@pytest.mark.parametrize("subject", ESTIMATORS, ids=lambda subject: subject.__name__.rpartition(".")[2])
def test_every_check_passes(subject: Any, calibration_settings: CalibrationSettings) -> None:
    checks = list(subject.checks(calibration_settings))
    assert checks
    for check in checks:
        assert check.passed, check
        assert check.tolerance > 0
        assert check.reason
    names = [(check.estimator, check.oracle, check.parameters) for check in checks]
    assert len(set(names)) == len(names)


def test_every_estimator_is_in_the_table() -> None:
    modules = [
        importlib.import_module(f"{calibration.__name__}.{m.name}") for m in pkgutil.iter_modules(calibration.__path__)
    ]
    assert {module for module in modules if hasattr(module, "checks") and callable(module.checks)} == set(ESTIMATORS)


def test_a_failed_estimate_does_not_pass() -> None:
    check = Check("LLC", "oracle", "", exact=1.0, estimate=1.05, tolerance=0.1, reason="")
    assert check.passed
    assert not replace(check, estimate=float("nan")).passed
    assert not replace(check, estimate=1.2).passed
    assert not replace(check, estimate=0.8).passed


def test_streams_differ_by_seed_and_by_name() -> None:
    drawn = [float(torch.rand(1, generator=generator(seed, name))) for seed, name in ((1, "a"), (2, "a"), (1, "b"))]
    assert len(set(drawn)) == 3
    assert drawn[0] == float(torch.rand(1, generator=generator(1, "a")))


# RankMe -----------------------------------------------------------------------------------------------------------


def swapped(x: Tensor, epsilon: float) -> dict[str, Tensor]:
    variants = right["rankme"](x, epsilon)
    return {
        variant: variants[variant.replace("sigma2", "x").replace("sigma", "sigma2").replace("x", "sigma")]
        for variant in variants
    }


def uncentred(x: Tensor, epsilon: float) -> dict[str, Tensor]:
    variants = right["rankme"](x, epsilon)
    return {variant: variants[variant.replace("centred", "uncentred").replace("unun", "un")] for variant in variants}


def centred_over_features(x: Tensor, epsilon: float) -> dict[str, Tensor]:
    moved = right["rankme"](x - x.mean(dim=1, keepdim=True), epsilon)
    return right["rankme"](x, epsilon) | {v: moved[v.replace("centred", "uncentred")] for v in moved if v[0] == "c"}


@pytest.mark.parametrize(
    ("wrong", "oracle", "parameters"),
    [
        (swapped, "planted spectrum", "centred, σ,"),
        (swapped, "planted spectrum", "σ²"),
        (swapped, "Marchenko", "centred, σ,"),
        (swapped, "Marchenko", "σ²"),
        (uncentred, "clusters", "(centred"),
        (uncentred, "orthonormal", "(centred"),
        (uncentred, "planted spectrum", "centred"),
        (centred_over_features, "clusters", "(centred"),
        (lambda x, epsilon: right["rankme"](x, 10 * epsilon), "clusters", "(uncentred"),
        (lambda x, epsilon: right["rankme"](x[:-1], epsilon), "orthonormal", "(uncentred"),
    ],
)
def test_a_wrong_rankme_is_found(
    wrong: Callable[..., Any],
    oracle: str,
    parameters: str,
    calibration_settings: CalibrationSettings,
    monkeypatch: Patch,
) -> None:
    monkeypatch.setattr(rankme, "rankme", wrong)
    assert fails(rankme, calibration_settings, oracle, parameters)


# Gradients ----------------------------------------------------------------------------------------------------------


def uniform_labels(generator: torch.Generator) -> Callable[[Tensor], Tensor]:
    def loss(logits: Tensor) -> Tensor:
        drawn = torch.randint(0, logits.shape[2], logits.shape[:2], generator=generator)
        return F.cross_entropy(logits.mT, drawn, reduction="none").sum(dim=1)

    return loss


def likeliest_labels(generator: torch.Generator) -> Callable[[Tensor], Tensor]:  # noqa: ARG001
    return lambda logits: F.cross_entropy(logits.mT, logits.argmax(dim=2), reduction="none").sum(dim=1)


def one_label_for_all_tokens(generator: torch.Generator) -> Callable[[Tensor], Tensor]:
    def loss(logits: Tensor) -> Tensor:
        drawn = torch.multinomial(logits[:, 0].detach().softmax(dim=1), 1, generator=generator)
        return F.cross_entropy(logits.mT, drawn.expand(logits.shape[:2]), reduction="none").sum(dim=1)

    return loss


def without_tied_read_out(*arguments: Any) -> Gradients:
    gradients = right["per_sample_gradients"](*arguments)
    embedding = gradients["token.weight"]
    return gradients | {"token.weight": Outer(embedding.left[:, :-2], embedding.right[:, :-2])}


def without_the_last(gradients: Gradients) -> Tensor:
    return right["gram"](dict(list(gradients.items())[: max(1, len(gradients) - 1)]))


def with_few_leading(model: Any, inputs: Tensor, cotangents: Tensor, leading: int) -> Grams:  # noqa: ARG001
    leading_only = right["module_grams"](model, inputs, cotangents, 40).leading
    return Grams(leading_only, leading_only)


def root_of_gram(products: Tensor) -> Tensor:
    shares = torch.linalg.eigvalsh(products).clamp(min=0).sqrt()
    return torch.special.entr(shares / shares.sum()).sum().exp()


@pytest.mark.parametrize(
    ("subject", "name", "wrong", "part"),
    [
        (fisher, "scores", uniform_labels, "rank: softmax regression, drawn"),
        (fisher, "scores", uniform_labels, "trace: softmax"),
        (fisher, "scores", likeliest_labels, "trace: softmax"),
        (fisher, "scores", one_label_for_all_tokens, "trace: transformer"),
        (fisher, "gram", without_the_last, "trace: transformer"),
        (fisher, "effective_rank_of_gram", root_of_gram, "softmax regression, mean"),
        (fisher, "effective_rank_of_gram", root_of_gram, "softmax regression, drawn"),
        (gradient_covariance, "per_sample_gradients", without_tied_read_out, "per-sample gradients"),
        (gradient_covariance, "per_sample_gradients", without_tied_read_out, "transformer, all parameters"),
        (gradient_covariance, "gram", without_the_last, "transformer, all parameters"),
        (gradient_covariance, "gram", without_the_last, "planted directions"),
        (gradient_covariance, "leading_gram", lambda gram, count: right["leading_gram"](gram, count - 1), "leading"),
        (gradient_covariance, "module_grams", with_few_leading, "network"),
        (gradient_covariance, "centred_gram", lambda products: products, "planted directions"),
        (gradient_covariance, "centred_gram", lambda products: products, "network"),
        (gradient_covariance, "effective_rank_of_gram", root_of_gram, "leading"),
    ],
)
def test_wrong_gradients_are_found(
    subject: Any,
    name: str,
    wrong: Callable[..., Any],
    part: str,
    calibration_settings: CalibrationSettings,
    monkeypatch: Patch,
) -> None:
    monkeypatch.setattr(subject, name, wrong)
    assert fails(subject, calibration_settings, part)


# Hessian ------------------------------------------------------------------------------------------------------------


def largest_in_magnitude(operator: Operator, *arguments: Any) -> HessianEstimate:
    high = right["top_eigenvalue"](operator, *arguments)
    low = right["top_eigenvalue"](lambda v: -operator(v), *arguments)
    return high if abs(high.value) > abs(low.value) else replace(low, value=-low.value)


def traces(signs: Callable[..., Tensor], correction: int) -> Callable[..., HessianEstimate]:
    def trace(operator: Operator, like: Tensor, draws: int, random: torch.Generator) -> HessianEstimate:
        vectors = [signs(like.shape, generator=random, dtype=like.dtype) for _ in range(draws)]
        products = torch.stack([v @ operator(v) for v in vectors])
        return HessianEstimate(float(products.mean()), float(products.std(correction=correction)) / draws**0.5, draws)

    return trace


def random_signs(*arguments: Any, **options: Any) -> Tensor:
    return torch.randn(*arguments, **options).sign()


@pytest.mark.parametrize(
    ("name", "wrong", "part"),
    [
        ("top_eigenvalue", largest_in_magnitude, "−10"),
        ("top_eigenvalue", lambda *given: right["top_eigenvalue"](*given[:-1], 3), "transformer"),
        ("hessian", lambda loss, weights: right["hessian"](loss * 1.001, weights), "eigenvalue: quadratic"),
        ("hessian", lambda loss, weights: right["hessian"](loss * 2, weights), "trace: dense"),
        ("trace", traces(torch.randn, correction=1), "trace standard error"),
        ("trace", traces(random_signs, correction=0), "trace standard error"),
        ("trace", traces(torch.rand, correction=1), "trace: quadratic"),
    ],
)
def test_a_wrong_hessian_is_found(
    name: str, wrong: Callable[..., Any], part: str, calibration_settings: CalibrationSettings, monkeypatch: Patch
) -> None:
    monkeypatch.setattr(hessian, name, wrong)
    assert fails(hessian, calibration_settings, part)


def test_the_other_trace_is_right_where_it_should_be(
    calibration_settings: CalibrationSettings, monkeypatch: Patch
) -> None:
    monkeypatch.setattr(hessian, "trace", traces(random_signs, correction=1))
    assert list(failures(hessian, calibration_settings)) == []


# Linear probe -------------------------------------------------------------------------------------------------------


def without_intercept(x: Tensor, answers: Tensor, test: Tensor, ridge: float) -> Tensor:
    targets = F.one_hot(answers[:, 0]).to(x.dtype)
    seen = x[0, ~test]
    weights = torch.linalg.solve(seen.T @ seen + ridge * torch.eye(seen.shape[1]), seen.T @ targets[~test])
    return ((x[0, test] @ weights).argmax(dim=1) == answers[test, 0]).double().mean()[None]


@pytest.mark.parametrize(
    ("wrong", "part"),
    [
        (without_intercept, "Gaussians"),
        (lambda x, answers, *rest: right["accuracy"](x + 0.2 * answers, answers, *rest), "chance"),  # a leak
        (lambda x, answers, *rest: right["accuracy"](x, answers[torch.randperm(len(answers))], *rest), "separable"),
        (lambda x, answers, test, ridge: right["accuracy"](x[..., 1:], answers, test, ridge), "Gaussians"),
        (lambda x, answers, test, ridge: right["accuracy"](x, answers, test, ridge) - 2e-4, "separable"),
    ],
)
def test_a_wrong_probe_is_found(
    wrong: Callable[..., Any], part: str, calibration_settings: CalibrationSettings, monkeypatch: Patch
) -> None:
    monkeypatch.setattr(linear_probe, "accuracy", wrong)
    assert fails(linear_probe, calibration_settings, part)


# Loss ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scale", "part"),
    [({"nats": 1 / np.log(2)}, "loss: uniform"), ({"nats": 2}, "entropy of the answers"), ({"known": -1}, "1 − ln V")],
)
def test_a_wrong_loss_is_found(
    scale: dict[str, float], part: str, calibration_settings: CalibrationSettings, monkeypatch: Patch
) -> None:
    def wrong(*given: Any) -> list[dict[str, Any]]:
        return [row | {"value": row["value"] * scale.get(row["variant"], 1)} for row in right["measure"](*given)]

    monkeypatch.setattr(loss, "measure", wrong)
    assert fails(loss, calibration_settings, part)


# Local learning coefficient -----------------------------------------------------------------------------------------


def sampler(drift: float = 0.5, noise: float = 0.5, pull: float = 1.0, scale: float = 1.0) -> Callable[..., Chains]:
    """A sampler of its own: right as it stands, wrong with other arguments (noise is the power of ε)."""

    def sample(weights: Any, losses: Any, settings: Any, random: torch.Generator) -> Chains:
        origin, before, estimates = weights.values.clone(), losses(0)[1].detach(), []
        for _ in range(settings.chains):
            weights.values.copy_(origin)
            total = torch.zeros_like(before)
            for step in range(settings.burn_in + settings.draws):
                weights.gradients.zero_()
                loss, observables = losses(0)
                loss.backward()
                total += observables.detach() * (step >= settings.burn_in)
                force = settings.n_beta * weights.gradients
                force = force + pull * settings.localisation * (weights.values - origin)
                kick = torch.empty_like(origin).normal_(generator=random)
                weights.values.add_(-drift * settings.step_size * force + settings.step_size**noise * kick)
            estimates.append(scale * settings.n_beta * (total / settings.draws - before))
        return Chains(torch.stack(estimates))

    return sample


def test_the_sampler_of_these_tests_is_right(calibration_settings: CalibrationSettings, monkeypatch: Patch) -> None:
    monkeypatch.setattr(llc, "sample", sampler())
    assert [check for check in llc._discrete_step(calibration_settings) if not check.passed] == []


@pytest.mark.parametrize(("step_size", "burn_in", "passed"), [(3e-5, 10, [True, True]), (1e-6, 25, [True, False])])
def test_settings_of_a_run_are_checked_as_they_run(
    step_size: float, burn_in: int, passed: list[bool], calibration_settings: CalibrationSettings
) -> None:
    """A chain whose memory is longer than its burn-in is the discrete chain, but not yet the posterior."""
    options = calibration_settings.llc["anatomy"].model_copy(update={"step_size": step_size, "burn_in": burn_in})
    checks = llc._as_it_runs(calibration_settings, "anatomy", options.model_copy(update={"draws": 40}))
    assert [check.passed for check in checks] == passed


@pytest.mark.parametrize(
    "wrong",
    [
        sampler(drift=1.0),
        sampler(noise=1.0),
        sampler(pull=0.0),
        sampler(scale=0.5),
        lambda weights, losses, settings, random: right["sample"](
            weights, losses, settings.model_copy(update={"step_size": 0.9 * settings.step_size}), random
        ),
    ],
    ids=["drift", "noise", "pull", "scale", "step"],
)
def test_a_wrong_step_is_found(
    wrong: Callable[..., Any], calibration_settings: CalibrationSettings, monkeypatch: Patch
) -> None:
    monkeypatch.setattr(llc, "sample", wrong)
    assert [check for check in llc._discrete_step(calibration_settings) if not check.passed]


def without_n_beta(weights: Any, losses: Any, settings: Any, random: torch.Generator) -> Chains:
    return Chains(right["sample"](weights, losses, settings, random).estimates / settings.n_beta)


def test_a_forgotten_n_beta_is_found_everywhere(calibration_settings: CalibrationSettings, monkeypatch: Patch) -> None:
    monkeypatch.setattr(llc, "sample", without_n_beta)
    shorter = calibration_settings.calibration.chains.model_copy(update={"burn_in": 100, "draws": 50})
    calibration = calibration_settings.calibration.model_copy(update={"chains": shorter})
    checks = list(llc.checks(calibration_settings.model_copy(update={"calibration": calibration})))
    assert [check.oracle for check in checks if check.passed] == ["more true rank, larger coefficient"]


def test_a_wrong_order_is_found() -> None:
    assert llc._order([2.5, 4.0, 5.0]).passed
    assert not llc._order([2.5, 5.0, 4.0]).passed
    assert not llc._order([float("nan"), 4.0, 5.0]).passed


def test_a_biased_standard_error_is_found(calibration_settings: CalibrationSettings, monkeypatch: Patch) -> None:
    biased = property(lambda chains: chains.estimates.std(dim=0, correction=0) / len(chains.estimates) ** 0.5)
    monkeypatch.setattr(Chains, "standard_error", biased)
    assert [check.estimator for check in llc._regular(calibration_settings) if not check.passed] == [
        "LLC standard error"
    ]
