"""Figure 14. Steps of emergence told before the fact, and what tells them."""

from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from emergence.analysis.select import select
from emergence.figures import panels, style
from emergence.io import tables
from emergence.schemas.interventions import EARLY_ACCURACY, EARLY_PREDICTIONS

TITLE = "Prediction from the first steps"
STUDY = "interventions"
NEEDS = ("interventions.early", "anatomy.measures.rankme")
NAMES = {"identity": "which task it is", "loss": "its loss", "geometry": "its geometry", "both": "loss and geometry"}
TICKS = (50, 100, 200, 500, 1000, 2000, 3000)
SCHEMES = {"seed": ("unseen seeds", style.BLUE), "size": ("unseen sizes", style.VERMILION)}


def draw(dpi: int, early_predictions: Path, early_accuracy: Path, pdf: Path, png: Path) -> None:
    """Draw figure 14 from tables."""
    figure = plot(tables.read(EARLY_PREDICTIONS, early_predictions), tables.read(EARLY_ACCURACY, early_accuracy))
    style.save(figure, pdf, png, dpi)


def plot(predictions: pd.DataFrame, accuracy: pd.DataFrame) -> Figure:
    """Predicted over observed steps (a), errors (b) and correlations of order (c) of each predictor.

    Args:
        predictions: Table ``early_predictions``.
        accuracy: Table ``early_accuracy``.
    """
    figure = style.page(2.4)
    first, middle, last = figure.subplots(1, 3)
    _predictions(first, select(predictions, held_out="seed", emerged=True))
    _accuracy(middle, accuracy, "error")
    middle.set_xlabel("mean absolute log error of the step")
    _accuracy(last, accuracy, "order")
    last.set_xlabel("rank correlation with the order")
    last.set_yticklabels([])
    keys = [style.key(label, colour, "none", marker="o", markersize=3) for label, colour in SCHEMES.values()]
    middle.legend(handles=keys, loc="best", fontsize=style.TINY, handlelength=1)
    style.panel_letters([first, middle, last])
    return figure


def _predictions(axes: Axes, predictions: pd.DataFrame) -> None:
    """Of both loss and geometry, and in grey of the task's identity; what did not emerge is left out."""
    if predictions.empty:
        style.not_run(axes, "no events")
        return
    both = predictions[["observed", "predicted"]]
    ends = [both.min().min() / 1.2, both.max().max() * 1.2]
    axes.plot(ends, ends, color="0.6", linewidth=0.6, zorder=0)
    for predictor, colour, marker in (("identity", "0.65", "x"), ("both", style.BLUE, "o")):
        rows = select(predictions, predictor=predictor)
        axes.plot(rows["observed"], rows["predicted"], marker, color=colour, markersize=2, label=NAMES[predictor])
    axes.set(xscale="log", yscale="log", xlabel="emergence, observed (step)", ylabel="predicted")
    for on in ("x", "y"):
        style.plain_ticks(axes, [tick for tick in TICKS if ends[0] < tick < ends[1]], on=on)
    axes.set(xlim=ends, ylim=ends)
    axes.legend(loc="upper left", fontsize=style.TINY, handlelength=1)


def _accuracy(axes: Axes, accuracy: pd.DataFrame, name: str) -> None:
    """One quantity of every predictor with its interval over held-out runs, by what is held out."""
    for shift, (scheme, (_, colour)) in enumerate(SCHEMES.items()):
        rows = select(accuracy, held_out=scheme).set_index("predictor").reindex(list(NAMES))
        at = [place + 0.2 * shift for place in range(len(NAMES))]
        panels.intervals(axes, at, rows, columns=(name, f"{name}_low", f"{name}_high"), colour=colour)
    style.named_rows(axes, list(NAMES.values()))
