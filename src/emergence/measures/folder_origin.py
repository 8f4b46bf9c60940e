"""Inputs of the rows of a folder of checkpoints: a stopped measure is resumed on the same inputs only."""

import inspect
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from emergence.checkpoints import weights
from emergence.checkpoints.weights import SeriesError
from emergence.io.files import sha256
from emergence.io.provenance import source_hash, versions
from emergence.subjects.examples import NamedGroup
from emergence.subjects.torch_module import ModuleSubject


def folder_origin(
    names: Sequence[str], subject: ModuleSubject, checkpoints: Mapping[int, Path], about: Mapping[str, Any]
) -> dict[str, str]:
    """Origin of a job, see `emergence.io.resumable`, by hashes.

    Args:
        names: Of the measures.
        subject: Of its model the description counts, and the source of its classes; of its examples all.
        checkpoints: Files or folders by step; names, sizes and times of the files of weights count.
        about: All other settings; of functions their source.
    """
    stamps = [(step, *stamp) for step, checkpoint in checkpoints.items() for stamp in _stamps(checkpoint)]
    settings = [f"{key}={_source(value) if callable(value) else value!r}" for key, value in about.items()]
    classes = sorted({_source(type(module)) for module in subject.model.modules()})
    return {
        "settings": sha256("\n".join(settings).encode()),
        "model": sha256("\n".join([str(subject.model), *classes]).encode()),
        "data": sha256(*(part for group, pair in subject.examples.items() for part in _contents(group, pair))),
        "checkpoints": sha256(str(stamps).encode()),
        "source": source_hash(__name__, "emergence.measures.api", *(f"emergence.measures.{name}" for name in names)),
        **versions(),
    }


def _stamps(checkpoint: Path) -> list[tuple[str, int, int]]:
    """Name, size and time of each file of weights; none of a checkpoint that has no weights yet."""
    try:
        files = weights.files(checkpoint)
    except SeriesError:
        return []
    return [(path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in files]


def _source(defined: Any) -> str:
    """Name of a class or function with its source file, as far as there is one."""
    try:
        source = Path(inspect.getsourcefile(defined) or "").read_text(encoding="utf-8")
    except (OSError, TypeError):
        source = ""
    return f"{getattr(defined, '__qualname__', type(defined).__qualname__)}\n{source}"


def _contents(group: NamedGroup, tensors: Sequence[Tensor]) -> Iterator[bytes]:
    """Name, types, shapes and contents of a group."""
    yield repr(group).encode()
    for tensor in tensors:
        yield f"{tensor.dtype} {tuple(tensor.shape)}".encode()
        yield tensor.cpu().contiguous().flatten().view(torch.uint8).numpy().tobytes()
