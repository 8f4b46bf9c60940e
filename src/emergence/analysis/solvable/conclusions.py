"""What would each rule conclude of a measure here, and would it be right?

The published rule takes a rate: a measure that leads most events is a precursor. Study 1's asks for an excess over
every null as well, and its claims for intervals on the right side and enough runs. Beside them stands the truth of
`emergence.analysis.solvable.tracking`, which no rate is part of.
"""

from collections.abc import Iterator
from typing import Literal

import numpy as np
import pandas as pd

from emergence.analysis.claims import prediction
from emergence.analysis.claims.prediction import Judging
from emergence.analysis.claims.verdicts import Judged
from emergence.analysis.solvable.tracking import MOVES
from emergence.schemas.joint import CONCLUSIONS
from emergence.settings.analysis import ScoredMetric, Verdicts

Conclusion = Literal["leads", "does not lead", "undecided"]
OF_VERDICT: dict[str, Conclusion] = {"holds": "leads", "fails": "does not lead"}
RIGHT = {
    ("leads", "announces"): True,
    ("leads", "does not"): False,
    ("does not lead", "announces"): False,
    ("does not lead", "does not"): True,
}


def conclusions(rates: pd.DataFrame, tracked: pd.DataFrame, metric: ScoredMetric, settings: Judging) -> pd.DataFrame:
    """Every rule on every measure and definition that has a time of its own (table ``conclusions``)."""
    truths = tracked.set_index(["measure", "definition"])["truth"]
    chosen = rates[(rates["metric"] == metric) & (rates["classes"] == "all") & (rates["size"] == "all")]
    chosen = chosen[chosen["definition"].isin(MOVES)]
    rows = [
        {"measure": measure, "definition": name, **row, "truth": truths[measure, name]}
        for (measure, name), of in chosen.groupby(["measure", "definition"], sort=False)
        for row in _rules(of.set_index("control"), settings)
    ]
    found = pd.DataFrame(rows, columns=CONCLUSIONS.arrow.names)
    pairs = zip(found["conclusion"], found["truth"], strict=True)
    return found.assign(right=pd.Series([RIGHT.get(pair) for pair in pairs], dtype=object))


def _rules(cell: pd.DataFrame, settings: Judging) -> Iterator[dict[str, object]]:
    """Each rule on the rates of one measure, observed and under its nulls."""
    verdicts = settings.verdicts
    observed, nulls = cell.loc["observed"], cell[cell.index.isin(verdicts.nulls) & (cell["events"] > 0)]
    least = nulls["excess"].astype(float).idxmin() if len(nulls) else None
    excess = float(nulls.loc[least, "excess"]) if len(nulls) else np.nan
    values = {name: observed[name] for name in ("rate", "low", "high", "events", "runs")}
    judged = with_intervals(observed, nulls, settings)
    concluded = {
        "rate alone": rate_alone(observed["rate"], verdicts),
        "beyond nulls": beyond_nulls(observed["rate"], excess, verdicts),
        "with intervals": OF_VERDICT.get(judged.verdict, "undecided"),
    }
    for rule, conclusion in concluded.items():
        power = judged.columns["power"] if rule == "with intervals" else ""
        yield {"rule": rule, **values, "excess": excess, "null": least, "conclusion": conclusion, "power": power}


def rate_alone(rate: float, verdicts: Verdicts) -> Conclusion:
    """The published rule; nothing without an event."""
    if np.isnan(rate):
        return "undecided"
    return "leads" if rate >= verdicts.precursor_rate else "does not lead"


def beyond_nulls(rate: float, excess: float, verdicts: Verdicts) -> Conclusion:
    """The published rate, and an excess over every null; undecided without any null."""
    alone = rate_alone(rate, verdicts)
    if alone != "leads":
        return alone
    return "undecided" if np.isnan(excess) else "leads" if excess >= verdicts.null_margin else "does not lead"


def with_intervals(observed: pd.Series, nulls: pd.DataFrame, settings: Judging) -> Judged:
    """The rule of claim A6, over all events: intervals of the rate and of every excess, and enough runs."""
    excess = [prediction.exceeding(null, str(name), settings) for name, null in nulls.iterrows()]
    return prediction.leading(observed, excess, settings)
