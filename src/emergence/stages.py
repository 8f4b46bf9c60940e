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
    "claims": Stage("emergence.analysis.claims.table", "make", "judge the published claims"),
    "calibration": Stage("emergence.calibration.table", "make", "check every estimator against exact values"),
    "fig1": Stage("emergence.figures.fig1", "make", "draw figure 1: what is learned when"),
    "fig2": Stage("emergence.figures.fig2", "make", "draw figure 2: collapse and recovery"),
    "fig3": Stage("emergence.figures.fig3", "make", "draw figure 3: where it starts"),
    "fig4": Stage("emergence.figures.fig4", "make", "draw figure 4: what leads and what lags"),
    "fig5": Stage("emergence.figures.fig5", "make", "draw figure 5: the limits of prediction"),
    "figS3": Stage("emergence.figures.plateau", "make", "draw figure S3: settings of the local learning coefficient"),
    "figS4": Stage("emergence.figures.sensitivity", "make", "draw figure S4: sensitivity to choices"),
    "figS1": Stage("emergence.figures.validity", "make", "draw figure S1: validity of the event detectors"),
    "figS2": Stage("emergence.figures.calibration", "make", "draw figure S2: every estimator against exact values"),
}


def sources(stage: str, **options: Any) -> list[str]:
    """Source files that a stage runs, for a rule to list as inputs; a measuring stage runs its measure's as well."""
    modules = [STAGES[stage].module, *(f"emergence.measures.{name}" for name in options.values())]
    return sorted({str(path) for module in modules for path in provenance.sources(module)})
