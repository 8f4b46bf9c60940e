"""Study 2, multitask sparse parity, an exactly solvable model of emergence (arXiv:2404.17563)."""

from typing import Annotated, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from emergence.config.parity_networks import ParityTask, Sweep, TransformerTraining, Width
from emergence.config.parity_theory import Models, PowerLawSettings, Scaling, Staging, TheoryCurves
from emergence.config.study import Study
from emergence.config.training import Checkpoints, Sample
from emergence.config.types import Count, Fraction, Positive, Seed, Strict, Switchable
from emergence.tasks.symbols import CONTROL


class Joint(Strict):
    """Criteria for measures where the truth is known, fixed before any of them was seen there."""

    own: Annotated[list[Positive], Field(min_length=2, max_length=2)]
    """slopes of log onset on log T50 between which a measure follows each skill"""
    common: Fraction
    """slope below which it moves at one time for all"""
    minimum_skills: Annotated[int, Field(ge=3)]
    """with an onset, for a slope"""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.common < self.own[0] < self.own[1]:
            raise ValueError(f"own: {self.own} must rise, above common; allowed: two slopes above {self.common}")
        return self


class Published(Strict):
    """Constants as published, to stand beside those that are fitted here."""

    speed: Positive
    """B²"""
    shots: Positive
    """D_c"""
    neurons: Positive
    """N_c"""


class Spread(Strict):
    """How networks of one width differ between seeds (arXiv:2404.17563, table 5)."""

    width: Count
    """hidden units, of the sweep over width"""
    learned: Fraction
    """R/S from which a skill counts as learned"""
    always: Fraction
    """least share of seeds that learn the first skill, and that do not learn the last"""
    sometimes: Annotated[float, Field(gt=0, lt=0.5)]
    """least share of seeds that learn the middle skill, and that do not"""


class NetworkVerdicts(Strict):
    """Thresholds of the verdicts on networks against theory, fixed before the numbers were seen."""

    constant: Fraction
    """relative distance from the published constant within which one that is fitted here confirms it"""
    crossing: Fraction
    """relative distance from theory within which networks pass one half"""
    drift: Fraction
    """largest change of the difference of squared weights of both layers, as a share of their sum"""
    spread: Spread


class Entropy(Strict):
    """The slope of the cross-entropy over time."""

    ranks: Annotated[list[Count], Field(min_length=2, max_length=2)]
    """skills from whose emergence to whose the slope is fitted"""
    published: Positive
    """slope measured in arXiv:2303.13506, without its sign"""
    tolerance: Positive
    """of slopes, for the verdict"""


class OtherTask(Sweep):
    """A sweep on a task of its own."""

    task: ParityTask


class Sweeps(Strict):
    """Sweeps by what they are for; those of one skill give the constants."""

    one_skill_time: Sweep
    one_skill_data: Sweep
    one_skill_width: Sweep
    data: Sweep
    width: Sweep
    adam: Sweep
    """as the runs over time, but for the optimiser"""
    cross_entropy: OtherTask
    """the variant of arXiv:2303.13506"""
    many_skills_time: Switchable[Sweep] = None
    """as the runs over time, with enough skills for a power law of the loss"""
    many_skills_data: Switchable[Sweep] = None
    """the same over the size of the data set"""


class Shots(Strict):
    """Dependence of the samples that a skill takes: the sweep of one skill over data, with one setting changed."""

    widths: list[Count]
    """hidden units"""
    sigmas: list[Positive]
    """standard deviations of all parameters at the start"""
    samples: Annotated[list[Count], Field(min_length=3)]
    """sizes D of data sets"""
    seeds: Annotated[list[Seed], Field(min_length=2)]
    """of each, a network each"""

    def changes(self) -> dict[str, dict[str, object]]:
        """The change of each of the sweeps, by its name."""
        of_widths: dict[str, dict[str, object]] = {f"shots_width{width}": {"widths": [width]} for width in self.widths}
        return of_widths | {f"shots_sigma{sigma:g}": {"sigma": sigma} for sigma in self.sigmas}


