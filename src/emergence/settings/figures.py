"""Settings of the figures, and what each figure's stage is given."""

from typing import Annotated, Literal

from pydantic import Field

from emergence.settings.analysis import Definition, Detector, ScoredMetric
from emergence.settings.base import Count, Fraction, Positive, Strict
from emergence.settings.measures import LocalLearning
from emergence.settings.variants import Variant

Dpi = Annotated[int, Field(ge=50, le=600)]


class Figures(Strict):
    """Look of the figures."""

    dpi: Dpi
    """of the PNG copies, dots an inch"""


class Figure1Settings(Strict):
    """What figure 1 is given."""

    dpi: Dpi
    metric: ScoredMetric
    threshold: Fraction


class Figure2Settings(Strict):
    """What figure 2 is given."""

    dpi: Dpi
    variant: Variant
    equivalence: Fraction


class Figure3Settings(Strict):
    """What figure 3 is given."""

    dpi: Dpi
    variant: Variant
    floor_until: Count


class Figure4Settings(Strict):
    """What figure 4 is given."""

    dpi: Dpi
    metric: ScoredMetric
    definition: Definition
    margin: float


class Figure5Settings(Strict):
    """What figure 5 is given."""

    dpi: Dpi
    metric: ScoredMetric
    feature: Literal["onset"]


class FigureS3Settings(Strict):
    """What figure S3 is given."""

    dpi: Dpi
    options: LocalLearning


class FigureS4Settings(Strict):
    """What figure S4 is given."""

    dpi: Dpi


class Figure6Settings(Strict):
    """What figure 6 is given."""

    dpi: Dpi


class Figure8Settings(Strict):
    """What figure 8 is given."""

    dpi: Dpi
    metric: ScoredMetric
    detector: Detector
    definition: Definition
    precursor_rate: Fraction
    """that a measure must reach, drawn as a line"""
    timing: Positive
    """errors of the detector within which it is exact enough, drawn as a band"""


class Figure9Settings(Strict):
    """What figure 9 is given."""

    dpi: Dpi


class FigureS8Settings(Strict):
    """What figure S8 is given."""

    dpi: Dpi
    shares: Annotated[list[Fraction], Field(min_length=2, max_length=2)]


class FigureS5Settings(Strict):
    """What figure S5 is given."""

    dpi: Dpi


class FigureS7Settings(Strict):
    """What figure S7 is given."""

    dpi: Dpi
