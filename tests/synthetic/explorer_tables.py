"""A small world for the explorer: two studies with planted curves, a few claims, checks and a picture."""

import base64
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from support.project import PROJECT
from synthetic.arm_tables import arm_runs

from emergence.analysis.interventions.arms import compare_arms, find_arm_events
from emergence.config import loading
from emergence.config.project import settings_for
from emergence.figures.declarations import declared
from emergence.io import tables
from emergence.io.tables import Schema
from emergence.report.explorer import page
from emergence.report.explorer.page import ExplorerSettings
from emergence.schemas.analysis import CLAIMS, COLLAPSE, EVENTS, LEADS, NULL_LEADS, ONSETS, PRECURSORS, SCORES
from emergence.schemas.interventions import ARM_EFFECTS, ARM_RUNS
from emergence.schemas.language import PHASES
from emergence.schemas.trajectories import CALIBRATION, MEASURE

STEPS = [0, 1, 3, 10, 30, 100, 300, 1000]
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
LEVELS = {
    "anatomy": [("ADD", "1"), ("ADD", "2"), ("COPY", "4"), ("MUL", "1x1"), ("CTL", "ADD-2")],
    "parity": [("PARITY", "1"), ("PARITY", "2"), ("CTL", "6")],
    "language": [("syntax", "all"), ("general", "all")],
}
METRICS = {
    "anatomy": ("exact_match", "log_probability"),
    "parity": ("strength", "exact_match"),
    "language": ("accuracy",),
}
SIZES = {
    "anatomy": {"2x8": 4_000, "4x16": 14_000},
    "parity": {"mlp50": 2_001},
    "language": {"neox8": 20_000, "neox16": 60_000},
}
VARIANT = "answer/centred/sigma"
LAYERS = [{"layer": layer, "variant": VARIANT, "floor": 2.5, "floor_step": 10.0} for layer in (1, 2)]
COLLAPSED = [
    {**row, "measure": "rankme", "collapse_step": 4.0 + layer, "onset_step": 21.0 + layer}
    for layer, row in enumerate(LAYERS, 1)
]
PHASED = [{**row, "peak": 9.0, "peak_step": 500.0 + layer} for layer, row in enumerate(LAYERS, 1)]
NULLS = ("shift", "placebo", "control", "random", "own score", "own loss")
EMPTY: dict[str, Any] = {"string": "", "bool": False, "int64": 0, "float64": 0.0}
TYPES: dict[str, Any] = {"string": "object", "bool": "bool", "int64": "Int64", "float64": "float64"}
HOSTILE = "RankMe leads </script><img src=x onerror=alert(1)>, beyond its nulls & {{content}}"


def settings() -> ExplorerSettings:
    """Those of the default tier."""
    settings = settings_for(loading.read(PROJECT / "config.yaml"), "explorer")["settings"]
    assert isinstance(settings, ExplorerSettings)
    return settings


