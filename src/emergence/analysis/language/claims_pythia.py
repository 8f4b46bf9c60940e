"""Claims P1 to P3: what is published of Pythia itself, judged where its checkpoints are among the models."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from emergence.analysis.claims import collapse, prediction
from emergence.analysis.claims.rules import Verdict, within
from emergence.analysis.claims.verdicts import UNTESTED, Judged, Row, both, undecided
from emergence.analysis.language.evidence import Evidence, Part, part
from emergence.published import PUBLISHED_TOP_DOWN
from emergence.settings.phases import LanguageClaimSettings

LOGIC = "reasoning"
"""The probe set that stands for logical deduction."""
ALL = ("rankme", "all", "all")
NOT_HERE: Row = {
    "value": None,
    "low": None,
    "high": None,
    "interval": "none",
    "control": "no such model among those configured (language.models)",
    **UNTESTED.columns,
}


def rows(evidence: Evidence, settings: LanguageClaimSettings) -> Iterator[Row]:
    """P1 to P3."""
    there = part(evidence, settings.pythia.runs, settings) if settings.pythia.runs else None
    yield {
        "claim": "P1",
        "statement": "In Pythia representations collapse early, starting at the last layer",
        "published": "v1-v3: global patterns replicate in 160M, 410M, 2.8B",
        **_patterns(there, settings),
    }
    yield {
        "claim": "P2",
        "statement": "In Pythia RankMe gives no precursor of single tasks, beyond its nulls",
        "published": "v1-v3: none in 160M, 410M, 2.8B",
        **_without_precursor(there, settings),
    }
    yield {
        "claim": "P3",
        "statement": "In Pythia 2.8B RankMe is ahead in logical deduction by about 49K steps, and in nothing else",
        "published": "v4: ~49K steps; none on easy benchmarks",
        **_gap(evidence, settings),
    }


def _patterns(there: Part | None, settings: LanguageClaimSettings) -> Row:
    rule = "both: the rule of LM1, and that of LM2 v3"
    if there is None:
        return {**NOT_HERE, "rule": rule}
    fallen = collapse.universal(there.collapses, settings.claims)
    first = collapse.first_at_the_top(there.top_down, PUBLISHED_TOP_DOWN["v3"], settings.claims)
    return {
        **fallen,
        "control": f"{fallen['control']}; last layer first in {first['value']:.2f} "
        f"[{first['low']:.2f}, {first['high']:.2f}] of units; runs {', '.join(settings.pythia.runs)}",
        **both(*(Judged(row["verdict"], row["power"]) for row in (fallen, first))).columns,
        "rule": rule,
    }


def _without_precursor(there: Part | None, settings: LanguageClaimSettings) -> Row:
    rule = f"not: {prediction.beyond_nulls(settings.claims)}"
    if there is None:
        return {**NOT_HERE, "rule": rule}
    rates = prediction.rates_of(there.precursors, settings.claims)
    observed, excess, beside = prediction.beyond(rates, ALL, settings.claims)
    return {
        **prediction.of_rate(observed),
        "control": f"{beside}; runs {', '.join(settings.pythia.runs)}",
        **prediction.announcing_nothing(observed, excess, settings.claims).columns,
        "rule": rule,
    }


def _gap(evidence: Evidence, settings: LanguageClaimSettings) -> Row:
    """From RankMe's onset to the event, in steps; the interval is that of the evaluations about the event."""
    run, verdicts, shared = settings.pythia.largest, settings.verdicts, settings.claims
    lowest, highest = (verdicts.gap * (1 + sign * verdicts.gap_tolerance) for sign in (-1, 1))
    rule = f"gap within [{lowest:.0f}, {highest:.0f}] steps, and RankMe leads no other probe set"
    if run is None:
        return {**NOT_HERE, "rule": rule}
    onset = _only(evidence.onsets, run)
    event = _only(evidence.events[evidence.events["metric"] == shared.metric], run)
    value, low, high = (event[name] - onset["onset_step"] for name in ("step", "step_before", "step_after"))
    leads = evidence.leads_of("rankme", shared)
    others = leads[(leads["run"] == run) & (leads["task"] != LOGIC)]
    ahead = others.loc[others["relation"] == "leads", "task"].tolist()
    alone: Verdict = "fails" if ahead else "holds" if len(others) else "undecided"
    gap = within(lowest, highest).verdict(low, high)
    # One run has no spread: power is for a finer schedule to give.
    parts = Judged(gap, "needs closer checkpoints"), Judged(alone, "needs events of other probe sets")
    return {
        "value": value,
        "low": low,
        "high": high,
        "interval": "evaluations about the event" if np.isfinite(value) else "none",
        "control": f"of {len(others)} other events RankMe leads {', '.join(ahead) or 'none'}",
        **(both(*parts) if np.isfinite(value) else undecided("no onset, or no event")).columns,
        "rule": rule,
    }


def _only(table: pd.DataFrame, run: str) -> pd.Series:
    """The row of a run's logical deduction."""
    return table[(table["run"] == run) & (table["task"] == LOGIC)].iloc[0]
