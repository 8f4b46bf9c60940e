"""Arms of the paired runs side by side: curves over training, and ratios of emergence steps to the plain arm."""

from typing import Any

import pandas as pd
from matplotlib.colors import to_hex

from emergence.analysis.select import seed_summary, select
from emergence.config.arms import PLAIN
from emergence.figures import panels
from emergence.figures.fig12 import COLOURS, NAMES
from emergence.report.json_values import columns

QUANTITIES = {"rank": "rank of the last layer", "exact_match": "exact match", "loss": "loss, nats per token"}
SHOWN = ["size", "quantity", "arm", "step", "mean", "low", "high"]


def payload(runs: pd.DataFrame, effects: pd.DataFrame) -> dict[str, Any] | None:
    """Data of paired runs for the page; None without any.

    Args:
        runs: Table ``arm_runs``.
        effects: Table ``arm_effects``.
    """
    if runs.empty:
        return None
    shown = runs[runs["quantity"].isin(QUANTITIES)].dropna(subset=["value"])
    by_run = shown.groupby(["size", "quantity", "arm", "seed", "step"], sort=False, as_index=False)["value"].mean()
    curves = seed_summary(by_run, "value", ["size", "quantity", "arm", "step"])
    arms = list(dict.fromkeys(runs["arm"]))
    return {
        "quantities": QUANTITIES,
        "sizes": runs.sort_values("parameters", kind="stable")["size"].unique().tolist(),
        "arms": [
            {"arm": arm, "name": NAMES.get(arm, arm), "colour": to_hex(COLOURS.get(arm, panels.MEASURE_COLOUR))}
            for arm in arms
        ],
        "curves": columns(curves[SHOWN]),
        "effects": columns(select(effects, against=PLAIN)),
    }
