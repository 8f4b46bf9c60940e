"""Measure a model of your own, or a folder of its checkpoints as ``emergence measure`` does: any module, any tensors.

>>> import torch
>>> model = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.Tanh(), torch.nn.Linear(8, 3))
>>> data = {"mine": (torch.randn(50, 4), torch.randint(0, 3, (50,)))}
>>> measure("loss", model, data)["variant"].tolist()
['nats', 'known']
"""

import inspect
import logging
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from importlib import import_module  # noqa: TID251 - what the user names on the command line
from pathlib import Path
from typing import Any
from weakref import WeakSet

import numpy as np
import pandas as pd
import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor, nn

from emergence.checkpoints.find import find_checkpoints
from emergence.checkpoints.module_loading import load_module
from emergence.config.measures import validated_options
from emergence.config.types import Strict
from emergence.io import tables
from emergence.io.progress import Progress
from emergence.io.resumable import resumable_job
from emergence.measures.declarations import declared
from emergence.measures.folder_origin import folder_origin
from emergence.schemas.trajectories import MEASURE
from emergence.subjects.examples import Examples, group_examples
from emergence.subjects.subject import ROW_TYPES, MeasureError, NotFiniteError, Subject, not_finite, row
from emergence.subjects.torch_module import ModuleSubject, OwnLoss

logger = logging.getLogger("emergence")

RANDOM: WeakSet[nn.Module] = WeakSet()
"""Models of which the log has said that they draw random numbers."""


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
    """Measure a module on groups of examples.

    Args:
        name: Of a module in `emergence.measures`: ``rankme``, ``hessian``, ``llc`` and so on.
        model: Measured in evaluation mode and left unchanged.
        data: Groups of examples, ``{"mine": (inputs, targets)}``; see `emergence.subjects.torch_module.ModuleSubject`.
        layers: Names of submodules; see `ModuleSubject`.
        loss: From outputs and targets to one loss an example; cross-entropy if None.
        rng: Random generator; that of seed 0 if None.
        options: Of the measure (`emergence.config.measures`), in place of those that its module declares.

    Returns:
        Columns task, level, layer, variant, value and standard_error.

    Raises:
        MeasureError: if the name, an option, the model or a group of examples is not valid.
    """
    settings, subject = options_of(name, options), ModuleSubject(model, data, layers, loss)
    require_finite(model)
    return measure_subject(name, subject, settings, rng or np.random.default_rng(0))


def measure_subject(name: str, subject: Subject[Any], settings: Strict, rng: np.random.Generator) -> pd.DataFrame:
    """Measure a subject of finite weights, which is left unchanged, with settings of `options_of`; see `measure`.

    Args:
        name: Of a module in `emergence.measures`.
        subject: The model with its groups of examples.
        settings: Options of the measure.
        rng: Random generator; the model's own draws are seeded from it as well.

    Returns:
        Columns task, level, layer, variant, value and standard_error.

    Raises:
        MeasureError: if the measure is not defined for the model or its examples.
    """
    module = import_module(f"emergence.measures.{name}")
    with unchanged(subject.model), _seeded(subject.model, rng):
        rows = module.measure(subject, rng, settings)
    return pd.DataFrame(rows).astype({"layer": "Int64", "value": "float64", "standard_error": "float64"})


def require_finite(model: nn.Module) -> None:
    """Refuse a model whose training has diverged.

    Raises:
        NotFiniteError: if a weight is not finite.
    """
    if (wrong := not_finite(model.state_dict())) is not None:
        raise NotFiniteError(f"{wrong} is not finite in this model", "measure an earlier checkpoint")


def options_of(name: str, given: Mapping[str, Any]) -> Strict:
    """A measure's options: the declared ones, with those given in their place.

    Raises:
        MeasureError: if there is no such measure or option, or its value is not allowed.
    """
    try:
        return validated_options(name, {**(declared()[name].options if name in declared() else {}), **given})
    except ValueError as error:
        raise MeasureError(str(error)) from None


@contextmanager
def unchanged(model: nn.Module) -> Iterator[None]:
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


@contextmanager
def _seeded(model: nn.Module, rng: np.random.Generator) -> Iterator[None]:
    """Random numbers of the model, which should draw none, by the state of ``rng``; afterwards PyTorch's are as before.

    A model that draws some, as by ``F.dropout`` without its flag, is measured with noise, and the log says so once.
    """
    with torch.random.fork_rng(devices=range(torch.cuda.device_count()) if torch.cuda.is_initialized() else []):
        torch.manual_seed(int(deepcopy(rng).integers(2**32)))
        before = _random_states()
        yield
        drawn = any(not torch.equal(one, other) for one, other in zip(before, _random_states(), strict=False))
        if drawn and model not in RANDOM:
            RANDOM.add(model)
            logger.warning("the model draws random numbers in evaluation mode (dropout without its flag?); values "
                           "repeat with the seed, but hold noise")  # fmt: skip


