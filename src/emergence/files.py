"""Files that are whole or not there: written under a temporary name, then renamed; and their hashes."""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from emergence.errors import EmergenceError
from emergence.failures import remedy


class FileError(EmergenceError):
    """A file or folder that cannot be written; the message names it and the remedy."""


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside ``path``; rename it on success, remove it on failure.

    Raises:
        FileError: if the disk is why it cannot be written, by whatever error a library says so.
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
    """As `replacing`, for a folder; what was there before, or was left by a killed job, is removed first."""
    temporary = path.with_name(f".{path.name}")
    with _writing(path):
        for left in (temporary, path):
            shutil.rmtree(left, ignore_errors=True)
        try:
            yield temporary
            temporary.rename(path)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        if isinstance(error, EmergenceError) or (line := remedy(error)) is None:
            raise
        raise FileError(f"{path}: cannot be written, {line}") from None


def write_json(path: Path, value: Any) -> None:
    """Write ``value`` as indented JSON; keys keep their order."""
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(value, indent=1) + "\n")


def sha256(*contents: bytes | memoryview) -> str:
    """Hexadecimal SHA-256 of the concatenated contents."""
    digest = hashlib.sha256()
    for content in contents:
        digest.update(content)
    return digest.hexdigest()
