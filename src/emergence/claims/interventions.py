"""Claims I1 to I9: what sets the early collapse, and whether emergence depends on it.

All are tests of this project. Units are cells of the grid, or pairs of runs with the same weights and batches.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from emergence.analysis.anatomy.floors import equivalence_bounds
from emergence.claims.arm_ratio import SAME, ratio
from emergence.claims.early_prediction import early
from emergence.claims.estimates import OverRuns, Resampled, Share, ends
from emergence.claims.language_arms import language_arms
from emergence.claims.planned import at_pilot, planned_power
from emergence.claims.prevention_worth import worth
from emergence.claims.registry import Part, Registry, Section
from emergence.claims.rules import Rule, at_least, at_most, within
from emergence.claims.settings import InterventionClaimSettings
from emergence.claims.task_frequencies import frequencies
from emergence.claims.verdicts import (
    Finding,
    interval,
    judge,
    of_share,
    undecided,
)
from emergence.config.arms import PLAIN
from emergence.io import tables as files
from emergence.schemas import interventions as schemas
from emergence.schemas.analysis import CLAIMS

clock = Section("clock of the collapse")
arms = Section("paired interventions")
timed = partial(clock.claim, published="not published", reproduction="collapse", figures=["11"], ours=True)
paired = partial(arms.claim, published="not published", reproduction="draws", figures=["12"], ours=True)
RIVALS = {
    "step": "the number of steps",
    "loss": "the loss",
    "gradient_norm": "the norm of the gradient",
    "weight_norm": "the norm of the weights",
    "entropy": "the entropy of the predictions",
}

BOUNDING = {"settings": "a power law in every setting", "other_seeds": "other seeds of the cell"}
"""Predictions that were added when the errors had been seen, so that no claim rests on them."""


# The clock -----------------------------------------------------------------------------------------------------------


@timed("I1", "The sum of learning rates, with a law of size, tells when the last layer of an unseen cell collapses")
def clock_predicts(clock_laws: pd.DataFrame, settings: InterventionClaimSettings, claim: str) -> Finding:
    """Error of the predicted step in held-out cells, as a factor."""
    by_quantity = clock_laws.set_index("quantity")
    if "rate_sum" not in by_quantity.index:
        return _nothing("no cell that is held out collapses")
    row, rule = by_quantity.loc["rate_sum"], at_most(settings.verdicts.factor)
    value = ends(row, "factor", "factor_")
    estimate = Resampled(*value, settings.statistics.confidence, int(row["cells"]), log=True)
    exponents = row[["width_exponent", "exponent_low", "exponent_high"]]
    exponents.index = ["width_exponent", "low", "high"]
    return Finding(
        *value,
        interval=f"bootstrap over {int(row['cells'])} held-out cells",
        control=f"factors of rivals: {_factors(by_quantity, RIVALS)}; not judged: {_factors(by_quantity, BOUNDING)}; "
        f"exponent of the width {interval(exponents, 'width_exponent', '+.2f')}",
        judged=judge(estimate, rule, what="error"),
        planned=at_pilot(estimate, rule, settings.spread(claim)),
        rule=f"interval of the mean factor between predicted and observed step at or below {settings.verdicts.factor}",
        bounds=rule,
    )


def _factors(by_quantity: pd.DataFrame, named: Mapping[str, str]) -> str:
    """Mean errors of some predictions, as factors."""
    known = {words: by_quantity.loc[name, "factor"] for name, words in named.items() if name in by_quantity.index}
    return ", ".join(f"{words} {factor:.2f}" for words, factor in known.items()) or "none"


@timed(
    "I2",
    "The sum of learning rates tells the step of the collapse better than {part}",
    parts=[Part(name, words) for name, words in RIVALS.items()],
)
def better_than_rival(clock_laws: pd.DataFrame, settings: InterventionClaimSettings, part: Part, claim: str) -> Finding:
    """Paired difference of absolute log errors in held-out cells."""
    rows = clock_laws[clock_laws["quantity"] == part.name]
    if rows.empty:
        return _nothing("no cell that is held out collapses")
    row, rule = rows.iloc[0], at_most(0.0)
    value = ends(row, "excess", "excess_")
    estimate = Resampled(*value, settings.statistics.confidence, int(row["cells"]))
    return Finding(
        *value,
        interval=f"bootstrap over {int(row['cells'])} held-out cells",
        control=f"factor of the rival {interval(row, 'factor', '.2f', 'factor_')}",
        judged=judge(estimate, rule),
        planned=at_pilot(estimate, rule, settings.spread(claim)),
        rule="interval of the difference of absolute log errors, paired by cell, at or below 0",
        bounds=rule,
    )


@timed("I3", "The last layer collapses first in every cell of the grid")
def last_layer_first(clock_shares: pd.DataFrame, settings: InterventionClaimSettings) -> Finding:
    """Share of cells whose last layer falls strictly before all others, in most seeds."""
    rows = clock_shares.set_index("statistic")
    row, fell = rows.loc["last_first"], rows.loc["collapsed"]
    share = Share(int(row["count"]), int(row["units"]), settings.statistics.confidence, "cells")
    rule = at_least(settings.universal)
    finding = of_share(
        share,
        rule,
        1.0,
        control=f"a collapse in {int(fell['count'])}/{int(fell['units'])} cells",
        text=f"exact interval of the share of cells with a collapse at or above {settings.universal}",
    )
    return replace(finding, planned=planned_power(share, rule, 1.0) if share.count else "")


@timed(
    "I4",
    "The floor of the collapse does not depend on {part}",
    parts=[Part("width", "the width at a fixed depth"), Part("layers", "the depth at a fixed width")],
)
def constant_floor(clock_shares: pd.DataFrame, settings: InterventionClaimSettings, part: Part, claim: str) -> Finding:
    """Slope of log floor on log size within groups of cells that agree in all else."""
    row = clock_shares.set_index("statistic").loc[f"floor on {part.name}"]
    low, high = equivalence_bounds(settings.statistics.equivalence)
    text = f"interval within [{low:.3f}, {high:.3f}]: {settings.statistics.equivalence:.0%} per decade"
    beside = "slopes of groups of cells that agree in all else"
    return _mean(claim, row, within(low, high), settings, "groups", beside, text, expected=0.0)


@timed("I5", "The states spread along the direction that the linearised first steps predict")
def predicted_direction(clock_shares: pd.DataFrame, settings: InterventionClaimSettings, claim: str) -> Finding:
    """Cosine between the first principal direction at the collapse and the predicted one."""
    rows = clock_shares.set_index("statistic")
    random = rows.loc["alignment, random", "value"]
    least = settings.verdicts.alignment
    text, beside = f"interval of the mean cosine over cells at or above {least}", f"a random direction has {random:.2f}"
    return _mean(claim, rows.loc["alignment"], at_least(least), settings, "cells", beside, text)


def _mean(
    claim: str,
    row: pd.Series,
    rule: Rule,
    settings: InterventionClaimSettings,
    unit: str,
    control: str,
    text: str,
    expected: float | None = None,
) -> Finding:
    """A finding that is a mean over units with Student's interval."""
    estimate = OverRuns(*ends(row, "value"), int(row["units"]), settings.statistics.confidence, unit)
    judged = judge(estimate, rule, expected) if np.isfinite(estimate.low) else undecided(f"needs two {unit}")
    return Finding(
        *ends(row, "value"),
        interval=f"t over {int(row['units'])} {unit}",
        control=control,
        judged=judged,
        rule=text,
        bounds=rule,
        planned=at_pilot(estimate, rule, settings.spread(claim), expected),
    )


