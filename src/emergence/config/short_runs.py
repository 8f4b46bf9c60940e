"""Settings of the stages that train the short runs of Study 4."""

from emergence.config.arms import Paired
from emergence.config.frequencies import Frequencies
from emergence.config.interventions import Cell, Early
from emergence.config.protocol import ScoredMetric, Variant
from emergence.config.training import Checkpoints, Compute, Sample, Size, Training, TrainSettings
from emergence.config.types import Count, Device, Level, Positive, Seed, Strict


class RunSettings(Strict):
    """Settings of every run of the study."""

    context: Count
    compute: Compute
    device: Device

    def of(self, run: str, size: Size, seed: int, training: Training, tasks: dict[str, list[Level]]) -> TrainSettings:
        """Settings of one run; it keeps no checkpoints."""
        never = Checkpoints(every_step_until=0, log_until=1, per_decade=1, linear_every=training.steps)
        return TrainSettings(
            study="interventions", run=run, size=size, seed=seed, levels=tasks, context=self.context,
            training=training, checkpoints=never, compute=self.compute, device=self.device,
        )  # fmt: skip


class ClockSettings(RunSettings):
    """Cells of the clock with one seed."""

    seed: Seed
    cells: list[Cell]
    training: Training
    records: Checkpoints
    probes: Sample
    epsilon: Positive
    """of RankMe"""


class PairedSettings(RunSettings):
    """Paired runs of one size."""

    size: Size
    paired: Paired
    tasks: dict[str, list[Level]]
    evaluation: Sample
    epsilon: Positive
    """of RankMe"""


class FrequencySettings(RunSettings):
    """Runs with power-law frequencies."""

    frequencies: Frequencies
    tasks: dict[str, list[Level]]
    evaluation: Sample


class EarlySettings(Early):
    """Prediction from the first steps of the runs of Study 1."""

    metric: ScoredMetric
    """of Study 1, whose events are predicted"""
    variant: Variant
    """of RankMe"""
