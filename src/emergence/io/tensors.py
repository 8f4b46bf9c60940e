"""Named arrays as safetensors files whose hash is verified whenever they are read.

The header of the format can hold text entries. One of them, JSON, holds metadata of the arrays and the SHA-256 of both.
It is a single entry because safetensors writes several in an order that changes between processes, and equal contents
must give equal files.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import safetensors.numpy
from numpy.typing import NDArray
from safetensors import SafetensorError

from emergence.errors import EmergenceError
from emergence.io.files import replacing, sha256

NOTHING: Mapping[str, str] = MappingProxyType({})
ENTRY = "contents"


class TensorsError(EmergenceError):
    """A file of tensors that is unreadable or has changed since it was written; the message names it and the remedy."""


def write(path: Path, tensors: Mapping[str, NDArray[Any]], about: Mapping[str, str] = NOTHING) -> None:
    """Write arrays of any shape and of any NumPy type that safetensors supports; equal contents give equal files."""
    arrays = {name: _plain(tensors[name]) for name in sorted(tensors)}
    entry = json.dumps({"about": dict(about), "sha256": _digest(arrays, about)}, sort_keys=True)
    content = safetensors.numpy.save(arrays, metadata={ENTRY: entry})
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def read(path: Path) -> tuple[dict[str, NDArray[Any]], dict[str, str]]:
    """Read the arrays, writable and ordered by name, and their metadata.

    Raises:
        TensorsError: if the file is missing, unreadable, or has changed since it was written.
    """
    try:
        content = path.read_bytes()
        loaded = safetensors.numpy.load(content)
        entry = json.loads(_metadata(content)[ENTRY])
        tensors, about = {name: loaded[name] for name in sorted(loaded)}, dict(entry["about"])
        intact = _digest(tensors, about) == entry["sha256"]
    except (OSError, SafetensorError, ValueError, KeyError, TypeError, OverflowError) as error:
        why = " ".join(str(error).split())
        raise TensorsError(
            f"{path}: not a readable safetensors file of this project ({why}); delete it and run again"
        ) from None
    if not intact:
        raise TensorsError(f"{path}: has changed since it was written (its hash differs); delete it and run again")
    return tensors, about


def _plain(tensor: NDArray[Any]) -> NDArray[Any]:
    """C-ordered and little-endian: safetensors writes memory as it is, whatever the strides."""
    return np.asarray(tensor, dtype=tensor.dtype.newbyteorder("<"), order="C")


def _digest(tensors: Mapping[str, NDArray[Any]], about: Mapping[str, str]) -> str:
    """SHA-256 over names, types, shapes and text, then the contents in the same order."""
    header = [[name, tensor.dtype.name, tensor.shape] for name, tensor in tensors.items()]
    contents = [tensor.reshape(-1).view(np.uint8).data for tensor in tensors.values()]
    return sha256(json.dumps([header, dict(about)], sort_keys=True).encode(), *contents)


def _metadata(content: bytes) -> dict[str, str]:
    """The texts in the header: eight bytes with its length, then JSON."""
    length = int.from_bytes(content[:8], "little")
    return json.loads(content[8 : 8 + length])["__metadata__"]
