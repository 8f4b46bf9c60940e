"""A model to look at, and a tiny trajectory to follow."""

from pathlib import Path

import pytest
from synthetic.tiny_models import scrambled

from emergence.config.measures import RankMe
from emergence.config.training import Checkpoints, Compute, Sample, Size, Training, TrainSettings
from emergence.measures.run import MeasureSettings
from emergence.models.transformer import Transformer
from emergence.tasks import data, vocabulary
from emergence.tasks.data import TaskSettings
from emergence.training.task_transformer import train_run

LEVELS = {"PAR": ["3"], "COPY": ["5"], "ADD": ["1"]}


@pytest.fixture
def model() -> Transformer:
    return scrambled(Transformer(3, 12, 3, vocabulary.SIZE, 16), seed=4, sigma=0.5)


@pytest.fixture
def rankme_settings() -> MeasureSettings:
    return MeasureSettings(measure="rankme", options=RankMe(epsilon=1e-7), device="cpu")


@pytest.fixture
def probes(tmp_path: Path) -> Path:
    samples = {"evaluation": Sample(examples=8, seed=1), "probes": Sample(examples=20, seed=2)}
    paths = (tmp_path / "evaluation.safetensors", tmp_path / "probes.safetensors", tmp_path / "baselines.parquet")
    data.draw_task_data(TaskSettings(levels=LEVELS, **samples), *paths)
    return paths[1]


@pytest.fixture
def trajectory(tmp_path: Path, probes: Path) -> Path:
    """A run of two layers over twelve steps, with checkpoints at 0, 1, 2, 6, 10 and 12."""
    rates = {"learning_rate": 0.01, "warmup": 2, "final_fraction": 0.1, "betas": [0.9, 0.98]}
    settings = TrainSettings(
        study="anatomy",
        run="2x8-s3",
        size=Size(name="2x8", layers=2, width=8, heads=2),
        seed=3,
        levels=LEVELS,
        context=16,
        training=Training(steps=12, examples=2, weight_decay=0.01, clip=1.0, **rates),
        checkpoints=Checkpoints(every_step_until=2, log_until=2, per_decade=1, linear_every=4),
        compute=Compute(precision="float32", compile=False, together=1),
        device="cpu",
    )
    train_run(settings, probes.with_name("evaluation.safetensors"), tmp_path / "run", tmp_path / "state")
    return tmp_path / "run"
