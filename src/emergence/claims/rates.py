"""Verdicts on precursors: a measure leads emergence if it moves before everything else that could have told of it.

The rule asks for paired lead-time differences (`emergence.analysis.lead_differences`): over every rival, the interval
of the measure's lead less the rival's must reach the margin by which a lead counts. Published rates stand beside it
with their nulls, as description: a rate cannot exceed 1, so its excess over a null that leads nearly all events is
bounded whatever the measure does. The same rules serve all studies. How well they see planted precursors is estimated
in `emergence.claims.lead_power`; they are graded where true times are known in `emergence.claims.parity_joint`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

import pandas as pd

from emergence.analysis.lead_differences import MOVES
from emergence.analysis.select import select
from emergence.claims.blindness import of_rule, unless_blind, with_smallest_lead
from emergence.claims.estimates import OverRuns, Rate, ends
from emergence.claims.rules import ANYTHING, Rule, at_least
from emergence.claims.verdicts import Finding, Judged, both, from_runs, interval, judge, none_of, undecided, untested
from emergence.config.protocol import Statistics, Verdicts

DIFFERENCES, RATE, BEYOND = "lead differences", "rate alone", "beyond nulls"
"""Names of the rules, in tables."""
COIN = 0.5
EVERY = 1.0
"""The rate for which power is stated: every event, as published of hard tasks."""
NO_NULL = [undecided("no null to exceed")]
"""Without any, a rate says nothing."""
Cell = tuple[str, str, str]
"""Measure, classes and difficulty."""


class Judging(Protocol):
    """Settings by which rates are judged, in whatever study."""

    @property
    def statistics(self) -> Statistics:
        """Of intervals."""

    @property
    def verdicts(self) -> Verdicts:
        """Thresholds."""


class OfTier(Judging, Protocol):
    """The same, with the number of runs."""

    @property
    def runs(self) -> int:
        """Runs of the tier."""


class Deciding(OfTier, Protocol):
    """The same, with whose leads are judged."""

    @property
    def metric(self) -> str:
        """Whose events count."""

    @property
    def definition(self) -> str:
        """Of a lead."""


def primary(table: pd.DataFrame, settings: Deciding) -> pd.DataFrame:
    """Rows over all sizes, of the primary metric and definition."""
    chosen = (table["metric"] == settings.metric) & (table["definition"] == settings.definition)
    return table[chosen & (table["size"] == "all")]


def primary_leads(leads: pd.DataFrame, measure: str, settings: Deciding) -> pd.DataFrame:
    """Leads of one measure, by the primary metric and definition.

    Args:
        leads: Table ``leads``.
        measure: A name in its column ``measure``.
        settings: The primary metric and definition.
    """
    chosen = (leads["metric"] == settings.metric) & (leads["definition"] == settings.definition)
    return leads[chosen & (leads["measure"] == measure)]


def rates_of(precursors: pd.DataFrame, settings: Deciding) -> pd.DataFrame:
    """Primary rates over all sizes by measure, classes, difficulty and control."""
    return primary(precursors, settings).set_index(["measure", "classes", "difficulty", "control"]).sort_index()


def relations_of(hierarchy: pd.DataFrame, settings: Deciding) -> pd.DataFrame:
    """Shares of events that measures lead, lag and so on, over all sizes and classes, by measure and relation."""
    return primary(hierarchy, settings).query("classes == 'all'").set_index(["measure", "relation"])


def rate_of(row: pd.Series, settings: Judging, name: str = "rate") -> Rate:
    """A rate (or a share of events) over runs, as it is judged.

    Args:
        row: A row with a share, its ``low`` and ``high``, and its number of ``runs``.
        settings: Confidence, and the seed of simulated power.
        name: Column of the share.
    """
    statistics = settings.statistics
    return Rate(*ends(row, name), int(row["runs"]), statistics.confidence, statistics.seed)


def leading(observed: pd.Series, excess: list[Judged], settings: Judging) -> Judged:
    """Verdict on a precursor: a rate as published, beyond every null, in enough runs.

    Args:
        observed: Row of table ``precursors`` with the rate itself.
        excess: Verdicts on its excess over each null.
        settings: The rate that is asked, and the least number of runs.
    """
    rate = judge(rate_of(observed, settings), at_least(settings.verdicts.precursor_rate), EVERY, "rate")
    return from_runs(observed["runs"], settings.verdicts.minimum_runs, both(rate, *(excess or NO_NULL)))


def differences_of(lead_differences: pd.DataFrame, cell: Cell, settings: Deciding) -> pd.DataFrame:
    """Primary differences of a cell over all sizes, a row a rival; none where a lead has no time, as a lag has not.

    Args:
        lead_differences: Table ``lead_differences``.
        cell: Measure, classes and difficulty.
        settings: The primary definition.
    """
    measure, classes, difficulty = cell
    names = {"measure": measure, "classes": classes, "difficulty": difficulty}
    return select(lead_differences, **names, definition=settings.definition, size="all")


def ahead_of(row: Mapping[str, Any], settings: Judging) -> Judged:
    """Whether a measure leads one rival by the margin, in the runs that tell."""
    mean = OverRuns(*ends(dict(row), "difference", "difference_"), int(row["runs"]), settings.statistics.confidence)
    return judge(mean, at_least(row["margin"]), what=f"lead over {row['rival']}")


def ahead(differences: Sequence[Mapping[str, Any]], settings: OfTier, *, opposite: bool = False) -> Judged:
    """Verdict on a precursor (or, ``opposite``, on its absence) from the rows of a cell, in enough runs.

    Args:
        differences: Rows of table ``lead_differences``, one a rival, in checkpoints.
        settings: Least number of runs, and the runs of the tier.
        opposite: Whether the claim is that the measure is not a precursor.
    """
    parts = [ahead_of(row, settings) for row in differences]
    runs = min((int(row["runs"]) for row in differences), default=0)
    judged = none_of(*parts) if opposite else both(*parts)
    if parts:
        least = f"{differences[0]['margin']:g} checkpoints"
        seen, unseen = (
            f"interval of the lead over every rival at or above {least}",
            f"interval of the lead over some rival below {least}",
        )
        holds_if, fails_if = (unseen, seen) if opposite else (seen, unseen)
        judged = replace(judged, holds_if=holds_if, fails_if=fails_if)
    return from_runs(runs, settings.verdicts.minimum_runs, judged, settings.runs)


def ahead_of_rivals(settings: Judging, *, opposite: bool = False) -> str:
    """The rule for a precursor, as text."""
    return (
        f"{'not: ' if opposite else ''}lead over every rival (curves of tasks that emerge later, the control's, own "
        f"score, own loss) at or above the margin; from {settings.verdicts.minimum_runs} runs"
    )


def units_of(observed: pd.Series) -> str:
    """The units over which the interval of a rate is taken, as text."""
    return f"over {observed['runs']} runs, {observed['events']} events"


def finding(observed: pd.Series, judged: Judged, *, control: str, rule: str, bounds: Rule = ANYTHING) -> Finding:
    """A finding that is a rate over runs.

    Args:
        observed: Row of table ``precursors`` with the rate, its interval and its counts.
        judged: The verdict.
        control: What stands beside the rate, as text.
        rule: The rule, as text.
        bounds: The range that the rule asks of the interval, if it asks one.
    """
    return Finding(
        *ends(observed, "rate"), interval=units_of(observed), control=control, judged=judged, rule=rule, bounds=bounds
    )


def precursor(
    precursors: pd.DataFrame,
    lead_differences: pd.DataFrame,
    cell: Cell,
    settings: Deciding,
    smallest_leads: pd.DataFrame | None = None,
    more: str = "",
    *,
    opposite: bool = False,
) -> Finding | None:
    """Finding that a measure leads its events, or (``opposite``) that it is not a precursor.

    Args:
        precursors: Table ``precursors``: rates and nulls, which stand beside.
        lead_differences: Table ``lead_differences``: what is judged.
        cell: Measure, classes and difficulty.
        settings: Of the study's claims.
        smallest_leads: Table ``smallest_leads``, of a run with planted leads: a rule that sees none decides nothing.
        more: Further text beside the value.
        opposite: Whether the claim is that the measure is not a precursor.

    Returns:
        The finding, whose value is the least difference; None where the measure is not a signal of the run.
    """
    rates = rates_of(precursors, settings)
    if cell[0] not in rates.index:
        return None
    rule, beside = ahead_of_rivals(settings, opposite=opposite), f"{described(rates, cell, settings)}{more}"
    rows = differences_of(lead_differences, cell, settings)
    if settings.definition not in MOVES:
        why = f"by {settings.definition} a lead has no time to compare with those of rivals"
        return Finding(control=beside, judged=untested(why), rule=rule)
    judged = ahead(rows.to_dict("records"), settings, opposite=opposite)
    if rows["whole_network"].any():
        judged = untested("one curve for all tasks announces none of them")
    if rows.empty:
        return Finding(control=beside, judged=judged, rule=rule)
    planted = of_rule(smallest_leads, DIFFERENCES, cell)
    judged = unless_blind(judged, planted, "fails" if opposite else "holds")
    least = rows.loc[rows["difference"].idxmin()]
    finding = Finding(
        *ends(least, "difference", "difference_"),
        interval=f"lead over {least['rival']}, the least, in checkpoints; t over {least['runs']} runs",
        control=f"lead over {by_rival(rows)}; {beside}",
        judged=judged,
        rule=rule,
        bounds=ANYTHING if opposite else at_least(float(least["margin"])),
    )
    return with_smallest_lead(finding, planted)


def by_rival(differences: pd.DataFrame) -> str:
    """Differences of a cell, as text."""
    rows = differences.to_dict("records")
    return ", ".join(f"{row['rival']} {interval(row, 'difference', '+.1f', 'difference_')}" for row in rows)


def described(rates: pd.DataFrame, cell: Cell, settings: Deciding) -> str:
    """The published rate with its nulls, as text.

    Args:
        rates: Table ``precursors`` by measure, classes, difficulty and null, as `rates_of` gives it.
        cell: Measure, classes and difficulty.
        settings: The nulls that count.
    """
    observed = rates.loc[(*cell, "observed")]
    if not observed["events"]:
        return "no event"
    nulls = [rates.loc[(*cell, null)] for null in settings.verdicts.nulls]
    beside = ", ".join(f"{null.name[3]} {null['rate']:.2f}" for null in nulls if null["events"])
    return f"leads {interval(observed, 'rate', '.2f')} of {observed['events']} events (nulls: {beside or 'none'})"
