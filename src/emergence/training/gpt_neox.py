"""Small GPT-NeoX language models trained here on the text, with Pythia's schedule of checkpoints.

Checkpoints are folders written by ``save_pretrained``, so the code that reads external series reads these as well.
"""

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import GPTNeoXConfig, GPTNeoXForCausalLM
from transformers.utils import logging

from emergence.checkpoints.hashes import file_digest
from emergence.checkpoints.hf_manifest import entry, parameter_counts
from emergence.checkpoints.trajectory import run_metadata, write_trajectory
from emergence.config.language import TextSettings
from emergence.config.training import Arithmetic, Doubling, Optimisation, Size
from emergence.config.types import Device, Name, Seed, Strict
from emergence.io.files import replacing_folder
from emergence.io.resumable import origin, resumable_job
from emergence.models import build
from emergence.tasks import corpus, text
from emergence.tasks.text import Batches
from emergence.training.learners import Seeds, adamw, autocast, compiled, update
from emergence.training.loop import Schedule, run_training
from emergence.training.schedule import doubling_steps


class LadderSettings(Strict):
    """One model of the ladder, as its manifest records it."""

    study: Name
    run: str
    size: Size
    seed: Seed
    text: TextSettings
    training: Optimisation
    checkpoints: Doubling
    compute: Arithmetic
    device: Device


def neox(size: Size, vocabulary: int, context: int, seed: int) -> nn.Module:
    """A GPT-NeoX like Pythia's: parallel blocks, rotary positions, MLPs of four times the width, untied read-out.

    Weights are initialised by transformers from ``seed``; the global generator is left alone.

    Args:
        size: Numbers of layers and heads, and width.
        vocabulary: Number of tokens that the model knows.
        context: Tokens of a sequence at most.
        seed: Of the initial weights.
    """
    config = GPTNeoXConfig(
        vocab_size=vocabulary,
        hidden_size=size.width,
        num_hidden_layers=size.layers,
        num_attention_heads=size.heads,
        intermediate_size=4 * size.width,
        max_position_embeddings=context,
        tie_word_embeddings=False,
        bos_token_id=0,
        eos_token_id=0,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return GPTNeoXForCausalLM(config)


class LanguageLearner:
    """A `Learner`: one language model on windows of the text."""

    def __init__(self, settings: LadderSettings, tokens: text.Tokens, device: torch.device) -> None:
        seeds, words = Seeds.of(settings.seed), settings.text
        self.run, self.settings, self.compute, self.device = settings.run, settings.training, settings.compute, device
        self.model = neox(settings.size, words.vocabulary, words.context, seeds.initialisation).to(device)
        self.forward = compiled(self.model, self.compute)
        self.optimiser = adamw(self.model.parameters(), self.settings)
        self.batches = Batches(tokens, words.context, words.batch, seeds.data)

    @property
    def weights(self) -> dict[str, Tensor]:
        """The weights themselves, by their names in checkpoints."""
        return self.model.state_dict()

    def step(self, step: int) -> Tensor:
        """Run optimiser step ``step`` (0-based); return its loss, nats per token, still on the device.

        Raises:
            TrainingError: if the loss or its gradient is not finite; the weights are then unchanged.
        """
        sequences = torch.from_numpy(self.batches(step)).to(self.device)
        with autocast(self.compute, self.device):
            logits = self.forward(sequences[:, :-1], use_cache=False).logits
            loss = F.cross_entropy(logits.flatten(0, 1), sequences[:, 1:].flatten())
        update(loss, self.model.parameters(), self.optimiser, self.settings, step, [self.run])
        return loss.detach()


def train_language_model(settings: LadderSettings, tokens: Path, tokenizer: Path, folder: Path, state: Path) -> None:
    """Train one model and write its checkpoints and its manifest to ``folder``, resuming from ``state``.

    Args:
        settings: One model of the ladder.
        tokens: Training text, as tokens of the tokenizer.
        tokenizer: Copied to the checkpoints.
        folder: Of the trajectory.
        state: Folder from which a stopped job is resumed.

    Raises:
        TensorsError: if the tokens cannot be read.
        CorpusError: if the tokenizer cannot be read, or does not belong to the tokens.
        TextError: if a batch is larger than the text.
        TrainingError: if the loss or its gradient stops being finite.
        StoppedError: if the job receives a stop signal; its state is saved.
    """
    (folder / "manifest.json").unlink(missing_ok=True)  # no trajectory until the end
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    learner = LanguageLearner(settings, corpus.load(tokens), build.device(settings.device))
    words = corpus.load_tokenizer(tokenizer, tokens)
    last = settings.training.steps
    schedule = Schedule(last, checkpoints=doubling_steps(settings.checkpoints, last))
    with resumable_job(state, origin(settings, [__name__], [tokens, tokenizer])) as job:
        text.save_tokenizer(words, job.folder / "checkpoints")
        record = run_training(
            settings.run, learner, schedule, job, save=lambda step: [save(learner.model, job.folder, step)]
        )
        job.publish("checkpoints", folder / "checkpoints")
        write_trajectory(folder, settings, _metadata(settings, learner, folder), record.entries)


def _metadata(settings: LadderSettings, learner: LanguageLearner, folder: Path) -> dict[str, Any]:
    seeds = Seeds.of(settings.seed)
    streams = {"run": settings.seed, "initialisation": seeds.initialisation, "data": seeds.data}
    metadata = run_metadata(__name__, str(learner.device), streams, *parameter_counts(learner.model))
    return {**metadata, "tokenizer": {"sha256": file_digest(folder / "checkpoints" / "tokenizer.json")}}


def save(model: Any, folder: Path, step: int) -> dict[str, Any]:
    """Write one checkpoint in one piece; return its entry in the manifest.

    Args:
        model: Of transformers.
        folder: Holds the folder ``checkpoints``.
        step: Optimiser steps taken so far.
    """
    place = folder / "checkpoints" / f"step{step}"
    with replacing_folder(place) as temporary:
        model.save_pretrained(temporary)
    return entry(step, place, str(place.relative_to(folder)))
