"""Mixed precision and compilation change how steps are computed, and little of what they give."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch
from synthetic.tiny_models import ladder_settings, write_corpus

from emergence.checkpoints.trajectory import Trajectory
from emergence.config.training import Compute, Size, StackSettings, TrainSettings
from emergence.io import tables
from emergence.models import build
from emergence.schemas.trajectories import BEHAVIOUR
from emergence.tasks import corpus
from emergence.training import gpt_neox
from emergence.training.learners import Learner
from emergence.training.task_transformer import StackedTaskLearner, TaskLearner, train_run

pytestmark = pytest.mark.long

CPU = build.device("cpu")
STEPS = 40
PLAIN, HALF, COMPILED = (
    Compute(precision=precision, compile=compiled, together=1)
    for precision, compiled in (("float32", False), ("bfloat16", False), ("float32", True))
)
KINDS = ("transformer", "stack", "neox")
Make = Callable[[str, Compute], Any]


@pytest.fixture
def learner(make_settings: Callable[..., TrainSettings], tmp_path: Path) -> Make:
    """What learns, of each kind."""

    def made(kind: str, compute: Compute) -> Learner:
        one, other = (make_settings(seed, steps=STEPS, compute=compute) for seed in (1, 2))
        match kind:
            case "transformer":
                return TaskLearner(one, CPU)
            case "stack":
                return StackedTaskLearner(StackSettings(runs=[one, other]), CPU)
        tokens, *_ = write_corpus(tmp_path)
        return gpt_neox.LanguageLearner(ladder_settings(steps=STEPS, compute=compute), corpus.load(tokens), CPU)

    return made


def losses(learner: Any, steps: int = STEPS) -> torch.Tensor:
    return torch.stack([learner.step(step) for step in range(steps)])


@pytest.mark.parametrize("kind", KINDS)
def test_bfloat16_learns_as_float32_does(kind: str, learner: Make) -> None:
    half = learner(kind, HALF)
    mixed, expected = losses(half), losses(learner(kind, PLAIN))
    assert not torch.equal(mixed, expected)
    assert mixed.dtype == torch.float32
    torch.testing.assert_close(mixed, expected, rtol=0, atol=0.03)
    assert (expected[-1] < expected[0] - 0.5).all()


@pytest.mark.parametrize("kind", KINDS)
def test_weights_and_optimiser_stay_float32(kind: str, learner: Make) -> None:
    half = learner(kind, HALF)
    half.step(0)
    moments = [moment for state in half.optimiser.state_dict()["state"].values() for moment in state.values()]
    assert {tensor.dtype for tensor in (*half.weights.values(), *moments)} == {torch.float32}


def test_checkpoints_and_evaluation_are_float32(
    make_settings: Callable[..., TrainSettings], make_evaluation: Callable[[TrainSettings], Path], tmp_path: Path
) -> None:
    """What is not yet trained is evaluated to the same bits, whatever the precision of the training."""
    results = []
    for settings in (make_settings(compute=HALF), make_settings()):
        folder = tmp_path / settings.compute.precision
        train_run(settings, make_evaluation(settings), folder, tmp_path / "state")
        results.append((Trajectory.open(folder), tables.read(BEHAVIOUR, folder / "behaviour.parquet")))
    (half, half_rows), (whole, rows) = results
    assert {weight.dtype for step in half.steps for weight in half.weights(step).values()} == {torch.float32}
    entries = [(run.manifest["checkpoints"][0], run.manifest["checkpoints"][-1]) for run in (half, whole)]
    assert entries[0][0] == entries[1][0]
    assert entries[0][1] != entries[1][1]
    pd.testing.assert_frame_equal(half_rows[half_rows["step"] == 0], rows[rows["step"] == 0])


@pytest.mark.parametrize("kind", KINDS)
def test_compiled_steps_are_those_of_the_model(kind: str, learner: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """Traced and differentiated ahead of time as for any compiler, without the time of one."""
    given, compiler = [], torch.compile

    def traced(function: Callable[..., Any]) -> Callable[..., Any]:
        given.append(function)
        return compiler(function, backend="aot_eager")

    plain = learner(kind, PLAIN)
    monkeypatch.setattr("emergence.training.learners.torch.compile", traced)
    compiled = learner(kind, COMPILED)
    assert given
    torch.testing.assert_close(losses(compiled, 5), losses(plain, 5), rtol=0, atol=1e-5)
    assert list(compiled.weights) == list(plain.weights)
    for name, weight in compiled.weights.items():
        torch.testing.assert_close(weight, plain.weights[name], rtol=0, atol=1e-4)


@pytest.mark.nightly
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # torch's own, when it loads its compiler
@pytest.mark.skipif(
    not any(map(shutil.which, (os.environ.get("CXX", "g++"), "g++", "clang++"))), reason="no C++ compiler here"
)
def test_the_compiler_of_torch_gives_the_same_steps(make_settings: Callable[..., TrainSettings]) -> None:
    size = Size(name="1x8", layers=1, width=8, heads=2)
    compiled, plain = (TaskLearner(make_settings(size=size, compute=compute), CPU) for compute in (COMPILED, PLAIN))
    torch.testing.assert_close(losses(compiled, 5), losses(plain, 5), rtol=0, atol=1e-5)
