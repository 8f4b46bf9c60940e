"""The stages of the artifact: what the command line and the rules call, and the source files each one runs.

A stage is a function whose first argument is its settings and whose others are paths: inputs, then outputs. A stage
sees no setting but those it is given, so a changed setting re-runs just its readers.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

from emergence import provenance


@dataclass(frozen=True)
class Stage:
    """Where a stage's function lives, and a line on what it does."""

    module: str
    summary: str
    function: str = "make"

    def load(self) -> Callable[..., None]:
        """The stage's function; its module is imported only now."""
        return getattr(import_module(self.module), self.function)


OF_STUDY = {
    "anatomy": {
        "tasks": Stage("emergence.tasks.data", "draw evaluation and probe sets"),
        "train": Stage("emergence.training.train", "train one run", "train"),
        "train_together": Stage("emergence.training.together", "train runs of one size as one stack", "train"),
        "follow": Stage("emergence.measures.follow", "follow one measure along one trajectory", "follow"),
        "plateau": Stage("emergence.measures.plateau", "try settings of the local learning coefficient", "sweep"),
        "events": Stage("emergence.analysis.events", "find emergence events"),
        "validity": Stage("emergence.analysis.validity", "try the event detectors on planted curves"),
        "collapse": Stage("emergence.analysis.collapse", "find collapse and recovery of a measure"),
        "floors": Stage("emergence.analysis.floors", "compare collapse floors over sizes"),
        "direction": Stage("emergence.analysis.direction", "compare collapse steps over layers"),
        "leads": Stage("emergence.analysis.leads", "compare every event with a measure, and under every null"),
        "precursors": Stage("emergence.analysis.precursors", "take precursor rates of all measures, beside nulls"),
        "sensitivity": Stage("emergence.analysis.sensitivity", "try other settings for floors and rates"),
        "limits": Stage("emergence.analysis.limits", "compare measures with the order of emergence"),
        "stability": Stage("emergence.analysis.stability.anatomy", "judge the claims of Study 1 under other settings"),
        "claims": Stage("emergence.analysis.claims.table", "judge the claims of the geometric anatomy"),
        "calibration": Stage("emergence.calibration.table", "check every estimator against exact values"),
        "fig1": Stage("emergence.figures.fig1", "draw figure 1: what is learned when"),
        "fig2": Stage("emergence.figures.fig2", "draw figure 2: collapse and recovery"),
        "fig3": Stage("emergence.figures.fig3", "draw figure 3: where it starts"),
        "fig4": Stage("emergence.figures.fig4", "draw figure 4: what leads and what lags"),
        "fig5": Stage("emergence.figures.fig5", "draw figure 5: the limits of prediction"),
        "figS1": Stage("emergence.figures.validity", "draw figure S1: validity of the event detectors"),
        "figS2": Stage("emergence.figures.calibration", "draw figure S2: every estimator against exact values"),
        "figS3": Stage("emergence.figures.plateau", "draw figure S3: settings of the local learning coefficient"),
        "figS4": Stage("emergence.figures.sensitivity", "draw figure S4: sensitivity to choices"),
        "anatomy_numbers": Stage("emergence.report.anatomy", "collect what the paper quotes of the anatomy"),
    },
    "solvable": {
        "parity": Stage("emergence.tasks.parity", "draw the probes of multitask sparse parity"),
        "network": Stage("emergence.training.networks", "train one network on multitask sparse parity", "train"),
        "sweep": Stage("emergence.training.sweeps", "train a sweep of networks on multitask sparse parity"),
        "transformer": Stage(
            "emergence.training.scalar_transformer", "train one transformer on sparse parity", "train"
        ),
        "constants": Stage("emergence.analysis.solvable.constants", "fit constants where there is one skill"),
        "one_skill": Stage("emergence.analysis.solvable.one_skill", "hold networks with one skill against theory"),
        "curves": Stage("emergence.analysis.solvable.curves", "hold networks against theory on three axes"),
        "entropy": Stage("emergence.analysis.solvable.entropy", "follow the loss of the cross-entropy variant"),
        "scaling": Stage("emergence.analysis.solvable.scaling", "sum the loss over many skills"),
        "models": Stage("emergence.analysis.solvable.models", "train the models that theory solves"),
        "staging": Stage("emergence.analysis.solvable.staging", "ask whether skills wait for one another"),
        "powers": Stage("emergence.analysis.solvable.powers", "fit the exponent of emergence times"),
        "joint": Stage("emergence.analysis.solvable.joint", "hold detectors and measures against known times"),
        "solvable_claims": Stage("emergence.analysis.solvable.claims", "judge the claims of the solvable model"),
        "fig6": Stage("emergence.figures.fig6", "draw figure 6: emergence in time, data and width"),
        "fig7": Stage("emergence.figures.fig7", "draw figure 7: scaling laws"),
        "fig8": Stage("emergence.figures.fig8", "draw figure 8: geometry where the truth is known"),
        "figS5": Stage("emergence.figures.one_skill", "draw figure S5: networks with one skill"),
        "figS6": Stage("emergence.figures.staging", "draw figure S6: stage-like training"),
        "figS7": Stage("emergence.figures.optimisers", "draw figure S7: another optimiser, another loss"),
        "figS8": Stage("emergence.figures.powers", "draw figure S8: the power law of emergence times"),
        "solvable_numbers": Stage("emergence.report.solvable", "collect what the paper quotes of the solvable model"),
    },
    "multifractal": {
        "degree": Stage("emergence.analysis.multifractal.degree", "take the degree of emergence of all runs"),
        "rivals": Stage("emergence.analysis.multifractal.rivals", "hold the degree of emergence against rivals"),
        "multifractal_claims": Stage("emergence.analysis.multifractal.claims", "judge the claims of NeuroMFA"),
        "fig9": Stage("emergence.figures.fig9", "draw figure 9: networks of neurons"),
        "multifractal_numbers": Stage("emergence.report.multifractal", "collect what the paper quotes of NeuroMFA"),
    },
    "language": {
        "corpus": Stage("emergence.tasks.corpus", "prepare the text of language models and the questions to them"),
        "ladder": Stage("emergence.training.ladder", "train one language model", "train"),
        "series": Stage("emergence.training.catalogue", "find and read a series of checkpoints from elsewhere", "find"),
        "answers": Stage("emergence.training.answers", "ask a language model all questions"),
        "phases": Stage("emergence.analysis.language.phases", "find the phases of representations"),
        "language_stability": Stage(
            "emergence.analysis.stability.language", "judge the claims about language models under other settings"
        ),
        "language_claims": Stage("emergence.analysis.language.claims", "judge the claims about language models"),
        "fig10": Stage("emergence.figures.fig10", "draw figure 10: language models"),
        "language_numbers": Stage("emergence.report.language", "collect what the paper quotes of language models"),
    },
    "all": {
        "all_claims": Stage("emergence.analysis.claims.joined", "join the claims of all studies"),
        "explorer": Stage("emergence.report.explorer.page", "put all results on one page to look at"),
        "paper_numbers": Stage("emergence.report.numbers", "collect all numbers of the paper"),
        "compute": Stage("emergence.report.compute", "sum up time and memory of all jobs"),
        "manuscript": Stage("emergence.report.manuscript", "put together text, numbers and figures of the paper"),
        "paper": Stage("emergence.report.typeset", "typeset the paper"),
        "arxiv": Stage("emergence.report.arxiv", "pack the manuscript for a preprint server"),
    },
}
"""Stages by the study that has them; others may use those of the first on runs of their own."""

STAGES = {name: stage for stages in OF_STUDY.values() for name, stage in stages.items()}


def study_of(stage: str) -> str | None:
    """The study that has a stage, if there is such a stage."""
    return next((study for study, stages in OF_STUDY.items() if stage in stages), None)


def sources(stage: str, **options: Any) -> list[str]:
    """Source files that a stage runs, for a rule to list as inputs; a measuring stage runs its measure's as well."""
    modules = [STAGES[stage].module, *(f"emergence.measures.{name}" for name in options.values())]
    return sorted({path for module in modules for path in _of_module(module)})


@cache  # Snakemake asks anew for every job
def _of_module(module: str) -> list[str]:
    return [str(path) for path in provenance.sources(module)]
