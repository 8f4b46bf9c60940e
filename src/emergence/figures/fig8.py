"""Figure 8: geometry where the truth is known. When each skill emerges, what dates it, and what announces it."""

from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import SubFigure
from matplotlib.lines import Line2D

from emergence import tables
from emergence.figures import rates, style
from emergence.schemas.analysis import PRECURSORS
from emergence.schemas.joint import CONCLUSIONS, DETECTED, DETECTOR_ERROR, MOVEMENTS, TRACKING
from emergence.schemas.trajectories import BEHAVIOUR
from emergence.settings.figures import Figure8Settings
from emergence.tasks.symbols import CONTROL

HALF = 0.5
DETECTORS = {"threshold": "o", "changepoint": "s", "sigmoid": "^"}
METRICS = {"strength": "full", "exact_match": "none"}
"""Scores in which events are detected, and how their markers are filled."""
METRIC_NAMES = {"strength": "strength", "exact_match": "right signs"}
REFERENCES = {"measured": "the measured strength", "closed form": "the closed form"}
RULES = ("rate alone", "beyond nulls", "with intervals")
MARKS = {True: ("✓", "#009E73"), False: ("✗", "#D55E00"), None: ("", "0.45")}
"""Whether a conclusion is right, and how that is drawn."""


def make(
    settings: Figure8Settings,
    behaviour: Path,
    detected: Path,
    errors: Path,
    movements: Path,
    tracking: Path,
    precursors: Path,
    conclusions: Path,
    pdf: Path,
    png: Path,
) -> None:
    """Draw figure 8: one run (a), errors of detectors (b), when measures move (c), and what rules conclude (d)."""
    style.start()
    of_kind = "definition == @settings.definition"
    moved = tables.read(MOVEMENTS, movements)
    tracked = tables.read(TRACKING, tracking).query(of_kind)
    judged = tables.read(CONCLUSIONS, conclusions).query(of_kind)
    found = tables.read(PRECURSORS, precursors).query(
        f"{of_kind} and metric == @settings.metric and size == 'all' and classes == 'all'"
    )
    measures = list(tracked["measure"])
    figure = plt.figure(figsize=(style.FULL_WIDTH, 5.3 + 0.22 * len(measures)))
    top, middle, bottom = figure.subfigures(3, 1, height_ratios=[2.2, 2.05, 0.75 + 0.22 * len(measures)])  # type: ignore[misc]
    left, right = top.subfigures(1, 2, width_ratios=[1.45, 1])
    run = left.subplots()
    _one_run(run, tables.read(BEHAVIOUR, behaviour), tables.read(DETECTED, detected), settings)
    closest, closed = right.subplots(2, 1, sharex=True)
    right.supylabel("error of detectors, checkpoints", fontsize=7)
    _errors(closest, closed, tables.read(DETECTOR_ERROR, errors).query("metric == @settings.metric"), settings)
    panels = np.atleast_1d(middle.subplots(1, len(measures), sharex=True, sharey=True))
    for panel, measure in zip(panels, measures, strict=True):
        _moves(panel, moved[moved["measure"] == measure], tracked[tracked["measure"] == measure].iloc[0])
    _key_of_moves(middle, list(moved["definition"].unique()), settings)
    panels[0].set_ylabel("step at which it moves")
    middle.supxlabel("step at which the skill's strength passes one half", fontsize=7)
    shares, words = bottom.subplots(1, 2, width_ratios=[1, 1.25], sharey=True)
    _rates(shares, found, measures, settings)
    _conclusions(words, judged, tracked, measures)
    style.panel_letters([run, closest, panels[0], shares])
    style.save(figure, pdf, png, settings.dpi)


def _colours(levels: pd.Series) -> dict[str, str]:
    """Colour of each skill, by its level."""
    names = sorted(levels.unique(), key=int)
    return {name: style.SKILL_COLOURS[place % len(style.SKILL_COLOURS)] for place, name in enumerate(names)}


