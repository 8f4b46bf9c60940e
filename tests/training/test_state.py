"""Training that is left at any step, and gone on with, ends as if it had never been left: bit for bit."""

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from tiny_language import ladder_settings, write_corpus

from emergence import config
from emergence.settings.learning import TogetherSettings, TrainSettings
from emergence.training import ladder, networks, scalar_transformer, sweeps, together
from emergence.training.state import Record, steps
from emergence.training.train import Learner, train
from emergence.work import StoppedError, Work, unfinished

PROJECT = Path(__file__).parents[2]
Contents = Callable[[Path], dict[str, bytes]]
Job = Callable[[Path, Path], None]
"""to the folder of outputs, with the folder of state"""


class KilledError(BaseException):
    """What no handler sees."""


@pytest.fixture(scope="module")
def jobs(tmp_path_factory: pytest.TempPathFactory, make_settings, make_evaluation) -> dict[str, Job]:  # type: ignore[no-untyped-def]
    """Every stage that trains, on toy models."""
    tokens, tokenizer, _ = write_corpus(tmp_path_factory.mktemp("corpus"))
    smoke = config.read(PROJECT / "config.yaml", PROJECT / "workflow/tiers/smoke.yaml")
    run: TrainSettings = make_settings()
    evaluation = make_evaluation(run)

    def of_smoke(function: Callable[..., None], stage: str, name: str, output: str = "") -> Job:
        settings = smoke.settings(stage, name)
        return lambda out, state: function(settings, out / output, state)

    return {
        "train": lambda out, state: train(run, evaluation, out, state),
        "together": lambda out, state: together.train(
            TogetherSettings(runs=[run, make_settings(2)]), evaluation, [out / "1", out / "2"], state
        ),
        "ladder": lambda out, state: ladder.train(ladder_settings(), tokens, tokenizer, out, state),
        "network": of_smoke(networks.train, "network", next(iter(smoke.solvable.runs))),
        "transformer": of_smoke(scalar_transformer.train, "transformer", next(iter(smoke.solvable.transformers)), "t"),
        "a data set": of_smoke(sweeps.make, "sweep", "data", "table"),
        "adam": of_smoke(sweeps.make, "sweep", "adam", "table"),
    }


KINDS = ["train", "together", "ladder", "network", "transformer", "a data set", "adam"]


@pytest.fixture
def interrupted(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int, int, BaseException | None], None]]:
    """Save the state every so many steps; after some, raise, or stop the job if there is nothing to raise."""
    keep = Work.keep

    def at(every: int, last: int, error: BaseException | None) -> None:
        count = 0

        def interrupting(self: Work, save: Callable[[], None], now: bool = False) -> None:
            nonlocal count
            count += 1
            if count == last and error is None:
                self.bell.number = signal.SIGTERM
            elif count == last and error is not None:
                raise error
            elif count % every == 0 or now:
                keep(self, save, now=True)
                return
            else:
                return
            keep(self, save)

        monkeypatch.setattr(Work, "keep", interrupting)

    yield at
    monkeypatch.setattr(Work, "keep", keep)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("error", [None, KilledError()], ids=["told to stop", "killed"])
def test_what_is_left_and_gone_on_with_is_the_same_bit_for_bit(
    kind: str,
    error: BaseException | None,
    jobs: dict[str, Job],
    tmp_path: Path,
    interrupted: Callable[[int, int, BaseException | None], None],
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


def test_steps_go_on_after_the_last_that_was_kept(
    tmp_path: Path, interrupted: Callable[[int, int, BaseException | None], None]
) -> None:
    seen: list[int] = []

    def run(learner: Toy, record: Record) -> None:
        with unfinished(tmp_path / "state", {}) as work:
            for step in steps(work, learner, record, 6):
                seen.append(step)
                record.arrays["seen"][step] = step
                record.entries.append({"step": step})
                if step < 6:
                    learner.step(step)

    interrupted(2, 5, KilledError())
    with pytest.raises(KilledError):
        run(Toy(), Record({"seen": np.full(7, -1)}))
    assert seen == [0, 1, 2, 3, 4]  # saved after 1 and 3
    learner, record = Toy(), Record({"seen": np.full(7, -1)})
    interrupted(2, 10**9, None)
    run(learner, record)
    assert seen == [0, 1, 2, 3, 4, 4, 5, 6]
    assert record.arrays["seen"].tolist() == list(range(7))
    assert [entry["step"] for entry in record.entries] == list(range(7))
    whole = Toy()
    for step in range(6):
        whole.step(step)
    assert torch.equal(learner.weights["w"], whole.weights["w"])


def test_state_of_other_settings_is_not_gone_on_with(
    tmp_path: Path,
    make_settings: Callable[..., TrainSettings],
    make_evaluation: Callable[[TrainSettings], Path],
    interrupted: Callable[[int, int, BaseException | None], None],
    make_contents: Contents,
    caplog: pytest.LogCaptureFixture,
) -> None:
    first, other = make_settings(), make_settings(learning_rate=0.02)
    evaluation = make_evaluation(first)
    interrupted(1, 9, None)
    with pytest.raises(StoppedError):
        train(first, evaluation, tmp_path / "run", tmp_path / "state")
    interrupted(1, 10**9, None)
    train(other, evaluation, tmp_path / "run", tmp_path / "state")
    assert "state of another settings; it is not used" in caplog.text
    train(other, evaluation, tmp_path / "plain", tmp_path / "elsewhere")
    assert make_contents(tmp_path / "run") == make_contents(tmp_path / "plain")


def test_weights_of_a_learner_are_those_that_learn(make_settings: Callable[..., TrainSettings]) -> None:
    learner = Learner(make_settings(), torch.device("cpu"))
    before = {name: weight.clone() for name, weight in learner.weights.items()}
    learner.step(0)
    assert set(before) == set(learner.model.state_dict())
    assert not any(torch.equal(before[name], learner.weights[name]) for name in ("token.weight", "norm.bias"))
