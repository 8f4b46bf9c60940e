"""A loss term that keeps the rank of representations near its initial value in early training.

>>> penalty = emergence.CollapsePenalty(model, until=500)  # doctest: +SKIP
>>> for inputs, targets in batches:  # doctest: +SKIP
...     loss = task_loss(model(inputs), targets) + penalty()

The term is the penalty ``rank_loss`` of Study 4 (`emergence.training.interventions`), on the states of any module.
"""

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from emergence.errors import EmergenceError
from emergence.subjects.module_layers import block_lists, layer_names, main_output
from emergence.subjects.subject import MeasureError
from emergence.training.interventions import log_rank


class PenaltyError(EmergenceError):
    """An argument, or states, from which there is no term; the message names it and the remedy."""


class CollapsePenalty:
    """``weight * max(0, initial log rank - log rank)²`` of one layer's states, for the first steps of training.

    A hook on the layer keeps its output in each forward pass in training mode. States (…, width) are taken at all
    positions; those of images are (examples, channels, height, width), as measures read them. The rank is RankMe of the
    centred states, and the initial one that of the first pass. Since it depends on the number of positions, both are
    taken of equally many: a pass with fewer positions is compared with the first at half of them, a quarter and so on.
    """

    def __init__(
        self,
        model: nn.Module,
        *,
        weight: float = 1.0,
        until: int = 500,
        layer: str | None = None,
        positions: int = 256,
    ) -> None:
        """Find the layer and put the hook on it.

        Args:
            model: That is trained; if it is compiled, it has not yet run.
            weight: Of the term in the loss; 0 leaves the training as it is, to the bit.
            until: Step at which the term ends: it is 0 from then on, and the hook is removed.
            layer: Name of the submodule, as in ``model.named_modules()``; the last block by default.
            positions: States taken of each pass at most, evenly spaced, which bounds the cost.

        Raises:
            PenaltyError: if a number is out of range, the model has no such layer, or its last block is not clear.
        """
        if not (math.isfinite(weight) and weight >= 0):
            raise PenaltyError(f"weight is {weight}; give a finite number of at least 0")
        for name, value, least in (("until", until, 1), ("positions", positions, 2)):
            if not isinstance(value, int) or value < least:
                raise PenaltyError(f"{name} is {value}; give a whole number of at least {least}")
        self.model, self.weight, self.until, self.positions = model, float(weight), until, positions
        self.layer = _layer(model, layer)
        self.steps = 0
        """steps begun"""
        self.initial: dict[int, float] = {}
        """initial log rank, by the number of positions"""
        self.value = 0.0
        """the latest term"""
        self._output: Any = None
        self._hook = model.get_submodule(self.layer).register_forward_hook(self._keep) if weight else None

    def __call__(self, step: int | None = None, mask: Tensor | None = None) -> Tensor:
        """The term for the latest forward pass; call it once after each.

        Args:
            step: Optimiser steps made so far. Without it each call counts as one; with gradient accumulation or a
                resumed training, pass it.
            mask: Of positions, of the shape of the states without their width, false at padding.

        Returns:
            A scalar, at least in float32. It is not a number where a state is not finite, as the loss will be.

        Raises:
            PenaltyError: if there was no forward pass to take states from, they are no vectors of floats that vary, or
                the training was resumed without the initial rank.
        """
        step = self.steps if step is None else step
        self.steps = step + 1
        if step >= self.until:
            self.remove()
        if self._hook is None:
            return torch.zeros(())
        term = self._term(self._states(mask), step)
        self.value = float(term.detach())
        return term

    def remove(self) -> None:
        """Take the hook off; the term is 0 from then on."""
        if self._hook is not None:
            self._hook.remove()
        self._hook, self._output, self.value = None, None, 0.0

    def state_dict(self) -> dict[str, Any]:
        """The state that a resumed training needs."""
        return {"steps": self.steps, "initial": dict(self.initial)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Resume from a `state_dict`."""
        self.steps, self.initial = state["steps"], dict(state["initial"])

    def _keep(self, module: nn.Module, given: Any, output: Any) -> None:
        main = main_output(output)
        if module.training and isinstance(main, Tensor) and (main.requires_grad or not main.is_floating_point()):
            self._output = main.clone()  # which later layers may overwrite

    def _states(self, mask: Tensor | None) -> Tensor:
        """States (positions, width) of the latest pass, which is then forgotten."""
        output, self._output = self._output, None
        if output is None:
            raise PenaltyError(
                f"layer {self.layer!r} has run in no forward pass with gradients and in training mode since the last "
                "call; call the penalty once after each such pass, and not in evaluation. With activation "
                "checkpointing, set use_reentrant=False; with torch.compile, make the penalty before the first pass; "
                "in place of a frozen layer, name another (layer)"
            )
        if not output.is_floating_point() or output.dim() < 2:
            kind = f"{str(output.dtype).removeprefix('torch.')} of shape {tuple(output.shape)}"
            raise PenaltyError(f"layer {self.layer!r} gives {kind}, not vectors of floats; name another (layer)")
        states = output.flatten(2).mT if output.dim() > 3 else output
        if mask is None:
            return states.flatten(0, -2)
        if mask.shape != states.shape[:-1]:
            shapes = f"{tuple(mask.shape)}, the positions of layer {self.layer!r} {tuple(states.shape[:-1])}"
            raise PenaltyError(f"mask has shape {shapes}; give one value for each position")
        return states[mask.bool()]

    def _term(self, states: Tensor, step: int) -> Tensor:
        """The term for states (positions, width)."""
        if not self.initial:
            self._begin(states, step)
        kind = torch.promote_types(states.dtype, torch.float32)
        number = max((number for number in self.initial if number <= len(states)), default=None)
        if number is None:
            return states.new_zeros((), dtype=kind)
        fall = self.initial[number] - _log_rank(states, number)
        return (self.weight * fall.clamp(min=0).square()).to(states.device, kind)

    @torch.no_grad()
    def _begin(self, states: Tensor, step: int) -> None:
        """Set the initial log rank, of as many positions as are used, and of half of them, a quarter and so on."""
        if step:
            raise PenaltyError(
                f"training resumes at step {step} without the initial rank; resume from a checkpoint that was saved "
                "with the penalty (state_dict), or start anew"
            )
        number = min(self.positions, len(states))
        whole = float(_log_rank(states, number)) if number > 1 else 0.0
        if not whole > 0:
            reason = "fewer than two" if number < 2 else "not finite" if math.isnan(whole) else "all the same"
            raise PenaltyError(
                f"the states of layer {self.layer!r} in the first pass are {reason}, and have no rank; give finite "
                "inputs with two positions or more, or name another layer (layer)"
            )
        while number > 1:
            self.initial[number] = float(_log_rank(states, number))
            number //= 2


def _layer(model: nn.Module, layer: str | None) -> str:
    """Name of the layer: the last block by default."""
    if layer is not None:
        try:
            return layer_names(model, [layer])[0]
        except MeasureError as error:
            raise PenaltyError(f"layer: {error}") from None
    lists = block_lists(model)
    if len(lists) == 1:
        return next(iter(lists.values()))[-1]
    if lists:
        several = f"several lists of blocks: {', '.join(lists)}; name the layer whose states are to keep their rank"
        raise PenaltyError(f"layer: the model has {several}, such as layer={next(iter(lists.values()))[-1]!r}")
    known = ", ".join(name for name, _ in model.named_modules() if name) or "no submodules"
    raise PenaltyError(
        "layer: the model has no list of blocks (ModuleList); name the layer whose states are to keep their rank, "
        f"layer=...; it has {known}"
    )


def _log_rank(states: Tensor, number: int) -> Tensor:
    """Log rank of a number of the states, at least two, evenly spaced from the first to the last.

    The spacing is not quite a whole number of sequences where their number divides it, so that no place in the
    sequence is preferred. States that are all the same have log rank 0, and those that are not finite none.
    """
    chosen = states[torch.arange(number, device=states.device) * (len(states) - 1) // (number - 1)]
    if not bool(chosen.isfinite().all()) or bool((chosen == chosen[0]).all()):
        return chosen.double().sum() * 0
    return log_rank(chosen.cpu() if chosen.device.type == "mps" else chosen.double())  # there is no float64 on MPS
