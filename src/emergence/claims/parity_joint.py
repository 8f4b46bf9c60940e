"""Claims of the joint study (J): Study 1's detectors and rules, judged where the true times of emergence are known.

None of them is published: they test published tools against a known truth. Three rules for precursors are graded
(`emergence.claims.rule_outcomes`). A rule that always says no would be right for every measure that does not announce,
so each rule is also tried on planted precursors (`emergence.claims.lead_power`).
"""

from functools import partial

import numpy as np
import pandas as pd

from emergence.analysis.select import select
from emergence.claims import rates
from emergence.claims.estimates import OverRuns, Share, ends
from emergence.claims.llc_caveat import llc_caveat
from emergence.claims.rates import BEYOND, DIFFERENCES, RATE
from emergence.claims.registry import Part, Section, Tables
from emergence.claims.rules import at_least, at_most
from emergence.claims.settings import JointClaimSettings, ParityClaimSettings
from emergence.claims.verdicts import Finding, Judged, both, decided, from_runs, judge, undecided, untested
from emergence.tasks.symbols import CONTROL

joint = Section("joint study")
OURS = "not published; a test of Study 1's tools"
NAMES = {
    "rankme": "RankMe",
    "fisher": "the Fisher rank",
    "gradient_covariance": "the rank of gradients",
    "hessian": "the Hessian's top eigenvalue",
    "llc": "the local learning coefficient",
    "loss": "a skill's own loss",
    "neuromfa_e": "the degree of emergence",
}
CAVEATS = dict.fromkeys((f"J{number} llc" for number in (4, 5, 6, 7)), llc_caveat)
"""Of claims on single measures."""


# Detectors ----------------------------------------------------------------------------------------------------------

ours = partial(joint.claim, published=OURS, figures=["8"], ours=True)


@ours("J1", "The detector of events dates a true emergence to within a checkpoint (median)", reproduction="draws")
def error_of_the_detector(detector_error: pd.DataFrame, settings: ParityClaimSettings) -> Finding:
    """The median error of the primary detector is below a checkpoint."""
    asked = settings.joint
    chosen = detector_error[(detector_error["detector"] == asked.detector) & (detector_error["skill"] == "all")]
    by_reference = chosen.set_index(["metric", "reference"])
    row = by_reference.loc[(asked.metric, "measured")]
    error = OverRuns(*ends(row, "error", "error_"), int(row["runs"]), asked.statistics.confidence)
    beside = [
        f"{metric} against {reference}: bias {_with_interval(other, 'bias', '+.2f')}, "
        f"{other['relative']:+.1%} of the time"
        for (metric, reference), other in by_reference.iterrows()
        if not np.isnan(other["bias"])
    ]
    return Finding(
        *ends(row, "error", "error_"),
        interval=f"over {row['runs']} runs, {row['events']} emergences, {row['missed']} missed",
        control="; ".join(beside) or "no event",
        judged=judge(error, at_most(asked.timing)),
        rule=f"interval of the median error over runs at or below {asked.timing:g} checkpoints",
        bounds=at_most(asked.timing),
    )


@ours("J2", "No event is detected in a skill that is never sampled", reproduction="networks")
def no_event_of_the_control(detection_times: pd.DataFrame, settings: ParityClaimSettings) -> Finding:
    """The primary detector finds no event in the control skill."""
    asked = settings.joint
    control = detection_times[(detection_times["metric"] == asked.metric) & (detection_times["task"] == CONTROL)]
    seen = control.assign(seen=control["step"].notna()).groupby("detector", sort=False)["seen"].agg(["sum", "size"])
    hits, total = (int(count) for count in seen.loc[asked.detector]) if asked.detector in seen.index else (0, 0)
    return _counted(
        Share(hits, total, asked.statistics.confidence, "runs"),
        decided(not hits, "no event in any run", "an event in a run") if total else undecided("no control"),
        control="; ".join(f"{name} {row['sum']}/{row['size']}" for name, row in seen.iterrows()) or "no control",
        rule="no event in any run",
    )


