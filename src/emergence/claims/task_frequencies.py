"""Claims I10 and I11: do emergence steps scale with the frequency of a task-level as the solvable model says?

The model has an exponent of 1 under gradient descent, and of 0 to 1/2 under Adam, by whether a skill is in every batch
(`emergence.analysis.interventions.frequencies`). Units are Latin squares, one per seed.
"""

from functools import partial

import numpy as np
import pandas as pd

from emergence.claims.estimates import OverRuns, ends
from emergence.claims.planned import at_pilot
from emergence.claims.registry import Section
from emergence.claims.rules import Rule, at_most, within
from emergence.claims.settings import InterventionClaimSettings
from emergence.claims.verdicts import Finding, judge, undecided, untested

frequencies = Section("task frequencies")
rare = partial(frequencies.claim, published="not published", reproduction="draws", figures=["13"], ours=True)
INVERSE = 1.0
"""Exponent of gradient descent in the solvable model."""
EXPONENT = "interval of the exponent of emergence steps on 1/frequency"


@rare("I10", "Under gradient descent emergence takes steps in proportion to the inverse of a task's frequency")
def inverse_frequency(frequency_exponents: pd.DataFrame, settings: InterventionClaimSettings, claim: str) -> Finding:
    """Exponent of gradient descent, within a tolerance of 1."""
    low, high = INVERSE - settings.verdicts.exponent, INVERSE + settings.verdicts.exponent
    return _exponent(
        claim, frequency_exponents, "sgd", within(low, high), settings, f"within [{low:g}, {high:g}]", INVERSE
    )


@rare("I11", "Under AdamW emergence hardly depends on a task's frequency")
def adaptive_steps(frequency_exponents: pd.DataFrame, settings: InterventionClaimSettings, claim: str) -> Finding:
    """Exponent of AdamW, at most one half."""
    most = settings.verdicts.broken
    return _exponent(claim, frequency_exponents, "adamw", at_most(most), settings, f"at or below {most:g}")


def _exponent(
    claim: str,
    exponents: pd.DataFrame,
    optimiser: str,
    rule: Rule,
    settings: InterventionClaimSettings,
    text: str,
    expected: float | None = None,
) -> Finding:
    rows = exponents[exponents["optimiser"] == optimiser]
    if rows.empty:
        why = f"this tier has no power-law frequencies with the optimiser {optimiser}"
        return Finding(control=why, judged=untested(why), rule=f"{EXPONENT} {text}", bounds=rule)
    row = rows.iloc[0]
    value, squares = ends(row, "exponent"), int(row["squares"])
    estimate = OverRuns(*value, squares, settings.statistics.confidence, "Latin squares")
    known = np.isfinite(row["low"])
    return Finding(
        *value,
        interval=f"t over {squares} Latin squares",
        control=f"{row['task_levels']} task-levels emerge at all their frequencies; {row['censored']} events stay out; "
        f"{row['diverged']} runs diverged",
        judged=judge(estimate, rule, expected) if known else undecided("needs two Latin squares with events"),
        rule=f"{EXPONENT} {text}",
        bounds=rule,
        planned=at_pilot(estimate, rule, settings.spread(claim), expected),
    )
