"""Figure S2. Errors in units of the tolerance."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from emergence.analysis.select import select
from emergence.figures import panels, style
from emergence.io import tables
from emergence.schemas.trajectories import CALIBRATION

TITLE = "Estimators against exact values"

ROW = 0.135  # inches
PASSED, MISSED = style.BLUE, style.VERMILION
REACH = 1.4  # tolerances
COLUMNS = {"exact": 0.22, "estimate": 0.62, "tolerance": 1.0}  # right edges, as shares of the panel


def draw(dpi: int, calibration: Path, pdf: Path, png: Path) -> None:
    """Draw figure S2 from tables."""
    style.save(plot(tables.read(CALIBRATION, calibration)), pdf, png, dpi)


def plot(calibration: pd.DataFrame) -> Figure:
    """A row a check, grouped by estimator: its error in tolerances with the standard error, and the numbers.

    Args:
        calibration: Table ``calibration``.
    """
    rows = _placed(calibration)
    figure = style.page(ROW * (rows["place"].max() + 5))
    left, right = figure.subplots(1, 2, sharey=True, width_ratios=[1.5, 1])
    _errors(left, rows)
    _names(left, rows)
    _numbers(right, rows)
    return figure


def _placed(checks: pd.DataFrame) -> pd.DataFrame:
    """The checks with a ``place`` from the top, those of an estimator together below a line for its name."""
    order = {name: number for number, name in enumerate(checks["estimator"].unique())}
    rows = checks.assign(group=checks["estimator"].map(order)).sort_values("group", kind="stable")
    return rows.assign(place=np.arange(len(rows)) + 1.4 * (rows["group"] + 1)).reset_index(drop=True)


def _errors(axes: Axes, rows: pd.DataFrame) -> None:
    """Errors as dots with standard errors; one too large for the panel is an arrow at its edge, and a number."""
    error, spread = rows["error"] / rows["tolerance"], (rows["standard_error"] / rows["tolerance"]).fillna(0)
    relative = rows.assign(value=error, low=error - spread, high=error + spread)
    inside = relative["value"].abs() <= REACH
    axes.axvspan(-1, 1, color=style.NULL_COLOUR, alpha=0.3, linewidth=0)
    style.guide(axes, x=0, colour="0.5")
    for passed, colour, face in ((True, PASSED, PASSED), (False, MISSED, "white")):
        shown = select(relative[inside], passed=passed)
        look: dict[str, Any] = {"markersize": 3, "linewidth": 0.8, "markerfacecolor": face}
        panels.intervals(axes, shown["place"], shown, colour=colour, **look)
    for row in relative[relative["value"].abs() > REACH].itertuples():  # not where an estimate failed
        side = np.sign(row.value)
        axes.plot(side * REACH, row.place, ">" if side > 0 else "<", color=MISSED, markersize=4, clip_on=False)
        axes.text(0.93 * side * REACH, row.place, f"{row.value:+.3g}", fontsize=5, ha="right" if side > 0 else "left",
                  va="center", color=MISSED)  # fmt: skip
    axes.set(xlim=(-REACH, REACH), ylim=(rows["place"].max() + 1, -0.2))
    axes.set_xlabel("(estimate − exact) / tolerance")
    axes.set_xticks([-1, 0, 1])


def _names(axes: Axes, rows: pd.DataFrame) -> None:
    """Oracle and parameters at the left of each row, the estimator above its first."""
    axes.set_yticks(rows["place"], labels=[f"{row.oracle}  ({row.parameters})" for row in rows.itertuples()])
    axes.tick_params(axis="y", length=0, labelsize=5)
    axes.spines["left"].set_visible(False)
    for row in rows.drop_duplicates("estimator").itertuples():
        axes.annotate(
            row.estimator, (0, row.place - 1.1), xycoords=("axes fraction", "data"),
            xytext=(-3, 0), textcoords="offset points", ha="right", va="center", fontsize=6, fontweight="bold",
        )  # fmt: skip


def _numbers(axes: Axes, rows: pd.DataFrame) -> None:
    """Exact value, estimate and tolerance of each row."""
    axes.set_axis_off()
    for column, edge in COLUMNS.items():
        texts = [_text(value, digits=2 if column == "tolerance" else 4) for value in rows[column]]
        for place, text in [(0, column), *zip(rows["place"], texts, strict=True)]:
            axes.annotate(
                text, (edge, place), xycoords=("axes fraction", "data"), ha="right", va="center", fontsize=5,
                fontstyle="italic" if place == 0 else "normal",
            )  # fmt: skip


def _text(value: float, digits: int) -> str:
    """A number, or a dash where there is none.

    >>> _text(3.36359, 4), _text(2.71e-06, 2), _text(0.0, 4), _text(float("nan"), 4)
    ('3.364', '2.7e−06', '0', '–')
    """
    return "–" if np.isnan(value) else f"{value:.{digits}g}".replace("-", "−")