@joint.claim(
    "J3",
    "Skills emerge in the order of their frequencies, in every run",
    published="T50 ∝ k^(α+1)",
    figures=["8"],
    reproduction="networks",
)
def order_of_skills(detection_times: pd.DataFrame, settings: ParityClaimSettings) -> Finding:
    """True times increase with the rank of the skill, in every run."""
    asked = settings.joint
    primary = detection_times[
        (detection_times["metric"] == asked.metric) & (detection_times["detector"] == asked.detector)
    ]
    taught = primary[primary["task"] != CONTROL].assign(skill=lambda rows: rows["level"].astype(int))
    taught = taught.sort_values("skill", kind="stable")
    truly, seemingly = (_ordered(taught, column) for column in ("true_step", "step"))
    total = len(truly)
    return _counted(
        Share(sum(truly), total, asked.statistics.confidence, "runs with two skills or more"),
        decided(all(truly), "all runs have this order", "a run has another") if total else undecided("no such run"),
        control=f"order of detected events: {sum(seemingly)}/{len(seemingly)}",
        rule="in all runs; skills that do not emerge come last",
    )


def _counted(share: Share, judged: Judged, *, control: str, rule: str) -> Finding:
    """A share of runs that is judged by its count alone."""
    return Finding(share.value, share.low, share.high, share.counted, control, judged, rule)


def _ordered(taught: pd.DataFrame, column: str) -> list[bool]:
    """Whether times rise with the skill, for each run in which two emerge."""
    times = [run[column].to_numpy(dtype=float) for _, run in taught.groupby("run", sort=False)]
    emerged = [np.where(np.isnan(time), np.inf, time) for time in times if np.isfinite(time).sum() > 1]
    return [bool((time[1:] >= time[:-1]).all()) for time in emerged]


# Measures -----------------------------------------------------------------------------------------------------------


def _measures(tables: Tables, settings: ParityClaimSettings) -> list[Part]:
    """The measures that the joint study has outcomes of."""
    if "rule_outcomes" not in tables:
        return []
    table = tables["rule_outcomes"]
    names = table.loc[table["definition"] == settings.joint.definition, "measure"].unique()
    return [Part(name, NAMES.get(name, name)) for name in names]


def _row(rule_outcomes: pd.DataFrame, rule: str, part: Part, settings: ParityClaimSettings) -> pd.Series:
    """The outcome of a rule on a measure."""
    where = {"measure": part.name, "definition": settings.joint.definition, "rule": rule}
    return rule_outcomes[(rule_outcomes[list(where)] == list(where.values())).all(axis=1)].iloc[0]


def _least(row: pd.Series) -> str:
    return "no null" if pd.isna(row["null"]) else f"least excess {row['excess']:+.2f}, over {row['null']}"


@ours("J4", "{Part} leads emergence here, and before its rivals", parts=_measures, reproduction="draws")
def measure_leads(
    precursors: pd.DataFrame,
    lead_differences: pd.DataFrame,
    rule_outcomes: pd.DataFrame,  # noqa: ARG001 - lists the measures
    settings: ParityClaimSettings,
    part: Part,
    smallest_leads: pd.DataFrame | None = None,
) -> Finding | None:
    """Study 1's rule calls a measure a precursor."""
    return rates.precursor(precursors, lead_differences, (part.name, "all", "all"), settings.joint, smallest_leads)


