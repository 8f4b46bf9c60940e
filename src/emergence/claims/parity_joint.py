"""Claims of the joint study (J): Study 1's detectors and rules, judged where the true times of emergence are known.

None of them is published: they test published tools against a known truth. Three rules for precursors are graded. The
published rule uses a rate: a measure that leads most events is a precursor. The second also requires an excess over
every null. The third, that of Study 1's claims, requires the intervals and enough runs. The truth comes from
`emergence.analysis.parity.joint`, independently of any rate.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from emergence.analysis.parity.joint import MOVES
from emergence.claims import rates
from emergence.claims.estimates import OverRuns, Share, ends
from emergence.claims.registry import Part, Section, Tables
from emergence.claims.rules import Verdict, at_least, at_most
from emergence.claims.settings import ParityClaimSettings
from emergence.claims.verdicts import Finding, Judged, judge, undecided
from emergence.config.protocol import ScoredMetric, Statistics, Verdicts
from emergence.config.types import Strict
from emergence.io import tables as files
from emergence.schemas.analysis import PRECURSORS
from emergence.schemas.parity import MEASURE_TRACKING, RULE_OUTCOMES
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
Conclusion = Literal["leads", "does not lead", "undecided"]
OF_VERDICT: dict[str, Conclusion] = {"holds": "leads", "fails": "does not lead"}
OF_CONCLUSION: dict[str, Verdict] = {"leads": "holds", "does not lead": "fails", "undecided": "undecided"}
RIGHT = {
    ("leads", "announces"): True,
    ("leads", "does not"): False,
    ("does not lead", "announces"): False,
    ("does not lead", "does not"): True,
}


# Table rule_outcomes -------------------------------------------------------------------------------------------------


class GradeSettings(Strict):
    """Settings of the rules that are graded."""

    metric: ScoredMetric
    statistics: Statistics
    verdicts: Verdicts


def grade_rules(settings: GradeSettings, precursors: Path, tracking: Path, table: Path) -> None:
    """Grade each rule of inference on every measure of the joint study."""
    graded = outcomes(
        files.read(PRECURSORS, precursors), files.read(MEASURE_TRACKING, tracking), settings.metric, settings
    )
    files.write(RULE_OUTCOMES, graded, table)


def outcomes(
    precursors: pd.DataFrame, measure_tracking: pd.DataFrame, metric: ScoredMetric, settings: rates.Judging
) -> pd.DataFrame:
    """Every rule on every measure and definition that has a time of its own (table ``rule_outcomes``)."""
    truths = measure_tracking.set_index(["measure", "definition"])["truth"]
    over_all = (precursors["metric"] == metric) & (precursors["classes"] == "all") & (precursors["size"] == "all")
    chosen = precursors[over_all & precursors["definition"].isin(MOVES)]
    rows = [
        {"measure": measure, "definition": name, **row, "truth": truths[measure, name]}
        for (measure, name), of in chosen.groupby(["measure", "definition"], sort=False)
        for row in _graded(of.set_index("control"), settings)
    ]
    graded = pd.DataFrame(rows, columns=RULE_OUTCOMES.arrow.names)
    pairs = zip(graded["conclusion"], graded["truth"], strict=True)
    return graded.assign(right=pd.Series([RIGHT.get(pair) for pair in pairs], dtype=object))


def _graded(cell: pd.DataFrame, settings: rates.Judging) -> Iterator[dict[str, object]]:
    """Each rule on the rates of one measure, observed and under its nulls."""
    verdicts = settings.verdicts
    observed, nulls = cell.loc["observed"], cell[cell.index.isin(verdicts.nulls) & (cell["events"] > 0)]
    least = nulls["excess"].astype(float).idxmin() if len(nulls) else None
    excess = float(nulls.loc[least, "excess"]) if len(nulls) else np.nan
    values = {name: observed[name] for name in ("rate", "low", "high", "events", "runs")}
    judged = with_intervals(observed, nulls, settings)
    concluded = {
        "rate alone": rate_alone(observed["rate"], verdicts),
        "beyond nulls": beyond_nulls(observed["rate"], excess, verdicts),
        "with intervals": OF_VERDICT.get(judged.verdict, "undecided"),
    }
    for rule, conclusion in concluded.items():
        power = judged.power if rule == "with intervals" and judged.verdict == "undecided" else ""
        yield {"rule": rule, **values, "excess": excess, "null": least, "conclusion": conclusion, "power": power}


def rate_alone(rate: float, verdicts: Verdicts) -> Conclusion:
    """The published rule; undecided without an event."""
    if np.isnan(rate):
        return "undecided"
    return "leads" if rate >= verdicts.precursor_rate else "does not lead"


def beyond_nulls(rate: float, excess: float, verdicts: Verdicts) -> Conclusion:
    """The published rate, and an excess over every null; undecided without any null."""
    alone = rate_alone(rate, verdicts)
    if alone != "leads":
        return alone
    return "undecided" if np.isnan(excess) else "leads" if excess >= verdicts.null_margin else "does not lead"


def with_intervals(observed: pd.Series, nulls: pd.DataFrame, settings: rates.Judging) -> Judged:
    """The rule of claim A6, over all events: intervals of the rate and of every excess, and enough runs."""
    excess = [rates.exceeding(null, str(name), settings) for name, null in nulls.iterrows()]
    return rates.leading(observed, excess, settings)


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
        Judged("fails" if hits else "holds") if total else undecided("no control"),
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
    taught = taught.sort_values("skill")
    truly, seemingly = (_ordered(taught, column) for column in ("true_step", "step"))
    total = len(truly)
    return _counted(
        Share(sum(truly), total, asked.statistics.confidence, "runs with two skills or more"),
        Judged("holds" if all(truly) else "fails") if total else undecided("no run with two skills"),
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


@ours("J4", "{Part} leads emergence here too, beyond its nulls", parts=_measures, reproduction="draws")
def measure_leads(rule_outcomes: pd.DataFrame, settings: ParityClaimSettings, part: Part) -> Finding:
    """Study 1's rule calls a measure a precursor."""
    row = _row(rule_outcomes, "with intervals", part, settings)
    return rates.finding(
        row,
        Judged(OF_CONCLUSION[row["conclusion"]], row["power"]),
        control=_least(row),
        rule=rates.leads_beyond_nulls(settings.joint),
        bounds=at_least(settings.joint.verdicts.precursor_rate),
    )


