"""Settings of the measures, one model a measure."""

import re
from pathlib import Path
from typing import Annotated, Self

from pydantic import ConfigDict, Field, model_validator

from emergence.settings.base import Count, Device, Fraction, Positive, Seed, Strict
from emergence.settings.multifractal import NeuroMFA

MODULES = Path(__file__).parents[1] / "measures"
SIGNATURE = re.compile(r"^def measure\(\s*subject\b", re.MULTILINE)


def known() -> list[str]:
    """Names of all measures: of the modules that have a function ``measure`` of a subject."""
    return sorted(path.stem for path in MODULES.glob("*.py") if SIGNATURE.search(path.read_text()))


class RankMe(Strict):
    """Effective rank of representations (arXiv:2210.02885)."""

    epsilon: Positive
    """added to each normalised singular value"""


class GradientRank(Strict):
    """Effective rank of per-sample gradients: `fisher` (labels drawn from the model) and `gradient_covariance`."""

    samples: Annotated[int, Field(ge=2)]
    """of each task-level; the rank cannot exceed their number"""
    leading: Count
    """parameters of the variant that looks at the first ones only; the paper took 50,000"""
    every: Count
    """checkpoints"""


class Hessian(Strict):
    """Top eigenvalue and trace of the Hessian."""

    samples: Count
    """of each task-level"""
    tolerance: Fraction
    """relative residual at which the eigenvalue is taken"""
    products: Count
    """Hessian-vector products at most, for the eigenvalue"""
    draws: Annotated[int, Field(ge=2)]
    """random vectors for the trace"""
    every: Count
    """checkpoints"""


class LocalLearning(Strict):
    """Local learning coefficient by stochastic gradient Langevin dynamics."""

    chains: Annotated[int, Field(ge=2)]
    """the spread between them is the standard error"""
    burn_in: Annotated[int, Field(ge=0)]
    """steps of a chain that are not averaged"""
    draws: Count
    """steps of a chain that are"""
    pool: Count
    """batches, used in turn"""
    examples: Count
    """of each task-level in a batch"""
    step_size: Positive
    """ε of the Langevin step"""
    n_beta: Positive
    """nβ: samples times inverse temperature"""
    localisation: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    """γ: strength of the pull back to the checkpoint"""
    own: bool
    """also run chains on each task-level's own loss"""
    seed: Seed
    """of the pool of batches, the same for all checkpoints"""
    every: Count
    """checkpoints"""


class Plateau(Strict):
    """Sweep of the local learning coefficient's settings along the run of middle size and first seed."""

    at: Annotated[list[Annotated[float, Field(ge=0, le=1)]], Field(min_length=1)]
    """checkpoints, as shares of the run"""
    step_sizes: Annotated[list[Positive], Field(min_length=1)]
    """ε"""
    localisations: Annotated[list[Positive], Field(min_length=1)]
    """γ, each with every ε"""
    n_betas: list[Positive]
    """nβ, at the configured ε and γ"""


class PlateauSettings(Strict):
    """What the plateau stage is given."""

    options: LocalLearning
    plateau: Plateau
    device: Device


class LinearProbe(Strict):
    """Held-out accuracy of a linear read-out of the answer."""

    ridge: Positive
    """penalty, in units of the mean variance of a feature"""
    every: Count
    """checkpoints"""


class TaskLoss(Strict):
    """Loss of each task-level."""

    samples: Count | None = None
    """of each task-level; all if absent"""
    every: Count = 1
    """checkpoints"""


class Spaced(Strict):
    """How often a measure is taken whose other options are those of a study of its own (`neuromfa`)."""

    every: Count
    """checkpoints"""


class NoOptions(Strict):
    """Options of a measure that has none."""


class Measures(Strict):
    """Measures to follow along every trajectory, each with its options; the name is that of its module.

    A measure without options needs no line here: a module in `emergence.measures` and ``name: {}`` in the
    configuration will do.
    """

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, NoOptions]

    rankme: RankMe
    fisher: GradientRank | None = None
    gradient_covariance: GradientRank | None = None
    hessian: Hessian | None = None
    llc: LocalLearning | None = None
    linear_probe: LinearProbe | None = None
    loss: TaskLoss | None = None
    neuromfa: Spaced | None = None

    @property
    def names(self) -> list[str]:
        """The measures that are configured."""
        return [name for name, options in self if options is not None]

    @model_validator(mode="after")
    def _modules_exist(self) -> Self:
        for name in self.names:
            if name not in known():
                raise ValueError(f"{name}: no such measure; allowed: {', '.join(known())}")
        return self


class MeasureSettings(Strict):
    """What a measuring stage is given: one measure with its options."""

    measure: str
    options: RankMe | GradientRank | Hessian | LocalLearning | LinearProbe | TaskLoss | NeuroMFA | NoOptions
    device: Device
