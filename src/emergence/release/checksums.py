"""Checksums of the files of a run that carry none: numbers, record, figures, manuscript, paper and explorer.

Tables, arrays and checkpoints have a hash inside, which `emergence.release.verify` knows. These are listed in a file as
``sha256sum`` writes it, with paths from the results, so ``sha256sum --check SHA256SUMS`` does there as well.
"""

import os
from collections.abc import Iterator
from pathlib import Path

from emergence.errors import EmergenceError
from emergence.io.files import replacing, sha256

NAME = "SHA256SUMS"


class ChecksumError(EmergenceError):
    """A list of checksums that cannot be read; the message names the line and the remedy."""


def write_checksums(files: list[Path], sums: Path) -> None:
    """List the hashes of some files, and of all files in folders among them."""
    each = sorted(path for given in files for path in (given.rglob("*") if given.is_dir() else [given]))
    lines = [f"{sha256(path.read_bytes())}  {os.path.relpath(path, sums.parent)}\n" for path in each if path.is_file()]
    with replacing(sums) as temporary:
        temporary.write_text("".join(lines), encoding="utf-8")


def listed(sums: Path) -> Iterator[tuple[Path, str]]:
    """Paths and hashes of a list.

    Raises:
        ChecksumError: if a line has no hash and path.
    """
    try:
        lines = sums.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ChecksumError(f"{sums}: cannot be read ({error}); delete it and run again") from None
    for number, line in enumerate(lines, start=1):
        digest, space, path = line.partition("  ")
        if len(digest) != 64 or not space or not path:
            raise ChecksumError(f"{sums}: line {number} is not a hash and a path; delete the file and run again")
        yield Path(os.path.normpath(sums.parent / path)), digest


def changed(path: Path, digest: str) -> str:
    """The fault of a listed file; nothing if it is as it was written."""
    try:
        content = path.read_bytes()
    except OSError as error:
        return f"{path}: cannot be read ({error.strerror}); run again"
    return "" if sha256(content) == digest else f"{path}: is not what was written; delete it and run again"
