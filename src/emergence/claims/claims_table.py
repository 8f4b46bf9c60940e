"""The claims of all studies in one table and as text, for the terminal, the reference page, paper and explorer."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from emergence.claims import stable_verdicts
from emergence.claims.anatomy import ANATOMY
from emergence.claims.interventions import INTERVENTIONS
from emergence.claims.language import LANGUAGE
from emergence.claims.neuromfa import NEUROMFA
from emergence.claims.parity import PARITY
from emergence.claims.registry import Claim, Registry
from emergence.claims.replication import (
    ALONE,
    beside_exploratory,
    beside_published_sizes,
    published_sizes_text,
    replication_text,
)
from emergence.errors import EmergenceError
from emergence.io import tables
from emergence.io.files import replacing
from emergence.schemas.analysis import CLAIMS, CONFIGURED, STABILITY

REGISTRIES: dict[str, Registry] = {one.study: one for one in (ANATOMY, PARITY, NEUROMFA, LANGUAGE, INTERVENTIONS)}
"""By study, in the order of the table."""


class ChoiceError(EmergenceError):
    """A choice of claims that leaves none; the message lists the others."""


UNTRIED: list[Path] = []
"""Tables of stability of a run that tried no other settings."""


def join_claims(
    claims: list[Path],
    table: Path,
    csv: Path,
    stabilities: list[Path] = UNTRIED,
    exploratory: list[Path] = ALONE,
    published_sizes: list[Path] = ALONE,
) -> None:
    """Join the claims, study by study, with the stability of verdicts.

    Claims of a study without a file, since it is switched off, are ``not run``. Of a confirmatory run, ``exploratory``
    are the claims of the run before it; ``published_sizes`` are those of a run of larger models.

    Args:
        claims: Tables ``claims``, one of each study.
        table: Where the joined table is written.
        csv: Where it is written as text.
        stabilities: Tables ``stability`` of the studies that were judged again.
        exploratory: Table ``claims`` of the run that a confirmatory run repeats.
        published_sizes: Table ``claims`` of a run of models as large as published.
    """
    judged = dict(list(tables.read(CLAIMS, *claims).groupby("study", sort=False)))
    rows = pd.concat(
        [judged[study] if study in judged else one.judge({}, None) for study, one in REGISTRIES.items()],
        ignore_index=True,
    )
    if stabilities:
        rows = with_stability(rows, tables.read(STABILITY, *stabilities))
    if exploratory:
        rows = beside_exploratory(rows, tables.read(CLAIMS, *exploratory))
    if published_sizes:
        rows = beside_published_sizes(rows, tables.read(CLAIMS, *published_sizes))
    write_claims_table(rows, table, csv)


def write_claims_table(rows: pd.DataFrame, table: Path, csv: Path) -> None:
    """Write claims as a table, and as CSV for reports and eyes.

    Args:
        rows: Rows of table ``claims``.
        table: Where they are written.
        csv: Where they are written as text.
    """
    tables.write(CLAIMS, rows, table)
    with replacing(csv) as temporary:
        rows[CLAIMS.arrow.names].to_csv(temporary, index=False)


def with_stability(claims: pd.DataFrame, judged: pd.DataFrame) -> pd.DataFrame:
    """The claims table with ``stable``, and the same as text.

    Raises:
        StabilityError: if a claim was judged otherwise, as configured, where its stability was tried.
    """
    stable_verdicts.check(claims, judged)
    by_claim = dict(list(judged.groupby("claim", sort=False)))
    known = [by_claim.get(name) for name in claims["claim"]]
    return claims.assign(
        stable=pd.Series(
            [None if rows is None else stable_verdicts.is_stable(rows) for rows in known], dtype=object
        ).values,
        stability=["" if rows is None else stability_text(rows) for rows in known],
    )


def bearing(figure: str) -> str:
    """Claims that a figure shows, successive ones of a topic as their ends; a dash if there are none.

    >>> bearing("4"), bearing("10"), bearing("S1")
    ('A6–A11, N6', 'LM1–LM7, P1–P3', '–')
    """
    return (
        ", ".join(
            span
            for registry in REGISTRIES.values()
            for section in registry.sections
            for span in _spans(section.claims, figure)
        )
        or "–"
    )


def _spans(claims: list[Claim], figure: str) -> list[str]:
    spans: list[list[str]] = []
    inside = False
    for claim in claims:
        shows = figure in claim.figures
        if shows and inside:
            spans[-1].append(claim.id)
        elif shows:
            spans.append([claim.id])
        inside = shows
    return ["–".join(dict.fromkeys((span[0], span[-1]))) for span in spans]


VERDICTS = ("holds", "fails", "undecided", "not testable at this tier", "not run")
TOY = "Toy models: the numbers and verdicts of this run mean nothing. They show that every stage runs."
"""Said wherever results of a configuration with ``toy: true`` are shown."""


def verdict_counts(claims: pd.DataFrame) -> pd.DataFrame:
    """Number of claims by study and verdict, with a row ``all``; ``not run`` only if there are any."""
    counts = pd.crosstab(claims["study"], claims["verdict"]).reindex(index=claims["study"].unique(), fill_value=0)
    present = [verdict for verdict in VERDICTS if verdict != "not run" or verdict in counts]
    counts = counts.reindex(columns=present, fill_value=0)
    counts.loc["all"] = counts.sum()
    return counts


def chosen(claims: pd.DataFrame, **wanted: str | None) -> pd.DataFrame:
    """Rows of the claims table with these values of columns; None asks for nothing.

    Raises:
        ChoiceError: if no claim has a value.
    """
    for column, value in wanted.items():
        if value is not None:
            if value not in (known := list(claims[column].unique())):
                raise ChoiceError(f"--{column} {value}: no such value; available: {', '.join(known)}")
            claims = claims[claims[column] == value]
    return claims


MARK = "*"
LEGEND = f"{MARK} another verdict under other settings, one changed at a time"


def mark(row: Mapping[Any, Any]) -> str:
    """The mark of a claim on which some other setting gives another verdict.

    >>> mark({"stable": False}), mark({"stable": True}), mark({"stable": None})
    ('*', '', '')
    """
    return "" if pd.isna(row["stable"]) or row["stable"] else MARK


def estimate(row: Mapping[Any, Any]) -> str:
    """Value and interval of a claim.

    >>> estimate({"value": 0.5, "low": 0.25, "high": 0.75})
    '0.5 [0.25, 0.75]'
    """
    if pd.isna(row["value"]):
        return "no value"
    return f"{row['value']:.3g}" + ("" if pd.isna(row["low"]) else f" [{row['low']:.3g}, {row['high']:.3g}]")


def stability_text(judged: pd.DataFrame) -> str:
    """The verdicts on one claim under other settings; empty if the run could not test it.

    Args:
        judged: rows of one claim of table ``stability``.
    """
    stable = stable_verdicts.is_stable(judged)
    if stable is None:
        return ""
    first, others = judged[judged["factor"] == CONFIGURED].iloc[0], stable_verdicts.judging(judged)
    if stable:
        return f"same under all {len(others)} alternatives, {others['changed'].sum()} of which change its evidence"
    differ = others[others["verdict"] != first["verdict"]]
    parts = [
        f"{verdict} with {', '.join(f'{row.factor} {row.setting}'.replace('_', ' ') for row in rows.itertuples())}"
        for verdict, rows in differ.groupby("verdict", sort=False)
    ]
    kept = len(others) - len(differ)
    return "; ".join([f"{first['verdict']} under {kept} of {len(others)} alternatives", *parts])


def as_text(table: pd.DataFrame) -> str:
    """The claims table for the terminal; a verdict that other settings change is marked."""
    rows = table.to_dict("records")
    lines = [line for row in rows for line in _lines(row)]
    return "\n".join([*lines, LEGEND] if any(map(mark, rows)) else lines)


def _lines(row: Mapping[Any, Any]) -> list[str]:
    verdict = row["verdict"].upper() + mark(row)
    interval = "" if pd.isna(row["value"]) else f"  ({row['interval']})"
    lines = [
        f"{row['claim']:<7} {verdict:<12} {row['statement']}",
        f"        published  {row['published']}",
        f"        here       {estimate(row)}{interval}",
        f"        beside it  {row['control']}",
        f"        rule       {row['rule']}",
    ]
    more = {"otherwise": row["otherwise"], "stability": row["stability"], "power": row["power"]}
    more |= {"before": replication_text(row), "larger": published_sizes_text(row), "tables": row["tables"]}
    return lines + [f"        {name:<10} {text}" for name, text in more.items() if text]
