"""Claims P1 to P3: does the anatomy of emergence replicate in Pythia?

The rules of LM1, LM2 and LM4 on Pythia's models alone, and the published gap of one of them. Which of the models are
Pythia's, their repositories or names say (`emergence.config.language.Pythia`).
"""

from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd

from emergence.analysis.collapse import compare_collapse_steps, count_directions
from emergence.analysis.intervals import student_mean
from emergence.analysis.precursors import RateCells, estimate_rates, with_own_loss
from emergence.claims import anatomy, published, rates
from emergence.claims.registry import Section
from emergence.claims.rules import Verdict, within
from emergence.claims.settings import LanguageClaimSettings
from emergence.claims.verdicts import Finding, Judged, both, undecided, untested
from emergence.tasks.symbols import PASSAGES

claims = Section("Pythia")
claim = partial(claims.claim, figures=["10"], reproduction="language")
LOGIC = "reasoning"
"""The probe set that stands for logical deduction."""
NOT_HERE = "no such model among those configured (language.models)"


@claim(
    "P1",
    "In Pythia representations collapse early, starting at the last layer",
    published="v1-v3: global patterns replicate in 160M, 410M, 2.8B",
)
def global_patterns(collapse: pd.DataFrame, settings: LanguageClaimSettings) -> Finding:
    """The rules of LM1 and LM2 v3 on Pythia alone."""
    runs, shared = settings.pythia.runs, settings.claims
    rule = "both: the rule of LM1, and that of LM2 v3"
    if not runs:
        return Finding(control=NOT_HERE, judged=untested(NOT_HERE), rule=rule)
    of_variant = collapse[collapse["variant"] == shared.variant]
    probes = of_variant[(of_variant["task"] != PASSAGES) & of_variant["run"].isin(runs)]
    shares = count_directions(compare_collapse_steps(probes), shared.statistics.confidence)
    collapsed = anatomy.universal_collapse(probes, shared)
    first = anatomy.last_layer_first(shares, published.TOP_DOWN["v3"], shared)
    return replace(
        collapsed,
        control=f"{collapsed.control}; last layer first in {first.value:.2f} [{first.low:.2f}, {first.high:.2f}] "
        f"of units; runs {', '.join(runs)}",
        judged=both(collapsed.judged, first.judged),
        rule=rule,
    )


@claim(
    "P2",
    "In Pythia RankMe is no precursor of single tasks: some rival tells as early",
    published="v1-v3: no precursor in 160M, 410M, 2.8B",
)
def no_precursor_in_pythia(
    leads: pd.DataFrame,
    lead_differences: pd.DataFrame,
    settings: LanguageClaimSettings,
    smallest_leads: pd.DataFrame | None = None,
) -> Finding | None:
    """The rule of LM4 on Pythia alone."""
    runs = settings.pythia.runs
    shared = settings.claims.model_copy(update={"runs": len(runs)})
    if len(runs) < (fewest := shared.verdicts.minimum_runs):
        control = f"{len(runs)} of {fewest} models of Pythia configured (language.models)" if runs else NOT_HERE
        return Finding(control=control, judged=untested(control), rule=rates.ahead_of_rivals(shared, opposite=True))
    cells = RateCells(["rankme"], [shared.metric], [shared.definition], [])
    every = with_own_loss(leads)
    of_runs = estimate_rates(every[every["run"].isin(runs)], cells, settings.families, shared.statistics)
    alone = _over_models(lead_differences, every.loc[every["run"].isin(runs), "size"], shared.statistics.confidence)
    told = f"; runs {', '.join(runs)}"
    cell = ("rankme", "all", "all")
    return rates.precursor(of_runs, alone, cell, shared, smallest_leads, told, opposite=True)


def _over_models(lead_differences: pd.DataFrame, sizes: pd.Series, confidence: float) -> pd.DataFrame:
    """Differences over some models alone, each a size with one run (rows of table ``lead_differences``)."""
    of_models = lead_differences[lead_differences["size"].isin(sizes)]
    keys = ["measure", "definition", "classes", "difficulty", "rival", "margin", "whole_network"]
    rows = [
        {**dict(zip(keys, key, strict=True)), **student_mean(of["difference"], confidence).named("difference"),
         "size": "all", "events": of["events"].sum(), "runs": len(of)}
        for key, of in of_models.groupby(keys, sort=False)
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=lead_differences.columns)


@claim(
    "P3",
    "In Pythia 2.8B RankMe is ahead in logical deduction by about 49K steps, and in nothing else",
    published="v4: ~49K steps; no lead on easy benchmarks",
)
def ahead_in_logic(
    events: pd.DataFrame, onsets: pd.DataFrame, leads: pd.DataFrame, settings: LanguageClaimSettings
) -> Finding:
    """From RankMe's onset to the event, in steps; the interval is that of the evaluations about the event."""
    run, verdicts, shared = settings.pythia.largest, settings.verdicts, settings.claims
    allowed = within(*(verdicts.gap * (1 + sign * verdicts.gap_tolerance) for sign in (-1, 1)))
    rule = f"gap within [{allowed.lowest:.0f}, {allowed.highest:.0f}] steps, and RankMe leads no other probe set"
    if run is None:
        return Finding(control=NOT_HERE, judged=untested(NOT_HERE), rule=rule, bounds=allowed)
    onset = _of_logic(onsets, run)
    event = _of_logic(events[events["metric"] == shared.metric], run)
    value, low, high = (event[name] - onset["onset_step"] for name in ("step", "step_before", "step_after"))
    of_rankme = rates.primary_leads(leads, "rankme", shared)
    others = of_rankme[(of_rankme["run"] == run) & (of_rankme["task"] != LOGIC)]
    ahead = others.loc[others["relation"] == "leads", "task"].tolist()
    alone: Verdict = "fails" if ahead else "holds" if len(others) else "undecided"
    # One run has no spread: power is for a finer schedule to give.
    parts = (
        Judged(allowed.verdict(low, high), "needs closer checkpoints"),
        Judged(alone, "needs events of other probe sets"),
    )
    return Finding(
        value,
        low,
        high,
        interval="evaluations about the event" if np.isfinite(value) else "–",
        control=f"of {len(others)} other events RankMe leads {', '.join(ahead) or 'no other'}",
        judged=both(*parts) if np.isfinite(value) else undecided("no onset, or no event"),
        rule=rule,
        bounds=allowed,
    )


def _of_logic(table: pd.DataFrame, run: str) -> pd.Series:
    """The row of a run's logical deduction."""
    return table[(table["run"] == run) & (table["task"] == LOGIC)].iloc[0]
