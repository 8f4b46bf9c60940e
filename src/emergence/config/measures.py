"""Settings of the measures, one model a measure."""

from functools import cache
from typing import Annotated, Any

from pydantic import ConfigDict, Field, SerializeAsAny, ValidationError, create_model, model_validator

from emergence.config.neuromfa import NeuroMFA
from emergence.config.types import Count, Fraction, Positive, Seed, Strict, Switchable, validated
from emergence.measures.declarations import declared

VARIANTS: dict[str, tuple[str, ...]] = {
    name: measure.variants for name, measure in declared().items() if measure.variants
}
"""Of every measure whose module declares them."""


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


class MeasureInterval(Strict):
    """How often a measure is taken that has no other options here; those of `neuromfa` are the study's."""

    every: Count
    """checkpoints"""


MODELS: dict[str, type[Strict]] = {
    "rankme": RankMe,
    "fisher": GradientRank,
    "gradient_covariance": GradientRank,
    "hessian": Hessian,
    "llc": LocalLearning,
    "linear_probe": LinearProbe,
    "loss": TaskLoss,
    "neuromfa": NeuroMFA,
    "layer_balance": MeasureInterval,
}
"""Options with bounds; a measure without a model here has the options that its module declares."""


@cache
def options_model(measure: str) -> type[Strict]:
    """Model of a measure's options: that of `MODELS`, or one with the declared names, types and defaults.

    Raises:
        ValueError: if there is no such measure.
    """
    if measure not in declared():
        raise ValueError(f"{measure}: no such measure; allowed: {', '.join(declared())}")
    fields: dict[str, Any] = {key: (type(value), value) for key, value in declared()[measure].options.items()}
    return MODELS.get(measure) or create_model(f"{measure}_options", __base__=Strict, **fields)


def validated_options(measure: str, options: Any) -> Strict:
    """Options of a measure, checked.

    Raises:
        ValueError: if there is no such measure or option, or its value is not allowed; in one line.
    """
    model = options_model(measure)
    try:
        return validated(model, options)
    except ValidationError as error:
        problem = error.errors()[0]
        key = ".".join(map(str, (measure, *problem["loc"])))
        allowed = ", ".join(model.model_fields) or "none"
        raise ValueError(f"{key}: {problem['msg']}; options: {allowed}") from None


class Measures(Strict):
    """Measures along every trajectory, each with its options, off if null or false; the name is that of its module.

    A new measure needs no line here: a module in `emergence.measures` that declares its options, and ``name: {}`` in
    the configuration.
    """

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Switchable[SerializeAsAny[Strict]]]

    rankme: Switchable[RankMe] = None
    fisher: Switchable[GradientRank] = None
    gradient_covariance: Switchable[GradientRank] = None
    hessian: Switchable[Hessian] = None
    llc: Switchable[LocalLearning] = None
    linear_probe: Switchable[LinearProbe] = None
    loss: Switchable[TaskLoss] = None
    neuromfa: Switchable[MeasureInterval] = None
    layer_balance: Switchable[MeasureInterval] = None

    @property
    def names(self) -> list[str]:
        """The measures that are switched on."""
        return [name for name, options in self if options is not None]

    @model_validator(mode="before")
    @classmethod
    def _declared_options(cls, values: Any) -> Any:
        """Measures without a field here, by the options that their modules declare."""
        if not isinstance(values, dict):
            return values
        return {
            name: options if name in cls.model_fields or options in (None, False) else validated_options(name, options)
            for name, options in values.items()
        }
