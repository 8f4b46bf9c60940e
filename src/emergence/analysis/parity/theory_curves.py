"""Curves of theory that explain the main laws: modes, three neurons, finitely many skills, and width under compute.

After figures 5, 8, 7 and 3 of arXiv:2404.17563, in this order (table ``theory_curves``).
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.optimize import minimize_scalar
from scipy.special import expit

from emergence.analysis.curves import Array
from emergence.config.parity_theory import TheoryCurves
from emergence.io import tables
from emergence.schemas.parity import THEORY_CURVES
from emergence.theory import deep_linear, loss, relu_parity
from emergence.theory.model import Constants, Skills

FINE = 200  # points of curves that take no sum
UNIT = Constants("half_mse", learning_rate=1.0, target=1.0, initial=0.01)
"""The multilinear model for η = S = 1, started as the direct sums are."""
Frames = Iterator[pd.DataFrame]


def modes(settings: TheoryCurves) -> Frames:
    """A linear network of two layers: the share of each mode that is learned, over time."""
    times = np.linspace(0, settings.modes.until, FINE)
    learned = deep_linear.learned_share(times, settings.modes.strengths, settings.modes.initial, rate=1.0)
    for strength, share in zip(settings.modes.strengths, learned.T, strict=True):
        yield _curve("modes", "closed form", strength, times, share)


def neurons(settings: TheoryCurves) -> Frames:
    """Strength of three ReLU neurons on three bits, beside its nearest sigmoid and that of the multilinear model."""
    given = settings.neurons
    times = np.linspace(0, given.until, FINE)
    rate = given.learning_rate * times
    strength = relu_parity.strength(relu_parity.gradient_flow(rate, given.target, given.initial)) / given.target
    delay = np.log(1 / strength[0] - 1)

    def sigmoid(speed: float) -> Array:
        return np.asarray(expit(2 * speed * given.target * rate - delay), dtype=np.float64)

    nearest = minimize_scalar(lambda b: ((sigmoid(b) - strength) ** 2).sum(), bounds=(0.01, 1.0), method="bounded").x
    yield _curve("neurons", "flow", given.initial, times, strength)
    yield _curve("neurons", "sigmoid", float(nearest), times, sigmoid(float(nearest)))
    yield _curve("neurons", "sigmoid", 1.0, times, sigmoid(1.0))


def finite(settings: TheoryCurves) -> Frames:
    """The loss over time of n_s skills, the power law, and the law with the skills beyond n_s.

    The last solves dL/dT = −α/(α+1) (L + L_C)/T, with L_C the loss of the skills beyond, about S²A n_s^−α/2α.
    """
    given = settings.finite
    times = np.geomspace(1, given.until, settings.points)
    for alpha in given.alphas:
        skills = Skills(alpha, given.skills)
        law = loss.law_of_time(skills, UNIT)
        for name, value in {
            "sum": loss.of_time(times, skills, UNIT), "power law": law.asymptote(times), "corrected": law.loss(times)
        }.items():  # fmt: skip
            yield _curve("finite", name, given.skills, times, value, alpha)


def compute(settings: TheoryCurves) -> Frames:
    """The loss against compute N·ηST of every width N, and where N^(α+1) = ηST on each."""
    given = settings.compute
    for alpha in given.alphas:
        skills = Skills(alpha, given.skills)
        for width in given.widths:
            total = np.geomspace(max(given.between[0], width), given.between[1], settings.points)
            yield _curve("compute", "width", width, total, _at_width(total, width, skills), alpha)
            balanced = np.array([width ** (alpha + 2.0)])
            if total[0] <= balanced[0] <= total[-1]:
                yield _curve("compute", "balanced", width, balanced, _at_width(balanced, width, skills), alpha)


def _at_width(total: Array, width: int, skills: Skills) -> Array:
    return loss.of_time_and_width(total / width, width, skills, UNIT)


def _curve(
    panel: str, curve: str, parameter: float, x: Array, value: Array, alpha: float | None = None
) -> pd.DataFrame:
    names = {"panel": panel, "curve": curve, "parameter": float(parameter), "alpha": np.nan if alpha is None else alpha}
    return pd.DataFrame({"x": x, "value": value}).assign(**names)


def tabulate_theory(settings: TheoryCurves, table: Path) -> None:
    """Tabulate the curves (table ``theory_curves``)."""
    frames = [frame for panel in (modes, neurons, finite, compute) for frame in panel(settings)]
    tables.write(THEORY_CURVES, pd.concat(frames, ignore_index=True), table)
