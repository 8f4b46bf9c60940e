"""Runs that train as one stack learn what each would learn alone, and one that fails stops the stack by name."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch
from pydantic import ValidationError
from torch import Tensor

from emergence.checkpoints.trajectory import Trajectory
from emergence.config.training import Compute, Size, StackSettings, TrainSettings
from emergence.io import tables
from emergence.models import build
from emergence.schemas.trajectories import BEHAVIOUR
from emergence.training.learners import TrainingError, clip
from emergence.training.task_transformer import StackedTaskLearner, TaskLearner, train_run, train_stack

pytestmark = pytest.mark.long

CPU = build.device("cpu")
SEEDS = (1, 2, 3)
STEPS = 60
FREE = {"source_hash", "checkpoints", "sha256"}
"""Entries of a manifest that are another's where a run is trained in a stack: its module, hashes of its weights."""
HALF = Compute(precision="bfloat16", compile=False, together=3)


@pytest.fixture
def runs(make_settings: Callable[..., TrainSettings]) -> list[TrainSettings]:
    """Runs in which every update is clipped, each by its own norm, and decay is strong."""
    return [make_settings(seed, steps=STEPS, clip=0.05, weight_decay=1.0) for seed in SEEDS]


def learners(
    runs: list[TrainSettings], dtype: torch.dtype = torch.float32
) -> tuple[StackedTaskLearner, list[TaskLearner]]:
    """The same runs as a stack and one by one, computing in ``dtype``."""
    stack, alone = StackedTaskLearner(StackSettings(runs=runs), CPU), [TaskLearner(run, CPU) for run in runs]
    for parameter in [*stack.stacked.values(), *(weight for one in alone for weight in one.model.parameters())]:
        parameter.data = parameter.data.to(dtype)
    return stack, alone


def trained(runs: list[TrainSettings], dtype: torch.dtype = torch.float32) -> tuple[float, float]:
    """Largest difference of loss and of weights between stack and single runs, over a training."""
    stack, alone = learners(runs, dtype)
    losses, weights = 0.0, 0.0
    for step in range(STEPS):
        difference = stack.step(step) - torch.stack([learner.step(step) for learner in alone])
        losses = max(losses, difference.abs().max().item())
    for number, learner in enumerate(alone):
        own = stack.models()[number].state_dict()
        weights = max(weights, *(apart(own[name], weight) for name, weight in learner.weights.items()))
    return losses, weights


def apart(one: Tensor, other: Tensor) -> float:
    return (one - other).abs().max().item()


def test_training_together_is_training_one_after_the_other(runs: list[TrainSettings]) -> None:
    """To the digits of float64: data, initialisation, clipping, decay and learning rate are each run's own."""
    losses, weights = trained(runs, torch.float64)
    assert losses < 1e-12
    assert weights < 1e-10


def test_in_float32_the_order_of_sums_is_all_that_differs(runs: list[TrainSettings]) -> None:
    losses, weights = trained(runs)
    assert losses < 1e-5
    assert weights < 1e-4


def test_in_bfloat16_stack_and_single_runs_round_alike(runs: list[TrainSettings]) -> None:
    losses, _ = trained([run.model_copy(update={"compute": HALF}) for run in runs])
    assert losses < 0.01


def test_the_loss_of_a_stack_is_never_rounded_to_bfloat16(runs: list[TrainSettings]) -> None:
    """As it would be if it were taken under vmap, where autocast does not see it."""
    half, whole = (StackedTaskLearner(StackSettings(runs=each), CPU) for each in (
        [run.model_copy(update={"compute": HALF}) for run in runs], runs
    ))  # fmt: skip
    losses, expected = half.step(0), whole.step(0)
    assert losses.dtype == torch.float32
    assert 0 < apart(losses, expected) < 1e-3  # a step of bfloat16 is 0.016 here


@pytest.mark.parametrize("scale", [0.01, 100.0], ids=["short enough", "too long"])
def test_clipping_is_that_of_torch_for_each_model(scale: float) -> None:
    """To the bit for one."""
    torch.manual_seed(0)
    gradients = [scale * torch.randn(3, *shape) for shape in ((33, 64), (7,), (4, 5, 6))]
    stacked = [gradient.clone() for gradient in gradients]
    norms = clip(stacked, 1.0, stacked=1)
    for model in range(3):
        parameters = [torch.nn.Parameter(torch.zeros_like(gradient[model])) for gradient in gradients]
        for parameter, gradient in zip(parameters, gradients, strict=True):
            parameter.grad = gradient[model].clone()
        single = [gradient[model].clone() for gradient in gradients]
        expected = torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        assert torch.equal(clip(single, 1.0, stacked=0), expected)
        assert norms[model].item() == pytest.approx(expected.item(), rel=1e-6)
        for parameter, own, several in zip(parameters, single, stacked, strict=True):
            assert parameter.grad is not None
            assert torch.equal(own, parameter.grad)
            torch.testing.assert_close(several[model], parameter.grad)