def _one_run(axes: Axes, behaviour: pd.DataFrame, detected: pd.DataFrame, settings: Figure8Settings) -> None:
    """Strength of each skill on many samples; detected events as markers at one half, closed-form times as ticks."""
    curves = behaviour[(behaviour["metric"] == "true_strength") & (behaviour["step"] > 0)]
    control = curves[curves["task"] == CONTROL]
    taught = curves[curves["task"] != CONTROL]
    colours = _colours(taught["level"])
    for _, curve in control.groupby("level"):
        axes.plot(curve["step"], curve["value"], color=style.NULL_COLOUR, linewidth=0.8)
    for level, colour in colours.items():
        curve = taught[taught["level"] == level].sort_values("step")
        axes.plot(curve["step"], curve["value"], color=colour)
    events = detected[(detected["run"] == behaviour["run"].iloc[0]) & (detected["detector"] == settings.detector)]
    for _, event in events[events["task"] != CONTROL].iterrows():
        colour = colours[event["level"]]
        face = colour if METRICS.get(event["metric"]) == "full" else "white"
        axes.plot(event["step"], HALF, "o", color=colour, markersize=4, markerfacecolor=face, zorder=4)
        axes.plot([event["closed_form_step"]] * 2, [1.03, 1.1], color=colour, linewidth=1.6)
    axes.axhline(HALF, color="0.85", linewidth=0.6, zorder=0)
    last = curves["step"].max()
    axes.set(xscale="log", xlim=(max(curves["step"].min(), last / 120), last), ylim=(-0.06, 1.12))
    axes.set(xlabel="optimiser steps", ylabel="skill strength R/S")
    keys = [
        Line2D([], [], color="0.3", linewidth=1.6, marker="|", linestyle="none", markersize=5),
        *(
            Line2D([], [], color="0.3", marker="o", linestyle="none", markersize=4, fillstyle=fill)  # type: ignore[arg-type]
            for fill in METRICS.values()
        ),
        Line2D([], [], color=style.NULL_COLOUR),
    ]
    names = ["closed form", *(f"event in {METRIC_NAMES[name]}" for name in METRICS), "control, never sampled"]
    axes.legend(keys, names, loc="center left", bbox_to_anchor=(0, 0.78), handletextpad=0.4)


def _errors(measured: Axes, closed: Axes, errors: pd.DataFrame, settings: Figure8Settings) -> None:
    """Signed errors of each detector at each skill, with intervals over runs."""
    of_skills = errors[errors["skill"].str.isdecimal()]
    colours, count = _colours(of_skills["skill"]), len(DETECTORS)
    for axes, reference in zip((measured, closed), REFERENCES, strict=True):
        rows = of_skills[of_skills["reference"] == reference]
        for place, (detector, marker) in enumerate(DETECTORS.items()):
            for _, row in rows[rows["detector"] == detector].iterrows():
                x = int(row["skill"]) + 0.2 * (place - (count - 1) / 2)
                axes.plot([x, x], [row["bias_low"], row["bias_high"]], color=colours[row["skill"]], linewidth=0.8)
                axes.plot(x, row["bias"], marker, color=colours[row["skill"]], markersize=3.2)
        axes.axhline(0, color="0.6", linewidth=0.6, zorder=0)
        axes.axhspan(-settings.timing, settings.timing, color="0.93", linewidth=0, zorder=0)
        axes.set_title(f"against {REFERENCES[reference]}", loc="left", fontsize=6, pad=2)
    closed.set_xticks(range(1, len(colours) + 1))
    closed.set(xlabel="skill", xlim=(0.5, len(colours) + 0.5))
    keys = [Line2D([], [], color="0.3", marker=each, linestyle="none", markersize=3.2) for each in DETECTORS.values()]
    measured.legend(keys, list(DETECTORS), loc="lower left", bbox_to_anchor=(0, 1.08), ncols=3, handletextpad=0.2)


