"""Settings of the figures, and what each figure's stage is given."""

from typing import Annotated

from pydantic import Field

from emergence.settings.analysis import ScoredMetric
from emergence.settings.base import Count, Fraction, Strict
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