class ExplorerTables:
    """Inputs of the explorer below a folder, by the names of its arguments."""

    def __init__(self, folder: Path, emerges: bool = True, **parameters: Any) -> None:
        self.folder = folder
        self.emerges = emerges
        self.inputs: dict[str, Any] = {
            "claims": self.write(CLAIMS, _claims()),
            "calibration": self.write(CALIBRATION, _checks()),
            "phases": [self.write(PHASES, self.units("language", PHASED))],
            "collapses": [self.write(COLLAPSE, self.units("anatomy", COLLAPSED))],
            "figures": [self.picture(number) for number in ("3", "4", "10")],
            "captions": [self.caption(number) for number in ("3", "4", "10")],
        }
        for name, schema, rows in (
            ("scores", SCORES, self.scores),
            ("events", EVENTS, self.events),
            ("measures", MEASURE, self.measures),
            ("onsets", ONSETS, self.onsets),
            ("leads", LEADS, self.leads),
            ("null_leads", NULL_LEADS, self.null_leads),
            ("precursors", PRECURSORS, self.precursors),
        ):
            self.inputs[name] = [self.write(schema, rows(study), f"{name}-{study}") for study in LEVELS]
        self.inputs["arm_runs"], self.inputs["arm_effects"] = self.paired()
        self.inputs |= parameters

    def paired(self) -> tuple[list[Path], list[Path]]:
        """Paired runs of one size, and the analysis of them."""
        of = loading.read(PROJECT / "config.yaml").interventions
        assert of is not None
        runs, paths = (
            arm_runs({"deepen": 1.5}, 2),
            [self.folder / f"arm_{name}.parquet" for name in ("runs", "effects")],
        )
        tables.write(ARM_RUNS, runs, paths[0])
        effects = compare_arms(runs, find_arm_events(runs, of.protocol.events), of.protocol.statistics)
        tables.write(ARM_EFFECTS, effects, paths[1])
        return [paths[0]], [paths[1]]

    def make(self, name: str = "explorer.html") -> Path:
        """The page."""
        path = self.folder / name
        page.build_explorer(settings(), **self.inputs, page=path)
        return path

    def write(self, schema: Schema, rows: Iterable[dict[str, Any]], name: str = "") -> Path:
        """Rows as a table of a schema; columns that are not given are null, empty, or nothing."""
        given, columns = list(rows), {}
        for column, kind in schema.columns.items():
            values = [row.get(column.rstrip("?")) for row in given]
            kept = values if column.endswith("?") else [EMPTY[kind] if value is None else value for value in values]
            columns[column.rstrip("?")] = pd.Series(kept, dtype=TYPES[kind])
        frame = pd.DataFrame(columns)
        path = self.folder / f"{name or schema.name}.parquet"
        tables.write(schema, frame, path)
        return path

    def picture(self, number: str) -> Path:
        path = self.folder / f"fig{number}.png"
        path.write_bytes(PIXEL)
        return path

    def caption(self, number: str) -> Path:
        path = self.folder / f"fig{number}.rst"
        path.write_text(f"**{declared()[f'fig{number}'].title}.** What </script> it\nshows.\n")
        return path

    def runs(self, study: str) -> Iterable[dict[str, Any]]:
        for size, parameters in SIZES[study].items():
            for seed in (1, 2):
                yield {"study": study, "run": f"{size}-s{seed}", "size": size, "parameters": parameters, "seed": seed}

    def units(self, study: str, rows: Iterable[dict[str, Any]] = ({},)) -> Iterable[dict[str, Any]]:
        for run in self.runs(study):
            for task, level in LEVELS[study]:
                yield from ({**run, "task": task, "level": level, **row} for row in rows)

    def scores(self, study: str) -> Iterable[dict[str, Any]]:
        for metric in METRICS[study]:
            for unit in self.units(study):
                rises = self.emerges and unit["task"] != "CTL"
                for step in STEPS:
                    score = 1 / (1 + np.exp(3 - step / 20 * unit["seed"])) if rises else 0.01
                    share = 1.0 if metric == METRICS[study][0] else 0.8
                    yield {**unit, "metric": metric, "step": step, "score": share * score}

    def events(self, study: str) -> Iterable[dict[str, Any]]:
        for metric in METRICS[study]:
            for unit in self.units(study):
                there = self.emerges and unit["task"] != "CTL"
                yield {**unit, "metric": metric, "emerged": there, "step": 61.5 if there else None}

    def measures(self, study: str) -> Iterable[dict[str, Any]]:
        groups = [*LEVELS[study], *([("text", "all")] if study == "language" else [])]
        for run in self.runs(study):
            for step in STEPS:
                for task, level in groups:
                    where = {**run, "step": step, "task": task, "level": level}
                    hessian = {"measure": "hessian", "variant": "top", "value": 1000 * np.sin(step) + run["seed"]}
                    yield {**where, **hessian, "standard_error": 1.0}
                    for layer in (1, 2):
                        value = 1 + layer + 12345.678 / (1 + step) + run["seed"]
                        yield {**where, "measure": "rankme", "variant": VARIANT, "layer": layer, "value": value}

    def onsets(self, study: str) -> Iterable[dict[str, Any]]:
        signals = ("rankme", "hessian", *(["rankme_text"] if study == "language" else []))
        for name in signals:
            marks = {"floor": 2.5, "floor_step": 10.0, "early": 3.0, "onset_step": 22.2, "changepoint_step": 55.0}
            yield from self.units(study, [{"measure": name, **marks}])

    def leads(self, study: str) -> Iterable[dict[str, Any]]:
        for definition, lead in (("onset", 3.25), ("change-point", -4.0), ("cross-correlation", None)):
            for event in self.events(study):
                if event["emerged"]:
                    relation = "none" if lead is None else "leads" if lead > 0 else "lags"
                    chances = {"shift": 0.73, "placebo, family": 1.0, "control": 0.5, "own score": 1.0}
                    named = {"measure": "rankme", "definition": definition, "family": "hard", "event_step": 61.5}
                    yield {**event, **named, "lead": lead, "margin": 2.0, "relation": relation, **chances}

    def null_leads(self, study: str) -> Iterable[dict[str, Any]]:
        for lead in self.leads(study):
            for null, middle in (("shift", 1.0), ("control", 4.0)):
                for tenth in range(1, 10):
                    yield {**lead, "null": null, "quantile": tenth * 0.1, "lead": middle + tenth - 5}

    def precursors(self, study: str) -> Iterable[dict[str, Any]]:
        for metric in METRICS[study]:
            for classes, difficulty in (("all", "all"), ("family", "easy"), ("family", "hard")):
                for definition in ("onset", "change-point", "cross-correlation"):
                    cell = {"metric": metric, "definition": definition, "classes": classes, "difficulty": difficulty}
                    yield from self.rates({**cell, "size": "all", "events": 40, "runs": 4}, study)

    def rates(self, cell: dict[str, Any], study: str) -> Iterable[dict[str, Any]]:
        shown = len(METRICS[study][0]) / 20 if self.emerges else None
        for measure in ("rankme", "hessian"):
            interval = {"low": 0.4, "high": 0.95} if self.emerges else {}
            yield {**cell, "measure": measure, "control": "observed", "rate": shown, **interval}
            for place, null in enumerate(NULLS):
                rate = {"rate": place / 6, "excess": 0.1} if self.emerges else {}
                yield {**cell, "measure": measure, "control": null, **rate}