def _moves(axes: Axes, moved: pd.DataFrame, tracked: pd.Series) -> None:
    """When the curve of each skill moves, over when the skill emerges; the control grey, beside the last.

    By the primary definition full, by others open.
    """
    taught = moved[(moved["task"] != CONTROL) & moved["true_step"].notna()]
    times = taught["true_step"]
    axes.set(xscale="log", yscale="log")
    for level, colour in _colours(taught["level"]).items():
        for definition, of_skill in taught[taught["level"] == level].groupby("definition"):
            face = colour if definition == tracked["definition"] else "none"
            axes.plot(of_skill["true_step"], of_skill["step"], "o", color=colour, mfc=face, markersize=3, mew=0.6)
    if len(taught):
        ends = np.array([times.min() / 1.5, times.max() * 1.4])
        axes.plot(ends, ends, color="0.6", linewidth=0.7, zorder=0)
        axes.axhline(taught["first_step"].mean(), color="0.6", linewidth=0.7, linestyle=(0, (3, 2)), zorder=0)
        for definition, control in moved[moved["task"] == CONTROL].groupby("definition"):
            face = "0.6" if definition == tracked["definition"] else "none"
            axes.plot([times.max() * 2] * len(control), control["step"], "D", color="0.6", mfc=face, ms=2.8, mew=0.6)
    title = style.MEASURE_NAMES.get(str(tracked["measure"]), str(tracked["measure"]))
    slope = f"slope {tracked['slope']:z.2f}"
    if np.isnan(tracked["slope"]):
        slope = f"moves in {tracked['moved']} of {tracked['skills']}"
    if not np.isnan(tracked["slope_low"]):
        slope += f"\n[{tracked['slope_low']:z.2f}, {tracked['slope_high']:z.2f}]"
    axes.set_title(f"{title}\n{slope}", pad=3)


def _key_of_moves(figure: SubFigure, definitions: list[str], settings: Figure8Settings) -> None:
    faces = ["0.3" if name == settings.definition else "none" for name in definitions]
    keys = [Line2D([], [], color="0.3", marker="o", mfc=face, mew=0.6, ms=3, linestyle="none") for face in faces]
    keys.append(Line2D([], [], color="0.6", marker="D", ms=2.8, linestyle="none"))
    names = [*definitions, "control"]
    figure.legend(keys, names, loc="outside upper center", ncols=len(names), handletextpad=0.1)


def _rates(axes: Axes, found: pd.DataFrame, measures: list[str], settings: Figure8Settings) -> None:
    """Share of skills that each measure leads, with its interval over runs; nulls as grey markers in the same row."""
    rates.panel(axes, found, measures, settings.precursor_rate)
    axes.set_xlabel("share of emergences that the measure leads")
    axes.legend(loc="lower left", bbox_to_anchor=(-0.02, 1.0), ncols=6, columnspacing=0.8, handletextpad=0.1)


def _conclusions(axes: Axes, judged: pd.DataFrame, tracked: pd.DataFrame, measures: list[str]) -> None:
    """What each rule concludes of each measure, whether that is right, and the truth."""
    axes.axis("off")
    axes.set_xlim(0, len(RULES) + 1)
    centred: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": 6}
    for column, rule in enumerate((*RULES, "truth")):
        axes.text(column + 0.5, -0.75, rule, fontweight="bold", **centred)
    found, truths = judged.set_index(["measure", "rule"]), tracked.set_index("measure")["truth"]
    for place, measure in enumerate(measures):
        for column, rule in enumerate(RULES):
            row = found.loc[(measure, rule)]
            sign, colour = MARKS[None if pd.isna(row["right"]) else bool(row["right"])]
            axes.text(column + 0.5, place, f"{row['conclusion']} {sign}".strip(), color=colour, **centred)
        axes.text(len(RULES) + 0.5, place, truths[measure], **centred)
