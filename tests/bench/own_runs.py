"""What following one's own training costs: ``emergence analyze`` a checkpoint, and the callback beside the training."""

import sys
from collections.abc import Iterator
from contextlib import suppress
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from timing import PROJECT, Agreement, Case, Peer

sys.path.insert(0, str(PROJECT / "tests"))

from synthetic import random_lm
from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedModel, Trainer, TrainingArguments

from emergence.config.defaults import default_measures
from emergence.integrations.transformers import EmergenceCallback
from emergence.measures.api import measure_subject, options_of
from emergence.measures.declarations import declared
from emergence.own_runs.measured_run import MeasuredRun, open_language_run
from emergence.subjects.subject import MeasureError

GPT2_SMALL = GPT2Config(attn_implementation="eager")
MIDDLE = GPT2Config(vocab_size=2048, n_embd=256, n_layer=4, n_head=4, n_positions=128, bos_token_id=0, eos_token_id=0)
STEPS, BATCH, EVERY = 50, 16, 50


def cases() -> Iterator[Case]:
    """An analysis beside what cannot be left out of it, and a training with the callback beside one without."""
    torch.manual_seed(0)
    run = opened(GPT2LMHeadModel(GPT2_SMALL))
    least = Peer("loading, one forward pass", lambda: (partial(passed, run), None), None)
    yield Case("analyze, all measures of a checkpoint", "GPT-2 small", partial(analysed, run), (least,), rounds=1)
    plain = Peer("the Trainer alone", lambda: (partial(trained, []), same_weights()), 1 / 1.03)
    yield Case(f"Trainer, measured every {EVERY} steps", "4 x 256", tracked, (plain,), STEPS)


@cache
def _folder() -> TemporaryDirectory[str]:
    return TemporaryDirectory()


def opened(model: PreTrainedModel) -> MeasuredRun:
    """A run whose only checkpoint is a model."""
    folder = Path(_folder().name, model.config.model_type)
    random_lm.save(model, folder / "step0")
    return open_language_run(folder, "bench", random_lm.probes())


def passed(run: MeasuredRun) -> None:
    """Load the checkpoint and pass every probe through the model once."""
    run.load(0)
    with torch.no_grad():
        run.subject.losses(run.subject.groups)


def analysed(run: MeasuredRun) -> None:
    """Load the checkpoint, score it and take every measure that is defined for the model, with default options."""
    run.load(0)
    if run.scores is not None:
        run.scores()
    defaults = default_measures()
    for name in declared():
        options = options_of(name, defaults.get(name, {}))
        with suppress(MeasureError):
            measure_subject(name, run.subject, options, np.random.default_rng(0))


class Texts(torch.utils.data.Dataset[dict[str, torch.Tensor]]):
    """Random tokens."""

    def __len__(self) -> int:
        return STEPS * BATCH

    def __getitem__(self, index: int) -> dict[str, torch.Tensor]:
        draw = torch.Generator().manual_seed(index)
        tokens = torch.randint(MIDDLE.vocab_size, (MIDDLE.n_positions,), generator=draw)
        return {"input_ids": tokens, "labels": tokens}


def trained(callbacks: list[Any]) -> GPT2LMHeadModel:
    """A training of a small language model."""
    torch.manual_seed(0)
    model = GPT2LMHeadModel(MIDDLE)
    with TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            folder, per_device_train_batch_size=BATCH, max_steps=STEPS, save_strategy="no", report_to="none",
            use_cpu=True, disable_tqdm=True, logging_steps=STEPS,
        )  # fmt: skip
        Trainer(
            model, arguments, train_dataset=Texts(), processing_class=random_lm.tokenizer(MIDDLE.vocab_size),
            callbacks=callbacks,
        ).train()  # fmt: skip
    return model


def tracked() -> GPT2LMHeadModel:
    """The same with the callback and its default measures."""
    with TemporaryDirectory() as folder:
        probes = random_lm.probes(MIDDLE.vocab_size)
        return trained([EmergenceCallback(probes, every=EVERY, output_dir=folder)])


def same_weights() -> Agreement:
    """Largest difference of a weight between both trainings, which must be none."""
    pairs = zip(trained([]).parameters(), tracked().parameters(), strict=True)
    return Agreement("weights", max(float((one - other).abs().max().detach()) for one, other in pairs), 0.0)
