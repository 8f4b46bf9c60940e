"""Does a run reproduce the reference? Claim by claim and check by check, then in a word."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pandas as pd
from pydantic import ValidationError

from emergence import tables
from emergence.errors import EmergenceError
from emergence.files import replacing
from emergence.reference import agreement, record
from emergence.reference.agreement import Agreement, Outcome
from emergence.reference.keep import TABLES
from emergence.schemas.analysis import CLAIMS
from emergence.schemas.calibration import CALIBRATION
from emergence.schemas.reference import REPRODUCTION
from emergence.settings.reference import Reproduce

Verdict = Literal["reproduced", "reproduced within sampling", "not reproduced"]
Row = dict[str, Any]

APART = ("tier", "device", "pathvars", "source", "figures", "reproduce")
"""Sections of a configuration in which runs may differ: no number of theirs depends on them."""
SHOWN = 8
"""Differences of configurations that a message has room for."""


class ReproduceError(EmergenceError):
    """Runs that cannot be compared; the message says why and the remedy."""


@dataclass(frozen=True)
class Reproduction:
    """A row a claim and a check (table ``reproduction``)."""

    rows: pd.DataFrame

    @property
    def counts(self) -> dict[str, int]:
        """How often each outcome is there."""
        return {str(outcome): int(count) for outcome, count in self.rows["outcome"].value_counts().items()}

    @property
    def verdict(self) -> Verdict:
        """In a word; what only this run has is no disagreement."""
        if {"differs", "missing"} & {*self.counts}:
            return "not reproduced"
        return "reproduced within sampling" if "within sampling" in self.counts else "reproduced"

    def __str__(self) -> str:
        """A line a claim, those that are not the same with their reason; checks that are the same are only counted."""
        told = self.rows[(self.rows["of"] == "claim") | (self.rows["outcome"] != "same")]
        width = max(map(len, told["name"]), default=0)
        each = zip(told["name"], told["outcome"], told["reason"], strict=True)
        lines = [f"{name:<{width}}  {outcome:<15}  {reason}".rstrip() for name, outcome, reason in each]
        counted = ", ".join(f"{count} {outcome}" for outcome, count in self.counts.items())
        return "\n".join([*lines, f"{counted}: {self.verdict}"])


def reproduce(results: Path, reference: Path) -> Reproduction:
    """Compare a run with the reference by the tolerances of the reference; writes the table beside the results.

    Raises:
        ReproduceError: if the two are not of one configuration.
        RecordError: if one of them is no finished run.
    """
    ours, theirs = record.read(results), record.read(reference)
    if found := list(differences(theirs.config, ours.config)):
        more = f"; and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
        raise ReproduceError(
            f"{results}: not of the configuration of {reference}, so its numbers may differ: "
            f"{'; '.join(found[:SHOWN])}{more}; run that configuration, or name another reference (--reference)"
        )
    try:
        allowed = Reproduce.model_validate(theirs.config["reproduce"])
    except (KeyError, ValidationError):
        raise ReproduceError(f"{reference / record.NAME}: states no tolerances; keep a run of this version") from None
    rows = [*_claims(results, reference / TABLES, allowed), *_checks(results, reference / TABLES, allowed)]
    found_rows = pd.DataFrame(rows, columns=REPRODUCTION.arrow.names)
    tables.write(REPRODUCTION, found_rows, results / "reproduction.parquet")
    with replacing(results / "reproduction.csv") as temporary:
        found_rows.to_csv(temporary, index=False)
    return Reproduction(found_rows)


def differences(theirs: Any, ours: Any, key: str = "") -> Iterator[str]:
    """A line for each key in which two configurations differ, but for sections that change no number.

    >>> list(differences({"tier": "a", "anatomy": {"seeds": [1, 2]}}, {"tier": "b", "anatomy": {"seeds": [1]}}))
    ['anatomy.seeds is [1] here, [1, 2] there']
    """
    if not (isinstance(theirs, Mapping) and isinstance(ours, Mapping)):
        if theirs != ours:
            yield f"{key} is {_short(ours)} here, {_short(theirs)} there"
        return
    for name in [*theirs, *(name for name in ours if name not in theirs)]:
        if key or name not in APART:
            yield from differences(theirs.get(name), ours.get(name), f"{key}.{name}".lstrip("."))


def _short(value: Any) -> str:
    text = "absent" if value is None else str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _claims(results: Path, reference: Path, allowed: Reproduce) -> Iterator[Row]:
    """A row a claim."""
    ours, theirs = (
        tables.read(CLAIMS, folder / "claims.parquet").set_index("claim") for folder in (results, reference)
    )

    def judge(name: str) -> Agreement:
        return agreement.agree(ours.loc[name], theirs.loc[name], agreement.kind(name), allowed)

    for name, outcome, reason in _paired(ours, theirs, judge):
        yield {
            **_told("claim", name, agreement.kind(name), outcome, reason),
            **_columns(theirs, name, "reference_verdict", "reference", "reference_low", "reference_high"),
            **_columns(ours, name, "verdict", "value", "low", "high"),
        }


def _columns(claims: pd.DataFrame, name: str, *columns: str) -> Row:
    """Verdict, value and interval of a claim under these names; null if the run has no such claim."""
    if name not in claims.index:
        return dict.fromkeys(columns)
    return dict(zip(columns, claims.loc[name, ["verdict", "value", "low", "high"]], strict=True))


def _checks(results: Path, reference: Path, allowed: Reproduce) -> Iterator[Row]:
    """A row a check of an estimator against an exact value."""
    ours, theirs = (_calibration(folder / "calibration.parquet") for folder in (results, reference))

    def judge(name: str) -> Agreement:
        mine, other = ours.loc[name], theirs.loc[name]
        # An estimate of nought has no relative error, so the check's own tolerance is its scale.
        scale = max(abs(other["exact"]), other["tolerance"])
        one, two = mine["estimate"], other["estimate"]
        equal = abs(one - two) <= allowed.exact * scale if pd.notna([one, two]).all() else pd.isna([one, two]).all()
        if equal and mine["passed"] == other["passed"]:
            return Agreement("same", "")
        return Agreement("differs", f"{two:.8g} became {one:.8g}; tolerance {allowed.exact * scale:.2g}")

    for name, outcome, reason in _paired(ours, theirs, judge):
        row = _told("calibration", name, "exact", outcome, reason)
        for side, verdict, value in ((theirs, "reference_verdict", "reference"), (ours, "verdict", "value")):
            if name in side.index:
                row |= {verdict: "passed" if side.loc[name, "passed"] else "failed", value: side.loc[name, "estimate"]}
        yield row


def _told(*values: str) -> Row:
    return dict(zip(("of", "name", "kind", "outcome", "reason"), values, strict=True))


def _calibration(path: Path) -> pd.DataFrame:
    """Checks by a name that tells each from all others."""
    found = tables.read(CALIBRATION, path)
    return found.set_index(found["estimator"] + ": " + found["oracle"] + " (" + found["parameters"] + ")")


def _paired(
    ours: pd.DataFrame, theirs: pd.DataFrame, judge: Callable[[str], Agreement]
) -> Iterator[tuple[str, Outcome, str]]:
    """Outcome and reason of every name that either has, in the order of the reference."""
    for name in theirs.index:
        yield (name, *(judge(name) if name in ours.index else Agreement("missing", "the reference has it")))
    for name in ours.index.difference(theirs.index, sort=False):
        yield name, "added", "the reference has no such"
