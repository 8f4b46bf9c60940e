"""The archive of a commit: the same bytes each time, checksums that hold, metadata that follow their profile."""

import hashlib
import json
import shutil
import subprocess
import tarfile
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.project import PROJECT, commit_all, git

from emergence.errors import EmergenceError
from emergence.release import run_metadata
from emergence.release.archive import archive

FILES = ("CITATION.cff", "LICENSE", "README.md", "Snakefile", "pyproject.toml", "workflow/rules/common.smk")
KEPT = ("run.json", "record.json", "tables/claims.csv")


@pytest.fixture
def committed(tmp_path: Path) -> Path:
    """A repository with some files of the project, a script and a link."""
    folder = tmp_path / "repository"
    kept = [f"reference/{name}" for name in KEPT] + [f"reference/exploratory/{name}" for name in KEPT]
    for name in (*FILES, *kept):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(PROJECT / name, folder / name)
    (folder / "profiles").symlink_to("workflow")
    (folder / "run").write_text("#!/bin/sh\n")
    (folder / "run").chmod(0o755)
    commit_all(folder)
    return folder


@pytest.fixture
def unpacked(committed: Path, tmp_path: Path) -> Path:
    with tarfile.open(archive(committed, tmp_path / "dist")) as tar:
        tar.extraction_filter = getattr(tarfile, "data_filter", None)  # Python 3.11.2 has none
        tar.extractall(tmp_path / "unpacked")
    return tmp_path / "unpacked" / f"emergence-{run_metadata.version(PROJECT)}"


@pytest.fixture
def graph(unpacked: Path) -> dict[str, dict[str, Any]]:
    crate = json.loads((unpacked / "ro-crate-metadata.json").read_text())
    assert crate["@context"][0] == "https://w3id.org/ro/crate/1.1/context"
    entities = {entity["@id"]: entity for entity in crate["@graph"]}
    assert len(entities) == len(crate["@graph"]), "an identifier stands for one entity"
    return entities


def test_everything_tracked_is_there_as_it_was(committed: Path, unpacked: Path) -> None:
    for name in FILES:
        assert (unpacked / name).read_bytes() == (committed / name).read_bytes()
    assert (unpacked / "profiles").readlink() == Path("workflow")
    assert (unpacked / "run").stat().st_mode & 0o777 == 0o755
    assert (unpacked / "README.md").stat().st_mode & 0o777 == 0o644


def test_checksums_hold(unpacked: Path) -> None:
    subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=unpacked, check=True)
    listed = {line.split("  ", 1)[1] for line in (unpacked / "SHA256SUMS").read_text().splitlines()}
    files = {str(path.relative_to(unpacked)) for path in unpacked.rglob("*") if path.is_file()}
    linked = {name for name in files if name.startswith("profiles/")}
    assert listed == files - linked - {"SHA256SUMS"}


def test_the_same_commit_gives_the_same_bytes(committed: Path, tmp_path: Path) -> None:
    first = archive(committed, tmp_path / "one")
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", committed, clone], check=True, capture_output=True)
    for path in clone.rglob("*.cff"):
        path.touch()
    second = archive(clone, tmp_path / "two")
    assert first.read_bytes() == second.read_bytes()
    said, name = (tmp_path / "one" / f"{first.name}.sha256").read_text().split()
    assert (said, name) == (hashlib.sha256(first.read_bytes()).hexdigest(), first.name)


def test_changes_and_versions_that_differ_are_refused(committed: Path, tmp_path: Path) -> None:
    citation = committed / "CITATION.cff"
    citation.write_text(citation.read_text().replace("version: 0", "version: 9"))
    with pytest.raises(EmergenceError, match=r"CITATION\.cff: .*commit"):
        archive(committed, tmp_path / "dist")
    git(committed, "commit", "-qam", "another version")
    with pytest.raises(EmergenceError, match=r"CITATION\.cff: version 9.*pyproject\.toml"):
        archive(committed, tmp_path / "dist")
    with pytest.raises(EmergenceError, match=rf"^{tmp_path}: git\b"):
        archive(tmp_path, tmp_path / "dist")
    assert not (tmp_path / "dist").exists()


