"""What may be concluded from one's own runs, in words: a sentence a measure, and a short text for a terminal."""

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from emergence.analysis.select import without_control
from emergence.claims.rates import exceeding, leading
from emergence.config.protocol import Protocol
from emergence.measures.declarations import signal_labels
from emergence.own_runs.findings import Findings
from emergence.own_runs.limits import group_name

NULLS = {
    "shift": "of its shifted curves",
    "placebo": "of the curves of other groups",
    "control": "of the control's curves",
    "random": "of events at random times",
    "own score": "of the scores themselves",
    "own loss": "of the groups' own losses",
}
"""What leads under each null, after a share."""
EVENTS, MEASURES, LIMITS = 7, 7, 4
"""Lines of each kind in the text."""
NAME = 40
"""Characters of a name."""


@dataclass(frozen=True)
class Conclusion:
    """What may be said of one measure."""

    measure: str
    label: str
    events: int
    """that it could lead"""
    leads: int
    nulls: dict[str, float]
    """share of each null that leads these events as well"""
    announces: bool
    """whether the rule for a precursor holds"""
    text: str


def conclude(findings: Findings) -> list[Conclusion]:
    """What may be concluded of each measure, by the primary definition of a lead."""
    rates = findings.rates[findings.rates["classes"] == "all"]
    primary = rates[rates["definition"] == findings.protocol.precursors.definition]
    return [_conclusion(str(name), rows, findings.protocol) for name, rows in primary.groupby("measure", sort=False)]


def headline(findings: Findings) -> str:
    """How many score curves emerge, those of controls aside; without an end, so that more may follow."""
    events, steps = without_control(findings.events), findings.scores["step"]
    runs = findings.scores["run"].unique()
    named = f"run {_short(runs[0])}" if len(runs) == 1 else f"{len(runs)} runs"
    counts = f"{int(events['emerged'].sum())} of {len(events)}"
    return f"{counts} score curves emerge in {named}, between steps {steps.min()} and {steps.max()}"


def as_text(findings: Findings) -> str:
    """Events, what led them, and what that means, in at most 25 lines, without what a terminal might obey."""
    events = [_event(row) for row in findings.events.to_dict("records")]
    conclusions = [f"  {one.text}" for one in conclude(findings)]
    limits = [f"  {text}" for text in findings.limits]
    lines = [
        f"{headline(findings)}:",
        *_first(events, EVENTS, "score curves"),
        "What may be concluded:",
        *_first(conclusions, MEASURES, "measures"),
        "What cannot be said:",
        *_first(limits or ["  (nothing is missing)"], LIMITS, "limits"),
    ]
    return "\n".join("".join(letter if letter.isprintable() else "?" for letter in line) for line in lines)


def _conclusion(name: str, rows: pd.DataFrame, protocol: Protocol) -> Conclusion:
    by_null = rows.set_index("control")
    observed = by_null.loc["observed"]
    others = [null for null in protocol.verdicts.nulls if (name, null) != ("loss", "own loss")]
    known = by_null.loc[[null for null in others if by_null.loc[null, "events"]]]
    events, label = int(observed["events"]), signal_labels().get(name, name)
    led = round(observed["rate"] * events) if events else 0
    text, announces = f"{label} could lead no event.", False
    if events:
        text = f"{label} leads {led} of {events} events"
        ending, announces = _ending(observed, known, protocol) if led else (".", False)
        text += ending
    nulls = {str(null): float(row["rate"]) for null, row in known.iterrows()}
    return Conclusion(name, label, events, led, nulls, announces, text)


def _ending(observed: pd.Series, nulls: pd.DataFrame, protocol: Protocol) -> tuple[str, bool]:
    """The rest of a sentence on a measure that leads, and whether it announces emergence."""
    if nulls.empty:
        return ", and there is nothing to compare that with.", False
    strongest = nulls["rate"].astype(float).idxmax()
    beside = f"{_share(nulls, strongest)}"
    if (nulls["excess"] < protocol.verdicts.null_margin).any():
        least = nulls["excess"].astype(float).idxmin()
        return f"; so do {_share(nulls, least)}: no evidence of announcement.", False
    runs, enough = int(observed["runs"]), protocol.verdicts.minimum_runs
    if runs < enough:
        number = "One run decides" if runs == 1 else f"{runs} runs decide"
        return f", more than any null ({beside} at most). {number} nothing; at least {enough} are needed.", False
    excess = [exceeding(row, str(null), protocol) for null, row in nulls.iterrows()]
    verdict = leading(observed, excess, protocol).verdict
    said = {"holds": "it announces emergence", "fails": "it does not announce emergence"}
    return f", against {beside} at most: {said.get(verdict, 'undecided')}.", verdict == "holds"


def _share(nulls: pd.DataFrame, null: str) -> str:
    """Share of a null that leads, in words."""
    return f"{round(100 * nulls.loc[null, 'rate'])} % {NULLS[null]}"


def _event(row: dict[str, object]) -> str:
    name = f"  {_short(group_name(str(row['task']), str(row['level'])))} ({_short(str(row['run']))})"
    if not row["emerged"]:
        return f"{name}: no event; last score {row['final_score']:.2f}"
    if row["step_before"] == row["step_after"]:
        return f"{name}: learned at the first evaluation, step {row['step']:.0f}"
    width = "" if pd.isna(row["width"]) else f", {row['width']:.0f} steps wide"
    return f"{name}: at step {row['step']:.0f}, between {row['step_before']:.0f} and {row['step_after']:.0f}{width}"


def _short(name: str) -> str:
    return name if len(name) <= NAME else f"{name[: NAME - 1]}…"


def _first(lines: Iterable[str], count: int, what: str) -> list[str]:
    """The first lines, and how many more there are."""
    every = list(lines)
    return every if len(every) <= count else [*every[: count - 1], f"  … and {len(every) - count + 1} more {what}"]
