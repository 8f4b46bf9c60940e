"""Series of Hugging Face checkpoints: read back bit for bit; each kind of bad input ends in one clear line."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch
from pydantic import ValidationError
from support.damage import cut_short, one_line
from synthetic.tiny_models import neox
from tokenizers import Tokenizer, pre_tokenizers
from transformers import GPT2Config, GPT2LMHeadModel, GPTNeoXForCausalLM

from emergence.checkpoints import hf_checkpoints, weights
from emergence.checkpoints.hf_checkpoints import Series
from emergence.checkpoints.weights import SeriesError
from emergence.config.language import SeriesSettings

TOKENS = torch.tensor([[3, 1, 4, 1, 5, 9, 2, 6]])


def opened(root: Path, **keys: Any) -> Series:
    return hf_checkpoints.open_series(SeriesSettings(name="tiny", folder=str(root), **keys), root / "downloads")


def test_steps_are_those_of_the_names_rising(saved: Path) -> None:
    assert opened(saved).steps == [0, 16, 1000]
    assert opened(saved, steps=[1000, 0]).steps == [0, 1000]


def test_one_model_takes_each_step_and_gives_the_logits_of_transformers(saved: Path) -> None:
    read = opened(saved)
    model = read.build()
    places = {name: tensor.data_ptr() for name, tensor in model.state_dict().items()}
    for step in (1000, 0, 16):
        read.load(model, step)
        reference = GPTNeoXForCausalLM.from_pretrained(saved / f"step{step}", attn_implementation="eager").eval()
        with torch.no_grad():
            assert torch.equal(
                torch.from_numpy(hf_checkpoints.logits_of(model)(TOKENS.numpy())), reference(TOKENS).logits
            )
    assert places == {name: tensor.data_ptr() for name, tensor in model.state_dict().items()}, "held in memory twice"


def test_building_leaves_the_global_generator_alone(saved: Path) -> None:
    before = torch.get_rng_state()
    opened(saved).build()
    assert torch.equal(before, torch.get_rng_state())


def test_precision_is_that_of_the_settings(saved: Path) -> None:
    read = opened(saved, precision="bfloat16")
    model = read.build()
    read.load(model, 16)
    expected = neox(2).state_dict()
    assert all(torch.equal(tensor, expected[name].bfloat16()) for name, tensor in model.state_dict().items())


def test_folders_may_be_named_one_by_one(saved: Path) -> None:
    folders = {7: str(saved / "step1000"), 2: str(saved / "step16")}
    read = hf_checkpoints.open_series(SeriesSettings(name="tiny", folders=folders), saved)
    assert read.steps == [2, 7]
    model = read.build()
    read.load(model, 7)
    assert torch.equal(model.lm_head.weight, neox(1).lm_head.weight)


def test_half_precision_files_and_buffers_of_old_versions_are_read(copied: Path) -> None:
    path = copied / "step0" / "model.safetensors"
    halves = {name: tensor.half() for name, tensor in safetensors.torch.load_file(path).items()}
    halves["gpt_neox.layers.0.attention.bias"] = torch.ones(1, 1, 32, 32, dtype=torch.bool)
    halves["gpt_neox.layers.0.attention.masked_bias"] = torch.tensor(-1e9).half()
    halves["gpt_neox.layers.0.attention.rotary_emb.inv_freq"] = torch.ones(1)
    safetensors.torch.save_file(halves, path)
    read = opened(copied)
    model = read.build()
    read.load(model, 0)
    assert torch.equal(model.lm_head.weight, neox(0).lm_head.weight.half().float())


def test_other_models_with_tied_weights_and_bare_names_run_too(tmp_path: Path) -> None:
    torch.manual_seed(5)
    options = {"n_embd": 16, "n_layer": 1, "n_head": 2, "n_positions": 32, "vocab_size": 40}
    reference = GPT2LMHeadModel(GPT2Config(**options, bos_token_id=0, eos_token_id=0)).eval()
    reference.save_pretrained(tmp_path / "step5")
    path = tmp_path / "step5" / "model.safetensors"
    bare = {name.removeprefix("transformer."): tensor for name, tensor in safetensors.torch.load_file(path).items()}
    safetensors.torch.save_file(bare, path)
    read = opened(tmp_path)
    model = read.build()
    read.load(model, 5)
    with torch.no_grad():
        assert torch.allclose(model(TOKENS).logits, reference(TOKENS).logits, atol=1e-6)


def test_tokenizer_is_the_first_checkpoints_or_the_folder_above(copied: Path) -> None:
    assert opened(copied).tokenizer().encode("a", add_special_tokens=False).ids == [0]
    (copied / "step0" / "tokenizer.json").rename(copied / "tokenizer.json")
    assert opened(copied).tokenizer().get_vocab_size() == 26


def test_padding_and_truncation_of_a_tokenizer_file_are_switched_off(copied: Path) -> None:
    """Some are saved with what their trainer needed; a question must be neither cut nor filled up."""
    path = copied / "step0" / "tokenizer.json"
    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.enable_truncation(2)
    tokenizer.enable_padding(length=6)
    tokenizer.save(str(path))
    assert opened(copied).encoder()("b c d") == [1, 2, 3]


def test_tokens_that_were_added_later_are_refused_only_where_they_are_used(copied: Path) -> None:
    path = copied / "step0" / "tokenizer.json"
    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.add_special_tokens([f"<{number}>" for number in range(20)])
    tokenizer.save(str(path))
    encode = opened(copied).encoder()
    assert encode("b c <13>") == [1, 2, 39]
    with pytest.raises(SeriesError, match=r"tokenizer\.json: 'b <14>' .*'<14>'") as error:
        encode("b <14>")
    one_line(error)


def test_what_is_left_out_is_logged_unless_steps_are_named(copied: Path, caplog: pytest.LogCaptureFixture) -> None:
    (copied / "step1000").rename(copied / "final")
    assert opened(copied, steps=[0]).steps == [0]
    assert not caplog.text
    assert opened(copied).steps == [0, 16]
    assert "final" in caplog.text


def test_a_flat_folder_is_no_series_of_language_models(tmp_path: Path) -> None:
    (tmp_path / "step5.safetensors").touch()
    with pytest.raises(SeriesError, match=r"step5\.safetensors: .*config\.json") as error:
        opened(tmp_path)
    one_line(error)


def test_revisions_and_a_home_folder_are_read_as_they_are_called(copied: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for step in (0, 16, 1000):
        (copied / f"step{step}").rename(copied / f"stage1-step{step}-tokens3B")
    monkeypatch.setenv("HOME", str(copied.parent))
    assert opened(Path("~/series")).folder(1000) == copied / "stage1-step1000-tokens3B"
    folders = {5: "~/series/stage1-step16-tokens3B"}
    read = hf_checkpoints.open_series(SeriesSettings(name="tiny", folders=folders), copied)
    assert read.folder(5) == copied / "stage1-step16-tokens3B"


def config(folder: Path, **changed: Any) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changed}))


def reshaped(root: Path) -> None:
    path = root / "step1000" / "model.safetensors"
    tensors = {**safetensors.torch.load_file(path), "embed_out.weight": torch.zeros(40, 32)}
    safetensors.torch.save_file(tensors, path)


def less(root: Path) -> None:
    path = root / "step1000" / "model.safetensors"
    tensors = safetensors.torch.load_file(path)
    tensors.pop("gpt_neox.layers.1.mlp.dense_h_to_4h.bias")
    safetensors.torch.save_file(tensors, path)


def more(root: Path) -> None:
    path = root / "step1000" / "model.safetensors"
    safetensors.torch.save_file({**safetensors.torch.load_file(path), "odd.weight": torch.zeros(3)}, path)


DAMAGES: dict[str, tuple[Callable[[Path], Any], str]] = {
    "no folder": (shutil.rmtree, r"series: no such"),
    "no checkpoints": (lambda r: [shutil.rmtree(p) for p in r.glob("*")], r"series: no checkpoints"),
    "two of a step": (
        lambda r: shutil.copytree(r / "step0", r / "again-0"),
        r"step0: .*\b0\b.*again-0",
    ),
    "no weights": (lambda r: (r / "step0/model.safetensors").unlink(), r"step0: no weights.*model\.safetensors"),
    "lost shard": (lambda r: min((r / "step16").glob("model-*")).unlink(), r"step16: lacks model-00001-of-"),
    "bad index": (lambda r: (r / "step16" / weights.INDEX).write_text("[]"), r"index\.json: .*readable"),
    "cut": (lambda r: cut_short(r / "step1000/model.safetensors"), r"step1000/model\.safetensors: .*readable"),
    "empty": (
        lambda r: (r / "step1000/model.safetensors").write_bytes(b""),
        r"step1000/model\.safetensors: .*readable",
    ),
    "cut shard": (lambda r: cut_short(max((r / "step16").glob("model-*"))), r"step16/model-\S*: .*readable"),
    "another shape": (reshaped, r"step1000: holds lm_head\.weight \(40, 32\), not \(40, 16\)"),
    "a tensor less": (less, r"step1000: lacks gpt_neox\.layers\.1\.mlp\.dense_h_to_4h\.bias"),
    "a tensor more": (more, r"step1000: holds odd\.weight"),
    "no config": (lambda r: (r / "step0/config.json").unlink(), r"step0/config\.json: no such"),
    "broken config": (lambda r: (r / "step0/config.json").write_text("{"), r"step0/config\.json: not .*configuration"),
    "unknown model": (lambda r: config(r / "step0", model_type="mine"), r"step0/config\.json: not .*configuration"),
    "no language model": (lambda r: config(r / "step0", model_type="vit"), r"step0: .*causal"),
    "another model": (
        lambda r: config(r / "step1000", model_type="gpt2"),
        r"step1000/config\.json: model_type is gpt2",
    ),
    "no tokenizer": (lambda r: (r / "step0/tokenizer.json").unlink(), r"step0: no tokenizer\.json"),
    "bad tokenizer": (lambda r: (r / "step0/tokenizer.json").write_text("{}"), r"tokenizer\.json: .*readable"),
    "large tokenizer": (lambda r: config(r / "step0", vocab_size=25), r"tokenizer\.json: .*\b26\b.*\b25\b"),
}


def read_all(root: Path) -> None:
    read = opened(root)
    read.tokenizer()
    model = read.build()
    for step in read.steps:
        read.load(model, step)


@pytest.mark.parametrize("damage", DAMAGES)
def test_each_damage_ends_in_one_clear_line(copied: Path, damage: str) -> None:
    harm, message = DAMAGES[damage]
    harm(copied)
    with pytest.raises(SeriesError, match=message) as error:
        read_all(copied)
    one_line(error)


def test_absent_steps_are_named(saved: Path) -> None:
    with pytest.raises(SeriesError, match=r"\bstep 5\b.*\[0, 16, 1000\]"):
        opened(saved, steps=[5])
    with pytest.raises(SeriesError, match=r"^tiny: .*\bstep 16\b"):
        opened(saved, steps=[0]).folder(16)


BAD = [
    ({}, r"none.*folder, folders, repository"),
    ({"folder": "a", "repository": "b/c"}, r"folder and repository\b"),
    ({"repository": "b/c"}, r"steps: .*repository"),
    ({"repository": "bc", "steps": [0]}, r"repository\n.*type=string_pattern_mismatch"),
    ({"repository": "../c", "steps": [0]}, r"repository\n.*type=string_pattern_mismatch"),
    ({"folder": "a", "steps": [1, 1]}, r"steps: \[1, 1\]"),
    ({"folders": {1: "a"}, "steps": [1]}, r"steps: .*folders"),
    ({"repository": "b/c", "steps": [0], "revisions": {1: "main"}}, r"revisions: 1\b"),
    ({"folder": "a", "revisions": {1: "main"}}, r"revisions: 1\b"),
    ({"folder": "a", "precision": "float16"}, r"'float32' or 'bfloat16'"),
]


@pytest.mark.parametrize(("keys", "message"), BAD, ids=[str(keys) for keys, _ in BAD])
def test_impossible_settings_are_refused(keys: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        SeriesSettings.model_validate({"name": "tiny", **keys})


def test_settings_survive_json() -> None:
    settings = SeriesSettings(name="tiny", repository="b/c", steps=[0, 5], revisions={5: "main"})
    assert SeriesSettings.model_validate_json(settings.model_dump_json()) == settings
