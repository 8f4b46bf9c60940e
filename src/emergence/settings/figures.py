"""Settings of the figures, and what each figure's stage is given."""

from typing import Annotated, Literal

from pydantic import Field

from emergence.settings.analysis import Definition, ScoredMetric
from emergence.settings.base import Count, Fraction, Strict
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
