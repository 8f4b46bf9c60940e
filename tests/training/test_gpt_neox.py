"""The ladder: the same bytes from the same seed, checkpoints that transformers reads, and a model that learns."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from synthetic.tiny_models import CONTEXT, VOCABULARY, ladder_settings, write_corpus
from transformers import AutoModelForCausalLM, AutoTokenizer, GPTNeoXForCausalLM

from emergence.checkpoints import weights
from emergence.checkpoints.hf_checkpoints import Series, logits_of
from emergence.checkpoints.hf_manifest import open_series
from emergence.io.files import sha256
from emergence.tasks import corpus
from emergence.tasks.corpus import CorpusError
from emergence.tasks.text import Batches
from emergence.training import gpt_neox
from emergence.training.gpt_neox import LadderSettings, LanguageLearner
from emergence.training.learners import TrainingError

STEPS = [0, 1, 2, 4, 5, 10]  # of the settings' schedule
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    tokens, tokenizer, _ = write_corpus(tmp_path_factory.mktemp("corpus"))
    return tokens, tokenizer


@pytest.fixture(scope="module")
def trained(files: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trajectories") / "neox8-s1"
    gpt_neox.train_language_model(ladder_settings(), *files, folder, folder.with_name("state"))
    return folder


def test_same_seed_gives_the_same_bytes(
    trained: Path, files: tuple[Path, Path], tmp_path: Path, make_contents: Callable[[Path], dict[str, bytes]]
) -> None:
    torch.rand(7)  # whatever else has drawn from the global generator
    state = torch.get_rng_state()
    gpt_neox.train_language_model(ladder_settings(), *files, tmp_path, tmp_path / "state")
    assert torch.equal(state, torch.get_rng_state())
    contents = make_contents(trained)
    assert contents == make_contents(tmp_path)
    weights = {f"checkpoints/step{step}/model.safetensors" for step in STEPS}
    assert {name for name in contents if name.endswith(".safetensors")} == weights
    assert {"manifest.json", "checkpoints/tokenizer.json", "checkpoints/step10/config.json"} < set(contents)


def stored(series: Series, step: int) -> dict[str, torch.Tensor]:
    return dict(weights.tensors(series.folder(step)))


def test_another_seed_changes_weights_and_data(trained: Path, files: tuple[Path, Path], tmp_path: Path) -> None:
    gpt_neox.train_language_model(ladder_settings(2), *files, tmp_path, tmp_path / "state")
    (ours, first), (others, second) = open_series(trained), open_series(tmp_path)
    for step in (0, 10):
        pairs = [(tensor, stored(second, step)[name]) for name, tensor in stored(first, step).items()]
        assert not any(torch.equal(one, other) for one, other in pairs if one.dim() > 1)
    assert len({*ours.manifest["seeds"].values(), *others.manifest["seeds"].values()}) == 6


def test_weights_and_data_come_from_the_seeds_of_the_manifest(trained: Path, files: tuple[Path, Path]) -> None:
    run, series = open_series(trained)
    seeds, settings = run.manifest["seeds"], ladder_settings()
    drawn = gpt_neox.neox(settings.size, VOCABULARY, CONTEXT, seeds["initialisation"])
    model = series.build()
    series.load(model, 0)
    assert all(torch.equal(tensor, model.state_dict()[name]) for name, tensor in drawn.state_dict().items())
    tokens = corpus.load(files[0])
    batches = Batches(tokens, CONTEXT, 4, seeds["data"])
    assert np.array_equal(LanguageLearner(settings, tokens, CPU).batches(3), batches(3))


def test_manifest_says_what_the_model_is(trained: Path) -> None:
    manifest = json.loads((trained / "manifest.json").read_text())
    settings = ladder_settings()
    assert LadderSettings.model_validate(manifest["settings"]) == settings
    assert manifest["settings_hash"] == sha256(settings.model_dump_json().encode())
    assert [entry["step"] for entry in manifest["checkpoints"]] == STEPS
    block = 4 * 8 * 8 + 8 * 8 * 4 * 2 + (3 + 1 + 4 + 1) * 8 + 4 * 8  # attention, MLP, their biases, two norms
    expected = {"total": 2 * VOCABULARY * 8 + 2 * block + 2 * 8, "non_embedding": 2 * block + 2 * 8}
    assert manifest["parameters"] == {**expected, "trainable": expected["total"]}


def test_transformers_reads_a_checkpoint_and_gives_the_same_logits(trained: Path) -> None:
    _, series = open_series(trained)
    reference = AutoModelForCausalLM.from_pretrained(trained / "checkpoints/step10", attn_implementation="eager").eval()
    assert isinstance(reference, GPTNeoXForCausalLM)
    assert not reference.config.tie_word_embeddings
    assert reference.config.intermediate_size == 4 * 8
    model = series.build()
    series.load(model, 10)
    tokens = torch.arange(20)[None]
    with torch.no_grad():
        assert np.array_equal(logits_of(model)(tokens.numpy()), reference(tokens).logits.numpy())
    tokenizer = AutoTokenizer.from_pretrained(trained / "checkpoints")
    assert tokenizer("And the king").input_ids == series.tokenizer().encode("And the king").ids


def test_loss_is_the_mean_over_all_next_tokens(files: tuple[Path, Path]) -> None:
    learner = LanguageLearner(ladder_settings(), corpus.load(files[0]), CPU)
    sequences, model = learner.batches(0), learner.model.double()
    losses = []
    for sequence in sequences:
        for place in range(1, len(sequence)):
            before = torch.from_numpy(sequence[:place])[None]
            log_p = model(before).logits[0, -1].log_softmax(dim=-1)
            losses.append(-log_p[sequence[place]].item())
    assert len(losses) == 4 * CONTEXT
    again = LanguageLearner(ladder_settings(), corpus.load(files[0]), CPU)
    assert again.step(0).item() == pytest.approx(np.mean(losses), rel=1e-5)


@pytest.mark.long
def test_a_tiny_model_learns_more_than_how_often_tokens_occur(files: tuple[Path, Path]) -> None:
    tokens = corpus.load(files[0])
    _, counts = np.unique(tokens, return_counts=True)
    shares = counts / counts.sum()
    learner = LanguageLearner(ladder_settings(steps=150), tokens, CPU)
    losses = [learner.step(step).item() for step in range(150)]
    unigram = -(shares * np.log(shares)).sum()
    assert losses[0] == pytest.approx(np.log(VOCABULARY), rel=0.02)
    assert losses[0] > unigram
    assert np.mean(losses[-10:]) < unigram / 2


def test_divergence_stops_training_and_leaves_no_trajectory(files: tuple[Path, Path], tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text("{}")
    with pytest.raises(TrainingError, match=r"^neox8-s1: loss is (nan|inf) at step \d+.*learning_rate"):
        gpt_neox.train_language_model(
            ladder_settings(learning_rate=1e30, warmup=0), *files, tmp_path, tmp_path / "state"
        )
    assert not (tmp_path / "manifest.json").exists()


def test_what_an_interrupted_run_left_is_replaced(trained: Path, files: tuple[Path, Path], tmp_path: Path) -> None:
    for left in (".step2", "step2"):
        (tmp_path / "checkpoints" / left).mkdir(parents=True)
        (tmp_path / "checkpoints" / left / "old").touch()
    gpt_neox.train_language_model(ladder_settings(), *files, tmp_path, tmp_path / "state")
    names = {path.name for path in (tmp_path / "checkpoints").iterdir()}
    assert names == {path.name for path in (trained / "checkpoints").iterdir()}
    assert not (tmp_path / "checkpoints/step2/old").exists()


def test_a_damaged_tokenizer_ends_in_one_line(files: tuple[Path, Path], tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_text("{")
    with pytest.raises(CorpusError, match=r"tokenizer\.json: .*readable"):
        gpt_neox.train_language_model(
            ladder_settings(), files[0], tmp_path / "tokenizer.json", tmp_path / "run", tmp_path / "state"
        )
    assert not (tmp_path / "run" / "manifest.json").exists()


def test_training_is_quiet(files: tuple[Path, Path], tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    gpt_neox.train_language_model(ladder_settings(), *files, tmp_path, tmp_path / "state")
    assert capfd.readouterr() == ("", "")
