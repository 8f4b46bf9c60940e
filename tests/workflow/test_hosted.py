"""The workflow from a git host, with a local repository in the host's place: `github(...)`, and `snakedeploy`."""

import shutil
import subprocess
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
DEPLOYED = """
configfile: "config/config.yaml"


module emergence:
    snakefile:
        github("someone/emergence", path="workflow/Snakefile", tag="v1")
    config:
        config


use rule * from emergence
"""
"""What snakedeploy writes as workflow/Snakefile (0.17), beside copies of these folders."""
COPIED = ("config", "profiles")
HOSTED = ("config.yaml", "environment.yml", "workflow", *COPIED)


@pytest.fixture(scope="module")
def repository(copy: ProjectCopy, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A repository with a tag of the workflow, which git takes for one of the host."""
    folder = tmp_path_factory.mktemp("github")
    repository = folder / "someone/emergence.git"
    for name in HOSTED:
        place = copy.folder / name
        (shutil.copytree if place.is_dir() else shutil.copy2)(place, _made(repository) / name)
    commit_all(repository)
    git(repository, "tag", "v1")
    with pytest.MonkeyPatch.context() as changed:
        changed.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        changed.setenv("GIT_CONFIG_COUNT", "1")
        changed.setenv("GIT_CONFIG_KEY_0", f"url.{folder.as_uri()}/.insteadOf")
        changed.setenv("GIT_CONFIG_VALUE_0", "https://github.com/")
        yield repository


@pytest.fixture(scope="module")
def host(repository: Path, copy: ProjectCopy, tmp_path_factory: pytest.TempPathFactory) -> ProjectCopy:  # noqa: ARG001
    """A project that names a tag of the workflow."""
    project = tmp_path_factory.mktemp("host")
    (project / "Snakefile").write_text(SNAKEFILE)
    return _with_package(project, copy)


@pytest.fixture(scope="module", params=["by hand", "by snakedeploy"])
def deployed(
    request: pytest.FixtureRequest, repository: Path, copy: ProjectCopy, tmp_path_factory: pytest.TempPathFactory
) -> ProjectCopy:
    """A project in which the workflow was deployed; by hand, it is what the tool writes."""
    project = tmp_path_factory.mktemp("deployed")
    if request.param == "by hand":
        (_made(project / "workflow") / "Snakefile").write_text(DEPLOYED)
        for name in COPIED:
            shutil.copytree(repository / name, project / name)
    else:
        program = shutil.which("snakedeploy")
        if program is None:
            pytest.skip("no snakedeploy here: pipx install snakedeploy")
        arguments = ["deploy-workflow", "https://github.com/someone/emergence", str(project), "--tag", "v1"]
        subprocess.run([program, *arguments], check=True, capture_output=True)
    return _with_package(project, copy)


def _with_package(project: Path, copy: ProjectCopy) -> ProjectCopy:
    """The project with the package on its path, as where it is installed."""
    (project / "src").symlink_to(copy.folder / "src")
    return ProjectCopy(project)


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


def test_a_deployed_workflow_plans_everything_but_the_paper(deployed: ProjectCopy) -> None:
    config = loading.read(*tier_files("laptop"))
    planned = deployed.planned()
    assert planned["train"] == len(config.anatomy.runs)
    assert planned["figure"] == len(figures_drawn(config))
    assert "paper" not in planned


def test_a_deployed_workflow_takes_its_settings_from_its_own_folder(deployed: ProjectCopy) -> None:
    settings = deployed.folder / "config/config.yaml"
    before = settings.read_text()
    settings.write_text(f"{before}anatomy: {{seeds: [7]}}\n")
    planned = deployed.planned()
    settings.write_text(before)
    assert planned["train"] == len(loading.read(*tier_files("laptop")).anatomy.sizes)
