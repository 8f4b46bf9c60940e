"""Cost of training: floating-point operations of matrix products, counted from shapes alone.

One step of each kind of training runs on PyTorch's meta device, which computes nothing, and its products are counted; a
multiplication and an addition are two operations. Forward pass and gradients are in it; what works entry by entry
(norms, activations, the optimiser) is not, nor are evaluations and measures.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode

from emergence.config.parity_networks import ParityTask, Sweep
from emergence.config.training import TrainSettings
from emergence.models import build
from emergence.models.parity_networks import BatchedMLP, initialised
from emergence.tasks.batches import Layout
from emergence.training.gpt_neox import LadderSettings, neox
from emergence.training.scalar_transformer import ScalarTransformerSettings

NOWHERE = torch.device("meta")


@dataclass(frozen=True)
class Cost:
    """Cost of one training run."""

    flops: float
    """floating-point operations of all steps"""
    steps: int
    """optimiser steps"""


def of_run(settings: TrainSettings) -> Cost:
    """Cost of a transformer on the algorithmic tasks."""
    layout = Layout(settings.task_levels, settings.training.examples)
    grid = (layout.packing.positions, layout.packing.mask, layout.target_index)
    positions, mask, index = (torch.from_numpy(array).to(NOWHERE) for array in grid)
    model = build.transformer(settings.size, settings.context).to(NOWHERE)

    def step() -> None:
        F.cross_entropy(model(positions, positions, mask, index), torch.zeros_like(index)).backward()

    return _steps(counted(step), settings.training.steps)


def of_language_model(settings: LadderSettings) -> Cost:
    """Cost of a language model of the ladder."""
    words = settings.text
    model = neox(settings.size, words.vocabulary, words.context, settings.seed).to(NOWHERE)
    tokens = torch.zeros(words.batch, words.context, dtype=torch.int64, device=NOWHERE)
    mask = torch.zeros(
        words.batch, 1, words.context, words.context, device=NOWHERE
    )  # without one, transformers inspects values

    def step() -> None:
        logits = model(tokens, attention_mask=mask, use_cache=False).logits
        F.cross_entropy(logits.flatten(0, 1), tokens.flatten()).backward()

    return _steps(counted(step), settings.training.steps)


def of_scalar_transformer(settings: ScalarTransformerSettings) -> Cost:
    """Cost of a transformer on multitask sparse parity."""
    chosen = settings.transformer
    model = initialised(settings.seed, chosen.task.inputs, chosen.width, chosen.heads).to(NOWHERE)
    inputs = torch.zeros(chosen.batch, chosen.task.inputs, device=NOWHERE)

    def step() -> None:
        model(inputs).sum().backward()

    return _steps(counted(step), chosen.steps)


def of_networks(sweep: Sweep, parity: ParityTask) -> Cost:
    """Cost of all two-layer networks of a sweep; a data set no larger than the batch is used in full."""
    networks = BatchedMLP(parity.inputs, sweep.widths, len(sweep.seeds), NOWHERE)
    batches = [min(sweep.batch, size) for size in sweep.samples or [sweep.batch]]

    def step(batch: int) -> Callable[[], None]:
        inputs = torch.zeros(len(sweep.seeds), batch, parity.inputs + 1, device=NOWHERE)
        return lambda: networks.gradients(inputs, inputs[..., 0], sweep.loss)

    return Cost(sum(float(counted(step(batch))) for batch in batches) * sweep.steps, len(batches) * sweep.steps)


def _added(_sum: torch.Size, a: torch.Size, b: torch.Size, **_others: object) -> int:
    """Operations of a product that is added to a tensor in place, which PyTorch's own counter leaves out."""
    return 2 * math.prod(a) * b[-1]


def counted(work: Callable[[], None]) -> int:
    """Floating-point operations of the matrix products in ``work``."""
    with FlopCounterMode(
        display=False, custom_mapping=dict.fromkeys((torch.ops.aten.addmm_, torch.ops.aten.baddbmm_), _added)
    ) as counter:
        work()
    return counter.get_total_flops()


def _steps(flops: int, steps: int) -> Cost:
    return Cost(float(flops) * steps, steps)
