# What all rules share: the checked configuration, the runs it asks for, and how a stage is called.
import os
import shlex
import subprocess
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.settings.types import DeploymentMethod

# The package is taken from this checkout, installed or not; so any environment with the requirements will do.
SOURCE = Path(workflow.basedir) / "src"
sys.path.insert(0, str(SOURCE))

from emergence import stages
from emergence.config import ConfigError, load

try:
    CONFIG = load(config)
except ConfigError as error:
    raise WorkflowError(f"The configuration cannot be run.\n{error}") from None

RUNS = list(CONFIG.anatomy.runs)
MEASURES = CONFIG.anatomy.measures.names
SIGNALS = list(CONFIG.anatomy.followed)
FIGURES = [1, 2, 3, 4, 5, "S1", "S2", *(["S3"] if "llc" in MEASURES else []), "S4"]
GPU = int(CONFIG.device == "cuda")

# Jobs run the Python that runs Snakemake, whether or not its environment is active, unless they have their own.
if DeploymentMethod.CONDA in workflow.deployment_settings.deployment_method:
    python_path = "$PATH"
else:
    python_path = f"{shlex.quote(str(Path(sys.executable).parent))}:$PATH"
shell.prefix(
    f"set -euo pipefail; export PATH={python_path} PYTHONPATH={shlex.quote(str(SOURCE))}; "
)


wildcard_constraints:
    run="[A-Za-z0-9_.-]+",
    measure="[a-z_]+",
    number=r"S?\d+",


def sources(stage, **options):
    """Source files of a stage, as inputs: an edit re-runs what depends on it, and nothing else."""
    return [os.path.relpath(path) for path in stages.sources(stage, **options)]


def settings(stage):
    """The settings that a stage reads, as JSON; a change of others re-runs nothing."""

    def of_job(wildcards):
        chosen = {name: wildcards.get(name) for name in ("run", "measure")}
        return CONFIG.settings(stage, **chosen).model_dump_json()

    return of_job


def show_claims():
    """Print the claims table at the end of a run, if there is one."""
    table = Path(CONFIG.pathvars.results) / "claims.parquet"
    if table.exists():
        subprocess.run(
            [sys.executable, "-m", "emergence", "show", str(table)],
            env={**os.environ, "PYTHONPATH": str(SOURCE)},
            check=False,
        )