def test_crate_follows_the_workflow_profile(graph: dict[str, dict[str, Any]]) -> None:
    descriptor = graph["ro-crate-metadata.json"]
    assert (descriptor["@type"], descriptor["about"]) == ("CreativeWork", {"@id": "./"})
    conforms = {entry["@id"] for entry in descriptor["conformsTo"]}
    assert conforms == {"https://w3id.org/ro/crate/1.1", "https://w3id.org/workflowhub/workflow-ro-crate/1.0"}
    root = graph["./"]
    assert root["@type"] == "Dataset"
    assert {"name", "description", "datePublished", "license", "author", "version"} <= set(root)
    main = graph[root["mainEntity"]["@id"]]
    assert main["@id"] == "Snakefile"
    assert set(main["@type"]) == {"File", "SoftwareSourceCode", "ComputationalWorkflow"}
    assert graph[main["programmingLanguage"]["@id"]]["@type"] == "ComputerLanguage"
    assert graph["README.md"]["about"] == {"@id": "./"}
    assert graph["README.md"]["encodingFormat"] == "text/markdown"


def test_crate_has_the_provenance_of_every_kept_run(graph: dict[str, dict[str, Any]]) -> None:
    """By https://www.researchobject.org/workflow-run-crate/profiles/workflow_run_crate, version 0.5."""
    conforms = {graph[profile["@id"]]["name"] for profile in graph["./"]["conformsTo"]}
    assert {"Workflow Run Crate", "Process Run Crate"} < conforms
    runs = {graph[of["@id"]]["object"]["@id"]: graph[of["@id"]] for of in graph["./"]["mentions"]}
    assert set(runs) == {"reference/record.json", "reference/exploratory/record.json"}
    for path, run in runs.items():
        folder = path.removesuffix("/record.json")
        told = json.loads((PROJECT / folder / "run.json").read_text())
        assert run["@type"] == "CreateAction"
        assert run["instrument"] == graph["./"]["mainEntity"]
        assert run["result"] == [{"@id": f"{folder}/tables/claims.csv"}]
        assert datetime.fromisoformat(run["endTime"]) == datetime.fromisoformat(told["finished"])
        assert told["project"]["commit"] in run["description"]
        used = {graph[of["@id"]]["name"]: graph[of["@id"]]["value"] for of in run["resourceUsage"]}
        assert used["processor time of all jobs"] == str(told["cost"]["cpu_seconds"])


def test_crate_says_what_the_citation_says(graph: dict[str, dict[str, Any]]) -> None:
    citation = yaml.safe_load((PROJECT / "CITATION.cff").read_text())
    root = graph["./"]
    assert root["name"] == citation["title"]
    assert graph[root["license"]["@id"]]["name"] == citation["license"] == "MIT"
    assert [graph[root["author"]["@id"]]["name"]] == [each["name"] for each in citation["authors"]]
    assert len(root["citation"]) == len(citation["references"])


def test_crate_refers_to_nothing_that_is_not_in_it(graph: dict[str, dict[str, Any]]) -> None:
    def references(value: Any) -> set[str]:
        if isinstance(value, dict) and set(value) == {"@id"}:
            return {value["@id"]}
        inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
        return set().union(*map(references, inner))

    missing = set().union(*map(references, graph.values())) - set(graph)
    outside = {"https://w3id.org/ro/crate/1.1", "https://w3id.org/workflowhub/workflow-ro-crate/1.0"}
    assert {name for name in missing - outside if not name.startswith("https://")} == set()
    assert {part["@id"] for part in graph["./"]["hasPart"]} == {
        name for name, entity in graph.items() if "File" in entity["@type"]
    }


def test_crate_has_the_checksum_of_every_file(graph: dict[str, dict[str, Any]], unpacked: Path) -> None:
    for name in FILES:
        content = (unpacked / name).read_bytes()
        assert graph[name]["sha256"] == hashlib.sha256(content).hexdigest()
        assert graph[name]["contentSize"] == str(len(content))
