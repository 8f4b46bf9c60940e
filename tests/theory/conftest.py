"""The model as published: five skills, the constants of the network over time, and those of the scaling laws."""

import pytest

from emergence.theory.model import Constants, Skills, initial_strength


@pytest.fixture
def five() -> Skills:
    return Skills(alpha=0.6, count=5)


@pytest.fixture
def network() -> Constants:
    """Constants of the published figures."""
    return Constants("mse", 0.02, 5.0, initial_strength(0.01), speed=1 / 22, shots=800, neurons=4)


@pytest.fixture
def multilinear() -> Constants:
    return Constants("half_mse", learning_rate=1.0, target=1.0, initial=0.01)
