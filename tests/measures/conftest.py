"""A model to look at, and a tiny trajectory to follow."""

from pathlib import Path

import pytest
import torch

from emergence.models.transformer import Transformer
from emergence.settings.compute import Compute
from emergence.settings.learning import Checkpoints, Sample, Size, TaskSettings, Training, TrainSettings
from emergence.settings.measures import MeasureSettings, RankMe
from emergence.tasks import data, vocabulary
from emergence.training.train import train

LEVELS = {"PAR": ["3"], "COPY": ["5"], "ADD": ["1"]}


@pytest.fixture
def model() -> Transformer:
    """Weights far larger than at the start, so that layers, positions and tasks differ."""
    model = Transformer(layers=3, width=12, heads=3, vocabulary=vocabulary.SIZE, context=16)
    generator = torch.Generator().manual_seed(4)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(0.0, 0.5, generator=generator)
    return model


@pytest.fixture
def rankme_settings() -> MeasureSettings:
    return MeasureSettings(measure="rankme", options=RankMe(epsilon=1e-7), device="cpu")


@pytest.fixture
def probes(tmp_path: Path) -> Path:
    samples = {"evaluation": Sample(examples=8, seed=1), "probes": Sample(examples=20, seed=2)}
    paths = (tmp_path / "evaluation.safetensors", tmp_path / "probes.safetensors", tmp_path / "baselines.parquet")
    data.make(TaskSettings(levels=LEVELS, **samples), *paths)
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
    train(settings, probes.with_name("evaluation.safetensors"), tmp_path / "run", tmp_path / "state")
    return tmp_path / "run"
