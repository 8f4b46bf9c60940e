"""The workflow as a module from a git host: `github(...)`, with a local repository in the host's place."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.project import ProjectCopy, commit_all, git, tier_files

from emergence.config import loading
from emergence.config.project import figures_drawn

pytestmark = pytest.mark.workflow

SNAKEFILE = """
module emergence:
    snakefile:
        github("someone/emergence", path="workflow/Snakefile", tag="v1")
    config:
        {"tier": "mine"}
    prefix:
        "hosted"


use rule * from emergence as emergence_*
"""
HOSTED = ("config.yaml", "environment.yml", "workflow")


@pytest.fixture(scope="module")
def host(copy: ProjectCopy, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProjectCopy]:
    """A project that names a tag of the workflow, whose package is on the path, as where it is installed."""
    folder = tmp_path_factory.mktemp("host")
    repository = folder / "someone/emergence.git"
    for name in HOSTED:
        place = copy.folder / name
        (shutil.copytree if place.is_dir() else shutil.copy2)(place, _made(repository) / name)
    commit_all(repository)
    git(repository, "tag", "v1")
    project = _made(folder / "project")
    (project / "Snakefile").write_text(SNAKEFILE)
    (project / "src").symlink_to(copy.folder / "src")
    with pytest.MonkeyPatch.context() as changed:
        changed.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        changed.setenv("GIT_CONFIG_COUNT", "1")
        changed.setenv("GIT_CONFIG_KEY_0", f"url.{folder.as_uri()}/.insteadOf")
        changed.setenv("GIT_CONFIG_VALUE_0", "https://github.com/")
        yield ProjectCopy(project)


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def test_a_hosted_workflow_plans_everything_but_the_paper(host: ProjectCopy) -> None:
    planned = host.planned()  # what the module asks for by default
    assert planned["emergence_train"] > 0
    assert planned["emergence_figure"] == len(figures_drawn(loading.read(*tier_files("laptop"))))
    assert "emergence_paper" not in planned


def test_a_hosted_workflow_runs_below_its_prefix(host: ProjectCopy) -> None:
    table = "hosted/results/anatomy/tasks/baselines.parquet"
    host.snakemake("--cores", "1", table)
    assert (host.folder / table).exists()
    assert (host.folder / "hosted/results/logs/task_data.log").exists()
    assert host.planned(table) == {}
