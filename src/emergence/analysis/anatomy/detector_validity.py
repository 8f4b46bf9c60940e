"""Validity of the detectors: recall, false positives and timing errors on synthetic curves.

Synthetic curves have a known transition, or none. The required marks apply to transitions and noise as in the run
itself: each synthetic curve draws its width and, independently, its noise from those of the run's own transitions. The
other cases show where a detector begins to fail.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import ClassVar, Literal, Protocol

import numpy as np
import pandas as pd
from scipy.special import expit

from emergence.analysis.curves import Array, crossing, noise, to_steps
from emergence.analysis.detectors import DETECTORS
from emergence.analysis.intervals import clopper_pearson
from emergence.config.anatomy import DetectorValidity
from emergence.config.protocol import DetectorVerdicts, Events, ScoredMetric
from emergence.config.types import Count, Fraction, Strict
from emergence.io import tables
from emergence.io.tables import RUN
from emergence.schemas.analysis import SCORES
from emergence.schemas.anatomy import DETECTIONS, DETECTOR_VALIDITY

logger = logging.getLogger("emergence")

SPAN = 2 * np.log(9)  # from 10 % to 90 % of a logistic curve, in units of its scale
SHORTEST = 8  # checkpoints of a transition long enough to separate its noise from its rise
CURVE = [*RUN, "task", "level", "metric"]


class Noise(Protocol):
    """A kind of noise on scores (curves, checkpoints)."""

    @property
    def kind(self) -> str:
        """Its name in tables."""

    @property
    def level(self) -> float:
        """Standard deviation of a score of one half."""

    def on(self, scores: Array, rng: np.random.Generator) -> Array:
        """Scores with noise."""


@dataclass(frozen=True)
class Binomial:
    """Sampling noise of an evaluation set, redrawn each time, of a task with a chance level."""

    examples: int
    chance: float
    kind: ClassVar[str] = "binomial"

    @property
    def level(self) -> float:
        """Standard deviation of a score of one half.

        >>> Binomial(100, chance=0.0).level
        0.05
        """
        rate = (1 + self.chance) / 2
        return float(np.sqrt(rate * (1 - rate) / self.examples) / (1 - self.chance))

    def on(self, scores: Array, rng: np.random.Generator) -> Array:
        """Scores from the number of correct answers."""
        right = rng.binomial(self.examples, self.chance + (1 - self.chance) * scores)
        return (right / self.examples - self.chance) / (1 - self.chance)


@dataclass(frozen=True)
class White:
    """Independent normal noise; each curve draws its standard deviation from ``levels``."""

    levels: tuple[float, ...]
    kind: ClassVar[str] = "white"

    @property
    def level(self) -> float:
        """Median standard deviation."""
        return float(np.median(self.levels))

    def on(self, scores: Array, rng: np.random.Generator) -> Array:
        """Scores with noise added."""
        return scores + rng.choice(self.levels, len(scores))[:, None] * rng.standard_normal(scores.shape)


Scenario = Literal["transition", "flat", "drift"]


@dataclass(frozen=True)
class SyntheticCurves:
    """A family of curves: shape, noise, and spacing of its observations in checkpoints.

    A transition draws its width from ``widths`` (checkpoints); the others stay at ``level`` or drift to it.
    """

    scenario: Scenario
    noise: Noise
    spacing: int = 1
    widths: tuple[float, ...] = ()
    level: float = 0.0

    def draw(self, trials: int, n: int, times: tuple[float, float], rng: np.random.Generator) -> tuple[Array, Array]:
        """Draw curves and the times of their transitions.

        Args:
            trials: Number of curves.
            n: Checkpoints of the run.
            times: Earliest and latest transition, in shares of the run.
            rng: Source of the draws.

        Returns:
            Curves (trials, n / spacing) and times (trials,) in observed checkpoints, NaN without a transition.
        """
        centres = rng.uniform(*times, trials) * (n - 1)
        if self.scenario == "transition":
            scores = logistic_curves(centres, rng.choice(self.widths, trials), n)
        else:
            centres = np.full(trials, np.nan)
            scores = np.tile(np.linspace(0 if self.scenario == "drift" else self.level, self.level, n), (trials, 1))
        return self.noise.on(scores[:, :: self.spacing], rng), centres / self.spacing


def logistic_curves(centres: Array, widths: Array, n: int) -> Array:
    """Logistic curves (curves, n) from 0 to 1; widths are from 10 % to 90 %, in checkpoints."""
    return expit(SPAN * (np.arange(n) - centres[:, None]) / widths[:, None])


class ValiditySettings(Strict):
    """Detectors, synthetic curves and the marks that the primary detector must reach."""

    metric: ScoredMetric
    events: Events
    examples: Count
    """of each task-level, in the evaluation set"""
    confidence: Fraction
    validity: DetectorValidity
    marks: DetectorVerdicts


@dataclass(frozen=True)
class Transitions:
    """Widths (checkpoints) of a run's own transitions and, for those long enough, their noise (score)."""

    widths: tuple[float, ...]
    noises: tuple[float, ...]


