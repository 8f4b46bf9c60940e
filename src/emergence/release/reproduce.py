"""Does a run reproduce the reference? Claim by claim and check by check, then in a word.

Each claim declares by which tolerance it is compared. On another kind of processor, sums are taken in another order.
Closed forms and the early collapse hardly notice; long training is chaotic, and its outcome is another draw of the same
experiment (docs/determinism.md, Tolerances).
"""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

import pandas as pd
from pydantic import ValidationError

from emergence.claims.registry import Tolerance
from emergence.config.configuration import Reproduce
from emergence.errors import EmergenceError
from emergence.io import tables
from emergence.io.files import replacing
from emergence.release import record
from emergence.release.snapshot import TABLES, folder_of
from emergence.schemas.analysis import CLAIMS, REPRODUCTION
from emergence.schemas.trajectories import CALIBRATION

Outcome = Literal["same", "within sampling", "differs", "missing", "added"]

SAMPLED = ("networks", "draws")
"""Kinds of which a run elsewhere is another draw."""


class Agreement(NamedTuple):
    """How two runs agree on something, and why that is said."""

    outcome: Outcome
    reason: str


def agree(ours: Mapping[str, Any], theirs: Mapping[str, Any], of: Tolerance, allowed: Reproduce) -> Agreement:
    """Hold a row of the claims table (value, low, high, verdict) against that of the reference run.

    ``same``: one verdict, and values within the tolerance of their kind, the exact one for draws. ``within sampling``,
    where a run elsewhere is another draw: each value within the other's interval, and the verdicts the same or one of
    them undecided. Otherwise ``differs``.
    """
    if ours["verdict"] == theirs["verdict"] and close(ours["value"], theirs["value"], of, allowed):
        return Agreement("same", "")
    change = f"{_shown(theirs)} became {_shown(ours)}"
    if of not in SAMPLED:
        return Agreement("differs", f"{change}; {_tolerance(of, allowed)}")
    if not (_within(ours["value"], theirs) and _within(theirs["value"], ours)):
        return Agreement("differs", f"{change}; not each within the other's interval")
    if ours["verdict"] != theirs["verdict"] and "undecided" not in (ours["verdict"], theirs["verdict"]):
        return Agreement("differs", f"{change}; the verdict turned")
    untested = {"not testable at this tier", "not run"}
    if untested & {ours["verdict"], theirs["verdict"]} and ours["verdict"] != theirs["verdict"]:
        return Agreement("differs", f"{change}; testable in one run alone")
    return Agreement("within sampling", change)


def close(one: float, other: float, of: Tolerance, allowed: Reproduce) -> bool:
    """Whether two values are the same within the tolerance of a kind; two that do not exist are."""
    if math.isnan(one) or math.isnan(other):
        return math.isnan(one) and math.isnan(other)
    if of == "language":
        return abs(one - other) <= allowed.language
    return math.isclose(one, other, rel_tol=allowed.exact if of == "draws" else getattr(allowed, of), abs_tol=0.0)


def _tolerance(of: Tolerance, allowed: Reproduce) -> str:
    return f"tolerance {getattr(allowed, of):g}{'' if of == 'language' else ', relative'}, and the same verdict"


def _within(value: float, row: Mapping[str, Any]) -> bool:
    """Whether a value lies in the interval of a row; false where either is not there."""
    return bool(row["low"] <= value <= row["high"])


def _shown(row: Mapping[str, Any]) -> str:
    interval = "" if math.isnan(row["low"]) else f" [{row['low']:.4g}, {row['high']:.4g}]"
    return f"{row['value']:.6g}{interval} ({row['verdict']})"


Verdict = Literal["reproduced", "reproduced within sampling", "not reproduced"]
Row = dict[str, Any]

APART = (
    "tier",
    "toy",
    "device",
    "pathvars",
    "source",
    "figures",
    "reproduce",
    "exploratory",
    "published_sizes",
    "keep",
)
"""Sections of a configuration in which runs may differ: no number of theirs depends on them."""
SHOWN = 8
"""Differences of configurations that a message has room for."""


