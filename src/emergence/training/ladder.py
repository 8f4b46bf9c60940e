"""The ladder: small GPT-NeoX models trained here on the text, with Pythia's schedule of checkpoints.

Checkpoints are folders that ``save_pretrained`` writes, so whatever reads a series from elsewhere reads these.
"""

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import GPTNeoXConfig, GPTNeoXForCausalLM
from transformers.utils import logging

from emergence.files import replacing_folder
from emergence.models import build
from emergence.progress import Progress
from emergence.provenance import hardware, source_hash
from emergence.settings.language import LadderSettings
from emergence.settings.learning import Size
from emergence.tasks import corpus, text
from emergence.tasks.text import Batches
from emergence.training import precision
from emergence.training.catalogue import entry, file_digest, parameters
from emergence.training.optimisation import Seeds, TrainingError, optimiser, update
from emergence.training.schedule import doubling_steps
from emergence.training.state import Record, steps
from emergence.training.trajectory import record
from emergence.work import origin, unfinished


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
        self.settings, self.compute, self.device = settings.training, settings.compute, device
        self.model = neox(settings.size, words.vocabulary, words.context, seeds.initialisation).to(device)
        self.forward = precision.compiled(self.model, self.compute)
        self.optimiser = optimiser(self.model.parameters(), self.settings)
        self.batches = Batches(tokens, words.context, words.batch, seeds.data)

    @property
    def weights(self) -> dict[str, Tensor]:
        """The weights themselves, by their names in checkpoints."""
        return self.model.state_dict()

    def step(self, step: int) -> Tensor:
        """Make the update that follows ``step`` earlier ones; return its loss (nats a token, still on the device).

        Raises:
            TrainingError: if the loss or its gradient is not finite; the weights are then those of before.
        """
        sequences = torch.from_numpy(self.batches(step)).to(self.device)
        with precision.autocast(self.compute, self.device):
            logits = self.forward(sequences[:, :-1], use_cache=False).logits
            loss = F.cross_entropy(logits.flatten(0, 1), sequences[:, 1:].flatten())
        update(loss, self.model.parameters(), self.optimiser, self.settings, step)
        return loss.detach()


def train(settings: LadderSettings, tokens: Path, tokenizer: Path, folder: Path, state: Path) -> None:
    """Train one model and write its checkpoints, with the tokenizer beside them, and its manifest to ``folder``.

    It goes on from ``state`` if it was stopped before.

    Raises:
        TensorsError: if the tokens cannot be read.
        CorpusError: if the tokenizer cannot be read, or is not that of the tokens.
        TextError: if a batch is larger than the text.
        TrainingError: if the loss or its gradient stops being finite.
        StoppedError: if the job is told to stop.
    """
    (folder / "manifest.json").unlink(missing_ok=True)  # no trajectory until the end
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    learner = Learner(settings, corpus.load(tokens), build.device(settings.device))
    words = corpus.load_tokenizer(tokenizer, tokens)
    last = settings.training.steps
    kept = doubling_steps(settings.checkpoints, last)
    progress = Progress(f"ladder {settings.run}", last, "steps")
    made = Record()
    with unfinished(state, origin(settings, [__name__], [tokens, tokenizer])) as work:
        text.save_tokenizer(words, work.folder / "checkpoints")
        for step in steps(work, learner, made, last):
            if step in kept:
                made.entries.append(save(learner.model, work.folder, step))
            if step < last:
                try:
                    learner.step(step)
                except TrainingError as error:
                    raise TrainingError(f"{settings.run}: {error}; lower learning_rate") from None
                progress(step + 1)
        work.deliver("checkpoints", folder / "checkpoints")
        _finish(settings, learner, made.entries, folder)


def _finish(settings: LadderSettings, learner: Learner, entries: list[dict[str, Any]], folder: Path) -> None:
    """Write the manifest that makes the folder a trajectory."""
    seeds = Seeds.of(settings.seed)
    about = {
        "source_hash": source_hash(__name__),
        "hardware": hardware(str(learner.device)),
        "seeds": {"run": settings.seed, "initialisation": seeds.initialisation, "data": seeds.data},
        "parameters": parameters(learner.model),
        "tokenizer": {"sha256": file_digest(folder / "checkpoints" / "tokenizer.json")},
    }
    record(folder, settings, about, entries)


def save(model: Any, folder: Path, step: int) -> dict[str, Any]:
    """Write one checkpoint, whole or not at all; return its entry in the manifest."""
    place = folder / "checkpoints" / f"step{step}"
    with replacing_folder(place) as temporary:
        model.save_pretrained(temporary)
    return entry(step, place, str(place.relative_to(folder)))
