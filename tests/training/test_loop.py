"""Training that is stopped at any step and resumed ends with the same bits as without a stop."""

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from support.project import PROJECT
from synthetic.tiny_models import ladder_settings, write_corpus

from emergence.config import loading
from emergence.config.project import settings_for
from emergence.config.training import StackSettings, TrainSettings
from emergence.io.resumable import ResumableJob, StoppedError, resumable_job
from emergence.training import gpt_neox, parity_mlp, scalar_transformer
from emergence.training.loop import TrainingRecord, resumable_steps
from emergence.training.task_transformer import TaskLearner, train_run, train_stack

Contents = Callable[[Path], dict[str, bytes]]
Interrupt = Callable[[int, int, BaseException | None], None]
Job = Callable[[Path, Path], None]
"""to the folder of outputs, with the folder of state"""


class KilledError(BaseException):
    """What no handler sees."""


@pytest.fixture(scope="module")
def jobs(tmp_path_factory: pytest.TempPathFactory, make_settings, make_evaluation) -> dict[str, Job]:  # type: ignore[no-untyped-def]
    """Every stage that trains, on toy models."""
    tokens, tokenizer, _ = write_corpus(tmp_path_factory.mktemp("corpus"))
    smoke = loading.read(PROJECT / "config.yaml", PROJECT / "workflow/tiers/smoke.yaml")
    run: TrainSettings = make_settings()
    evaluation = make_evaluation(run)

    def of_smoke(function: Callable[..., None], stage: str, name: str, output: str = "") -> Job:
        settings = settings_for(smoke, stage, **{"sweep" if stage == "train_sweep" else "run": name})["settings"]
        return lambda out, state: function(settings, out / output, state)

    return {
        "train": lambda out, state: train_run(run, evaluation, out, state),
        "together": lambda out, state: train_stack(
            StackSettings(runs=[run, make_settings(2)]), evaluation, [out / "1", out / "2"], state
        ),
        "train_language_model": lambda out, state: gpt_neox.train_language_model(
            ladder_settings(), tokens, tokenizer, out, state
        ),
        "train_network": of_smoke(parity_mlp.train_network, "train_network", next(iter(smoke.parity.runs))),
        "train_scalar_transformer": of_smoke(
            scalar_transformer.train_scalar_transformer,
            "train_scalar_transformer",
            next(iter(smoke.parity.transformers)),
            "t",
        ),
        "a data set": of_smoke(parity_mlp.train_sweep, "train_sweep", "data", "table"),
        "adam": of_smoke(parity_mlp.train_sweep, "train_sweep", "adam", "table"),
    }


KINDS = ["train", "together", "train_language_model", "train_network", "train_scalar_transformer", "a data set", "adam"]


@pytest.fixture
def interrupted(monkeypatch: pytest.MonkeyPatch) -> Iterator[Interrupt]:
    """Save the state every so many steps; after some, raise, or stop the job if there is nothing to raise."""
    keep = ResumableJob.save_if_due

    def at(every: int, last: int, error: BaseException | None) -> None:
        count = 0

        def interrupting(self: ResumableJob, save: Callable[[], None], now: bool = False) -> None:
            nonlocal count
            count += 1
            if count == last and error is None:
                self.stop.signal = signal.SIGTERM
            elif count == last and error is not None:
                raise error
            elif count % every == 0 or now:
                keep(self, save, now=True)
                return
            else:
                return
            keep(self, save)

        monkeypatch.setattr(ResumableJob, "save_if_due", interrupting)

    yield at
    monkeypatch.setattr(ResumableJob, "save_if_due", keep)


@pytest.mark.long
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("error", [None, KilledError()], ids=["told to stop", "killed"])
def test_what_is_left_and_resumed_is_the_same_bit_for_bit(
    kind: str,
    error: BaseException | None,
    jobs: dict[str, Job],
    tmp_path: Path,
    interrupted: Interrupt,
    make_contents: Contents,
) -> None:
    (tmp_path / "whole").mkdir()
    (tmp_path / "left").mkdir()
    jobs[kind](tmp_path / "whole", tmp_path / "state")
    for every, last in ((1, 1), (2, 3), (3, 2), (1, 3)):  # in ten steps at least
        interrupted(every, last, error)
        with pytest.raises((StoppedError, KilledError)):
            jobs[kind](tmp_path / "left", tmp_path / "state")
        assert not (tmp_path / "left" / "manifest.json").exists()
    interrupted(4, 10**9, None)
    jobs[kind](tmp_path / "left", tmp_path / "state")
    assert make_contents(tmp_path / "left") == make_contents(tmp_path / "whole") != {}
    assert not (tmp_path / "state").exists()


class Toy:
    """Four weights under Adam."""

    def __init__(self) -> None:
        self.weights = {"w": torch.zeros(4)}
        self.optimiser = torch.optim.Adam([self.weights["w"]], lr=0.1)

    def step(self, step: int) -> None:
        self.weights["w"].grad = torch.tensor([1.0, -1.0, 0.5, 0.0]) * (step + 1)
        self.optimiser.step()


def test_steps_resume_after_the_last_that_was_kept(tmp_path: Path, interrupted: Interrupt) -> None:
    seen: list[int] = []

    def run(learner: Toy, record: TrainingRecord) -> None:
        with resumable_job(tmp_path / "state", {}) as job:
            for step in resumable_steps(job, learner, record, 6):
                seen.append(step)
                record.scores[step] = step
                record.entries.append({"step": step})
                if step < 6:
                    learner.step(step)

    interrupted(2, 5, KilledError())
    with pytest.raises(KilledError):
        run(Toy(), TrainingRecord(np.full(7, np.nan)))
    assert seen == [0, 1, 2, 3, 4]  # saved after 1 and 3
    learner, record = Toy(), TrainingRecord(np.full(7, np.nan))
    interrupted(2, 10**9, None)
    run(learner, record)
    assert seen == [0, 1, 2, 3, 4, 4, 5, 6]
    assert record.scores.tolist() == list(range(7))
    assert [entry["step"] for entry in record.entries] == list(range(7))
    whole = Toy()
    for step in range(6):
        whole.step(step)
    assert torch.equal(learner.weights["w"], whole.weights["w"])


@pytest.mark.long
def test_state_of_other_settings_is_not_resumed(
    tmp_path: Path,
    make_settings: Callable[..., TrainSettings],
    make_evaluation: Callable[[TrainSettings], Path],
    interrupted: Interrupt,
    make_contents: Contents,
    caplog: pytest.LogCaptureFixture,
) -> None:
    first, other = make_settings(), make_settings(learning_rate=0.02)
    evaluation = make_evaluation(first)
    interrupted(1, 9, None)
    with pytest.raises(StoppedError):
        train_run(first, evaluation, tmp_path / "run", tmp_path / "state")
    interrupted(1, 10**9, None)
    train_run(other, evaluation, tmp_path / "run", tmp_path / "state")
    assert "state of another settings" in caplog.text
    train_run(other, evaluation, tmp_path / "plain", tmp_path / "elsewhere")
    assert make_contents(tmp_path / "run") == make_contents(tmp_path / "plain")


def test_weights_of_a_learner_are_those_that_learn(make_settings: Callable[..., TrainSettings]) -> None:
    learner = TaskLearner(make_settings(), torch.device("cpu"))
    before = {name: weight.clone() for name, weight in learner.weights.items()}
    learner.step(0)
    assert set(before) == set(learner.model.state_dict())
    assert not any(torch.equal(before[name], learner.weights[name]) for name in ("token.weight", "norm.bias"))
