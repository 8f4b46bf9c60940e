"""A `CollapsePenalty` in the loss that the Trainer of transformers computes."""

from typing import Any

from torch import Tensor, nn
from transformers import Trainer

from emergence.integrations.collapse_penalty import CollapsePenalty

INITIAL = "emergence/initial_log_rank/"
"""In the log history of the Trainer, which its checkpoints hold; the number of positions follows."""


class PenalisedLoss:
    """Replaces ``trainer.compute_loss`` by itself plus the term, in training.

    The initial rank stands in the Trainer's log history, hence in each checkpoint, from which a resumed training takes
    it: its weights are those of one that was never stopped.
    """

    def __init__(self, trainer: Trainer, **options: Any) -> None:
        """Add the term to the loss of a Trainer.

        Args:
            trainer: Before it trains.
            options: Of `CollapsePenalty`.

        Raises:
            PenaltyError: as `CollapsePenalty`.
        """
        self.trainer, self.options = trainer, options
        self.plain_loss: Any = trainer.compute_loss
        model: Any = trainer.model
        self.penalty = CollapsePenalty(model, **options)
        trainer.compute_loss = self  # type: ignore[method-assign, assignment]

    def begin(self, model: nn.Module) -> None:
        """Begin, or resume, a training of a model: with ``model_init``, one that was not there before."""
        self.penalty.remove()
        self.penalty = CollapsePenalty(model, **self.options)
        history = self.trainer.state.log_history
        kept = {name: value for entry in history for name, value in entry.items() if name.startswith(INITIAL)}
        self.penalty.initial = {int(name.removeprefix(INITIAL)): value for name, value in kept.items()}

    def __call__(self, model: nn.Module, inputs: Any, return_outputs: bool = False, **more: Any) -> Any:
        """The loss, as ``Trainer.compute_loss`` returns it."""
        result = self.plain_loss(model, inputs, return_outputs=return_outputs, **more)
        if not model.training:
            return result
        loss, *outputs = result if return_outputs else (result,)
        term = self._term(_padding_mask(self.trainer.model, inputs)).to(loss.device)
        loss = loss + term / self._passes(more.get("num_items_in_batch"))
        return (loss, *outputs) if return_outputs else loss

    def _term(self, mask: Tensor | None) -> Tensor:
        state, known = self.trainer.state, bool(self.penalty.initial)
        term = self.penalty(state.global_step, mask)
        if self.penalty.initial and not known:
            initial = {f"{INITIAL}{number}": value for number, value in self.penalty.initial.items()}
            state.log_history.append({**initial, "step": state.global_step})
        return term

    def _passes(self, items: Any) -> int:
        """Forward passes in whose sum, not mean, the Trainer takes the losses of an optimiser step."""
        trainer = self.trainer
        scaled = getattr(trainer, "loss_is_scaled_for_ga", None)
        if scaled is None:
            by_model = trainer.model_accepts_loss_kwargs and items is not None
            scaled = by_model or trainer.compute_loss_func is not None
        return trainer.current_gradient_accumulation_steps if scaled else 1


def _padding_mask(model: Any, inputs: Any) -> Tensor | None:
    """Which positions are not padding, where the inputs say so of the positions whose states are taken."""
    mask = inputs.get("attention_mask")
    of_encoder = getattr(getattr(model, "config", None), "is_encoder_decoder", False)
    return mask if isinstance(mask, Tensor) and mask.dim() == 2 and not of_encoder else None
