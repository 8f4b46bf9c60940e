"""Ratios of emergence steps between arms of paired runs, as claims of Study 4 judge them.

A claim about prevention presumes that the collapse was prevented (`emergence.claims.prevention`).
"""

import numpy as np
import pandas as pd

from emergence.analysis.select import select
from emergence.claims.estimates import OverRuns, ends
from emergence.claims.planned import at_pilot
from emergence.claims.prevention import if_prevented
from emergence.claims.rules import Rule
from emergence.claims.settings import InterventionClaimSettings
from emergence.claims.verdicts import UNTESTED, Finding, from_runs, interval, judge, undecided, untested
from emergence.config.arms import PLAIN, PREVENT

RATIO = "interval of the ratio of emergence steps"
PREVENTING = {PREVENT: PLAIN, "higher_rate_prevent": "higher_rate"}
"""Arms in which it is, each with the arm that is the same but for that."""
SAME = 1.0
"""Ratio of emergence steps of arms that do not differ."""


def ratio(
    claim: str,
    effects: pd.DataFrame,
    named: tuple[str, str],
    rule: Rule,
    settings: InterventionClaimSettings,
    text: str,
    tier_pairs: int,
) -> Finding:
    """A finding that is the ratio of emergence steps of two arms.

    Args:
        claim: Its name, with that of its part.
        effects: Table of effects of arms.
        named: Arm, and the one that it is held against.
        rule: For the ratio.
        settings: Of the study's claims.
        text: The rule's bounds.
        tier_pairs: Pairs of runs that the tier has.
    """
    arm, against = named
    rows = effects[(effects["arm"] == arm) & (effects["against"] == against)].set_index("size")
    if "all" not in rows.index:
        why = f"this tier does not compare the arm {arm} with {against}"
        return Finding(control=why, judged=untested(why), rule=f"{RATIO} {text}", bounds=rule)
    row = rows.loc["all"]
    estimate = OverRuns(*ends(row, "ratio"), int(row["pairs"]), settings.statistics.confidence, "pairs", log=True)
    by_size = [f"{size} {interval(one, 'ratio', '.2f')}" for size, one in rows.drop("all").iterrows()]
    ranks = f"lowest rank over the initial one {row['lowest']:.2f}, {against} {row['lowest_against']:.2f}"
    counts = f"{row['events']} events, {row['censored']} of them in one arm alone; {row['diverged']} runs diverged"
    known = judge(estimate, rule, SAME) if np.isfinite(row["low"]) else undecided("needs two pairs with events")
    judged = from_runs(int(row["pairs"]), 2, known, tier_pairs)
    if arm in PREVENTING and judged.verdict != UNTESTED.verdict:
        prevention = select(effects, arm=arm, against=PREVENTING[arm], size="all").iloc[0]
        judged = if_prevented(judged, prevention, rule, settings.verdicts.prevented)
    return Finding(
        *ends(row, "ratio"),
        interval=f"t over {row['pairs']} pairs of runs, of the mean log ratio",
        control="; ".join([ranks, *by_size, counts]),
        judged=judged,
        rule=f"{RATIO} {text}",
        bounds=rule,
        planned=at_pilot(estimate, rule, settings.spread(claim), SAME),
    )
