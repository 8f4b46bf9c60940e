"""The archive of a version: every tracked file of a commit, checksums and RO-Crate metadata in one tarball.

The same commit gives the same bytes: files in order, owned by nobody, of the commit's time; contents are those of git,
not of the disk. Only the compression may differ between versions of zlib.
"""

import gzip
import io
import json
import tarfile  # noqa: TID251 - written, never read
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from emergence.io.files import replacing, sha256
from emergence.release.crate import CRATE_FILE, crate_metadata
from emergence.release.run_metadata import ProjectError, changes, git, version

SUMS = "SHA256SUMS"
Members = dict[str, tuple[tarfile.TarInfo, bytes]]


def archive(project: Path, target: Path) -> Path:
    """Write `emergence-<version>.tar.gz` and its checksum into a folder; returns its path.

    Raises:
        ProjectError: if this is not a repository, has changes that are not committed, or does not agree on its version.
    """
    if changed := changes(project):
        raise ProjectError(f"{changed[0]}: has changes that are in no commit, and an archive is of one; commit or undo")
    commit, seconds = git(project, "log", "-1", "--format=%H %ct").decode().split()
    name = f"emergence-{version(project)}"
    members = _tracked(project, commit)
    files = {path: content for path, (entry, content) in members.items() if entry.isreg()}
    sums = {path: sha256(content) for path, content in files.items()}
    date = datetime.fromtimestamp(int(seconds), UTC).date().isoformat()
    citation = _citation(files, version(project))
    files[CRATE_FILE] = json.dumps(crate_metadata(files, sums, citation, date), indent=1, ensure_ascii=False).encode()
    sums[CRATE_FILE] = sha256(files[CRATE_FILE])
    files[SUMS] = "".join(f"{sums[path]}  {path}\n" for path in sorted(sums)).encode()
    for path in (CRATE_FILE, SUMS):
        members[path] = (tarfile.TarInfo(), files[path])
    tarball = target / f"{name}.tar.gz"
    packed = _packed(name, members, int(seconds))
    with replacing(tarball) as temporary:
        temporary.write_bytes(packed)
    with replacing(target / f"{name}.tar.gz.sha256") as temporary:
        temporary.write_text(f"{sha256(packed)}  {tarball.name}\n", encoding="utf-8")
    return tarball


def _tracked(project: Path, commit: str) -> Members:
    """Files and links of a commit, by path."""
    with tarfile.open(fileobj=io.BytesIO(git(project, "archive", "--format=tar", commit))) as tar:
        entries = [entry for entry in tar if not entry.isdir()]
        return {entry.name: (entry, _content(tar, entry)) for entry in entries}


def _content(tar: tarfile.TarFile, entry: tarfile.TarInfo) -> bytes:
    file = tar.extractfile(entry) if entry.isreg() else None
    return file.read() if file else b""


def _citation(files: Mapping[str, bytes], expected: str) -> dict[str, Any]:
    """Contents of `CITATION.cff`.

    Raises:
        ProjectError: if its version is another than the project's.
    """
    citation: dict[str, Any] = yaml.safe_load(files["CITATION.cff"])
    if str(citation["version"]) != expected:
        raise ProjectError(
            f"CITATION.cff: version {citation['version']}, not {expected} as in pyproject.toml; update it"
        )
    return citation


def _packed(name: str, members: Members, seconds: int) -> bytes:
    """The tarball: everything in one folder, in order."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for path, (entry, content) in sorted(members.items()):
            clean = tarfile.TarInfo(f"{name}/{path}")
            clean.type, clean.linkname, clean.mtime = entry.type, entry.linkname, seconds
            clean.mode, clean.size = 0o755 if entry.mode & 0o100 else 0o644, len(content)
            tar.addfile(clean, io.BytesIO(content))
    return gzip.compress(packed.getvalue(), compresslevel=9, mtime=0)
