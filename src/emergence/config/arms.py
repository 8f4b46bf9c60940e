"""Arms of the paired runs of Study 4: what an intervention changes.

An arm names its penalty, a function of `emergence.training.interventions`; the names are read from its source, so that
nothing here loads torch.
"""

import ast
from collections.abc import Callable
from functools import cache
from importlib import import_module  # noqa: TID251 - a module of this package
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from emergence.config.training import Size, Training
from emergence.config.types import Count, Name, Positive, Seed, Strict

MODULE = "emergence.training.interventions"
PLAIN = "plain"
"""The arm without an intervention, which every other is paired with."""
PREVENT = "prevent"
"""The arm in which the collapse is prevented."""
Step = Annotated[int, Field(ge=0)]


@cache
def penalties() -> list[str]:
    """Penalties that an arm may name: functions ``(states, step)`` of their module."""
    source = Path(__file__).parents[1] / "training" / "interventions.py"
    functions = [
        node for node in ast.parse(source.read_text(encoding="utf-8")).body if isinstance(node, ast.FunctionDef)
    ]
    return [one.name for one in functions if [argument.arg for argument in one.args.args] == ["states", "step"]]


class Arm(Strict):
    """One intervention: a penalty between two steps, another learning rate, or other initial weights."""

    penalty: str | None = None
    """function of `emergence.training.interventions`"""
    weight: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0
    """of the penalty in the loss"""
    first: Step = 0
    """first step"""
    until: Count | None = None
    """step at which the penalty ends, or by which a moved warm-up has caught up; without one neither does"""
    matched: str | None = None
    """arm to whose gradient norm, on the parameters and step by step, that of the penalty is scaled"""
    warmup: Count | None = None
    """steps of another warm-up; from its end to ``until`` the rate is such that its sum is that of the plain arm"""
    rate: Positive | None = None
    """factor on the learning rate of every step"""
    sigma: Positive | None = None
    """standard deviation of initial weights, in place of 0.02"""

    @property
    def function(self) -> Callable[..., Any]:
        """The penalty, by its name."""
        return getattr(import_module(MODULE), str(self.penalty))

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if self.penalty is not None and self.warmup is not None:
            raise ValueError("penalty: an arm has a penalty or a warmup; give one of the two")
        if {self.penalty, self.warmup, self.rate, self.sigma} == {None}:
            raise ValueError("penalty: the arm changes nothing; give a penalty, a warmup, a rate or a sigma")
        if self.warmup is not None and self.rate is not None:
            raise ValueError("rate: an arm has a warmup or a rate; give one of the two")
        if self.penalty is not None and self.penalty not in penalties():
            raise ValueError(f"penalty: no such function {self.penalty!r}; allowed: {', '.join(penalties())}")
        if self.until is None:
            return self
        if self.first >= self.until:
            raise ValueError(f"first: {self.first} is not before until; allowed: 0 to {self.until - 1}")
        if self.warmup is not None and self.warmup >= self.until:
            raise ValueError(f"warmup: {self.warmup} does not end before until; allowed: 1 to {self.until - 1}")
        return self


class Paired(Strict):
    """Paired runs: each arm from the same weights and on the same batches as the plain one."""

    sizes: Annotated[list[Size], Field(min_length=1)]
    seeds: Annotated[list[Seed], Field(min_length=1)]
    """pairs of each size"""
    training: Training
    every: Count
    """steps between evaluations"""
    arms: Annotated[dict[Name, Arm], Field(min_length=1)]

    @model_validator(mode="after")
    def _within_training(self) -> Self:
        for name, arm in self.arms.items():
            if name == PLAIN:
                raise ValueError(f"arms.{name}: is the arm without an intervention; choose another name")
            if arm.until is not None and arm.until > self.training.steps:
                raise ValueError(
                    f"arms.{name}.until: {arm.until} is after the last step; allowed: 1 to {self.training.steps}"
                )
            earlier = list(self.arms)[: list(self.arms).index(name)]
            if arm.matched is not None and arm.matched not in earlier:
                raise ValueError(
                    f"arms.{name}.matched: no earlier arm {arm.matched!r}; allowed: {', '.join(earlier) or 'none'}"
                )
        return self
