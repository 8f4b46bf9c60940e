"""Settings of multifractal analysis: moments, boxes, and how nodes are sampled."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from emergence.settings.base import Count, Positive, Seed, Strict


class Moments(Strict):
    """The grid of moments q, the same above zero as below."""

    largest: Positive
    """q"""
    step: Positive
    """of q; α is a difference over it"""

    @model_validator(mode="after")
    def _whole(self) -> "Moments":
        steps = self.largest / self.step
        if abs(steps - round(steps)) > 1e-9 or round(steps) < 1:
            raise ValueError(f"largest ({self.largest:g}) must be a whole number of steps ({self.step:g})")
        return self


class Boxes(Strict):
    """Which nodes are near a node."""

    kind: Literal["star", "path"]
    """``star``: along one edge, as in the published code; ``path``: along shortest paths, as in the paper's text"""
    integer: bool
    """whether distances 1/|w| are rounded down to whole numbers, as in the published code"""
    above: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    """edges no longer than this are left out"""
    largest: Positive
    """L: longer edges are left out, and it is the largest radius"""
    radius_step: Positive
    """between radii, which are its multiples above ``above`` and up to L"""
    from_shortest: bool
    """whether radii that reach no node from any are left out, so that they begin at a network's shortest edge"""
    edges: Annotated[int, Field(ge=0)]
    """nodes count that have more surviving edges than this"""

    @model_validator(mode="after")
    def _two_radii(self) -> "Boxes":
        if self.largest - 2 * self.radius_step < self.above:
            raise ValueError("a slope takes two radii: `largest` must be two steps or more beyond `above`")
        return self


class Sampling(Strict):
    """Which nodes of a network are analysed; the same at every checkpoint."""

    nodes: Count
    """s, of each layer; twice as many of the widest layer of a block"""
    samples: Count
    """draws of nodes, the same at all checkpoints; their spread is the standard error"""
    seed: Seed
    """of the nodes that are drawn"""


class Multifractal(Strict):
    """Neuron-based multifractal analysis (arXiv:2402.09099)."""

    moments: Moments
    boxes: Boxes
    sampling: Sampling


class NeuronAnalysis(Multifractal):
    """The same, with what its nulls need; as it is done in all studies."""

    sigma: Positive
    """of every matrix, to which the null ``rescaled`` brings it"""


class NeuroMFA(NeuronAnalysis):
    """Options of the measure `neuromfa`."""

    every: Count
    """checkpoints"""
