"""The archive of a version: every tracked file of a commit, checksums and RO-Crate metadata in one tarball.

The same commit gives the same bytes: files in order, owned by nobody, of the commit's time; contents are those of git,
not of the disk. Only the compression may differ between versions of zlib.

The metadata are a Workflow RO-Crate whose main entity is the Snakefile: RO-Crate 1.1 (https://w3id.org/ro/crate/1.1)
with the profile for workflows (https://w3id.org/workflowhub/workflow-ro-crate/1.0). Title, authors, licence and the
studies are those of `CITATION.cff`; every file has its size and SHA-256.
"""

import gzip
import io
import json
import mimetypes
import tarfile  # noqa: TID251 - written, never read
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from emergence.io.files import replacing, sha256
from emergence.release.run_metadata import ProjectError, changes, git, version

SUMS = "SHA256SUMS"
CRATE_FILE = "ro-crate-metadata.json"
CRATE = "https://w3id.org/ro/crate/1.1"
PROFILE = "https://w3id.org/workflowhub/workflow-ro-crate/1.0"
LANGUAGE = "https://w3id.org/workflowhub/workflow-ro-crate#snakemake"
MAIN = "Snakefile"
TYPES = {".smk": "text/x-python", ".toml": "application/toml", ".parquet": "application/vnd.apache.parquet"}
"""Media types that Python does not know."""
Entity = dict[str, Any]
Members = dict[str, tuple[tarfile.TarInfo, bytes]]


def archive(project: Path, target: Path) -> Path:
    """Write `emergence-<version>.tar.gz` and its checksum into a folder; returns its path.

    Raises:
        ProjectError: if this is no repository, has changes that are not committed, or does not agree on its version.
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
        raise ProjectError(f"CITATION.cff: version {citation['version']}, not {expected} as in pyproject.toml; mend it")
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


# RO-Crate metadata ---------------------------------------------------------------------------------------------------


def crate_metadata(
    files: Mapping[str, bytes], sums: Mapping[str, str], citation: Mapping[str, Any], date: str
) -> Entity:
    """The crate of these files (content by path), with their checksums, what `CITATION.cff` says and a date."""
    authors = [_author(author) for author in citation["authors"]]
    studies = [_study(reference) for reference in citation["references"]]
    licence = _licence(citation["license"])
    shared = {
        "name": citation["title"],
        "version": str(citation["version"]),
        "license": {"@id": licence["@id"]},
    }
    parts = {path: _file(path, content, sums[path]) for path, content in files.items()}
    parts["README.md"]["about"] = {"@id": "./"}
    parts[MAIN] |= {
        **shared,
        "@type": ["File", "SoftwareSourceCode", "ComputationalWorkflow"],
        "programmingLanguage": {"@id": LANGUAGE},
        "creator": _references(authors),
    }
    root = {
        "@id": "./",
        "@type": "Dataset",
        **shared,
        "description": " ".join(citation["abstract"].split()),
        "keywords": ", ".join(citation["keywords"]),
        "datePublished": date,
        "author": _references(authors),
        "citation": _references(studies),
        "mainEntity": {"@id": MAIN},
        "hasPart": _references(parts.values()),
    }
    graph = [_descriptor(), root, *parts.values(), _language(), licence, *authors, *studies]
    return {"@context": [f"{CRATE}/context", {"sha256": "https://schema.org/sha256"}], "@graph": graph}


def _descriptor() -> Entity:
    return {
        "@id": CRATE_FILE,
        "@type": "CreativeWork",
        "about": {"@id": "./"},
        "conformsTo": [{"@id": CRATE}, {"@id": PROFILE}],
    }


def _file(path: str, content: bytes, checksum: str) -> Entity:
    name = path.rpartition("/")[2]
    kind = TYPES.get(f".{name.rpartition('.')[2]}") or mimetypes.guess_type(name)[0] or "text/plain"
    return {
        "@id": path,
        "@type": "File",
        "name": name,
        "encodingFormat": kind,
        "contentSize": str(len(content)),
        "sha256": checksum,
    }


def _language() -> Entity:
    return {
        "@id": LANGUAGE,
        "@type": "ComputerLanguage",
        "name": "Snakemake",
        "identifier": {"@id": "https://doi.org/10.1093/bioinformatics/bts480"},
        "url": {"@id": "https://snakemake.github.io"},
    }


def _licence(name: str) -> Entity:
    address = f"https://spdx.org/licenses/{name}"
    return {"@id": address, "@type": "CreativeWork", "name": name, "identifier": {"@id": address}}


def _author(author: Mapping[str, Any]) -> Entity:
    """A person, by ORCID where there is one, or a group."""
    if "name" in author:
        return {"@id": f"#{author['name'].replace(' ', '-')}", "@type": "Organization", "name": author["name"]}
    name = f"{author.get('given-names', '')} {author['family-names']}".strip()
    return {"@id": author.get("orcid", f"#{name.replace(' ', '-')}"), "@type": "Person", "name": name}


def _study(reference: Mapping[str, Any]) -> Entity:
    """A study that is rebuilt here."""
    number = reference["identifiers"][0]["value"].removeprefix("arXiv:")
    return {"@id": f"https://arxiv.org/abs/{number}", "@type": "ScholarlyArticle", "name": reference["title"]}


def _references(entities: Iterable[Entity]) -> list[Entity]:
    return [{"@id": entity["@id"]} for entity in entities]
