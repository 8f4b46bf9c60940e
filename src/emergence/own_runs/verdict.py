"""Conclusions from one's own runs, in words: a sentence a measure, and a short text for a terminal.

A measure announces events by the rule of the studies (`emergence.claims.rates`): over enough runs, the interval of its
lead less that of every comparison reaches the margin. Of fewer runs, the least difference says what could be concluded.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from emergence.analysis.select import select, without_control
from emergence.claims.rates import differences_of, precursor
from emergence.claims.verdicts import UNTESTED, Judged
from emergence.config.protocol import Definition, Statistics, Verdicts
from emergence.measures.declarations import signal_labels
from emergence.own_runs.findings import Findings
from emergence.own_runs.limits import group_name
from emergence.own_runs.runs import METRIC

RIVALS = {
    "placebo": "the curves of groups that emerge later",
    "control": "the control's curves",
    "own score": "the score itself",
    "own loss": "the group's own loss",
    "mean weight": "the mean weight",
}
"""The rivals of a measure, after a number of evaluations."""
OTHER_CURVES = ("placebo", "control")
"""Rivals of which there must be one: without, nothing tells what is the event's own."""
ALL = ("all", "all")
"""Every event."""
EVENTS, MEASURES, LIMITS = 7, 7, 4
"""Lines of each kind in the text."""
NAME = 40
"""Characters of a name."""


@dataclass(frozen=True)
class RunJudging:
    """By which leads of these runs are judged (`emergence.claims.rates.Deciding`)."""

    statistics: Statistics
    verdicts: Verdicts
    definition: Definition
    runs: int
    metric: str = METRIC


@dataclass(frozen=True)
class Conclusion:
    """The conclusion on one measure."""

    measure: str
    label: str
    events: int
    """that it could lead"""
    leads: int
    ahead: dict[str, float]
    """evaluations by which its lead exceeds that of each rival, on average over runs"""
    announces: bool
    """whether the rule for a precursor holds"""
    text: str


def conclude(findings: Findings) -> list[Conclusion]:
    """The conclusion on each measure, by the primary definition of a lead."""
    return [_conclusion(name, findings) for name in findings.signals]


def headline(findings: Findings) -> str:
    """How many score curves emerge, those of controls aside; without an end, so that more may follow."""
    events, steps = without_control(findings.events), findings.scores["step"]
    runs = findings.scores["run"].unique()
    named = f"run {_short(runs[0])}" if len(runs) == 1 else f"{len(runs)} runs"
    counts = f"{int(events['emerged'].sum())} of {len(events)}"
    when = f"between steps {steps.min()} and {steps.max()}" if steps.min() < steps.max() else f"at step {steps.min()}"
    return f"{counts} score curves emerge in {named}, {when}"


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


def _conclusion(name: str, findings: Findings) -> Conclusion:
    protocol = findings.protocol
    definition, runs = protocol.precursors.definition, findings.scores["run"].nunique()
    judging = RunJudging(protocol.statistics, protocol.verdicts, definition, runs)
    leads = select(findings.leads, measure=name, definition=definition)
    events, led, label = (
        len(leads),
        int((leads["relation"] == "leads").sum()),
        _capital(signal_labels().get(name, name)),
    )
    rivals = differences_of(findings.differences, (name, *ALL), judging)
    finding = precursor(findings.rates, findings.differences, (name, *ALL), judging)
    judged = finding.judged if finding else UNTESTED
    text = f"{label} leads {led} of {events} events" if events else f"{label} could lead no event"
    ending = _ending(rivals, judged, protocol.verdicts.minimum_runs) if led else "."
    ahead = dict(zip(rivals["rival"], rivals["difference"], strict=True))
    return Conclusion(name, label, events, led, ahead, judged.verdict == "holds" and led > 0, text + ending)


def _ending(rivals: pd.DataFrame, judged: Judged, enough: int) -> str:
    """The rest of a sentence on a measure that leads: its least difference, and the verdict."""
    if rivals.empty:
        return f"; {judged.power}."
    if not set(rivals["rival"]) & set(OTHER_CURVES):
        return ", and there is no curve of another group or of a control to compare that with."
    least, runs = rivals.loc[rivals["difference"].idxmin()], int(rivals["runs"].min())
    beside = f"moves {_apart(least)} {RIVALS[least['rival']]}"
    if judged.verdict == "holds":
        return f", and {beside}, its nearest rival: it announces emergence."
    if least["difference"] < least["margin"]:
        said = {"fails": "it does not announce emergence"}.get(judged.verdict, "no evidence of announcement")
        return f", but {beside} (needed: {least['margin']:g} before): {said}."
    if runs >= enough:
        return f", and {beside}, its nearest rival: undecided."
    number = "One run decides" if runs == 1 else f"{runs} runs decide"
    return f", and {beside}, its nearest rival. {number} nothing; at least {enough} are needed."


def _apart(rival: pd.Series) -> str:
    """By how much a measure moves before or after a rival, in words.

    >>> [_apart(pd.Series({"difference": value, "runs": 1})) for value in (5.5, -0.2, 0.0)]
    ['5.5 evaluations before', '0.2 evaluations after', 'together with']
    >>> _apart(pd.Series({"difference": -0.5, "difference_low": -2.0, "difference_high": 1.0, "runs": 3}))
    '0.5 [-1.0, 2.0] evaluations after'
    """
    value, names = rival["difference"], ["difference_low", "difference_high"]
    if abs(value) < 0.05:
        return "together with"
    bounds = sorted(rival[names] * (1 if value > 0 else -1)) if rival["runs"] > 1 else []
    interval = f" [{bounds[0]:.1f}, {bounds[1]:.1f}]" if bounds else ""
    return f"{abs(value):.1f}{interval} evaluations {'before' if value > 0 else 'after'}"


def _capital(name: str) -> str:
    return name[:1].upper() + name[1:]


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
