"""The page on one's own runs: scores and events, what moves before them and what else would, and what cannot be said.

It shares the panels of a run and of rates with the explorer (`emergence.report.offline_page`).
"""

from itertools import cycle
from pathlib import Path
from typing import Any

import pandas as pd

from emergence.analysis.select import select
from emergence.figures import panels, style
from emergence.measures.declarations import signal_labels
from emergence.own_runs.findings import Findings
from emergence.own_runs.limits import group_name
from emergence.own_runs.runs import METRIC, STUDY
from emergence.own_runs.verdict import conclude, headline
from emergence.report.explorer import study
from emergence.report.json_values import columns, number
from emergence.report.offline_page import write_page
from emergence.schemas.language import PHASES
from emergence.tasks.symbols import CONTROL

ASSETS = Path(__file__).parent / "assets"
SCRIPTS = ("overview.js", "ahead.js", "rivals.js", "main.js")
CHECKPOINTS = ("run", "step", "name", "outcome", "reason")
"""Columns of the list of checkpoints; the outcome is ``measured``, ``left out`` or ``failed``."""
CONTROL_COLOUR = "#7F7F7F"
COLOURS = (style.BLUE, style.VERMILION, style.GREEN, style.ORANGE, style.PINK, style.SKY, *style.FALLBACK_COLOURS)


def write_report(
    findings: Findings, path: Path, *, checkpoints: pd.DataFrame | None = None, title: str | None = None
) -> None:
    """Write ``report.html``, one file that works offline; the same findings give the same bytes.

    Args:
        findings: Of `emergence.own_runs.findings.analyse_tables`.
        path: The file.
        checkpoints: The outcome of each checkpoint, in columns `CHECKPOINTS`; step and reason may be null.
        title: Of the page; the names of the runs by default.
    """
    runs = list(findings.scores["run"].unique())
    heading = title or ", ".join(runs[:3]) + (f" and {len(runs) - 3} more" if len(runs) > 3 else "")
    scripts = [ASSETS / name for name in SCRIPTS]
    write_page(
        path, f"Emergence: {heading}", ASSETS / "page.html", scripts, _content(findings, heading, checkpoints), {}
    )


def _content(findings: Findings, heading: str, checkpoints: pd.DataFrame | None) -> dict[str, Any]:
    """All that the page shows."""
    protocol, groups = findings.protocol, _groups(findings.scores)
    listed = pd.DataFrame(columns=list(CHECKPOINTS)) if checkpoints is None else checkpoints[list(CHECKPOINTS)]
    listed = listed.sort_values("outcome", key=lambda outcomes: outcomes == "measured", kind="stable")
    return {
        "warning": "",
        "heading": heading,
        "about": _about(findings),
        "named": True,
        "scale": "linear",
        "colours": {
            "tasks": {group["task"]: group["colour"] for group in reversed(groups)},
            "other": panels.MEASURE_COLOUR,
        },
        "measures": signal_labels(),
        "groups": groups,
        "events": [_event(row) for row in findings.events.to_dict("records")],
        "headline": headline(findings),
        "differences": _differences(findings),
        "conclusions": [{"text": one.text, "announces": one.announces} for one in conclude(findings)],
        "limits": findings.limits,
        "checkpoints": columns(listed),
        "studies": [
            study.payload(
                study.ExploredStudy(
                    study=STUDY,
                    metric=METRIC,
                    signals=findings.signals,
                    definition=protocol.precursors.definition,
                    threshold=protocol.events.threshold,
                    precursor_rate=protocol.verdicts.precursor_rate,
                ),
                "",
                study.Tables(
                    scores=findings.scores,
                    events=findings.events,
                    measures=findings.measures,
                    onsets=findings.onsets,
                    collapses=findings.collapses,
                    phases=pd.DataFrame(columns=PHASES.arrow.names),
                    leads=findings.leads,
                    null_leads=findings.null_leads,
                    precursors=findings.rates,
                ),
            )
        ],
    }


def _differences(findings: Findings) -> dict[str, Any]:
    """Lead of each measure less that of each rival over all events, by the primary definition, in columns."""
    definition = findings.protocol.precursors.definition
    chosen = select(findings.differences, classes="all", size="all", definition=definition)
    names = ["measure", "rival", "difference", "difference_low", "difference_high", "margin", "events", "runs"]
    return columns(chosen[names])


def _groups(scores: pd.DataFrame) -> list[dict[str, Any]]:
    """Groups with the name that the study has for each, the name to be shown, and a colour; controls are grey."""
    pairs = (
        scores[["task", "level"]]
        .drop_duplicates()
        .sort_values("task", key=lambda tasks: tasks == CONTROL, kind="stable")
    )
    return [
        {
            "name": f"{task} {level}",
            "task": task,
            "shown": group_name(task, level) + (" (control)" if task == CONTROL else ""),
            "colour": CONTROL_COLOUR if task == CONTROL else colour,
        }
        for (task, level), colour in zip(pairs.itertuples(index=False), cycle(COLOURS), strict=False)
    ]


def _event(row: dict[str, Any]) -> dict[str, Any]:
    """An event, or its absence."""
    numbers = ("step", "step_before", "step_after", "width", "final_score")
    return {"name": f"{row['task']} {row['level']}", "run": row["run"], **{name: number(row[name]) for name in numbers}}


def _about(findings: Findings) -> list[str]:
    """How events and leads are defined here."""
    protocol, scores = findings.protocol, findings.scores
    events, collapse, precursors = protocol.events, protocol.collapse, protocol.precursors
    evaluations = scores.groupby("run")["step"].nunique()
    counted = " to ".join(str(count) for count in sorted({evaluations.min(), evaluations.max()}))
    return [
        f"Evaluations: {counted} in a run, at which all groups have a score. Leads are counted in them.",
        f"An event is the passage of a score through {events.threshold}, after which it stays above for "
        f"{events.persistence} evaluations; it is dated on the running mean over {events.smoothing}.",
        f"A measure leaves its floor where it exceeds the floor by {collapse.noise_multiple:g} times its own noise for "
        f"{collapse.persistence} checkpoints. The floor is its lowest value up to step {collapse.floor_until}.",
        f"It leads an event if it does so more than {precursors.margin:g} evaluations earlier, and by more than the "
        "spacing of its own checkpoints.",
        f"It announces events if, over {protocol.verdicts.minimum_runs} runs or more, the whole interval of its lead "
        "less that of each rival reaches this margin.",
    ]
