"""On what plateau were the settings of the local learning coefficient chosen?

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

from emergence import tables
from emergence.measures import llc
from emergence.measures.follow import opened
from emergence.measures.followed import Followed
from emergence.progress import Progress
from emergence.schemas.trajectories import PLATEAU
from emergence.settings.measures import LocalLearning, PlateauSettings
from emergence.work import origin, unfinished


def choices(settings: PlateauSettings) -> Iterator[LocalLearning]:
    """Every ε with every γ, then every nβ at the configured ε and γ."""
    chosen, grid = settings.options, settings.plateau
    for localisation in grid.localisations:
        for step_size in grid.step_sizes:
            yield chosen.model_copy(update={"localisation": localisation, "step_size": step_size})
    for n_beta in grid.n_betas:
        yield chosen.model_copy(update={"n_beta": n_beta})


def sweep(settings: PlateauSettings, trajectory: Path, probes: Path, table: Path, state: Path) -> None:
    """Estimate with every choice of settings at the configured shares of a run, and write ``table``.

    What was estimated before the job was stopped is taken from ``state``.

    Raises:
        TrajectoryError: if a checkpoint is damaged or foreign.
        StoppedError: if the job is told to stop.
    """
    followed = opened(trajectory, probes, settings.device)
    run = followed.run
    steps = [run.steps[round(share * (len(run.steps) - 1))] for share in settings.plateau.at]
    tried = [(step, choice) for step in steps for choice in choices(settings)]
    progress = Progress(f"plateau {run.identity['run']}", len(tried), "settings")

    def estimated(at: tuple[int, LocalLearning]) -> pd.DataFrame:
        return _estimated(followed, *at)

    of = [__name__, followed.subject.__module__]
    with unfinished(state, origin(settings, of, [trajectory / "manifest.json", probes])) as work:
        tables.write(PLATEAU, work.gather(PLATEAU, tried, estimated, progress), table)


def _estimated(followed: Followed, step: int, choice: LocalLearning) -> pd.DataFrame:
    """Estimates at one checkpoint with one choice of settings."""
    run = followed.run
    followed.load(step)
    rng = np.random.default_rng([run.identity["seed"], step])
    rows = pd.DataFrame(llc.measure(followed.subject, rng, choice.model_copy(update={"own": False})))
    varied = {name: getattr(choice, name) for name in ("step_size", "n_beta", "localisation")}
    found = rows[rows["variant"] == "mixture"].assign(step=step, **varied, **run.identity)
    found["rise"] = found["value"] / found["n_beta"]
    return found[PLATEAU.arrow.names].astype({"standard_error": "float64"})
