from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from emergence.config.loading import Config
from emergence.config.measures import LocalLearning
from emergence.measures.chain_diagnostics import PLATEAU, diagnose
from emergence.measures.llc import Chains, FlatWeights, measure, sample
from emergence.models.transformer import Transformer
from emergence.subjects.task_transformer import TaskProbe, TaskSubject
from emergence.tasks import TaskLevel
from emergence.tasks.data import draw
from emergence.tasks.vocabulary import SIZE

pytestmark = pytest.mark.long

SETTINGS = LocalLearning(
    chains=8, burn_in=500, draws=4000, pool=1, examples=2, step_size=2e-4, n_beta=100.0, localisation=1.0, own=False,
    seed=0, every=1,
)  # fmt: skip


def estimate(size: int, loss: Callable[[Tensor], Tensor], settings: LocalLearning = SETTINGS) -> Chains:
    """LLC at the origin of a potential on ``size`` parameters."""
    module = nn.Module()
    module.weight = nn.Parameter(torch.zeros(size, dtype=torch.float64))

    def losses(_: int) -> tuple[Tensor, Tensor]:
        value = loss(module.weight)
        return value, value[None]

    return sample(FlatWeights(module), losses, settings, torch.Generator().manual_seed(0))


def agrees(chains: Chains, exact: float, relative: float) -> bool:
    """Within three standard errors and the bias of a finite step; the errors must be small enough to mean something."""
    error = float(chains.standard_error[0])
    return error < relative * exact and abs(float(chains.value[0]) - exact) < 3 * error + 0.04 * exact


def test_regular_model_is_half_its_dimension() -> None:
    size = 8
    curvature = torch.linspace(1.0, 4.0, size).double()
    chains = estimate(size, lambda w: (curvature * w**2).sum() / 2)
    n_beta, gamma = SETTINGS.n_beta, SETTINGS.localisation
    exact = float((n_beta * curvature / (n_beta * curvature + gamma)).sum() / 2)  # size / 2 but for the pull
    assert exact == pytest.approx(size / 2, rel=0.01)
    assert agrees(chains, exact, 0.05)


def test_more_effective_parameters_more_llc() -> None:
    short = SETTINGS.model_copy(update={"chains": 4, "burn_in": 200, "draws": 800})
    values = [float(estimate(8, lambda w, k=k: (w[:k] ** 2).sum(), short).value[0]) for k in (1, 3, 8)]
    assert values == sorted(values)
    assert values[2] > 2 * values[0]


def test_traces_are_of_the_excess_on_the_same_batch() -> None:
    """Batches whose losses differ by constants: the trace has none of that, and its mean is the estimate."""
    module = nn.Module()
    module.weight = nn.Parameter(torch.zeros(4, dtype=torch.float64))

    def losses(batch: int) -> tuple[Tensor, Tensor]:
        value = (module.weight**2).sum() / 2 + 1000.0 * batch
        return value, value[None]

    options = SETTINGS.model_copy(update={"pool": 4, "burn_in": 100, "draws": 400, "chains": 2})
    chains = sample(FlatWeights(module), losses, options, torch.Generator().manual_seed(0))
    assert chains.traces is not None
    assert chains.traces.shape == (2, 400)
    assert float(chains.traces.mean()) == pytest.approx(float(chains.value[0]), rel=1e-6)
    assert float(chains.traces.max()) < 100


def test_settings_that_a_study_runs_hold_on_its_curvatures_and_former_ones_did_not(default: Config) -> None:
    """A hundred directions each of small to large curvature: the chains of the full tier are valid, and near λ̂."""
    curvature = torch.tensor([0.1, 1.0, 3.0, 10.0, 30.0, 100.0]).double().repeat(100)
    ratio = 100.0 * curvature / 1e4
    exact = float((ratio / (1 + ratio)).sum() / 2)
    run = default.anatomy.measures.llc
    assert run is not None
    former = run.model_copy(update={"step_size": 3e-6, "burn_in": 25, "draws": 25})
    valid = {}
    for name, options in {"run": run, "former": former}.items():
        chains = estimate(600, lambda w: (curvature * w**2).sum() / 2, options.model_copy(update={"pool": 1}))
        assert chains.traces is not None
        valid[name] = diagnose(chains.traces.numpy()).valid
        if name == "run":
            assert float(chains.value[0]) == pytest.approx(exact, rel=PLATEAU)
    assert valid == {"run": True, "former": False}


def test_divergence_is_reported_not_dropped() -> None:
    chains = estimate(4, lambda w: (w**4).sum(), SETTINGS.model_copy(update={"step_size": 1e3, "draws": 50}))
    assert chains.diverged == 1.0
    assert chains.value.isnan().all()


def test_a_negative_estimate_is_kept() -> None:
    slope = torch.ones(3).double()
    chains = estimate(3, lambda w: (slope * w).sum(), SETTINGS.model_copy(update={"draws": 500}))
    assert float(chains.value[0]) < -1  # no minimum: the chain runs downhill


@pytest.fixture
def model() -> Transformer:
    return Transformer(2, 8, 2, SIZE, 12).initialise(torch.Generator().manual_seed(0))


def test_model_is_put_back_and_rows_are_complete(model: Transformer) -> None:
    before = {name: value.clone() for name, value in model.state_dict().items()}
    levels = (TaskLevel("PAR", "3"), TaskLevel("CMP", "1"))
    options = SETTINGS.model_copy(update={"burn_in": 2, "draws": 5, "pool": 3, "own": True, "chains": 2})
    rows = measure(TaskSubject(model, TaskProbe(draw(levels, 4, 1))), np.random.default_rng(0), options)
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())
    keys = {(row["task"], row["variant"]) for row in rows}
    expected = {(task, "mixture") for task in (None, "PAR", "CMP")} | {(task, "own") for task in ("PAR", "CMP")}
    told = {(None, f"mixture/{name}") for name in ("rhat", "ess", "drift", "valid")}
    assert keys == told | expected | {(task, f"{variant}/diverged") for task, variant in expected}
    again = measure(TaskSubject(model, TaskProbe(draw(levels, 4, 1))), np.random.default_rng(0), options)
    assert rows == again


def test_mixture_is_the_mean_of_its_levels(model: Transformer) -> None:
    levels = (TaskLevel("PAR", "3"), TaskLevel("CMP", "1"))  # one answer token each, so levels weigh the same
    options = SETTINGS.model_copy(update={"burn_in": 0, "draws": 20, "pool": 4, "chains": 2})
    rows = measure(TaskSubject(model, TaskProbe(draw(levels, 4, 1))), np.random.default_rng(0), options)
    values = {row["task"]: row["value"] for row in rows if row["variant"] == "mixture"}
    assert values[None] == pytest.approx((values["PAR"] + values["CMP"]) / 2, rel=1e-3, abs=1e-3)
