"""Settings of the two-layer networks that learn multitask sparse parity."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from emergence.settings.base import Count, Device, Name, Positive, Seed, Strict
from emergence.settings.learning import Checkpoints
from emergence.settings.parity import Parity

Target = Literal["mse", "half_mse", "cross_entropy"]


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
    """samples a step; all of a data set that is no larger"""
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


class SweepSettings(Strict):
    """What the sweep stage is given: one sweep."""

    name: str
    parity: Parity
    """with the skills of this sweep"""
    target: Positive
    """S, the strength of a learned skill"""
    sweep: Sweep
    test: Count
    """fresh samples a skill on which its strength is measured"""
    seed: Seed
    """of these samples"""
    device: Device


class Width(Strict):
    """One two-layer network, as a size among others."""

    name: Name
    width: Count


class NetworkSettings(Strict):
    """What the network stage is given: one run on all skills, whose weights are kept."""

    study: Name
    run: str
    size: Width
    seed: Seed
    parity: Parity
    target: Positive
    """S"""
    sweep: Sweep
    """how it is trained, for this width and seed alone"""
    checkpoints: Checkpoints
    test: Count
    """fresh samples a skill on which its strength is measured"""
    sampled: Count
    """of these, those of the noisy scores in which events are detected"""
    test_seed: Seed
    device: Device
