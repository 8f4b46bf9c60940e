"""Paired language models: one run until the penalty acts, which keeps the rank from falling."""

import signal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from synthetic.tiny_models import CONTEXT, PASSAGES, PLAIN, ladder_settings, write_corpus

from emergence.config.arms import Arm
from emergence.config.language_arms import LanguageArms
from emergence.io import tables
from emergence.io.resumable import StoppedError
from emergence.schemas.interventions import LANGUAGE_ARM_RUNS
from emergence.tasks import corpus
from emergence.theory.spectrum import centred_singular_values, effective_rank
from emergence.training import interventions, language_arms
from emergence.training.gpt_neox import LanguageLearner
from emergence.training.interventions import log_rank
from emergence.training.language_arms import (
    POSITIONS,
    HeldOutPassages,
    LanguageArmSettings,
    PairedLearner,
    evenly_spaced,
    train_language_arms,
)

CPU = torch.device("cpu")
Files = tuple[Path, Path, Path]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    return write_corpus(tmp_path_factory.mktemp("corpus"))


@pytest.fixture(scope="module")
def held_out(files: Files) -> HeldOutPassages:
    return HeldOutPassages(PASSAGES, corpus.load_tokenizer(files[1], files[0]), CPU, 1e-7)


def prevention(weight: float = 1.0, until: int = 20) -> Arm:
    return Arm(penalty="rank_loss", weight=weight, until=until)


def learner(files: Files, arm: Arm | None) -> PairedLearner:
    return PairedLearner(ladder_settings(steps=40), corpus.load(files[0]), CPU, arm)


def settings(steps: int = 8, **changed: Any) -> LanguageArmSettings:
    of = ladder_settings()
    pairs = {"sizes": [of.size], "seeds": [1, 2], "steps": steps, "every": 2, "arm": prevention(until=4)}
    return LanguageArmSettings(
        size=of.size, pairs=LanguageArms(**{**pairs, **changed}), text=of.text, training=of.training, epsilon=1e-7,
        compute=PLAIN, device="cpu",
    )  # fmt: skip


def trained(files: Files, folder: Path, **changed: Any) -> pd.DataFrame:
    tokens, tokenizer, questions = files
    train_language_arms(settings(**changed), tokens, tokenizer, questions, folder / "runs.parquet", folder / "state")
    return tables.read(LANGUAGE_ARM_RUNS, folder / "runs.parquet")


def weights(model: Any) -> list[torch.Tensor]:
    return [weight.detach().clone() for weight in model.parameters()]


@pytest.mark.parametrize("arm", [None, prevention(weight=0.0)], ids=["plain", "weight 0"])
def test_without_a_penalty_a_run_is_that_of_the_ladder_to_the_bit(files: Files, arm: Arm | None) -> None:
    paired = learner(files, arm)
    of_ladder = LanguageLearner(ladder_settings(steps=40), corpus.load(files[0]), CPU)
    for step in range(5):
        assert torch.equal(paired.step(step), of_ladder.step(step))
    assert all(map(torch.equal, weights(paired.model), weights(of_ladder.model)))


def test_runs_are_one_until_the_penalty_has_acted(files: Files) -> None:
    plain, prevented = learner(files, None), learner(files, prevention())
    assert all(map(torch.equal, weights(plain.model), weights(prevented.model)))
    assert torch.equal(plain.step(0), prevented.step(0))  # the loss, without the penalty, before any update
    for step in range(1, 6):
        plain.step(step), prevented.step(step)
    assert not any(map(torch.equal, weights(plain.model), weights(prevented.model)))


@pytest.mark.long
def test_the_rank_falls_less_where_the_collapse_is_prevented(files: Files, held_out: HeldOutPassages) -> None:
    lowest = []
    for arm in (None, prevention(weight=10.0, until=40)):
        run = learner(files, arm)
        ranks = [held_out(run)["rank"]]
        for step in range(30):
            run.step(step)
            ranks.append(held_out(run)["rank"])
        lowest.append(min(ranks) / ranks[0])
    assert lowest[0] < 0.8
    assert lowest[1] > (1 + lowest[0]) / 2


def test_after_the_last_step_of_the_penalty_a_step_is_plain(files: Files) -> None:
    """From the same weights and moments both do the same."""
    plain, prevented = learner(files, None), learner(files, prevention(until=3))
    assert torch.equal(plain.step(3), prevented.step(3))
    assert all(map(torch.equal, weights(plain.model), weights(prevented.model)))


