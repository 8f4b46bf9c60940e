"""Summary at the end of a run: verdicts by study, the findings that decide, and where to go from there.

The findings are the claims that each study's registry names as its headlines, if their rule decided; the long form is
`emergence show`.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pandas as pd

from emergence.claims.claims_table import LEGEND, REGISTRIES, TOY, estimate, mark, verdict_counts
from emergence.measures.declarations import signal_labels

DECIDED = ("holds", "fails")


def summary(
    claims: pd.DataFrame, places: Mapping[str, Path], then: Mapping[str, str], *, toy: bool, cost: str = ""
) -> str:
    """The end of a run, in at most 40 lines.

    Args:
        claims: table ``claims``.
        places: what to look at, by what it is; files and folders that do not exist are left out.
        then: commands to run next, by what they do.
        toy: whether the numbers mean nothing, so that no finding is told.
        cost: what it took; nothing of a run that was made elsewhere.
    """
    sections = {
        TOY if toy else "Verdicts on the claims": list(counts(claims)),
        "Findings that decide": [] if toy else list(findings(claims)),
        "Results": _aligned(
            {what: str(path) for what, path in places.items() if path.exists()} | ({"cost": cost} if cost else {})
        ),
        "Next": _aligned(then),
    }
    return "\n\n".join(
        "\n".join([title, *(f"  {line}" for line in lines)]) for title, lines in sections.items() if lines
    )


def counts(claims: pd.DataFrame) -> Iterator[str]:
    """Number of claims by study and verdict; a dash for none."""
    table = verdict_counts(claims)
    names = [str(verdict).removesuffix(" at this tier") for verdict in table]
    first = max(map(len, ["study", *map(str, table.index)]))
    yield "  ".join([f"{'study':<{first}}", *names])
    for study, row in table.iterrows():
        cells = [f"{count or '–':>{len(name)}}" for name, count in zip(names, row, strict=True)]
        yield "  ".join([f"{study:<{first}}", *cells])


def findings(claims: pd.DataFrame) -> Iterator[str]:
    """The headlines of each study that hold or fail, a line each; one with parts names those of either verdict."""
    marked = False
    for registry in REGISTRIES.values():
        for claim in (claim for name in registry.headlines for claim in registry.claims if claim.id == name):
            rows = claims[claims["id"] == claim.id]
            decided = rows[rows["verdict"].isin(DECIDED)]
            if len(decided):
                marked |= any(map(mark, decided.to_dict("records")))
                yield f"{claim.id:<4} {_single(decided) if len(rows) == 1 else _of_parts(decided)}"
    if marked:
        yield LEGEND


def _single(decided: pd.DataFrame) -> str:
    (row,) = decided.to_dict("records")
    return f"{row['verdict'] + mark(row):<7} {row['statement']}: {estimate(row)}"


def _of_parts(decided: pd.DataFrame) -> str:
    """The statement on the first part, then the parts that are judged likewise, and those judged otherwise."""
    (verdict, rows), *others = decided.groupby("verdict", sort=False)
    labels = signal_labels()
    _, *likewise = [labels.get(part, part) for part in rows["part"]]
    also = [f"likewise: {', '.join(likewise)}"] if likewise else []
    other = [f"{verdict}: {', '.join(labels.get(part, part) for part in rows['part'])}" for verdict, rows in others]
    return "; ".join([f"{verdict:<7} {rows['statement'].iloc[0]}", *also, *other])


def _aligned(lines: Mapping[str, str]) -> list[str]:
    width = max(map(len, lines), default=0)
    return [f"{what:<{width}}  {line}" for what, line in lines.items()]
