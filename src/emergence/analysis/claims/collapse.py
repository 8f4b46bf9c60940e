"""Claims A1 to A5: what emerges, and the early collapse of representations."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from emergence.analysis.claims.estimates import OverRuns, Share, ends
from emergence.analysis.claims.evidence import Evidence
from emergence.analysis.claims.rules import at_least, within
from emergence.analysis.claims.verdicts import UNTESTED, Row, interval, judge, undecided
from emergence.analysis.floors import bounds
from emergence.analysis.intervals import clopper_pearson
from emergence.published import PUBLISHED_TOP_DOWN
from emergence.settings.analysis import ClaimSettings
from emergence.tasks.symbols import CONTROL

PUBLISHED_SMALLEST = 404_992  # parameters of the smallest published model
PUBLISHED_EMERGED = (119, 120)  # task-level x size events, v3
EVERY = 1.0
"""The share that is claimed to be universal."""
NO_SLOPE = 0.0
ONE_SIZE = undecided("needs two sizes and three runs")


def emergence(evidence: Evidence, settings: ClaimSettings) -> Iterator[Row]:
    """Nearly every task-level emerges at every size."""
    every = evidence.events.query("metric == @settings.metric")
    events, control = every[every["task"] != CONTROL], every[every["task"] == CONTROL]
    units = events.groupby(["task", "level", "size"])["emerged"].mean() > 0.5
    threshold, _ = clopper_pearson(*PUBLISHED_EMERGED, settings.statistics.confidence)
    share = Share(int(units.sum()), len(units), settings.statistics.confidence)
    largest = events[events["parameters"] == events["parameters"].max()]
    testable = events["parameters"].min() >= PUBLISHED_SMALLEST
    yield {
        "claim": "A1",
        "statement": "Nearly every task-level emerges at every size (in most seeds)",
        "published": "v3: 119/120 (smallest model 405K); v4: 144 events",
        **share.columns,
        "control": f"largest size here: {largest['emerged'].mean():.0%} of runs x task-levels; "
        f"the untrainable control: {control['emerged'].sum()}/{len(control)}",
        **(judge(share, at_least(threshold), EVERY) if testable else UNTESTED).columns,
        "rule": f"interval at or above {threshold:.3f} (exact lower bound of 119/120); needs sizes from 405K",
    }


def collapse(evidence: Evidence, settings: ClaimSettings) -> Iterator[Row]:
    """Every task's representation collapses early."""
    yield {
        "claim": "A2",
        "statement": "Training begins with a collapse of the representation, in every task and size",
        "published": "v1-v3: universal",
        **universal(evidence.collapses[evidence.collapses["task"] != CONTROL], settings),
    }


def universal(collapses: pd.DataFrame, settings: ClaimSettings) -> Row:
    """Evidence that all of these curves collapse: at the last layer, in most runs and levels of a task x size unit."""
    last = collapses[collapses["layer"] == collapses.groupby("run")["layer"].transform("max")]
    units = last.groupby(["task", "size"])["collapse_step"].apply(lambda steps: steps.notna().mean() > 0.5)
    share = Share(int(units.sum()), len(units), settings.statistics.confidence)
    return {
        **share.columns,
        "control": f"median floor / initial value: {last['depth'].median():.2f}",
        **judge(share, at_least(settings.verdicts.universal), EVERY).columns,
        "rule": f"interval of the share of task x size units at or above {settings.verdicts.universal}",
    }


def scale(evidence: Evidence, settings: ClaimSettings) -> Iterator[Row]:
    """Floors do not depend on size; that of modular arithmetic is about 2."""
    floors = evidence.floors.set_index(["quantity", "task", "method"]).sort_index()
    pooled, mixed, depth = (
        floors.loc[key]
        for key in (("floor", "all", "run means"), ("floor", "all", "mixed model"), ("depth", "all", "run means"))
    )
    tasks = evidence.floors.query("quantity == 'floor' and task != 'all'")
    slopes, (low, high) = tasks["slope"], bounds(settings.statistics)
    slope = OverRuns(*ends(pooled, "slope"), int(pooled["runs"]), settings.statistics.confidence)
    # A 95 % interval inside the bounds is stricter than TOST at 5 %, which asks that of the 90 % interval.
    yield {
        "claim": "A3",
        "statement": "Collapse floors are scale-invariant (slope of log floor on log parameters)",
        "published": "v1-v3: invariant over 210x; v4: task-specific, no longer claimed",
        "value": pooled["slope"],
        "low": pooled["low"],
        "high": pooled["high"],
        "interval": f"t over {pooled['runs']:.0f} runs",
        "control": f"mixed model {interval(mixed, 'slope', '+.3f')}; equivalence p {pooled['equivalence_p']:.2g}; "
        f"by task {slopes.min():+.3f} to {slopes.max():+.3f}; "
        f"slope of floor / initial value {interval(depth, 'slope', '+.3f')}",
        **(judge(slope, within(low, high), NO_SLOPE) if np.isfinite(pooled["low"]) else ONE_SIZE).columns,
        "rule": f"interval within [{low:.3f}, {high:.3f}]: {settings.statistics.equivalence:.0%} a decade",
    }
    if ("floor", "MOD", "run means") in floors.index:
        modular = floors.loc[("floor", "MOD", "run means")]
        of_floor = ends(modular, "mean", "mean_")
        mean = OverRuns(*of_floor, int(modular["runs"]), settings.statistics.confidence, log=True)
        floor, tolerance = settings.verdicts.modular_floor, settings.verdicts.modular_tolerance
        lowest, highest = floor * (1 - tolerance), floor * (1 + tolerance)
        yield {
            "claim": "A4",
            "statement": "Modular arithmetic collapses to RankMe of about 2.0 at every size",
            "published": "v1-v3: 2.0",
            "value": modular["mean"],
            "low": modular["mean_low"],
            "high": modular["mean_high"],
            "interval": f"t over {modular['runs']:.0f} runs, geometric mean",
            "control": f"slope {interval(modular, 'slope', '+.3f')} decades a decade",
            **judge(mean, within(lowest, highest), floor).columns,
            "rule": f"interval within [{lowest:.2f}, {highest:.2f}]",
        }


def top_down(evidence: Evidence, settings: ClaimSettings) -> Iterator[Row]:
    """The last layer collapses first."""
    for version, published in PUBLISHED_TOP_DOWN.items():
        yield {
            "claim": f"A5 {version}",
            "statement": "Collapse is top-down: the last layer falls strictly first",
            "published": f"{version}: {published[0]}/{published[1]}",
            **first_at_the_top(evidence.top_down, published, settings),
        }


def first_at_the_top(top_down: pd.DataFrame, published: tuple[int, int], settings: ClaimSettings) -> Row:
    """Evidence that the last layer falls strictly first in as many task x size units as a published count says."""
    shares = top_down.query("size == 'all'").set_index("statistic")
    first, downward = shares.loc["last_first"], shares.loc["downward"]
    by_size = top_down.query("size != 'all' and statistic == 'last_first'")
    threshold, _ = clopper_pearson(*published, settings.statistics.confidence)
    share = Share(int(first["count"]), int(first["units"]), settings.statistics.confidence)
    return {
        **share.columns,
        "control": f"chance {first['chance']:.2f}; by size "
        + ", ".join(f"{row.size} {row.count}/{row.units}" for row in by_size.itertuples(index=False, name="Row"))
        + f"; step decreases with depth in {interval(downward, 'share', '.2f')}",
        **judge(share, at_least(threshold), published[0] / published[1]).columns,
        "rule": f"interval at or above {threshold:.3f}, exact lower bound of the published count",
    }
