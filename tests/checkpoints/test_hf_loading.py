"""A checkpoint gives the logits of `from_pretrained`, bit for bit, in every family and layout."""

import json
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch
import transformers
from support.damage import one_line
from torch import Tensor
from transformers import AutoModelForCausalLM

from emergence.checkpoints.hf_checkpoints import Series
from emergence.checkpoints.weights import SeriesError

ENDS = {"bos_token_id": 0, "eos_token_id": 0, "pad_token_id": 0}
SHAPE = {"vocab_size": 40, "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2}
WIDE = {**SHAPE, **ENDS, "intermediate_size": 32, "max_position_embeddings": 32}
GROUPED = {**WIDE, "num_key_value_heads": 1}
EXPERTS = {**GROUPED, "num_experts": 4, "num_experts_per_tok": 2}
SHARED = {"moe_intermediate_size": 16, "shared_expert_intermediate_size": 16}
FAMILIES: dict[str, tuple[str, dict[str, Any]]] = {
    "bloom": ("Bloom", {"vocab_size": 40, "hidden_size": 16, "n_layer": 2, "n_head": 2, **ENDS}),
    "falcon": ("Falcon", {**SHAPE, **ENDS}),
    "gemma": ("Gemma", {**GROUPED, "head_dim": 8}),
    "gpt2": ("GPT2", {"vocab_size": 40, "n_embd": 16, "n_layer": 2, "n_head": 2, "n_positions": 32, **ENDS}),
    "gpt_neox": ("GPTNeoX", WIDE),
    "llama": ("Llama", GROUPED),
    "mistral": ("Mistral", GROUPED),
    "mixtral": ("Mixtral", {**GROUPED, "num_local_experts": 4}),
    "olmo": ("Olmo", GROUPED),
    "olmo2": ("Olmo2", GROUPED),
    "olmoe": ("Olmoe", EXPERTS),
    "opt": ("OPT", {**SHAPE, **ENDS, "ffn_dim": 32, "max_position_embeddings": 32, "word_embed_proj_dim": 16}),
    "phi": ("Phi", WIDE),
    "qwen2": ("Qwen2", GROUPED),
    "qwen2_moe": ("Qwen2Moe", {**EXPERTS, **SHARED}),
    "stablelm": ("StableLm", GROUPED),
}
TOKENS = torch.tensor([[3, 1, 4, 1, 5, 9, 2, 6], [2, 7, 1, 8, 2, 8, 1, 8]])


def config(family: str, **changed: Any) -> Any:
    name, options = FAMILIES[family]
    return getattr(transformers, f"{name}Config")(**{**options, **changed})


def saved(folder: Path, family: str = "llama", seed: int = 0, shards: str = "1GB", **changed: Any) -> Path:
    torch.manual_seed(seed)
    model = AutoModelForCausalLM.from_config(config(family, **changed))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(0.0, 0.3)  # biases and norms too
    model.save_pretrained(folder, max_shard_size=shards)
    return folder


def as_transformers(folder: Path, dtype: torch.dtype = torch.float32) -> Tensor:
    options = {"dtype": dtype, "attn_implementation": "eager", "local_files_only": True}
    with torch.no_grad():
        return AutoModelForCausalLM.from_pretrained(folder, **options).eval()(TOKENS).logits


def logits(series: Series, *steps: int) -> list[Tensor]:
    """Of one model that takes the weights of some steps in turn."""
    model, values = series.build(), []
    for step in steps:
        series.load(model, step)
        with torch.no_grad():
            values.append(model(TOKENS).logits)
    return values


@pytest.mark.long
@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_gives_the_logits_of_transformers(family: str, tmp_path: Path) -> None:
    folders = {step: saved(tmp_path / f"step{step}", family, seed=step) for step in (0, 7)}
    expected = [as_transformers(folder) for folder in folders.values()]
    assert not torch.equal(*expected)
    for own, theirs in zip(logits(Series("tiny", folders), 0, 7), expected, strict=True):
        assert torch.equal(own, theirs)


LAYOUTS: dict[str, dict[str, Any]] = {
    "tied": {"tie_word_embeddings": True},
    "untied": {"tie_word_embeddings": False},
    "shards": {"shards": "4KB"},
    "shards of experts": {"family": "olmoe", "shards": "4KB"},
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_every_layout_gives_the_logits_of_transformers(layout: str, precision: Any, tmp_path: Path) -> None:
    folder = saved(tmp_path / "step1", **LAYOUTS[layout])
    (own,) = logits(Series("tiny", {1: folder}, precision), 1)
    assert torch.equal(own, as_transformers(folder, getattr(torch, precision)))


def test_heads_that_are_stored_untied_in_spite_of_the_configuration_stay_untied(tmp_path: Path) -> None:
    folder = saved(tmp_path / "step1", tie_word_embeddings=False)
    changed(folder, tie_word_embeddings=True)
    (own,) = logits(Series("tiny", {1: folder}), 1)
    assert torch.equal(own, as_transformers(folder))


def test_files_in_half_precision_are_cast_once(tmp_path: Path) -> None:
    folder = saved(tmp_path / "step1")
    rewrite(folder, lambda tensors: {name: tensor.bfloat16() for name, tensor in tensors.items()})
    (own,) = logits(Series("tiny", {1: folder}), 1)
    assert torch.equal(own, as_transformers(folder))


@pytest.mark.parametrize("prefix", ["module.", "_orig_mod.", "module._orig_mod.", "_orig_mod.module."])
def test_prefixes_of_wrappers_are_taken_off(prefix: str, tmp_path: Path) -> None:
    folder = saved(tmp_path / "step1")
    expected = as_transformers(folder)
    rewrite(folder, lambda tensors: {prefix + name: tensor for name, tensor in tensors.items()})
    (own,) = logits(Series("tiny", {1: folder}), 1)
    assert torch.equal(own, expected)


def test_the_model_of_a_series_has_memory_of_its_own(tmp_path: Path) -> None:
    """A file that is written anew, or cut, must not change the model, or end the process."""
    folder = saved(tmp_path / "step1")
    expected = as_transformers(folder)
    model = Series("tiny", {1: folder}).build()
    path = folder / "model.safetensors"
    with path.open("r+b") as file:
        file.write(bytes(path.stat().st_size))
    with torch.no_grad():
        assert torch.equal(model(TOKENS).logits, expected)
        model.lm_head.weight.zero_()
    assert not any(path.read_bytes()), "the model writes into the file"


def test_nothing_is_printed(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    folder = saved(tmp_path / "step1")
    capfd.readouterr()
    logits(Series("tiny", {1: folder}), 1)
    assert capfd.readouterr() == ("", "")


ENCODERS = {
    "bert": ("BertForMaskedLM", transformers.BertConfig(**{**WIDE, "type_vocab_size": 1})),
    "xlnet": (
        "XLNetLMHeadModel",
        transformers.XLNetConfig(vocab_size=40, d_model=16, n_layer=2, n_head=2, d_inner=32, **ENDS),
    ),
    "roberta": ("RobertaForMaskedLM", transformers.RobertaConfig(**{**WIDE, "type_vocab_size": 1})),
}


@pytest.mark.parametrize("name", ENCODERS)
def test_an_encoder_is_not_causal(name: str, tmp_path: Path) -> None:
    kind, shape = ENCODERS[name]
    getattr(transformers, kind)(shape).save_pretrained(tmp_path / "step1")
    with pytest.raises(SeriesError, match=rf"step1: .*\b{name}\b.*later") as error:
        Series("tiny", {1: tmp_path / "step1"}).build()
    one_line(error)


def test_a_decoder_of_the_same_kind_is_causal(tmp_path: Path) -> None:
    shape = transformers.BertConfig(**{**WIDE, "is_decoder": True})
    transformers.BertLMHeadModel(shape).save_pretrained(tmp_path / "step1")
    assert Series("tiny", {1: tmp_path / "step1"}).build()(TOKENS).logits.shape == (2, 8, 40)


def test_a_first_checkpoint_that_is_not_finite_is_still_a_causal_model(tmp_path: Path) -> None:
    folder = saved(tmp_path / "step1")
    rewrite(folder, lambda tensors: {name: tensor.fill_(torch.nan) for name, tensor in tensors.items()})
    assert Series("tiny", {1: folder}).build().lm_head.weight.isnan().all()


def rewrite(folder: Path, change: Any) -> None:
    path = folder / "model.safetensors"
    safetensors.torch.save_file(change(safetensors.torch.load(path.read_bytes())), path)


def changed(folder: Path, **values: Any) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


def test_a_checkpoint_of_another_model_is_refused(tmp_path: Path) -> None:
    """Its weights would fit, but its logits are not those of transformers."""
    folders = {step: saved(tmp_path / f"step{step}", seed=step) for step in (0, 7)}
    changed(folders[7], rms_norm_eps=0.5)
    with pytest.raises(SeriesError, match=r"step7/config\.json: rms_norm_eps is 0\.5") as error:
        logits(Series("tiny", folders), 7)
    one_line(error)
    changed(folders[7], rms_norm_eps=1e-06, use_cache=False, eos_token_id=3, architectures=["Mine"])
    (own,) = logits(Series("tiny", folders), 7)
    assert torch.equal(own, as_transformers(folders[7]))


def test_steps_that_tie_different_weights_are_refused(tmp_path: Path) -> None:
    folders = {step: saved(tmp_path / f"step{step}", tie_word_embeddings=step == 0) for step in (0, 7)}
    changed(folders[7], tie_word_embeddings=True)
    with pytest.raises(SeriesError, match=r"step7: lm_head\.weight .* tied") as error:
        logits(Series("tiny", folders), 7)
    one_line(error)