def rule_is_right(
    rule_outcomes: pd.DataFrame,
    measure_tracking: pd.DataFrame,
    settings: ParityClaimSettings,
    part: Part,
    *,
    graded: str,
) -> Finding:
    """A simpler rule concludes what is true of a measure."""
    row = _row(rule_outcomes, graded, part, settings)
    truths = measure_tracking.set_index(["measure", "definition"])
    truth = truths.loc[(part.name, settings.joint.definition)]
    slope = _with_interval(truth, "slope", ".2f")
    return rates.finding(
        row,
        _right(row, truth),
        control=f"{row['conclusion']}; {_least(row)}; truth: {row['truth']}, slope {slope}",
        rule="truth: announces if ahead of its skill's T50 and moving with it, over skills",
    )


def _right(judged: pd.Series, truth: pd.Series) -> Judged:
    """Whether a rule is right, if it concludes something and the truth is known."""
    if not pd.isna(judged["right"]):
        return Judged("holds" if judged["right"] else "fails")
    if judged["conclusion"] == "undecided":
        return undecided("no event" if not judged["events"] else "no null to exceed")
    moved = f"{truth['moved']} of {truth['skills']} curves move, {truth['slopes']} of {truth['runs']} runs have a slope"
    return undecided(f"the truth is not known: {moved}")


grading = partial(ours, parts=_measures, reproduction="draws")
grading("J5", "The rate alone concludes rightly about {part}")(partial(rule_is_right, graded="rate alone"))
grading("J6", "The rate beside its nulls concludes rightly about {part}")(partial(rule_is_right, graded="beyond nulls"))


def _with_interval(row: pd.Series, name: str, form: str) -> str:
    """A value with its interval, if there are runs enough for one."""
    value, low, high = (row[name], row[f"{name}_low"], row[f"{name}_high"])
    if np.isnan(value):
        return "–"
    return f"{value:{form}}" + ("" if np.isnan(low) else f" [{low:{form}}, {high:{form}}]")
