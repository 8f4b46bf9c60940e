"""Pairs of language models of Study 4: the same weights and batches, with and without a penalty on the collapse.

What differs from a model of the ladder is a term in the loss, on the states of the last block. The models have a module
of their own, so that an edit of a penalty trains no model of the ladder anew.
"""

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.rnn import pad_sequence

from emergence.checkpoints.hf_manifest import parameter_counts
from emergence.config.arms import PLAIN, PREVENT, Arm
from emergence.config.language import TextSettings
from emergence.config.language_arms import LanguageArms
from emergence.config.training import Arithmetic, Doubling, Optimisation, Size
from emergence.config.types import Device, Positive, Strict
from emergence.io import tables
from emergence.io.progress import Progress
from emergence.io.resumable import origin, resumable_job
from emergence.models import build
from emergence.schemas.interventions import LANGUAGE_ARM_RUNS
from emergence.tasks import corpus, text
from emergence.theory.spectrum import centred_singular_values, effective_rank
from emergence.training.gpt_neox import LadderSettings, LanguageLearner
from emergence.training.interventions import Intervention
from emergence.training.learners import TrainingError, autocast, update
from emergence.training.schedule import evaluation_steps

POSITIONS = 256
"""States of a batch that the penalty sees, at most: enough for a rank, and of bounded cost."""


class LanguageArmSettings(Strict):
    """Pairs of language models of one size."""

    size: Size
    pairs: LanguageArms
    text: TextSettings
    training: Optimisation
    """of the ladder, whose number of steps is replaced"""
    epsilon: Positive
    """of RankMe"""
    compute: Arithmetic
    device: Device

    def of(self, seed: int) -> LadderSettings:
        """Settings of the runs with one seed; they keep no checkpoints."""
        steps = self.pairs.steps
        return LadderSettings(
            study="interventions", run=f"{self.size.name}-s{seed}", size=self.size, seed=seed, text=self.text,
            training=self.training.model_copy(update={"steps": steps}),
            checkpoints=Doubling(doubled_until=1, linear_every=steps), compute=self.compute, device=self.device,
        )  # fmt: skip


class PairedLearner(LanguageLearner):
    """A model of the ladder whose last block is seen, and whose loss may have a term on its states."""

    def __init__(
        self, settings: LadderSettings, tokens: text.Tokens, device: torch.device, arm: Arm | None = None
    ) -> None:
        super().__init__(settings, tokens, device)
        self.states = torch.empty(0)
        self.model.gpt_neox.layers[-1].register_forward_hook(self._keep)  # type: ignore[union-attr, index]
        self.term = Intervention(arm, self._states_of_first_batch()) if arm else None

    def step(self, step: int) -> Tensor:
        """Run optimiser step ``step`` (0-based); return its loss without the term, nats per token.

        Raises:
            TrainingError: if the loss or its gradient is not finite; the weights are then unchanged.
        """
        if self.term is None or not self.term.acts(step):
            return super().step(step)
        sequences = torch.from_numpy(self.batches(step)).to(self.device)
        with autocast(self.compute, self.device):
            logits = self.forward(sequences[:, :-1], use_cache=False).logits
            loss = F.cross_entropy(logits.flatten(0, 1), sequences[:, 1:].flatten())
        total = loss + self.term(evenly_spaced(self.states), step)
        update(total, self.model.parameters(), self.optimiser, self.settings, step, [self.run])
        return loss.detach()

    @torch.no_grad()
    def _states_of_first_batch(self) -> Tensor:
        """States (positions, width) of the untrained model on the batch of step 0."""
        self.model(torch.from_numpy(self.batches(0)).to(self.device)[:, :-1], use_cache=False)
        return evenly_spaced(self.states)

    def _keep(self, _block: nn.Module, _inputs: Any, states: Tensor) -> None:
        """Keep states (sequences, length, width) of the latest forward pass."""
        self.states = states


def evenly_spaced(states: Tensor) -> Tensor:
    """At most `POSITIONS` of the states (..., width) of a batch, as (positions, width)."""
    rows = states.flatten(0, -2)
    return rows[:: math.ceil(len(rows) / POSITIONS)]


