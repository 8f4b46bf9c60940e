"""A callback of Lightning: measures and scores while it trains, and a report at the end.

>>> from emergence.integrations.lightning import EmergenceCallback  # doctest: +SKIP
>>> trainer = L.Trainer(..., callbacks=[EmergenceCallback({"mine": (inputs, targets)}, every=100)])  # doctest: +SKIP
"""

import logging
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from lightning.pytorch.callbacks import Callback

from emergence.own_runs.tracker import Tracker
from emergence.subjects.examples import Examples

logger = logging.getLogger("emergence")


class EmergenceCallback(Callback):  # type: ignore[misc]
    """Track a module on groups of examples, before the first step, every ``every`` steps and at the end.

    Values go to the loggers of the Trainer, under names such as ``emergence/rankme/mine``.
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
        logger.info("%s\nReport: %s", self.tracker.report(folder, control=self.control), folder / "report.html")

    def _log(self, trainer: Any) -> None:
        """Measure the model once a step, on the first process."""
        if self.tracker is None or not trainer.is_global_zero or trainer.global_step == self._last:
            return
        self._last = trainer.global_step
        values = {f"emergence/{name}": value for name, value in self.tracker.log(trainer.global_step).items()}
        for one in trainer.loggers:
            one.log_metrics(values, step=trainer.global_step)
