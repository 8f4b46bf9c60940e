"""Claims A6 to A14: what geometry tells of emergence, before it and in its order."""

from collections.abc import Iterator
from typing import Protocol

import numpy as np
import pandas as pd

from emergence.analysis.claims.estimates import Rate, Resampled, ends
from emergence.analysis.claims.evidence import Evidence
from emergence.analysis.claims.rules import at_least, at_most
from emergence.analysis.claims.verdicts import Judged, Row, both, from_runs, interval, judge, none_of, undecided
from emergence.analysis.intervals import clopper_pearson
from emergence.settings.analysis import ClaimSettings, Statistics, Verdicts

PUBLISHED_LLC = (0, 24)  # precursors among tasks x levels, v1 and v3
PUBLISHED_HESSIAN = (4, 24)  # 17 %, v1
PUBLISHED_SPEARMAN = (0.57, 0.90)  # v1; the lowest is asked for, power is stated for the highest
PUBLISHED_PAIRS = {"A13 v1": 0.27, "A13 v3": 0.69, "A14": 0.26}
COIN = 0.5
EVERY = 1.0
"""The rate for which power is stated: every event, as published of hard tasks."""
NO_NULL = [undecided("no null to exceed")]
"""Without any, a rate says nothing."""
GEOMETRY = ("fisher", "gradient_covariance", "hessian", "llc", "rankme")  # of which v4 says that one leads


def primary(table: pd.DataFrame, settings: ClaimSettings) -> pd.DataFrame:
    """Rows over all sizes, of the primary metric and definition."""
    chosen = (table["metric"] == settings.metric) & (table["definition"] == settings.definition)
    return table[chosen & (table["size"] == "all")]


def rates_of(precursors: pd.DataFrame, settings: ClaimSettings) -> pd.DataFrame:
    """Rates over all sizes of the primary metric and definition, by measure, classes, difficulty and control."""
    return primary(precursors, settings).set_index(["measure", "classes", "difficulty", "control"]).sort_index()


def beyond(
    rates: pd.DataFrame, cell: tuple[str, str, str], settings: ClaimSettings
) -> tuple[pd.Series, list[Judged], str]:
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


class Judging(Protocol):
    """Settings by which rates are judged, in whatever study."""

    @property
    def statistics(self) -> Statistics:
        """Of intervals."""

    @property
    def verdicts(self) -> Verdicts:
        """Thresholds."""


def rate_of(row: pd.Series, settings: Judging, name: str = "rate") -> Rate:
    """A rate (or a share of events) over runs, as it is judged."""
    statistics = settings.statistics
    return Rate(*ends(row, name), int(row["runs"]), statistics.confidence, statistics.seed)


def excess_of(null: pd.Series, settings: Judging) -> Resampled:
    """An excess over a null, as it is judged."""
    return Resampled(*ends(null, "excess", "excess_"), settings.statistics.confidence, int(null["runs"]))


def exceeding(null: pd.Series, name: str, settings: Judging) -> Judged:
    """Whether a rate exceeds one null."""
    return judge(excess_of(null, settings), at_least(settings.verdicts.null_margin), what=f"excess over {name}")


def leading(observed: pd.Series, excess: list[Judged], settings: Judging) -> Judged:
    """What a precursor must show: a rate as published, beyond every null, in enough runs."""
    rate = judge(rate_of(observed, settings), at_least(settings.verdicts.precursor_rate), EVERY, "rate")
    return from_runs(observed["runs"], settings.verdicts.minimum_runs, both(rate, *(excess or NO_NULL)))


def announcing_nothing(observed: pd.Series, excess: list[Judged], settings: Judging) -> Judged:
    """Verdict on a claim that there is no precursor: in enough runs, some null is not exceeded, whatever the rate."""
    return from_runs(observed["runs"], settings.verdicts.minimum_runs, none_of(*(excess or NO_NULL)))


def beyond_nulls(settings: ClaimSettings) -> str:
    """The rule that asks for more than nulls give, as text."""
    verdicts = settings.verdicts
    return f"excess over every null at or above {verdicts.null_margin}; from {verdicts.minimum_runs} runs"


def leads_beyond_nulls(settings: ClaimSettings) -> str:
    """The rule for a precursor, as text."""
    return f"rate at or above {settings.verdicts.precursor_rate} and {beyond_nulls(settings)}"


def of_rate(observed: pd.Series) -> Row:
    """A rate with its interval, for a claim."""
    values = {"value": observed["rate"], "low": observed["low"], "high": observed["high"]}
    return {**values, "interval": f"over {observed['runs']} runs, {observed['events']} events"}