class Parity(Study):
    """Study 2: multitask sparse parity, in closed form and in networks."""

    metric: Literal["strength", "exact_match"]
    """whose events enter the claims"""
    task: ParityTask
    target: Positive
    """S, the strength of a learned skill"""
    test: Sample
    """of each skill: fresh samples on which strengths are measured, the same at every evaluation"""
    network: Sweep
    """the runs over time on all skills, whose weights are kept; one width, one run a seed"""
    checkpoints: Checkpoints
    sampled: Count
    """test samples that the noisy scores of checkpoints see, in which events are detected"""
    probes: Sample
    """of each skill, for geometric measures"""
    joint: Joint
    """Study 1's measures and detectors on these runs"""
    sweeps: Sweeps
    shots: Shots
    transformer: TransformerTraining
    powers: PowerLawSettings
    scaling: Scaling
    theory_curves: TheoryCurves
    models: Models
    staging: Staging
    published: Published
    shares: Annotated[list[Fraction], Field(min_length=1)]
    """of the final strength, whose crossings are compared with theory"""
    verdicts: NetworkVerdicts
    entropy: Entropy
    """slope of the cross-entropy variant"""

    @property
    def size(self) -> Width:
        """The size of the runs over time."""
        width = self.network.widths[0]
        return Width(name=f"mlp{width}", width=width)

    @property
    def runs(self) -> dict[str, int]:
        """Seed of each run over time, by its name."""
        return {f"{self.size.name}-s{seed}": seed for seed in self.network.seeds}

    @property
    def entropy_seeds(self) -> int:
        """Number of networks that descend the cross-entropy."""
        return len(self.sweeps.cross_entropy.seeds)

    @property
    def networks(self) -> dict[str, Sweep]:
        """How each run over time is trained, by its name: the network with this seed alone."""
        return {run: self.network.model_copy(update={"seeds": [seed]}) for run, seed in self.runs.items()}

    @property
    def transformers(self) -> dict[str, int]:
        """Seed of each transformer, by its name."""
        return {f"t{self.transformer.width}-s{seed}": seed for seed in self.transformer.seeds}

    @property
    def transformer_runs(self) -> dict[str, TransformerTraining]:
        """How each transformer is trained, by its name: with this seed alone."""
        return {run: self.transformer.model_copy(update={"seeds": [seed]}) for run, seed in self.transformers.items()}

    @property
    def shot_sweeps(self) -> dict[str, Sweep]:
        """The sweeps of `shots`, by name."""
        beside = {"samples": self.shots.samples, "seeds": self.shots.seeds}
        base = self.sweeps.one_skill_data
        return {name: base.model_copy(update=beside | changed) for name, changed in self.shots.changes().items()}

    @property
    def data_sweeps(self) -> dict[str, Sweep]:
        """The sweep of one skill over data, and those of `shots`; none without the latter."""
        varied = self.shot_sweeps
        return {"one_skill_data": self.sweeps.one_skill_data, **varied} if varied else {}

    @property
    def scaling_sweeps(self) -> dict[str, Sweep]:
        """The sweeps with many skills that are switched on."""
        sweeps = {name: getattr(self.sweeps, name) for name in ("many_skills_time", "many_skills_data")}
        return {name: sweep for name, sweep in sweeps.items() if sweep is not None}

    @property
    def every_sweep(self) -> dict[str, Sweep]:
        """All sweeps by name, those first that take longest."""
        named = {name: sweep for name, sweep in self.sweeps if sweep is not None} | self.shot_sweeps
        return dict(sorted(named.items(), key=lambda one: -_cost(one[1])))

    @property
    def sweep_training(self) -> dict[str, Sweep]:
        """How the networks of each sweep are trained, without a task of its own."""
        dumped = {name: sweep.model_dump(exclude={"task"}) for name, sweep in self.every_sweep.items()}
        return {name: Sweep.model_validate(values) for name, values in dumped.items()}

    @property
    def sweep_tasks(self) -> dict[str, ParityTask]:
        """The task of each sweep: that of the study with the sweep's number of skills, or one of its own."""
        return {name: self.task_of(sweep) for name, sweep in self.every_sweep.items()}

    @property
    def sweep_targets(self) -> dict[str, float]:
        """S of each sweep; the logits of cross-entropy have targets of ±1."""
        sweeps = self.every_sweep.items()
        return {name: 1.0 if sweep.loss == "cross_entropy" else self.target for name, sweep in sweeps}

    def task_of(self, sweep: Sweep) -> ParityTask:
        """The task of one sweep."""
        if isinstance(sweep, OtherTask):
            return sweep.task
        return self.task.model_copy(update={"skills": sweep.skills or self.task.skills, "control_skills": 0})

    @property
    def controls(self) -> list[str]:
        """Groups that are measured but are no tasks."""
        return [CONTROL]

    @property
    def easy(self) -> list[str]:
        """Tasks that count as easy: none, all skills are alike."""
        return []

    @model_validator(mode="after")
    def _one_width(self) -> Self:
        if len(self.network.widths) > 1:
            raise ValueError(f"network.widths: {self.network.widths} are several; allowed: one")
        if 0.5 not in self.shares:
            raise ValueError(f"shares: {self.shares} lack 0.5, where skills are dated; add it")
        if self.network.samples is not None:
            raise ValueError("network.samples: the runs over time see fresh samples; remove it")
        if self.sampled > self.test.examples:
            raise ValueError(f"sampled: {self.sampled} are more than test.examples; allowed: 1 to {self.test.examples}")
        return self

    @model_validator(mode="after")
    def _within_training(self) -> Self:
        step, last = self.protocol.collapse.floor_until, self.network.steps
        if step > last:
            raise ValueError(f"protocol.collapse.floor_until: {step} is after the last step; allowed: 1 to {last}")
        return self

    @model_validator(mode="after")
    def _solved_as_trained(self) -> Self:
        if low := [size for size in self.models.samples if size < self.task.skills]:
            raise ValueError(
                f"models.samples: {low[0]} samples are fewer than the {self.task.skills} skills; "
                f"allowed: {self.task.skills} and more"
            )
        epsilon = self.staging.epsilon
        if lacking := [share for share in (epsilon, 1 - epsilon) if not np.isclose(self.shares, share).any()]:
            raise ValueError(f"staging.epsilon: {epsilon} needs the crossing of {lacking[0]:g}; add it to shares")
        return self

    @model_validator(mode="after")
    def _enough_samples(self) -> Self:
        for name, sweep in self.every_sweep.items():
            skills = self.task_of(sweep).skills
            if low := [size for size in sweep.samples or [] if size < skills]:
                raise ValueError(
                    f"sweeps.{name}.samples: {low[0]} samples are fewer than the {skills} skills, so that some are "
                    f"never seen; allowed: {skills} and more"
                )
        return self


def _cost(sweep: Sweep) -> float:
    """Roughly, in units of a sample passing a hidden unit."""
    samples = [min(size, sweep.batch) for size in sweep.samples] if sweep.samples else [sweep.batch]
    return float(sum(samples) * sum(sweep.widths) * len(sweep.seeds) * sweep.steps)
