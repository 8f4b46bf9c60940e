"""Published moments and cut-offs."""

import numpy as np
import pytest

from emergence.config.neuromfa import Boxes, Moments
from emergence.multifractal.spectrum import Array, moments


@pytest.fixture
def q() -> Array:
    """−3 to 3 by .1."""
    return moments(Moments(largest=3.0, step=0.1))


@pytest.fixture
def fine() -> Array:
    """Steps so small that differences are derivatives."""
    return np.arange(-3, 4) * 1e-3


@pytest.fixture
def published() -> Boxes:
    return Boxes(kind="star", integer=True, above=1.0, largest=150.0, radius_step=1.0, occurring=True, edges=10)


@pytest.fixture
def plain() -> Boxes:
    """No rounding and no cut-offs but the largest radius."""
    return Boxes(kind="star", integer=False, above=0.0, largest=150.0, radius_step=1.0, occurring=False, edges=0)
