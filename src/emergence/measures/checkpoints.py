"""Measure a folder of checkpoints of your own, as ``emergence measure`` does.

A checkpoint is a safetensors file; its step is the last number in its name. Pickled ones are refused, since reading
them may run anything that is in them.
"""

import re
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import safetensors.torch
from safetensors import SafetensorError
from torch import Tensor, nn

from emergence import tables
from emergence.measures.module_subject import Examples, OwnLoss
from emergence.measures.own import measure, options_of
from emergence.measures.subject import MeasureError
from emergence.progress import Progress
from emergence.schemas.trajectories import MEASURE

PICKLES = {".bin", ".ckpt", ".pickle", ".pkl", ".pt", ".pth"}


def measure_all(
    name: str,
    model: nn.Module,
    data: Mapping[str, Examples],
    folder: Path,
    table: Path,
    *,
    layers: Sequence[str] | None = None,
    loss: OwnLoss | None = None,
    seed: int = 0,
    options: Mapping[str, Any],
) -> None:
    """Measure ``model`` with the weights of each checkpoint in ``folder``; write a table like those of trajectories.

    Raises:
        MeasureError: if there is no checkpoint, one does not fit the model, or it cannot be measured.
    """
    files = steps(folder)
    chosen = list(files.items())[:: getattr(options_of(name, options), "every", 1)]
    progress = Progress(f"{name} {folder}", len(chosen), "checkpoints", every=2.0)
    frames = []
    for done, (step, path) in enumerate(chosen, start=1):
        load(model, path)
        rng = np.random.default_rng([seed, step])
        try:
            rows = measure(name, model, data, layers=layers, loss=loss, rng=rng, **options)
        except MeasureError as error:
            raise MeasureError(f"{path}: {error}") from None
        frames.append(rows.assign(step=step))
        progress(done)
    parameters = sum(parameter.numel() for parameter in model.parameters())
    run = {"study": "own", "run": folder.resolve().name, "size": type(model).__name__, "parameters": parameters}
    tables.write(MEASURE, pd.concat(frames).assign(measure=name, seed=seed, **run), table)


def steps(folder: Path) -> dict[int, Path]:
    """Checkpoints of a folder by their step, rising.

    Raises:
        MeasureError: if there are none, or the step of one is not clear from its name.
    """
    found: dict[int, Path] = {}
    for path in sorted(folder.glob("*.safetensors")):
        numbers = re.findall(r"\d+", path.stem)
        if not numbers:
            raise MeasureError(f"{path}: no step in the name; call it, for example, step100.safetensors")
        if (other := found.setdefault(int(numbers[-1]), path)) != path:
            raise MeasureError(f"{path}: has the same step, {numbers[-1]}, as {other.name}; keep one")
    if not found:
        raise MeasureError(f"{folder}: {_absent(folder)}")
    return dict(sorted(found.items()))


def _absent(folder: Path) -> str:
    """Why a folder has no checkpoints."""
    if not folder.is_dir():
        return "no such folder"
    pickled = sorted(path.name for path in folder.iterdir() if path.suffix in PICKLES)
    if pickled:
        return f"{pickled[0]} is pickled and is not read, as that could run code; save as safetensors (save_model)"
    return "no checkpoints; they must be called *.safetensors"


def load(model: nn.Module, path: Path) -> None:
    """Put the weights of a checkpoint into a model.

    Raises:
        MeasureError: if the file is damaged, or its tensors are not those of the model.
    """
    try:
        safetensors.torch.load_model(model, path)
    except (OSError, SafetensorError) as error:
        raise MeasureError(f"{path}: not a readable safetensors file ({error}); save it again") from None
    except RuntimeError as error:
        raise MeasureError(f"{path}: does not fit the model: {' '.join(str(error).split())}") from None


def read_data(path: Path) -> dict[str, Examples]:
    """Groups of examples, by name: ``<group>.inputs`` and ``<group>.targets`` for each.

    Raises:
        MeasureError: if the file is no safetensors file, or a tensor has another name or no partner.
    """
    try:
        tensors = safetensors.torch.load(path.read_bytes())
    except (OSError, SafetensorError) as error:
        raise MeasureError(f"{path}: not a readable safetensors file ({error}); save the data as one") from None
    return grouped(tensors, path)


def grouped(tensors: Mapping[str, Tensor], path: Path) -> dict[str, Examples]:
    """Tensors of a file, called ``<group>.inputs`` and ``<group>.targets``, by group.

    Raises:
        MeasureError: if a tensor has another name or no partner.
    """
    groups = sorted({key.rpartition(".")[0] for key in tensors})  # safetensors gives them in any order
    expected = {f"{group}.{part}" for group in groups for part in ("inputs", "targets")}
    if wrong := sorted(expected ^ tensors.keys()):
        raise MeasureError(f"{path}: {wrong[0]} is missing or has no partner; name tensors <group>.inputs, .targets")
    return {group: (tensors[f"{group}.inputs"], tensors[f"{group}.targets"]) for group in groups}


def from_name(name: str) -> Callable[..., Any]:
    """The function behind ``package.module:function``, looked for in the current folder as well.

    Raises:
        MeasureError: if there is no such function.
    """
    module, _, function = name.partition(":")
    sys.path.insert(0, str(Path.cwd()))
    try:
        found = getattr(import_module(module), function)
    except (ImportError, AttributeError, ValueError) as error:
        raise MeasureError(f"{name}: cannot be imported ({error}); give package.module:function") from None
    finally:
        sys.path.pop(0)
    if not callable(found):
        raise MeasureError(f"{name}: is no function; give one that returns the model")
    return found


def built(name: str) -> nn.Module:
    """The module that the function ``package.module:function`` returns.

    Raises:
        MeasureError: if there is no such function, or it returns something else.
    """
    model = from_name(name)()
    if not isinstance(model, nn.Module):
        raise MeasureError(f"{name}: returned a {type(model).__name__}, not a torch.nn.Module")
    return model
