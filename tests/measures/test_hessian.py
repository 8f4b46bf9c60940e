from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.autograd.functional import hessian as dense_hessian
from torch.func import functional_call
from torch.nn import functional as F

from emergence.calibration.hessian import symmetric
from emergence.config.measures import Hessian
from emergence.measures import hessian as module
from emergence.measures.hessian import hessian, top_eigenvalue, trace
from emergence.models.transformer import Transformer
from emergence.subjects.subject import MeasureError, NotFiniteError
from emergence.subjects.task_transformer import TaskProbe, TaskSubject
from emergence.subjects.torch_module import ModuleSubject
from emergence.tasks import TaskLevel
from emergence.tasks.batches import Layout
from emergence.tasks.data import draw
from emergence.tasks.vocabulary import SIZE

SETTINGS = Hessian(samples=4, tolerance=1e-6, products=80, draws=30, every=1)
LEVELS = (TaskLevel("CMP", "1"), TaskLevel("PAR", "3"))


@given(st.integers(0, 2**31), st.floats(-50, 50))
@settings(max_examples=25)
def test_lanczos_finds_the_largest_algebraic_eigenvalue(seed: int, top: float) -> None:
    spectrum = torch.cat([torch.linspace(-60, -55, 20), torch.tensor([top])]).double()
    start = torch.randn(21, generator=torch.Generator().manual_seed(seed)).double()
    matrix = symmetric(spectrum, torch.Generator().manual_seed(seed))
    estimate = top_eigenvalue(lambda v: matrix @ v, start, 1e-9, 60)
    assert estimate.value == pytest.approx(top, abs=1e-5)


def test_lanczos_reaches_a_percent_in_thirty_products_on_a_spectrum_like_a_network_s() -> None:
    spectrum = torch.cat([torch.randn(2000).double() * 0.05, torch.tensor([8.0, 9.0, 10.0])])
    matrix = torch.diag(spectrum)
    estimate = top_eigenvalue(lambda v: matrix @ v, torch.ones(len(spectrum)).double(), 0.01, 30)
    assert estimate.products <= 30
    assert estimate.value == pytest.approx(10.0, rel=0.01)
    assert estimate.error <= 0.01 * estimate.value


def test_an_operator_of_zeros_has_eigenvalue_zero() -> None:
    assert top_eigenvalue(torch.zeros_like, torch.ones(5), 0.01, 10).value == 0


def test_trace_is_exact_on_a_diagonal_and_within_its_error_elsewhere() -> None:
    generator = torch.Generator().manual_seed(0)
    diagonal = torch.arange(6.0)
    assert trace(lambda v: diagonal * v, diagonal, 5, generator).value == pytest.approx(15.0)
    matrix = symmetric(torch.linspace(-1, 3, 40).double(), generator)
    estimate = trace(lambda v: matrix @ v, torch.ones(40).double(), 400, generator)
    assert 0 < estimate.error < 1
    assert abs(estimate.value - float(matrix.trace())) < 4 * estimate.error


@pytest.mark.long
def test_against_the_dense_hessian_of_a_network() -> None:
    torch.manual_seed(0)
    model = Transformer(1, 4, 2, SIZE, 8).double()
    probe = TaskProbe(draw(LEVELS, 4, seed=1))
    rows = module.measure(TaskSubject(model, probe), np.random.default_rng(0), SETTINGS)
    for level, sequences in [(LEVELS[0], {LEVELS[0]: probe.sequences[LEVELS[0]]}), (None, probe.sequences)]:
        exact = dense(model, dict(sequences))
        of_level = [row for row in rows if row["task"] == (level.task if level else None)]
        by_variant = {row["variant"]: row for row in of_level}
        assert by_variant["top"]["value"] == pytest.approx(float(torch.linalg.eigvalsh(exact)[-1]), rel=1e-4)
        assert abs(by_variant["trace"]["value"] - float(exact.trace())) < 5 * by_variant["trace"]["standard_error"]


def dense(model: Transformer, sequences: dict[TaskLevel, np.ndarray]) -> Tensor:
    layout, tokens = Layout(tuple(sequences), 4), list(sequences.values())
    grid = (layout.inputs(tokens), layout.packing.positions, layout.packing.mask, layout.target_index)
    arguments = tuple(map(torch.from_numpy, grid))
    names, values = zip(*((name, value.detach()) for name, value in model.named_parameters()), strict=True)
    shapes = [value.shape for value in values]

    def loss(flat: Tensor) -> Tensor:
        parts = flat.split([shape.numel() for shape in shapes])
        weights = {name: part.view(shape) for name, part, shape in zip(names, parts, shapes, strict=True)}
        return F.cross_entropy(functional_call(model, weights, arguments), torch.from_numpy(layout.targets(tokens)))

    # Not torch.func.hessian: its forward-over-reverse is wrong (and not symmetric) here, in PyTorch 2.13.
    return dense_hessian(loss, torch.cat([value.flatten() for value in values]))


