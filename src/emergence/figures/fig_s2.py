"""Figure S2. Errors in units of the tolerance."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from emergence.analysis.select import errors_in_tolerances, groups, select
from emergence.figures import panels, style
from emergence.io import tables
from emergence.schemas.trajectories import CALIBRATION

TITLE = "Estimators against exact values"

STEP, GAP = 0.08, 0.17  # inches between checks of an estimator, and between estimators
PASSED, MISSED = style.BLUE, style.VERMILION
REACH = 1.4  # tolerances


def draw(dpi: int, calibration: Path, pdf: Path, png: Path) -> None:
    """Draw figure S2 from tables."""
    style.save(plot(tables.read(CALIBRATION, calibration)), pdf, png, dpi)


def plot(calibration: pd.DataFrame) -> Figure:
    """Errors of all checks in tolerances, with their standard errors, those of an estimator together.

    Args:
        calibration: Table ``calibration``.
    """
    rows = _placed(calibration)
    figure = style.page(rows["place"].max() + 0.7)
    axes = figure.subplots()
    _errors(axes, rows)
    _names(axes, rows)
    return figure


def _placed(checks: pd.DataFrame) -> pd.DataFrame:
    """The checks with a ``place``, inches from the top: those of an estimator below one another."""
    rows = errors_in_tolerances(checks)
    return rows.assign(place=STEP * rows.index + GAP * (rows["number"] + 1))


def _errors(axes: Axes, rows: pd.DataFrame) -> None:
    """Errors as dots with standard errors; one too large for the panel is an arrow at its edge, and a number."""
    inside = rows["value"].abs() <= REACH
    axes.axvspan(-1, 1, color=style.NULL_COLOUR, alpha=0.3, linewidth=0)
    style.guide(axes, x=0, colour="0.5")
    for passed, colour, face in ((True, PASSED, PASSED), (False, MISSED, "white")):
        shown = select(rows[inside], passed=passed)
        look: dict[str, Any] = {"markersize": 3, "linewidth": 0.8, "markerfacecolor": face}
        panels.intervals(axes, shown["place"], shown, colour=colour, **look)
    for row in rows[rows["value"].abs() > REACH].itertuples():  # not where an estimate failed
        side = np.sign(row.value)
        axes.plot(side * REACH, row.place, ">" if side > 0 else "<", color=MISSED, markersize=4, clip_on=False)
        axes.text(0.93 * side * REACH, row.place, f"{row.value:+.3g}", fontsize=style.SMALL,
                  ha="right" if side > 0 else "left", va="center", color=MISSED)  # fmt: skip
    axes.set(xlim=(-REACH, REACH), ylim=(rows["place"].max() + GAP, 0))
    axes.set_xlabel("(estimate − exact) / tolerance")
    axes.set_xticks([-1, 0, 1])


def _names(axes: Axes, rows: pd.DataFrame) -> None:
    """Each estimator at its checks, with their number where there are several, and lines between estimators."""
    places = {name: list(checks["place"]) for (name,), checks in groups(rows, ["estimator"])}
    labels = [f"{name} ({len(at)})" if len(at) > 1 else name for name, at in places.items()]
    axes.set_yticks([(at[0] + at[-1]) / 2 for at in places.values()], labels=labels)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    for at in list(places.values())[:-1]:
        style.guide(axes, y=at[-1] + (STEP + GAP) / 2, colour="0.92")
