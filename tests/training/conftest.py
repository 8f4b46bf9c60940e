"""A run that trains in a fraction of a second."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from emergence.config.training import Checkpoints, Compute, Sample, Size, Training, TrainSettings
from emergence.tasks import data
from emergence.tasks.data import TaskSettings

LEVELS = {"COPY": ["1"], "MOD": ["5"]}
PLAIN = Compute(precision="float32", compile=False, together=1)


@pytest.fixture(scope="session")
def make_settings() -> Callable[..., TrainSettings]:
    """Settings of a run; keywords ``seed``, ``size``, ``levels`` and ``compute``, and those of `Training`."""

    def made(
        seed: int = 1,
        size: Size | None = None,
        levels: dict[str, list[str]] = LEVELS,
        compute: Compute = PLAIN,
        **changed: Any,
    ) -> TrainSettings:
        plain = {"steps": 20, "examples": 4, "learning_rate": 0.01, "warmup": 5, "final_fraction": 0.1}
        training = Training(**{**plain, "betas": [0.9, 0.98], "weight_decay": 0.01, "clip": 1.0, **changed})
        return TrainSettings(
            study="anatomy",
            run=f"tiny-s{seed}",
            size=size or Size(name="2x8", layers=2, width=8, heads=2),
            seed=seed,
            levels=levels,
            context=16,
            training=training,
            checkpoints=Checkpoints(every_step_until=2, log_until=10, per_decade=4, linear_every=5),
            compute=compute,
            device="cpu",
        )

    return made


@pytest.fixture(scope="session")
def make_evaluation(tmp_path_factory: pytest.TempPathFactory) -> Callable[[TrainSettings], Path]:
    """Evaluation set of a run, as the tasks stage writes it."""

    def made(settings: TrainSettings) -> Path:
        folder = tmp_path_factory.mktemp("tasks")
        samples = {"evaluation": Sample(examples=10, seed=11), "probes": Sample(examples=10, seed=12)}
        paths = (folder / "evaluation.safetensors", folder / "probes.safetensors", folder / "baselines.parquet")
        data.draw_task_data(TaskSettings(levels=settings.levels, **samples), *paths)
        return paths[0]

    return made


@pytest.fixture
def settings(make_settings: Callable[..., TrainSettings]) -> TrainSettings:
    return make_settings()


@pytest.fixture
def evaluation(settings: TrainSettings, make_evaluation: Callable[[TrainSettings], Path]) -> Path:
    return make_evaluation(settings)


@pytest.fixture(scope="session")
def make_contents() -> Callable[[Path], dict[str, bytes]]:
    """All files of a folder, by their names."""
    return lambda folder: {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
