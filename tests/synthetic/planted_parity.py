"""Planted data of the claims of Study 2 but for the joint study: networks, sums, solvable models, and departures."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from synthetic.parity_worlds import evaluations, networks
from synthetic.planting import CLOSE, Tables, nearly_alike, plant, table

from emergence.analysis.parity import models, staging
from emergence.analysis.parity.constants import sweep_constants
from emergence.analysis.parity.power_laws import UNLEARNED, summarise_slopes, total_loss
from emergence.analysis.parity.scaling import AXES
from emergence.config.configuration import Config
from emergence.config.parity import Parity
from emergence.config.project import settings_for
from emergence.schemas import parity as schemas
from emergence.schemas.trajectories import MEASURE
from emergence.theory import conditions
from emergence.theory.descent import data_set
from emergence.theory.model import Skills, shares


def study(config: Config) -> Parity:
    """Settings of Study 2."""
    assert config.parity is not None
    return config.parity


@plant(*(f"B{number}" for number in (*range(1, 9), 10, 11, 12)), "L6", "L7", "M5", "T1", "T2")
def planted_networks(config: Config, holds: bool) -> Tables:
    return networks(config, holds)


@plant("B9")
def cross_entropy(config: Config, holds: bool) -> Tables:
    """Each skill is learned at once, at times k^(α/slope): the loss then falls with that slope."""
    of, asked = study(config).sweeps.cross_entropy, settings_for(config, "entropy_slopes")["settings"]
    predicted = asked.alpha / (asked.alpha + 1)
    exponent = asked.alpha / (asked.published if holds else predicted)
    steps, rank = evaluations(of), np.arange(1, asked.skills + 1)
    frames = []
    for seed, own in zip(of.seeds, nearly_alike(len(of.seeds)), strict=True):
        late = 0.8 * of.steps * own * (rank / asked.ranks[1]) ** exponent
        left = 1 / (1 + (np.maximum(steps[:, None], 1e-9) / late) ** 8)
        frames += [
            pd.DataFrame({"seed": seed, "step": steps, "skill": skill, "loss": UNLEARNED * left[:, skill - 1]})
            for skill in rank
        ]
    rows = pd.concat(frames, ignore_index=True)
    rows["share"] = 1 - rows["loss"] / UNLEARNED
    losses = total_loss(rows, Skills(asked.alpha, asked.skills))
    return {"entropy_slopes": summarise_slopes(rows, losses, asked)}


@plant("B13")
def spread(config: Config, holds: bool) -> Tables:
    """Every seed learns the first skill, half of them the middle one; or half of the seeds learn each."""
    sweep, skills = study(config).sweeps.width, study(config).task.skills
    rows = [
        {"sweep": "width", "seed": seed, "width": width, "step": sweep.steps, "skill": skill, "loss": 0.0,
         "strength": float(place < (_learning(skill, skills) if holds else 0.5) * len(sweep.seeds))}
        for width in sweep.widths
        for place, seed in enumerate(sweep.seeds)
        for skill in range(1, skills + 1)
    ]  # fmt: skip
    return {"sweep": table(schemas.SWEEP, rows)}


def _learning(skill: int, skills: int) -> float:
    """Share of the seeds that learn a skill."""
    return 1.0 if skill == 1 else 0.0 if skill == skills else 0.5


@plant("L1", "L2", "L3", "L4", "L5")
def sums(config: Config, holds: bool) -> Tables:
    """Slopes of the sums that are those of the laws; or one that is not."""
    alphas = study(config).scaling.laws.alphas
    kinds = [(axis.model, axis.name) for axis in AXES] + [("multilinear", "compute")]
    rows = [
        {"model": model, "axis": axis, "quantity": "loss", "alpha": alpha, "expected": -alpha, "slope": -alpha,
         "corrected": -alpha + (0.1 if alpha == alphas[0] and not holds else 0.0), "prefactor": 1.0}
        for model, axis in kinds
        for alpha in alphas
    ]  # fmt: skip
    return {"scaling_exponents": table(schemas.SCALING_EXPONENTS, rows)}


# Solvable models ----------------------------------------------------------------------------------------------------


@plant("M1", "M2", "M3")
def solvable(config: Config, holds: bool) -> Tables:
    """Models that do as in closed form at the tier's moments; or a linear one with a delay, and one that is late."""
    runs = list(_model_runs(config, holds))
    kinds = {"samples": "Int64", "seen": "Int64"}
    return {
        "model_crossings": pd.concat(
            [run.crossings(np.array(study(config).shares)).astype({"samples": "Int64"}) for run in runs]
        ),
        "model_strengths": pd.concat([run.rows.astype(kinds) for run in runs]),
    }


def _model_runs(config: Config, holds: bool) -> Any:
    settings: Any = settings_for(config, "models")["settings"]
    fresh = Skills(settings.alpha, settings.skills).frequencies
    plain, asked = sweep_constants(settings.network, settings.target), settings.models
    sizes = [(slower, None) for slower in asked.slower] + [(1, size) for size in asked.samples]
    for slower, size in sizes:
        steps = models.moments(asked.steps * slower, asked.points)
        constants = replace(plain, learning_rate=plain.learning_rate / slower)
        for model in models.STRENGTHS:
            taken = models.STRENGTHS[model if holds else "multilinear"]
            for seed, own in zip(asked.seeds, nearly_alike(len(asked.seeds)), strict=True):
                seen = None if size is None else data_set(fresh, size, seed)
                frequencies = fresh if seen is None else shares(seen)
                late = steps / own / (1.0 if holds else 1.2)
                strength = taken(late, frequencies, constants) / settings.target
                if seen is not None and not holds:
                    strength[:] = 1.0
                yield models.ModelRun(model, slower, seed, size, seen, frequencies, constants, steps, strength)


@plant("M4")
def stages_of_theory(config: Config, holds: bool) -> Tables:
    """The closed form of the tier; or one in which a skill takes half as long to rise."""
    settings: Any = settings_for(config, "staging")["settings"]
    constants, epsilon = sweep_constants(settings.network, settings.target), settings.staging.epsilon
    skills, rise = Skills(settings.alpha, settings.staging.skills + 1), conditions.spread(epsilon, constants)
    rows = [
        row
        for source in ("multilinear", "linear")
        for row in staging.theory_rows(source, skills, rise if holds else rise / 2)
    ]
    return {"staging": table(schemas.STAGING, rows)}


@plant("M6")
def layers(config: Config, holds: bool) -> Tables:
    """The difference of squared weights stays, or grows with their sum."""
    of = study(config)
    factors = nearly_alike(len(of.runs))
    rows = [
        {"study": "parity", "run": run, "size": of.size.name, "parameters": 1, "seed": seed, "step": step,
         "measure": "layer_balance", "variant": variant, "value": value}
        for (run, seed), factor in zip(of.runs.items(), factors, strict=True)
        for step, norm in ((0, 1.0), (of.network.steps, 40.0))
        for variant, value in {
            "norm": norm, "imbalance": 0.5, "difference": -0.5 + (CLOSE if holds else 0.3) * norm * factor * (step > 0)
        }.items()
    ]  # fmt: skip
    return {"measure": table(MEASURE, rows)}