def _random_states() -> list[Tensor]:
    """States of PyTorch's generators, on all devices."""
    return [torch.get_rng_state(), *(torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else [])]


def measure_folder(
    name: str,
    model: nn.Module,
    data: Mapping[str, Examples],
    folder: Path,
    table: Path,
    state: Path,
    *,
    layers: Sequence[str] | None = None,
    loss: OwnLoss | None = None,
    seed: int = 0,
    options: Mapping[str, Any],
) -> None:
    """Measure a model at every checkpoint of a folder, or at every n-th, and write a table like those of trajectories.

    A checkpoint at which weights or values are not finite has one row, of variant ``failed``, and a warning in the log.

    Args:
        name: Of the measure.
        model: Takes the weights of each checkpoint in turn.
        data: Groups of examples, ``{"mine": (inputs, targets)}``.
        folder: Holds checkpoints (see `emergence.checkpoints.find`). Pickled ones are not read, as that could run code.
        table: Written; of schema ``measure``.
        state: Folder from which a stopped job is resumed.
        layers: Names of submodules; see `ModuleSubject`.
        loss: Replaces cross-entropy.
        seed: Of the random generator, together with the step.
        options: Of the measure, in place of the default ones; ``every`` is n.

    Raises:
        SeriesError: if there is no checkpoint, or one cannot be read or does not fit the model.
        MeasureError: if one cannot be measured.
        StoppedError: if the job receives a stop signal; its state is saved.
    """
    subject, checkpoints = ModuleSubject(model, data, layers, loss), find_checkpoints(folder)
    for note in checkpoints.notes:
        logger.warning("%s", note)
    files = checkpoints.by_step
    steps = list(files)[:: getattr(options_of(name, options), "every", 1)]
    progress = Progress(f"{name} {folder}", len(steps), "checkpoints", every=2.0)
    parameters = sum(parameter.numel() for parameter in model.parameters())
    run = {"study": "own", "run": folder.resolve().name, "size": type(model).__name__, "parameters": parameters}

    def measure_step(step: int) -> pd.DataFrame:
        load_module(model, files[step])
        rng = np.random.default_rng([seed, step])
        try:
            rows = measure(name, model, data, layers=layers, loss=loss, rng=rng, **options)
        except NotFiniteError as error:
            logger.warning("%s: %s", files[step], error)
            rows = pd.DataFrame([row(None, "failed", 1.0)])
        except MeasureError as error:
            raise MeasureError(f"{files[step]}: {error}") from None
        return rows.assign(step=step, measure=name, seed=seed, **run).astype(ROW_TYPES)

    about = {"layers": layers, "loss": loss, "seed": seed, "options": options}
    with resumable_job(state, folder_origin([name], subject, files, about)) as job:
        tables.write(MEASURE, job.map_resumable(MEASURE, steps, measure_step, progress), table)


def read_data(path: Path) -> dict[str, Examples]:
    """Groups of examples, by name: ``<group>.inputs`` and ``<group>.targets`` for each.

    Raises:
        MeasureError: if the file is not a safetensors file, or a tensor has another name or no partner.
    """
    try:
        tensors = safetensors.torch.load(path.read_bytes())
    except (OSError, SafetensorError) as error:
        raise MeasureError(f"{path}: not a readable safetensors file ({error})", "save the data as one") from None
    return group_examples(tensors, path)


def function_from_name(name: str) -> Callable[..., Any]:
    """The function behind ``package.module:function``, looked for in the current folder as well.

    Raises:
        MeasureError: if there is no such function.
    """
    module, _, function = name.partition(":")
    sys.path.insert(0, str(Path.cwd()))
    try:
        loaded = getattr(import_module(module), function)
    except (ImportError, AttributeError, ValueError) as error:
        raise MeasureError(f"{name}: cannot be imported ({error})", "give package.module:function") from None
    finally:
        sys.path.pop(0)
    if not callable(loaded):
        raise MeasureError(f"{name}: is not a function", "give one that returns the model")
    return loaded


def build_model(name: str) -> nn.Module:
    """The module that the function ``package.module:function`` returns.

    Raises:
        MeasureError: if there is no such function, or it returns something else.
    """
    build = function_from_name(name)
    try:
        inspect.signature(build).bind()
    except TypeError as error:
        raise MeasureError(f"{name}: {error}", "give a function that is called without arguments") from None
    model = build()
    if not isinstance(model, nn.Module):
        raise MeasureError(f"{name}: returned a {type(model).__name__}, not a torch.nn.Module")
    return model