class ReproduceError(EmergenceError):
    """Runs that cannot be compared; the message says why and the remedy."""


@dataclass(frozen=True)
class Reproduction:
    """A row per claim and a check (table ``reproduction``)."""

    rows: pd.DataFrame

    @property
    def counts(self) -> dict[str, int]:
        """How often each outcome is there."""
        return {str(outcome): int(count) for outcome, count in self.rows["outcome"].value_counts().items()}

    @property
    def verdict(self) -> Verdict:
        """In a word; what only this run has is not a disagreement."""
        if {"differs", "missing"} & {*self.counts}:
            return "not reproduced"
        return "reproduced within sampling" if "within sampling" in self.counts else "reproduced"

    def __str__(self) -> str:
        """A line per claim, those that are not the same with a reason; checks that are the same are only counted."""
        told = self.rows[(self.rows["of"] == "claim") | (self.rows["outcome"] != "same")]
        width = max(map(len, told["name"]), default=0)
        each = zip(told["name"], told["outcome"], told["reason"], strict=True)
        lines = [f"{name:<{width}}  {outcome:<15}  {reason}".rstrip() for name, outcome, reason in each]
        counted = ", ".join(f"{count} {outcome}" for outcome, count in self.counts.items())
        return "\n".join([*lines, f"{counted}: {self.verdict}"])


def reproduce(results: Path, root: Path) -> Reproduction:
    """Compare a run with the reference by the tolerances of the reference; writes the table beside the results.

    Compared is what the run would replace if it were kept.

    Raises:
        ReproduceError: if the two are not of one configuration.
        RecordError: if one of them is not a finished run.
    """
    ours = record.read(results)
    reference = root / folder_of(ours.config)
    theirs = record.read(reference)
    if differing := list(differences(theirs.config, ours.config)):
        more = f"; and {len(differing) - SHOWN} more" if len(differing) > SHOWN else ""
        raise ReproduceError(
            f"{results}: not of the configuration of {reference}, so its numbers may differ: "
            f"{'; '.join(differing[:SHOWN])}{more}; run that configuration, or name another reference (--reference)"
        )
    try:
        allowed = Reproduce.model_validate(theirs.config["reproduce"])
    except (KeyError, ValidationError):
        raise ReproduceError(f"{reference / record.NAME}: states no tolerances; keep a run of this version") from None
    rows = [*_claims(results, reference / TABLES, allowed), *_checks(results, reference / TABLES, allowed)]
    compared = pd.DataFrame(rows, columns=REPRODUCTION.arrow.names)
    tables.write(REPRODUCTION, compared, results / "reproduction.parquet")
    with replacing(results / "reproduction.csv") as temporary:
        compared.to_csv(temporary, index=False)
    return Reproduction(compared)


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
    """A row per claim."""
    ours, theirs = (
        tables.read(CLAIMS, folder / "claims.parquet").set_index("claim") for folder in (results, reference)
    )

    def judge(name: str) -> Agreement:
        return agree(ours.loc[name], theirs.loc[name], theirs.loc[name, "reproduction"], allowed)

    for name, outcome, reason in _paired(ours, theirs, judge):
        kind = (theirs if name in theirs.index else ours).loc[name, "reproduction"]
        yield {
            **_told("claim", name, kind, outcome, reason),
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
    checks = tables.read(CALIBRATION, path)
    return checks.set_index(checks["estimator"] + ": " + checks["oracle"] + " (" + checks["parameters"] + ")")


def _paired(
    ours: pd.DataFrame, theirs: pd.DataFrame, judge: Callable[[str], Agreement]
) -> Iterator[tuple[str, Outcome, str]]:
    """Outcome and reason of every name that either has, in the order of the reference."""
    for name in theirs.index:
        yield (name, *(judge(name) if name in ours.index else Agreement("missing", "the reference has it")))
    for name in ours.index.difference(theirs.index, sort=False):
        yield name, "added", "the reference has no such"
