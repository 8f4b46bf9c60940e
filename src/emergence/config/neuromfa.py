"""Study 3, NeuroMFA (arXiv:2402.09099): the weights of every trajectory as networks of neurons."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from emergence.config.protocol import Protocol
from emergence.config.types import Count, Fraction, Positive, Seed, Strict


class NeuronVerdicts(Strict):
    """Thresholds of the claims of Study 3, fixed before the numbers were seen."""

    null_margin: Fraction
    """an excess of E over a null below this counts as none"""
    correlation: Fraction
    """least Spearman correlation of E with capability, for E to follow it"""
    room: Fraction
    """least distance of the steps' own correlation from 1, so that E could exceed it"""
    minimum_runs: Count
    """of a study; fewer decide nothing"""
    curve_tolerance: Positive
    """largest difference between E of Pythia 1.4B and its published curve, at every published step"""


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
    """whether distances 1/|w| within the cut-offs are rounded to the nearest whole number, as in the published code"""
    above: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    """edges no longer than this are left out"""
    largest: Positive
    """L: longer edges are left out, and it is the largest radius"""
    radius_step: Positive
    """between radii, which are its multiples from the shortest distance that an edge may have up to L"""
    occurring: bool
    """whether only those radii count at which a distance ends, as in the published code"""
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


class NeuroMFAStudy(NeuronAnalysis):
    """Study 3: multifractal analysis of the weights of every run of the other studies."""

    verdicts: NeuronVerdicts
    """beside those of the protocol"""
    protocol: Protocol
    """the shared protocol with what this study replaces"""
