"""Claims A6 to A14: what geometry tells of emergence, before it and in its order."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from emergence.analysis.claims.evidence import Evidence
from emergence.analysis.claims.verdicts import Row, Verdict, at_least, at_most, both, interval, none_of
from emergence.analysis.intervals import clopper_pearson
from emergence.settings.analysis import ClaimSettings

PUBLISHED_LLC = (0, 24)  # precursors among tasks x levels, v1 and v3
PUBLISHED_HESSIAN = (4, 24)  # 17 %, v1
PUBLISHED_SPEARMAN = 0.57  # the lowest of .57 to .90, v1
COIN = 0.5
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
) -> tuple[pd.Series, list[Verdict], str]:
    """The observed rate of a cell, whether it exceeds each null that there is, and the nulls as text.

    Without any null, a rate says nothing.
    """
    nulls = [rates.loc[(*cell, null)] for null in settings.verdicts.nulls]
    nulls = [null for null in nulls if null["events"]]
    margin = settings.verdicts.null_margin
    excess = [at_least(null["excess_low"], null["excess_high"], margin) for null in nulls]
    beside = "; ".join(
        f"{null.name[3]} {null['rate']:.2f}, excess {interval(null, 'excess', '+.2f', 'excess_')}, "
        f"Holm p {null['holm_p']:.2g}"
        for null in nulls
    )
    return rates.loc[(*cell, "observed")], excess or ["undecided"], beside or "no null"


def leading(observed: pd.Series, excess: list[Verdict], settings: ClaimSettings) -> list[Verdict]:
    """What a precursor must show: a rate as published, beyond every null, in enough runs."""
    if observed["runs"] < settings.verdicts.minimum_runs:
        return ["undecided"]
    return [at_least(observed["low"], observed["high"], settings.verdicts.precursor_rate), *excess]


def announcing_nothing(observed: pd.Series, excess: list[Verdict], settings: ClaimSettings) -> Verdict:
    """Verdict on a claim that there is no precursor: in enough runs, some null is not exceeded, whatever the rate."""
    return none_of(*excess) if observed["runs"] >= settings.verdicts.minimum_runs else "undecided"


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
        leads = both(*leading(observed, excess, settings))
        yield {
            "claim": claim,
            "statement": statement,
            "published": published,
            **of_rate(observed),
            "control": f"{beside}; difficulty told by other seeds: {interval(other, 'rate', '.2f')}",
            "verdict": leads if difficulty == "hard" else announcing_nothing(observed, excess, settings),
            "rule": rule if difficulty == "hard" else f"not: {beyond_nulls(settings)}",
        }
    yield from _only_rankme(rates, rule, settings)


def _only_rankme(rates: pd.DataFrame, rule: str, settings: ClaimSettings) -> Iterator[Row]:
    """Of all geometry only RankMe is a reliable precursor."""
    measures = [measure for measure in GEOMETRY if measure in rates.index]
    reliable = {}
    for measure in measures:
        observed, excess, _ = beyond(rates, (measure, "all", "all"), settings)
        reliable[measure] = both(*leading(observed, excess, settings))
    others = [none_of(verdict) for measure, verdict in reliable.items() if measure != "rankme"]
    yield {
        "claim": "A8",
        "statement": "Of all geometry only RankMe leads emergence reliably",
        "published": "v4",
        **of_rate(rates.loc[("rankme", "all", "all", "observed")]),
        "control": "; ".join(
            f"{measure} {interval(rates.loc[(measure, 'all', 'all', 'observed')], 'rate', '.2f')}: {verdict}"
            for measure, verdict in reliable.items()
        ),
        "verdict": both(reliable["rankme"], *others),
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
    parts = [at_most(observed["low"], observed["high"], threshold)]
    rule = f"share that leads at or below {threshold:.3f} (exact upper bound of {counts[0]}/{counts[1]})"
    if measure == "hessian" and len(of_measure):
        parts.append(at_least(of_measure.loc["lags", "low"], of_measure.loc["lags", "high"], COIN))
        rule += f", share that lags at or above {COIN}"
    enough = settings.verdicts.minimum_runs
    return {
        **of_rate(observed),
        "control": f"{beside}; placebo leads {placebo['rate']:.2f}" if beside else "no event",
        "verdict": both(*parts) if observed["runs"] >= enough else "undecided",
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
            "verdict": both(*leading(observed, excess, settings)),
            "rule": leads_beyond_nulls(settings),
        }


def limits(evidence: Evidence, settings: ClaimSettings) -> Iterator[Row]:
    """Geometry ranks coarse difficulty, but neither the order within a class nor its reversal between sizes."""
    found = evidence.limits.query("measure == 'rankme' and feature == 'onset' and size == 'all'")
    found = found.set_index(["statistic", "classes", "pairs_of"]).sort_index()
    for claim, key, statement, published, rule in (
        ("A12", ("spearman", "none", "all"), "Onset of RankMe ranks task-levels by emergence", "v1: Spearman .57-.90",
         f"interval at or above {PUBLISHED_SPEARMAN}, p over whole tasks below 0.05"),
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
            "verdict": _of_limit(claim, row, settings),
            "rule": rule,
        }


def _of_limit(claim: str, row: pd.Series, settings: ClaimSettings) -> Verdict:
    low, high = row["low"], row["high"]
    if row["runs"] < settings.verdicts.minimum_runs or np.isnan(low):
        return "undecided"
    by_chance = 1 - settings.statistics.confidence
    beyond_tasks: Verdict = "holds" if row["task_p"] < by_chance else "undecided"
    beyond_levels: Verdict = "holds" if row["holm_p"] < by_chance else "undecided"
    match claim:
        case "A12":
            return both(at_least(low, high, PUBLISHED_SPEARMAN), beyond_tasks)
        case "A13 v3":
            return both(at_least(low, high, COIN), beyond_levels, beyond_tasks)
        case _:
            return at_most(low, high, COIN)