def _claims() -> Iterable[dict[str, Any]]:
    text = {"published": "v1: 75-100 %", "interval": "over 12 runs", "control": "shift 0.91"}
    rates = ", ".join(f"anatomy/analysis/{name}.parquet" for name in ("precursors", "hierarchy"))
    shown = {"A6": {"figures": "4", "tables": rates, "rule_low": 0.75}, "A5 v1": {"figures": "3", "rule_low": 0.891}}
    shown |= {"LM1": {"figures": "10", "rule_low": 0.85}, "L1": {"rule_high": 0.02}}
    for claim, study, statement, value, low, high, verdict, rule, more in (
        ("A5 v1", "anatomy", "Collapse is top-down", 0.906, 0.75, 0.98, "undecided", "interval at or above 0.891",
         {"stability": "same under all 13 alternatives", "power": "0.8 with 60 units"}),
        ("A6", "anatomy", HOSTILE, 1.0, 0.753, 1.0, "fails", "rate at or above 0.75 and excess over every null", {}),
        ("L1", "parity", "The loss falls with time", 8.1e-6, None, None, "holds", "|slope| at most 0.02", {}),
        ("J4 rankme", "parity", "RankMe leads here too", 0.6, 0.3, 0.8, "fails", "rate at or above 0.75", {}),
        ("N7", "neuromfa", "E of Pythia", None, None, None, "not testable at this tier", "needs Pythia", {}),
        ("LM1", "language", "The early collapse replicates", 1.0, 0.86, 1.0, "holds", "interval at or above 0.85", {}),
    ):  # fmt: skip
        settings = {"value": value, "low": low, "high": high, "verdict": verdict, "rule": rule}
        more = {**shown.get(claim, {}), **more}
        yield {**text, "claim": claim, "study": study, "statement": statement, **settings, **more}


def _checks() -> Iterable[dict[str, Any]]:
    check = {"oracle": "7 exact clusters", "parameters": "35 × 16", "exact": 7.0, "tolerance": 1.8e-4, "reason": "ε"}
    yield {**check, "estimator": "RankMe", "estimate": 7.0001062, "error": 1.062e-4, "passed": True}
    yield {**check, "estimator": "LLC", "estimate": None, "error": None, "passed": False}
