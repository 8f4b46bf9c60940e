"""The claims of the reference run on the front page: counts by verdict, and every claim in a fold of its study."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from emergence.analysis.claims.joined import LEGEND, MARK
from emergence.analysis.claims.stability import is_marked
from emergence.errors import EmergenceError

BEGIN, END = "<!-- claims -->", "<!-- /claims -->"
VERDICTS = ("holds", "fails", "undecided", "not testable at this tier")
COLUMNS = ("claim", "statement", "published", "here", "verdict")


class FrontPageError(EmergenceError):
    """A README without a place for the claims."""


def filled(readme: str, text: str) -> str:
    r"""The README with this text between its markers.

    Raises:
        FrontPageError: if it has none, or not in order.

    >>> filled(f"a {BEGIN} old {END} b", "new")
    'a <!-- claims -->\nnew\n<!-- /claims --> b'
    """
    before, begin, rest = readme.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise FrontPageError(f"README.md: has no place for the claims; add the lines {BEGIN} and {END}")
    return f"{before}{BEGIN}\n{text}\n{END}{after}"


def block(claims: pd.DataFrame, account: Mapping[str, Any]) -> str:
    """What stands between the markers, of the claims table and of what the run was made of."""
    folds = [_fold(study, of_study) for study, of_study in claims.groupby("study", sort=False)]
    legend = [f"\\{LEGEND}"] if claims["stability"].map(is_marked).any() else []
    return "\n\n".join([_summary(claims), _made_of(account), *folds, *legend])


def _summary(claims: pd.DataFrame) -> str:
    """Counts of verdicts, a row a study."""
    counts = pd.crosstab(claims["study"], claims["verdict"]).reindex(index=claims["study"].unique(), fill_value=0)
    counts = counts.reindex(columns=list(VERDICTS), fill_value=0)
    counts.loc["all"] = counts.sum()
    return _table(("study", *VERDICTS), [[str(study), *map(str, row)] for study, row in counts.iterrows()])


def _made_of(account: Mapping[str, Any]) -> str:
    """One sentence on the run."""
    machine, cost = account["kept_on"], account["cost"]
    commit = account["project"]["commit"]
    of = f"at commit {commit[:12]}" if commit else f"of version {account['project']['version']}"
    changed = ", with changes," if account["project"]["changed"] else ","
    return (
        f"*The {account['tier']} tier {of}{changed} finished {account['finished'][:10]} on {machine['cores']}"
        f" cores ({machine['processor']}) in {cost['busy_seconds'] / 60:.0f} minutes on the"
        f" clock and {cost['cpu_seconds'] / 3600:.1f} hours of processors, with {cost['memory_mb']} MB at most a job;"
        " its tables are in `reference/`.*"
    )


def _fold(study: str, claims: pd.DataFrame) -> str:
    """Every claim of a study, folded away."""
    rows = [
        [row["claim"], row["statement"], row["published"], here(row), f"**{row['verdict']}**{_mark(row)}"]
        for row in claims.to_dict("records")
    ]
    return f"<details><summary>{study}: {len(rows)} claims</summary>\n\n{_table(COLUMNS, rows)}\n\n</details>"


def _mark(row: Mapping[Any, Any]) -> str:
    return f"\\{MARK}" if is_marked(row["stability"]) else ""


def here(row: Mapping[Any, Any]) -> str:
    """Value and interval of a claim.

    >>> here({"value": 0.5, "low": 0.25, "high": 0.75})
    '0.5 [0.25, 0.75]'
    """
    if pd.isna(row["value"]):
        return "no value"
    interval = "" if pd.isna(row["low"]) else f" [{row['low']:.3g}, {row['high']:.3g}]"
    return f"{row['value']:.3g}{interval}"


def _table(header: tuple[str, ...], rows: list[list[str]]) -> str:
    """A table in Markdown; a bar within a cell would end it."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
