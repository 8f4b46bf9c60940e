"""Work of jobs of transformers, by their settings: from what one job cost follows what another will.

Work is what grows with the settings: the operations of a layer, times layers, times how often and on how much they run.
It has no unit of its own, and compares jobs of one stage only. From one tier to another it foretells the processor time
of most jobs within a factor of two (`tests/test_job_work.py`).
"""

from collections.abc import Sequence
from math import prod
from typing import Any

from emergence.config.anatomy import Anatomy
from emergence.config.configuration import Config
from emergence.config.language import Language
from emergence.config.study import Study
from emergence.config.training import Size
from emergence.training.schedule import checkpoint_steps, doubling_steps

BY_ENTRY, BY_CALL = 22, 3000
"""Work of a layer beside its matrix products, which is its width squared: for each of its width, and for its calls. Fit
to training at widths 16, 64 and 128 on one core."""
REPEATED = ("chains", "draws", "products", "samples")
"""Options of measures that say how often, or on how much, a checkpoint is measured"""


def work(config: Config, job: str) -> float | None:
    """Work of a job; None if it is not one of a transformer's, or nothing is known of how it grows.

    Args:
        config: the whole configuration.
        job: its stage and wildcards, as `emergence.job_costs.key` gives them, such as ``train/4x64``.
    """
    stage, *names = job.split("/")
    if stage not in STUDIES or not names:
        return None
    study = config.studies.get(STUDIES[stage] or names[0])
    size = next((one for one in _sizes(study) if one.name == names[-1]), None)
    if study is None or size is None:
        return None
    layer = size.width**2 + BY_ENTRY * size.width + BY_CALL
    amount = _measuring(study, names[1]) if stage == "measure_run" else AMOUNTS[stage](study)
    return amount * size.layers * layer


def keys_of(config: Config, stage: str) -> list[str]:
    """Keys of the jobs of a stage whose work is known."""
    if stage not in STUDIES:
        return []
    if study := STUDIES[stage]:
        return [f"{stage}/{size.name}" for size in _sizes(config.studies.get(study))]
    return [
        f"{stage}/{study}/{measure}/{size.name}"
        for study, settings in config.studies.items()
        for measure in settings.measures.names
        for size in _sizes(settings)
    ]


def _sizes(study: Study | None) -> Sequence[Size]:
    """Of the transformers that a study trains."""
    if isinstance(study, Anatomy):
        return study.sizes
    return study.ladder.sizes if isinstance(study, Language) else ()


def _checkpoints(study: Any) -> int:
    """How many a run of a study has."""
    if isinstance(study, Anatomy):
        return len(checkpoint_steps(study.checkpoints, study.training.steps))
    return len(doubling_steps(study.ladder.checkpoints, study.ladder.training.steps))


def _sequences(anatomy: Any) -> float:
    """Of each task-level, in training."""
    return float(anatomy.training.steps * anatomy.training.examples)


def _tokens(language: Any) -> float:
    """In training."""
    return float(language.ladder.training.steps * language.text.batch * language.text.context)


def _measuring(study: Any, measure: str) -> float:
    """Checkpoints that are measured, times the repetitions of each, or else the probes of a task-level."""
    options = getattr(study.measures, measure)
    repeats = [count for name in REPEATED if (count := getattr(options, name, None))]
    probes = study.probes.examples if isinstance(study, Anatomy) else 1
    return _checkpoints(study) / getattr(options, "every", 1) * (prod(repeats) if repeats else probes)


STUDIES = {
    "train": "anatomy",
    "train_language_model": "language",
    "evaluate_language_model": "language",
    "measure_run": "",
}
"""Stages whose work is known, with the study of their runs, where that is not the first wildcard"""
AMOUNTS = {"train": _sequences, "train_language_model": _tokens, "evaluate_language_model": _checkpoints}
"""How often and on how much the layers of a model run in a job, by stage"""
