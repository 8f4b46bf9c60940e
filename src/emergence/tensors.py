"""Named arrays as safetensors files that are refused unless they are what was written.

The header of the format can hold text under names of one's own. One such entry, JSON, holds what is said ``about`` the
arrays and the SHA-256 of both. It is one entry because safetensors writes several in an order that changes from process
to process, and equal contents are to give equal files.
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
from emergence.files import replacing, sha256

NOTHING: Mapping[str, str] = MappingProxyType({})
ENTRY = "contents"


class TensorsError(EmergenceError):
    """A file of tensors that cannot be read or is not what was written; the message names it and the remedy."""


def write(path: Path, tensors: Mapping[str, NDArray[Any]], about: Mapping[str, str] = NOTHING) -> None:
    """Write arrays of any shape and of the types of NumPy that safetensors knows; equal contents give equal files."""
    kept = {name: _plain(tensors[name]) for name in sorted(tensors)}
    entry = json.dumps({"about": dict(about), "sha256": _digest(kept, about)}, sort_keys=True)
    content = safetensors.numpy.save(kept, metadata={ENTRY: entry})
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def read(path: Path) -> tuple[dict[str, NDArray[Any]], dict[str, str]]:
    """Read the arrays, writable, in the order of their names, and what was said about them.

    Raises:
        TensorsError: if the file is missing, cannot be read, or is not what `write` wrote.
    """
    try:
        content = path.read_bytes()
        found = safetensors.numpy.load(content)
        entry = json.loads(_metadata(content)[ENTRY])
        tensors, about = {name: found[name] for name in sorted(found)}, dict(entry["about"])
        whole = _digest(tensors, about) == entry["sha256"]
    except (OSError, SafetensorError, ValueError, KeyError, TypeError, OverflowError) as error:
        why = " ".join(str(error).split())
        raise TensorsError(f"{path}: no readable safetensors file of ours ({why}); delete it and run again") from None
    if not whole:
        raise TensorsError(f"{path}: is not what was written, its hash is another; delete it and run again")
    return tensors, about


def _plain(tensor: NDArray[Any]) -> NDArray[Any]:
    """In rows and little-endian: safetensors writes memory as it lies there, whatever the strides."""
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
