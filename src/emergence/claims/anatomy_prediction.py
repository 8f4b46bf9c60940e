"""Claims A6 to A14: geometry as a precursor of emergence and as a predictor of its order."""

from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd

from emergence.claims import published, rates
from emergence.claims.estimates import Resampled, ends
from emergence.claims.registry import Part, Section
from emergence.claims.rules import Rule, at_least, at_most
from emergence.claims.settings import ClaimSettings
from emergence.claims.verdicts import Finding, Judged, both, from_runs, interval, judge, none_of, undecided

claims = Section("prediction")
GEOMETRY = ("fisher", "gradient_covariance", "hessian", "llc", "rankme")
"""Measures of which v4 says that one leads."""


def _of_difficulty(precursors: pd.DataFrame, settings: ClaimSettings, difficulty: str, leads: bool) -> Finding | None:
    """RankMe on tasks of one difficulty, beside tasks that are as difficult for other seeds."""
    by_cell = rates.rates_of(precursors, settings)
    if "rankme" not in by_cell.index:
        return None
    other = by_cell.loc[("rankme", "other_seeds", difficulty, "observed")]
    judged = rates.precursor if leads else rates.no_precursor
    told = f"; difficulty by other seeds: {interval(other, 'rate', '.2f')}"
    return judged(precursors, ("rankme", "family", difficulty), settings, told)


@claims.claim(
    "A6",
    "RankMe leads the emergence of hard tasks, beyond its nulls",
    published="v1: 75-100 %; v3: 100 %",
    figures=["4"],
    reproduction="draws",
)
def precursor_of_hard_tasks(precursors: pd.DataFrame, settings: ClaimSettings) -> Finding | None:
    """RankMe is a precursor of hard tasks."""
    return _of_difficulty(precursors, settings, "hard", leads=True)


@claims.claim(
    "A7",
    "RankMe is no precursor of easy tasks, beyond its nulls",
    published="v4: no precursor",
    figures=["4"],
    reproduction="draws",
)
def no_precursor_of_easy_tasks(precursors: pd.DataFrame, settings: ClaimSettings) -> Finding | None:
    """RankMe is no precursor of easy tasks."""
    return _of_difficulty(precursors, settings, "easy", leads=False)


@claims.claim(
    "A8",
    "Of all geometry only RankMe leads emergence reliably",
    published="v4",
    figures=["4"],
    reproduction="draws",
)
def only_rankme(precursors: pd.DataFrame, settings: ClaimSettings) -> Finding | None:
    """RankMe is a precursor and no other geometry is."""
    findings = {name: rates.precursor(precursors, (name, "all", "all"), settings) for name in GEOMETRY}
    reliable = {name: one for name, one in findings.items() if one is not None}
    if "rankme" not in reliable:
        return None
    rankme, others = reliable["rankme"], [one for name, one in reliable.items() if name != "rankme"]
    return replace(
        rankme,
        control="; ".join(
            f"{name} {interval(vars(one), 'value', '.2f')}: {one.judged.verdict}" for name, one in reliable.items()
        ),
        judged=both(rankme.judged, *(none_of(one.judged) for one in others)),
        rule=f"RankMe is a precursor and no other is, by: {rankme.rule}",
    )


@claims.claim(
    "A9",
    "The local learning coefficient does not lead emergence",
    published="v1, v3: 0/24",
    figures=["4"],
    reproduction="draws",
)
def llc_does_not_lead(precursors: pd.DataFrame, hierarchy: pd.DataFrame, settings: ClaimSettings) -> Finding | None:
    """The local learning coefficient leads no more than was published."""
    return rates.follower(precursors, hierarchy, "llc", published.LLC_LEADS, settings)


@claims.claim(
    "A10",
    "The Hessian's top eigenvalue lags emergence",
    published="v1: leads 4/24, lags",
    figures=["4"],
    reproduction="draws",
)
def hessian_lags(precursors: pd.DataFrame, hierarchy: pd.DataFrame, settings: ClaimSettings) -> Finding | None:
    """The Hessian leads no more than was published, and lags."""
    return rates.follower(precursors, hierarchy, "hessian", published.HESSIAN_LEADS, settings, lags=True)


@claims.claim(
    "A11",
    "Linear probes decode the answer before behaviour shows it, beyond their nulls",
    published="v4: collapse, recovery, behaviour",
    figures=["4"],
    reproduction="draws",
)
def probes_lead(precursors: pd.DataFrame, settings: ClaimSettings) -> Finding | None:
    """A linear read-out leads behaviour."""
    return rates.precursor(precursors, ("linear_probe", "all", "all"), settings)


order = partial(claims.claim, figures=["5"], reproduction="draws")
"""Geometry ranks coarse difficulty, but neither the order within a class nor its reversal between sizes."""