class HeldOutPassages:
    """Passages that no model is trained on, every token of which but the first is predicted."""

    def __init__(self, passages: Sequence[str], tokenizer: Tokenizer, device: torch.device, epsilon: float) -> None:
        rows = [torch.tensor(tokenizer.encode(passage, add_special_tokens=False).ids) for passage in passages]
        self.tokens = pad_sequence(rows, batch_first=True).to(device)  # behind: nothing that is predicted sees it
        lengths = torch.tensor([len(row) for row in rows], device=device)
        self.predicted = torch.arange(1, self.tokens.shape[1], device=device) < lengths[:, None]
        self.epsilon = epsilon

    @torch.no_grad()
    def __call__(self, learner: PairedLearner) -> dict[str, float]:
        """Mean loss, nats per token, and RankMe of the last block, at the positions that predict a token."""
        read_out: Any = learner.model.get_output_embeddings()  # type: ignore[operator]
        normed = learner.model.gpt_neox(self.tokens[:, :-1], use_cache=False)[0]  # type: ignore[operator]
        loss = F.cross_entropy(read_out(normed[self.predicted]), self.tokens[:, 1:][self.predicted])
        states = learner.states[self.predicted].double()
        if not bool(states.isfinite().all()):
            return {"loss": float("nan"), "rank": float("nan")}
        return {"loss": loss.item(), "rank": effective_rank(centred_singular_values(states), self.epsilon).item()}


def train_language_arms(
    settings: LanguageArmSettings, tokens: Path, tokenizer: Path, questions: Path, table: Path, state: Path
) -> None:
    """Train both runs of every pair of one size (table ``language_arm_runs``).

    Args:
        settings: Size, seeds, penalty and training.
        tokens: Training text, as tokens of the tokenizer.
        tokenizer: Encodes the passages.
        questions: Their held-out passages are what the models are evaluated on.
        table: Written.
        state: Folder from which a stopped job is resumed, run by run.

    Raises:
        TensorsError: if the tokens cannot be read.
        CorpusError: if the tokenizer cannot be read, or does not belong to the tokens.
        TableError: if the questions cannot be read.
        TextError: if a batch is larger than the text.
        StoppedError: if the job receives a stop signal; its state is saved.
    """
    row, device = corpus.load(tokens), build.device(settings.device)
    passages = ["".join(halves) for halves in corpus.load_items(questions)[1]]
    held_out = HeldOutPassages(passages, corpus.load_tokenizer(tokenizer, tokens), device, settings.epsilon)
    runs = [(seed, arm) for seed in settings.pairs.seeds for arm in (PLAIN, PREVENT)]
    progress = Progress(f"language arms, {settings.size.name}", len(runs), "runs")

    def trained(run: tuple[int, str]) -> pd.DataFrame:
        seed, arm = run
        learner = PairedLearner(settings.of(seed), row, device, settings.pairs.arm if arm == PREVENT else None)
        about = {"run": learner.run, "size": settings.size.name, "seed": seed, "arm": arm}
        return recorded(learner, held_out, settings.pairs).assign(**about)[LANGUAGE_ARM_RUNS.arrow.names]

    with resumable_job(state, origin(settings, [__name__], [tokens, tokenizer, questions])) as job:
        tables.write(LANGUAGE_ARM_RUNS, job.map_resumable(LANGUAGE_ARM_RUNS, runs, trained, progress), table)


def recorded(learner: PairedLearner, held_out: HeldOutPassages, pairs: LanguageArms) -> pd.DataFrame:
    """Train a model to the last step, or to that at which it diverges; return what it was on the way.

    Args:
        learner: Trained in place.
        held_out: Passages on which the model is evaluated.
        pairs: Number of steps, and how often it is evaluated.

    Returns:
        Columns ``step, quantity, value, parameters`` of the table ``language_arm_runs``.
    """
    rows = pd.DataFrame(_rows(learner, held_out, pairs)).astype({"value": np.float64})
    return rows.assign(parameters=parameter_counts(learner.model)[0])


def _rows(learner: PairedLearner, held_out: HeldOutPassages, pairs: LanguageArms) -> Iterator[dict[str, Any]]:
    evaluated = set(evaluation_steps(pairs.every, pairs.steps))
    for step in range(pairs.steps + 1):
        if step in evaluated:
            yield from ({"step": step, "quantity": name, "value": value} for name, value in held_out(learner).items())
        if step == pairs.steps:
            return
        try:
            learner.step(step)
        except (TrainingError, torch.linalg.LinAlgError):  # type: ignore[attr-defined]  # of a rank
            yield {"step": step, "quantity": "diverged", "value": None}
            return
