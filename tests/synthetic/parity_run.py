"""Planted runs on multitask sparse parity whose skills emerge at known times, through all stages of the joint study."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from emergence.analysis import events, lead_differences, leads, precursors
from emergence.analysis.parity import joint
from emergence.claims import rule_outcomes
from emergence.config import loading
from emergence.config.project import settings_for
from emergence.io import tables
from emergence.schemas.analysis import LEAD_DIFFERENCES, PRECURSORS
from emergence.schemas.parity import (
    CONSTANTS,
    DETECTION_TIMES,
    DETECTOR_ERROR,
    MEASURE_TRACKING,
    RULE_OUTCOMES,
    SIGNAL_TIMES,
    SKILL_LEADS,
)
from emergence.schemas.trajectories import BASELINES, BEHAVIOUR, MEASURE
from emergence.tasks.parity import baselines

STEPS = np.array([0, 1, 2, 4, 9, 20, 45, 100, *range(200, 22001, 100)])
FINE = np.unique([*STEPS, *range(0, 22001, 50)])
TIMES = np.array([1150.0, 3500.0, 6600.0, 10400.0, 14900.0])
GROUPS = [*(("PARITY", str(level)) for level in range(1, 6)), ("CTL", "6")]
OUTPUTS = {
    "detected": DETECTION_TIMES, "errors": DETECTOR_ERROR, "movements": SIGNAL_TIMES, "tracking": MEASURE_TRACKING,
    "skills": SKILL_LEADS,
}  # fmt: skip
"""Of the joint stage, in order."""

Move = Callable[[float, np.random.Generator], float]
"""From the T50 of a skill (NaN for the control) to the step at which a curve is half-way; NaN for never."""
MOVES: dict[str, Move] = {
    "own": lambda time, _: 0.4 * time,
    "common": lambda _, rng: 1200 + rng.normal(0, 2),
    "still": lambda *_: np.nan,
}
NAMES = {"rankme": "own", "llc": "common", "gradient_covariance": "still"}
"""What each measure does in a planted world."""


def rise(steps: np.ndarray, middle: float, width: float = 0.06) -> np.ndarray:
    """A sigmoid about a step, as wide as that share of it; 0 where that is NaN."""
    if np.isnan(middle):
        return np.zeros(len(steps))
    return 1 / (1 + np.exp(-np.clip((steps - middle) / (width * middle), -700, 700)))


class ParityRun:
    """Tables of planted runs in a folder, and what the joint study makes of them."""

    def __init__(
        self,
        folder: Path,
        default: loading.Config,
        seeds: int = 3,
        emerges: bool = True,
        fitted: bool = True,
        measures: Mapping[str, str] = NAMES,
        early: float = 0.0,
        control: float = np.nan,
    ) -> None:
        """Plant; scores of `exact_match` are half-way earlier by a share, the control has a T50 of its own."""
        self.folder, self.default, self.measures = folder, default, measures
        rng = np.random.default_rng(5)
        self.times = {
            f"mlp1000-s{seed}": TIMES * np.exp(rng.normal(0, 0.01)) if emerges else np.full(5, np.nan)
            for seed in range(1, seeds + 1)
        }
        behaviour = pd.concat([self._behaviour(run, early, control, rng) for run in self.times])
        tables.write(BEHAVIOUR, behaviour[BEHAVIOUR.arrow.names], self.path("behaviour"))
        tables.write(BASELINES, baselines(default.parity.task), self.path("baselines"))
        tables.write(CONSTANTS, self._constants(fitted), self.path("constants"))
        for name, kind in measures.items():
            tables.write(MEASURE, self._measure(name, kind, rng), self.path(name))
        self._analyse()

    def path(self, name: str) -> Path:
        """File of a table."""
        return self.folder / f"{name}.parquet"

    def paths(self, kind: str) -> list[Path]:
        """Files of a table of each measure."""
        return [self.path(f"{kind}_{name}") for name in self.measures]

    def table(self, name: str) -> pd.DataFrame:
        """A table of the joint study."""
        schemas = {"conclusions": RULE_OUTCOMES, "precursors": PRECURSORS, "differences": LEAD_DIFFERENCES}
        return tables.read({**OUTPUTS, **schemas}[name], self.path(name))

    def settings(self, stage: str, measure: str | None = None) -> Any:
        """Settings of the default tier, with fewer draws and signals for the measures that are planted."""
        chosen = settings_for(self.default, stage, measure=measure, study="parity")["settings"]
        fewer = {"statistics": self.default.protocol.statistics.model_copy(update={"bootstrap": 100})}
        few = {"precursors": self.default.protocol.precursors.model_copy(update={"shifts": 10})}
        return chosen.model_copy(update={**fewer, **few} if stage == "leads" else {})

    @staticmethod
    def _identity(run: str) -> dict[str, Any]:
        return {"study": "parity", "run": run, "size": "mlp1000", "parameters": 39_001, "seed": int(run[-1])}

    def _behaviour(self, run: str, early: float, control: float, rng: np.random.Generator) -> pd.DataFrame:
        frames = []
        for (task, level), time in zip(GROUPS, [*self.times[run], control], strict=True):
            noise = 0.03 * rng.standard_normal(len(STEPS))
            kinds = {
                "true_strength": (FINE, rise(FINE, time)),
                "loss": (FINE, 12.5 * (1 - rise(FINE, time))),
                "strength": (STEPS, rise(STEPS, time) + noise),
                "exact_match": (STEPS, 0.5 + rise(STEPS, time * (1 - early)) / 2 + noise / 2),
            }
            frames += [
                pd.DataFrame({"step": steps, "task": task, "level": level, "metric": metric, "value": values})
                for metric, (steps, values) in kinds.items()
            ]
        return pd.concat(frames).assign(**self._identity(run))

    def _measure(self, name: str, kind: str, rng: np.random.Generator) -> pd.DataFrame:
        variant = "answer/centred/sigma" if name == "rankme" else self.default.parity.signals[name].variant
        steps = STEPS if name == "rankme" else STEPS[::2]
        frames = []
        for run, times in self.times.items():
            for (task, level), time in zip(GROUPS, [*times, np.nan], strict=True):
                curve = (5 + 20 * rise(steps, MOVES[kind](time, rng))) * np.exp(0.003 * rng.standard_normal(len(steps)))
                about = {"task": task, "level": level, "variant": variant, **self._identity(run)}
                frames.append(pd.DataFrame({"step": steps, "value": curve, **about}))
        rows = pd.concat(frames).assign(measure=name, layer=1 if name == "rankme" else None, standard_error=np.nan)
        return rows.astype({"layer": "Int64"})[MEASURE.arrow.names]

    @staticmethod
    def _constants(fitted: bool) -> pd.DataFrame:
        rows = [("speed", "sigmoid", 1 / 22), ("shots", "published", 800.0), ("shots", "linear", 800.0)]
        rows += [("neurons", "linear", 4.0)]
        constants = pd.DataFrame(rows, columns=["constant", "law", "published"]).assign(seeds=5, reason=None)
        values = constants["published"] if fitted else np.nan
        scales = {"value": 1.0, "low": 0.95, "high": 1.05, "residual": 0.01}
        return constants.assign(**{name: values * scale for name, scale in scales.items()})

    def _analyse(self) -> None:
        scored = self.path("scores"), self.path("events")
        events.detect_events(self.settings("events"), [self.path("behaviour")], self.path("baselines"), *scored)
        for name in self.measures:
            outputs = [self.path(f"{kind}_{name}") for kind in ("leads", "nulls", "onsets")]
            of_leads = self.settings("leads", name)
            leads.compare_leads(of_leads, self.path("events"), self.path("scores"), [self.path(name)], *outputs)
        outputs = [self.path("precursors"), self.path("hierarchy")]
        precursors.estimate_precursor_rates(
            list(self.measures), self.default.protocol.precursors,
            self.default.protocol.statistics.model_copy(update={"bootstrap": 100}), self.path("events"),
            self.paths("leads"), *outputs,
        )  # fmt: skip
        joint.compare_with_true_times(
            self.settings("joint"), [self.path("behaviour")], self.path("constants"), self.path("scores"),
            self.paths("onsets"), self.paths("leads"), *(self.path(name) for name in OUTPUTS),
        )  # fmt: skip
        inputs = self.path("events"), self.path("scores"), self.paths("onsets"), self.paths("leads")
        lead_differences.compare_lead_times(self.settings("lead_differences"), *inputs, self.path("differences"))
        judged = self.path("precursors"), self.path("differences"), self.path("tracking")
        rule_outcomes.grade_rules(self.settings("rule_outcomes"), *judged, self.path("conclusions"))
