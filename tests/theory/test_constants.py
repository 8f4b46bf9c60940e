"""Constants: rates of both objectives, and values for which there is no model."""

from dataclasses import FrozenInstanceError, replace
from typing import Any

import numpy as np
import pytest

from emergence.theory.constants import Constants, initial_strength
from emergence.theory.domain import TheoryError


def test_rate_of_each_objective() -> None:
    """2ηS of the text, 4ηS of the figures, times B²."""
    text = Constants("half_mse", 0.05, 5.0, 1e-4)
    assert text.rate == pytest.approx(2 * 0.05 * 5)
    assert replace(text, objective="mse", speed=1 / 22).rate == pytest.approx(4 * 0.05 * 5 / 22)


def test_published_start() -> None:
    assert initial_strength(0.01) == pytest.approx(1e-4 / 3.6)
    assert Constants("mse", 0.02, 5.0, initial_strength(0.01)).delay == pytest.approx(np.log(179_999))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"objective": "mean squared error"}, "objective = 'mean squared error': choose one of half_mse, mse"),
        ({"learning_rate": 0.0}, "learning_rate = 0: nothing is learned"),
        ({"target": -1.0}, "target = -1"),
        ({"initial": 0.0}, "initial = 0: a skill of no strength has no gradient"),
        ({"initial": 5.0}, "initial = 5: not below the target"),
        ({"speed": 0.0}, "speed = 0"),
        ({"shots": np.nan}, "shots = nan"),
        ({"neurons": np.inf}, "neurons = inf"),
    ],
)
def test_constants_without_a_model(network: Constants, change: dict[str, Any], reason: str) -> None:
    with pytest.raises(TheoryError, match=reason):
        replace(network, **change)


def test_constants_do_not_change(network: Constants) -> None:
    with pytest.raises(FrozenInstanceError):
        network.speed = 1.0  # type: ignore[misc]


def test_a_start_of_zero_width_is_refused() -> None:
    with pytest.raises(TheoryError, match="sigma = 0: weights that start at zero never leave it"):
        initial_strength(0.0)
