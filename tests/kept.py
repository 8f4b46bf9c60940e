"""A finished run in a folder, as small as one can be."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from emergence import tables
from emergence.reference import record
from emergence.schemas.analysis import CLAIMS
from emergence.schemas.calibration import CALIBRATION

README = "![What](reference/figures/fig1.png)\n<!-- claims -->\n<!-- /claims -->\n"
VARIANTS = ("answer/centred/sigma", "mean/centred/sigma")


def claim(name: str, value: float, low: float, high: float, verdict: str) -> dict[str, Any]:
    texts = {key: f"{key} |{name}|" for key, kind in CLAIMS.columns.items() if kind == "string"}
    study = "anatomy" if name.startswith("A") else "solvable"
    texts["stability"] = "holds under 1 of 2 alternatives; fails with threshold 0.3" if name == "B1" else ""
    return {**texts, "claim": name, "study": study, "value": value, "low": low, "high": high, "verdict": verdict}


FOUND = [
    claim("A3", 0.25, 0.2, 0.3, "fails"),
    claim("A9", 0.6, 0.5, 0.7, "undecided"),
    claim("B1", 0.05, 0.045, 0.055, "holds"),
    claim("B9", -0.33, -0.4, -0.3, "fails"),
    claim("L1", 1e-5, float("nan"), float("nan"), "holds"),
]


@dataclass(frozen=True)
class Finished:
    """A project folder with a finished run in it."""

    folder: Path

    @property
    def results(self) -> Path:
        return self.folder / "results"

    @property
    def reference(self) -> Path:
        return self.folder / "reference"

    def write_claims(self, rows: list[dict[str, Any]]) -> None:
        """Claims as the run's."""
        frame = pd.DataFrame(rows)
        tables.write(CLAIMS, frame, self.results / "claims.parquet")
        frame.to_csv(self.results / "claims.csv", index=False)

    def write_calibration(self, **changes: Any) -> None:
        """Two checks, of which the second has no estimate."""
        texts = {key: "text" for key, kind in CALIBRATION.columns.items() if kind == "string"}
        known = {**texts, "exact": 0.0, "estimate": 1e-9, "error": 1e-9, "tolerance": 0.1, "passed": True, **changes}
        rows = [known, {**texts, "oracle": "other", "exact": 2.0, "tolerance": 0.1, "passed": False}]
        frame = pd.DataFrame(rows, columns=CALIBRATION.arrow.names)
        tables.write(CALIBRATION, frame, self.results / "calibration.parquet")
        frame.to_csv(self.results / "calibration.csv", index=False)

    def write_record(self, config: dict[str, Any]) -> None:
        inputs = {"measures": ["measures/rankme/4x16-s1.parquet"]}
        figures = {"fig2": {"stage": "fig2", "settings": {"dpi": 80}, "inputs": inputs}}
        record.write(json.dumps({"config": config, "figures": figures}), self.results / record.NAME)


def measured() -> pd.DataFrame:
    run = {"study": "anatomy", "run": "4x16-s1", "size": "4x16", "parameters": 9, "seed": 1}
    at = {"step": 0, "task": "ADD", "level": "1", "layer": 0, "measure": "rankme", "standard_error": None}
    rows = [{**run, **at, "variant": variant, "value": float(place)} for place, variant in enumerate(VARIANTS)]
    own = {**rows[0], "measure": "weight_norm", "variant": "l2"}  # of the user's own, without a signal
    return pd.DataFrame([*rows, own])


def git(folder: Path, *arguments: str) -> None:
    """Run git as somebody."""
    identity = ["-c", "user.name=name", "-c", "user.email=mail", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


def commit_all(folder: Path) -> None:
    """Make a folder a repository, with all its files in one commit."""
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "first"]):
        git(folder, *command)