def test_a_stack_begins_as_its_runs_do_and_every_seed_is_another(runs: list[TrainSettings]) -> None:
    stack, alone = learners(runs)
    assert list(stack.weights) == list(alone[0].weights)
    for name, weight in stack.weights.items():
        assert all(torch.equal(weight[number], learner.weights[name]) for number, learner in enumerate(alone))
        if weight.dim() > 2:
            assert not torch.equal(weight[0], weight[1])
    losses = stack.step(0)
    assert len(set(losses.tolist())) == len(SEEDS)


def test_a_member_shares_its_weights_with_the_stack(runs: list[TrainSettings]) -> None:
    stack, _ = learners(runs)
    member = stack.models()[1]
    stack.weights["norm.weight"][1] = 7.0
    assert member.norm.weight.tolist() == [7.0] * 8
    assert stack.models()[0].norm.weight.tolist() == [1.0] * 8
    before = member.token.weight.clone()
    stack.step(0)
    assert not torch.equal(member.token.weight, before)


def test_a_run_that_diverges_is_known_and_moves_nobody(runs: list[TrainSettings]) -> None:
    stack, _ = learners(runs)
    stack.weights["norm.weight"][1] = torch.nan
    before = {name: weight.clone() for name, weight in stack.weights.items()}
    with pytest.raises(TrainingError, match=r"^tiny-s2: loss is nan at step 4\b"):
        stack.step(4)
    assert all(torch.equal(weight[[0, 2]], before[name][[0, 2]]) for name, weight in stack.weights.items())


def test_trajectories_of_a_stack_are_those_of_its_runs(
    runs: list[TrainSettings], make_evaluation: Callable[[TrainSettings], Path], tmp_path: Path
) -> None:
    """Of the same structure, the same at step 0 to the byte, and close in weights and behaviour to the end."""
    evaluation, names = make_evaluation(runs[0]), [run.run for run in runs]
    train_stack(StackSettings(runs=runs), evaluation, [tmp_path / "stack" / name for name in names], tmp_path / "state")
    for run in runs:
        train_run(run, evaluation, tmp_path / "alone" / run.run, tmp_path / "state")
        stacked, alone = (Trajectory.open(tmp_path / way / run.run) for way in ("stack", "alone"))
        assert TrainSettings.model_validate(stacked.manifest["settings"]) == run
        assert {key for key in alone.manifest if stacked.manifest[key] != alone.manifest[key]} <= FREE
        assert stacked.manifest["checkpoints"][0] == alone.manifest["checkpoints"][0]
        assert stacked.steps == alone.steps
        for step in stacked.steps:
            one, other = stacked.weights(step), alone.weights(step)
            assert one.keys() == other.keys()
            assert max(apart(one[name], other[name]) for name in one) < 1e-4
        first, second = (tables.read(BEHAVIOUR, way.folder / "behaviour.parquet") for way in (stacked, alone))
        pd.testing.assert_frame_equal(first, second, check_exact=False, rtol=0, atol=1e-5)


def test_a_run_that_diverges_ends_the_job_in_a_line_that_names_it(
    runs: list[TrainSettings], make_evaluation: Callable[[TrainSettings], Path], tmp_path: Path, monkeypatch: Any
) -> None:
    whole_step = StackedTaskLearner.step

    def broken(stack: StackedTaskLearner, step: int) -> Tensor:
        if step == 3:
            stack.weights["norm.weight"][1] = torch.nan
        return whole_step(stack, step)

    monkeypatch.setattr(StackedTaskLearner, "step", broken)
    folders = [tmp_path / run.run for run in runs]
    with pytest.raises(TrainingError, match=r"^tiny-s2: loss is nan at step 3\b.*learning_rate"):
        train_stack(StackSettings(runs=runs), make_evaluation(runs[0]), folders, tmp_path / "state")
    assert not [folder for folder in folders if (folder / "manifest.json").exists()]


@pytest.mark.parametrize(
    "changed",
    [{"size": Size(name="2x16", layers=2, width=16, heads=2)}, {"context": 17}, {"levels": {"COPY": ["1"]}}],
    ids=lambda changed: next(iter(changed)),
)
def test_runs_that_differ_in_more_than_their_seed_are_refused(
    runs: list[TrainSettings], changed: dict[str, object]
) -> None:
    other = runs[1].model_copy(update=changed)
    with pytest.raises(ValidationError, match="tiny-s1, tiny-s2 differ"):
        StackSettings(runs=[runs[0], other])
