"""Scaling laws: direct sums of the loss over many skills, beside the power laws that they tend to.

Here η = S = 1, so that T stands for ηST, and compute is N·T. A power law lacks nothing; n_s skills lack a constant of
the order n_s^−α, which bends the loss away from its law, strongly for small α. So each exponent is fitted twice: to the
sums as they are, and with that constant added back. In data and width the linear model has the sums of the multilinear
one (`emergence.theory.linear`), so that it has rows of its own in time alone.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from emergence import tables
from emergence.schemas.scaling import EXPONENTS, SCALING
from emergence.settings.scaling import ComputeRange, Laws, Range
from emergence.theory import compute, linear, loss, scaling
from emergence.theory.constants import Constants
from emergence.theory.scaling import PowerLaw
from emergence.theory.skills import Skills

Array = NDArray[np.float64]

FEWEST = 3  # points that an exponent is fitted to


@dataclass(frozen=True)
class Axis:
    """One axis on which one model is summed."""

    model: str
    name: str
    law: Callable[[Skills, Constants], PowerLaw]
    loss: Callable[[Array, Skills, Constants], Array]


AXES = (
    Axis("multilinear", "time", scaling.of_time, loss.of_time),
    Axis("linear", "time", linear.scaling_of_time, linear.loss_of_time),
    Axis("multilinear", "data", scaling.one_shot, loss.one_shot),
    Axis("multilinear", "width", scaling.of_width, loss.of_width),
)


@dataclass(frozen=True)
class Curve:
    """One quantity along one axis, and its law."""

    model: str
    axis: str
    quantity: str
    alpha: float
    x: Array
    value: Array
    law: PowerLaw
    along: Range

    @property
    def _names(self) -> dict[str, object]:
        return {"model": self.model, "axis": self.axis, "quantity": self.quantity, "alpha": self.alpha}

    @property
    def rows(self) -> pd.DataFrame:
        """Rows of the table ``scaling``."""
        of_law = {"asymptote": self.law.asymptote(self.x), "law": self.law.loss(self.x)}
        return pd.DataFrame({"x": self.x, "value": self.value, **of_law}).assign(**self._names)

    @property
    def exponent(self) -> dict[str, object]:
        """Its row of the table ``exponents``."""
        low, high = self.along.holds
        inside = (self.x >= low) & (self.x <= high)
        x, value = self.x[inside], self.value[inside]
        whole = value + self.law.rest
        row = {**self._names, "expected": self.law.exponent, "low": low, "high": high, "points": len(x)}
        if len(x) < FEWEST:
            return row
        prefactor = float(np.exp(np.log(whole / self.law.asymptote(x)).mean()))
        return row | {"slope": log_slope(x, value), "corrected": log_slope(x, whole), "prefactor": prefactor}


def log_slope(x: Array, y: Array) -> float:
    """Least-squares slope of ln y on ln x.

    >>> round(log_slope(np.array([1.0, 10.0, 100.0]), np.array([3.0, 30.0, 300.0])), 6)
    1.0
    """
    return float(np.polyfit(np.log(x), np.log(y), 1)[0])


def points(between: Sequence[float], count: int, whole: bool) -> Array:
    """``count`` values, evenly on a logarithmic scale; whole numbers, each once, if asked for."""
    first, last = between
    values = np.geomspace(first, last, count)
    return np.unique(values.round()) if whole else values


def curves(settings: Laws, alpha: float) -> Iterator[Curve]:
    """Everything that is summed for one α."""
    constants = Constants("half_mse", learning_rate=1.0, target=1.0, initial=settings.initial)
    skills = Skills(alpha, settings.skills)
    for axis in AXES:
        along: Range = getattr(settings, axis.name)
        x = points(along.drawn, settings.points, whole=axis.name == "width")
        total, law = axis.loss(x, skills, constants), axis.law(skills, constants)
        yield Curve(axis.model, axis.name, "loss", alpha, x, total, law, along)
    yield from _optimum(settings.compute, alpha, settings.points, constants)


def _optimum(along: ComputeRange, alpha: float, count: int, constants: Constants) -> Iterator[Curve]:
    """Least loss for given compute, and the width that has it."""
    skills, x = Skills(alpha, along.skills), points(along.drawn, count, whole=False)
    widths = points(along.widths, along.tried, whole=True)
    least, best = compute.best_width(x, widths, skills, constants)
    envelope = compute.envelope(skills, constants)
    width_law = PowerLaw(envelope.width_exponent, envelope.width_scale, rest=0.0)
    yield Curve("multilinear", "compute", "loss", alpha, x, least, envelope.loss, along)
    yield Curve("multilinear", "compute", "width", alpha, x, best, width_law, along)


def make(settings: Laws, scaling_table: Path, exponents_table: Path) -> None:
    """Sum the losses, and fit their exponents."""
    found = [curve for alpha in settings.alphas for curve in curves(settings, alpha)]
    tables.write(SCALING, pd.concat([curve.rows for curve in found]), scaling_table)
    exponents = pd.DataFrame([curve.exponent for curve in found], columns=EXPONENTS.arrow.names)
    tables.write(EXPONENTS, exponents, exponents_table)
