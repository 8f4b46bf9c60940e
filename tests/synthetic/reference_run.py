"""A finished run in a folder, as small as one can be."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from emergence.io import tables
from emergence.release import record
from emergence.release.record import Recipe
from emergence.schemas.analysis import CLAIMS
from emergence.schemas.trajectories import CALIBRATION

README = "![What](reference/figures/fig1.png)\n<!-- claims -->\n<!-- /claims -->\n"
VARIANTS = ("answer/centred/sigma", "mean/centred/sigma")


def claim(
    name: str, value: float, low: float, high: float, verdict: str, study: str = "anatomy", **more: Any
) -> dict[str, Any]:
    """A row of the claims table; its tolerance is that of draws unless ``more`` says otherwise."""
    texts = {key: f"{key} |{name}|" for key, kind in CLAIMS.columns.items() if kind == "string"}
    kept = {"id": name, "part": "", "reproduction": "draws", "stability": "", "stable": None, "ours": False}
    kept |= {"exploratory": "", "combined": "", "published_sizes": "", **more}
    numbers = {"value": value, "low": low, "high": high, "rule_low": None, "rule_high": None}
    return {**texts, **numbers, "claim": name, "study": study, "verdict": verdict, **kept}


CLAIM_ROWS = [
    claim("A3", 0.25, 0.2, 0.3, "fails", reproduction="collapse"),
    claim("A9", 0.6, 0.5, 0.7, "undecided"),
    claim("B1", 0.05, 0.045, 0.055, "holds", "parity", reproduction="networks", stable=False),
    claim("B9", -0.33, -0.4, -0.3, "fails", "parity", reproduction="networks"),
    claim("L1", 1e-5, float("nan"), float("nan"), "holds", "parity", reproduction="exact"),
]


@dataclass(frozen=True)
class FinishedRun:
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
        inputs = {"measures": ["anatomy/measures/rankme/4x16-s1.parquet"]}
        figures = {"fig2": Recipe(stage="fig2", settings={"dpi": 80}, inputs=inputs)}
        explorer = {"stage": "explorer", "settings": {}, "inputs": {}}
        record.write_record(config, figures, explorer, self.results / record.NAME)


def measure_rows() -> pd.DataFrame:
    run = {"study": "anatomy", "run": "4x16-s1", "size": "4x16", "parameters": 9, "seed": 1}
    at = {"step": 0, "task": "ADD", "level": "1", "layer": 0, "measure": "rankme", "standard_error": None}
    rows = [{**run, **at, "variant": variant, "value": float(place)} for place, variant in enumerate(VARIANTS)]
    own = {**rows[0], "measure": "weight_norm", "variant": "l2"}  # of the user's own, without a signal
    return pd.DataFrame([*rows, own])
