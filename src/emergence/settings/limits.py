"""Settings of the limits of prediction."""

from typing import Annotated

from pydantic import Field

from emergence.settings.analysis import ScoredMetric, Statistics
from emergence.settings.base import Strict


class Limits(Strict):
    """Order of task-levels by geometry against their order of emergence."""

    tie: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    """evaluations; events no farther apart have no order"""
    swap_margin: Annotated[float, Field(ge=1, allow_inf_nan=False)]
    """the later event of a reversed pair comes at more than this many times the step of the earlier, at both sizes"""
    permutations: Annotated[int, Field(ge=100)]
    """of task-levels, drawn for the nulls, and as many of tasks"""


class LimitSettings(Strict):
    """What the limits stage is given."""

    metric: ScoredMetric
    easy: list[str]
    limits: Limits
    statistics: Statistics
