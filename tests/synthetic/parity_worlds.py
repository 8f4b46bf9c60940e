"""Planted networks on multitask sparse parity, at the sizes and seeds of a tier, through the analysis of Study 2.

In both worlds networks follow theory with the published constants, but for factors by which skills are learned sooner.
In one they do as is claimed of them, and rare skills are a little late; in the other a single skill is learned sooner
than published, rare skills sooner still, and data work by the linear law.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
from synthetic.planting import Tables, nearly_alike

from emergence.analysis.parity import constants, curves, network_scaling, power_laws, staging
from emergence.config.configuration import Config
from emergence.config.parity import Parity
from emergence.config.parity_networks import Sweep
from emergence.config.project import possible, settings_for
from emergence.io import tables
from emergence.schemas.parity import (
    COMPARISONS,
    CONSTANTS,
    CROSSINGS,
    CURVES,
    DEVIATIONS,
    NETWORK_EXPONENTS,
    NETWORK_LOSSES,
    SHOTS,
    SWEEP,
)
from emergence.schemas.trajectories import BEHAVIOUR
from emergence.theory import strengths
from emergence.theory.model import Constants, Skills
from emergence.theory.strengths import DataLaw

DRAWS = 40
"""of the bootstrap, where the analysis has 2,000: seeds nearly agree"""


@dataclass(frozen=True)
class World:
    """How networks depart from theory with the published constants."""

    alone: float
    """pace of networks with one skill: theory is that much later along every axis"""
    late: float
    """among several skills, the pace of skill k is k to minus this"""
    law: DataLaw
    transformer: float
    """exponent of the emergence times of transformers, less that of theory"""
    adam: float
    """exponent of the emergence times of networks that learn by Adam"""


AS_CLAIMED = World(alone=1.0, late=0.05, law="published", transformer=0.0, adam=0.2)
OTHERWISE = World(alone=1.5, late=-0.5, law="linear", transformer=-1.0, adam=1.6)


def world(holds: bool) -> World:
    """Networks that do as claimed, or not."""
    return AS_CLAIMED if holds else OTHERWISE


@dataclass(frozen=True)
class Planted:
    """The networks of a tier in one of the worlds."""

    config: Config
    world: World

    @property
    def parity(self) -> Parity:
        """Settings of the study."""
        assert self.config.parity is not None
        return self.config.parity

    def sweep(self, name: str, shape: Sweep, pace: float | None = None) -> pd.DataFrame:
        """Rows of table ``sweep``; with a pace, that of every skill."""
        parity = self.parity
        skills = Skills(parity.task.alpha, shape.skills or parity.task.skills)
        paces = np.arange(1, skills.count + 1.0) ** -self.world.late if pace is None else np.full(skills.count, pace)
        axis = "samples" if shape.samples else "width" if len(shape.widths) > 1 else "step"
        points = np.array(shape.samples or (shape.widths if axis == "width" else evaluations(shape)))
        base = constants.sweep_constants(shape, parity.target)
        planted = replace(base, **parity.published.model_dump())
        frames = []
        for seed, own in zip(shape.seeds, nearly_alike(len(shape.seeds)), strict=True):
            for place, factor in enumerate(paces * own):
                share, loss = _learned(axis, points * factor, skills, planted, self.world.law)
                columns = {axis: points, "strength": share[:, place], "loss": loss[:, place]}
                frames.append(pd.DataFrame(columns).assign(seed=seed, skill=place + 1))
        defaults = {"sweep": name, "width": shape.widths[0], "samples": pd.NA, "step": shape.steps}
        rows = pd.concat(frames, ignore_index=True)
        rows = rows.assign(**{key: value for key, value in defaults.items() if key not in rows})
        return rows.astype({"samples": "Int64"})[SWEEP.arrow.names]

    @property
    def behaviour(self) -> pd.DataFrame:
        """Rows of table ``behaviour`` of the runs over time."""
        rows = self.sweep("time", self.parity.network)
        size = self.parity.size.name
        names = {"study": "parity", "size": size, "parameters": 1, "task": "PARITY", "level": rows["skill"].astype(str)}
        named = rows.assign(run=size + "-s" + rows["seed"].astype(str), **names)
        metrics = {"true_strength": "strength", "loss": "loss"}
        return pd.concat([named.assign(metric=metric, value=named[of]) for metric, of in metrics.items()])[
            BEHAVIOUR.arrow.names
        ]

    def settings(self, stage: str) -> Any:
        """Settings of a stage, with few draws."""
        chosen: Any = settings_for(self.config, stage)["settings"]
        if not hasattr(chosen, "resampling"):
            return chosen
        return chosen.model_copy(update={"resampling": chosen.resampling.model_copy(update={"draws": DRAWS})})

    def sweeps(self) -> dict[str, pd.DataFrame]:
        """Those that stages on networks of several skills read, by name."""
        sweeps = self.parity.sweeps
        return {
            name: self.sweep(name, getattr(sweeps, name)) for name in ("data", "width", *self.parity.scaling_sweeps)
        }

    def constants(self) -> pd.DataFrame:
        """Table ``constants``, of networks with one skill."""
        sweeps, alone = self.parity.sweeps, self.world.alone
        each = (self.sweep(f"one_skill_{axis}", getattr(sweeps, f"one_skill_{axis}"), alone) for axis in ONE_SKILL)
        return constants.fit_each_constant(*each, self.settings("constants"))

    def shots(self) -> Tables:
        """Table ``shots``, of networks that are as published beside the configured ones; none where no other is."""
        if not possible(self.config, "shots"):
            return {}
        sweeps = {
            name: self.sweep(name, shape, self.world.alone if name == "one_skill_data" else 1.0)
            for name, shape in self.parity.data_sweeps.items()
        }
        given = {name: (SWEEP, rows) for name, rows in sweeps.items()}
        run = lambda paths, outputs: constants.fit_shots(self.settings("shots"), list(paths.values()), *outputs)  # noqa: E731
        return through(run, given, {"shots": SHOTS})

    def against_theory(self) -> Tables:
        """Tables that hold networks with several skills against theory."""
        sweeps = self.sweeps()
        given = {name: (SWEEP, rows) for name, rows in sweeps.items()}
        given |= {"constants": (CONSTANTS, self.constants()), "behaviour": (BEHAVIOUR, self.behaviour)}

        def compare(paths: Mapping[str, Path], outputs: list[Path]) -> None:
            asked = (paths["constants"], [paths["behaviour"]], paths["data"], paths["width"])
            curves.compare_with_theory(self.settings("curves"), *asked, *outputs)

        def scale(paths: Mapping[str, Path], outputs: list[Path]) -> None:
            followed = [paths[name] for name in sweeps if name != "width"]
            settings = self.settings("network_scaling")
            network_scaling.fit_network_scaling(settings, paths["constants"], [paths["behaviour"]], followed, *outputs)

        compared = {"curves": CURVES, "crossings": CROSSINGS, "deviations": DEVIATIONS, "comparisons": COMPARISONS}
        scaled = {"network_losses": NETWORK_LOSSES, "network_exponents": NETWORK_EXPONENTS}
        return {
            **through(compare, given, compared),
            **through(scale, given, scaled),
            "constants": given["constants"][1],
        }

    def times(self) -> Tables:
        """Tables on emergence times and stages."""
        parity, true = self.parity, curves.true_strengths(self.behaviour)
        transformer = parity.transformer
        kinds = {
            "MLP, SGD": (true, parity.task.alpha),
            "MLP, Adam": (dated(parity.sweeps.adam, self.world.adam, parity.task.skills), parity.task.alpha),
            "transformer, SGD": (
                dated(transformer, transformer.task.alpha + 1 + self.world.transformer, transformer.task.skills),
                transformer.task.alpha,
            ),
        }
        emerged, slopes = power_laws.power_laws(kinds, self.settings("power_laws"))
        staged = staging.staging_ratios(true, self.settings("staging"))
        return {"emergence_times": emerged, "power_laws": slopes, "staging": staged}


ONE_SKILL = ("time", "data", "width")


def networks(config: Config, holds: bool) -> Tables:
    """All tables on networks of a tier."""
    planted = Planted(config, world(holds))
    return {**planted.against_theory(), **planted.shots(), **planted.times()}


def evaluations(shape: Any) -> np.ndarray:
    """Steps at which a sweep is evaluated."""
    return np.unique([*range(0, shape.steps, shape.every), shape.steps])


def dated(shape: Any, exponent: float, skills: int) -> pd.DataFrame:
    """R/S of skills of which three are learned within the training of a sweep, at times k^exponent."""
    steps = evaluations(shape)
    frames = []
    for seed, own in zip(shape.seeds, nearly_alike(len(shape.seeds)), strict=True):
        for skill in range(1, skills + 1):
            half = 0.7 * shape.steps * own * (skill / 3) ** exponent
            curve = 1 / (1 + np.exp(np.clip(-8 * (steps / half - 1), -50, 50)))
            frames.append(pd.DataFrame({"seed": seed, "step": steps, "skill": skill, "strength": curve}))
    return pd.concat(frames, ignore_index=True)


def _learned(
    axis: str, points: np.ndarray, skills: Skills, planted: Constants, law: DataLaw
) -> tuple[np.ndarray, np.ndarray]:
    """R/S and the loss of each skill (points, skills)."""
    target = planted.target
    if axis == "samples":
        share = strengths.of_data(points, skills.frequencies, planted, law) / target
        saturated = strengths.of_data(points, skills.frequencies, planted, "linear") / target
        return share, target**2 / 2 * (1 - saturated)
    of = strengths.of_time(points, skills.frequencies, planted) if axis == "step" else (
        strengths.of_width(points, skills.count, planted)
    )  # fmt: skip
    return of / target, (target - of) ** 2 / 2


def through(
    stage: Callable[[Mapping[str, Path], list[Path]], None],
    given: Mapping[str, tuple[Any, pd.DataFrame]],
    made: Mapping[str, Any],
) -> Tables:
    """What a stage makes of tables, by way of files."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        paths = {name: folder / f"{name}.in.parquet" for name in given}
        for name, (schema, rows) in given.items():
            tables.write(schema, rows, paths[name])
        outputs = {name: folder / f"{name}.parquet" for name in made}
        stage(paths, list(outputs.values()))
        return {name: tables.read(schema, outputs[name]) for name, schema in made.items()}
