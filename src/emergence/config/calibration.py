"""Settings of the calibration: how much is drawn for an estimate, and how far it may be from the exact value."""

from typing import Annotated

from pydantic import Field

from emergence.config.measures import LocalLearning
from emergence.config.types import Count, Fraction, Positive, Seed, Strict


class LangevinLengths(Strict):
    """Langevin chains; each potential has a step size of its own."""

    copies: Count
    """independent walkers of a chain"""
    burn_in: Annotated[int, Field(ge=0)]
    """steps that are not averaged"""
    draws: Count
    """steps that are"""


class Calibration(Strict):
    """Estimators against exact values."""

    seed: Seed
    """of all random checks"""
    deviations: Positive
    """tolerance of a random estimate whose standard error is known beforehand, in standard errors"""
    relative: Fraction
    """tolerance where that is not known (chains on singular models), as a share of the exact value"""
    labels: Annotated[int, Field(ge=2)]
    """answers drawn for each input (Fisher)"""
    signs: Annotated[int, Field(ge=2)]
    """random vectors of a trace (Hessian)"""
    examples: Annotated[int, Field(ge=4)]
    """of a linear probe; half are held out"""
    chains: LangevinLengths


class CalibrationSettings(Strict):
    """The calibration, with the options of the measures that it checks."""

    calibration: Calibration
    epsilon: Positive
    """of RankMe, the one that the measure uses"""
    llc: dict[str, LocalLearning]
    """the sampler's settings of each study that has the measure"""
