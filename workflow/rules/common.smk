# What all rules share: the checked configuration, its runs, and how the files and settings of a job are named.
import os
import re
import shlex
import sys
from functools import partial
from pathlib import Path

from snakemake.exceptions import WorkflowError

# A checkout runs its own package, installed or not, so that an edit is what runs; a hosted source
# (`module: snakefile: github(...)`) has no folder, and runs the package that is installed.
CHECKOUT = Path(str(workflow.current_basedir)).parents[1]
SOURCE = CHECKOUT / "src"
if HOSTED := not (SOURCE / "emergence").is_dir():
    SOURCE = None
else:
    sys.path.insert(0, str(SOURCE))


def shipped(path):
    """A file of the project: in the checkout, or fetched from the host (Snakemake's cache of local files is not kept)."""
    if HOSTED:
        return workflow.source_path(f"../../{path}")
    return str(CHECKOUT / path)


try:
    from emergence.errors import EmergenceError
    from emergence import run_end, snakemake_objects, stages
    from emergence import workflow as support
    from emergence.config.loading import contents, load, merged
    from emergence.config.project import figures_drawn, possible, project
    from emergence.config.study import TITLES
    from emergence.figures.declarations import declared
    from emergence.layout import ResultsLayout
    from emergence.subjects import SUBJECTS
except ImportError as error:
    raise WorkflowError(
        f"The package `emergence` cannot be imported ({error}); install it beside Snakemake: docs/module.md."
    ) from None
except EmergenceError as error:
    # Stages are listed from the declarations of figures, one of which may lack something.
    raise WorkflowError(str(error)) from None

# Any other character is quoted, but Snakemake formats paths, and a colon parts the folders of PATH and PYTHONPATH.
for folder in (CHECKOUT, Path(sys.executable).parent):
    if set("{}:") & set(str(folder)) and not (HOSTED and folder == CHECKOUT):
        raise WorkflowError(
            f"Nothing can run in {folder}: move it to a path without braces and colons."
        )

try:
    # A module is given what its user changes; all else is as here. Otherwise `config` holds this file already.
    DEFAULTS = contents(Path(shipped("config.yaml")))
    # Read only to be checked: of a key given twice, `config` holds the last value alone.
    contents(*workflow.overwrite_configfiles)
    CONFIG = load(merged(DEFAULTS, config))
    FIGURES = figures_drawn(CONFIG)
except EmergenceError as error:
    raise WorkflowError(f"The configuration cannot be run.\n{error}") from None

workflow.register_pathvars(**CONFIG.pathvars.model_dump())
STUDIES = CONFIG.studies  # that are switched on and have runs
CLAIMED = [
    study for study in CONFIG.studies_with_claims if possible(CONFIG, f"{study}_claims")
]
RUNS = {study: list(of.runs) for study, of in STUDIES.items()}
SERIES = list(STUDIES["language"].series) if "language" in STUDIES else []
TRAINED = [run for runs in RUNS.values() for run in runs if run not in SERIES]

# Jobs run the Python that runs Snakemake, whether or not its environment is active, unless they have their own.
if snakemake_objects.own_environment(workflow):
    python_path = f"{shlex.quote(str(Path(sys.executable).parent))}:$PATH"
else:  # conda, or a container
    python_path = "$PATH"
shell.prefix(
    f"set -euo pipefail; export EMERGENCE_SNAKEMAKE={os.getpid()} PATH={python_path}"
    f"{f' PYTHONPATH={shlex.quote(str(SOURCE))}' if SOURCE else ''}; "
)


def one_of(names):
    """Pattern of a wildcard that has one of these values; of none, where there are none."""
    return "|".join(map(re.escape, names)) or "(?!)"


wildcard_constraints:
    study=one_of(CLAIMED),
    run=one_of([*TRAINED, *SERIES]),
    measure="[a-z_]+",


folder = snakemake_objects.path_resolver(workflow)
REFERENCE = CHECKOUT / "reference"
TABLES = (
    REFERENCE / "tables" if CONFIG.source == "reference" else Path(folder("<results>"))
)
layout = ResultsLayout(CONFIG)
table, made = layout.table, layout.made
of_runs, of_signals = layout.of_runs, layout.of_signals
resources = support.JobResources(CONFIG)
labels, TRAJECTORY, STATE = support.labels, support.TRAJECTORY, support.STATE
stage = partial(support.stage, CONFIG, folder)


def trajectory(study, run="{run}", behaviour=True):
    """Outputs of a training, of which its stage is given the folder alone."""
    folder = f"<results>/{study}/trajectories/{run}"
    manifest = ensure(f"{folder}/manifest.json", non_empty=True)
    scores = [f"{folder}/behaviour.parquet"] if behaviour else []
    return [directory(f"{folder}/checkpoints"), *scores, manifest]


def checkpoints(study, run):
    """Checkpoints of a run that is trained here; those of a series from elsewhere are not results."""
    return [] if run in SERIES else f"<results>/{study}/trajectories/{run}/checkpoints"


def files(paths):
    """Files of the project as inputs, without the prefix of a module."""
    return [local(os.path.relpath(path)) for path in paths]


def of_kept_run(run, *names):
    """Files of another kept run that stands beside this one, as inputs; none without such a run."""
    return files([Path(run, name) for name in names] if run else [])


# Claims and metadata of a run of larger models, claims and laws of the clock on a larger grid.
LARGER_RUN = of_kept_run(CONFIG.published_sizes, "tables/claims.parquet", "run.json")
LARGER_CLOCK = of_kept_run(
    CONFIG.larger_clock,
    "tables/claims.parquet",
    "tables/interventions/analysis/clock_laws.parquet",
)


def caption(figure):
    """Caption of a figure, as an input."""
    path = shipped(f"workflow/captions/{figure}.rst")
    if not Path(path).is_file():
        raise WorkflowError(
            f"{path}: {figure} has no caption; write this file, beginning with **{declared()[figure].title}.**"
        )
    return files([path])


def drawn_from(figure):
    """Files that a figure is drawn from, each of which a rule makes."""
    try:
        named = layout.drawn_from(figure)
    except EmergenceError as error:
        raise WorkflowError(f"{figure}: {error}") from None
    for name, paths in named.items():
        for path in map(folder, paths):
            if not snakemake_objects.is_made(workflow, path):
                raise WorkflowError(
                    f"{figure}: no rule makes {path}, which `draw` takes as {name!r}; name the argument after a table of "
                    "the figure's study, give its file in INPUTS, or name in NEEDS the key that switches it on"
                )
    return named


def summarise():
    """The summary at the end of a run."""
    run_end.summarise(CONFIG, folder, REFERENCE, snakemake_objects.made(workflow))


# Of the explorer.
ASSETS = files(sorted(Path(stages.__file__).parent.glob("report/**/assets/*")))
