"""The stages of the workflow: the function, the summary and the configuration keys of each, declared once.

A stage is a function. Its parameters are paths (``Path`` or ``list[Path]``: inputs, then outputs) and settings; `reads`
names the configuration key of each setting, so that a changed key re-runs just the stages that read it. The command
line and the rules hand a stage its settings through `emergence.config.project`.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import import_module  # noqa: TID251 - a module of this package, from a table or a checked setting
from string import Formatter
from typing import Any

from emergence.figures import declarations
from emergence.io import provenance
from emergence.io.files import sha256
from emergence.measures.declarations import declared, signal_labels

Reads = "str | Each | Where | Mapping[str, Reads]"

SHORT, AT_TRAINING, AT_MEASURES, LAST = 3, 2, 1, 0
"""Priorities: of jobs that could start, the highest goes first. `LAST` are long jobs that no other long job waits for:
begun at last, they keep all cores busy to the end."""


@dataclass(frozen=True)
class Each:
    """Fields read once for every name that stands at a key."""

    names: str
    """key of the names, a list or a mapping"""
    wildcard: str
    """what a name is called in the keys of the fields"""
    fields: Mapping[str, Any]


@dataclass(frozen=True)
class Where:
    """Fields of a study, by its own protocol, where it is switched on; None elsewhere."""

    study: str
    fields: Mapping[str, Any]


@dataclass(frozen=True)
class Request:
    """Resources that a job of a stage requests.

    Jobs that are submitted go to a cluster, and keep their state, so that a time limit costs no work; all others run
    beside Snakemake.
    """

    submitted: bool = False
    minutes: int = 60
    """of the first attempt"""
    gpu: bool = False
    memory: int = 2000
    """MB, if it is not submitted"""
    priority: int = SHORT


@dataclass(frozen=True)
class Stage:
    """A stage of the workflow.

    A key is a dotted path into the configuration; ``{run}``, ``{measure}``, ``{study}`` and the like are the job's
    wildcards, a key that is nothing but a wildcard is its value. ``protocol.…`` is the protocol of the job's study. A
    key that ends in ``?`` may be switched off.
    """

    function: str
    """``module:name``"""
    summary: str
    """what it does, in the imperative"""
    reads: Mapping[str, Any] = field(default_factory=dict)
    """key of each setting; fields with their keys, if the setting is a model that bundles several"""
    study: str | None = None
    """the study that has it; none, if several have"""
    wildcards: Mapping[str, str] = field(default_factory=dict)
    """values of wildcards that are the same for every job"""
    needs: tuple[str, ...] = ()
    """further keys without which there is no such stage"""
    tables: tuple[str, ...] = ()
    """tables that it makes, if a configuration may switch it off"""
    request: Request = Request()

    @property
    def module(self) -> str:
        """The module that has the function."""
        return self.function.partition(":")[0]

    def load(self) -> Callable[..., None]:
        """The stage's function; its module is imported only now."""
        module, _, name = self.function.partition(":")
        return getattr(import_module(module), name)

    @property
    def job_wildcards(self) -> list[str]:
        """Wildcards that a job of this stage has to give."""
        given = {"study": self.study, **self.wildcards}
        return sorted(name for name in {*_wildcards(self.reads)} if given.get(name) is None)


def _wildcards(reads: Any) -> Iterator[str]:
    """Wildcards in keys."""
    if isinstance(reads, str):
        yield from (name for _, name, _, _ in Formatter().parse(reads) if name)
        if reads.startswith("protocol."):
            yield "study"
    elif isinstance(reads, Where):
        yield from _wildcards(reads.fields)
    elif isinstance(reads, Each):
        yield from _wildcards(reads.names)
        yield from (name for name in _wildcards(reads.fields) if name != reads.wildcard)
    else:
        for inner in reads.values():
            yield from _wildcards(inner)


TRAINING = Request(submitted=True, minutes=240, gpu=True, priority=AT_TRAINING)
MEASURING = replace(TRAINING, priority=AT_MEASURES)

