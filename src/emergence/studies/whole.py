"""What a study sees of the configuration that it is a part of."""

from typing import Protocol

from emergence.errors import EmergenceError
from emergence.settings.base import Device
from emergence.settings.calibration import Calibration
from emergence.settings.figures import Figures


class ConfigError(EmergenceError):
    """A configuration that cannot be run; the message has one line for each thing to mend."""


class Whole(Protocol):
    """Settings that all studies share."""

    @property
    def device(self) -> Device:
        """Where networks are trained and measured."""

    @property
    def calibration(self) -> Calibration:
        """Of the checks of every estimator."""

    @property
    def figures(self) -> Figures:
        """Look of the figures."""
