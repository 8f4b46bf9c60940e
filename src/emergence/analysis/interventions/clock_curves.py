"""Falls of the effective rank over training, and how far apart they lie, as figure 11 shows them."""

import numpy as np
import pandas as pd

from emergence.analysis.interventions.clock import CLOCK


def fall_curves(runs: pd.DataFrame, collapses: pd.DataFrame) -> pd.DataFrame:
    """How far the rank of the last layer has fallen in each run, until it is at its floor.

    Args:
        runs: Table ``clock_runs``.
        collapses: Table ``clock_collapses``; a run without a collapse has no curve.

    Returns:
        Rows of ``runs`` from step 1 with ``fall``, the share of the way from the initial rank to the floor on the
        logarithmic scale, and ``scaled``, the sum of learning rates times the width.
    """
    last = collapses[collapses["last"] & collapses["collapse_step"].notna()]
    ranks = runs[(runs["quantity"] == "rank") & (runs["layer"] == runs["layers"]) & (runs["step"] > 0)]
    sums = runs[runs["quantity"] == CLOCK][["cell", "seed", "step", "value"]]
    rows = ranks.merge(sums, on=["cell", "seed", "step"], suffixes=("", "_sum"))
    rows = rows.merge(last[["cell", "seed", "initial", "floor"]], on=["cell", "seed"])
    rows = rows.sort_values(["cell", "seed", "step"])
    fall = np.log(rows["initial"] / rows["value"]) / np.log(rows["initial"] / rows["floor"])
    rows = rows.assign(fall=fall, scaled=rows["value_sum"] * rows["width"])
    fallen = (rows["fall"] >= 1).groupby([rows["cell"], rows["seed"]]).cumsum()
    return rows[fallen <= 1]


def half_way(collapses: pd.DataFrame) -> pd.DataFrame:
    """Collapses of last layers with the ``step`` and the ``scaled`` sum of learning rates at which half is done."""
    last = collapses[collapses["last"] & collapses["collapse_step"].notna()]
    return last.assign(step=last["collapse_step"], scaled=last[CLOCK] * last["width"])


def quartile_ratio(values: pd.Series) -> float:
    """The upper quartile over the lower one: how far apart the middle half of positive values lies.

    >>> quartile_ratio(pd.Series([1.0, 2.0, 3.0, 4.0, 8.0]))
    2.0
    """
    return float(values.quantile(0.75) / values.quantile(0.25))


def relative_to_last_layer(collapses: pd.DataFrame) -> pd.DataFrame:
    """Collapse steps of the layers of each run over that of its last layer, where that collapses after step 0.

    Args:
        collapses: Table ``clock_collapses``.

    Returns:
        Its rows of these runs, with columns ``depth`` (1: the last layer) and ``ratio``.
    """
    of_last = collapses["collapse_step"].where(collapses["last"])
    last = of_last.groupby([collapses[name] for name in ("cell", "seed", "optimiser")]).transform("max")
    rows = collapses.assign(depth=collapses["layer"] / collapses["layers"], ratio=collapses["collapse_step"] / last)
    return rows[last > 0]
