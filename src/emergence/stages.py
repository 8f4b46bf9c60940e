"""The stages of the artifact: what the command line and the rules call, and the source files each one runs.

A stage is a function whose first argument is its settings and whose others are paths: inputs, then outputs. A stage
sees no setting but those it is given, so a changed setting re-runs just its readers.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from emergence import provenance


@dataclass(frozen=True)
class Stage:
    """Where a stage's function lives, and a line on what it does."""

    module: str
    function: str
    summary: str

    def load(self) -> Callable[..., None]:
        """The stage's function; its module is imported only now."""
        return getattr(import_module(self.module), self.function)


STAGES = {
    "tasks": Stage("emergence.tasks.data", "make", "draw evaluation and probe sets"),
    "train": Stage("emergence.training.train", "train", "train one run"),
    "follow": Stage("emergence.measures.follow", "follow", "follow one measure along one trajectory"),
    "plateau": Stage("emergence.measures.plateau", "sweep", "try settings of the local learning coefficient"),
    "events": Stage("emergence.analysis.events", "make", "find emergence events"),
    "validity": Stage("emergence.analysis.validity", "make", "try the event detectors on planted curves"),
    "collapse": Stage("emergence.analysis.collapse", "make", "find collapse and recovery of a measure"),
    "floors": Stage("emergence.analysis.floors", "make", "compare collapse floors over sizes"),
    "direction": Stage("emergence.analysis.direction", "make", "compare collapse steps over layers"),
    "leads": Stage("emergence.analysis.leads", "make", "compare every event with a measure, and under every null"),
    "precursors": Stage("emergence.analysis.precursors", "make", "take precursor rates of all measures, beside nulls"),
    "sensitivity": Stage("emergence.analysis.sensitivity", "make", "try other settings for floors and rates"),
    "limits": Stage("emergence.analysis.limits", "make", "compare measures with the order of emergence"),
    "claims": Stage("emergence.analysis.claims.table", "make", "judge the claims of the geometric anatomy"),
    "solvable_claims": Stage("emergence.analysis.solvable.claims", "make", "judge the claims of the solvable model"),
    "degree": Stage("emergence.analysis.multifractal.degree", "make", "take the degree of emergence of all runs"),
    "rivals": Stage("emergence.analysis.multifractal.rivals", "make", "hold the degree of emergence against rivals"),
    "multifractal_claims": Stage("emergence.analysis.multifractal.claims", "make", "judge the claims of NeuroMFA"),
    "all_claims": Stage("emergence.analysis.claims.joined", "make", "join the claims of all studies"),
    "calibration": Stage("emergence.calibration.table", "make", "check every estimator against exact values"),
    "parity": Stage("emergence.tasks.parity", "make", "draw the probes of multitask sparse parity"),
    "network": Stage("emergence.training.networks", "train", "train one network on multitask sparse parity"),
    "sweep": Stage("emergence.training.sweeps", "make", "train a sweep of networks on multitask sparse parity"),
    "transformer": Stage("emergence.training.scalar_transformer", "train", "train one transformer on sparse parity"),
    "corpus": Stage("emergence.tasks.corpus", "make", "prepare the text of language models and the questions to them"),
    "ladder": Stage("emergence.training.ladder", "train", "train one language model"),
    "series": Stage("emergence.training.catalogue", "find", "find and read a series of checkpoints from elsewhere"),
    "answers": Stage("emergence.training.answers", "make", "ask a language model all questions"),
    "powers": Stage("emergence.analysis.solvable.powers", "make", "fit the exponent of emergence times"),
    "constants": Stage("emergence.analysis.solvable.constants", "make", "fit constants where there is one skill"),
    "one_skill": Stage("emergence.analysis.solvable.one_skill", "make", "hold networks with one skill against theory"),
    "curves": Stage("emergence.analysis.solvable.curves", "make", "hold networks against theory on three axes"),
    "joint": Stage("emergence.analysis.solvable.joint", "make", "hold detectors and measures against known times"),
    "scaling": Stage("emergence.analysis.solvable.scaling", "make", "sum the loss over many skills"),
    "models": Stage("emergence.analysis.solvable.models", "make", "train the models that theory solves"),
    "staging": Stage("emergence.analysis.solvable.staging", "make", "ask whether skills wait for one another"),
    "phases": Stage("emergence.analysis.language.phases", "make", "find the phases of representations"),
    "language_claims": Stage("emergence.analysis.language.claims", "make", "judge the claims about language models"),
    "fig10": Stage("emergence.figures.fig10", "make", "draw figure 10: language models"),
    "fig1": Stage("emergence.figures.fig1", "make", "draw figure 1: what is learned when"),
    "fig2": Stage("emergence.figures.fig2", "make", "draw figure 2: collapse and recovery"),
    "fig3": Stage("emergence.figures.fig3", "make", "draw figure 3: where it starts"),
    "fig4": Stage("emergence.figures.fig4", "make", "draw figure 4: what leads and what lags"),
    "fig5": Stage("emergence.figures.fig5", "make", "draw figure 5: the limits of prediction"),
    "figS5": Stage("emergence.figures.one_skill", "make", "draw figure S5: networks with one skill"),
    "entropy": Stage("emergence.analysis.solvable.entropy", "make", "follow the loss of the cross-entropy variant"),
    "figS7": Stage("emergence.figures.optimisers", "make", "draw figure S7: another optimiser, another loss"),
    "fig6": Stage("emergence.figures.fig6", "make", "draw figure 6: emergence in time, data and width"),
    "fig8": Stage("emergence.figures.fig8", "make", "draw figure 8: geometry where the truth is known"),
    "fig9": Stage("emergence.figures.fig9", "make", "draw figure 9: networks of neurons"),
    "fig7": Stage("emergence.figures.fig7", "make", "draw figure 7: scaling laws"),
    "figS6": Stage("emergence.figures.staging", "make", "draw figure S6: stage-like training"),
    "figS3": Stage("emergence.figures.plateau", "make", "draw figure S3: settings of the local learning coefficient"),
    "figS4": Stage("emergence.figures.sensitivity", "make", "draw figure S4: sensitivity to choices"),
    "figS8": Stage("emergence.figures.powers", "make", "draw figure S8: the power law of emergence times"),
    "figS1": Stage("emergence.figures.validity", "make", "draw figure S1: validity of the event detectors"),
    "figS2": Stage("emergence.figures.calibration", "make", "draw figure S2: every estimator against exact values"),
}


def sources(stage: str, **options: Any) -> list[str]:
    """Source files that a stage runs, for a rule to list as inputs; a measuring stage runs its measure's as well."""
    modules = [STAGES[stage].module, *(f"emergence.measures.{name}" for name in options.values())]
    return sorted({str(path) for module in modules for path in provenance.sources(module)})
