"""Sweep of the sampler's settings of the local learning coefficient, for the plateau on which they were chosen.

λ̂ of the mixture and of every task-level at a few checkpoints of one run, for a grid of step sizes ε and pulls γ, and
for several nβ. Where ε is too small the chain has not arrived, where it is too large the discretisation adds to the
loss; between them the estimate does not depend on ε. Without a pull strong enough for the chain to arrive it wanders
off, and the estimate saturates at the loss of a model that knows nothing: ``rise``, the loss that the chain gains over
the checkpoint's, must stay far below that.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from emergence.config.anatomy import LLCSweep
from emergence.config.measures import LocalLearning
from emergence.config.types import Device, Strict
from emergence.io import tables
from emergence.io.progress import Progress
from emergence.io.resumable import origin, resumable_job
from emergence.measures import llc
from emergence.measures.run import open_trajectory
from emergence.schemas.anatomy import LLC_SWEEP
from emergence.subjects.subject import TrajectorySubject


class LLCSweepSettings(Strict):
    """The configured options of ``llc`` and the grid around them."""

    options: LocalLearning
    sweep: LLCSweep
    device: Device


def grid(settings: LLCSweepSettings) -> Iterator[LocalLearning]:
    """Every ε with every γ, then every nβ at the configured ε and γ."""
    configured, sweep = settings.options, settings.sweep
    for localisation in sweep.localisations:
        for step_size in sweep.step_sizes:
            yield configured.model_copy(update={"localisation": localisation, "step_size": step_size})
    for n_beta in sweep.n_betas:
        yield configured.model_copy(update={"n_beta": n_beta})


def sweep_llc(settings: LLCSweepSettings, trajectory: Path, probes: Path, table: Path, state: Path) -> None:
    """Estimate with all settings of the grid at the configured shares of a run, and write ``table``.

    Args:
        settings: Options of ``llc``, the grid, and the device.
        trajectory: Folder of the run.
        probes: Probe file of its study.
        table: Written; of schema ``llc_sweep``.
        state: Folder from which a stopped job is resumed.

    Raises:
        TrajectoryError: if a checkpoint is damaged or was not written by training.
        StoppedError: if the job receives a stop signal; its state is saved.
    """
    opened = open_trajectory(trajectory, probes, settings.device)
    run = opened.run
    steps = [run.steps[round(share * (len(run.steps) - 1))] for share in settings.sweep.at]
    items = [(step, options) for step in steps for options in grid(settings)]
    progress = Progress(f"llc sweep {run.identity['run']}", len(items), "settings")

    def estimate(item: tuple[int, LocalLearning]) -> pd.DataFrame:
        return _estimates(opened, *item)

    modules = [__name__, opened.subject.__module__]
    with resumable_job(state, origin(settings, modules, [trajectory / "manifest.json", probes])) as job:
        tables.write(LLC_SWEEP, job.map_resumable(LLC_SWEEP, items, estimate, progress), table)


def _estimates(opened: TrajectorySubject, step: int, options: LocalLearning) -> pd.DataFrame:
    """Estimates at one checkpoint with one choice of options."""
    run = opened.run
    opened.load(step)
    rng = np.random.default_rng([run.identity["seed"], step])
    rows = pd.DataFrame(llc.measure(opened.subject, rng, options.model_copy(update={"own": False})))
    varied = {name: getattr(options, name) for name in ("step_size", "n_beta", "localisation")}
    estimates = rows[rows["variant"] == "mixture"].assign(step=step, **varied, **run.identity)
    estimates["rise"] = estimates["value"] / estimates["n_beta"]
    return estimates[LLC_SWEEP.arrow.names].astype({"standard_error": "float64"})