def rule_is_right(
    rule_outcomes: pd.DataFrame,
    measure_tracking: pd.DataFrame,
    lead_differences: pd.DataFrame,
    settings: ParityClaimSettings,
    part: Part,
    *,
    graded: str,
) -> Finding:
    """A simpler rule concludes what is true of a measure.

    Args:
        rule_outcomes: Table ``rule_outcomes``.
        measure_tracking: Table ``measure_tracking``, which has the truth.
        lead_differences: Table ``lead_differences``.
        settings: Definition of a lead, and statistics.
        part: The measure.
        graded: The rule, as in column ``rule`` of ``rule_outcomes``.
    """
    row = _row(rule_outcomes, graded, part, settings)
    truths = measure_tracking.set_index(["measure", "definition"])
    truth = truths.loc[(part.name, settings.joint.definition)]
    slope = _with_interval(truth, "slope", ".2f")
    judged = _right(row, truth)
    if graded != RATE and select(lead_differences, measure=part.name)["whole_network"].any():
        judged = untested("of one curve for all skills neither rule nor truth could say anything else")
    if graded == DIFFERENCES:
        judged = from_runs(settings.joint.runs, settings.joint.verdicts.minimum_runs, judged, settings.joint.runs)
    return rates.finding(
        row,
        judged,
        control=f"{row['conclusion']}; {_least(row)}; truth: {row['truth']}, slope {slope}",
        rule="truth: announces if ahead of its skill's T50 and moving with it, over skills",
    )


def _right(judged: pd.Series, truth: pd.Series) -> Judged:
    """Whether a rule is right, if it concludes something and the truth is known."""
    if not pd.isna(judged["right"]):
        return decided(bool(judged["right"]), "the rule concludes what is true", "it concludes the opposite")
    if judged["conclusion"] == "undecided":
        return undecided("no event" if not judged["events"] else judged["power"] or "no null to exceed")
    moved = f"{truth['moved']} of {truth['skills']} curves move, {truth['slopes']} of {truth['runs']} runs have a slope"
    return undecided(f"the truth is not known: {moved}")


grading = partial(ours, parts=_measures, reproduction="draws")
grading("J5", "The rate alone concludes rightly about {part}")(partial(rule_is_right, graded=RATE))
grading("J6", "The rate beside its nulls concludes rightly about {part}")(partial(rule_is_right, graded=BEYOND))
grading("J7", "Lead differences conclude rightly about {part}")(partial(rule_is_right, graded=DIFFERENCES))


@ours(
    "J8",
    "{Part} sees planted precursors, and no others",
    parts=[Part(RATE, "the rate alone"), Part(BEYOND, "the rate beside its nulls"), Part(DIFFERENCES)],
    reproduction="draws",
    figures=["8", "S11"],
)
def rule_has_power(lead_power: pd.DataFrame, settings: ParityClaimSettings, part: Part) -> Finding:
    """A rule sees the largest planted lead in most trials, and nothing where no curve announces its skill."""
    asked, of_rule = settings.joint, select(lead_power, rule=part.name)
    none = (of_rule["kind"] != "own") | (of_rule["lead"] == 0)
    largest = of_rule["lead"].max()
    seen, false = (_trials(rows, asked) for rows in (of_rule[~none & (of_rule["lead"] == largest)], of_rule[none]))
    asks, allows = at_least(asked.power), at_most(1 - asked.statistics.confidence)
    judged = both(judge(seen, asks, what="planted precursors"), judge(false, allows, what="others"))
    if part.name == DIFFERENCES:
        judged = from_runs(asked.runs, asked.verdicts.minimum_runs, judged, asked.runs)
    return Finding(
        seen.value,
        seen.low,
        seen.high,
        interval=seen.counted,
        control=f"false positives {false.value:.2f} [{false.low:.2f}, {false.high:.2f}]",
        judged=judged,
        rule=f"planted leads of {largest} checkpoints are seen in {asks.lowest:.0%} of trials or more, "
        f"and none in {allows.highest:.0%} or fewer",
        bounds=asks,
    )


def _trials(rows: pd.DataFrame, settings: JointClaimSettings) -> Share:
    """Trials in which a rule sees a lead."""
    return Share(int(rows["count"].sum()), int(rows["trials"].sum()), settings.statistics.confidence, "trials")


def _with_interval(row: pd.Series, name: str, form: str) -> str:
    """A value with its interval, if there are runs enough for one."""
    value, low, high = (row[name], row[f"{name}_low"], row[f"{name}_high"])
    if np.isnan(value):
        return "–"
    return f"{value:{form}}" + ("" if np.isnan(low) else f" [{low:{form}}, {high:{form}}]")
