"""Claims of the joint study: Study 1's detectors and rules, judged where the true times of emergence are known.

None of them is published: they ask of published tools what only a known truth can answer.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from emergence.analysis.claims.estimates import OverRuns, Share, ends
from emergence.analysis.claims.rules import Verdict, at_most
from emergence.analysis.claims.verdicts import Judged, Row, judge, undecided
from emergence.settings.joint import JointClaimSettings
from emergence.tasks.symbols import CONTROL

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
RULES = {"rate alone": "the rate alone", "beyond nulls": "the rate beside its nulls"}
OF_CONCLUSION: dict[str, Verdict] = {"leads": "holds", "does not lead": "fails", "undecided": "undecided"}


def rows(
    detected: pd.DataFrame,
    errors: pd.DataFrame,
    tracking: pd.DataFrame,
    conclusions: pd.DataFrame,
    settings: JointClaimSettings,
) -> list[Row]:
    """All claims of the joint study, from its tables (rows of table ``claims``)."""
    found = [timing(errors, settings), control(detected, settings), order(detected, settings)]
    return [{"study": "solvable", **row} for row in (*found, *measures(tracking, conclusions, settings))]


def timing(errors: pd.DataFrame, settings: JointClaimSettings) -> Row:
    """The primary detector dates events to a checkpoint."""
    chosen = errors[(errors["detector"] == settings.detector) & (errors["skill"] == "all")]
    of = chosen.set_index(["metric", "reference"])
    primary = of.loc[(settings.metric, "measured")]
    error = OverRuns(*ends(primary, "error", "error_"), int(primary["runs"]), settings.statistics.confidence)
    beside = [
        f"{metric} against {reference}: bias {_with_interval(row, 'bias', '+.2f')}, {row['relative']:+.1%} of the time"
        for (metric, reference), row in of.iterrows()
        if not np.isnan(row["bias"])
    ]
    return {
        "claim": "J1",
        "statement": "The detector of events dates a true emergence to within a checkpoint (median)",
        "published": OURS,
        "value": primary["error"],
        "low": primary["error_low"],
        "high": primary["error_high"],
        "interval": f"over {primary['runs']} runs, {primary['events']} emergences, {primary['missed']} missed",
        "control": "; ".join(beside) or "no event",
        **judge(error, at_most(settings.timing)).columns,
        "rule": f"interval of the median error over runs at or below {settings.timing:g} checkpoints",
    }


def control(detected: pd.DataFrame, settings: JointClaimSettings) -> Row:
    """Nothing is detected in the skill that is never sampled."""
    of = detected[(detected["metric"] == settings.metric) & (detected["task"] == CONTROL)]
    seen = of.assign(seen=of["step"].notna()).groupby("detector", sort=False)["seen"].agg(["sum", "size"])
    hits, total = (int(count) for count in seen.loc[settings.detector]) if settings.detector in seen.index else (0, 0)
    judged = undecided("no control") if not total else Judged("fails" if hits else "holds")
    return {
        "claim": "J2",
        "statement": "No event is detected in a skill that is never sampled",
        "published": OURS,
        **Share(hits, total, settings.statistics.confidence, "runs").columns,
        "control": "; ".join(f"{name} {row['sum']}/{row['size']}" for name, row in seen.iterrows()) or "no control",
        **judged.columns,
        "rule": "none in any run",
    }


def order(detected: pd.DataFrame, settings: JointClaimSettings) -> Row:
    """Skills emerge in the order of their frequencies."""
    of = detected[(detected["metric"] == settings.metric) & (detected["detector"] == settings.detector)]
    taught = of[of["task"] != CONTROL].assign(skill=lambda rows: rows["level"].astype(int)).sort_values("skill")
    kinds = {name: _ordered(taught, column) for name, column in (("true", "true_step"), ("detected", "step"))}
    truly, total = sum(kinds["true"]), len(kinds["true"])
    share = Share(truly, total, settings.statistics.confidence, "runs with two skills or more")
    judged = undecided("no run with two skills") if not total else Judged("holds" if truly == total else "fails")
    return {
        "claim": "J3",
        "statement": "Skills emerge in the order of their frequencies, in every run",
        "published": "T50 ∝ k^(α+1)",
        **share.columns,
        "control": f"order of detected events: {sum(kinds['detected'])}/{len(kinds['detected'])}",
        **judged.columns,
        "rule": "in all runs; skills that do not emerge come last",
    }


def _ordered(taught: pd.DataFrame, column: str) -> list[bool]:
    """Whether times rise with the skill, for each run in which two emerge."""
    times = [run[column].to_numpy(dtype=float) for _, run in taught.groupby("run", sort=False)]
    found = [np.where(np.isnan(time), np.inf, time) for time in times if np.isfinite(time).sum() > 1]
    return [bool((time[1:] >= time[:-1]).all()) for time in found]


def measures(tracking: pd.DataFrame, conclusions: pd.DataFrame, settings: JointClaimSettings) -> Iterator[Row]:
    """Whether each measure leads here by Study 1's rule, and whether the conclusions of simpler rules are right."""
    verdicts, truths = settings.verdicts, tracking.set_index(["measure", "definition"])
    chosen = conclusions[conclusions["definition"] == settings.definition]
    for measure, of in chosen.groupby("measure", sort=False):
        rules, name = of.set_index("rule"), NAMES.get(str(measure), str(measure))
        row, truth = rules.loc["with intervals"], truths.loc[(measure, settings.definition)]
        slope = _with_interval(truth, "slope", ".2f")
        least = "no null" if pd.isna(row["null"]) else f"least excess {row['excess']:+.2f}, over {row['null']}"
        rate = {"value": row["rate"], "low": row["low"], "high": row["high"]}
        count = {"interval": f"over {row['runs']} runs, {row['events']} events", "published": OURS}
        yield {
            "claim": f"J4 {measure}",
            "statement": f"{name[0].upper()}{name[1:]} leads emergence here too, beyond its nulls",
            **rate,
            **count,
            "control": least,
            **Judged(OF_CONCLUSION[row["conclusion"]], row["power"]).columns,
            "rule": f"rate at or above {verdicts.precursor_rate} and excess over every null at or above "
            f"{verdicts.null_margin}; from {verdicts.minimum_runs} runs",
        }
        for claim, (rule, words) in zip(("J5", "J6"), RULES.items(), strict=True):
            judged = rules.loc[rule]
            yield {
                "claim": f"{claim} {measure}",
                "statement": f"What {words} says of {name} is right",
                **rate,
                **count,
                "control": f"{judged['conclusion']}; {least}; truth: {judged['truth']}, slope {slope}",
                **_right(judged, truth).columns,
                "rule": "truth: announces if ahead of its skill's T50 and moving with it, over skills",
            }


def _right(judged: pd.Series, truth: pd.Series) -> Judged:
    """Whether a rule is right, if it concludes something and the truth is known."""
    if not pd.isna(judged["right"]):
        return Judged("holds" if judged["right"] else "fails")
    if judged["conclusion"] == "undecided":
        return undecided("no event" if not judged["events"] else "no null to exceed")
    moved = f"{truth['moved']} of {truth['skills']} curves move, {truth['slopes']} of {truth['runs']} runs have a slope"
    return undecided(f"the truth is not known: {moved}")


def _with_interval(row: pd.Series, name: str, form: str) -> str:
    """A value with its interval, if there are runs enough for one."""
    value, low, high = (row[name], row[f"{name}_low"], row[f"{name}_high"])
    if np.isnan(value):
        return "none"
    return f"{value:{form}}" + ("" if np.isnan(low) else f" [{low:{form}}, {high:{form}}]")
