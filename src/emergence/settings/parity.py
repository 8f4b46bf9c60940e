"""Settings of multitask sparse parity, the task of the solvable model."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from emergence.settings.base import Count, Positive, Seed, Strict


class Parity(Strict):
    """Multitask sparse parity (arXiv:2303.13506, 2404.17563): which bits decide depends on the skill."""

    skills: Count
    """n_s, each with a control bit of its own"""
    bits: Annotated[int, Field(ge=1, le=64)]
    """n_b skill bits, behind the control bits"""
    relevant: Count
    """m bits whose parity is asked for"""
    alpha: Positive
    """skills are sampled with frequencies P_k ∝ k^−(α+1)"""
    untaught: Annotated[int, Field(ge=0)] = 0
    """further skills with a control bit that are never sampled: the controls of geometric measures"""
    shared: bool = False
    """whether skills draw their relevant bits at random from all; else each has bits of its own"""

    @property
    def columns(self) -> int:
        """Skills with a control bit."""
        return self.skills + self.untaught

    @property
    def inputs(self) -> int:
        """Inputs of a network: control bits and skill bits."""
        return self.columns + self.bits

    @model_validator(mode="after")
    def _enough_bits(self) -> Self:
        needed = self.relevant * (1 if self.shared else self.columns)
        if needed > self.bits:
            whose = "one skill needs" if self.shared else f"{self.columns} skills with bits of their own need"
            most = self.bits // (1 if self.shared else self.columns)
            raise ValueError(
                f"relevant: {whose} {needed} relevant bits, more than the {self.bits} there are; allowed: 1 to {most}"
                if most
                else f"bits: {whose} {needed}, more than the {self.bits} there are; allowed: {needed} to 64"
            )
        return self


class ProbeSettings(Strict):
    """What the parity stage is given: the probes of geometric measures."""

    parity: Parity
    target: Positive
    examples: Annotated[int, Field(ge=2)]
    seed: Seed
