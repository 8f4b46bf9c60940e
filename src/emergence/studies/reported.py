"""The settings that the paper reports: all with which numbers were made."""

from emergence.settings.base import Device, Name, Strict
from emergence.settings.calibration import Calibration
from emergence.settings.compute import Compute
from emergence.studies.anatomy import Anatomy
from emergence.studies.language import Language
from emergence.studies.multifractal import MultifractalStudy
from emergence.studies.solvable import Solvable


class PaperSettings(Strict):
    """What the stage that collects the numbers of the paper is given; a changed look of figures is none of it."""

    tier: Name
    device: Device
    compute: Compute
    anatomy: Anatomy
    solvable: Solvable
    multifractal: MultifractalStudy
    language: Language
    calibration: Calibration
