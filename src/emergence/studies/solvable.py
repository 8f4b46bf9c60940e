"""Study 2, the exactly solvable model of emergence (arXiv:2404.17563): its settings, and what each stage is given."""

from typing import Annotated, Self

import numpy as np
from pydantic import Field, model_validator

from emergence.settings.analysis import LeadSettings, RateSettings, Signal
from emergence.settings.base import Count, Fraction, Key, Positive, Strict
from emergence.settings.claims import SolvableClaimSettings
from emergence.settings.figures import (
    Figure6Settings,
    Figure8Settings,
    FigureS5Settings,
    FigureS7Settings,
    FigureS8Settings,
)
from emergence.settings.joint import Joint, JointClaimSettings, JointSettings
from emergence.settings.learning import Checkpoints, Sample
from emergence.settings.measures import Measures
from emergence.settings.networks import NetworkSettings, Sweep, SweepSettings, Width
from emergence.settings.parity import Parity, ProbeSettings
from emergence.settings.scalar_transformer import PowerLaw, PowerSettings, ScalarTransformer, ScalarTransformerSettings
from emergence.settings.scaling import (
    Figure7Settings,
    FigureS6Settings,
    Models,
    ModelSettings,
    Scaling,
    ScalingClaims,
    Staging,
    StagingSettings,
)
from emergence.settings.solvable import (
    ConstantSettings,
    CurveSettings,
    Entropy,
    EntropySettings,
    NetworkVerdicts,
    Published,
    Resampling,
)
from emergence.studies.anatomy import WithAnatomy
from emergence.studies.whole import ConfigError, measuring, refuse_foreign


class OtherTask(Sweep):
    """A sweep on a task of its own."""

    parity: Parity


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

    @property
    def names(self) -> list[str]:
        """All sweeps, those first that take longest."""
        return sorted(type(self).model_fields, key=lambda name: -self.cost(name))

    def cost(self, name: str) -> float:
        """Roughly, in units of a sample passing a hidden unit."""
        sweep: Sweep = getattr(self, name)
        samples = [min(size, sweep.batch) for size in sweep.samples] if sweep.samples else [sweep.batch]
        return float(sum(samples) * sum(sweep.widths) * len(sweep.seeds) * sweep.steps)


