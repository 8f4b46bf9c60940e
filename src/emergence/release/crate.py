"""RO-Crate metadata of an archive: every file with size and SHA-256, the workflow, and the kept runs that it made.

A Workflow Run RO-Crate (https://w3id.org/ro/wfrun/workflow/0.5), hence a Workflow RO-Crate whose main entity is the
Snakefile (https://w3id.org/workflowhub/workflow-ro-crate/1.0), in RO-Crate 1.1 (https://w3id.org/ro/crate/1.1). Title,
authors, licence and studies are those of `CITATION.cff`; a run is a folder with ``run.json``.
"""

import json
import mimetypes
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from emergence.release import record
from emergence.release.snapshot import ACCOUNT, PAPER, PICTURES, TABLES

CRATE_FILE = "ro-crate-metadata.json"
CRATE = "https://w3id.org/ro/crate/1.1"
PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5": "Process Run Crate",
    "https://w3id.org/ro/wfrun/workflow/0.5": "Workflow Run Crate",
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0": "Workflow RO-Crate",
}
"""Profiles that the crate conforms to; the last is that of its description as well."""
CONTEXT = [
    f"{CRATE}/context",
    {
        "sha256": "https://schema.org/sha256",
        "resourceUsage": "https://w3id.org/ro/terms/workflow-run#resourceUsage",
    },
]
LANGUAGE = "https://w3id.org/workflowhub/workflow-ro-crate#snakemake"
MAIN = "Snakefile"
TYPES = {".smk": "text/x-python", ".toml": "application/toml", ".parquet": "application/vnd.apache.parquet"}
"""Media types that Python does not know."""
USED = {
    "busy_seconds": ("time in which any job ran", "s"),
    "cpu_seconds": ("processor time of all jobs", "s"),
    "memory_mb": ("memory of the largest job", "MB"),
}
"""What a run used, by its key in the metadata: what it is, and its unit."""
Entity = dict[str, Any]


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
    runs = [run for path in files if path.rpartition("/")[2] == ACCOUNT for run in _run(path, files, authors)]
    parts["README.md"]["about"] = {"@id": "./"}
    parts[MAIN] |= {
        **shared,
        "@type": ["File", "SoftwareSourceCode", "ComputationalWorkflow"],
        "programmingLanguage": {"@id": LANGUAGE},
        "creator": _one_or_more(authors),
    }
    root = {
        "@id": "./",
        "@type": "Dataset",
        **shared,
        "conformsTo": _references(_profiles()),
        "description": " ".join(citation["abstract"].split()),
        "keywords": ", ".join(citation["keywords"]),
        "datePublished": date,
        "author": _one_or_more(authors),
        "citation": _references(studies),
        "mainEntity": {"@id": MAIN},
        "mentions": _references(run for run in runs if run["@type"] == "CreateAction"),
        "hasPart": _references(parts.values()),
    }
    graph = [_descriptor(), root, *parts.values(), *runs, *_profiles(), _language(), licence, *authors, *studies]
    return {"@context": CONTEXT, "@graph": graph}


def _descriptor() -> Entity:
    return {
        "@id": CRATE_FILE,
        "@type": "CreativeWork",
        "about": {"@id": "./"},
        "conformsTo": [{"@id": CRATE}, {"@id": [*PROFILES][-1]}],
    }


def _profiles() -> list[Entity]:
    """The profiles, each with its name and version."""
    return [
        {"@id": address, "@type": "CreativeWork", "name": name, "version": address.rpartition("/")[2]}
        for address, name in PROFILES.items()
    ]


def _run(path: str, files: Mapping[str, bytes], agents: Sequence[Entity]) -> Iterator[Entity]:
    """The run whose metadata lie at a path, from its configuration to tables, figures and paper, and what it used."""
    folder, run = path.rpartition("/")[0], json.loads(files[path])
    name = f"#run-{folder.replace('/', '-')}"
    made = tuple(f"{folder}/{of}" for of in (f"{TABLES}/", f"{PICTURES}/", PAPER))
    used = [
        {
            "@id": f"{name}-{key}",
            "@type": "PropertyValue",
            "name": what,
            "value": str(run["cost"][key]),
            "unitText": unit,
        }
        for key, (what, unit) in USED.items()
    ]
    versions = [f"{package} {version}" for one in run["versions"] for package, version in one.items()]
    commit = run["project"]["commit"] or f"of version {run['project']['version']}"
    yield {
        "@id": name,
        "@type": "CreateAction",
        "name": f"Snakemake's run of the tier {run['tier']}",
        "description": f"{run['cost']['jobs']} jobs at commit {commit}, on {run['kept_on']['cores']} cores"
        f" ({run['kept_on']['processor']}), with {', '.join(versions)}.",
        "endTime": datetime.fromisoformat(run["finished"]).isoformat(),
        "actionStatus": "http://schema.org/CompletedActionStatus",
        "instrument": {"@id": MAIN},
        "agent": _one_or_more(agents),
        "object": {"@id": f"{folder}/{record.NAME}"},
        "result": [{"@id": file} for file in files if file.startswith(made)],
        "resourceUsage": _references(used),
    }
    yield from used


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


def _one_or_more(entities: Sequence[Entity]) -> Entity | list[Entity]:
    """A reference to an entity, or a list of several."""
    references = _references(entities)
    return references[0] if len(references) == 1 else references


def _references(entities: Iterable[Entity]) -> list[Entity]:
    return [{"@id": entity["@id"]} for entity in entities]