def precursors(evidence: Evidence, settings: ClaimSettings) -> Iterator[Row]:
    """RankMe leads emergence in hard tasks, and not in easy ones; nothing else does."""
    rates, rule = rates_of(evidence.precursors, settings), leads_beyond_nulls(settings)
    for claim, difficulty, statement, published in (
        ("A6", "hard", "RankMe leads the emergence of hard tasks, beyond its nulls", "v1: 75-100 %; v3: 100 %"),
        ("A7", "easy", "RankMe gives no precursor of easy tasks, beyond its nulls", "v4: none"),
    ):
        observed, excess, beside = beyond(rates, ("rankme", "family", difficulty), settings)
        other = rates.loc[("rankme", "other_seeds", difficulty, "observed")]
        judged = (leading if difficulty == "hard" else announcing_nothing)(observed, excess, settings)
        yield {
            "claim": claim,
            "statement": statement,
            "published": published,
            **of_rate(observed),
            "control": f"{beside}; difficulty told by other seeds: {interval(other, 'rate', '.2f')}",
            **judged.columns,
            "rule": rule if difficulty == "hard" else f"not: {beyond_nulls(settings)}",
        }
    yield from _only_rankme(rates, rule, settings)


def _only_rankme(rates: pd.DataFrame, rule: str, settings: ClaimSettings) -> Iterator[Row]:
    """Of all geometry only RankMe is a reliable precursor."""
    measures = [measure for measure in GEOMETRY if measure in rates.index]
    reliable = {}
    for measure in measures:
        observed, excess, _ = beyond(rates, (measure, "all", "all"), settings)
        reliable[measure] = leading(observed, excess, settings)
    others = [none_of(judged) for measure, judged in reliable.items() if measure != "rankme"]
    yield {
        "claim": "A8",
        "statement": "Of all geometry only RankMe leads emergence reliably",
        "published": "v4",
        **of_rate(rates.loc[("rankme", "all", "all", "observed")]),
        "control": "; ".join(
            f"{measure} {interval(rates.loc[(measure, 'all', 'all', 'observed')], 'rate', '.2f')}: {judged.verdict}"
            for measure, judged in reliable.items()
        ),
        **both(reliable["rankme"], *others).columns,
        "rule": f"RankMe is a precursor and no other is, by: {rule}",
    }


def hierarchy(evidence: Evidence, settings: ClaimSettings) -> Iterator[Row]:
    """The local learning coefficient does not lead, and the Hessian lags."""
    rates = rates_of(evidence.precursors, settings)
    shares = relations_of(evidence.hierarchy, settings)
    for claim, measure, statement, published, counts in (
        ("A9", "llc", "The local learning coefficient does not lead emergence", "v1, v3: 0/24", PUBLISHED_LLC),
        ("A10", "hessian", "The Hessian's top eigenvalue lags emergence", "v1: leads 4/24, lags", PUBLISHED_HESSIAN),
    ):
        if measure in rates.index:
            yield {
                "claim": claim,
                "statement": statement,
                "published": published,
                **following(rates, shares, measure, counts, settings),
            }


def relations_of(hierarchy: pd.DataFrame, settings: ClaimSettings) -> pd.DataFrame:
    """Shares of events that measures lead, lag and so on, over all sizes and classes, by measure and relation."""
    return primary(hierarchy, settings).query("classes == 'all'").set_index(["measure", "relation"])


def following(
    rates: pd.DataFrame, shares: pd.DataFrame, measure: str, counts: tuple[int, int], settings: ClaimSettings
) -> Row:
    """Evidence that a measure leads no more than a published count allows; of the Hessian, also that it lags."""
    observed, placebo = (rates.loc[(measure, "all", "all", control)] for control in ("observed", "placebo"))
    of_measure = shares.loc[measure] if measure in shares.index else shares.iloc[:0]
    beside = "; ".join(f"{name} {interval(row, 'share', '.2f')}" for name, row in of_measure.iterrows())
    _, threshold = clopper_pearson(*counts, settings.statistics.confidence)
    parts = [judge(rate_of(observed, settings), at_most(threshold), counts[0] / counts[1], "leads")]
    rule = f"share that leads at or below {threshold:.3f} (exact upper bound of {counts[0]}/{counts[1]})"
    if measure == "hessian" and len(of_measure):
        parts.append(judge(rate_of(of_measure.loc["lags"], settings, "share"), at_least(COIN), EVERY, "lags"))
        rule += f", share that lags at or above {COIN}"
    enough = settings.verdicts.minimum_runs
    return {
        **of_rate(observed),
        "control": f"{beside}; placebo leads {placebo['rate']:.2f}" if beside else "no event",
        **from_runs(observed["runs"], enough, both(*parts)).columns,
        "rule": f"{rule}; from {enough} runs",
    }


