"""Scaling laws: direct sums of the loss over many skills, beside the power laws that they approach.

Here η = S = 1, so that T stands for ηST, and compute is N·T. The sum over n_s skills misses a constant of order n_s^−α,
which bends the loss away from the power law of infinitely many, strongly for small α. So each exponent is fitted twice:
to the sums as they are, and with that constant added. In data and width the linear model has the sums of the
multilinear one (`emergence.theory.linear`), so it has rows of its own in time alone.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from emergence.analysis.curves import Array
from emergence.analysis.parity.law_ranges import met_ranges
from emergence.config.parity_theory import ComputeRange, Laws, Range
from emergence.io import tables
from emergence.schemas.parity import SCALING_CONDITIONS, SCALING_EXPONENTS, SCALING_LAWS
from emergence.theory import compute, linear, loss
from emergence.theory.loss import PowerLaw
from emergence.theory.model import Constants, Skills

FEWEST = 3  # points for the fit of an exponent


@dataclass(frozen=True)
class Axis:
    """One axis along which the loss of one model is summed."""

    model: str
    name: str
    law: Callable[[Skills, Constants], PowerLaw]
    loss: Callable[[Array, Skills, Constants], Array]


AXES = (
    Axis("multilinear", "time", loss.law_of_time, loss.of_time),
    Axis("linear", "time", linear.scaling_of_time, linear.loss_of_time),
    Axis("multilinear", "data", loss.law_of_one_shot, loss.one_shot),
    Axis("multilinear", "width", loss.law_of_width, loss.of_width),
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
        """Rows of the table ``scaling_laws``."""
        of_law = {"asymptote": self.law.asymptote(self.x), "law": self.law.loss(self.x)}
        return pd.DataFrame({"x": self.x, "value": self.value, **of_law}).assign(**self._names)

    @property
    def exponent(self) -> dict[str, object]:
        """Row of the table ``scaling_exponents``."""
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
    """Values evenly spaced on a logarithmic scale.

    Args:
        between: First and last value.
        count: Number of values.
        whole: Round to integers and keep each once, which may leave fewer.
    """
    first, last = between
    values = np.geomspace(first, last, count)
    return np.unique(values.round()) if whole else values


def curves(settings: Laws, alpha: float) -> Iterator[Curve]:
    """All curves of one α."""
    constants = Constants("half_mse", learning_rate=1.0, target=1.0, initial=settings.initial)
    skills = Skills(alpha, settings.skills)
    for axis in AXES:
        along: Range = getattr(settings, axis.name)
        x = points(along.drawn, settings.points, whole=axis.name == "width")
        total, law = axis.loss(x, skills, constants), axis.law(skills, constants)
        yield Curve(axis.model, axis.name, "loss", alpha, x, total, law, along)
    yield from _optimum(settings.compute, alpha, settings.points, constants)


def _optimum(along: ComputeRange, alpha: float, count: int, constants: Constants) -> Iterator[Curve]:
    """Least loss for given compute, and the width that attains it."""
    skills, x = Skills(alpha, along.skills), points(along.drawn, count, whole=False)
    widths = points(along.widths, along.tried, whole=True)
    least, best = compute.best_width(x, widths, skills, constants)
    envelope = compute.envelope(skills, constants)
    width_law = PowerLaw(envelope.width_exponent, envelope.width_scale, rest=0.0)
    yield Curve("multilinear", "compute", "loss", alpha, x, least, envelope.loss, along)
    yield Curve("multilinear", "compute", "width", alpha, x, best, width_law, along)


def over_power_law(sums: pd.DataFrame) -> pd.DataFrame:
    """Table ``scaling`` with ``value`` and ``law`` divided by the power law of infinitely many skills."""
    return sums.assign(**{column: sums[column] / sums["asymptote"] for column in ("value", "law")})


def fit_scaling_laws(
    settings: Laws, scaling_laws_table: Path, scaling_exponents_table: Path, scaling_conditions_table: Path
) -> None:
    """Sum the losses, fit their exponents, and tell where each law's conditions are met (three tables).

    Args:
        settings: α of the skill frequencies, numbers of skills, and where each law is summed and fitted.
        scaling_laws_table: Where ``scaling_laws`` is written.
        scaling_exponents_table: Where ``scaling_exponents`` is written.
        scaling_conditions_table: Where ``scaling_conditions`` is written.

    Raises:
        TheoryError: if a best width is the smallest or the largest that is tried.
    """
    summed = [curve for alpha in settings.alphas for curve in curves(settings, alpha)]
    sums = pd.concat([curve.rows for curve in summed])
    tables.write(SCALING_LAWS, sums, scaling_laws_table)
    exponents = pd.DataFrame([curve.exponent for curve in summed], columns=SCALING_EXPONENTS.arrow.names)
    tables.write(SCALING_EXPONENTS, exponents, scaling_exponents_table)
    tables.write(SCALING_CONDITIONS, met_ranges(sums, settings), scaling_conditions_table)
