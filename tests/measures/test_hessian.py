import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.autograd.functional import hessian as dense_hessian
from torch.func import functional_call
from torch.nn import functional as F

from emergence.calibration.curvature import symmetric
from emergence.measures import hessian as module
from emergence.measures.hessian import hessian, top_eigenvalue, trace
from emergence.measures.probe import Probe
from emergence.measures.task_subject import TaskSubject
from emergence.models.transformer import Transformer
from emergence.settings.measures import Hessian
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
    found = top_eigenvalue(lambda v: matrix @ v, start, 1e-9, 60)
    assert found.value == pytest.approx(top, abs=1e-5)


def test_lanczos_reaches_a_percent_in_thirty_products_on_a_spectrum_like_a_network_s() -> None:
    spectrum = torch.cat([torch.randn(2000).double() * 0.05, torch.tensor([8.0, 9.0, 10.0])])
    matrix = torch.diag(spectrum)
    found = top_eigenvalue(lambda v: matrix @ v, torch.ones(len(spectrum)).double(), 0.01, 30)
    assert found.products <= 30
    assert found.value == pytest.approx(10.0, rel=0.01)
    assert found.error <= 0.01 * found.value


def test_an_operator_of_zeros_has_eigenvalue_zero() -> None:
    assert top_eigenvalue(torch.zeros_like, torch.ones(5), 0.01, 10).value == 0


def test_trace_is_exact_on_a_diagonal_and_within_its_error_elsewhere() -> None:
    generator = torch.Generator().manual_seed(0)
    diagonal = torch.arange(6.0)
    assert trace(lambda v: diagonal * v, diagonal, 5, generator).value == pytest.approx(15.0)
    matrix = symmetric(torch.linspace(-1, 3, 40).double(), generator)
    found = trace(lambda v: matrix @ v, torch.ones(40).double(), 400, generator)
    assert 0 < found.error < 1
    assert abs(found.value - float(matrix.trace())) < 4 * found.error


def test_against_the_dense_hessian_of_a_network() -> None:
    torch.manual_seed(0)
    model = Transformer(1, 4, 2, SIZE, 8).double()
    probe = Probe(draw(LEVELS, 4, seed=1))
    rows = module.measure(TaskSubject(model, probe), np.random.default_rng(0), SETTINGS)
    for level, sequences in [(LEVELS[0], {LEVELS[0]: probe.sequences[LEVELS[0]]}), (None, probe.sequences)]:
        exact = dense(model, dict(sequences))
        of_level = [row for row in rows if row["task"] == (level.task if level else None)]
        found = {row["variant"]: row for row in of_level}
        assert found["top"]["value"] == pytest.approx(float(torch.linalg.eigvalsh(exact)[-1]), rel=1e-4)
        assert abs(found["trace"]["value"] - float(exact.trace())) < 5 * found["trace"]["standard_error"]


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


def test_only_the_first_samples_are_looked_at() -> None:
    torch.manual_seed(0)
    model, drawn = Transformer(1, 4, 2, SIZE, 8).double(), draw(LEVELS, 6, seed=1)
    few = {level: sequences[:4] for level, sequences in drawn.items()}
    first, second = (
        module.measure(TaskSubject(model, Probe(sequences)), np.random.default_rng(0), SETTINGS)
        for sequences in (drawn, few)
    )
    assert first == second


def test_products_are_those_of_a_known_quadratic() -> None:
    weight = torch.nn.Parameter(torch.tensor([1.0, 2.0, 3.0]))
    operator = hessian((torch.tensor([2.0, -3.0, 5.0]) * weight**2).sum(), [weight])
    torch.testing.assert_close(operator(torch.ones(3)), torch.tensor([4.0, -6.0, 10.0]))
