"""Verdicts on followers: a measure that leads no more events than was published of it, and may lag most of them."""

import pandas as pd

from emergence.analysis.intervals import clopper_pearson
from emergence.analysis.select import select
from emergence.claims.blindness import of_rule, unless_blind, with_smallest_lead
from emergence.claims.rates import COIN, EVERY, Deciding, finding, rate_of, rates_of, relations_of
from emergence.claims.rules import at_least, at_most
from emergence.claims.verdicts import Finding, both, from_runs, interval, judge

FOLLOWER = "follower"
"""Name of the rule, in tables."""


def follower(
    precursors: pd.DataFrame,
    hierarchy: pd.DataFrame,
    measure: str,
    counts: tuple[int, int],
    settings: Deciding,
    smallest_leads: pd.DataFrame | None = None,
    *,
    lags: bool = False,
) -> Finding | None:
    """Finding that a measure leads no more events than a published count allows and, if ``lags``, lags most of them.

    An event for which the measure has no time is not a lag. None where the measure is not a signal of the run. As for
    `emergence.claims.rates.precursor`, a rule that sees no planted lead decides nothing.

    Args:
        precursors: Table ``precursors``.
        hierarchy: Table ``hierarchy``: shares of events that a measure leads, lags or moves with.
        measure: The follower.
        counts: Published count: events that it leads, and all events.
        settings: Metric, definition of a lead, and thresholds.
        smallest_leads: Table ``smallest_leads``; None where no leads were planted.
        lags: Whether it must also lag most events.
    """
    rates, shares = rates_of(precursors, settings), relations_of(hierarchy, settings)
    if measure not in rates.index:
        return None
    observed, placebo = (rates.loc[(measure, "all", "all", control)] for control in ("observed", "placebo"))
    of_measure = shares.loc[measure] if measure in shares.index else shares.iloc[:0]
    beside = "; ".join(
        f"{'no relation' if name == 'none' else name} {interval(row, 'share', '.2f')}"
        for name, row in of_measure.iterrows()
    )
    _, threshold = clopper_pearson(*counts, settings.statistics.confidence)
    parts = [judge(rate_of(observed, settings), at_most(threshold), counts[0] / counts[1], "leads")]
    rule = f"share that leads at or below {threshold:.3f} (exact upper bound of {counts[0]}/{counts[1]})"
    if lags and len(of_measure):
        parts.append(judge(rate_of(of_measure.loc["lags"], settings, "share"), at_least(COIN), EVERY, "lags"))
        rule += f", share that lags at or above {COIN}"
    enough = settings.verdicts.minimum_runs
    judged = from_runs(observed["runs"], enough, both(*parts), settings.runs)
    planted = of_rule(smallest_leads, FOLLOWER, (measure, "all", "all"))
    of_rate = finding(
        observed,
        judged if lags else unless_blind(judged, planted, "fails"),  # without a lag the other fails as well
        control=f"{beside}; placebo leads {placebo['rate']:.2f}; {_by_size(hierarchy, measure, settings)}"
        if beside
        else "no event",
        rule=f"{rule}; from {enough} runs",
        bounds=at_most(threshold),
    )
    return with_smallest_lead(of_rate, planted)


def _by_size(hierarchy: pd.DataFrame, measure: str, settings: Deciding) -> str:
    """Shares of relations by size, as text: pooled sizes may hide opposite regimes."""
    chosen = {"measure": measure, "metric": settings.metric, "definition": settings.definition, "classes": "all"}
    rows = select(hierarchy, **chosen)
    shares = rows[rows["size"] != "all"].pivot(index="size", columns="relation", values="share")
    texts = [
        f"{size}: leads {row.get('leads', 0):.2f}, lags {row.get('lags', 0):.2f}, no time {row.get('none', 0):.2f}"
        for size, row in shares.iterrows()
    ]
    return "by size " + ", ".join(texts) if texts else "one size"
