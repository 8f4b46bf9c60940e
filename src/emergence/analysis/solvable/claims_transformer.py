"""Claims on the power law of emergence times: that a transformer follows it, and that Adam breaks it."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from emergence.analysis.claims.estimates import OverRuns, ends
from emergence.analysis.claims.rules import Rule, at_most, within
from emergence.analysis.claims.verdicts import UNTESTED, Judged, Row, interval, judge
from emergence.settings.scalar_transformer import PowerLaw

TRANSFORMER, ADAM, SGD = "transformer, SGD", "MLP, Adam", "MLP, SGD"


def claims(emergences: pd.DataFrame, powers: pd.DataFrame, law: PowerLaw, confidence: float) -> list[Row]:
    """The claims that tables ``emergences`` and ``powers`` can decide (rows of table ``claims``)."""
    rows = [*_follows(powers, law, confidence), _broken(emergences, powers, law, confidence)]
    return [{"study": "solvable", **row} for row in rows]


def _follows(powers: pd.DataFrame, law: PowerLaw, confidence: float) -> Iterator[Row]:
    """A transformer follows the law, where skills begin and where they are half learned."""
    for share in law.shares:
        row = _slope(powers, TRANSFORMER, share)
        expected = row["expected"]
        lowest, highest = expected * (1 - law.tolerance), expected * (1 + law.tolerance)
        yield {
            "claim": f"T1 {share:g}",
            "statement": f"Emergence times of a transformer (R/S = {share:g}) follow k^(α+1)",
            "published": "figure 4: 1.9, at R/S = 0.05 (α = 0.9, 5 runs)",
            **_value(row),
            "control": f"α+1 = {expected:g}; two-layer networks, SGD: {_of(powers, SGD, share)}; "
            f"Adam: {_of(powers, ADAM, share)}; {_censored(row)}",
            **_judged(row, within(lowest, highest), confidence, expected).columns,
            "rule": f"interval of the exponent within [{lowest:.2f}, {highest:.2f}], (α+1)(1 ± {law.tolerance:g}); "
            f"needs {law.minimum} skills that emerge in every run",
        }


def _broken(emergences: pd.DataFrame, powers: pd.DataFrame, law: PowerLaw, confidence: float) -> Row:
    """With Adam emergence times hardly differ."""
    half = law.shares[1]
    row = _slope(powers, ADAM, half)
    threshold = row["expected"] * law.broken
    chosen = (emergences["network"] == ADAM) & (emergences["share"] == half)
    times = emergences[chosen].set_index("skill").sort_index()
    rare = times.index[-1]
    ratios = times.loc[1, ["frequency", "value"]] / times.loc[rare, ["frequency", "value"]]
    late = f"is {1 / ratios['value']:.1f} times as late" if ratios["value"] > 0 else "does not emerge in all runs"
    return {
        "claim": "T2",
        "statement": "Adam breaks the power law: emergence times hardly depend on frequency",
        "published": "no exponent; of Adam, footnote 6 asks only that it keeps the order of skills",
        **_value(row),
        "control": f"α+1 = {row['expected']:g}; SGD: {_of(powers, SGD, half)}; "
        f"skill {rare}, {ratios['frequency']:.0f} times as rare as skill 1, {late}; {_censored(row)}",
        **_judged(row, at_most(threshold), confidence).columns,
        "rule": f"interval of the exponent at or below {threshold:.2f}, {law.broken:g}(α+1)",
    }


def _slope(powers: pd.DataFrame, network: str, share: float) -> Row:
    chosen = (powers["network"] == network) & (powers["share"] == share) & (powers["against"] == "k")
    (row,) = powers[chosen].to_dict("records")
    return row


def _of(powers: pd.DataFrame, network: str, share: float) -> str:
    return interval(_slope(powers, network, share), "slope", ".2f")


def _value(row: Row) -> Row:
    found = {"value": row["slope"], "low": row["low"], "high": row["high"]}
    return {**found, "interval": f"t over {row['seeds']} runs, {row['fitted']} of {row['skills']} skills"}


def _censored(row: Row) -> str:
    return f"{row['censored']} of {row['skills'] * row['seeds']} skills x runs had not emerged by the end"


def _judged(row: Row, rule: Rule, confidence: float, expected: float | None = None) -> Judged:
    """There is no exponent to judge where too few skills emerged."""
    if np.isnan(row["slope"]):
        return UNTESTED
    return judge(OverRuns(*ends(row, "slope"), row["seeds"], confidence), rule, expected)