def _nothing(why: str) -> Finding:
    return Finding(judged=undecided(why), rule="–", control=why)


# Paired interventions ------------------------------------------------------------------------------------------------


@paired("I6", "Emergence needs no collapse: where it is prevented, emergence comes no later")
def not_needed(arm_effects: pd.DataFrame, settings: InterventionClaimSettings, claim: str) -> Finding:
    """Ratio of emergence steps without and with the collapse, at most the margin."""
    margin = settings.verdicts.margin
    return ratio(
        claim, arm_effects, ("prevent", PLAIN), at_most(margin), settings, f"at or below {margin}", settings.pairs
    )


@paired(
    "I7",
    "Emergence stays where it is when {part}",
    parts=[
        Part("prevent", "the collapse is prevented"),
        Part("earlier", "the collapse is moved forward"),
        Part("later", "the collapse is moved back"),
    ],
)
def events_stay(arm_effects: pd.DataFrame, settings: InterventionClaimSettings, part: Part, claim: str) -> Finding:
    """Equivalence of emergence steps with those of the plain arm."""
    margin = settings.verdicts.margin
    rule = within(1 / margin, margin)
    return ratio(
        claim,
        arm_effects,
        (part.name, PLAIN),
        rule,
        settings,
        f"within [{1 / margin:.3f}, {margin}]",
        settings.pairs,
    )


@paired(
    "I8",
    "Emergence comes earlier where the collapse is prevented than with {part}",
    parts=[
        Part("sham", "a sham of the same gradient norm"),
        Part("late", "the same penalty after the collapse"),
    ],
)
def no_regulariser(arm_effects: pd.DataFrame, settings: InterventionClaimSettings, part: Part, claim: str) -> Finding:
    """Ratio of emergence steps of the arm that prevents the collapse to those of a control."""
    return ratio(
        claim,
        arm_effects,
        ("prevent", part.name),
        at_most(SAME),
        settings,
        f"at or below {SAME:g}",
        settings.pairs,
    )


@paired("I9", "A deeper collapse delays emergence")
def deeper_delays(arm_effects: pd.DataFrame, settings: InterventionClaimSettings, claim: str) -> Finding:
    """Ratio of emergence steps of the arm that deepens the collapse to those of the plain arm."""
    margin = settings.verdicts.margin
    return ratio(
        claim, arm_effects, ("deepen", PLAIN), at_least(margin), settings, f"at or above {margin}", settings.pairs
    )


INTERVENTIONS = Registry(
    "interventions",
    (schemas,),
    (clock, arms, frequencies, early, worth, language_arms),
    headlines=("I1", "I6", "I7"),
)


def judge_claims(settings: InterventionClaimSettings, tables: list[Path], table: Path) -> None:
    """Judge the claims about interventions.

    Args:
        settings: Thresholds and statistics of the study's claims.
        tables: Files of the tables that its claims are read from.
        table: Where ``claims`` is written.
    """
    files.write(CLAIMS, INTERVENTIONS.judge(INTERVENTIONS.read(tables), settings), table)
