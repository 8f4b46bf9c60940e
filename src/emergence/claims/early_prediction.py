"""Claims I12 to I14: does the first tenth of training tell when and in which order the tasks of Study 1 emerge?

Units are runs whose seed was held out. What is to be surpassed is the task's identity: its mean over other seeds.
"""

from functools import partial

import numpy as np
import pandas as pd

from emergence.analysis.select import select
from emergence.claims.estimates import OverRuns, ends
from emergence.claims.planned import at_pilot
from emergence.claims.registry import Part, Section
from emergence.claims.rules import at_least
from emergence.claims.settings import InterventionClaimSettings
from emergence.claims.verdicts import Finding, from_runs, interval, judge, undecided

early = Section("prediction from the first steps")
foretold = partial(early.claim, published="not published", reproduction="draws", figures=["14"], ours=True)
PARTS = [
    Part("loss", "its loss"),
    Part("geometry", "its geometry"),
    Part("both", "its loss and geometry"),
]
NOTHING = 0.0
"""Gain of a predictor that is as good as its rival."""


@foretold(
    "I12", "In unseen seeds, a task's first steps tell by {part} when it emerges, better than its name", parts=PARTS
)
def time_of_emergence(
    early_accuracy: pd.DataFrame, settings: InterventionClaimSettings, part: Part, claim: str
) -> Finding | None:
    """By how much the absolute log error is smaller than that of the mean over other seeds."""
    return _gain(claim, early_accuracy, part.name, "gain", "error", settings)


@foretold("I13", "In unseen seeds, the first steps order tasks by {part} better than their names", parts=PARTS)
def order_of_emergence(
    early_accuracy: pd.DataFrame, settings: InterventionClaimSettings, part: Part, claim: str
) -> Finding | None:
    """By how much Spearman's correlation with the order is larger than that of the mean over other seeds."""
    return _gain(claim, early_accuracy, part.name, "order_gain", "order", settings)


@foretold("I14", "In unseen seeds, geometry adds to what a task's first losses tell about its emergence")
def geometry_adds(early_accuracy: pd.DataFrame, settings: InterventionClaimSettings, claim: str) -> Finding | None:
    """By how much the absolute log error of both is smaller than that of the loss alone."""
    return _gain(claim, early_accuracy, "both", "geometry_gain", "error", settings)


def _gain(
    claim: str, early_accuracy: pd.DataFrame, predictor: str, gain: str, of: str, settings: InterventionClaimSettings
) -> Finding | None:
    rule, text = at_least(NOTHING), "interval of the gain over held-out seeds at or above 0"
    rows = select(early_accuracy, predictor=predictor).set_index("held_out")
    if "seed" not in rows.index:
        return None
    row = rows.loc["seed"]
    value, runs = ends(row, gain, f"{gain}_"), int(row["runs"])
    identity = select(early_accuracy, predictor="identity", held_out="seed").iloc[0]
    told = {"error": "mean absolute log error", "order": "Spearman's correlation"}[of]
    ours, other = ((one[of], one[f"{of}_low"], one[f"{of}_high"]) for one in (row, identity))
    control = f"{told} {_text(ours)}, name {_text(other)}"
    if "size" in rows.index:
        control += f"; gain in unseen sizes {_text(ends(rows.loc['size'], gain, f'{gain}_'), '+.2f')}"
    estimate = OverRuns(*value, runs, settings.statistics.confidence)
    judged = judge(estimate, rule) if np.isfinite(value[1]) else undecided("needs two runs")
    return Finding(
        *value,
        interval=f"t over {runs} held-out runs",
        control=control,
        judged=from_runs(runs, settings.minimum_runs, judged, settings.early_runs),
        rule=text,
        bounds=rule,
        planned=at_pilot(estimate, rule, settings.spread(claim)),
    )


def _text(ends: tuple[float, float, float], form: str = ".2f") -> str:
    return interval(dict(zip(("value", "low", "high"), ends, strict=True)), "value", form)
