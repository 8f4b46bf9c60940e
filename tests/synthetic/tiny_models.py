"""A language of one sentence: text, tokens, questions and models small enough for any test."""

from pathlib import Path
from typing import Any

import torch
from torch import nn
from transformers import GPT2Config, GPT2LMHeadModel, GPTNeoXConfig, GPTNeoXForCausalLM

from emergence.config.language import TextSettings
from emergence.config.training import Arithmetic, Doubling, Optimisation, Size
from emergence.io import tables
from emergence.schemas.language import ITEMS
from emergence.tasks import corpus, text
from emergence.tasks.language_probes import arithmetic, syntax
from emergence.training.gpt_neox import LadderSettings

VOCABULARY, CONTEXT = 290, 48
PLAIN = Arithmetic(precision="float32", compile=False)
BOOK = [
    "\n".join(f"And the king said unto {name}, Go {number}." for name in ("Saul", "David", "Joab"))
    for number in range(1, 33)
]
PROBES = {"syntax": syntax()[:8], "arithmetic": arithmetic()[:6]}
PASSAGES = ["And the king said unto Saul, Go 1.", "And the king took the city.", "Go, and say unto Joab, The king."]


def write_corpus(folder: Path) -> tuple[Path, Path, Path]:
    """Tokens, tokenizer and questions, as the corpus stage writes them."""
    tokens, tokenizer, items = folder / "tokens.safetensors", folder / "tokenizer.json", folder / "items.parquet"
    learned = text.trained_tokenizer(BOOK, VOCABULARY)
    learned.save(str(tokenizer))
    corpus.save(text.tokens(learned, BOOK), tokenizer, tokens)
    tables.write(ITEMS, corpus.items(PROBES, PASSAGES), items)
    return tokens, tokenizer, items


def ladder_settings(seed: int = 1, compute: Arithmetic = PLAIN, **changed: Any) -> LadderSettings:
    """Settings of a model that trains in a second; keywords are ``compute`` and those of `Optimisation`."""
    plain = {"steps": 10, "learning_rate": 0.01, "warmup": 3, "final_fraction": 0.1}
    return LadderSettings(
        study="language",
        run=f"neox8-s{seed}",
        size=Size(name="neox8", layers=2, width=8, heads=2),
        seed=seed,
        text=TextSettings(held_out_every=2, vocabulary=VOCABULARY, context=CONTEXT, batch=4, frequent=1),
        training=Optimisation(**{**plain, "betas": [0.9, 0.95], "weight_decay": 0.01, "clip": 1.0, **changed}),
        checkpoints=Doubling(doubled_until=4, linear_every=5),
        compute=compute,
        device="cpu",
    )


@torch.no_grad()
def scrambled(model: nn.Module, seed: int, sigma: float) -> Any:
    """Every weight drawn anew, biases and norms too; far from their start, layers, positions and tasks differ."""
    generator = torch.Generator().manual_seed(seed)
    for parameter in model.parameters():
        parameter.normal_(0.0, sigma, generator=generator)
    return model


def gpt2(seed: int, positions: int = 64) -> GPT2LMHeadModel:
    """A model of another kind, with tied weights."""
    torch.manual_seed(seed)
    ends: dict[str, Any] = {"bos_token_id": 0, "eos_token_id": 0}
    shape = GPT2Config(n_embd=8, n_layer=1, n_head=2, n_positions=positions, vocab_size=VOCABULARY, **ends)
    return GPT2LMHeadModel(shape).eval()


def save_series(root: Path, steps: tuple[int, ...] = (0, 10), positions: int = 64) -> Path:
    """Checkpoints of a model from elsewhere, its tokenizer in the first."""
    for step in steps:
        gpt2(step, positions).save_pretrained(root / f"step{step}")
    text.trained_tokenizer(BOOK, VOCABULARY).save(str(root / f"step{steps[0]}" / "tokenizer.json"))
    return root


SHAPE = {"vocab_size": 40, "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2}


def neox(seed: int, **changed: Any) -> GPTNeoXForCausalLM:
    """A model of Pythia's kind, of 40 tokens."""
    torch.manual_seed(seed)
    options = {"intermediate_size": 64, "max_position_embeddings": 32, "bos_token_id": 0, "eos_token_id": 0}
    return GPTNeoXForCausalLM(GPTNeoXConfig(**{**SHAPE, **options, **changed})).eval()
