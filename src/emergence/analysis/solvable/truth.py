"""True times of emergence: T50, the step at which a skill's strength R/S passes one half.

Once as measured, on far more samples and at more steps than any detector sees; and once by the closed form, whose one
constant B² was fitted to networks with a single skill (see `emergence.analysis.solvable.constants`).
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from emergence.analysis.curves import Array, to_positions
from emergence.analysis.solvable.constants import of_sweep
from emergence.analysis.solvable.curves import passage, theories
from emergence.settings.joint import JointSettings
from emergence.tasks.symbols import CONTROL
from emergence.theory.skills import Skills

HALF = 0.5
Steps = NDArray[np.int64]


def measured(behaviour: pd.DataFrame) -> pd.DataFrame:
    """T50 of every skill and of the control in every run: columns ``run, task, level, true_step``; NaN for none."""
    rows = []
    strengths = behaviour[behaviour["metric"] == "true_strength"]
    for (run, task, level), curve in strengths.groupby(["run", "task", "level"], sort=False):
        ordered = curve.sort_values("step")
        step = passage(ordered["step"].to_numpy(), ordered["value"].to_numpy(), HALF)
        rows.append({"run": run, "task": task, "level": level, "true_step": float(step)})
    return pd.DataFrame(rows, columns=["run", "task", "level", "true_step"])


def closed_form(fitted: pd.DataFrame, settings: JointSettings) -> dict[str, float]:
    """T50 of each skill, by its level, with B² as fitted; none where it could not be fitted."""
    skills, base = Skills(settings.alpha, settings.skills), of_sweep(settings.network, settings.target)
    of_fit = [theory for theory in theories("step", fitted, base) if theory.source == "fitted"]
    return {
        str(skill): float(step)
        for theory in of_fit
        for skill, step in enumerate(theory.law.crossing(np.array([HALF]), skills, theory.constants)[0], start=1)
    }


def known(behaviour: pd.DataFrame, fitted: pd.DataFrame, settings: JointSettings) -> pd.DataFrame:
    """Both times: columns ``run, task, level, true_step, closed_form_step``."""
    found, expected = measured(behaviour), closed_form(fitted, settings)
    steps = found["level"].map(expected).astype(float)
    return found.assign(closed_form_step=steps.where(found["task"] != CONTROL))


def positions(step: pd.Series, checkpoints: Steps) -> Array:
    """Fractional positions of steps among checkpoints; NaN where a step is NaN or after the last."""
    steps = step.to_numpy(dtype=float)
    within = np.isfinite(steps) & (steps <= checkpoints[-1])
    return np.where(within, to_positions(np.nan_to_num(steps), checkpoints), np.nan)


def checkpoints(scores: pd.DataFrame) -> dict[str, Steps]:
    """Steps of the checkpoints of each run, from its scores."""
    return {str(run): np.sort(of_run["step"].unique()) for run, of_run in scores.groupby("run", sort=False)}
