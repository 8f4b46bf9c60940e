"""Weights of a checkpoint: one safetensors file, or a folder with one, or with shards and their index.

Tensors are mapped from their files, so that a checkpoint that is only read takes no memory of its own. Pickled weights
are refused, since reading them may run arbitrary code.
"""

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TypeVar

import safetensors
from safetensors import SafetensorError
from torch import Tensor

from emergence.errors import EmergenceError

SINGLE, INDEX = "model.safetensors", "model.safetensors.index.json"
SHARD = re.compile(r"-\d+-of-\d+$")
"""End of the name of a shard, without its suffix."""
PICKLES = (".bin", ".ckpt", ".pickle", ".pkl", ".pt", ".pth")
TRAINER_STATE = re.compile(r"(optim|sched|scaler|rng_state|random_states|training_args|sampler|dataloader)")
"""Beginning of the name of a pickle that a trainer saves beside the weights."""
WRAPPERS = re.compile(r"(?:^|(?<=\.))(?:_orig_mod|_fsdp_wrapped_module|_checkpoint_wrapped_module)\.")
"""Parts of names that torch.compile, FSDP and activation checkpointing add, at any depth."""
PARALLEL = "module."
"""Prefix that DataParallel, DistributedDataParallel and DeepSpeed add to every name."""

T = TypeVar("T")


class SeriesError(EmergenceError):
    """A series of checkpoints that cannot be read; the message names the folder or file and the remedy."""


def files(checkpoint: Path) -> list[Path]:
    """The safetensors files of a checkpoint: itself, or in a folder the single file or the shards of the index.

    Raises:
        SeriesError: if there are none, they are pickled, or the index is unreadable or lists a missing shard.
    """
    if checkpoint.is_file():
        return [checkpoint]
    if (checkpoint / SINGLE).is_file():
        return [checkpoint / SINGLE]
    if not (index := checkpoint / INDEX).is_file():
        raise SeriesError(f"{checkpoint}: {_absent(checkpoint)}")
    try:
        names = sorted(set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()))
        shards = [checkpoint / Path(name).name for name in names]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise SeriesError(f"{index}: not a readable index of shards ({error}); copy it again") from None
    if missing := [shard.name for shard in shards if not shard.is_file()]:
        raise SeriesError(f"{checkpoint}: lacks {missing[0]}, listed in {INDEX}; copy it here")
    return shards


def _absent(folder: Path) -> str:
    """The reason why a folder has no weights."""
    if not folder.is_dir():
        return "no such folder; a checkpoint is a folder with config.json and model.safetensors"
    if adapters := sorted(folder.glob("adapter_model.*")):
        return f"{adapters[0].name} is an adapter without its model; merge it (merge_and_unload) and save_pretrained"
    if shards := sorted(path.name for path in folder.glob("*.safetensors") if SHARD.search(path.stem)):
        return f"{shards[0]} is a shard, and there is no {INDEX}; copy it here"
    if pickled := pickles(path.name for path in folder.iterdir()):
        return f"{pickled[0]} is pickled and is not read, as that could run code; save as safetensors (save_pretrained)"
    return f"no weights; there must be {SINGLE}, or shards with {INDEX}"


def pickles(names: Iterable[str]) -> list[str]:
    """Those names of files that are pickled and may hold weights, sorted.

    >>> pickles(["pytorch_model.bin", "optimizer.pt", "training_args.bin", "config.json"])
    ['pytorch_model.bin']
    """
    return sorted(name for name in names if name.endswith(PICKLES) and not TRAINER_STATE.match(name))


def tensors(checkpoint: Path) -> Iterator[tuple[str, Tensor]]:
    """Names and tensors of a checkpoint, one at a time, as stored.

    Raises:
        SeriesError: as `files`, or if a file is damaged or cut short.
    """
    for path in files(checkpoint):
        try:
            with safetensors.safe_open(path, framework="pt") as opened:
                for name in opened.keys():  # noqa: SIM118  not a mapping
                    yield name, opened.get_tensor(name)
        except (OSError, SafetensorError) as error:
            raise SeriesError(f"{path}: not a readable safetensors file ({error}); copy or download it again") from None


def plain_names(names: Collection[str]) -> dict[str, str]:
    """Names of tensors without what wrappers of a model add to them.

    >>> plain_names(["module._orig_mod.0.bias", "module._orig_mod.0.weight"])
    {'module._orig_mod.0.bias': '0.bias', 'module._orig_mod.0.weight': '0.weight'}
    >>> plain_names(["module.bias", "head.bias"])
    {'module.bias': 'module.bias', 'head.bias': 'head.bias'}
    """
    plain = {name: WRAPPERS.sub("", name) for name in names}
    while plain and all(name.startswith(PARALLEL) for name in plain.values()):
        plain = {name: short.removeprefix(PARALLEL) for name, short in plain.items()}
    return plain


def unwrapped(named: Mapping[str, T]) -> dict[str, T]:
    """Values under the plain names of their keys; see `plain_names`."""
    plain = plain_names(named)
    return {plain[name]: value for name, value in named.items()}
