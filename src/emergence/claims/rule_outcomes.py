"""Rules of inference on precursors, graded where the truth is known (table ``rule_outcomes``).

The published rule uses a rate: a measure that leads most events is a precursor. The second also requires an excess over
every null. The third, that of Study 1's claims, asks for the lead over every rival, with intervals and enough runs. The
truth comes from `emergence.analysis.parity.joint`, independently of any rate.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from emergence.analysis.lead_differences import MOVES
from emergence.analysis.select import select
from emergence.claims import rates
from emergence.claims.rates import BEYOND, DIFFERENCES, RATE
from emergence.config.protocol import ScoredMetric, Statistics, Verdicts
from emergence.config.types import Count, Strict
from emergence.io import tables as files
from emergence.schemas.analysis import LEAD_DIFFERENCES, PRECURSORS
from emergence.schemas.parity import MEASURE_TRACKING, RULE_OUTCOMES

Conclusion = Literal["leads", "does not lead", "undecided"]
OF_VERDICT: dict[str, Conclusion] = {"holds": "leads", "fails": "does not lead"}
RIGHT = {
    ("leads", "announces"): True,
    ("leads", "does not"): False,
    ("does not lead", "announces"): False,
    ("does not lead", "does not"): True,
}


class GradeSettings(Strict):
    """Settings of the rules that are graded."""

    metric: ScoredMetric
    statistics: Statistics
    verdicts: Verdicts
    runs: Count


def grade_rules(settings: GradeSettings, precursors: Path, lead_differences: Path, tracking: Path, table: Path) -> None:
    """Grade each rule of inference on every measure of the joint study.

    Args:
        settings: Metric, thresholds, and the rules' power.
        precursors: Table ``precursors``.
        lead_differences: Table ``lead_differences``.
        tracking: Table ``measure_tracking``, which has the truth.
        table: Where ``rule_outcomes`` is written.
    """
    differences = files.read(LEAD_DIFFERENCES, lead_differences)
    graded = outcomes(files.read(PRECURSORS, precursors), differences, files.read(MEASURE_TRACKING, tracking), settings)
    files.write(RULE_OUTCOMES, graded, table)


def outcomes(
    precursors: pd.DataFrame, lead_differences: pd.DataFrame, measure_tracking: pd.DataFrame, settings: GradeSettings
) -> pd.DataFrame:
    """Every rule on every measure and definition that has a time of its own (table ``rule_outcomes``).

    Args:
        precursors: Table ``precursors``.
        lead_differences: Table ``lead_differences``.
        measure_tracking: Table ``measure_tracking``, which has the truth.
        settings: Metric, thresholds, and the rules' power.
    """
    truths = measure_tracking.set_index(["measure", "definition"])["truth"]
    overall = {"classes": "all", "size": "all", "definition": list(MOVES)}
    chosen = select(precursors, metric=settings.metric, **overall)
    paired = select(lead_differences, **overall)
    rows = [
        {"measure": measure, "definition": name, **row, "truth": truths[measure, name]}
        for (measure, name), of in chosen.groupby(["measure", "definition"], sort=False)
        for row in _graded(of.set_index("control"), select(paired, measure=measure, definition=name), settings)
    ]
    graded = pd.DataFrame(rows, columns=RULE_OUTCOMES.arrow.names)
    pairs = zip(graded["conclusion"], graded["truth"], strict=True)
    return graded.assign(right=pd.Series([RIGHT.get(pair) for pair in pairs], dtype=object))


def _graded(cell: pd.DataFrame, differences: pd.DataFrame, settings: GradeSettings) -> Iterator[dict[str, object]]:
    """Each rule on one measure: on its rates, observed and under its nulls, and on its lead over rivals."""
    verdicts = settings.verdicts
    observed, nulls = cell.loc["observed"], cell[cell.index.isin(verdicts.nulls) & (cell["events"] > 0)]
    least = nulls["excess"].astype(float).idxmin() if len(nulls) else None
    excess = float(nulls.loc[least, "excess"]) if len(nulls) else np.nan
    values = {name: observed[name] for name in ("rate", "low", "high", "events", "runs")}
    judged = rates.ahead(differences.to_dict("records"), settings)
    concluded = {
        RATE: rate_alone(observed["rate"], verdicts),
        BEYOND: beyond_nulls(observed["rate"], excess, verdicts),
        DIFFERENCES: OF_VERDICT.get(judged.verdict, "undecided"),
    }
    for rule, conclusion in concluded.items():
        power = judged.power if rule == DIFFERENCES and conclusion == "undecided" else ""
        yield {"rule": rule, **values, "excess": excess, "null": least, "conclusion": conclusion, "power": power}


def rate_alone(rate: float, verdicts: Verdicts) -> Conclusion:
    """The published rule; undecided without an event."""
    if np.isnan(rate):
        return "undecided"
    return "leads" if rate >= verdicts.precursor_rate else "does not lead"


def beyond_nulls(rate: float, excess: float, verdicts: Verdicts) -> Conclusion:
    """The published rate, and an excess over every null; undecided without any null.

    Args:
        rate: Share of events that the measure leads.
        excess: The least excess of that over a null; NaN without any null.
        verdicts: The rate, and the excess over a null, that a precursor must reach.
    """
    alone = rate_alone(rate, verdicts)
    if alone != "leads":
        return alone
    return "undecided" if np.isnan(excess) else "leads" if excess >= verdicts.null_margin else "does not lead"
