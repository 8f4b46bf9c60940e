"""Settings of what is made of networks on multitask sparse parity: constants, curves, crossings."""

from typing import Annotated

from pydantic import Field

from emergence.settings.base import Count, Fraction, Positive, Seed, Strict
from emergence.settings.networks import Sweep


class Published(Strict):
    """Constants as published, to stand beside those that are fitted here."""

    speed: Positive
    """B²"""
    shots: Positive
    """D_c"""
    neurons: Positive
    """N_c"""


class Resampling(Strict):
    """Intervals over seeds."""

    confidence: Fraction
    draws: Annotated[int, Field(ge=100)]
    seed: Seed


class ConstantSettings(Strict):
    """What the constants stage is given."""

    target: Positive
    """S"""
    time: Sweep
    data: Sweep
    width: Sweep
    published: Published
    resampling: Resampling


class CurveSettings(Strict):
    """What the curves stage is given."""

    target: Positive
    skills: Count
    alpha: Positive
    network: Sweep
    shares: Annotated[list[Fraction], Field(min_length=1)]
    """of the final strength, whose crossings are dated"""
    resampling: Resampling


class NetworkVerdicts(Strict):
    """Thresholds of the verdicts on networks against theory, fixed before the numbers were seen."""

    constant: Fraction
    """relative distance from the published constant within which one that is fitted here confirms it"""
    crossing: Fraction
    """relative distance from theory within which networks pass one half"""


class Entropy(Strict):
    """The slope of the cross-entropy over time."""

    ranks: Annotated[list[Count], Field(min_length=2, max_length=2)]
    """skills from whose emergence to whose the slope is fitted"""
    published: Positive
    """slope measured in arXiv:2303.13506, without its sign"""
    tolerance: Positive
    """of slopes, for the verdict"""


class EntropySettings(Strict):
    """What the entropy stage is given."""

    alpha: Positive
    skills: Count
    ranks: tuple[int, int]
    published: Positive
    confidence: Fraction
