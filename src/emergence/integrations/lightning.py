"""A callback of Lightning: measures and scores while it trains, and a report at the end.

>>> from emergence.integrations.lightning import EmergenceCallback  # doctest: +SKIP
>>> trainer = L.Trainer(..., callbacks=[EmergenceCallback({"mine": (inputs, targets)}, every=100)])  # doctest: +SKIP
"""

from collections.abc import Collection, Mapping
from functools import wraps
from pathlib import Path
from typing import Any

from lightning.pytorch.callbacks import Callback

from emergence.integrations import CallbackError
from emergence.integrations.collapse_penalty import CollapsePenalty
from emergence.own_runs.tracker import Tracker
from emergence.subjects.examples import Examples


class EmergenceCallback(Callback):  # type: ignore[misc]
    """Track a module on groups of examples, before the first step, every ``every`` steps and at the end.

    Values go to the loggers of the Trainer, under names such as ``emergence/rankme/mine``. `prevent_collapse` adds a
    term to the loss; without it, the training stays the same to the bit.
    """

    def __init__(
        self,
        probes: Mapping[str, Examples],
        *,
        every: int,
        output_dir: str | Path | None = None,
        control: Collection[str] = (),
        **more: Any,
    ) -> None:
        """Keep what to track.

        Args:
            probes: Groups of examples, ``{"mine": (inputs, targets)}``, as the LightningModule takes them.
            every: Steps.
            output_dir: Of the report; the folder ``emergence`` of the Trainer's root folder by default.
            control: Groups that cannot be learned.
            more: Measures, options, layers and loss, as of `emergence.Tracker`.
        """
        super().__init__()
        self.probes, self.every, self.control, self.output_dir, self.more = probes, every, control, output_dir, more
        self.tracker: Tracker | None = None
        self._last = -1
        self._penalty: CollapsePenalty | None = None

    def prevent_collapse(self, pl_module: Any, *, weight: float = 1.0, until: int = 500, **more: Any) -> None:
        """Add a term to the loss of ``training_step``, which keeps representations from collapsing in early training.

        Call it before ``fit``. Checkpoints hold the initial rank, which a resumed training takes from them. The term
        goes to the loggers as ``emergence/collapse_penalty`` beside the measures.

        Args:
            pl_module: That is trained.
            weight: Of the term.
            until: Optimiser step at which it ends.
            more: Layer and positions, as of `emergence.CollapsePenalty`.

        Raises:
            CallbackError: if the module optimises by itself, or its loss has the term already.
            PenaltyError: as `emergence.CollapsePenalty`.
        """
        if not pl_module.automatic_optimization:
            raise CallbackError(
                "the module optimises by itself; add emergence.CollapsePenalty to the loss in its training_step"
            )
        if self._penalty is not None:
            raise CallbackError("prevent_collapse was called before; call it once")
        self._penalty = CollapsePenalty(pl_module, weight=weight, until=until, **more)
        pl_module.training_step = _penalised(pl_module, self._penalty)

    def state_dict(self) -> dict[str, Any]:
        """The state of the term for a checkpoint; empty without one."""
        return {} if self._penalty is None else self._penalty.state_dict()

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Resume from a checkpoint."""
        if self._penalty is not None and state_dict:
            self._penalty.load_state_dict(state_dict)

    def on_train_start(self, trainer: Any, pl_module: Any) -> None:
        """Measure the model before training."""
        name = Path(trainer.default_root_dir).resolve().name
        self.tracker = Tracker(pl_module, self.probes, name=name, **self.more)
        self._log(trainer)

    def on_train_batch_end(self, trainer: Any, pl_module: Any, outputs: Any, batch: Any, batch_idx: int) -> None:
        """Measure the model every ``every`` steps."""
        if trainer.global_step % self.every == 0:
            self._log(trainer)

    def on_train_end(self, trainer: Any, pl_module: Any) -> None:
        """Measure the model a last time, and write the report."""
        if self.tracker is None or not trainer.is_global_zero:
            return
        self._log(trainer)
        folder = Path(self.output_dir or Path(trainer.default_root_dir, "emergence"))
        print(f"{self.tracker.report(folder, control=self.control)}\nReport: {folder / 'report.html'}")

    def _log(self, trainer: Any) -> None:
        """Measure the model once a step, on the first process."""
        if self.tracker is None or not trainer.is_global_zero or trainer.global_step == self._last:
            return
        self._last = trainer.global_step
        values = {f"emergence/{name}": value for name, value in self.tracker.log(trainer.global_step).items()}
        if self._penalty is not None:
            values["emergence/collapse_penalty"] = self._penalty.value
        for one in trainer.loggers:
            one.log_metrics(values, step=trainer.global_step)


def _penalised(pl_module: Any, penalty: CollapsePenalty) -> Any:
    """The ``training_step`` of a module, with the term in its loss; a batch that it skips (None) stays skipped."""
    plain = pl_module.training_step

    @wraps(plain)
    def training_step(*given: Any, **named: Any) -> Any:
        result = plain(*given, **named)
        if result is None:
            return None
        term = penalty(pl_module.global_step)
        return {**result, "loss": result["loss"] + term} if isinstance(result, Mapping) else result + term

    return training_step
