"""Figure 8. One run, errors, movements, rules."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from emergence.analysis.select import seed_summary, select, without_control
from emergence.figures import panels, style
from emergence.io import tables
from emergence.schemas.analysis import PRECURSORS
from emergence.schemas.parity import DETECTION_TIMES, DETECTOR_ERROR, MEASURE_TRACKING, RULE_OUTCOMES, SIGNAL_TIMES
from emergence.schemas.trajectories import BEHAVIOUR
from emergence.tasks.symbols import CONTROL

TITLE = "Detectors and precursors against known emergence times"
STUDY = "parity"
NEEDS = ("parity.measures.rankme",)
READS = {
    "metric": "parity.metric",
    "detector": "protocol.events.detector",
    "definition": "protocol.precursors.definition",
    "precursor_rate": "protocol.verdicts.precursor_rate",
    "timing": "protocol.verdicts.detector.timing",
}
INPUTS = {"behaviour": "parity/trajectories/{runs}/behaviour.parquet"}
HALF = 0.5
DETECTORS = {"threshold": "o", "changepoint": "s", "sigmoid": "^"}
METRICS = {"strength": ("strength", None), "exact_match": ("sign accuracy", "white")}
"""Scores in which events are detected: name, and face of their markers."""
REFERENCES = {"measured": "measured strength", "closed form": "closed form"}
MARKS = {True: ("✓", style.GREEN), False: ("✗", style.VERMILION), None: ("", "0.45")}
"""Whether a conclusion is right, and how that is drawn."""


def draw(
    dpi: int,
    metric: str,
    detector: str,
    definition: str,
    precursor_rate: float,
    timing: float,
    behaviour: Path,
    detection_times: Path,
    detector_error: Path,
    signal_times: Path,
    measure_tracking: Path,
    precursors: Path,
    rule_outcomes: Path,
    pdf: Path,
    png: Path,
) -> None:
    """Draw figure 8 from tables."""
    figure = plot(
        tables.read(BEHAVIOUR, behaviour),
        tables.read(DETECTION_TIMES, detection_times),
        tables.read(DETECTOR_ERROR, detector_error),
        tables.read(SIGNAL_TIMES, signal_times),
        tables.read(MEASURE_TRACKING, measure_tracking),
        tables.read(PRECURSORS, precursors),
        tables.read(RULE_OUTCOMES, rule_outcomes),
        metric=metric,
        detector=detector,
        definition=definition,
        precursor_rate=precursor_rate,
        timing=timing,
    )
    style.save(figure, pdf, png, dpi)


def plot(
    behaviour: pd.DataFrame,
    detection_times: pd.DataFrame,
    detector_error: pd.DataFrame,
    signal_times: pd.DataFrame,
    measure_tracking: pd.DataFrame,
    precursors: pd.DataFrame,
    rule_outcomes: pd.DataFrame,
    *,
    metric: str,
    detector: str,
    definition: str,
    precursor_rate: float,
    timing: float,
) -> Figure:
    """One run (a), errors of detectors (b), when measures move (c), and what rules conclude (d).

    Args:
        behaviour: Table ``behaviour`` of one run.
        detection_times: Table ``detection_times``.
        detector_error: Table ``detector_error``.
        signal_times: Table ``signal_times``.
        measure_tracking: Table ``measure_tracking``.
        precursors: Table ``precursors``.
        rule_outcomes: Table ``rule_outcomes``.
        metric: Score whose events are drawn.
        detector: Detector whose events are drawn in panel a.
        definition: Primary definition of a lead.
        precursor_rate: Rate that a precursor must reach.
        timing: Error within which a detector is exact enough, in checkpoints.
    """
    tracked = select(measure_tracking, definition=definition)
    rates = select(precursors, definition=definition, metric=metric, size="all", classes="all")
    measures = list(tracked["measure"])
    count = max(1, len(measures))
    figure = style.page(5.3 + 0.22 * count)
    heights = [2.2, 2.05, 0.75 + 0.22 * count]
    top, middle, bottom = style.rows(figure, heights)
    left, right = style.columns(top, [1.45, 1])
    run = left.subplots()
    _one_run(run, behaviour, without_control(select(detection_times, run=behaviour["run"].iloc[0], detector=detector)))
    skills = sorted(without_control(detection_times)["level"].unique(), key=int)
    measured = _errors(right, select(detector_error, metric=metric, skill=skills), timing)
    grid = middle.subplots(1, count, sharex=True, sharey=True, squeeze=False)[0]
    shares, words = bottom.subplots(1, 2, width_ratios=[1, 1.25], sharey=True)
    if measures:
        for axes, measure in zip(grid, measures, strict=True):
            _movements(axes, select(signal_times, measure=measure), select(tracked, measure=measure).iloc[0])
        _keys_of_movements(middle, list(signal_times["definition"].unique()), definition)
        grid[0].set_ylabel("measure moves (step)")
        middle.supxlabel("skill's strength passes one half (step)", fontsize=style.TEXT)
        _rates(shares, rates, measures, precursor_rate)
        _outcomes(words, select(rule_outcomes, definition=definition), tracked)
    else:
        for axes in (grid[0], shares, words):
            style.not_run(axes)
    style.panel_letters([run, measured, grid[0], shares])
    return figure


def _colours(levels: pd.Series) -> dict[str, str]:
    """Colour of each skill, by its level."""
    return {name: style.skill_colour(place) for place, name in enumerate(sorted(levels.unique(), key=int), start=1)}


def _one_run(axes: Axes, behaviour: pd.DataFrame, events: pd.DataFrame) -> None:
    """Strength of each skill on many samples; detected events as markers at one half, closed-form times as ticks."""
    curves = select(behaviour, metric="true_strength").query("step > 0").sort_values("step", kind="stable")
    control, taught = select(curves, task=CONTROL), without_control(curves)
    colours = _colours(taught["level"])
    for level in control["level"].unique():
        curve = select(control, level=level)
        axes.plot(curve["step"], curve["value"], color=style.NULL_COLOUR, linewidth=0.8)
    for level, colour in colours.items():
        curve, of_skill = select(taught, level=level), select(events, level=level)
        axes.plot(curve["step"], curve["value"], color=colour)
        for metric, (_, face) in METRICS.items():
            steps = select(of_skill, metric=metric)["step"]
            look: dict[str, Any] = {"color": colour, "markersize": 4, "markerfacecolor": face or colour, "zorder": 4}
            axes.plot(steps, [HALF] * len(steps), "o", **look)
        axes.vlines(of_skill["closed_form_step"].unique(), 1.03, 1.1, color=colour, linewidth=1.6)
    style.guide(axes, y=HALF, colour="0.85")
    last = curves["step"].max()
    axes.set(xscale="log", xlim=(max(curves["step"].min(), last / 120), last), ylim=(-0.06, 1.12))
    axes.set(xlabel="optimiser steps", ylabel="skill strength R/S")
    keys = [
        style.key("closed form", linewidth=1.6, marker="|", line="none", markersize=5),
        *(
            style.key(f"event in {name}", line="none", marker="o", markersize=4, markerfacecolor=face or "0.3")
            for name, face in METRICS.values()
        ),
        style.key("control, never sampled", style.NULL_COLOUR),
    ]
    axes.legend(handles=keys, loc="center left", bbox_to_anchor=(0, 0.78), handletextpad=0.4)


def _errors(figure: SubFigure, of_skills: pd.DataFrame, timing: float) -> Axes:
    """Signed errors of each detector at each skill, with intervals over runs; a panel a reference."""
    grid = figure.subplots(2, 1, sharex=True)
    colours = _colours(of_skills["skill"])
    for axes, (reference, name) in zip(grid, REFERENCES.items(), strict=True):
        axes.set_title(f"against {name}", loc="left", fontsize=style.SMALL, pad=2)
        if select(of_skills, reference=reference).empty:
            style.not_run(axes, "no constant could be fitted")
            continue
        for place, (detector, marker) in enumerate(DETECTORS.items()):
            for skill, colour in colours.items():
                row = select(of_skills, reference=reference, detector=detector, skill=skill)
                x = row["skill"].astype(int) + 0.2 * (place - (len(DETECTORS) - 1) / 2)
                panels.intervals(axes, x, row, columns=("bias", "bias_low", "bias_high"), vertical=True, colour=colour,
                                 marker=marker, linewidth=0.8, markersize=3.2)  # fmt: skip
        style.guide(axes, y=0)
        axes.axhspan(-timing, timing, color="0.93", linewidth=0, zorder=0)
    measured, lower = grid
    lower.set_xticks(range(1, len(colours) + 1))
    lower.set(xlabel="skill", xlim=(0.5, len(colours) + 0.5))
    keys = [style.key(name, line="none", marker=marker, markersize=3.2) for name, marker in DETECTORS.items()]
    measured.legend(handles=keys, loc="lower left", bbox_to_anchor=(0, 1.08), ncols=3, handletextpad=0.2)
    figure.supylabel("detector error (checkpoints)", fontsize=style.TEXT)
    first: Axes = measured
    return first


def _movements(axes: Axes, moved: pd.DataFrame, tracked: pd.Series) -> None:
    """When the curve of each skill moves, over when the skill emerges; the control grey, beside the last.

    By the primary definition full, by others open.
    """
    taught = without_control(moved).dropna(subset=["true_step"])
    colours = _colours(taught["level"])
    axes.set(xscale="log", yscale="log")
    for definition in moved["definition"].unique():
        for level, colour in colours.items():
            rows = select(taught, level=level, definition=definition)
            look: dict[str, Any] = {"color": colour, "mfc": colour if definition == tracked["definition"] else "none"}
            axes.plot(rows["true_step"], rows["step"], "o", markersize=3, mew=0.6, **look)
    if len(taught):
        first, last = taught["true_step"].min(), taught["true_step"].max()
        axes.plot([first / 1.5, last * 1.4], [first / 1.5, last * 1.4], color="0.6", linewidth=0.7, zorder=0)
        emergence = seed_summary(taught, "first_step", ["measure"])["mean"].iloc[0]
        style.guide(axes, y=emergence, line=style.DASHED)
        for definition in moved["definition"].unique():
            control = select(moved, task=CONTROL, definition=definition)
            face = "0.6" if definition == tracked["definition"] else "none"
            axes.plot([last * 2] * len(control), control["step"], "D", color="0.6", mfc=face, ms=2.8, mew=0.6)
    axes.set_title(_slope(tracked), pad=3)


def _slope(tracked: pd.Series) -> str:
    """Name of a measure, and the slope of its movements on true times with its interval."""
    (name,) = style.measure_names([str(tracked["measure"])])
    if np.isnan(tracked["slope"]):
        text = f"moves in {tracked['moved']} of {tracked['skills']}"
    else:
        text = f"slope {tracked['slope']:z.2f}"
    if not np.isnan(tracked["slope_low"]):
        text += f"\n[{tracked['slope_low']:z.2f}, {tracked['slope_high']:z.2f}]"
    return f"{name}\n{text.replace('-', '−')}"


def _keys_of_movements(figure: SubFigure, definitions: list[str], primary: str) -> None:
    look: dict[str, Any] = {"line": "none", "marker": "o", "mew": 0.6, "ms": 3}
    keys = [style.key(name, mfc="0.3" if name == primary else "none", **look) for name in definitions]
    keys.append(style.key("control", "0.6", "none", marker="D", ms=2.8))
    figure.legend(handles=keys, loc="outside upper center", ncols=len(keys), handletextpad=0.1)


def _rates(axes: Axes, rates: pd.DataFrame, measures: list[str], threshold: float) -> None:
    """Share of skills that each measure leads, with its interval over runs; nulls as grey markers in the same row."""
    panels.rates(axes, {"measure": (rates, panels.MEASURE_COLOUR, 0.0)}, measures, threshold)
    axes.set_xlabel("share of emergence events that the measure leads")
    look: dict[str, Any] = {"ncols": 6, "columnspacing": 0.8, "handletextpad": 0.1}
    style.legend(axes, axes, loc="lower left", bbox_to_anchor=(-0.02, 1.0), **look)


def _outcomes(axes: Axes, outcomes: pd.DataFrame, tracked: pd.DataFrame) -> None:
    """The conclusion of each rule on each measure, whether it is right, and the truth."""
    axes.axis("off")
    rules = outcomes["rule"].unique().tolist()
    axes.set_xlim(0, len(rules) + 1)
    centred: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": 6}
    for column, rule in enumerate((*rules, "truth")):
        axes.text(column + 0.5, -0.75, rule, fontweight="bold", **centred)
    for place, (measure, truth) in enumerate(zip(tracked["measure"], tracked["truth"], strict=True)):
        for column, rule in enumerate(rules):
            row = select(outcomes, measure=measure, rule=rule).iloc[0]
            sign, colour = MARKS[None if pd.isna(row["right"]) else bool(row["right"])]
            axes.text(column + 0.5, place, f"{row['conclusion']} {sign}".strip(), color=colour, **centred)
        axes.text(len(rules) + 0.5, place, truth, **centred)
