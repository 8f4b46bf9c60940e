"""Language models of published shapes with random weights, as folders of checkpoints, and probes for them."""

from collections.abc import Sequence
from pathlib import Path

import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import GPTNeoXConfig, GPTNeoXForCausalLM, PreTrainedModel, PreTrainedTokenizerFast

from emergence.tasks.own_probes import Probe

PYTHIA_160M = GPTNeoXConfig(
    hidden_size=768, num_hidden_layers=12, num_attention_heads=12, intermediate_size=3072,
    vocab_size=50_304, max_position_embeddings=2048, attn_implementation="eager",
)  # fmt: skip
WORDS = 50_000
GROUPS, PROBES, LENGTH = ("first", "second"), 16, 12


def neox(seed: int) -> GPTNeoXForCausalLM:
    """A model of the shape of Pythia-160M."""
    torch.manual_seed(seed)
    return GPTNeoXForCausalLM(PYTHIA_160M)


def tokenizer(words: int = WORDS) -> PreTrainedTokenizerFast:
    """A token a word, whose number it is: ``t17`` is token 17."""
    whole = Tokenizer(models.WordLevel({f"t{number}": number for number in range(words)}, unk_token="t0"))
    whole.pre_tokenizer = pre_tokenizers.Whitespace()
    return PreTrainedTokenizerFast(tokenizer_object=whole, unk_token="t0", pad_token="t0")


def save(model: PreTrainedModel, folder: Path) -> None:
    """Write a checkpoint as transformers does, in float16 as most that are published."""
    model.half().save_pretrained(folder)
    tokenizer().save_pretrained(folder)


def probes(words: int = WORDS, groups: Sequence[str] = GROUPS) -> dict[str, list[Probe]]:
    """Random questions in groups, each of as many words as a sentence."""
    draw = torch.Generator().manual_seed(0)
    return {group: [_probe(group, words, draw) for _ in range(PROBES)] for group in groups}


def _probe(group: str, words: int, draw: torch.Generator) -> Probe:
    *prompt, last = (f"t{number}" for number in torch.randint(1, words, (LENGTH,), generator=draw).tolist())
    return Probe(group, " ".join(prompt), f" {last}")
