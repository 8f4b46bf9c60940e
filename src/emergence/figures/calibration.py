"""Figure S2: every estimator against exact values, in units of the tolerance."""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from emergence import tables
from emergence.figures import style
from emergence.schemas.calibration import CALIBRATION
from emergence.settings.calibration import FigureS2Settings

ROW = 0.135  # inches
PASSED, MISSED = "#0072B2", "#D55E00"
REACH = 1.4  # tolerances
COLUMNS = {"exact": 0.22, "estimate": 0.62, "tolerance": 1.0}  # right edges, as shares of the panel


def make(settings: FigureS2Settings, table: Path, pdf: Path, png: Path) -> None:
    """Draw figure S2: a row a check, grouped by estimator; its error in tolerances, with the standard error."""
    style.start()
    rows = _placed(tables.read(CALIBRATION, table))
    size = (style.FULL_WIDTH, ROW * (rows["place"].max() + 5))
    figure, (left, right) = plt.subplots(1, 2, figsize=size, sharey=True, width_ratios=[1.5, 1])
    _errors(left, rows)
    _names(left, rows)
    _numbers(right, rows)
    style.save(figure, pdf, png, settings.dpi)


def _placed(found: pd.DataFrame) -> pd.DataFrame:
    """The checks with a ``place`` from the top, those of an estimator together below a line for its name."""
    order = {name: number for number, name in enumerate(found["estimator"].unique())}
    rows = found.assign(group=found["estimator"].map(order)).sort_values("group", kind="stable").reset_index(drop=True)
    return rows.assign(place=rows.index + 1.4 * (rows["group"] + 1))


def _errors(axes: Axes, rows: pd.DataFrame) -> None:
    """Errors as dots with standard errors; one too large for the panel is an arrow at its edge, and a number."""
    relative = rows["error"] / rows["tolerance"]
    spread = (rows["standard_error"] / rows["tolerance"]).fillna(0)
    axes.axvspan(-1, 1, color=style.NULL_COLOUR, alpha=0.3, linewidth=0)
    axes.axvline(0, color="0.5", linewidth=0.6)
    for passed, colour, face in ((True, PASSED, PASSED), (False, MISSED, "white")):
        chosen = (rows["passed"] == passed) & (relative.abs() <= REACH)
        axes.errorbar(
            relative[chosen], rows["place"][chosen], xerr=spread[chosen], fmt="o", color=colour, markersize=3,
            markerfacecolor=face, elinewidth=0.8,
        )  # fmt: skip
    for place, error in zip(rows["place"], relative, strict=True):
        if abs(error) > REACH:
            side = np.sign(error)
            axes.plot(side * REACH, place, ">" if side > 0 else "<", color=MISSED, markersize=4, clip_on=False)
            axes.text(0.93 * side * REACH, place, f"{error:+.3g}", fontsize=5, ha="right" if side > 0 else "left",
                      va="center", color=MISSED)  # fmt: skip
    axes.set(xlim=(-REACH, REACH), ylim=(rows["place"].max() + 1, -0.2))
    axes.set_xlabel("(estimate − exact) / tolerance")
    axes.set_xticks([-1, 0, 1])


def _names(axes: Axes, rows: pd.DataFrame) -> None:
    """Oracle and parameters at the left of each row, the estimator above its first."""
    axes.set_yticks(rows["place"], labels=[f"{row.oracle}  ({row.parameters})" for row in rows.itertuples()])
    axes.tick_params(axis="y", length=0, labelsize=5)
    axes.spines["left"].set_visible(False)
    for estimator, of_estimator in rows.groupby("estimator", sort=False):
        axes.annotate(
            str(estimator), (0, of_estimator["place"].min() - 1.1), xycoords=("axes fraction", "data"),
            xytext=(-3, 0), textcoords="offset points", ha="right", va="center", fontsize=6, fontweight="bold",
        )  # fmt: skip


def _numbers(axes: Axes, rows: pd.DataFrame) -> None:
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
