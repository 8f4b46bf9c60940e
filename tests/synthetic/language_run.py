"""Planted language models: probe sets that emerge at known times, representations with known phases, all tables."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from emergence.analysis import collapse, events, lead_differences, leads, precursors
from emergence.analysis.language import phases
from emergence.analysis.neuromfa.degree_of_emergence import degree_of_emergence
from emergence.claims import language
from emergence.config import loading
from emergence.config.project import settings_for
from emergence.io import tables
from emergence.schemas.analysis import CLAIMS
from emergence.schemas.neuromfa import DEGREE_OF_EMERGENCE
from emergence.schemas.trajectories import BASELINES, BEHAVIOUR, MEASURE

STEPS = np.array([0, 1, 2, 4, 8, 16, 32, 64, *range(80, 769, 16)])
AT = np.arange(len(STEPS))
EARLY = int((STEPS <= 64).sum())
SETS = ("syntax", "semantics", "arithmetic", "in_context", "factual", "reasoning", "general")
SIZES = {"neox64": 210_000, "neox128": 820_000}
LAYERS = (1, 2)
VARIANT = "answer/centred/sigma"
NULLS = ("", "shuffled/", "gaussian/", "rescaled/")
NAN = float("nan")
Array = np.ndarray


def phased_rank(
    first: float = 2.0, peak: float = 30.0, floor: float = 4.0, top: float = 12.0, last: float = 8.0
) -> Array:
    """A rank that falls from 16 from checkpoint ``first`` on, stays, grows to a peak and falls again."""
    corners = [first, first + 2, first + 5, peak, peak + 3, AT[-1]]
    return np.exp(np.interp(AT, corners, np.log([16, floor, floor, top, top, last])))


def rising_accuracy(middle: float) -> Array:
    """An accuracy that rises from one half to one about a checkpoint; one half throughout if that is NaN."""
    return np.full(len(AT), 0.5) if np.isnan(middle) else 0.5 + 0.5 * np.clip((AT - middle) / 6 + 0.5, 0, 1)


def identity(run: str) -> dict[str, Any]:
    """Columns of a run from its name, ``neox64-s1``."""
    size, _, seed = run.partition("-s")
    return {"study": "language", "run": run, "size": size, "parameters": SIZES.get(size, 10**9), "seed": int(seed or 0)}


def measure_rows(run: str, group: str | None, layer: int | None, curve: Array, **kind: Any) -> pd.DataFrame:
    """Rows of a measure at all checkpoints."""
    rows = {**identity(run), "step": STEPS, "task": group, "level": group and "all", "layer": layer}
    kind = {"measure": "rankme", "variant": VARIANT, **kind}
    return pd.DataFrame({**rows, **kind, "value": curve, "standard_error": np.nan})


def ranks(run: str, curve: Array) -> pd.DataFrame:
    """RankMe of the probe sets, and the passages two checkpoints later; every layer a checkpoint after the next."""
    rows = [
        measure_rows(run, group, layer, np.interp(AT - (LAYERS[-1] - layer) - 2.0 * (group == "text"), AT, curve))
        for group in (*SETS, "text")
        for layer in LAYERS
    ]
    return pd.concat(rows)


def weights(run: str) -> pd.DataFrame:
    """NeuroMFA of a network whose spectrum widens, and of nulls, which do so less."""
    rows = [measure_rows(run, None, None, 0.02 + 0.001 * AT, measure="neuromfa", variant="mean_weight")]
    for prefix in NULLS:
        speed = {"": 1.0, "rescaled/": 0.0}.get(prefix, 0.4)
        curves = {"alpha_0": 1.7 * np.exp(-0.01 * speed * AT), "width": 0.4 + 0.01 * speed * AT, "fit": 0.9 + 0 * AT}
        curves["survivors"] = 0.8 + 0 * AT
        rows += [
            measure_rows(run, None, None, curve, measure="neuromfa", variant=prefix + name)
            for name, curve in curves.items()
        ]
    return pd.concat(rows)


def phase_shares(counts: dict[str, int], units: int = 14) -> pd.DataFrame:
    """Shares of probe sets x sizes that pass each phase; every interval is as wide."""
    rows = [
        {"groups": groups, "size": size, "phase": phase, "count": count, "units": units, "share": count / units}
        for groups in ("probe sets", "text")
        for size in ("all", "neox64")
        for phase, count in counts.items()
    ]
    frame = pd.DataFrame(rows)
    return frame.assign(low=frame["share"] - 0.1, high=frame["share"] + 0.1)


class LanguageRun:
    """Tables of planted language models in a folder, and what the stages make of them."""

    def __init__(
        self,
        folder: Path,
        default: loading.Config,
        emerges: bool = True,
        seeds: int = 1,
        sizes: tuple[str, ...] = tuple(SIZES),
        others: tuple[str, ...] = (),
        curve: Array | None = None,
    ) -> None:
        self.folder, self.default = folder, default
        self.runs = [*(f"{size}-s{seed}" for size in sizes for seed in range(1, seeds + 1)), *others]
        shape = phased_rank() if curve is None else curve
        rng = np.random.default_rng(0)
        for run in self.runs:
            times = rng.uniform(15, 40, len(SETS)) if emerges else np.full(len(SETS), NAN)
            self._answer(run, times)
            tables.write(MEASURE, ranks(run, shape), self.path(f"rankme-{run}"))
            tables.write(MEASURE, weights(run), self.path(f"neuromfa-{run}"))
            losses = [
                measure_rows(run, name, None, 2 * rising_accuracy(time) - 1, measure="loss", variant="known")
                for name, time in zip(SETS, times, strict=True)
            ]
            tables.write(MEASURE, pd.concat(losses), self.path(f"loss-{run}"))
        guesses = pd.DataFrame({"task": SETS, "level": "all", "metric": "accuracy", "value": 0.5})
        tables.write(BASELINES, guesses, self.path("baselines"))
        self._analyse()

    def path(self, name: str) -> Path:
        """File of a table."""
        return self.folder / f"{name}.parquet"

    def of_runs(self, name: str) -> list[Path]:
        """Files of a table of each run."""
        return [self.path(f"{name}-{run}") for run in self.runs]

    def judged(self, **changed: Any) -> pd.DataFrame:
        """Claims by name; ``changed`` replaces settings of the stage."""
        settings = settings_for(self.default, "language_claims")["settings"].model_copy(update=changed)
        names = [
            "events",
            "collapse",
            "top_down",
            "precursors",
            "lead_differences",
            "hierarchy",
            "phase_shares",
            "onsets-rankme",
        ]
        names += [f"leads-{name}" for name in self.signals]
        language.judge_claims(settings, [self.path(name) for name in names], self.path("claims"))
        return tables.read(CLAIMS, self.path("claims")).set_index("claim")

    @property
    def signals(self) -> dict[str, str]:
        """Measure of each signal."""
        return {"rankme": "rankme", "rankme_text": "rankme", "loss": "loss", "neuromfa_e": "neuromfa"}

    def _answer(self, run: str, times: Array) -> None:
        rows = [
            {**identity(run), "step": step, "task": name, "level": "all", "metric": metric, "value": value}
            for name, time in zip(SETS, times, strict=True)
            for metric in ("accuracy", "accuracy_per_byte")
            for step, value in zip(STEPS, rising_accuracy(time), strict=True)
        ]
        text = {**identity(run), "task": "text", "level": "all", "metric": "log_probability"}
        rows += [{**text, "step": step, "value": -5.0} for step in STEPS]
        tables.write(BEHAVIOUR, pd.DataFrame(rows), self.path(f"behaviour-{run}"))

    def _settings(self, stage: str, measure: str | None = None) -> Any:
        settings = settings_for(self.default, stage, measure=measure, study="language")["settings"]
        fewer = self.default.protocol.statistics.model_copy(update={"bootstrap": 100})
        changed: dict[str, Any] = {"statistics": fewer}
        if stage == "leads":
            changed["precursors"] = self.default.protocol.precursors.model_copy(update={"shifts": 20})
        return settings.model_copy(update=changed if stage == "leads" else {})

    def _analyse(self) -> None:
        out = self.path("scores"), self.path("events")
        events.detect_events(self._settings("events"), self.of_runs("behaviour"), self.path("baselines"), *out)
        collapse.detect_collapses(self._settings("collapse"), self.of_runs("rankme"), self.path("collapse"))
        collapse.compare_layers(
            **settings_for(self.default, "direction", study="language"),
            collapses=self.path("collapse"),
            direction_table=self.path("direction"),
            direction_shares_table=self.path("top_down"),
        )
        for name, measure in self.signals.items():
            outputs = [self.path(f"{kind}-{name}") for kind in ("leads", "nulls", "onsets")]
            inputs = self.path("events"), self.path("scores"), self.of_runs(measure)
            leads.compare_leads(self._settings("leads", name), *inputs, *outputs)
        settings = [self.path(f"leads-{name}") for name in self.signals]
        precursors.estimate_precursor_rates(
            list(self.signals), self.default.protocol.precursors,
            self.default.protocol.statistics.model_copy(update={"bootstrap": 100}), self.path("events"), settings,
            self.path("precursors"), self.path("hierarchy"),
        )  # fmt: skip
        inputs = self.path("events"), self.path("scores"), [self.path(f"onsets-{name}") for name in self.signals]
        lead_differences.compare_lead_times(
            self._settings("lead_differences"), *inputs, settings, self.path("lead_differences")
        )
        phases.detect_phases(
            self._settings("phases"), self.of_runs("rankme"), self.path("phases"), self.path("phase_shares")
        )
        tables.write(
            DEGREE_OF_EMERGENCE,
            degree_of_emergence(tables.read(MEASURE, *self.of_runs("neuromfa"))),
            self.path("degree"),
        )
