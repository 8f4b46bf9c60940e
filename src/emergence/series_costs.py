"""Costs of series of checkpoints from elsewhere, told before a run begins: bytes to download, memory, time.

All follow from the number of parameters that a repository or name states (``pythia-1.4b``). Every job of a series loads
each of its checkpoints and, but for NeuroMFA, passes all questions through it: two operations per parameter and token.
Not counted: the download's own time, the Hessian and the LLC.
"""

import shutil
from pathlib import Path

from emergence.config.configuration import Config
from emergence.config.language import SeriesSettings

STORED = 2
"""Bytes of a parameter on the hub: float16, as Pythia's and most others'."""
HELD = {"float32": 4, "bfloat16": 2}
"""Bytes of a parameter in memory, by precision."""
AT_ONCE = 2
"""Models in memory while a checkpoint is loaded: the shared one, and what is copied into it."""
BESIDE = 4000
"""MB of libraries and of the questions' representations."""
DOWNLOADED = ("manifest.json", "model.safetensors", "model.safetensors.index.json")
"""Files of a step, one of which says that it is there; the first is absent until a download by hand is read."""
TOKENS = {
    "evaluate_language_model": 28_000,
    "measure_run/language/rankme": 13_000,
    "measure_run/language/loss": 17_000,
    "measure_run/language/neuromfa": 0,
    "record_series": 0,
}
"""Tokens that a job passes through each checkpoint: 700 questions with both continuations, and 200 passages."""
LOADED = 6e-9
"""Seconds to verify, read and copy one parameter of a checkpoint; measured on one core, at 410 million."""
CORE, GPU = 6e10, 6e12
"""Operations a second: of one core, measured likewise; of a GPU, assumed, 30 % of an A100's peak in float32."""


def memory(series: SeriesSettings) -> float:
    """MB that a job of a series takes at most; of one whose name states no size, as one of 1.5 billion parameters."""
    return BESIDE + AT_ONCE * HELD[series.precision] * (series.parameters or 1.5e9) / 1e6


def seconds(job: str, config: Config, *, gpu: bool) -> float | None:
    """Seconds of a job by the path of its log, on one core or with a GPU; None if it is not of a series of known size.

    Args:
        job: such as ``measure_run/language/rankme/pythia160m``.
        config: the whole configuration.
        gpu: whether it has one.
    """
    kind, _, run = job.rpartition("/")
    series = config.language.series.get(run) if config.language else None
    if series is None or series.parameters is None or kind not in TOKENS:
        return None
    operations = 2 * series.parameters * TOKENS[kind]
    steps = series.steps or series.folders or ()
    return len(steps) * (LOADED * series.parameters + operations / (GPU if gpu else CORE))


def announcement(config: Config, downloads: Path) -> str | None:
    """One line: how much is to be downloaded, and how long the jobs of these series take; None if all is there.

    Args:
        config: the whole configuration.
        downloads: the folder of revisions.
    """
    series = list(config.language.series.values()) if config.language else []
    absent = {one.name: count for one in series if (count := _absent(one, downloads))}
    if not absent:
        return None
    sizes = {one.name: one.parameters for one in series if one.name in absent}
    gigabytes = sum(STORED * (sizes[name] or 0) * count for name, count in absent.items()) / 1e9
    hours = {gpu: sum(_hours(name, config, gpu) for name in absent) for gpu in (False, True)}
    unknown = ", ".join(name for name, size in sizes.items() if size is None)
    return (
        f"Series from the hub: {gigabytes:,.1f} GB to download to {downloads} ({_free(downloads):,.0f} GB free), "
        f"then about {hours[False]:,.1f} hours on one core, {hours[True]:,.1f} with a GPU"
        f"{f'; not counted, since its name states no size: {unknown}' if unknown else ''}."
    )


def _absent(series: SeriesSettings, downloads: Path) -> int:
    """Number of steps that are still to be downloaded."""
    folder = series.downloaded_to(downloads)
    steps = [folder / f"step{step}" for step in series.all_revisions]
    return sum(not any((step / name).exists() for name in DOWNLOADED) for step in steps)


def _hours(name: str, config: Config, gpu: bool) -> float:
    """Of all jobs of a series, one after another."""
    measures = config.language.measures.names if config.language else []
    jobs = ["record_series", "evaluate_language_model", *(f"measure_run/language/{one}" for one in measures)]
    return sum(seconds(f"{job}/{name}", config, gpu=gpu) or 0.0 for job in jobs) / 3600


def _free(folder: Path) -> float:
    """GB that are free where a folder is or will be."""
    there = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    return shutil.disk_usage(there).free / 1e9
