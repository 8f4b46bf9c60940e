"""What each claim rests on: the figures that show it, the tables it is read from, and the rules that make these.

The one place that says so. The explorer shows it, the labels of figures in `snakemake --report` are made from it, and
a test holds it against the workflow. Names of rules and paths below the results folder are texts here; Snakemake is
not needed.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from emergence.errors import EmergenceError


class EvidenceError(EmergenceError):
    """A claim of which nobody has said what it rests on; the message names it."""


@dataclass(frozen=True)
class Evidence:
    """Of one claim."""

    figures: tuple[str, ...]
    """numbers of the figures that show it; none where the tables alone do"""
    tables: tuple[str, ...]
    """paths below the results folder; keys of `TABLES`"""


TABLES: Mapping[str, str] = {
    "analysis/events.parquet": "events",
    "analysis/collapse.parquet": "collapse",
    "analysis/floors.parquet": "floors",
    "analysis/top_down.parquet": "direction",
    "analysis/precursors.parquet": "precursors",
    "analysis/hierarchy.parquet": "precursors",
    "analysis/limits.parquet": "limits",
    "solvable/constants.parquet": "constants",
    "solvable/crossings.parquet": "curves",
    "solvable/deviations.parquet": "curves",
    "solvable/entropy_slopes.parquet": "entropy",
    "solvable/exponents.parquet": "scaling",
    "solvable/models.parquet": "models",
    "solvable/passages.parquet": "models",
    "solvable/stages.parquet": "staging",
    "solvable/emergences.parquet": "powers",
    "solvable/powers.parquet": "powers",
    "solvable/detections.parquet": "joint",
    "solvable/detector_error.parquet": "joint",
    "solvable/tracking.parquet": "joint",
    "solvable/conclusions.parquet": "joint",
    "multifractal/over_runs.parquet": "rivals",
    "multifractal/rivals.parquet": "rivals",
    "multifractal/untrained.parquet": "degree",
    "language/analysis/events.parquet": "language_events",
    "language/analysis/collapse.parquet": "language_collapse",
    "language/analysis/top_down.parquet": "language_direction",
    "language/analysis/precursors.parquet": "language_precursors",
    "language/analysis/hierarchy.parquet": "language_precursors",
    "language/analysis/leads/rankme.parquet": "language_leads",
    "language/analysis/onsets/rankme.parquet": "language_leads",
    "language/analysis/phase_shares.parquet": "phases",
}
"""Tables that claims are read from, and the rule that makes each."""

JUDGES: Mapping[str, str] = {
    "anatomy": "claims",
    "solvable": "solvable_claims",
    "multifractal": "multifractal_claims",
    "language": "language_claims",
}
"""The rule that gives the verdicts of each study."""


def _anatomy(figure: str, *names: str) -> Evidence:
    return Evidence((figure,), tuple(f"analysis/{name}.parquet" for name in names))


def _solvable(figure: str | None, *names: str) -> Evidence:
    return Evidence((figure,) if figure else (), tuple(f"solvable/{name}.parquet" for name in names))


def _neurons(figure: str | None, *names: str) -> Evidence:
    return Evidence((figure,) if figure else (), tuple(f"multifractal/{name}.parquet" for name in names))


def _language(*names: str) -> Evidence:
    return Evidence(("10",), tuple(f"language/analysis/{name}.parquet" for name in names))


EVIDENCE: Mapping[str, Evidence] = {
    "A1": _anatomy("1", "events"),
    "A2": _anatomy("2", "collapse"),
    **dict.fromkeys(("A3", "A4"), _anatomy("2", "floors")),
    "A5": _anatomy("3", "top_down"),
    **dict.fromkeys(("A6", "A7", "A8", "A11"), _anatomy("4", "precursors")),
    **dict.fromkeys(("A9", "A10"), _anatomy("4", "precursors", "hierarchy")),
    **dict.fromkeys(("A12", "A13", "A14"), _anatomy("5", "limits")),
    **dict.fromkeys(("B1", "B2", "B3"), _solvable("S5", "constants")),
    **dict.fromkeys(("B4", "B5", "B6"), _solvable("6", "crossings", "deviations")),
    "B7": _solvable("6", "crossings"),
    "B8": _solvable("6", "deviations"),
    "B9": _solvable("S7", "entropy_slopes"),
    **dict.fromkeys(("L1", "L2", "L3", "L4", "L5"), _solvable("7", "exponents")),
    **dict.fromkeys(("M1", "M2"), _solvable("S6", "passages")),
    "M3": _solvable(None, "models"),
    **dict.fromkeys(("M4", "M5"), _solvable("S6", "stages")),
    "T1": _solvable("S8", "powers"),
    "T2": _solvable("S8", "powers", "emergences"),
    "J1": _solvable("8", "detector_error"),
    **dict.fromkeys(("J2", "J3"), _solvable("8", "detections")),
    **dict.fromkeys(("J4", "J5", "J6"), _solvable("8", "conclusions", "tracking")),
    **dict.fromkeys(("N1", "N3", "N4", "N5"), _neurons("9", "over_runs")),
    "N2": _neurons("9", "over_runs", "untrained"),
    "N6": _anatomy("4", "precursors"),
    "N7": _neurons(None, "over_runs"),
    "N8": _neurons("9", "rivals"),
    "LM1": _language("collapse"),
    "LM2": _language("top_down"),
    "LM3": _language("phase_shares"),
    "LM4": _language("precursors", "leads/rankme"),
    "LM5": _language("collapse", "top_down", "precursors"),
    **dict.fromkeys(("LM6", "LM7"), _language("precursors", "hierarchy")),
    "P1": _language("collapse", "top_down"),
    "P2": _language("precursors"),
    "P3": _language("events", "onsets/rankme", "leads/rankme"),
}
"""By the name of a claim without its part."""


def of(claim: str) -> Evidence:
    """What a claim rests on; all parts of a claim rest on the same.

    >>> of("A5 v3").figures, of("A5 v3").tables
    (('3',), ('analysis/top_down.parquet',))

    Raises:
        EvidenceError: if it is not known.
    """
    name = claim.partition(" ")[0]
    if name not in EVIDENCE:
        raise EvidenceError(f"claim {name!r}: nothing says what it rests on; add it to emergence.report.evidence")
    return EVIDENCE[name]


def bearing(figure: str) -> str:
    """Claims that a figure bears on, as text; a dash if there are none.

    >>> bearing("4"), bearing("10"), bearing("S1")
    ('A6–A11, N6', 'LM1–LM7, P1–P3', '–')
    """
    return runs(claim for claim, evidence in EVIDENCE.items() if figure in evidence.figures) or "–"


def runs(claims: Iterable[str]) -> str:
    """Names of claims, each run of successive numbers as its ends.

    >>> runs(["A1", "A2", "A3", "A5", "B1"])
    'A1–A3, A5, B1'
    """
    parts = [re.fullmatch(r"([A-Z]+)(\d+)", claim) for claim in claims]
    numbered = sorted((part[1], int(part[2])) for part in parts if part)
    spans: list[list[tuple[str, int]]] = []
    for letter, number in numbered:
        if spans and spans[-1][-1] == (letter, number - 1):
            spans[-1].append((letter, number))
        else:
            spans.append([(letter, number)])
    ends = [dict.fromkeys(f"{letter}{number}" for letter, number in (span[0], span[-1])) for span in spans]
    return ", ".join("–".join(end) for end in ends)
