"""Claim I19: is it worth to language models that the collapse is prevented?

Units are pairs of models with the same weights and batches (`emergence.analysis.interventions.language_arms`).
"""

import numpy as np
import pandas as pd

from emergence.claims.arm_ratio import SAME
from emergence.claims.estimates import OverRuns, ends
from emergence.claims.planned import at_pilot
from emergence.claims.prevention import if_prevented
from emergence.claims.registry import Section
from emergence.claims.rules import at_most
from emergence.claims.settings import InterventionClaimSettings
from emergence.claims.verdicts import Finding, Judged, from_runs, interval, judge, undecided

language_arms = Section("paired language models")
FEWEST = 2
"""Pairs that have an interval."""
RULE = at_most(SAME)
TEXT = f"interval of the ratio of steps to the same held-out loss at or below {SAME:g}"


@language_arms.claim(
    "I19",
    "Language models reach the same loss in fewer steps where the collapse is prevented",
    published="not published",
    reproduction="draws",
    figures=["16"],
    ours=True,
)
def fewer_steps(language_arm_effects: pd.DataFrame, settings: InterventionClaimSettings, claim: str) -> Finding:
    """Ratio of the steps of runs whose collapse is prevented to those of plain runs."""
    rows = language_arm_effects.set_index("size")
    if "all" not in rows.index:
        return Finding(judged=from_runs(0, FEWEST, undecided(""), settings.language_pairs), rule=TEXT, bounds=RULE)
    row = rows.loc["all"]
    estimate = OverRuns(*ends(row, "ratio"), int(row["pairs"]), settings.statistics.confidence, "pairs", log=True)
    return Finding(
        *ends(row, "ratio"),
        interval=f"t over {int(row['pairs'])} pairs of runs, of the mean log ratio",
        control=_beside(rows),
        judged=_judged(row, estimate, settings),
        rule=TEXT,
        bounds=RULE,
        planned=at_pilot(estimate, RULE, settings.spread(claim), SAME),
    )


def _judged(row: pd.Series, estimate: OverRuns, settings: InterventionClaimSettings) -> Judged:
    if row["diverged"]:  # what is left of the pairs would be those that the penalty suits
        return undecided(f"a run diverged in {int(row['diverged'])} of the pairs")
    if estimate.count < FEWEST:
        return from_runs(estimate.count, FEWEST, undecided(""), settings.language_pairs)
    judged = judge(estimate, RULE, SAME) if np.isfinite(estimate.low) else undecided("needs two pairs with losses")
    return if_prevented(judged, row, RULE, settings.verdicts.prevented)


def _beside(rows: pd.DataFrame) -> str:
    """Ranks, final losses and sizes, as text."""
    row = rows.loc["all"]
    ranks = f"lowest rank over the initial one {row['lowest']:.2f}, plain {row['lowest_against']:.2f}"
    losses = f"final losses {row['loss']:.3f} and {row['loss_against']:.3f} nats per token"
    difference = f"difference {interval(row, 'difference', '+.3f', 'difference_')}"
    by_size = [f"{size} {interval(one, 'ratio', '.2f')}" for size, one in rows.drop("all").iterrows()]
    return "; ".join([ranks, losses, difference, *by_size])
