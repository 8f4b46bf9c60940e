"""Claims A12 to A14: geometry ranks coarse difficulty, but neither order in a class nor its reversal between sizes."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pandas as pd

from emergence.analysis.event_matrix import FEATURES
from emergence.analysis.select import select
from emergence.claims import published, rates
from emergence.claims.estimates import Resampled, ends
from emergence.claims.registry import Part, Section
from emergence.claims.rules import Rule, at_least, at_most
from emergence.claims.settings import ClaimSettings
from emergence.claims.verdicts import Finding, Judged, any_of, both, from_runs, interval, judge, undecided

claims = Section("prediction")
Key = tuple[str, str, str]
"""Statistic, classes and pairs."""
CHANCE = {"task_p": "p over whole tasks", "holm_p": "Holm p over task-levels"}
"""Tests by permutation, by the column of table ``order_prediction``."""
order = partial(claims.claim, figures=["5"], reproduction="draws")


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
    "Within a class geometry orders emergence worse than a coin, by every feature",
    published="v1: 27 %",
    parts=[Part("v1")],
)
def order_within_classes(order_prediction: pd.DataFrame, settings: ClaimSettings) -> Finding | None:
    """Pairs of one class are ordered wrongly."""
    key, expected = ("concordance", "family", "within"), published.ORDERED_PAIRS["v1"]
    rule = "of every feature, interval below one half and Holm p below 0.05"
    return _over_features(order_prediction, key, at_most(rates.COIN), expected, settings, rule, ("holm_p",))


@order(
    "A13",
    "Within hard tasks some feature of geometry orders emergence",
    published="v3: 69 % (easy: 52 %)",
    parts=[Part("v3")],
)
def order_within_hard_tasks(order_prediction: pd.DataFrame, settings: ClaimSettings) -> Finding | None:
    """Pairs of hard tasks are ordered rightly, beyond permutations."""
    key, expected = ("concordance", "family", "within hard"), published.ORDERED_PAIRS["v3"]
    rule = "of some feature, interval above one half, Holm p and p over whole tasks below 0.05"
    beyond = ("holm_p", "task_p")
    return _over_features(order_prediction, key, at_least(rates.COIN), expected, settings, rule, beyond, any_of)


@order("A14", "No feature of geometry predicts order reversals between sizes", published="v1, v3: 26 %")
def order_between_sizes(order_prediction: pd.DataFrame, settings: ClaimSettings) -> Finding | None:
    """Pairs whose order differs between sizes are ordered wrongly."""
    key, expected = ("swap", "none", "all"), published.REVERSED_PAIRS
    rule = "of every feature, interval below one half"
    finding = _over_features(order_prediction, key, at_most(rates.COIN), expected, settings, rule)
    kept = _limit(order_prediction, ("kept", "none", "all"))
    if finding is None or kept is None:
        return finding
    return replace(finding, control=f"{finding.control}; pairs that keep their order: {interval(kept, 'value', '.2f')}")


def _over_features(
    order_prediction: pd.DataFrame,
    key: Key,
    bounds: Rule,
    expected: float,
    settings: ClaimSettings,
    rule: str,
    beyond_chance: tuple[str, ...] = (),
    combined: Callable[..., Judged] = both,
) -> Finding | None:
    """Verdict on a statistic of order by all features of RankMe; Holm's p is corrected over measures and features.

    The value is that of the feature nearest to the claim where one is enough, and else of the farthest.
    """
    by_feature = {
        name: one
        for name in FEATURES
        if (one := _of_order(
            order_prediction, key, bounds, expected, settings, rule=rule, beyond_chance=beyond_chance, feature=name
        )) is not None
    }  # fmt: skip
    if not by_feature:
        return None
    highest = max(by_feature, key=lambda name: by_feature[name].value)
    shown = by_feature[highest]
    loss = _limit(order_prediction, key, measure="loss")
    features = ", ".join(f"{name} {interval(vars(one), 'value', '.2f')}" for name, one in by_feature.items())
    judged = combined(*(one.judged for one in by_feature.values()))
    others = ("some", "every") if combined is any_of else ("every", "some")
    beyond = "".join(f", {CHANCE[p]} below {1 - settings.statistics.confidence:.2g}" for p in beyond_chance)
    holds_if, fails_if = (f"of {which} feature, {told}" for which, told in zip(others, bounds.conditions, strict=True))
    beside = "" if loss is None else f"; onset of the own loss {loss['value']:.2f}"
    return replace(
        shown,
        interval=f"{shown.interval}, {highest}",
        control=f"{features}{beside}; {highest}: {shown.control}",
        judged=replace(judged, holds_if=f"{holds_if}{beyond}", fails_if=fails_if),
    )


def _limit(
    order_prediction: pd.DataFrame, key: Key, feature: str = "onset", measure: str = "rankme"
) -> pd.Series | None:
    """The row of table ``order_prediction`` with this statistic, classes and pairs, over all sizes."""
    chosen = select(order_prediction, measure=measure, feature=feature, size="all")
    chosen = chosen[(chosen[["statistic", "classes", "pairs_of"]] == list(key)).all(axis=1)]
    return None if chosen.empty else chosen.iloc[0]


def _of_order(
    order_prediction: pd.DataFrame,
    key: Key,
    bounds: Rule,
    expected: float,
    settings: ClaimSettings,
    *,
    rule: str,
    beyond_chance: tuple[str, ...] = (),
    feature: str = "onset",
) -> Finding | None:
    """Verdict on a statistic of order: by its interval and, if asked, by permutation tests, in enough runs."""
    row = _limit(order_prediction, key, feature)
    if row is None:
        return None
    if not row["pairs"]:
        return Finding(
            control="no pairs of task-levels",
            judged=from_runs(0, settings.verdicts.minimum_runs, undecided(""), settings.runs),
            rule=rule,
        )
    if key[0] == "spearman":
        estimate = Resampled(*ends(row, "value"), settings.statistics.confidence, int(row["runs"]))
        parts = [judge(estimate, bounds, expected)]
    else:
        parts = [judge(rates.rate_of(row, settings, "value"), bounds, expected)]
    parts += [_beyond_chance(row, p, 1 - settings.statistics.confidence) for p in beyond_chance]
    judged = from_runs(row["runs"], settings.verdicts.minimum_runs, both(*parts), settings.runs)
    return Finding(
        *ends(row, "value"),
        interval=f"over {row['runs']} runs, {row['pairs']} pairs",
        control=f"permuted {row['null']:.2f} [{row['null_low']:.2f}, {row['null_high']:.2f}], "
        f"p {row['p']:.2g}, Holm p {row['holm_p']:.2g}, over whole tasks {row['task_p']:.2g}",
        judged=judged,
        rule=rule,
        bounds=bounds,
    )


def _beyond_chance(row: pd.Series, p: str, level: float) -> Judged:
    """Verdict of a permutation test: holds if it rejects; otherwise it is not evidence against the claim.

    It permutes task-levels or whole tasks, so their number determines the width of its null.
    """
    over = "tasks" if p == "task_p" else "task-levels"
    holds_if = f"{CHANCE[p]} below {level:.2g}"
    if row[p] < level:
        return Judged("holds", holds_if=holds_if)
    why = f"p {row[p]:.2g} over {over}; only more {over} would narrow the null, not more runs"
    return Judged("undecided", why, holds_if)
