"""A run of the Trainer of transformers that learns two of three tasks in seconds: to copy, to count on, and noise.

A text is ``TASK digit is digit``; a word is a token.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast, Trainer, TrainingArguments

TASKS = ("copy", "next", "noise")
WORDS = ("<none>", *TASKS, "is", *map(str, range(10)))
STEPS, EVERY = 200, 10


def tokenizer() -> PreTrainedTokenizerFast:
    """A token a word."""
    words = Tokenizer(models.WordLevel({word: place for place, word in enumerate(WORDS)}, unk_token="<none>"))
    words.pre_tokenizer = pre_tokenizers.Whitespace()
    return PreTrainedTokenizerFast(tokenizer_object=words, unk_token="<none>", pad_token="<none>")


def answer(task: str, digit: int) -> int:
    """The digit that is right; of noise, one that no text tells."""
    return {"copy": digit, "next": (digit + 1) % 10, "noise": (7 * digit * digit + 3) % 10}[task]


def probes(path: Path) -> Path:
    """Every question of every task."""
    lines = [
        {"group": task, "prompt": f"{task} {digit} is", "completion": f" {answer(task, digit)}"}
        for task in TASKS
        for digit in range(10)
    ]
    path.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    return path


def model(seed: int = 0) -> GPT2LMHeadModel:
    """Untrained."""
    torch.manual_seed(seed)
    size = {"n_embd": 32, "n_layer": 2, "n_head": 2, "n_positions": 8}
    return GPT2LMHeadModel(GPT2Config(vocab_size=len(WORDS), bos_token_id=0, eos_token_id=0, **size))


class Texts(torch.utils.data.Dataset[dict[str, torch.Tensor]]):
    """Random questions with their answers; those of noise are random."""

    def __len__(self) -> int:
        return 48 * STEPS

    def __getitem__(self, index: int) -> dict[str, torch.Tensor]:
        draw = torch.Generator().manual_seed(index)
        task = TASKS[index % len(TASKS)]
        digit, other = torch.randint(10, (2,), generator=draw).tolist()
        right = other if task == "noise" else answer(task, digit)
        tokens = torch.tensor([WORDS.index(word) for word in (task, str(digit), "is", str(right))])
        return {"input_ids": tokens, "labels": torch.where(torch.arange(4) == 3, tokens, -100)}


def trainer(folder: Path, callbacks: Sequence[Any] = (), steps: int = STEPS, **changed: Any) -> Trainer:
    """A Trainer that saves every few steps."""
    options = {
        "per_device_train_batch_size": 48, "max_steps": steps, "learning_rate": 1e-2, "lr_scheduler_type": "constant",
        "save_steps": EVERY, "logging_steps": EVERY, "report_to": "none", "use_cpu": True, "disable_tqdm": True,
        "seed": 3, **changed,
    }  # fmt: skip
    arguments = TrainingArguments(str(folder), **options)
    return Trainer(model(), arguments, train_dataset=Texts(), processing_class=tokenizer(), callbacks=list(callbacks))
