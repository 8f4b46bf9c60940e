"""Measure a model of your own: any module, on any tensors.

>>> import torch
>>> model = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.Tanh(), torch.nn.Linear(8, 3))
>>> data = {"mine": (torch.randn(50, 4), torch.randint(0, 3, (50,)))}
>>> measure("loss", model, data)["variant"].tolist()
['nats', 'known']
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import numpy as np
import pandas as pd
from pydantic import ValidationError
from torch import nn

from emergence.measures.module_subject import Examples, ModuleSubject, OwnLoss
from emergence.measures.subject import MeasureError, not_finite
from emergence.settings.base import Strict
from emergence.settings.measures import (
    GradientRank,
    Hessian,
    LinearProbe,
    LocalLearning,
    NoOptions,
    RankMe,
    TaskLoss,
    known,
)
from emergence.settings.multifractal import Boxes, Moments, NeuroMFA, Sampling

DEFAULTS: Mapping[str, Strict] = {
    "rankme": RankMe(epsilon=1e-7),
    "fisher": GradientRank(samples=64, leading=50_000, every=1),
    "gradient_covariance": GradientRank(samples=64, leading=50_000, every=1),
    "hessian": Hessian(samples=64, tolerance=0.01, products=60, draws=20, every=1),
    "linear_probe": LinearProbe(ridge=0.1, every=1),
    "loss": TaskLoss(),
    "llc": LocalLearning(
        chains=4, burn_in=200, draws=400, pool=32, examples=16, step_size=1e-5, n_beta=100.0, localisation=100.0,
        own=False, seed=0, every=1,
    ),
    "neuromfa": NeuroMFA(
        moments=Moments(largest=3.0, step=0.1),
        boxes=Boxes(
            kind="star", integer=True, above=1.0, largest=150.0, radius_step=1.0, from_shortest=True, edges=10,
        ),
        sampling=Sampling(nodes=32, samples=10, seed=1010), sigma=0.02, every=1,
    ),
}  # fmt: skip
"""Options that are not given; those of ``llc`` are a start from which to look for a plateau, model by model."""


def measure(
    name: str,
    model: nn.Module,
    data: Mapping[str, Examples],
    *,
    layers: Sequence[str] | None = None,
    loss: OwnLoss | None = None,
    rng: np.random.Generator | None = None,
    **options: Any,
) -> pd.DataFrame:
    """Measure a module on groups of examples, ``{"mine": (inputs, targets)}``; it is left as it was.

    ``name`` is that of a module in `emergence.measures`: ``rankme``, ``hessian``, ``llc`` and so on. What the model,
    the data, ``layers`` and ``loss`` may be, see `emergence.measures.module_subject.ModuleSubject`; the model is
    measured in evaluation mode. ``options`` are those of the measure (`emergence.settings.measures`), by default
    `DEFAULTS`. Returns the columns task, level, layer, variant, value and standard_error.

    Raises:
        MeasureError: in one clear line: what is wrong with the name, an option, the model or a group of examples.
    """
    settings = options_of(name, options)
    if (wrong := not_finite(model.state_dict())) is not None:
        raise MeasureError(f"{wrong} is not finite in this model; measure an earlier checkpoint")
    module = import_module(f"emergence.measures.{name}")
    with _kept(model):
        rows = module.measure(ModuleSubject(model, data, layers, loss), rng or np.random.default_rng(0), settings)
    return pd.DataFrame(rows).astype({"layer": "Int64", "value": "float64", "standard_error": "float64"})


def options_of(name: str, given: Mapping[str, Any]) -> Strict:
    """A measure's options: the default ones with those given in their place.

    Raises:
        MeasureError: if there is no such measure or option, or its value is not allowed.
    """
    if name not in known():
        raise MeasureError(f"{name}: no such measure; allowed: {', '.join(known())}")
    default = DEFAULTS.get(name, NoOptions())
    try:
        return type(default).model_validate({**default.model_dump(), **given})
    except ValidationError as error:
        wrong = error.errors()[0]
        key, allowed = ".".join(map(str, wrong["loc"])), ", ".join(type(default).model_fields) or "none"
        raise MeasureError(f"{name}: option {key}: {wrong['msg']}; options: {allowed}") from None


@contextmanager
def _kept(model: nn.Module) -> Iterator[None]:
    """Evaluation mode; afterwards modes, gradients and the memory of weights are those of before."""
    modes = [(module, module.training) for module in model.modules()]
    tensors = [(parameter, parameter.data, parameter.grad) for parameter in model.parameters()]
    model.eval()
    try:
        yield
    finally:
        for parameter, data, gradient in tensors:
            parameter.data, parameter.grad = data, gradient
        for module, mode in modes:
            module.training = mode
