"""Verdicts on precursor rates: a measure leads emergence if its rate and its excess over every null are high enough.

The same rules serve all studies, and are graded where the true times of emergence are known
(`emergence.claims.parity_joint`).
"""

from typing import Protocol

import pandas as pd

from emergence.analysis.intervals import clopper_pearson
from emergence.claims.estimates import Rate, Resampled, ends
from emergence.claims.rules import ANYTHING, Rule, at_least, at_most
from emergence.claims.settings import ClaimSettings
from emergence.claims.verdicts import Finding, Judged, both, from_runs, interval, judge, none_of, undecided
from emergence.config.protocol import Statistics, Verdicts

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


def primary(table: pd.DataFrame, settings: ClaimSettings) -> pd.DataFrame:
    """Rows over all sizes, of the primary metric and definition."""
    chosen = (table["metric"] == settings.metric) & (table["definition"] == settings.definition)
    return table[chosen & (table["size"] == "all")]


def primary_leads(leads: pd.DataFrame, measure: str, settings: ClaimSettings) -> pd.DataFrame:
    """Leads of one measure, by the primary metric and definition."""
    chosen = (leads["metric"] == settings.metric) & (leads["definition"] == settings.definition)
    return leads[chosen & (leads["measure"] == measure)]


def rates_of(precursors: pd.DataFrame, settings: ClaimSettings) -> pd.DataFrame:
    """Primary rates over all sizes by measure, classes, difficulty and control."""
    return primary(precursors, settings).set_index(["measure", "classes", "difficulty", "control"]).sort_index()


def relations_of(hierarchy: pd.DataFrame, settings: ClaimSettings) -> pd.DataFrame:
    """Shares of events that measures lead, lag and so on, over all sizes and classes, by measure and relation."""
    return primary(hierarchy, settings).query("classes == 'all'").set_index(["measure", "relation"])


def beyond(rates: pd.DataFrame, cell: Cell, settings: ClaimSettings) -> tuple[pd.Series, list[Judged], str]:
    """The observed rate of a cell, whether it exceeds each null that there is, and the nulls as text."""
    nulls = [rates.loc[(*cell, null)] for null in settings.verdicts.nulls]
    nulls = [null for null in nulls if null["events"]]
    excess = [exceeding(null, str(null.name[3]), settings) for null in nulls]
    beside = "; ".join(
        f"{null.name[3]} {null['rate']:.2f}, excess {interval(null, 'excess', '+.2f', 'excess_')}, "
        f"Holm p {null['holm_p']:.2g}"
        for null in nulls
    )
    return rates.loc[(*cell, "observed")], excess, beside or "no null"


def rate_of(row: pd.Series, settings: Judging, name: str = "rate") -> Rate:
    """A rate (or a share of events) over runs, as it is judged."""
    statistics = settings.statistics
    return Rate(*ends(row, name), int(row["runs"]), statistics.confidence, statistics.seed)


def exceeding(null: pd.Series, name: str, settings: Judging) -> Judged:
    """Whether a rate exceeds one null."""
    excess = Resampled(*ends(null, "excess", "excess_"), settings.statistics.confidence, int(null["runs"]))
    return judge(excess, at_least(settings.verdicts.null_margin), what=f"excess over {name}")


def leading(observed: pd.Series, excess: list[Judged], settings: Judging) -> Judged:
    """Verdict on a precursor: a rate as published, beyond every null, in enough runs."""
    rate = judge(rate_of(observed, settings), at_least(settings.verdicts.precursor_rate), EVERY, "rate")
    return from_runs(observed["runs"], settings.verdicts.minimum_runs, both(rate, *(excess or NO_NULL)))


def announcing_nothing(observed: pd.Series, excess: list[Judged], settings: Judging) -> Judged:
    """Verdict on the absence of a precursor: some null is not exceeded, whatever the rate, in enough runs."""
    return from_runs(observed["runs"], settings.verdicts.minimum_runs, none_of(*(excess or NO_NULL)))


def beyond_nulls(settings: Judging) -> str:
    """The rule that asks for more than nulls give, as text."""
    verdicts = settings.verdicts
    return f"excess over every null at or above {verdicts.null_margin}; from {verdicts.minimum_runs} runs"


def leads_beyond_nulls(settings: Judging) -> str:
    """The rule for a precursor, as text."""
    return f"rate at or above {settings.verdicts.precursor_rate} and {beyond_nulls(settings)}"


def over_runs(observed: pd.Series) -> str:
    """What the interval of a rate varies over, as text."""
    return f"over {observed['runs']} runs, {observed['events']} events"


def finding(observed: pd.Series, judged: Judged, *, control: str, rule: str, bounds: Rule = ANYTHING) -> Finding:
    """A finding that is a rate over runs."""
    return Finding(
        *ends(observed, "rate"), interval=over_runs(observed), control=control, judged=judged, rule=rule, bounds=bounds
    )


def precursor(precursors: pd.DataFrame, cell: Cell, settings: ClaimSettings, more: str = "") -> Finding | None:
    """Finding that a measure leads, beyond its nulls; None where it is no signal of the run."""
    rates = rates_of(precursors, settings)
    if cell[0] not in rates.index:
        return None
    observed, excess, beside = beyond(rates, cell, settings)
    return finding(
        observed,
        leading(observed, excess, settings),
        control=f"{beside}{more}",
        rule=leads_beyond_nulls(settings),
        bounds=at_least(settings.verdicts.precursor_rate),
    )


def no_precursor(precursors: pd.DataFrame, cell: Cell, settings: ClaimSettings, more: str = "") -> Finding | None:
    """Finding that a measure is no precursor beyond its nulls; None where it is no signal of the run."""
    rates = rates_of(precursors, settings)
    if cell[0] not in rates.index:
        return None
    observed, excess, beside = beyond(rates, cell, settings)
    judged = announcing_nothing(observed, excess, settings)
    return finding(observed, judged, control=f"{beside}{more}", rule=f"not: {beyond_nulls(settings)}")


def follower(
    precursors: pd.DataFrame,
    hierarchy: pd.DataFrame,
    measure: str,
    counts: tuple[int, int],
    settings: ClaimSettings,
    *,
    lags: bool = False,
) -> Finding | None:
    """Finding that a measure leads no more events than a published count allows and, if ``lags``, lags most of them.

    None where it is no signal of the run.
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
    return finding(
        observed,
        from_runs(observed["runs"], enough, both(*parts)),
        control=f"{beside}; placebo leads {placebo['rate']:.2f}" if beside else "no event",
        rule=f"{rule}; from {enough} runs",
        bounds=at_most(threshold),
    )
