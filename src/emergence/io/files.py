"""Atomic writes of files and folders (under a temporary name, then renamed), hashes, and files of the package."""

import errno
import gzip
import hashlib
import json
import os
import shutil
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from emergence.errors import EmergenceError
from emergence.system_errors import remedy

ASSETS = Path(__file__).parents[1] / "assets"


class FileError(EmergenceError):
    """A file or folder that cannot be read or written; the message names it and the remedy."""


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside ``path``; rename it on success, remove it on failure.

    Raises:
        FileError: if the disk cannot be written to, whatever error a library raises for that.
    """
    with _writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        os.close(handle)
        temporary = Path(name)
        try:
            yield temporary
            umask = os.umask(0)
            os.umask(umask)
            temporary.chmod(0o666 & ~umask)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


@contextmanager
def replacing_folder(path: Path) -> Iterator[Path]:
    """As `replacing`, for a folder; an earlier folder, or the remains of a killed job, are removed first."""
    temporary = path.with_name(f".{path.name}")
    with _writing(path):
        for stale in (temporary, path):
            shutil.rmtree(stale, ignore_errors=True)
        try:
            yield temporary
            temporary.rename(path)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)


def require_writable(path: Path) -> None:
    """Refuse a path at which no file can be written, before hours of work are lost.

    Raises:
        FileError: if there is a folder of this name, or a folder in the path is a file.
    """
    with _writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        if isinstance(error, EmergenceError) or (line := remedy(error)) is None:
            raise
        raise FileError(f"{path}: cannot be written; {line}") from None


def write_json(path: Path, value: Any) -> None:
    """Write ``value`` as indented JSON; keys keep their order."""
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")


def sha256(*contents: bytes | memoryview) -> str:
    """Hexadecimal SHA-256 of the concatenated contents."""
    digest = hashlib.sha256()
    for content in contents:
        digest.update(content)
    return digest.hexdigest()


def read_asset(name: str, digest: str) -> str:
    """Text that is shipped with the package, compressed; ``assets/README.md`` gives its source and licence.

    Args:
        name: File in `ASSETS`, without the suffix ``.gz``.
        digest: SHA-256 of the text.

    Raises:
        FileError: if the file is missing, damaged or another one.
    """
    path = ASSETS / f"{name}.gz"
    try:
        content = gzip.decompress(path.read_bytes())
    except (OSError, EOFError, zlib.error) as error:
        raise FileError(f"{path}: cannot be read ({error}); install the package again") from None
    if sha256(content) != digest:
        raise FileError(f"{path}: its text does not have the SHA-256 {digest}; install the package again")
    return content.decode()
