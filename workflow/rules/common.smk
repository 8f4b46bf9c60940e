# What all rules share: the checked configuration, the runs it asks for, and how a stage is called.
import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError

# The package is taken from this checkout, installed or not; so any environment with the requirements will do. It is
# found from this file: where another project uses the workflow as a module, `workflow.basedir` is that project's.
SOURCE = Path(str(workflow.current_basedir)).parents[1] / "src"
sys.path.insert(0, str(SOURCE))

# Any other character is quoted, but Snakemake formats paths, and a colon parts the folders of PATH and PYTHONPATH.
for folder in (SOURCE.parent, Path(sys.executable).parent):
    if set("{}:") & set(str(folder)):
        raise WorkflowError(
            f"Nothing can run in {folder}: move it to a path without braces and colons."
        )

from emergence import provenance, stages
from emergence.config import ConfigError, contents, load, merged
from emergence.report import evidence

try:
    # A module is given what its user changes; all else is as here. Otherwise `config` holds this file already.
    CONFIG = load(merged(contents(SOURCE.parent / "config.yaml"), config))
except ConfigError as error:
    raise WorkflowError(f"The configuration cannot be run.\n{error}") from None

workflow.register_pathvars(**CONFIG.pathvars.model_dump())
# For the paths that Snakemake does not see, the prefix of a module and folders that it was given besides.
RESULTS = workflow.modifier.path_modifier.replace_prefix(
    workflow.pathvars.apply("<results>")
)

# Where finished tables are: those of this run, or those that are kept of the reference run.
REFERENCE = SOURCE.parent / "reference"
TABLES = REFERENCE / "tables" if CONFIG.source == "reference" else RESULTS

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
# Of the explorer: where the tables of each study are, of which runs.
EXPLORED = {
    "anatomy": ("<results>/analysis", RUNS),
    "solvable": ("<results>/solvable/analysis", NETWORKS),
    "language": ("<results>/language/analysis", LANGUAGE),
}
SHOWN = CONFIG.settings("explorer").studies
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
    return files(stages.sources(stage, **options))


def files(paths):
    """Files of the project as inputs, without the prefix of a module."""
    return [local(os.path.relpath(path)) for path in paths]


def captions(numbers):
    """Captions of figures, which the report has and the explorer."""
    return files(
        SOURCE.parent / f"workflow/captions/fig{number}.rst" for number in numbers
    )


def labels(figure, shows):
    """What the report says of a figure beside its caption: also the claims that it bears on."""
    return {"figure": figure, "shows": shows, "claims": evidence.bearing(figure)}


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
        return str(Path(RESULTS, "state", stage, *names, *wildcards))

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


def measures_of(trial):
    """Measures that signals are series of, RankMe's first."""
    names = {
        signal.measure or name: None
        for name, signal in {"rankme": trial.leads.signal, **trial.others}.items()
    }
    return list(names)


def explored(table):
    """Tables of every study with runs, one each, in the order of the page."""
    return [f"{EXPLORED[study.study][0]}/{table}.parquet" for study in SHOWN]


def explored_signals(table):
    """Tables of every study, one a signal."""
    return [
        f"{EXPLORED[study.study][0]}/{table}/{signal}.parquet"
        for study in SHOWN
        for signal in study.signals
    ]


def explored_measures():
    """Tables of the measures that signals are of, of every run."""
    return [
        f"<results>/measures/{measure}/{run}.parquet"
        for study in SHOWN
        for measure in study.measures
        for run in EXPLORED[study.study][1]
    ]


def kept(wildcards):
    """Checkpoints of a language model that was trained here; those of a series from elsewhere are no result."""
    folder = f"<results>/trajectories/{wildcards.model}/checkpoints"
    return folder if wildcards.model in LADDER else []


def recipe(figure):
    """Stage, settings and tables of a figure, the tables relative to the results."""
    given = getattr(rules, figure).input
    return {
        "stage": figure,
        "settings": CONFIG.settings(figure).model_dump(mode="json"),
        "inputs": {
            name: [
                os.path.relpath(path, RESULTS)
                for path in ([paths] if isinstance(paths, str) else paths)
            ]
            for name, paths in given.items()
            if name != "source"
        },
    }


def of_run(wildcards):
    """The record of this run, as JSON."""
    figures = {f"fig{number}": recipe(f"fig{number}") for number in FIGURES}
    return json.dumps({"config": CONFIG.model_dump(mode="json"), "figures": figures})


def look_when_a_job_ends():
    """Have Snakemake look for work when a job ends on this machine, and at no other time.

    Its limit of jobs a second has every look start a timer for another (9.27), also those that a timer has started. So
    looks become more with every job that ends, each at every input of all that waits: after 200 jobs of the default
    tier they took a quarter of a core.
    """
    if workflow.local_exec:
        workflow.scheduler.job_rate_limiter = None


def show_claims():
    """Print the claims table at the end of a run, if there is one."""
    table = Path(TABLES) / "claims.parquet"
    if table.exists():
        subprocess.run(
            [sys.executable, "-m", "emergence", "show", str(table)],
            env={**os.environ, "PYTHONPATH": str(SOURCE)},
            check=False,
        )
