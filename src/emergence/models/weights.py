"""Weights of a checkpoint in the Hugging Face layout: one safetensors file, or shards with an index.

Tensors are read one at a time, so that a checkpoint never stands in memory twice. Pickled weights are refused, since
reading them may run anything that is in them.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import safetensors
import torch
from safetensors import SafetensorError
from torch import Tensor

from emergence.errors import EmergenceError

SINGLE, INDEX = "model.safetensors", "model.safetensors.index.json"
PICKLES = (".bin", ".ckpt", ".pickle", ".pkl", ".pt", ".pth")


class SeriesError(EmergenceError):
    """A series of checkpoints that cannot be read; the message names the folder or file and the remedy."""


def files(folder: Path) -> list[Path]:
    """The safetensors files that hold the weights: the single file, or the shards that the index names.

    Raises:
        SeriesError: if there are none, only pickled ones, or the index cannot be read or names what is not there.
    """
    if (folder / SINGLE).is_file():
        return [folder / SINGLE]
    if not (index := folder / INDEX).is_file():
        raise SeriesError(f"{folder}: {_absent(folder)}")
    try:
        names = sorted(set(json.loads(index.read_text())["weight_map"].values()))
        shards = [folder / Path(name).name for name in names]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise SeriesError(f"{index}: no readable index of shards ({error}); copy it again") from None
    if missing := [shard.name for shard in shards if not shard.is_file()]:
        raise SeriesError(f"{folder}: lacks {missing[0]}, which {INDEX} names; copy it here")
    return shards


def _absent(folder: Path) -> str:
    """Why a folder has no weights."""
    if not folder.is_dir():
        return "no such folder; a checkpoint is a folder with config.json and model.safetensors"
    if pickled := sorted(path.name for path in folder.iterdir() if path.suffix in PICKLES):
        return f"{pickled[0]} is pickled and is not read, as that could run code; save as safetensors (save_pretrained)"
    return f"no weights; there must be {SINGLE}, or shards with {INDEX}"


def tensors(folder: Path, dtype: torch.dtype | None = None) -> Iterator[tuple[str, Tensor]]:
    """Names and tensors of a checkpoint, one at a time, as stored or with those of floats cast to ``dtype``.

    Raises:
        SeriesError: as `files`, or if a file is damaged or cut short.
    """
    for path in files(folder):
        try:
            with safetensors.safe_open(path, framework="pt") as opened:
                for name in opened.keys():  # noqa: SIM118  it is no mapping
                    tensor = opened.get_tensor(name)
                    yield name, tensor.to(dtype) if dtype and tensor.is_floating_point() else tensor
        except (OSError, SafetensorError) as error:
            raise SeriesError(f"{path}: not a readable safetensors file ({error}); copy or download it again") from None
