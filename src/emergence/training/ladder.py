"""The ladder: small GPT-NeoX models trained here on the text, with Pythia's schedule of checkpoints.

Checkpoints are folders that ``save_pretrained`` writes, so whatever reads a series from elsewhere reads these.
"""

import shutil
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F
from transformers import GPTNeoXConfig, GPTNeoXForCausalLM
from transformers.utils import logging

from emergence.models import build
from emergence.progress import Progress
from emergence.provenance import hardware, source_hash
from emergence.settings.language import LadderSettings
from emergence.settings.learning import Size
from emergence.tasks import corpus, text
from emergence.tasks.text import Batches
from emergence.training.catalogue import digest, parameters
from emergence.training.optimisation import Seeds, TrainingError, optimiser, update
from emergence.training.schedule import doubling_steps
from emergence.training.trajectory import record


def neox(size: Size, vocabulary: int, context: int, seed: int) -> nn.Module:
    """A GPT-NeoX as Pythia is: parallel blocks, rotary positions, MLPs of four times the width, untied read-out.

    Its weights are drawn as transformers draws them; the global generator is left alone.
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


class Learner:
    """A model, its optimiser and its data: everything that a training step changes or reads."""

    def __init__(self, settings: LadderSettings, tokens: text.Tokens, device: torch.device) -> None:
        seeds, words = Seeds.of(settings.seed), settings.text
        self.settings, self.device = settings.training, device
        self.model = neox(settings.size, words.vocabulary, words.context, seeds.initialisation).to(device)
        self.optimiser = optimiser(self.model, self.settings)
        self.batches = Batches(tokens, words.context, words.batch, seeds.data)

    def step(self, step: int) -> torch.Tensor:
        """Make the update that follows ``step`` earlier ones; return its loss (nats a token, still on the device).

        Raises:
            TrainingError: if the loss or its gradient is not finite; the weights are then those of before.
        """
        sequences = torch.from_numpy(self.batches(step)).to(self.device)
        logits = self.model(sequences[:, :-1], use_cache=False).logits
        loss = F.cross_entropy(logits.flatten(0, 1), sequences[:, 1:].flatten())
        update(loss, self.model.parameters(), self.optimiser, self.settings, step)
        return loss.detach()


def train(settings: LadderSettings, tokens: Path, tokenizer: Path, folder: Path) -> None:
    """Train one model and write its checkpoints, with the tokenizer beside them, and its manifest to ``folder``.

    Raises:
        CorpusError: if tokens or tokenizer cannot be read.
        TextError: if a batch is larger than the text.
        TrainingError: if the loss or its gradient stops being finite.
    """
    (folder / "manifest.json").unlink(missing_ok=True)  # no trajectory until the end
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    device = build.device(settings.device)
    learner = Learner(settings, corpus.load(tokens), device)
    text.save_tokenizer(corpus.load_tokenizer(tokenizer), folder / "checkpoints")
    last = settings.training.steps
    kept = doubling_steps(settings.checkpoints, last)
    progress = Progress(f"ladder {settings.run}", last, "steps")
    entries: list[dict[str, Any]] = []
    for step in range(last + 1):
        if step in kept:
            entries.append(save(learner.model, folder, step))
        if step < last:
            try:
                learner.step(step)
            except TrainingError as error:
                raise TrainingError(f"{settings.run}: {error}; lower learning_rate") from None
            progress(step + 1)
    seeds = Seeds.of(settings.seed)
    about = {
        "source_hash": source_hash(__name__),
        "hardware": hardware(str(device)),
        "seeds": {"run": settings.seed, "initialisation": seeds.initialisation, "data": seeds.data},
        "parameters": parameters(learner.model),
    }
    record(folder, settings, about, entries)


def save(model: Any, folder: Path, step: int) -> dict[str, Any]:
    """Write one checkpoint, whole or not at all; return its entry in the manifest."""
    place = folder / "checkpoints" / f"step{step}"
    temporary = place.with_name(f".{place.name}")
    for left in (temporary, place):
        shutil.rmtree(left, ignore_errors=True)
    model.save_pretrained(temporary)
    temporary.rename(place)
    return {"step": step, "file": str(place.relative_to(folder)), "sha256": digest(place)}
