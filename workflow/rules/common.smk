# What all rules share: the checked configuration, the runs it asks for, and how a stage is called.
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError

# The package is taken from this checkout, installed or not; so any environment with the requirements will do.
SOURCE = Path(workflow.basedir) / "src"
sys.path.insert(0, str(SOURCE))

# Any other character is quoted, but Snakemake formats paths, and a colon parts the folders of PATH and PYTHONPATH.
for folder in (SOURCE.parent, Path(sys.executable).parent):
    if set("{}:") & set(str(folder)):
        raise WorkflowError(
            f"Nothing can run in {folder}: move it to a path without braces and colons."
        )

from emergence import stages
from emergence.config import ConfigError, load

try:
    CONFIG = load(config)
except ConfigError as error:
    raise WorkflowError(f"The configuration cannot be run.\n{error}") from None

RUNS = list(CONFIG.anatomy.runs)
TOGETHER = (
    CONFIG.anatomy.groups(CONFIG.compute.together)
    if CONFIG.compute.together > 1
    else []
)
MEASURES = CONFIG.anatomy.measures.names
SIGNALS = list(CONFIG.anatomy.followed)
NEURONS = CONFIG.multifractal.runs(CONFIG)
FIGURES = [
    *range(1, 9),
    *([9, 10] if NEURONS else []),
    "S1",
    "S2",
    *(["S3"] if "llc" in MEASURES else []),
    *(f"S{number}" for number in range(4, 9)),
]
STUDIES = CONFIG.settings("all_claims").studies
NETWORKS = list(CONFIG.solvable.runs)
SWEEPS = CONFIG.solvable.sweeps.names
TRANSFORMERS = list(CONFIG.solvable.transformers)
LANGUAGE = CONFIG.language.runs
LADDER = list(CONFIG.language.trained)
SERIES = list(CONFIG.language.found)
GPU = int(CONFIG.device == "cuda")
# MB of the host: without a GPU, 730 were used at most; CUDA alone takes some 4000.
MEMORY = 8000 if GPU else 2000
# Minutes, the longest time limit of usual partitions; what takes longer goes on from its state at the next attempt.
DAY = 24 * 60

# Jobs run the Python that runs Snakemake, whether or not its environment is active, unless they have their own.
if workflow.deployment_settings.deployment_method:  # conda, or a container
    python_path = "$PATH"
else:
    python_path = f"{shlex.quote(str(Path(sys.executable).parent))}:$PATH"
shell.prefix(
    f"set -euo pipefail; export PATH={python_path} PYTHONPATH={shlex.quote(str(SOURCE))}; "
)


def one_of(names):
    """Pattern of a wildcard that has one of these values; of none, where there are none."""
    return "|".join(map(re.escape, names)) or "(?!)"


wildcard_constraints:
    run="|".join(map(re.escape, [*RUNS, *NETWORKS])),
    network="|".join(NETWORKS),
    sweep="|".join(SWEEPS),
    transformer="|".join(TRANSFORMERS),
    model=one_of(LANGUAGE),
    measure="[a-z_]+",
    number=r"S?\d+",


def sources(stage, **options):
    """Source files of a stage, as inputs: an edit re-runs what depends on it, and nothing else."""
    return [os.path.relpath(path) for path in stages.sources(stage, **options)]


def settings(stage, study=None, run=None):
    """The settings that a stage reads, as JSON; a change of others re-runs nothing."""

    def of_job(wildcards):
        kinds = ("run", "network", "sweep", "transformer", "model")
        named = next((wildcards[key] for key in kinds if key in wildcards.keys()), run)
        measure = wildcards.get("measure")
        return CONFIG.settings(stage, named, measure, study).model_dump_json()

    return of_job


def grown(amount, most=float("inf")):
    """A resource that grows with every attempt at a job, up to a limit; its amount may depend on the job."""

    def of_attempt(wildcards, attempt):
        return min(attempt * (amount(wildcards) if callable(amount) else amount), most)

    return of_attempt


def of_model(wildcards):
    """MB for a language model: those from elsewhere have up to 1.4 billion parameters."""
    return 16000 if wildcards.model in SERIES else MEMORY


def state(stage, *names):
    """Where a long job keeps what it has done until it ends: no output, for those of a failed job are removed."""

    def of_job(wildcards):
        return str(Path(CONFIG.pathvars.results, "state", stage, *names, *wildcards))

    return of_job


def probes(wildcards):
    """Probes through which the checkpoints of a run are measured."""
    of = "solvable" if wildcards.run in NETWORKS else "tasks"
    return f"<results>/{of}/probes.safetensors"


def subject(wildcards):
    """Module through which measures see the model of a run."""
    return "parity_subject" if wildcards.run in NETWORKS else "task_subject"


def of_signal(signals, runs):
    """Tables of the measure that a signal is a series of, for all of these runs."""

    def of_job(wildcards):
        measure = signals[wildcards.measure].measure or wildcards.measure
        return expand(
            "<results>/measures/{measure}/{run}.parquet", measure=measure, run=runs
        )

    return of_job


def kept(wildcards):
    """Checkpoints of a language model that was trained here; those of a series from elsewhere are no result."""
    folder = f"<results>/trajectories/{wildcards.model}/checkpoints"
    return folder if wildcards.model in LADDER else []


def show_claims():
    """Print the claims table at the end of a run, if there is one."""
    table = Path(CONFIG.pathvars.results) / "claims.parquet"
    if table.exists():
        subprocess.run(
            [sys.executable, "-m", "emergence", "show", str(table)],
            env={**os.environ, "PYTHONPATH": str(SOURCE)},
            check=False,
        )