def probes(evidence: Evidence, settings: ClaimSettings) -> Iterator[Row]:
    """A linear read-out finds the answer before behaviour shows it."""
    rates = rates_of(evidence.precursors, settings)
    if "linear_probe" in rates.index:
        observed, excess, beside = beyond(rates, ("linear_probe", "all", "all"), settings)
        yield {
            "claim": "A11",
            "statement": "Linear probes decode the answer before behaviour shows it, beyond their nulls",
            "published": "v4: collapse, recovery, behaviour",
            **of_rate(observed),
            "control": beside,
            **leading(observed, excess, settings).columns,
            "rule": leads_beyond_nulls(settings),
        }


def limits(evidence: Evidence, settings: ClaimSettings) -> Iterator[Row]:
    """Geometry ranks coarse difficulty, but neither the order within a class nor its reversal between sizes."""
    found = evidence.limits.query("measure == 'rankme' and feature == 'onset' and size == 'all'")
    found = found.set_index(["statistic", "classes", "pairs_of"]).sort_index()
    for claim, key, statement, published, rule in (
        ("A12", ("spearman", "none", "all"), "Onset of RankMe ranks task-levels by emergence", "v1: Spearman .57-.90",
         f"interval at or above {PUBLISHED_SPEARMAN[0]}, p over whole tasks below 0.05"),
        ("A13 v1", ("concordance", "family", "within"), "Within a class geometry orders emergence worse than a coin",
         "v1: 27 %", "interval below one half"),
        ("A13 v3", ("concordance", "family", "within hard"), "Within hard tasks geometry orders emergence",
         "v3: 69 % (easy: 52 %)", "interval above one half, Holm p and p over whole tasks below 0.05"),
        ("A14", ("swap", "none", "all"), "Where two sizes differ in order, geometry does not tell", "v1, v3: 26 %",
         "interval below one half"),
    ):  # fmt: skip
        row, kept = found.loc[key], found.loc[("kept", "none", "all")]
        beside = f"; pairs that keep their order: {interval(kept, 'value', '.2f')}" if claim == "A14" else ""
        yield {
            "claim": claim,
            "statement": statement,
            "published": published,
            "value": row["value"],
            "low": row["low"],
            "high": row["high"],
            "interval": f"over {row['runs']} runs, {row['pairs']} pairs",
            "control": f"permuted {row['null']:.2f} [{row['null_low']:.2f}, {row['null_high']:.2f}], "
            f"p {row['p']:.2g}, Holm p {row['holm_p']:.2g}, over whole tasks {row['task_p']:.2g}{beside}",
            **_of_limit(claim, row, settings).columns,
            "rule": rule,
        }


def _of_limit(claim: str, row: pd.Series, settings: ClaimSettings) -> Judged:
    statistics, by_chance = settings.statistics, 1 - settings.statistics.confidence
    if np.isnan(row["low"]):
        return undecided("no pairs of task-levels to order")
    share = rate_of(row, settings, "value")
    match claim:
        case "A12":
            least, most = PUBLISHED_SPEARMAN
            correlation = Resampled(*ends(row, "value"), statistics.confidence, int(row["runs"]))
            parts = [judge(correlation, at_least(least), most), _beyond_chance(row, "task_p", by_chance)]
        case "A13 v3":
            parts = [judge(share, at_least(COIN), PUBLISHED_PAIRS[claim])]
            parts += [_beyond_chance(row, p, by_chance) for p in ("holm_p", "task_p")]
        case _:
            parts = [judge(share, at_most(COIN), PUBLISHED_PAIRS[claim])]
    return from_runs(row["runs"], settings.verdicts.minimum_runs, both(*parts))


def _beyond_chance(row: pd.Series, p: str, level: float) -> Judged:
    """Whether a permutation test rejects; that it does not is no evidence against a claim.

    What is permuted are task-levels, or whole tasks: its null is as wide as their number makes it.
    """
    if row[p] < level:
        return Judged("holds")
    over = "tasks" if p == "task_p" else "task-levels"
    return undecided(f"p {row[p]:.2g} over {over}, a null that more {over} would narrow, not more runs")
