"""Probes: fixed examples of every task-level, and the representations a model gives their prompts."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch

from emergence.models.transformer import Transformer, hidden_states_in_slices
from emergence.tasks.algorithmic import Tokens
from emergence.tasks.levels import TaskLevel
from emergence.tasks.packing import Index, Packing, pack


@dataclass(frozen=True)
class Packed:
    """The distinct prompts of all task-levels in one grid of tokens.

    ``examples[g]`` gives for each example of the g-th task-level its row in ``packing.index[g]``: a prompt that several
    examples share (there are but eight of three bits) is computed once.
    """

    packing: Packing
    grid: Index
    examples: tuple[Index, ...]


@dataclass(frozen=True)
class Probe:
    """Sequences (examples, length) of each task-level."""

    sequences: Mapping[TaskLevel, Tokens]

    @cached_property
    def prompts(self) -> Packed:
        """The prompts, packed once for all checkpoints."""
        prompts = [tokens[:, : level.prompt_length] for level, tokens in self.sequences.items()]
        found = [np.unique(prompt, axis=0, return_inverse=True) for prompt in prompts]
        packing = pack([distinct.shape for distinct, _ in found])
        grid = packing.fill([distinct for distinct, _ in found])
        return Packed(packing, grid, tuple(inverse.ravel() for _, inverse in found))


@torch.no_grad()
def representations(model: Transformer, probe: Probe) -> Iterator[tuple[TaskLevel, dict[str, torch.Tensor]]]:
    """Residual stream of each task-level's prompts after every block.

    Yields, for each task-level, float64 arrays (blocks, examples, width): ``answer``, at the equals sign, from which
    the first answer token is predicted, and ``mean``, the average over the prompt's tokens. Prompts end there, so
    neither has seen an answer.
    """
    device = next(model.parameters()).device
    prompts = probe.prompts
    arrays = (prompts.grid, prompts.packing.positions, prompts.packing.mask)
    inputs, positions, mask = (torch.from_numpy(array).to(device) for array in arrays)
    blocks = [states.flatten(0, 1) for states in hidden_states_in_slices(model, inputs, positions, mask)[1:]]
    for level, index, examples in zip(probe.sequences, prompts.packing.index, prompts.examples, strict=True):
        tokens, rows = torch.from_numpy(index).to(device), torch.from_numpy(examples).to(device)
        pooled = {
            "answer": torch.stack([states[tokens[:, -1]] for states in blocks]),
            "mean": torch.stack([states[tokens].mean(dim=1) for states in blocks]),
        }
        yield level, {pooling: x[:, rows].double() for pooling, x in pooled.items()}