class Solvable(Strict):
    """Study 2: multitask sparse parity, in closed form and in networks."""

    parity: Parity
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
    measures: Measures
    signals: dict[Key, Signal]
    """what of each other measure is held against events, as in Study 1"""
    joint: Joint
    """Study 1's measures and detectors on these runs"""
    sweeps: Sweeps
    transformer: ScalarTransformer
    powers: PowerLaw
    scaling: Scaling
    models: Models
    staging: Staging
    published: Published
    shares: Annotated[list[Fraction], Field(min_length=1)]
    """of the final strength, whose crossings are compared with theory"""
    verdicts: NetworkVerdicts
    entropy: Entropy
    """slope of the cross-entropy variant"""

    @property
    def runs(self) -> dict[str, int]:
        """Seed of each run over time, by its name."""
        return {f"mlp{self.network.widths[0]}-s{seed}": seed for seed in self.network.seeds}

    def followed(self, whole: WithAnatomy) -> dict[str, Signal]:
        """Signals of the measures that are held against events, RankMe's first, of the variant of Study 1."""
        every = {"rankme": Signal(variant=whole.anatomy.variant, scale="rank"), **self.signals}
        return {name: signal for name, signal in every.items() if (signal.measure or name) in self.measures.names}

    @property
    def transformers(self) -> dict[str, int]:
        """Seed of each transformer, by its name."""
        return {f"t{self.transformer.width}-s{seed}": seed for seed in self.transformer.seeds}

    def parity_of(self, name: str) -> Parity:
        """The task of a sweep: that of the study with the sweep's number of skills, or one of its own."""
        sweep: Sweep = getattr(self.sweeps, name)
        if isinstance(sweep, OtherTask):
            return sweep.parity
        return self.parity.model_copy(update={"skills": sweep.skills or self.parity.skills, "untaught": 0})

    def settings(self, stage: str, whole: WithAnatomy, run: str | None, measure: str | None) -> Strict:
        """What a stage is given; for a sweep, ``run`` is its name.

        Raises:
            ConfigError: if there is no such stage, run or measure.
        """
        match stage:
            case "parity":
                probes = self.probes
                return ProbeSettings(parity=self.parity, target=self.target, examples=probes.examples, seed=probes.seed)
            case "network":
                return self._network(run, whole)
            case "sweep":
                return self._sweep(run, whole)
            case "transformer":
                return self._transformer(run, whole)
            case "powers":
                return PowerSettings(
                    alpha=self.parity.alpha,
                    transformer_alpha=self.transformer.parity.alpha,
                    law=self.powers,
                    confidence=whole.anatomy.statistics.confidence,
                )
            case "figS8":
                return FigureS8Settings(dpi=whole.figures.dpi, shares=self.powers.shares)
            case "constants" | "one_skill":
                return ConstantSettings(
                    target=self.target,
                    time=self.sweeps.one_skill_time,
                    data=self.sweeps.one_skill_data,
                    width=self.sweeps.one_skill_width,
                    published=self.published,
                    resampling=_resampling(whole),
                )
            case "curves":
                return CurveSettings(
                    target=self.target,
                    skills=self.parity.skills,
                    alpha=self.parity.alpha,
                    network=self.network,
                    shares=self.shares,
                    resampling=_resampling(whole),
                )
            case "solvable_numbers":
                return whole.anatomy.quoted("strength")
            case "events" | "leads" | "precursors" | "joint" | "fig8":
                return self._joint(stage, whole, measure)
            case "solvable_claims":
                return self._claims(whole)
            case "entropy":
                task = self.sweeps.cross_entropy.parity
                first, last = self.entropy.ranks
                return EntropySettings(
                    alpha=task.alpha,
                    skills=task.skills,
                    ranks=(first, last),
                    published=self.entropy.published,
                    confidence=whole.anatomy.statistics.confidence,
                )
            case "figS7":
                return FigureS7Settings(dpi=whole.figures.dpi)
            case "scaling" | "models" | "staging" | "fig7" | "figS6":
                return self._solved(stage, whole)
            case "fig6":
                return Figure6Settings(dpi=whole.figures.dpi)
            case "figS5":
                return FigureS5Settings(dpi=whole.figures.dpi)
            case "follow":
                return measuring(self.measures, measure, whole)
        raise ConfigError(f"stage {stage!r} does not exist")

    def _solved(self, stage: str, whole: WithAnatomy) -> Strict:
        """Stages of what theory solves: scaling laws, models, and whether skills wait for one another."""
        match stage:
            case "scaling":
                return self.scaling.laws
            case "models":
                return ModelSettings(
                    target=self.target,
                    skills=self.parity.skills,
                    alpha=self.parity.alpha,
                    network=self.network,
                    shares=self.shares,
                    models=self.models,
                )
            case "staging":
                return StagingSettings(
                    target=self.target, alpha=self.parity.alpha, network=self.network, staging=self.staging
                )
            case "fig7":
                return Figure7Settings(dpi=whole.figures.dpi, alphas=self.scaling.laws.alphas)
        return FigureS6Settings(dpi=whole.figures.dpi)

    def _joint(self, stage: str, whole: WithAnatomy, measure: str | None) -> Strict:
        """Stages of Study 1 as it has them, but for the score, the phase in which floors lie, and the signals."""
        shared, followed = whole.anatomy, self.followed(whole)
        events = shared.events.model_copy(update={"primary": "strength"})
        match stage:
            case "events":
                return events
            case "leads":
                if measure not in followed:
                    raise ConfigError(f"measure {measure!r} has no signal; allowed: {', '.join(followed)}")
                return LeadSettings(
                    measure=measure,
                    signal=followed[measure],
                    easy=[],  # one family of equals
                    events=events,
                    collapse=shared.collapse.model_copy(update={"floor_until": self.joint.floor_until}),
                    precursors=shared.precursors,
                    statistics=shared.statistics,
                )
            case "precursors":
                return RateSettings(measures=list(followed), precursors=shared.precursors, statistics=shared.statistics)
            case "joint":
                return JointSettings(
                    target=self.target,
                    skills=self.parity.skills,
                    alpha=self.parity.alpha,
                    network=self.network,
                    joint=self.joint,
                    events=events,
                    precursors=shared.precursors,
                    statistics=shared.statistics,
                    verdicts=shared.verdicts,
                )
        return Figure8Settings(
            dpi=whole.figures.dpi,
            metric=events.primary,
            detector=events.detector,
            definition=shared.precursors.definition,
            precursor_rate=shared.verdicts.precursor_rate,
            timing=shared.validity.marks.timing,
        )

    def _claims(self, whole: WithAnatomy) -> SolvableClaimSettings:
        anatomy = whole.anatomy
        return SolvableClaimSettings(
            networks=self.verdicts,
            entropy=self.entropy.tolerance,
            scaling=ScalingClaims(
                verdicts=self.scaling.verdicts,
                epsilon=self.staging.epsilon,
                confidence=anatomy.statistics.confidence,
            ),
            powers=self.powers,
            joint=JointClaimSettings(
                metric="strength",
                detector=anatomy.events.detector,
                definition=anatomy.precursors.definition,
                timing=anatomy.validity.marks.timing,
                statistics=anatomy.statistics,
                verdicts=anatomy.verdicts,
            ),
            confidence=anatomy.statistics.confidence,
        )

    def _network(self, run: str | None, whole: WithAnatomy) -> NetworkSettings:
        if run not in self.runs:
            raise ConfigError(f"run {run!r} does not exist; allowed: {', '.join(self.runs)}")
        width = self.network.widths[0]
        return NetworkSettings(
            study="solvable",
            run=run,
            size=Width(name=f"mlp{width}", width=width),
            seed=self.runs[run],
            parity=self.parity,
            target=self.target,
            sweep=self.network.model_copy(update={"seeds": [self.runs[run]]}),
            checkpoints=self.checkpoints,
            test=self.test.examples,
            sampled=self.sampled,
            test_seed=self.test.seed,
            device=whole.device,
        )

    def _transformer(self, run: str | None, whole: WithAnatomy) -> ScalarTransformerSettings:
        if run not in self.transformers:
            raise ConfigError(f"run {run!r} does not exist; allowed: {', '.join(self.transformers)}")
        seed = self.transformers[run]
        how = self.transformer.model_copy(update={"seeds": [seed]})
        return ScalarTransformerSettings(run=run, seed=seed, transformer=how, device=whole.device)

    def _sweep(self, name: str | None, whole: WithAnatomy) -> SweepSettings:
        if name not in self.sweeps.names:
            raise ConfigError(f"sweep {name!r} does not exist; allowed: {', '.join(self.sweeps.names)}")
        sweep: Sweep = getattr(self.sweeps, name)
        return SweepSettings(
            name=name,
            parity=self.parity_of(name),
            target=1.0 if sweep.loss == "cross_entropy" else self.target,
            sweep=sweep,
            test=self.test.examples,
            seed=self.test.seed,
            device=whole.device,
        )

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
    def _signals_exist(self) -> Self:
        refuse_foreign(self.signals, self.measures)
        if self.joint.floor_until > (last := self.network.steps):
            step = self.joint.floor_until
            raise ValueError(f"joint.floor_until: {step} is after the last step; allowed: 1 to {last}")
        return self

    @model_validator(mode="after")
    def _solved_as_trained(self) -> Self:
        if low := [size for size in self.models.samples if size < self.parity.skills]:
            raise ValueError(
                f"models.samples: {low[0]} samples are fewer than the {self.parity.skills} skills; "
                f"allowed: {self.parity.skills} and more"
            )
        epsilon = self.staging.epsilon
        if lacking := [share for share in (epsilon, 1 - epsilon) if not np.isclose(self.shares, share).any()]:
            raise ValueError(f"staging.epsilon: {epsilon} needs the crossing of {lacking[0]:g}; add it to shares")
        return self

    @model_validator(mode="after")
    def _enough_samples(self) -> Self:
        for name in self.sweeps.names:
            sweep: Sweep = getattr(self.sweeps, name)
            skills = self.parity_of(name).skills
            if low := [size for size in sweep.samples or [] if size < skills]:
                raise ValueError(
                    f"sweeps.{name}.samples: {low[0]} samples are fewer than the {skills} skills, so that some are "
                    f"never seen; allowed: {skills} and more"
                )
        return self


def _resampling(whole: WithAnatomy) -> Resampling:
    """Intervals over seeds, made as those of Study 1."""
    how = whole.anatomy.statistics
    return Resampling(confidence=how.confidence, draws=how.bootstrap, seed=how.seed)
