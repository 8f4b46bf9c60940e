"""The manuscript as one archive for a preprint server: it compiles by itself with ``typst compile paper.typ``."""

import gzip
import io
import tarfile
from pathlib import Path

from emergence.files import replacing
from emergence.settings.paper import PlainSettings

PLAIN_FILE = 0o644


def packed(folder: Path) -> bytes:
    """A folder as a compressed archive, with nothing in it of who made it, where and when."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            entry = tarfile.TarInfo(path.relative_to(folder).as_posix())
            entry.size, entry.mode = path.stat().st_size, PLAIN_FILE
            with path.open("rb") as file:
                archive.addfile(entry, file)
    return gzip.compress(content.getvalue(), mtime=0)


def make(settings: PlainSettings, manuscript: Path, archive: Path) -> None:  # noqa: ARG001
    """Pack the manuscript."""
    content = packed(manuscript)
    with replacing(archive) as temporary:
        temporary.write_bytes(content)
