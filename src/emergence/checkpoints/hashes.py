"""Hashes of checkpoints, and steps whose weights are the same.

A copy of one checkpoint under the name of another shows in no training curve: 86 of the 154 revisions of a public
series held the final weights (EleutherAI/pythia, issue 205).
"""

import hashlib
from collections.abc import Hashable, Mapping
from pathlib import Path

from emergence.checkpoints import weights
from emergence.checkpoints.weights import SeriesError

PIECE = 1 << 20  # bytes hashed at a time


def weights_digest(checkpoint: Path) -> str:
    """SHA-256 of a checkpoint's weight files, one after the other.

    Raises:
        SeriesError: if there are none, or they cannot be read.
    """
    return file_digest(*weights.files(checkpoint))


def file_digest(*paths: Path) -> str:
    """SHA-256 of files, one after the other.

    Raises:
        SeriesError: if one cannot be read.
    """
    hashed = hashlib.sha256()
    for path in paths:
        try:
            with path.open("rb") as file:
                while piece := file.read(PIECE):
                    hashed.update(piece)
        except OSError as error:
            raise SeriesError(f"{path}: cannot be read ({error}); copy or download it again") from None
    return hashed.hexdigest()


def identical_steps(hashes: Mapping[int, Hashable]) -> list[list[int]]:
    """Steps with the same hash, as groups of two and more.

    >>> identical_steps({0: "a", 1: "b", 2: "c", 3: "b"})
    [[1, 3]]
    """
    steps: dict[Hashable, list[int]] = {}
    for step, value in hashes.items():
        steps.setdefault(value, []).append(step)
    return [same for same in steps.values() if len(same) > 1]


def refuse_identical(name: str, hashes: Mapping[int, Hashable]) -> None:
    """Refuse a series in which two steps have the same hash; the message begins with its name.

    Raises:
        SeriesError: if two have.
    """
    for same in identical_steps(hashes):
        raise SeriesError(f"{name}: steps {same} have identical weights; keep the step to which they belong")
