# What all rules share: the checked configuration, the runs it asks for, and how a stage is called.
import os
import shlex
import subprocess
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError

from emergence import stages
from emergence.config import ConfigError, load

try:
    CONFIG = load(config)
except ConfigError as error:
    raise WorkflowError(f"The configuration cannot be run.\n{error}") from None

RUNS = list(CONFIG.anatomy.runs)
FIGURES = [1, 2, 3]
GPU = int(CONFIG.device == "cuda")

# Jobs find the `emergence` command beside the Python that runs Snakemake, whether or not its environment is active.
shell.prefix(
    f"set -euo pipefail; PATH={shlex.quote(str(Path(sys.executable).parent))}:$PATH; "
)


wildcard_constraints:
    run="[A-Za-z0-9_.-]+",
    measure="[a-z_]+",
    number=r"\d+",


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
            [sys.executable, "-m", "emergence.cli", "show", str(table)], check=False
        )
