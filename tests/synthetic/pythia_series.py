"""Planted series at the steps of a tier: RankMe and accuracy of each probe set, and what the analysis makes of them."""

from collections.abc import Callable, Mapping
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from emergence.analysis.collapse import find_collapses
from emergence.analysis.events import find_events, score_behaviour
from emergence.analysis.lead_differences import lead_differences
from emergence.analysis.leads import describe_curves, find_leads, signal_rows
from emergence.config.configuration import Config
from emergence.config.project import settings_for

Array = NDArray[np.float64]
SETS = ("syntax", "semantics", "arithmetic", "in_context", "factual", "reasoning", "general")
LAYERS = (1, 2, 3)
FALL = 4
"""Checkpoint at which the last layer begins to fall."""
Plant = Callable[[str, str], tuple[float, float]]
"""From a run and a probe set to the steps of RankMe's recovery and of the middle of the rise of accuracy; or NaN."""


def planted(config: Config, plant: Plant, *, collapses: bool = True, top_down: bool = True) -> dict[str, pd.DataFrame]:
    """Tables that claims about Pythia are read from, by name.

    Args:
        config: with the series whose names and steps are planted.
        plant: when RankMe and accuracy move.
        collapses: whether representations collapse early.
        top_down: whether the last layer falls first; else all fall at once.
    """
    rng = np.random.default_rng(0)
    behaviour, ranks, losses = [], [], []
    for (name, series), probe in product(config.language.series.items(), SETS):
        steps = np.array(series.steps)
        identity = {
            "study": "language",
            "run": name,
            "size": name,
            "parameters": int(series.parameters or 0),
            "seed": 0,
        }
        rows = pd.DataFrame({**identity, "step": steps, "task": probe, "level": "all"})
        recovery, middle = (float(np.interp(step, steps, np.arange(len(steps)))) for step in plant(name, probe))
        rise = np.clip(np.arange(len(steps)) - middle + 0.5, 0, 1) if np.isfinite(middle) else np.zeros(len(steps))
        behaviour.append(rows.assign(metric="accuracy", value=0.5 + 0.5 * rise))
        known = rise + 0.002 * rng.standard_normal(len(steps))
        losses.append(rows.assign(layer=np.nan, measure="loss", variant="known", value=known, standard_error=np.nan))
        for layer in LAYERS:
            fall = FALL + (LAYERS[-1] - layer if top_down else 0)
            curve = _rank(len(steps), fall, recovery if collapses else np.nan, deep=collapses)
            curve *= np.exp(0.002 * rng.standard_normal(len(steps)))
            kind: dict[str, Any] = {"layer": layer, "measure": "rankme", "variant": config.protocol.variant}
            ranks.append(rows.assign(**kind, value=curve, standard_error=np.nan))
    return _analysed(config, pd.concat(behaviour), {"rankme": pd.concat(ranks), "loss": pd.concat(losses)})


def _rank(checkpoints: int, fall: float, recovery: float, *, deep: bool) -> Array:
    """A rank that falls from 16 to its floor, and grows from a checkpoint on."""
    at = np.arange(checkpoints)
    floor = 4.0 if deep else 15.0
    curve = np.interp(at, [fall - 1, fall + 1], np.log([16.0, floor]))
    return np.exp(curve + 0.5 * np.clip(at - np.nan_to_num(recovery, nan=np.inf), 0, 4))


def _analysed(config: Config, behaviour: pd.DataFrame, measures: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    chance = pd.DataFrame({"task": SETS, "level": "all", "metric": "accuracy", "value": 0.5})
    scores = score_behaviour(behaviour, chance)
    protocol = config.language.protocol
    times = dict.fromkeys(("step", "step_before", "step_after", "width"), "float64")  # as in a file
    events = find_events(scores, protocol.events).astype(times)
    leads, onsets = [], {}
    for name, rows in measures.items():
        settings = settings_for(config, "leads", measure=name, study="language")["settings"]
        followed = signal_rows(rows, scores, settings, None)
        leads.append(find_leads(events, scores, followed, settings, ("onset",))[0])
        onsets[name] = describe_curves(followed, scores, settings)
    collapse = find_collapses(measures["rankme"], protocol.collapse)
    asked = settings_for(config, "lead_differences", study="language")["settings"]
    differences = lead_differences(events, scores, pd.concat(onsets.values()), pd.concat(leads), asked)
    of_rankme = {"onsets": onsets["rankme"], "collapse": collapse}
    return {"events": events, "leads": pd.concat(leads), "lead_differences": differences, **of_rankme}
