"""Answers: the scores of every checkpoint are those of one plain forward pass a continuation."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import safetensors.torch
import torch
from synthetic.tiny_models import PASSAGES, PROBES, gpt2, ladder_settings, save_series, write_corpus
from tokenizers import Tokenizer
from transformers import AutoModelForCausalLM

from emergence.checkpoints import hf_manifest
from emergence.checkpoints.hf_manifest import SeriesRunSettings
from emergence.checkpoints.weights import SeriesError
from emergence.config.language import ExternalModel, SeriesSettings
from emergence.io import tables
from emergence.schemas.trajectories import BEHAVIOUR
from emergence.tasks import corpus
from emergence.tasks.language_scores import ProbeError
from emergence.training import gpt_neox, language_evaluation
from emergence.training.language_evaluation import AnswerSettings

SETTINGS = AnswerSettings(device="cpu")


@pytest.fixture(scope="module")
def items(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_corpus(tmp_path_factory.mktemp("corpus"))[2]


@pytest.fixture(scope="module")
def trained(items: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trajectories") / "neox8-s1"
    files = [items.with_name(name) for name in ("tokens.safetensors", "tokenizer.json")]
    gpt_neox.train_language_model(ladder_settings(), *files, folder, folder.with_name("state"))
    return folder


def found_at(root: Path, run: Path) -> Path:
    series = SeriesSettings(name="tiny", folder=str(root))
    about = SeriesRunSettings(study="language", run="tiny", size=ExternalModel(name="tiny"), seed=0, series=series)
    hf_manifest.record_series(about, run / "downloads", run)
    return run


def reference(checkpoint: Path, tokenizer: Tokenizer) -> dict[tuple[str, str], float]:
    """All scores in double precision, a forward pass for each continuation, without padding."""
    model = AutoModelForCausalLM.from_pretrained(checkpoint, dtype=torch.float64).eval()

    def log_p(before: str, after: str) -> tuple[float, int]:
        prompt, answer = tokenizer.encode(before).ids, tokenizer.encode(after).ids
        with torch.no_grad():
            scores = model(torch.tensor([prompt + answer])).logits[0].log_softmax(dim=-1)
        return sum(scores[len(prompt) - 1 + i, token].item() for i, token in enumerate(answer)), len(answer)

    expected = {}
    for probe, asked in PROBES.items():
        sides = [(log_p(item.prompt, item.right)[0], log_p(item.prompt, item.wrong)[0]) for item in asked]
        lengths = [(len(item.right), len(item.wrong)) for item in asked]
        byte = [(right / m, wrong / n) for (right, wrong), (m, n) in zip(sides, lengths, strict=True)]
        expected[probe, "accuracy"] = float(np.mean([right > wrong for right, wrong in sides]))
        expected[probe, "accuracy_per_byte"] = float(np.mean([right > wrong for right, wrong in byte]))
        expected[probe, "margin"] = float(np.mean([right - wrong for right, wrong in sides]))
    told = [log_p(*corpus.halves(passage)) for passage in PASSAGES]
    expected["text", "log_probability"] = sum(nats for nats, _ in told) / sum(count for _, count in told)
    return expected


def asked(trajectory: Path, items: Path, table: Path) -> pd.DataFrame:
    language_evaluation.evaluate_language_model(SETTINGS, trajectory, items, table, table.with_suffix(".state"))
    return tables.read(BEHAVIOUR, table)


def agree(rows: pd.DataFrame, step: int, expected: dict[tuple[str, str], float]) -> None:
    values = rows[rows["step"] == step].set_index(["task", "metric"])["value"]
    assert set(values.index) == set(expected)
    for key, value in expected.items():
        assert values[key] == pytest.approx(value, abs=2e-5), (step, key)


@pytest.mark.long
def test_scores_of_the_ladder_are_those_of_plain_forward_passes(trained: Path, items: Path, tmp_path: Path) -> None:
    rows = asked(trained, items, tmp_path / "behaviour.parquet")
    assert sorted(set(rows["step"])) == [0, 1, 2, 4, 5, 10]
    assert set(rows["level"]) == {"all"}
    assert set(rows["run"]) == {"neox8-s1"}
    tokenizer = Tokenizer.from_file(str(trained / "checkpoints/tokenizer.json"))
    for step in (0, 10):
        agree(rows, step, reference(trained / f"checkpoints/step{step}", tokenizer))


@pytest.mark.long
def test_scores_of_a_series_from_elsewhere_are_too(items: Path, tmp_path: Path) -> None:
    root = save_series(tmp_path / "series")
    rows = asked(found_at(root, tmp_path / "run"), items, tmp_path / "behaviour.parquet")
    assert set(rows["size"]) == {"tiny"}
    for step in (0, 10):
        agree(rows, step, reference(root / f"step{step}", Tokenizer.from_file(str(root / "step0/tokenizer.json"))))


def test_questions_beyond_the_models_context_are_refused(items: Path, tmp_path: Path) -> None:
    run = found_at(save_series(tmp_path / "series", positions=9), tmp_path / "run")
    with pytest.raises(ProbeError, match=r"^tiny: .*context"):
        language_evaluation.evaluate_language_model(
            SETTINGS, run, items, tmp_path / "behaviour.parquet", tmp_path / "state"
        )
    assert not (tmp_path / "behaviour.parquet").exists()


def test_a_checkpoint_that_gives_no_numbers_is_named(items: Path, tmp_path: Path) -> None:
    root = save_series(tmp_path / "series")
    path = root / "step10" / "model.safetensors"
    state = safetensors.torch.load_file(path)
    state["transformer.ln_f.weight"].fill_(torch.nan)
    safetensors.torch.save_file(state, path)
    run = found_at(root, tmp_path / "run")
    with pytest.raises(SeriesError, match=r"step10: .*not finite"):
        language_evaluation.evaluate_language_model(
            SETTINGS, run, items, tmp_path / "behaviour.parquet", tmp_path / "state"
        )


def test_a_checkpoint_that_was_changed_since_is_not_asked(items: Path, tmp_path: Path) -> None:
    root = save_series(tmp_path / "series")
    run = found_at(root, tmp_path / "run")
    gpt2(5).save_pretrained(root / "step10")
    with pytest.raises(SeriesError, match=r"step10: .*differ"):
        language_evaluation.evaluate_language_model(
            SETTINGS, run, items, tmp_path / "behaviour.parquet", tmp_path / "state"
        )