TRAIN = {
    "study": "{study}",
    "run": "{run}",
    "size": "anatomy.runs.{run}.size",
    "seed": "anatomy.runs.{run}.seed",
    "levels": "anatomy.tasks",
    "context": "anatomy.context",
    "training": "anatomy.training",
    "checkpoints": "anatomy.checkpoints",
    "compute": "compute",
    "device": "device",
}
LEADS = {
    "measure": "{measure}",
    "signal": "{study}.followed.{measure}",
    "easy": "{study}.easy",
    "metric": "{study}.metric",
    "events": "protocol.events",
    "collapse": "protocol.collapse",
    "precursors": "protocol.precursors",
    "statistics": "protocol.statistics",
}
LEAD_DIFFERENCES = {name: LEADS[name] for name in ("easy", "metric", "collapse", "precursors", "statistics")}
CLAIMS = {
    "metric": "{study}.metric",
    "definition": "protocol.precursors.definition",
    "variant": "protocol.variant",
    "statistics": "protocol.statistics",
    "verdicts": "protocol.verdicts",
    "runs": "{study}.run_count",
}
ANATOMY_CLAIMS = {**CLAIMS, "modular": "anatomy.verdicts"}
ORDER = {
    "metric": "anatomy.metric",
    "easy": "anatomy.easy",
    "prediction": "anatomy.order_prediction",
    "statistics": "protocol.statistics",
}
RESAMPLING = {
    "confidence": "protocol.statistics.confidence",
    "draws": "protocol.statistics.bootstrap",
    "seed": "protocol.statistics.seed",
}
CONSTANTS = {
    "target": "parity.target",
    "time": "parity.sweeps.one_skill_time",
    "data": "parity.sweeps.one_skill_data",
    "width": "parity.sweeps.one_skill_width",
    "published": "parity.published",
    "resampling": RESAMPLING,
}
PHASES = {
    "variant": "protocol.variant",
    "collapse": "protocol.collapse",
    "phases": "language.phases",
    "confidence": "protocol.statistics.confidence",
}
LANGUAGE_CLAIMS = {
    "claims": CLAIMS,
    "families": "protocol.precursors.families",
    "last_step": "language.last_step",
    "verdicts": "language.verdicts",
    "pythia": "pythia",
}
SHORT_RUN = {
    "context": "interventions.context",
    "epsilon": "interventions.epsilon",
    "compute": "compute",
    "device": "device",
}
QUOTED = {"metric": "{study}.metric", "definition": "protocol.precursors.definition"}
ACROSS = {"measure": "rankme"}


def _figure(figure: declarations.FigureDeclaration) -> Stage:
    summary, reads = f"Draw figure {figure.number}: {figure.title}", {"dpi": "figures.dpi", **figure.reads}
    return Stage(f"{figure.module}:draw", summary, reads, figure.study, needs=figure.needs)


