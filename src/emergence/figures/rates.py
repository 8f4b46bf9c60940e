"""Precursor rates as a panel: a row a measure, the rate with its interval over runs, its nulls in the same row."""

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes

from emergence.figures import style

NULL_MARKERS = {"shift": "x", "placebo": "s", "control": "D", "random": "|", "own score": "^", "own loss": "v"}
COLOUR = "#0072B2"


def panel(axes: Axes, rates: pd.DataFrame, measures: Sequence[str], line: float) -> None:
    """Draw rates (table ``precursors``, one cell a measure); a dashed line at the rate that a precursor must reach.

    A null that no measure has is left out, of the key as well.
    """
    known = rates.dropna(subset=["rate"])
    nulls = {null: marker for null, marker in NULL_MARKERS.items() if (known["control"] == null).any()}
    for null, marker in nulls.items():
        found = known[known["control"] == null]
        places = [measures.index(name) for name in found["measure"]]
        axes.plot(found["rate"], places, marker, color="0.55", markersize=3, mew=0.8, linestyle="none", label=null)
    observed = known[known["control"] == "observed"]
    places = [measures.index(name) for name in observed["measure"]]
    axes.hlines(places, observed["low"], observed["high"], color=COLOUR, linewidth=1.1)
    axes.plot(observed["rate"], places, "o", color=COLOUR, markersize=3.8, linestyle="none", label="measure")
    axes.axvline(line, color="0.7", linewidth=0.6, linestyle=(0, (3, 2)), zorder=0)
    axes.set(xlim=(-0.03, 1.03), ylim=(len(measures) - 0.5, -0.5))
    axes.set_yticks(range(len(measures)), labels=[style.MEASURE_NAMES.get(name, name) for name in measures])
