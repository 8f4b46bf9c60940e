"""A callback of the Trainer of transformers: measures and scores while it trains, and a report at the end.

>>> from emergence.integrations.transformers import EmergenceCallback  # doctest: +SKIP
>>> trainer = Trainer(..., processing_class=tokenizer, callbacks=[EmergenceCallback("probes.jsonl")])  # doctest: +SKIP
"""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from transformers import Trainer, TrainerCallback

from emergence.integrations import CallbackError
from emergence.integrations.penalised_loss import PenalisedLoss
from emergence.own_runs.measured_run import language_subject
from emergence.own_runs.tracker import CHEAP, SubjectTracker
from emergence.tasks.own_probes import Probe, read_probes

FOLDER = "emergence"
"""Of the report, within the output folder of the Trainer."""


class EmergenceCallback(TrainerCallback):
    """Track a causal language model on probes, before the first step, every ``every`` steps and at the end.

    Values stand in the Trainer's log history, under names such as ``emergence/rankme/capitals``. After
    `report_to_trackers` they also go to whatever the Trainer reports to. `prevent_collapse` adds a term to the loss;
    without it, the training stays the same to the bit.
    """

    def __init__(
        self,
        probes: str | Path | Mapping[str, Sequence[Probe]],
        *,
        measures: Sequence[str] = CHEAP,
        options: Mapping[str, Mapping[str, Any]] | None = None,
        every: int | None = None,
        output_dir: str | Path | None = None,
        control: Collection[str] = (),
    ) -> None:
        """Read the probes.

        Args:
            probes: A file of JSON lines, or what `read_probes` returns.
            measures: Names; those that cost little by default.
            options: Of measures, by their names.
            every: Steps; whenever the Trainer evaluates or saves if None.
            output_dir: Of the report; the folder ``emergence`` of the Trainer's output folder by default.
            control: Groups that cannot be learned.

        Raises:
            ProbeError: if the file cannot be read or is not valid.
        """
        self.probes = probes if isinstance(probes, Mapping) else read_probes(Path(probes).expanduser())
        self.measures, self.options, self.every, self.control = measures, options, every, control
        self.output_dir = output_dir
        self.tracker: SubjectTracker | None = None
        self._trainer: Trainer | None = None
        self._loss: PenalisedLoss | None = None
        self._last = -1

    def report_to_trackers(self, trainer: Trainer) -> None:
        """Send values to the trackers of a Trainer (`report_to`), which its callbacks cannot reach by themselves."""
        self._trainer = trainer

    def prevent_collapse(self, trainer: Trainer, *, weight: float = 1.0, until: int = 500, **more: Any) -> None:
        """Add a term to the loss of a Trainer, which keeps representations from collapsing in early training.

        Padding (``attention_mask``) is left out, each forward pass of an optimiser step counts alike, and evaluation
        is as before. A resumed training takes the initial rank from its checkpoint. The term stands in the log as
        ``emergence/collapse_penalty`` beside the measures.

        Args:
            trainer: One with this callback, before it trains.
            weight: Of the term.
            until: Optimiser step at which it ends.
            more: Layer and positions, as of `emergence.CollapsePenalty`.

        Raises:
            CallbackError: if the Trainer does not have this callback, or its loss has the term already.
            PenaltyError: as `emergence.CollapsePenalty`.
        """
        if self not in trainer.callback_handler.callbacks:
            raise CallbackError("the Trainer does not have this callback; give it: Trainer(..., callbacks=[callback])")
        if self._loss is not None:
            raise CallbackError("prevent_collapse was called before; call it once")
        self._loss = PenalisedLoss(trainer, weight=weight, until=until, **more)

    def on_train_begin(self, args: Any, state: Any, control: Any, model: Any = None, **given: Any) -> None:
        """Measure the model before training.

        Raises:
            CallbackError: if the Trainer has no tokenizer.
            MeasureError, ProbeError: if the probes do not fit the model.
        """
        if self._loss is not None:
            self._loss.begin(model)
        tokenizer = given.get("processing_class") or given.get("tokenizer")
        if tokenizer is None:
            raise CallbackError("the Trainer has no tokenizer; give it one: Trainer(..., processing_class=tokenizer)")
        subject, scores = language_subject(model, self.probes, lambda text: _tokens(tokenizer, text))
        name = Path(args.output_dir).resolve().name
        self.tracker = SubjectTracker(
            subject, scores, measures=self.measures, options=self.options, name=name, seed=args.seed
        )
        self._log(state)

    def on_step_end(self, args: Any, state: Any, control: Any, **given: Any) -> None:
        """Measure the model every ``every`` steps, or when it is evaluated or saved."""
        due = control.should_evaluate or control.should_save
        if state.global_step % self.every == 0 if self.every else due:
            self._log(state)

    def on_train_end(self, args: Any, state: Any, control: Any, **given: Any) -> None:
        """Measure the model a last time, and write the report."""
        if self.tracker is None or not state.is_world_process_zero:
            return
        self._log(state)
        folder = Path(self.output_dir or Path(args.output_dir, FOLDER))
        print(f"{self.tracker.report(folder, control=self.control)}\nReport: {folder / 'report.html'}")

    def _log(self, state: Any) -> None:
        """Measure the model once a step, on the first process."""
        if self.tracker is None or not state.is_world_process_zero or state.global_step == self._last:
            return
        self._last = state.global_step
        values = {f"emergence/{name}": value for name, value in self.tracker.log(state.global_step).items()}
        if self._loss is not None:
            values["emergence/collapse_penalty"] = self._loss.penalty.value
        if self._trainer is not None:
            self._trainer.log(values)
        else:
            state.log_history.append({**values, "step": state.global_step})


def _tokens(tokenizer: Any, text: str) -> list[int]:
    """Tokens of a text, without marks of start or end."""
    return list(tokenizer(text, add_special_tokens=False)["input_ids"])
