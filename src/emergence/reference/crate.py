"""RO-Crate metadata of the archive: a Workflow RO-Crate whose main entity is the Snakefile.

RO-Crate 1.1 (https://w3id.org/ro/crate/1.1) with the profile for workflows
(https://w3id.org/workflowhub/workflow-ro-crate/1.0). Title, authors, licence and the studies are those of
`CITATION.cff`; every file has its size and SHA-256.
"""

import mimetypes
from collections.abc import Iterable, Mapping
from typing import Any

Entity = dict[str, Any]

NAME = "ro-crate-metadata.json"
CRATE = "https://w3id.org/ro/crate/1.1"
PROFILE = "https://w3id.org/workflowhub/workflow-ro-crate/1.0"
LANGUAGE = "https://w3id.org/workflowhub/workflow-ro-crate#snakemake"
MAIN = "Snakefile"
TYPES = {".smk": "text/x-python", ".toml": "application/toml", ".parquet": "application/vnd.apache.parquet"}
"""Media types that Python does not know."""


def metadata(files: Mapping[str, bytes], sums: Mapping[str, str], citation: Mapping[str, Any], date: str) -> Entity:
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
        "@id": NAME,
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
