"""Observations of Study 4 on a fixed set of examples: states of all layers, predictions, and their summaries."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from emergence.models.transformer import Transformer, hidden_states_in_slices
from emergence.tasks.algorithmic import Tokens
from emergence.tasks.batches import DistinctSequences
from emergence.tasks.vocabulary import TaskLevel
from emergence.theory.first_steps import Update, swelling_direction
from emergence.theory.spectrum import centred_singular_values, effective_rank


@dataclass(frozen=True)
class Seen:
    """States (layers, positions, width) after every block and log-probabilities (positions, tokens), in float64."""

    states: Tensor
    log_probabilities: Tensor


class ProbeStates:
    """Examples of all task-levels, packed once; positions are those from which an answer token is predicted."""

    def __init__(self, sequences: Mapping[TaskLevel, Tokens], device: torch.device) -> None:
        distinct = DistinctSequences.of(sequences)
        self.levels, self.examples, self.repeated = (
            tuple(sequences),
            len(next(iter(sequences.values()))),
            distinct.repeated,
        )
        packing = distinct.layout.packing
        arrays = (distinct.inputs, packing.positions, packing.mask, distinct.layout.target_index, distinct.targets)
        *self.grid, self.places, self.targets = (torch.from_numpy(array).to(device) for array in arrays)

    @torch.no_grad()
    def __call__(self, model: Transformer) -> Seen:
        """See a model."""
        blocks = hidden_states_in_slices(model, *self.grid)[1:]
        states = torch.stack([block.flatten(0, 1)[self.places] for block in blocks])
        return Seen(states.double(), model.logits(states[-1]).double().log_softmax(dim=-1))

    def loss(self, seen: Seen) -> float:
        """Mean loss, nats per token."""
        return float(-seen.log_probabilities.gather(1, self.targets[:, None]).mean())

    def exact_match(self, seen: Seen) -> Iterator[dict[str, Any]]:
        """Share of answers of each task-level whose every token is the most likely one, as rows of a table."""
        hits = (seen.log_probabilities.argmax(dim=-1) == self.targets).cpu().numpy()[self.repeated]
        ends = np.cumsum([level.answer_length * self.examples for level in self.levels])[:-1]
        for level, of_level in zip(self.levels, np.split(hits, ends), strict=True):
            share = of_level.reshape(-1, level.answer_length).all(axis=1).mean()
            yield {"task": level.task, "level": level.level, "quantity": "exact_match", "value": float(share)}

    def direction(self, model: Transformer, update: Update) -> Tensor:
        """Direction (width,) along which the states of an untrained model are predicted to move."""
        unembedding = model.token.weight.detach().double().cpu().numpy()
        return torch.from_numpy(swelling_direction(unembedding, self.targets.cpu().numpy(), update))


def ranks(seen: Seen, epsilon: float) -> list[float]:
    """RankMe of every layer, centred, from singular values; NaN where states are not finite."""
    if not bool(seen.states.isfinite().all()):
        return [float(np.nan)] * len(seen.states)
    return effective_rank(centred_singular_values(seen.states), epsilon).tolist()


def entropy(seen: Seen) -> float:
    """Mean entropy of the predictions, nats."""
    return float(-(seen.log_probabilities.exp() * seen.log_probabilities).sum(dim=-1).mean())


def alignment(seen: Seen, direction: Tensor) -> float:
    """Cosine, without its sign, between a direction and the first principal direction of the last layer."""
    states = seen.states[-1].cpu()
    centred = states - states.mean(dim=0)
    _, vectors = torch.linalg.eigh(centred.mT @ centred)
    return float((vectors[:, -1] @ direction).abs())
