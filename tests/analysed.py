"""A planted world in a folder: from scores and measures to every table that a figure draws."""

from pathlib import Path

import numpy as np
import pandas as pd
from worlds import AT, EVENTS, VARIANT, behaving, measured, recovering

from emergence import config, tables
from emergence.analysis import leads, limits, precursors, sensitivity
from emergence.schemas.analysis import EVENTS as EVENT_TABLE
from emergence.schemas.analysis import SCORES
from emergence.schemas.trajectories import MEASURE
from emergence.settings.analysis import LeadSettings, RateSettings, SensitivitySettings, Signal
from emergence.settings.limits import Limits, LimitSettings

NAN = float("nan")
TASKS = ("COPY", "REV", "PAR", "ADD", "CTL")
OTHERS = {"llc": Signal(variant="mixture", scale="asinh"), "loss": Signal(variant="known", scale="linear", floor=0.0)}
OTHER_VARIANTS = [
    f"{pooling}/{centring}/{spectrum}"
    for pooling in ("answer", "mean")
    for centring in ("centred", "uncentred")
    for spectrum in ("sigma", "sigma2")
][1:]


class World:
    """Tables of a planted world in a folder; ``rankme`` has onsets eight checkpoints before events, or none."""

    def __init__(
        self,
        folder: Path,
        default: config.Config,
        emerges: bool = True,
        recovers: bool = True,
        sizes: tuple[str, ...] = ("small", "large"),
        seeds: int = 2,
        measures: tuple[str, ...] = ("rankme", "llc", "loss"),
        lost: tuple[str, ...] = (),
    ) -> None:
        self.folder, self.default, self.measures = folder, default, measures
        rng = np.random.default_rng(0)
        runs = [f"{size}-s{seed}" for size in sizes for seed in range(1, seeds + 1)]
        times = {run: [*rng.uniform(40, 130, len(TASKS) - 1), NAN] for run in runs}
        happening = times if emerges else {run: [NAN] * len(TASKS) for run in runs}
        events, scores = behaving(happening, tasks=TASKS)
        tables.write(EVENT_TABLE, events, self.path("events"))
        tables.write(SCORES, scores, self.path("scores"))
        flat = np.full(len(AT), 4.0)
        curves = {
            run: [recovering(t - 8) if recovers and t == t else flat for t in of_run] for run, of_run in times.items()
        }
        for name in measures:
            kept = curves if name == "rankme" or len(runs) == 1 else {run: curves[run] for run in runs[1:]}
            rows = self._rows(name, kept)
            if name == "llc":
                rows.loc[rows["task"].isin(lost), "value"] = np.nan
            tables.write(MEASURE, rows, self.path(name))
        self._analyse()

    def path(self, name: str) -> Path:
        """File of a table."""
        return self.folder / f"{name}.parquet"

    def paths(self, kind: str) -> list[Path]:
        """Files of a table of each measure."""
        return [self.path(f"{kind}_{name}") for name in self.measures]

    @staticmethod
    def _rows(name: str, curves: dict[str, list[np.ndarray]]) -> pd.DataFrame:
        if name == "rankme":
            return measured(curves, tasks=TASKS)
        return measured(curves, name, OTHERS[name].variant, every=1 if name == "loss" else 8, layer=None, tasks=TASKS)

    def _settings(self, name: str) -> LeadSettings:
        found = self.default.settings("leads", measure=name)
        assert isinstance(found, LeadSettings)
        fewer = found.statistics.model_copy(update={"bootstrap": 100})
        few = found.precursors.model_copy(update={"shifts": 5})
        return found.model_copy(update={"statistics": fewer, "precursors": few, "events": EVENTS})

    def _analyse(self) -> None:
        for name in self.measures:
            outputs = [self.path(f"{kind}_{name}") for kind in ("leads", "nulls", "onsets")]
            leads.make(self._settings(name), self.path("events"), self.path("scores"), [self.path(name)], *outputs)
        of_leads = self._settings("rankme")
        rates = RateSettings(
            measures=list(self.measures), precursors=of_leads.precursors, statistics=of_leads.statistics
        )
        outputs = [self.path("precursors"), self.path("hierarchy")]
        precursors.make(rates, self.path("events"), self.paths("leads"), *outputs)
        of_limits = LimitSettings(
            metric="exact_match",
            easy=of_leads.easy,
            limits=Limits(tie=1.0, swap_margin=1.2, permutations=100),
            statistics=of_leads.statistics,
        )
        limits.make(of_limits, self.path("events"), self.paths("onsets"), self.path("limits"))
        grid = self.default.anatomy.sensitivity.model_copy(
            update={"threshold": [0.3], "persistence": [], "smoothing": [], "noise_multiple": [], "margin": []}
        )
        of_grid = SensitivitySettings(leads=of_leads, grid=grid)
        rows = tables.read(MEASURE, self.path("rankme"))
        every = pd.concat([rows.assign(variant=variant) for variant in (VARIANT, *OTHER_VARIANTS)])
        tables.write(MEASURE, every, self.path("variants"))
        sensitivity.make(of_grid, self.path("scores"), [self.path("variants")], self.path("sensitivity"))