@order("A12", "Onset of RankMe ranks task-levels by emergence", published="v1: Spearman .57-.90")
def coarse_order(order_prediction: pd.DataFrame, settings: ClaimSettings) -> Finding | None:
    """Onsets and events correlate in rank, beyond permutations of whole tasks."""
    lowest, highest = published.SPEARMAN
    return _of_order(
        order_prediction,
        ("spearman", "none", "all"),
        at_least(lowest),
        highest,
        settings,
        beyond_chance=("task_p",),
        rule=f"interval at or above {lowest}, p over whole tasks below 0.05",
    )


@order(
    "A13",
    "Within a class geometry orders emergence worse than a coin",
    published="v1: 27 %",
    parts=[Part("v1")],
)
def order_within_classes(order_prediction: pd.DataFrame, settings: ClaimSettings) -> Finding | None:
    """Pairs of one class are ordered wrongly."""
    key, expected = ("concordance", "family", "within"), published.ORDERED_PAIRS["v1"]
    return _of_order(order_prediction, key, at_most(rates.COIN), expected, settings, rule="interval below one half")


@order(
    "A13",
    "Within hard tasks geometry orders emergence",
    published="v3: 69 % (easy: 52 %)",
    parts=[Part("v3")],
)
def order_within_hard_tasks(order_prediction: pd.DataFrame, settings: ClaimSettings) -> Finding | None:
    """Pairs of hard tasks are ordered rightly, beyond permutations."""
    return _of_order(
        order_prediction,
        ("concordance", "family", "within hard"),
        at_least(rates.COIN),
        published.ORDERED_PAIRS["v3"],
        settings,
        beyond_chance=("holm_p", "task_p"),
        rule="interval above one half, Holm p and p over whole tasks below 0.05",
    )


@order("A14", "Geometry does not predict order reversals between sizes", published="v1, v3: 26 %")
def order_between_sizes(order_prediction: pd.DataFrame, settings: ClaimSettings) -> Finding | None:
    """Pairs whose order differs between sizes are ordered wrongly."""
    key, expected = ("swap", "none", "all"), published.REVERSED_PAIRS
    finding = _of_order(order_prediction, key, at_most(rates.COIN), expected, settings, rule="interval below one half")
    if finding is None:
        return None
    kept = _limit(order_prediction, ("kept", "none", "all"))
    return replace(finding, control=f"{finding.control}; pairs that keep their order: {interval(kept, 'value', '.2f')}")


def _limit(order_prediction: pd.DataFrame, key: tuple[str, str, str]) -> pd.Series | None:
    """RankMe's row of table ``order_prediction`` with this statistic, classes and pairs."""
    chosen = order_prediction.query("measure == 'rankme' and feature == 'onset' and size == 'all'")
    chosen = chosen[(chosen[["statistic", "classes", "pairs_of"]] == list(key)).all(axis=1)]
    return None if chosen.empty else chosen.iloc[0]


def _of_order(
    order_prediction: pd.DataFrame,
    key: tuple[str, str, str],
    bounds: Rule,
    expected: float,
    settings: ClaimSettings,
    *,
    rule: str,
    beyond_chance: tuple[str, ...] = (),
) -> Finding | None:
    """Verdict on a statistic of order: by its interval and, if asked, by permutation tests, in enough runs."""
    row = _limit(order_prediction, key)
    if row is None:
        return None
    if key[0] == "spearman":
        estimate = Resampled(*ends(row, "value"), settings.statistics.confidence, int(row["runs"]))
        parts = [judge(estimate, bounds, expected)]
    else:
        parts = [judge(rates.rate_of(row, settings, "value"), bounds, expected)]
    parts += [_beyond_chance(row, p, 1 - settings.statistics.confidence) for p in beyond_chance]
    judged = from_runs(row["runs"], settings.verdicts.minimum_runs, both(*parts))
    return Finding(
        *ends(row, "value"),
        interval=f"over {row['runs']} runs, {row['pairs']} pairs",
        control=f"permuted {row['null']:.2f} [{row['null_low']:.2f}, {row['null_high']:.2f}], "
        f"p {row['p']:.2g}, Holm p {row['holm_p']:.2g}, over whole tasks {row['task_p']:.2g}",
        judged=undecided("no pairs of task-levels to order") if np.isnan(row["low"]) else judged,
        rule=rule,
        bounds=bounds,
    )


def _beyond_chance(row: pd.Series, p: str, level: float) -> Judged:
    """Verdict of a permutation test: holds if it rejects; otherwise it is no evidence against the claim.

    It permutes task-levels or whole tasks, so their number determines the width of its null.
    """
    if row[p] < level:
        return Judged("holds")
    over = "tasks" if p == "task_p" else "task-levels"
    return undecided(f"p {row[p]:.2g} over {over}; only more {over} would narrow the null, not more runs")