def score_curves(scored: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Score curves of each run: a row per curve, a column per step."""
    for _, run in scored.groupby("run", sort=False):
        yield run.pivot_table(index=CURVE, columns="step", values="score", sort=False).sort_index(axis=1)


def observe_transitions(curves: list[Array], settings: Events) -> Transitions:
    """Widths and noise of the transitions of curves, each item (curves, checkpoints).

    A transition lasts from the persistent crossing of one score of ``settings.width`` to that of the other. Noise is
    taken within the transition alone: scores at rest at 0 or 1 show none.
    """
    widths, noises = [], []
    for curve in (curve for run in curves for curve in run):
        start, end = crossing(np.tile(curve, (2, 1)), np.array(settings.width), settings.persistence)
        if not end > start:
            continue
        widths.append(float(end - start))
        if end - start >= SHORTEST:
            noises.append(float(noise(curve[int(start) : int(end) + 2])))
    return Transitions(tuple(widths), tuple(noises))


def synthetic_cases(
    settings: DetectorValidity, examples: int, transitions: Transitions
) -> Iterator[tuple[SyntheticCurves, dict[str, object]]]:
    """Every family of synthetic curves, with the columns that identify it.

    Args:
        settings: Widths, noises, chance and other levels, and spacings of the curves.
        examples: Number of evaluation examples of a task-level, for binomial noise.
        transitions: Those of the run; without noises, no case is as observed.
    """
    noises: list[tuple[Noise, bool]] = [(Binomial(examples, chance), False) for chance in settings.chances]
    noises += [(White((level,)), False) for level in settings.noises]
    noises += [(White(transitions.noises), True)] if transitions.noises else []
    for (kind, real), spacing in product(noises, settings.spacings):
        columns = {"noise_kind": kind.kind, "noise": kind.level, "observed": real, "spacing": spacing}
        for width in settings.widths:
            yield SyntheticCurves("transition", kind, spacing, widths=(width,)), {**columns, "width": width}
        if real:
            yield SyntheticCurves("transition", kind, spacing, widths=transitions.widths), columns
        for level in settings.levels:
            yield SyntheticCurves("flat", kind, spacing, level=level), {**columns, "level": level}
            if level > 0:
                yield SyntheticCurves("drift", kind, spacing, level=level), {**columns, "level": level}


def assess_detectors(settings: ValiditySettings, transitions: Transitions, n: int) -> pd.DataFrame:
    """Table ``detector_validity``: each detector on every family of curves of ``n`` checkpoints.

    Args:
        settings: Detectors, and how curves are drawn.
        transitions: Widths and noises of the run's own.
        n: Checkpoints of a curve at spacing 1.
    """
    families = list(synthetic_cases(settings.validity, settings.examples, transitions))
    streams = np.random.default_rng(settings.validity.seed).spawn(len(families))
    rows = []
    low, high = settings.validity.times
    for (case, columns), rng in zip(families, streams, strict=True):
        curves, times = case.draw(settings.validity.trials, n, (low, high), rng)
        columns |= {"scenario": case.scenario, "trials": len(curves)}
        for name, detector in DETECTORS.items():
            positions = detector(curves, settings.events)
            rows.append({"detector": name} | columns | _outcome(positions, times, settings.confidence))
    return pd.DataFrame(rows).reindex(columns=DETECTOR_VALIDITY.arrow.names)


def _outcome(positions: Array, times: Array, confidence: float) -> dict[str, float]:
    """Share of curves with a detection, and its timing error where there is a true time."""
    hits = np.isfinite(positions)
    low, high = clopper_pearson(int(hits.sum()), len(hits), confidence)
    rate = "recall" if np.isfinite(times).all() else "false_positives"
    outcome = {rate: hits.mean(), f"{rate}_low": low, f"{rate}_high": high}
    error = (positions - times)[hits]
    if rate == "false_positives" or not len(error):
        return outcome
    middle, ninety = np.quantile(np.abs(error), [0.5, 0.9])
    return outcome | {"error_median": middle, "error_90": ninety, "bias": np.median(error)}


def judged_rows(table: pd.DataFrame, detector: str) -> pd.DataFrame:
    """The rows that the marks apply to: observed noise and widths, at every checkpoint."""
    return table[(table["detector"] == detector) & table["observed"] & (table["spacing"] == 1) & table["width"].isna()]


def missed_marks(table: pd.DataFrame, detector: str, marks: DetectorVerdicts) -> list[str]:
    """One line for each mark that a detector misses in any judged row.

    Args:
        table: Table ``detector_validity``.
        detector: Name of the detector.
        marks: Minimum recall, maximum false-positive rate and maximum median timing error (checkpoints).

    Returns:
        Lines, none if the detector reaches all marks; one that says so if a run has no transition to judge by.
    """
    rows = judged_rows(table, detector)
    if rows.empty:
        return [f"{detector}: no transition of the run lasts {SHORTEST} checkpoints, so there is nothing to judge by"]
    recall, false, error = rows["recall"].min(), rows["false_positives"].max(), rows["error_median"].max()
    lines = []
    if not recall >= marks.recall:
        lines.append(f"{detector}: recall {recall:.3f} is below {marks.recall}")
    if not false <= marks.false_positives:
        lines.append(f"{detector}: false-positive rate {false:.3f} is above {marks.false_positives}")
    if not error <= marks.timing:
        lines.append(f"{detector}: median timing error {error:.2f} is above {marks.timing} checkpoints")
    return lines


def date_curves(runs: list[pd.DataFrame], settings: Events) -> pd.DataFrame:
    """Table ``detections``: the step of each detector on each curve; ``runs`` are those of `score_curves`."""
    frames = []
    for (name, detector), run in product(DETECTORS.items(), runs):
        step = to_steps(detector(run.to_numpy(), settings), run.columns.to_numpy())
        frames.append(run.index.to_frame(index=False).assign(detector=name, step=step))
    return pd.concat(frames, ignore_index=True)


def validate_detectors(
    settings: ValiditySettings, scores: Path, detector_validity_table: Path, detections_table: Path
) -> None:
    """Test every detector on synthetic curves, and date the run's own (``detector_validity``, ``detections``).

    Args:
        settings: Detectors, how curves are drawn, and the marks.
        scores: Table ``scores``.
        detector_validity_table: Where ``detector_validity`` is written.
        detections_table: Where ``detections`` is written.
    """
    scored = tables.read(SCORES, scores)
    primary = list(score_curves(scored[scored["metric"] == settings.metric]))
    curves = [run.to_numpy() for run in primary]
    table = assess_detectors(
        settings, observe_transitions(curves, settings.events), max(run.shape[-1] for run in curves)
    )
    for line in missed_marks(table, settings.events.detector, settings.marks):
        logger.warning("detector validity below the required marks: %s", line)
    tables.write(DETECTOR_VALIDITY, table, detector_validity_table)
    tables.write(DETECTIONS, date_curves(list(score_curves(scored)), settings.events), detections_table)