@pytest.mark.long
def test_only_the_first_samples_are_looked_at() -> None:
    torch.manual_seed(0)
    model, drawn = Transformer(1, 4, 2, SIZE, 8).double(), draw(LEVELS, 6, seed=1)
    few = {level: sequences[:4] for level, sequences in drawn.items()}
    first, second = (
        module.measure(TaskSubject(model, TaskProbe(sequences)), np.random.default_rng(0), SETTINGS)
        for sequences in (drawn, few)
    )
    assert first == second


def test_products_are_those_of_a_known_quadratic() -> None:
    weight = torch.nn.Parameter(torch.tensor([1.0, 2.0, 3.0]))
    operator = hessian((torch.tensor([2.0, -3.0, 5.0]) * weight**2).sum(), [weight])
    torch.testing.assert_close(operator(torch.ones(3)), torch.tensor([4.0, -6.0, 10.0]))


class Attention(nn.Module):
    """One causal head, fused or written out."""

    def __init__(self, fused: bool) -> None:
        super().__init__()
        self.embed, self.qkv, self.fused = nn.Embedding(5, 4), nn.Linear(4, 12), fused

    def forward(self, tokens: Tensor) -> Tensor:
        q, k, v = self.qkv(self.embed(tokens)).unsqueeze(1).chunk(3, dim=-1)
        if self.fused:
            return F.scaled_dot_product_attention(q, k, v, is_causal=True)[:, 0] @ self.embed.weight.T
        later = torch.ones(tokens.shape[1], tokens.shape[1], dtype=torch.bool).triu(1)
        scores = (q @ k.mT / 2).masked_fill(later, -torch.inf)
        return (scores.softmax(dim=-1) @ v)[:, 0] @ self.embed.weight.T


def measured(model: nn.Module, inputs: Tensor, targets: Tensor) -> list[dict[str, Any]]:
    return module.measure(ModuleSubject(model, {"mine": (inputs, targets)}), np.random.default_rng(0), SETTINGS)


def test_fused_attention_has_the_hessian_of_the_one_that_is_written_out() -> None:
    tokens = torch.randint(0, 5, (4, 6), generator=torch.Generator().manual_seed(0))
    rows = []
    for fused in (True, False):
        torch.manual_seed(1)
        rows.append([row["value"] for row in measured(Attention(fused).double(), tokens, tokens)])
    assert rows[0] == pytest.approx(rows[1], rel=1e-6)
    assert abs(rows[0][0]) > 1e-3


def test_a_layer_without_second_derivative_is_named() -> None:
    class Once(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Tensor) -> Tensor:
            ctx.save_for_backward(x)
            return x**2

        @staticmethod
        @once_differentiable
        def backward(ctx: Any, gradient: Tensor) -> Tensor:
            return 2 * ctx.saved_tensors[0] * gradient

    class Squares(nn.Linear):
        def forward(self, x: Tensor) -> Tensor:
            return Once.apply(super().forward(x))

    with pytest.raises(MeasureError, match=r"derivative.*once_differentiable"):
        measured(Squares(3, 2), torch.ones(4, 3), torch.arange(4) % 2)


def test_a_kernel_without_second_derivative_is_named() -> None:
    class Flash(nn.Linear):
        def forward(self, x: Tensor) -> Tensor:
            parts = super().forward(x)[None, None]
            return torch._scaled_dot_product_flash_attention_for_cpu(parts, parts, parts)[0][0, 0]

    with pytest.raises(MeasureError, match=r"derivative.*flash_attention"):
        measured(Flash(3, 2), torch.ones(4, 3), torch.arange(4) % 2)


def test_a_loss_that_is_not_finite_is_said_to_be() -> None:
    model = nn.Sequential(nn.Linear(3, 2), nn.Linear(2, 2))
    with torch.no_grad():
        for layer in model:
            layer.weight.fill_(1e38)
    with pytest.raises(NotFiniteError, match="Hessian"):
        measured(model, torch.ones(4, 3), torch.arange(4) % 2)
