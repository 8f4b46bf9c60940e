"""Oracles of spectra, gradients and curvature, against values found in another way."""

import numpy as np
import pytest
import torch

from emergence.calibration import fisher as fisher_checks
from emergence.calibration import gradient_covariance, hessian, rankme
from emergence.calibration.tiny_transformer import TinyTransformer

pytestmark = pytest.mark.long


@pytest.mark.parametrize("samples", [200, 400, 4000])
def test_marchenko_pastur_in_closed_form(samples: int) -> None:
    """For σ² the mean entropy is ``ln d − d/2n`` (Page 1993), and σ keeps more of it."""
    exact = 200 * np.exp(-200 / (2 * samples))
    assert rankme.marchenko_pastur_rank(samples, 200, 2.0) == pytest.approx(exact, rel=1e-9)
    assert exact < rankme.marchenko_pastur_rank(samples, 200, 1.0) < 200


def test_marchenko_pastur_for_sigma_at_ratio_one() -> None:
    """Quarter-circle law of σ on (0, 2): E[σ] = 8/3π, and E[σ ln σ] by a plain sum."""
    sigma = (np.arange(2_000_000) + 0.5) / 1e6
    density = np.sqrt(4 - sigma**2) / np.pi / 1e6
    mean = (density * sigma).sum()
    assert mean == pytest.approx(8 / (3 * np.pi), rel=1e-6)
    exact = 50 * mean * np.exp(-(density * sigma * np.log(sigma)).sum() / mean)
    assert rankme.marchenko_pastur_rank(50, 50, 1.0) == pytest.approx(exact, rel=1e-6)


def test_added_bounds_what_epsilon_does() -> None:
    rng = np.random.default_rng(0)
    for _ in range(50):
        shares = rng.dirichlet(np.full(8, 0.2))
        plain, more = (np.exp(-(p * np.log(p)).sum()) for p in (shares + 1e-300, shares + 1e-4))
        assert more - plain <= rankme.epsilon_bias(plain, 8, 1e-4)


def test_softmax_fisher_is_the_hessian_of_the_expected_loss() -> None:
    """With labels at their chances, the Fisher information is the Hessian of the cross-entropy."""
    random = torch.Generator().manual_seed(0)
    x, weight = (torch.randn(*shape, generator=random, dtype=torch.float64) for shape in ((5, 3), (4, 3)))
    chances = (x @ weight.T).softmax(dim=1)

    def loss(flat: torch.Tensor) -> torch.Tensor:
        return -(chances * (x @ flat.view(4, 3).T).log_softmax(dim=1)).sum(dim=1).mean()

    dense = torch.autograd.functional.hessian(loss, weight.flatten())
    torch.testing.assert_close(fisher_checks.softmax_fisher(x, chances), dense)


def test_influence_is_the_derivative_of_the_rank() -> None:
    random = torch.Generator().manual_seed(1)
    rows = torch.randn(4, 6, generator=random, dtype=torch.float64)
    fisher, score = rows.T @ rows, rows[0] + 0.3 * rows[1]
    step = 1e-6
    high, low = (gradient_covariance.effective_rank(fisher + sign * step * score.outer(score)) for sign in (1, -1))
    assert float(fisher_checks.rank_influence(fisher, score)) == pytest.approx((high - low) / (2 * step), rel=1e-5)


def test_label_error_is_the_spread_of_drawn_means() -> None:
    rng = np.random.default_rng(2)
    values, chances = rng.normal(size=(3, 4)), rng.dirichlet(np.ones(4), size=3)
    drawn = [[rng.choice(values[i], 20, p=chances[i]).mean() for i in range(3)] for _ in range(4000)]
    expected = fisher_checks.label_error(torch.from_numpy(values), torch.from_numpy(chances), 20)
    assert np.mean(drawn, axis=1).std() == pytest.approx(expected, rel=0.05)


def test_trace_deviation_over_all_signs() -> None:
    matrix = hessian.symmetric(torch.linspace(-1, 3, 8).double(), torch.Generator().manual_seed(0))
    signs = torch.cartesian_prod(*[torch.tensor([-1.0, 1.0])] * 8).double()
    products = ((signs @ matrix) * signs).sum(dim=1)
    assert float(products.mean()) == pytest.approx(float(matrix.trace()))
    assert float(products.std(correction=0)) == pytest.approx(hessian.trace_deviation(matrix))


def test_dense_derivatives_by_finite_differences() -> None:
    example = TinyTransformer.draw(torch.Generator().manual_seed(0), layers=1, width=4, samples=2)
    mean, matrix = example.gradients().mean(dim=0) / example.answer_length, example.hessian()
    assert torch.allclose(matrix, matrix.T, atol=1e-10)
    names = dict(example.model.named_parameters())
    sizes = [value.numel() for value in names.values()]
    flat = torch.cat([value.detach().flatten() for value in names.values()])
    direction, step = torch.randn(len(flat), generator=torch.Generator().manual_seed(1)).double(), 1e-4
    losses = []
    for sign in (-1, 0, 1):
        parts = (flat + sign * step * direction).split(sizes)
        moved = {name: part.view_as(value) for (name, value), part in zip(names.items(), parts, strict=True)}
        logits = example.logits(moved).flatten(0, 1)
        losses.append(torch.nn.functional.cross_entropy(logits, example.answers.flatten()).item())
    assert losses[1] == pytest.approx(float(example.mean_loss().detach()))
    assert (losses[2] - losses[0]) / (2 * step) == pytest.approx(float(mean @ direction), rel=1e-4)
    curved = (losses[2] - 2 * losses[1] + losses[0]) / step**2
    assert curved == pytest.approx(float(direction @ matrix @ direction), rel=1e-3)
