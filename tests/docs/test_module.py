"""The workflow as a module of another project: the example of the documentation, run as it stands."""

import shutil

import pandas as pd
import pytest
import yaml
from support.documentation import DOCS
from support.project import ProjectCopy, digests

from emergence.config.loading import contents

pytestmark = pytest.mark.workflow

EXAMPLE = DOCS / "examples/module"
RUN = ("anatomy/trajectories/2x8-s1/manifest.json", "anatomy/measures/rankme/2x8-s1.parquet")


@pytest.fixture(scope="module")
def host(copy: ProjectCopy, tmp_path_factory: pytest.TempPathFactory) -> ProjectCopy:
    """A project with a clone in it, its workflow run to the end."""
    folder = tmp_path_factory.mktemp("host")
    shutil.copytree(EXAMPLE, folder, dirs_exist_ok=True)
    ignored = shutil.ignore_patterns("results", ".snakemake", "*_cache", "__pycache__")
    shutil.copytree(copy.folder, folder / "emergence", ignore=ignored, symlinks=True)
    project = ProjectCopy(folder)
    project.snakemake("--cores", "all")
    return project


def test_it_runs_and_its_tables_are_read(host: ProjectCopy) -> None:
    deepest = pd.read_csv(host.folder / "deepest.csv")
    levels = contents(host.folder / "emergence/config.yaml")["anatomy"]["tasks"].values()
    assert len(deepest) == sum(map(len, levels))
    assert (deepest["value"] > 0).all()
    assert host.planned() == {}


def test_all_that_is_written_is_below_the_prefix(host: ProjectCopy) -> None:
    own = {path.name for path in EXAMPLE.iterdir()} | {"emergence", ".snakemake", "deepest.csv"}
    assert {path.name for path in host.folder.iterdir()} == own | {"followed"}
    assert {path.name for path in (host.folder / "followed").iterdir()} == {"results"}
    assert not (host.folder / "emergence/results").exists()
    assert not (host.folder / "emergence/.snakemake").exists()


def test_results_are_those_of_the_workflow_itself(host: ProjectCopy) -> None:
    clone = ProjectCopy(host.folder / "emergence")
    section = yaml.safe_load((host.folder / "config.yaml").read_text())["emergence"]
    (clone.folder / "section.yaml").write_text(yaml.safe_dump(section))
    clone.snakemake("--cores", "all", "results/anatomy/measures/rankme/2x8-s1.parquet", "--configfile", "section.yaml")
    alone, within = digests(clone.folder / "results"), digests(host.folder / "followed/results")
    shutil.rmtree(clone.folder / "results")
    shutil.rmtree(clone.folder / ".snakemake")
    (clone.folder / "section.yaml").unlink()
    assert alone == within


def test_the_whole_tier_is_planned_below_the_prefix(host: ProjectCopy) -> None:
    printed = host.snakemake("--dry-run", "--forceall", "emergence_all")
    assert "followed/results/claims.parquet" in printed
    assert "followed/figures/fig10.pdf" in printed
    outside = [word for word in printed.split() if word.startswith(("results/", "figures/"))]
    assert outside == []


def test_an_edit_of_the_clone_reruns_its_dependants(host: ProjectCopy) -> None:
    path = host.folder / "emergence/src/emergence/measures/rankme.py"
    before = path.read_text()
    path.write_text(before + "\n# an edit\n")
    jobs = host.planned()
    path.write_text(before)
    assert jobs == {"emergence_measure_run": 1, "deepest": 1}


def test_a_wrong_section_is_refused(host: ProjectCopy) -> None:
    path = host.folder / "config.yaml"
    before = path.read_text()
    path.write_text(before.replace("warmup", "warmpu"))
    printed = host.snakemake("--dry-run", check=False)
    path.write_text(before)
    assert "anatomy.training.warmpu: unknown key" in printed
    assert "Traceback" not in printed


def test_state_is_below_the_prefix(host: ProjectCopy) -> None:
    printed = host.snakemake("--dry-run", "--printshellcmds", "--forceall", "deepest.csv")
    assert "--state followed/results/state/train/2x8-s1" in printed
