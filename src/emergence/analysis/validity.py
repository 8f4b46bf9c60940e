"""Validity of the detectors: what each makes of planted curves, and whether the primary one may be trusted.

The marks are for transitions and noise as in the run itself: each planted curve draws its width and, apart from it,
its noise from those of the run's own transitions. The other cases show where a detector begins to fail.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd

from emergence import tables
from emergence.analysis.curves import Array, crossing, noise, to_steps
from emergence.analysis.detectors import DETECTORS
from emergence.analysis.intervals import clopper_pearson
from emergence.analysis.planted import Binomial, Case, Noise, White
from emergence.schemas.analysis import SCORES
from emergence.schemas.validity import DETECTIONS, VALIDITY
from emergence.settings.analysis import Events
from emergence.settings.validity import Marks, Validity, ValiditySettings
from emergence.tables import RUN

logger = logging.getLogger("emergence")

SHORTEST = 8  # checkpoints of a transition whose noise can be told from its rise
CURVE = [*RUN, "task", "level", "metric"]


@dataclass(frozen=True)
class Observed:
    """Transitions of a run's own curves: their widths (checkpoints) and, of those long enough, their noise (score)."""

    widths: tuple[float, ...]
    noises: tuple[float, ...]


def wide(scored: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Scores of one run after another: a row a curve, a column a step."""
    for _, run in scored.groupby("run", sort=False):
        yield run.pivot_table(index=CURVE, columns="step", values="score", sort=False).sort_index(axis=1)


def observed(curves: list[Array], settings: Events) -> Observed:
    """Transitions of curves, each list item (curves, checkpoints): from a lasting passage of one score to the other's.

    Noise is that of the transition alone: scores that have come to rest at 0 or 1 show none.
    """
    widths, noises = [], []
    for curve in (curve for run in curves for curve in run):
        start, end = crossing(np.tile(curve, (2, 1)), np.array(settings.width), settings.persistence)
        if not end > start:
            continue
        widths.append(float(end - start))
        if end - start >= SHORTEST:
            noises.append(float(noise(curve[int(start) : int(end) + 2])))
    return Observed(tuple(widths), tuple(noises))


def cases(settings: Validity, examples: int, seen: Observed) -> Iterator[tuple[Case, dict[str, object]]]:
    """Every kind of curve to be tried, and the columns that say which it is."""
    noises: list[tuple[Noise, bool]] = [(Binomial(examples, chance), False) for chance in settings.chances]
    noises += [(White((level,)), False) for level in settings.noises]
    noises += [(White(seen.noises), True)] if seen.noises else []
    for (kind, real), spacing in product(noises, settings.spacings):
        about = {"noise_kind": kind.kind, "noise": kind.level, "observed": real, "spacing": spacing}
        for width in settings.widths:
            yield Case("transition", kind, spacing, widths=(width,)), {**about, "width": width}
        if real:
            yield Case("transition", kind, spacing, widths=seen.widths), about
        for level in settings.levels:
            yield Case("flat", kind, spacing, level=level), {**about, "level": level}
            if level > 0:
                yield Case("drift", kind, spacing, level=level), {**about, "level": level}


def validity(settings: ValiditySettings, seen: Observed, n: int) -> pd.DataFrame:
    """One row a detector and kind of curve (table ``validity``), for curves of ``n`` checkpoints."""
    planted = list(cases(settings.validity, settings.examples, seen))
    streams = np.random.default_rng(settings.validity.seed).spawn(len(planted))
    rows = []
    low, high = settings.validity.times
    for (case, about), rng in zip(planted, streams, strict=True):
        curves, times = case.draw(settings.validity.trials, n, (low, high), rng)
        about |= {"scenario": case.scenario, "trials": len(curves)}
        for name, detector in DETECTORS.items():
            found = detector(curves, settings.events)
            rows.append({"detector": name} | about | _outcome(found, times, settings.confidence))
    return pd.DataFrame(rows).reindex(columns=VALIDITY.arrow.names)


def _outcome(found: Array, times: Array, confidence: float) -> dict[str, float]:
    """Share of curves with an event, and the error of its time where there is a true one."""
    hits = np.isfinite(found)
    low, high = clopper_pearson(int(hits.sum()), len(hits), confidence)
    rate = "recall" if np.isfinite(times).all() else "false_positives"
    outcome = {rate: hits.mean(), f"{rate}_low": low, f"{rate}_high": high}
    error = (found - times)[hits]
    if rate == "false_positives" or not len(error):
        return outcome
    middle, ninety = np.quantile(np.abs(error), [0.5, 0.9])
    return outcome | {"error_median": middle, "error_90": ninety, "bias": np.median(error)}


def judged(table: pd.DataFrame, detector: str) -> pd.DataFrame:
    """The rows that the marks are for: noise and widths as observed, every checkpoint."""
    return table[(table["detector"] == detector) & table["observed"] & (table["spacing"] == 1) & table["width"].isna()]


def shortfalls(table: pd.DataFrame, detector: str, marks: Marks) -> list[str]:
    """A line for each mark that a detector misses in any row of its; none where it reaches them all.

    A table without such rows, as of a run without transitions, has a line that says so.
    """
    rows = judged(table, detector)
    if rows.empty:
        return [f"{detector}: the run has no transition of {SHORTEST} checkpoints or more to be judged by"]
    recall, false, error = rows["recall"].min(), rows["false_positives"].max(), rows["error_median"].max()
    lines = []
    if not recall >= marks.recall:
        lines.append(f"{detector}: recall {recall:.3f} is below {marks.recall}")
    if not false <= marks.false_positives:
        lines.append(f"{detector}: false-positive rate {false:.3f} is above {marks.false_positives}")
    if not error <= marks.timing:
        lines.append(f"{detector}: median timing error {error:.2f} is above {marks.timing} checkpoints")
    return lines


def detections(runs: list[pd.DataFrame], settings: Events) -> pd.DataFrame:
    """Step at which each detector sees each curve emerge (table ``detections``); ``runs`` as from `wide`."""
    frames = []
    for (name, detector), run in product(DETECTORS.items(), runs):
        step = to_steps(detector(run.to_numpy(), settings), run.columns.to_numpy())
        frames.append(run.index.to_frame(index=False).assign(detector=name, step=step))
    return pd.concat(frames, ignore_index=True)


def make(settings: ValiditySettings, scores: Path, validity_table: Path, detections_table: Path) -> None:
    """Try every detector on planted curves like the run's and unlike, and on the run's own."""
    scored = tables.read(SCORES, scores)
    primary = list(wide(scored[scored["metric"] == settings.events.primary]))
    curves = [run.to_numpy() for run in primary]
    table = validity(settings, observed(curves, settings.events), max(run.shape[-1] for run in curves))
    for line in shortfalls(table, settings.events.detector, settings.validity.marks):
        logger.warning("marks missed: %s", line)
    tables.write(VALIDITY, table, validity_table)
    tables.write(DETECTIONS, detections(list(wide(scored)), settings.events), detections_table)