def test_the_penalty_compares_with_the_untrained_model_on_its_first_batch(files: Files) -> None:
    run = learner(files, prevention())
    assert run.term is not None
    recorded = run.model(torch.from_numpy(run.batches(0))[:, :-1], output_hidden_states=True).hidden_states
    assert run.term.initial.shape == (4 * CONTEXT, 8)
    normed = run.model.gpt_neox.final_layer_norm(run.term.initial)
    assert torch.allclose(normed, recorded[-1].flatten(0, 1), atol=1e-6)  # so it is the last block's output


def test_at_most_so_many_states_are_seen_evenly() -> None:
    states = torch.arange(3 * 400 * 2).view(3, 400, 2)
    seen = evenly_spaced(states)
    assert POSITIONS / 2 < len(seen) <= POSITIONS
    assert len(set(seen[:, 0].diff().tolist())) == 1
    assert torch.equal(evenly_spaced(states[:, :5]), states[:, :5].flatten(0, 1))


def test_loss_and_rank_are_those_of_the_passages_one_by_one(files: Files, held_out: HeldOutPassages) -> None:
    run, encode = learner(files, None), corpus.load_tokenizer(files[1], files[0])
    losses, states = [], []
    for passage in PASSAGES:
        tokens = encode.encode(passage, add_special_tokens=False).ids
        with torch.no_grad():
            log_p = run.model(torch.tensor([tokens[:-1]])).logits[0].log_softmax(dim=-1)
        losses += [-log_p[place, token].item() for place, token in enumerate(tokens[1:])]
        states.append(run.states[0])
    seen = held_out(run)
    assert seen["loss"] == pytest.approx(np.mean(losses), rel=1e-5)
    rank = effective_rank(centred_singular_values(torch.cat(states).double()), 1e-7)
    assert seen["rank"] == pytest.approx(rank.item(), rel=1e-4)
    assert seen["rank"] == pytest.approx(log_rank(torch.cat(states)).exp().item(), rel=1e-2)


def test_the_table_has_both_runs_of_every_pair(files: Files, tmp_path: Path) -> None:
    runs = trained(files, tmp_path)
    keys = {(seed, arm, quantity) for seed in (1, 2) for arm in ("plain", "prevent") for quantity in ("loss", "rank")}
    assert {*runs[["seed", "arm", "quantity"]].itertuples(index=False, name=None)} == keys
    for _, rows in runs.groupby(["seed", "arm", "quantity"]):
        assert rows["step"].tolist() == [0, 2, 4, 6, 8]
    starts = runs[runs["step"] == 0].pivot_table(index=["seed", "quantity"], columns="arm", values="value")
    assert (starts["plain"] == starts["prevent"]).all()
    assert runs["run"].unique().tolist() == ["neox8-s1", "neox8-s2"]


def test_a_run_that_diverges_ends_alone(files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interventions, "rank_loss", lambda states, step: states.now.sum() * float("nan"))  # noqa: ARG005
    runs = trained(files, tmp_path)
    ends = runs[runs["quantity"] == "diverged"]
    assert ends[["seed", "arm", "step"]].to_numpy().tolist() == [[1, "prevent", 0], [2, "prevent", 0]]
    assert runs[runs["arm"] == "prevent"]["step"].max() == 0
    assert runs[runs["arm"] == "plain"]["step"].max() == 8


@pytest.mark.long
def test_a_stopped_job_is_resumed_to_the_same_table(
    files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = trained(files, tmp_path / "whole")
    rows_of, begun = language_arms.recorded, []

    def recorded(run: PairedLearner, *others: Any) -> pd.DataFrame:
        begun.append(run.run)
        if len(begun) == 3:
            signal.raise_signal(signal.SIGTERM)
        return rows_of(run, *others)

    monkeypatch.setattr(language_arms, "recorded", recorded)
    with pytest.raises(StoppedError):
        trained(files, tmp_path / "stopped")
    pd.testing.assert_frame_equal(trained(files, tmp_path / "stopped"), whole)
    assert begun == ["neox8-s1", "neox8-s1", "neox8-s2", "neox8-s2", "neox8-s2"]  # the third was begun again
