"""Claims I15 to I18: what it is worth to prevent the collapse, beside plain alternatives, by dose and by size.

All are tests of this project, on runs of their own (`interventions.method`) whose arms have fixed names.
"""

from collections.abc import Mapping
from functools import partial

import numpy as np
import pandas as pd

from emergence.claims.arm_ratio import RATIO, SAME, ratio
from emergence.claims.estimates import OverRuns, ends
from emergence.claims.registry import Part, Section
from emergence.claims.rules import at_most
from emergence.claims.settings import InterventionClaimSettings
from emergence.claims.verdicts import Finding, Judged, both, from_runs, interval, judge, undecided
from emergence.config.arms import PLAIN, PREVENT

worth = Section("worth of prevention")
ours = partial(worth.claim, published="not published", reproduction="draws", figures=["15"], ours=True)
TEXT = f"at or below {SAME:g}"


@ours(
    "I15",
    "Prevention of the collapse brings emergence forward by more than {part}",
    parts=[
        Part("higher_rate", "twice the learning rate"),
        Part("short_warmup", "a shorter warm-up"),
        Part("small_weights", "initial weights of half the size"),
        Part("large_weights", "initial weights of twice the size"),
    ],
)
def beyond_alternative(
    method_effects: pd.DataFrame, settings: InterventionClaimSettings, part: Part, claim: str
) -> Finding:
    """Ratio of emergence steps of prevention to those of an alternative."""
    return _earlier(claim, method_effects, (PREVENT, part.name), settings)


@ours("I16", "Prevention of the collapse brings emergence forward at every size")
def at_every_size(method_effects: pd.DataFrame, settings: InterventionClaimSettings, claim: str) -> Finding:
    """Ratio of emergence steps to the plain arm, size by size."""
    over_all = _earlier(claim, method_effects, (PREVENT, PLAIN), settings)
    rows = method_effects.query(f"arm == '{PREVENT}' and against == '{PLAIN}' and size != 'all'").to_dict("records")
    if over_all.judged.verdict in ("not testable at this tier", "undecided") or not rows:
        return over_all
    latest = max(rows, key=lambda row: row["ratio"])
    return Finding(
        *ends(latest, "ratio"),
        interval=f"size {latest['size']}, where the ratio is greatest; t over {latest['pairs']} pairs",
        control="; ".join(f"{row['size']} {interval(pd.Series(row), 'ratio', '.2f')}" for row in rows),
        judged=both(*(_of_size(row, settings) for row in rows)),
        rule=f"{RATIO} {TEXT} at every size",
        bounds=at_most(SAME),
        planned=over_all.planned,
    )


def _of_size(row: Mapping[str, float], settings: InterventionClaimSettings) -> Judged:
    """Whether prevention brings emergence forward at one size."""
    of = OverRuns(*ends(dict(row), "ratio"), int(row["pairs"]), settings.statistics.confidence, "pairs", log=True)
    known = judge(of, at_most(SAME), what=str(row["size"])) if np.isfinite(of.low) else undecided("needs two pairs")
    return from_runs(of.count, 2, known)


@ours(
    "I17",
    "Emergence comes further forward with {part}",
    parts=[
        Part("dose", "ten times the penalty", (PREVENT, "weak")),
        Part("duration", "four times the steps of the penalty", (PREVENT, "brief")),
    ],
)
def more_is_more(method_effects: pd.DataFrame, settings: InterventionClaimSettings, part: Part, claim: str) -> Finding:
    """Ratio of emergence steps of a larger dose to those of a smaller one."""
    return _earlier(claim, method_effects, part.value, settings)


@ours("I18", "Prevention of the collapse brings emergence forward also at twice the learning rate")
def beside_higher_rate(method_effects: pd.DataFrame, settings: InterventionClaimSettings, claim: str) -> Finding:
    """Ratio of emergence steps of both together to those of the higher rate alone."""
    return _earlier(claim, method_effects, ("higher_rate_prevent", "higher_rate"), settings)


def _earlier(claim: str, effects: pd.DataFrame, named: tuple[str, str], settings: InterventionClaimSettings) -> Finding:
    return ratio(claim, effects, named, at_most(SAME), settings, TEXT, settings.method_pairs)