STAGES: dict[str, Stage] = {
    # Study 1: the geometric anatomy of emergence
    "task_data": Stage(
        "emergence.tasks.data:draw_task_data",
        "Draw evaluation and probe sets",
        {"settings": {"levels": "anatomy.tasks", "evaluation": "anatomy.evaluation", "probes": "anatomy.probes"}},
        "anatomy",
    ),
    "train": Stage(
        "emergence.training.task_transformer:train_run",
        "Train one transformer",
        {"settings": TRAIN},
        "anatomy",
        request=TRAINING,
    ),
    "train_stack": Stage(
        "emergence.training.task_transformer:train_stack",
        "Train transformers of one size as one stack",
        {"settings": {"runs": Each("stacks.{run}", "run", TRAIN)}},
        "anatomy",
        request=TRAINING,
    ),
    "llc_sweep": Stage(
        "emergence.measures.llc_sweep:sweep_llc",
        "Sweep the settings of the local learning coefficient",
        {"settings": {"options": "anatomy.measures.llc", "sweep": "anatomy.llc_sweep", "device": "device"}},
        "anatomy",
        request=replace(TRAINING, priority=LAST),
    ),
    "detector_validity": Stage(
        "emergence.analysis.anatomy.detector_validity:validate_detectors",
        "Validate event detectors on synthetic curves",
        {
            "settings": {
                "metric": "anatomy.metric",
                "events": "protocol.events",
                "examples": "anatomy.evaluation.examples",
                "confidence": "protocol.statistics.confidence",
                "validity": "anatomy.detector_validity",
                "marks": "protocol.verdicts.detector",
            }
        },
        "anatomy",
        request=Request(priority=LAST),
    ),
    "floors": Stage(
        "emergence.analysis.anatomy.floors:fit_floors",
        "Fit collapse floors against model size",
        {"variant": "protocol.variant", "statistics": "protocol.statistics"},
        "anatomy",
        needs=("anatomy.measures.rankme",),
        tables=("floors",),
    ),
    "size_slopes": Stage(
        "emergence.analysis.anatomy.size_slopes:fit_size_slopes",
        "Fit collapse floors against width and against depth",
        {"variant": "protocol.variant", "sizes": "anatomy.sizes", "statistics": "protocol.statistics"},
        "anatomy",
        needs=("anatomy.measures.rankme",),
        tables=("size_slopes",),
    ),
    "sensitivity": Stage(
        "emergence.analysis.anatomy.sensitivity:vary_settings",
        "Vary the settings of floors and precursor rates one at a time",
        {"settings": {"leads": LEADS, "grid": "protocol.sensitivity"}},
        "anatomy",
        ACROSS,
        ("anatomy.measures.rankme",),
        tables=("sensitivity",),
    ),
    "order_prediction": Stage(
        "emergence.analysis.anatomy.order_prediction:predict_order",
        "Predict the order of emergence from geometry",
        {"settings": ORDER},
        "anatomy",
    ),
    "anatomy_stability": Stage(
        "emergence.claims.anatomy_stability:rejudge_claims",
        "Re-judge the claims of Study 1 under each alternative setting",
        {
            "settings": {
                "leads": LEADS,
                "others": "anatomy.signals_of_task_levels",
                "grid": "protocol.sensitivity",
                "claims": ANATOMY_CLAIMS,
                "order": ORDER,
                "sizes": "anatomy.sizes",
            }
        },
        "anatomy",
        ACROSS,
        ("anatomy.measures.rankme",),
        request=Request(memory=4000),
    ),
    "anatomy_claims": Stage(
        "emergence.claims.anatomy:judge_claims",
        "Judge the claims of the geometric anatomy",
        {"settings": ANATOMY_CLAIMS},
        "anatomy",
    ),
    "anatomy_numbers": Stage(
        "emergence.report.studies:collect_anatomy_numbers",
        "Collect the numbers that the paper quotes from Study 1",
        {**QUOTED, "variant": "protocol.variant", "detector": "protocol.events.detector"},
        "anatomy",
    ),
    # Of every study that has runs
    "measure_run": Stage(
        "emergence.measures.run:measure_run",
        "Measure every checkpoint of a run",
        {"settings": {"measure": "{measure}", "options": "options.{study}.{measure}", "device": "device"}},
        request=MEASURING,
    ),
    "llc_validity": Stage(
        "emergence.analysis.llc_validity:assess_llc",
        "Assess the reliability of local learning coefficient estimates",
        {
            "settings": {
                "n_beta": "{study}.measures.llc.n_beta",
                "localisation": "{study}.measures.llc.localisation",
            }
        },
        needs=("{study}.measures.llc",),
        tables=("llc_validity",),
    ),
    "events": Stage(
        "emergence.analysis.events:detect_events", "Detect emergence events", {"settings": "protocol.events"}
    ),
    "collapse": Stage(
        "emergence.analysis.collapse:detect_collapses",
        "Detect collapse and recovery of a measure",
        {"settings": "protocol.collapse"},
        needs=("{study}.measures.rankme",),
        tables=("collapse",),
    ),
    "direction": Stage(
        "emergence.analysis.collapse:compare_layers",
        "Compare the collapse steps of layers",
        {
            "variant": "protocol.variant",
            "confidence": "protocol.statistics.confidence",
            "left_out": "{study}.controls",
        },
        needs=("{study}.measures.rankme",),
        tables=("direction", "direction_shares"),
    ),
    "leads": Stage(
        "emergence.analysis.leads:compare_leads",
        "Compare each signal with every event and every null",
        {"settings": LEADS},
    ),
    "precursors": Stage(
        "emergence.analysis.precursors:estimate_precursor_rates",
        "Estimate precursor rates and nulls",
        {
            "signals": "{study}.signal_names",
            "precursors": "protocol.precursors",
            "statistics": "protocol.statistics",
        },
    ),
    "lead_differences": Stage(
        "emergence.analysis.lead_differences:compare_lead_times",
        "Compare the leads of every measure with those of its rivals",
        {"settings": LEAD_DIFFERENCES},
    ),
    "lead_power": Stage(
        "emergence.claims.lead_power:try_planted_leads",
        "Estimate the power of rules on leads from planted precursors",
        {
            "settings": {
                "differences": LEAD_DIFFERENCES,
                "signals": "{study}.signals_with_levels",
                "power": "protocol.lead_power",
                "verdicts": "protocol.verdicts",
                "runs": "{study}.run_count",
            }
        },
    ),
    # Study 2: multitask sparse parity
    "parity_probes": Stage(
        "emergence.tasks.parity:draw_probes",
        "Draw the probes of multitask sparse parity",
        {
            "settings": {
                "parity": "parity.task",
                "target": "parity.target",
                "examples": "parity.probes.examples",
                "seed": "parity.probes.seed",
            }
        },
        "parity",
    ),
    "train_network": Stage(
        "emergence.training.parity_mlp:train_network",
        "Train one two-layer network on multitask sparse parity",
        {
            "settings": {
                "study": "{study}",
                "run": "{run}",
                "size": "parity.size",
                "seed": "parity.runs.{run}",
                "parity": "parity.task",
                "target": "parity.target",
                "sweep": "parity.networks.{run}",
                "checkpoints": "parity.checkpoints",
                "test": "parity.test.examples",
                "sampled": "parity.sampled",
                "test_seed": "parity.test.seed",
                "device": "device",
            }
        },
        "parity",
        request=TRAINING,
    ),
    "train_sweep": Stage(
        "emergence.training.parity_mlp:train_sweep",
        "Train a sweep of two-layer networks on multitask sparse parity",
        {
            "settings": {
                "name": "{sweep}",
                "parity": "parity.sweep_tasks.{sweep}",
                "target": "parity.sweep_targets.{sweep}",
                "sweep": "parity.sweep_training.{sweep}",
                "test": "parity.test.examples",
                "seed": "parity.test.seed",
                "device": "device",
            }
        },
        "parity",
        request=replace(TRAINING, priority=LAST),
    ),
    "train_scalar_transformer": Stage(
        "emergence.training.scalar_transformer:train_scalar_transformer",
        "Train one transformer on multitask sparse parity",
        {
            "settings": {
                "run": "{run}",
                "seed": "parity.transformers.{run}",
                "transformer": "parity.transformer_runs.{run}",
                "device": "device",
            }
        },
        "parity",
        request=replace(TRAINING, minutes=720, priority=LAST),
    ),
    "constants": Stage(
        "emergence.analysis.parity.constants:fit_constants",
        "Fit the constants of the theory to networks with one skill",
        {"settings": CONSTANTS},
        "parity",
    ),
    "shots": Stage(
        "emergence.analysis.parity.constants:fit_shots",
        "Fit samples per skill at other widths and initialisations",
        {"settings": {"target": "parity.target", "sweeps": "parity.data_sweeps", "resampling": RESAMPLING}},
        "parity",
        needs=("parity.data_sweeps",),
        tables=("shots",),
    ),
    "network_scaling": Stage(
        "emergence.analysis.parity.network_scaling:fit_network_scaling",
        "Fit the scaling laws of the loss of networks",
        {
            "settings": {
                "target": "parity.target",
                "skills": "parity.task.skills",
                "alpha": "parity.task.alpha",
                "network": "parity.network",
                "data": "parity.sweeps.data",
                "many": "parity.scaling_sweeps",
                "confidence": "protocol.statistics.confidence",
            }
        },
        "parity",
    ),
    "theory_curves": Stage(
        "emergence.analysis.parity.theory_curves:tabulate_theory",
        "Tabulate theoretical curves beyond the main laws",
        {"settings": "parity.theory_curves"},
        "parity",
    ),
    "single_skill": Stage(
        "emergence.analysis.parity.curves:compare_single_skill",
        "Compare single-skill networks with theory",
        {"settings": CONSTANTS},
        "parity",
    ),
    "curves": Stage(
        "emergence.analysis.parity.curves:compare_with_theory",
        "Compare networks with theory over time, data and width",
        {
            "settings": {
                "target": "parity.target",
                "skills": "parity.task.skills",
                "alpha": "parity.task.alpha",
                "network": "parity.network",
                "shares": "parity.shares",
                "resampling": RESAMPLING,
            }
        },
        "parity",
    ),
    "entropy_slopes": Stage(
        "emergence.analysis.parity.power_laws:fit_entropy_slopes",
        "Fit the slope of the cross-entropy loss over time",
        {
            "settings": {
                "alpha": "parity.sweeps.cross_entropy.task.alpha",
                "skills": "parity.sweeps.cross_entropy.task.skills",
                "ranks": "parity.entropy.ranks",
                "published": "parity.entropy.published",
                "confidence": "protocol.statistics.confidence",
            }
        },
        "parity",
    ),
    "scaling_laws": Stage(
        "emergence.analysis.parity.scaling:fit_scaling_laws",
        "Fit scaling laws to direct sums over many skills",
        {"settings": "parity.scaling.laws"},
        "parity",
    ),
    "models": Stage(
        "emergence.analysis.parity.models:train_models",
        "Train the multilinear and the linear model",
        {
            "settings": {
                "target": "parity.target",
                "skills": "parity.task.skills",
                "alpha": "parity.task.alpha",
                "network": "parity.network",
                "shares": "parity.shares",
                "models": "parity.models",
            }
        },
        "parity",
        request=Request(priority=LAST),
    ),
    "staging": Stage(
        "emergence.analysis.parity.staging:compare_staging",
        "Test whether each skill saturates before the next one begins",
        {
            "settings": {
                "target": "parity.target",
                "alpha": "parity.task.alpha",
                "network": "parity.network",
                "staging": "parity.staging",
                "confidence": "protocol.statistics.confidence",
            }
        },
        "parity",
    ),
    "power_laws": Stage(
        "emergence.analysis.parity.power_laws:fit_power_laws",
        "Fit the power law of emergence times",
        {
            "settings": {
                "alpha": "parity.task.alpha",
                "transformer_alpha": "parity.transformer.task.alpha",
                "law": "parity.powers",
                "confidence": "protocol.statistics.confidence",
            }
        },
        "parity",
    ),
    "joint": Stage(
        "emergence.analysis.parity.joint:compare_with_true_times",
        "Compare detectors and measures with known emergence times",
        {
            "settings": {
                "target": "parity.target",
                "skills": "parity.task.skills",
                "alpha": "parity.task.alpha",
                "network": "parity.network",
                "joint": "parity.joint",
                "events": "protocol.events",
                "precursors": "protocol.precursors",
                "statistics": "protocol.statistics",
            }
        },
        "parity",
    ),
    "rule_outcomes": Stage(
        "emergence.claims.rule_outcomes:grade_rules",
        "Grade rules of inference against known emergence times",
        {
            "settings": {
                "metric": "parity.metric",
                "statistics": "protocol.statistics",
                "verdicts": "protocol.verdicts",
                "runs": "parity.run_count",
            }
        },
        "parity",
    ),
    "parity_claims": Stage(
        "emergence.claims.parity:judge_claims",
        "Judge the claims of the exactly solvable model",
        {
            "settings": {
                "networks": "parity.verdicts",
                "entropy": "parity.entropy.tolerance",
                "entropy_seeds": "parity.entropy_seeds",
                "scaling": {
                    "verdicts": "parity.scaling.verdicts",
                    "epsilon": "parity.staging.epsilon",
                    "confidence": "protocol.statistics.confidence",
                },
                "powers": "parity.powers",
                "joint": {
                    "metric": "parity.metric",
                    "detector": "protocol.events.detector",
                    "definition": "protocol.precursors.definition",
                    "timing": "protocol.verdicts.detector.timing",
                    "statistics": "protocol.statistics",
                    "verdicts": "protocol.verdicts",
                    "runs": "parity.run_count",
                    "power": "protocol.lead_power.power",
                },
                "confidence": "protocol.statistics.confidence",
            }
        },
        "parity",
    ),
    "parity_numbers": Stage(
        "emergence.report.studies:collect_parity_numbers",
        "Collect the numbers that the paper quotes from Study 2",
        {"definition": "protocol.precursors.definition"},
        "parity",
    ),
    # Study 3: NeuroMFA
    "degree_of_emergence": Stage(
        "emergence.analysis.neuromfa.degree_of_emergence:compute_degree_of_emergence",
        "Compute the degree of emergence of all runs",
        {"moments": "neuromfa.moments"},
        "neuromfa",
        needs=("neuromfa_runs",),
        tables=("degree_of_emergence",),
    ),
    "baselines": Stage(
        "emergence.analysis.neuromfa.baselines:compare_baselines",
        "Compare the degree of emergence with baselines",
        {"metrics": "metrics", "confidence": "protocol.statistics.confidence"},
        "neuromfa",
        needs=("neuromfa_runs",),
    ),
    "neuromfa_claims": Stage(
        "emergence.claims.neuromfa:judge_claims",
        "Judge the claims of NeuroMFA",
        {
            "settings": {
                "verdicts": "neuromfa.verdicts",
                "anatomy": Where("anatomy", {**CLAIMS, "metric": "anatomy.metric", "runs": "anatomy.run_count"}),
                "runs": "neuromfa_runs",
                "pythia": "pythia",
                "confidence": "protocol.statistics.confidence",
            }
        },
        "neuromfa",
        needs=("neuromfa_runs",),
    ),
    "neuromfa_numbers": Stage(
        "emergence.report.studies:collect_neuromfa_numbers",
        "Collect the numbers that the paper quotes from Study 3",
        study="neuromfa",
        needs=("neuromfa_runs",),
    ),
    # Language models
    "corpus": Stage(
        "emergence.tasks.corpus:prepare_corpus",
        "Prepare the text, the tokenizer and the probe questions of language models",
        {
            "settings": {
                "text": "language.text",
                "questions_by": "language.questions_by",
                "passages": "language.passages",
            }
        },
        "language",
    ),
    "train_language_model": Stage(
        "emergence.training.gpt_neox:train_language_model",
        "Train one language model",
        {
            "settings": {
                "study": "{study}",
                "run": "{run}",
                "size": "language.trained.{run}.size",
                "seed": "language.trained.{run}.seed",
                "text": "language.text",
                "training": "language.ladder.training",
                "checkpoints": "language.ladder.checkpoints",
                "compute": {"precision": "compute.precision", "compile": "compute.compile"},
                "device": "device",
            }
        },
        "language",
        request=TRAINING,
    ),
    "record_series": Stage(
        "emergence.checkpoints.hf_manifest:record_series",
        "Locate a series of Hugging Face checkpoints",
        {
            "settings": {
                "study": "{study}",
                "run": "{run}",
                "size": "language.external_models.{run}",
                "series": "language.series.{run}",
            }
        },
        "language",
        request=replace(TRAINING, minutes=720, gpu=False),
    ),
    "evaluate_language_model": Stage(
        "emergence.training.language_evaluation:evaluate_language_model",
        "Evaluate a language model on the probe questions",
        {"settings": {"device": "device"}},
        "language",
        request=TRAINING,
    ),
    "phases": Stage(
        "emergence.analysis.language.phases:detect_phases",
        "Detect the phases of representations",
        {"settings": PHASES},
        "language",
        needs=("language.measures.rankme",),
        tables=("phases", "phase_shares"),
    ),
    "language_stability": Stage(
        "emergence.claims.language:rejudge_claims",
        "Re-judge the claims about language models under each alternative setting",
        {
            "settings": {
                "leads": LEADS,
                "others": "language.signals_of_task_levels",
                "grid": "protocol.sensitivity",
                "claims": LANGUAGE_CLAIMS,
                "phases": PHASES,
            }
        },
        "language",
        ACROSS,
        ("language.measures.rankme",),
        request=Request(memory=4000),
    ),
    "language_claims": Stage(
        "emergence.claims.language:judge_claims",
        "Judge the claims about language models",
        {"settings": LANGUAGE_CLAIMS},
        "language",
    ),
    "language_numbers": Stage(
        "emergence.report.studies:collect_language_numbers",
        "Collect the numbers that the paper quotes on language models",
        QUOTED,
        "language",
    ),
    # Study 4: interventions
    "train_clock": Stage(
        "emergence.training.clock:train_clock",
        "Train short runs that time the collapse",
        {
            "settings": {
                "seed": "interventions.clock_seeds.{seed}",
                "cells": "interventions.cells",
                "training": "interventions.training",
                "records": "interventions.clock.records",
                "probes": "interventions.probes",
                **SHORT_RUN,
            }
        },
        "interventions",
        request=TRAINING,
    ),
    "train_arms": Stage(
        "emergence.training.arms:train_arms",
        "Train paired runs with and without interventions",
        {
            "settings": {
                "size": "interventions.paired_sizes.{size}",
                "paired": "interventions.paired",
                "tasks": "interventions.tasks",
                "evaluation": "interventions.evaluation",
                **SHORT_RUN,
            }
        },
        "interventions",
        request=TRAINING,
    ),
    "train_method": Stage(
        "emergence.training.arms:train_arms",
        "Train paired runs that compare prevention of the collapse with alternatives",
        {
            "settings": {
                "paired": "interventions.method",
                "size": "interventions.method_sizes.{size}",
                "tasks": "interventions.tasks",
                "evaluation": "interventions.evaluation",
                **SHORT_RUN,
            }
        },
        "interventions",
        request=TRAINING,
    ),
    "train_frequencies": Stage(
        "emergence.training.frequencies:train_frequencies",
        "Train runs whose tasks have power-law frequencies",
        {
            "settings": {
                "frequencies": "interventions.frequencies",
                "tasks": "interventions.tasks",
                "evaluation": "interventions.evaluation",
                "context": "interventions.context",
                "compute": "compute",
                "device": "device",
            }
        },
        "interventions",
        request=TRAINING,
    ),
    "train_language_arms": Stage(
        "emergence.training.language_arms:train_language_arms",
        "Train paired language models with and without the collapse",
        {
            "settings": {
                "size": "interventions.language.named_sizes.{size}",
                "pairs": "interventions.language",
                "text": "language.text",
                "training": "language.ladder.training",
                "epsilon": "interventions.epsilon",
                "compute": {"precision": "compute.precision", "compile": "compute.compile"},
                "device": "device",
            }
        },
        "interventions",
        request=TRAINING,
    ),
    "clock": Stage(
        "emergence.analysis.interventions.clock:analyse_clock",
        "Test which quantity sets the step of the collapse",
        {"collapse": "protocol.collapse", "statistics": "protocol.statistics"},
        "interventions",
        needs=("interventions",),
    ),
    "arms": Stage(
        "emergence.analysis.interventions.arms:analyse_arms",
        "Compare the emergence steps of paired runs",
        {"events": "protocol.events", "statistics": "protocol.statistics"},
        "interventions",
        needs=("interventions",),
    ),
    "method": Stage(
        "emergence.analysis.interventions.arms:analyse_method",
        "Compare prevention of the collapse with plain alternatives",
        {"events": "protocol.events", "statistics": "protocol.statistics"},
        "interventions",
        needs=("interventions.method",),
        tables=("method_effects",),
    ),
    "frequencies": Stage(
        "emergence.analysis.interventions.frequencies:analyse_frequencies",
        "Fit how emergence steps scale with the frequency of a task",
        {"events": "protocol.events", "statistics": "protocol.statistics"},
        "interventions",
        needs=("interventions.frequencies",),
        tables=("frequency_events", "frequency_exponents"),
    ),
    "language_arms": Stage(
        "emergence.analysis.interventions.language_arms:compare_language_arms",
        "Compare the losses of paired language models",
        {"statistics": "protocol.statistics"},
        "interventions",
        needs=("interventions.language", "language"),
        tables=("language_arm_effects",),
    ),
    "predict_early": Stage(
        "emergence.analysis.interventions.early_prediction:predict_early",
        "Predict emergence from the first steps of training",
        {
            "settings": {
                "share": "interventions.early.share",
                "ridge": "interventions.early.ridge",
                "metric": "anatomy.metric",
                "variant": "anatomy.protocol.variant",
            },
            "statistics": "protocol.statistics",
        },
        "interventions",
        needs=("anatomy.measures.rankme",),
        tables=("early_predictions", "early_accuracy"),
    ),
    "interventions_claims": Stage(
        "emergence.claims.interventions:judge_claims",
        "Judge the claims about interventions",
        {
            "settings": {
                "statistics": "protocol.statistics",
                "universal": "protocol.verdicts.universal",
                "verdicts": "interventions.verdicts",
                "pairs": "interventions.pair_count",
                "method_pairs": "interventions.method_pair_count",
                "language_pairs": "language_pairs",
                "minimum_runs": "protocol.verdicts.minimum_runs",
                "early_runs": "anatomy_runs",
                "pilot": "interventions.pilot?",
            }
        },
        "interventions",
    ),
    "interventions_numbers": Stage(
        "emergence.report.studies:collect_interventions_numbers",
        "Collect the numbers that the paper quotes from Study 4",
        study="interventions",
        needs=("interventions",),
    ),
    # Across studies
    "calibration": Stage(
        "emergence.calibration.table:calibrate_estimators",
        "Check every estimator against exact values",
        {"settings": {"calibration": "calibration", "epsilon": "rankme.epsilon", "llc": "llc_settings"}},
        request=Request(priority=LAST),
    ),
    "claims": Stage("emergence.claims.claims_table:join_claims", "Join the claims of all studies"),
    "explorer": Stage(
        "emergence.report.explorer.page:build_explorer",
        "Build the page that shows all results",
        {
            "settings": {
                "tier": "tier",
                "toy": "toy",
                "studies": Each(
                    "studies",
                    "study",
                    {
                        "study": "{study}",
                        "metric": "{study}.metric",
                        "signals": "{study}.followed",
                        "definition": "protocol.precursors.definition",
                        "threshold": "protocol.events.threshold",
                        "precursor_rate": "protocol.verdicts.precursor_rate",
                    },
                ),
            }
        },
        request=Request(memory=8000),
    ),
    "paper_numbers": Stage(
        "emergence.report.numbers:join_numbers",
        "Collect all numbers in the paper",
        {
            "settings": {
                "tier": "tier",
                "device": "device",
                "compute": "compute",
                "protocol": "protocol",
                "anatomy": "anatomy?",
                "parity": "parity?",
                "neuromfa": "neuromfa?",
                "language": "language?",
                "interventions": "interventions?",
                "calibration": "calibration",
            }
        },
    ),
    "compute": Stage("emergence.report.compute:summarise_compute", "Sum up time and memory of all jobs"),
    "kept_compute": Stage("emergence.report.compute:restore_compute", "Restore time and memory of a kept run"),
    "record": Stage(
        "emergence.release.record:write_record",
        "Record the configuration and how figures and explorer are made",
        {"config": {}, "figures": {}, "explorer": {}},
    ),
    "checksums": Stage(
        "emergence.release.checksums:write_checksums", "List checksums of numbers, figures, paper and explorer"
    ),
    "manuscript": Stage(
        "emergence.report.manuscript:assemble_manuscript", "Assemble text, numbers and figures of the paper"
    ),
    "paper": Stage("emergence.report.manuscript:typeset_paper", "Typeset the paper"),
    "arxiv": Stage("emergence.report.manuscript:pack_preprint", "Pack the manuscript for a preprint server"),
    # Figures
    **{name: _figure(figure) for name, figure in declarations.declared().items()},
}
"""Every stage, by name."""


NAME_MEASURES = ("emergence.figures", "emergence.report")
"""Packages whose stages read the labels of measures out of their source, without running it."""


@cache  # Snakemake asks again for every job
def source_hash(stage: str, *modules: str) -> str:
    """Hash of the source that a stage runs, with that of further modules: an edit of any makes its jobs anew."""
    if stage == "calibration":
        modules += tuple(f"emergence.measures.{name}" for name, measure in declared().items() if measure.has_checks)
    hashed = provenance.source_hash(STAGES[stage].module, *modules)
    if not STAGES[stage].module.startswith(NAME_MEASURES):
        return hashed
    return sha256(f"{hashed} {signal_labels()}".encode())
