"""Settings of what is made of networks on multitask sparse parity: constants, curves, crossings."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from emergence.config.training import Checkpoints, Sample
from emergence.config.types import Count, Device, Name, Positive, Seed, Strict, heads_divide_width

MOST_BITS = 64
Target = Literal["mse", "half_mse", "cross_entropy"]


class ParityTask(Strict):
    """Multitask sparse parity (arXiv:2303.13506, 2404.17563): which bits decide depends on the skill."""

    skills: Count
    """n_s, each with a control bit of its own"""
    bits: Annotated[int, Field(ge=1, le=MOST_BITS)]
    """n_b skill bits, behind the control bits"""
    relevant: Count
    """m bits whose parity is asked for"""
    alpha: Positive
    """skills are sampled with frequencies P_k ∝ k^−(α+1)"""
    control_skills: Annotated[int, Field(ge=0)] = 0
    """further skills with a control bit that are never sampled: the controls of geometric measures"""
    shared: bool = False
    """whether skills draw their relevant bits at random from all; else each has bits of its own"""

    @property
    def columns(self) -> int:
        """Skills with a control bit."""
        return self.skills + self.control_skills

    @property
    def inputs(self) -> int:
        """Inputs of a network: control bits and skill bits."""
        return self.columns + self.bits

    @model_validator(mode="after")
    def _enough_bits(self) -> Self:
        needed = self.relevant * (1 if self.shared else self.columns)
        if needed > self.bits:
            whose = "one skill needs" if self.shared else f"{self.columns} skills with bits of their own need"
            problem = f"{whose} {needed} relevant bits, more than the {self.bits} there are"
            if most := self.bits // (1 if self.shared else self.columns):
                raise ValueError(f"relevant: {problem}; allowed: 1 to {most}")
            if needed <= MOST_BITS:
                raise ValueError(f"bits: {problem}; allowed: {needed} to {MOST_BITS}")
            raise ValueError(f"skills: {problem}; fewer skills, or shared: true")
        return self


class Momentum(Strict):
    """Stochastic gradient descent with momentum, without warm-up or decay."""

    learning_rate: Positive
    """η"""
    momentum: Annotated[float, Field(ge=0, lt=1)]
    """share of the last step that is kept"""
    weight_decay: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    """of all parameters, added to the gradient"""


class TransformerTraining(Strict):
    """Transformers of one block with a scalar output, one per seed (arXiv:2404.17563, appendix K.2)."""

    task: ParityTask
    """the task, with skills and bits of its own"""
    target: Positive
    """S, the strength of a learned skill"""
    width: Count
    """d of the residual stream"""
    heads: Count
    """must divide the width"""
    seeds: Annotated[list[Seed], Field(min_length=1)]
    """one run each"""
    steps: Count
    """optimiser steps"""
    batch: Count
    """fresh samples per step"""
    optimiser: Momentum
    """descends the mean squared error"""
    every: Count
    """steps between evaluations; the last step has one as well"""
    test: Sample
    """of each skill: fresh samples on which strengths are measured, the same at every evaluation"""

    @model_validator(mode="after")
    def _heads_divide_width(self) -> Self:
        heads_divide_width(self.heads, self.width)
        return self

    @model_validator(mode="after")
    def _no_repeats(self) -> Self:
        if len(set(self.seeds)) < len(self.seeds):
            raise ValueError(f"seeds: {self.seeds} names one twice; allowed: each once")
        return self

    @model_validator(mode="after")
    def _all_taught(self) -> Self:
        if self.task.control_skills:
            raise ValueError(f"task.control_skills: {self.task.control_skills} skills are never sampled; allowed: 0")
        return self


class Optimiser(Strict):
    """How networks descend."""

    name: Literal["sgd", "adam"]
    """plain gradient descent, or Adam"""
    learning_rate: Positive
    """η; without warm-up or decay, but for ``halve_every``"""
    weight_decay: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0
    """added to the gradient as in the original Adam"""
    halve_every: Count | None = None
    """steps after which the learning rate is halved, again and again; never if absent"""


class Sweep(Strict):
    """Two-layer networks that are trained side by side: seeds x widths, for each size of the data set."""

    skills: Count | None = None
    """that are sampled; those of the study if absent"""
    widths: Annotated[list[Count], Field(min_length=1)]
    """hidden units"""
    samples: Annotated[list[Count], Field(min_length=1)] | None = None
    """sizes D of fixed data sets; fresh samples at every step if absent"""
    seeds: Annotated[list[Seed], Field(min_length=1)]
    """a network each, of every width and data set"""
    steps: Count
    """optimiser steps"""
    batch: Count
    """samples per step; all of a data set that is no larger"""
    sigma: Positive
    """standard deviation of all parameters at the start, biases included"""
    optimiser: Optimiser
    loss: Target
    """squared error, half of it, or cross-entropy; it sets the rate that theory has"""
    every: Count
    """steps between evaluations; the last step has one as well"""

    @model_validator(mode="after")
    def _no_repeats(self) -> Self:
        for key in ("widths", "samples", "seeds"):
            values = getattr(self, key) or []
            if len(set(values)) < len(values):
                raise ValueError(f"{key}: {values} names one twice; allowed: each once")
        return self


class Width(Strict):
    """One two-layer network, as a size among others."""

    name: Name
    width: Count


class NetworkSettings(Strict):
    """One run on all skills, as its manifest records it."""

    study: Name
    run: str
    size: Width
    seed: Seed
    parity: ParityTask
    target: Positive
    """S"""
    sweep: Sweep
    """how it is trained, for this width and seed alone"""
    checkpoints: Checkpoints
    test: Count
    """fresh samples per skill on which its strength is measured"""
    sampled: Count
    """of these, those of the noisy scores in which events are detected"""
    test_seed: Seed
    device: Device
