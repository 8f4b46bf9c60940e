"""Planted networks: their strengths are those of theory, with constants that are known."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from emergence.analysis.parity.constants import ConstantSettings, Resampling
from emergence.analysis.parity.curves import CurveSettings
from emergence.config.parity import Published
from emergence.config.parity_networks import Optimiser, Sweep
from emergence.theory import strengths
from emergence.theory.model import Constants, Skills, initial_strength

TRUE = {"speed": 1 / 20, "shots": 700.0, "neurons": 3.5}
POINTS = {
    "step": np.arange(0, 24001, 50),
    "samples": np.array([100, 200, 300, 400, 500, 600, 700, 800, 1000, 2000, 4000, 8000, 16000]),
    "width": np.arange(1, 22),
}


def sweep(**changed: Any) -> Sweep:
    plain: dict[str, Any] = {"widths": [1000], "seeds": [1, 2, 3, 4], "steps": 24000, "batch": 4000, "sigma": 0.01}
    descent = Optimiser(name="sgd", learning_rate=0.02)
    return Sweep(**{**plain, "loss": "mse", "every": 50, "optimiser": descent, **changed})


@pytest.fixture(scope="session")
def published() -> Published:
    return Published(speed=1 / 22, shots=800.0, neurons=4.0)


@pytest.fixture(scope="session")
def resampling() -> Resampling:
    return Resampling(confidence=0.95, draws=200, seed=1)


@pytest.fixture(scope="session")
def constant_settings(published: Published, resampling: Resampling) -> ConstantSettings:
    return ConstantSettings(
        target=5.0, time=sweep(), data=sweep(), width=sweep(), published=published, resampling=resampling
    )


@pytest.fixture(scope="session")
def curve_settings(resampling: Resampling) -> CurveSettings:
    return CurveSettings(
        target=5.0, skills=5, alpha=0.6, network=sweep(), shares=[0.05, 0.5, 0.95], resampling=resampling
    )


@pytest.fixture(scope="session")
def plant() -> Callable[..., pd.DataFrame]:
    """Rows of networks on an axis that obey a law, but for factors of their seeds on the axis and noise."""

    def planted(axis: str, skills: int, law: str = "linear", spread: float = 0.0, noise: float = 0.0) -> pd.DataFrame:
        constants = Constants("mse", 0.02, 5.0, initial_strength(0.01), **TRUE)
        rng, frames, given = np.random.default_rng(7), [], Skills(0.6, skills)
        for seed in range(1, 5):
            points = POINTS[axis] * np.exp(spread * rng.standard_normal())
            found = {
                "step": lambda x: strengths.of_time(x, given.frequencies, constants),
                "samples": lambda x: strengths.of_data(x, given.frequencies, constants, law),
                "width": lambda x: strengths.of_width(x, skills, constants),
            }[axis](points)
            for skill in range(skills):
                strength = found[:, skill] / 5 + noise * rng.standard_normal(len(points))
                frames.append(
                    pd.DataFrame({axis: POINTS[axis], "strength": strength, "seed": seed, "skill": skill + 1})
                )
        rows = pd.concat(frames, ignore_index=True)
        defaults = {"sweep": "planted", "width": 1000, "samples": None, "step": 24000, "loss": 0.0}
        return rows.assign(**{key: value for key, value in defaults.items() if key != axis}).astype(
            {"samples": "Int64"}
        )

    return planted
