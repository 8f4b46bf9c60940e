"""Where the scaling laws hold: one resource must be the bottleneck (arXiv:2404.17563).

T stands for ηST, the dimensionless time. "Much larger" is a matter of degree, so that each condition tells the ratio
of its two sides, and counts as met from ``margin`` on. Resources in plenty may be infinite.
"""

from dataclasses import dataclass
from math import inf, isinf, log

from emergence.theory.domain import TheoryError


@dataclass(frozen=True)
class Condition:
    """One condition, by its name in the paper, the ratio of its sides, and whether it is met."""

    name: str
    ratio: float
    met: bool


@dataclass(frozen=True)
class Resources:
    """What a model is trained with: time ηST, samples D, width N, and the exponent α of its skills."""

    time: float
    samples: float
    width: float
    alpha: float

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if not value > 0:
                raise TheoryError(f"{name} = {value:g}: conditions compare powers of it; take one above 0")

    @property
    def held(self) -> float:
        """N^(α+1), the time at which the last skill within the width is due."""
        return self.width ** (self.alpha + 1)


def of_time(given: Resources, margin: float) -> list[Condition]:
    """For L ∝ T^(−α/(α+1)): D ≫ NT², D ≫ T³, N^(α+1) ≫ T."""
    return [
        _much_larger("D ≫ N T²", given.samples, given.width * given.time**2, margin),
        _much_larger("D ≫ T³", given.samples, given.time**3, margin),
        _much_larger("N^(α+1) ≫ T", given.held, given.time, margin),
    ]


def of_data(given: Resources, margin: float, epsilon: float) -> list[Condition]:
    """For L ∝ D^(−α/(α+1)): T ≫ D (log D)^(1+ε), for some ε > 0, and N^(α+1) ≫ D."""
    if given.samples <= 1:
        raise TheoryError(f"samples = {given.samples:g}: the condition takes their logarithm; take more than one")
    needed = given.samples * log(given.samples) ** (1 + epsilon)
    return [
        _much_larger("T ≫ D (log D)^(1+ε)", given.time, needed, margin),
        _much_larger("N^(α+1) ≫ D", given.held, given.samples, margin),
    ]


def of_width(given: Resources, margin: float) -> list[Condition]:
    """For L ∝ N^−α: D ≫ T³, and N^(α+1) = o(T)."""
    return [
        _much_larger("D ≫ T³", given.samples, given.time**3, margin),
        _much_larger("T ≫ N^(α+1)", given.time, given.held, margin),
    ]


def of_compute(given: Resources, margin: float) -> list[Condition]:
    """For L ∝ C^(−α/(α+2)): D ≫ T³, and N^(α+1) ≈ T, which is met where neither is ``margin`` times the other."""
    ratio = given.held / given.time
    return [
        _much_larger("D ≫ T³", given.samples, given.time**3, margin),
        Condition("N^(α+1) ≈ T", ratio, 1 / margin < ratio < margin),
    ]


def _much_larger(name: str, large: float, small: float, margin: float) -> Condition:
    ratio = inf if isinf(large) else large / small
    return Condition(name, ratio, ratio >= margin)
