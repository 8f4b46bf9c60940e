"""The whole configuration of a tier, from one section per top-level key of `config.yaml`."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from emergence.config.anatomy import Anatomy
from emergence.config.calibration import Calibration
from emergence.config.interventions import Interventions
from emergence.config.language import Language, Pythia
from emergence.config.measures import LocalLearning, RankMe
from emergence.config.neuromfa import NeuroMFA, NeuroMFAStudy, NeuronAnalysis
from emergence.config.parity import Parity
from emergence.config.protocol import Protocol, ScoredMetric
from emergence.config.study import Study
from emergence.config.training import Compute
from emergence.config.types import Device, Folder, Name, PaperFolder, Positive, Strict, Switchable, merged
from emergence.figures import declarations

STUDIES = ("anatomy", "parity", "neuromfa", "language", "interventions")
"""Keys of the studies, in the order of their claims."""
Source = Literal["run", "reference"]
FigureName = Annotated[str, Field(pattern=declarations.NAME)]
Dpi = Annotated[int, Field(ge=50, le=600)]


class Folders(Strict):
    """Where a tier writes; Snakemake reads these as its path variables."""

    results: Folder
    """data, trajectories, tables"""
    figures: Folder
    """figures as PDF and PNG"""
    logs: Folder
    """one log a job"""
    benchmarks: Folder
    """time and memory of each job"""
    paper: PaperFolder
    """the paper as PDF, and packed as an archive"""


def _with_figures(schema: dict[str, Any]) -> None:
    """Allow the names that figures have in the JSON schema; which of them exist is told when a file is loaded."""
    switch = {"title": "fig*", "enum": [True, False, None], "default": True}
    schema["patternProperties"] = {declarations.NAME: switch}
    schema["additionalProperties"] = False


class Figures(Strict):
    """Look of the figures; beside it, ``fig10: false`` leaves out a figure."""

    model_config = ConfigDict(extra="allow", json_schema_extra=_with_figures)

    dpi: Dpi
    """of the PNG copies, dots per inch"""

    @property
    def off(self) -> set[str]:
        """Figures that are switched off."""
        return {name for name, drawn in (self.model_extra or {}).items() if not drawn}

    @model_validator(mode="after")
    def _known(self) -> Self:
        for name, drawn in (self.model_extra or {}).items():
            if name not in declarations.declared():
                raise ValueError(f"{name}: unknown key; allowed: dpi, {', '.join(declarations.declared())}")
            if drawn not in (True, False, None):
                raise ValueError(f"{name}: {drawn!r} is not valid; allowed: true, false, null")
        return self


class Reproduce(Strict):
    """How far a claim's value may be from that of the reference run, by kind; docs/determinism.md has the reasons."""

    exact: Positive
    """relative, of closed forms, direct sums and calibration"""
    collapse: Positive
    """relative, of the early collapse, which is over before rounding has grown"""
    networks: Positive
    """relative, of times, constants and exponents of networks; beyond it, within each other's intervals"""
    language: Positive
    """of one, in shares of language models"""


class Keep(Strict):
    """How `emergence snapshot` keeps a run."""

    folder: Annotated[str, Field(pattern=r"^[a-z_]*$")] = ""
    """of the reference; empty for the reference itself"""
    figures: list[FigureName] = Field(default_factory=list)
    """figures that are kept as PDF, for the papers of other runs"""


def _replaced(shared: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Keys of ``own`` whose values are not those of ``shared``."""
    differing = {}
    for key, value in own.items():
        if isinstance(value, Mapping):
            if inner := _replaced(shared[key], value):
                differing[key] = inner
        elif value != shared[key]:
            differing[key] = value
    return differing


class Config(Strict):
    """The whole configuration of a tier."""

    tier: Name
    """laptop, full, smoke, paper, or your own"""
    toy: bool = False
    """whether models are so small that numbers mean nothing; said wherever results are shown"""
    source: Source
    """run: everything is computed; reference: figures are redrawn from the run that is kept in `reference/`"""
    device: Device
    """auto takes CUDA where there is one, else the CPU"""
    compute: Compute
    pathvars: Folders
    protocol: Protocol
    """shared by all studies; each replaces single keys under its own ``protocol``"""
    anatomy: Switchable[Anatomy]
    parity: Switchable[Parity]
    neuromfa: Switchable[NeuroMFAStudy]
    language: Switchable[Language]
    interventions: Switchable[Interventions] = None
    exploratory: str | None = None
    """claims table of an earlier run, with other seeds, whose verdicts stand beside those of this confirmatory one"""
    published_sizes: str | None = None
    """folder of a kept run of models as large as published, whose verdicts and figures stand beside this one's"""
    larger_clock: str | None = None
    """folder of a kept run of Study 4's clock on a larger grid, which the paper quotes beside this run's"""
    keep: Keep = Keep()
    calibration: Calibration
    figures: Figures
    reproduce: Reproduce
    """tolerances of `emergence reproduce`, claim by claim"""

    @property
    def studies(self) -> dict[str, Study]:
        """Studies that train or read models and are switched on."""
        every: dict[str, Study | None] = {"anatomy": self.anatomy, "parity": self.parity, "language": self.language}
        return {name: study for name, study in every.items() if study is not None}

    @property
    def studies_with_claims(self) -> list[str]:
        """Studies that are switched on, in the order of their claims; NeuroMFA needs runs of others to be one."""
        on = {*self.studies, *(["neuromfa"] if self.neuromfa_runs else [])}
        on |= {"interventions"} if self.interventions else set()
        return [name for name in STUDIES if name in on]

    @property
    def neuromfa_runs(self) -> dict[str, list[str]]:
        """Runs along which NeuroMFA is measured, by study; empty where it is switched off."""
        return {name: list(study.runs) for name, study in self.studies.items() if "neuromfa" in study.measures.names}

    @property
    def metrics(self) -> dict[str, ScoredMetric]:
        """The metric of each study that has runs."""
        return {name: study.metric for name, study in self.studies.items()}

    @property
    def anatomy_runs(self) -> int:
        """Number of runs of Study 1, none where it is switched off."""
        return self.anatomy.run_count if self.anatomy else 0

    @property
    def language_pairs(self) -> int:
        """Pairs of language models of Study 4, none where it has none or there is no text."""
        pairs = self.interventions.language if self.interventions and self.language else None
        return pairs.pair_count if pairs else 0

    @property
    def pythia(self) -> Pythia:
        """Which of the language models are Pythia's."""
        return self.language.pythia if self.language else Pythia(runs=[])

    @property
    def llc_settings(self) -> dict[str, LocalLearning]:
        """Options of the local learning coefficient in every study that has it."""
        return {name: study.measures.llc for name, study in self.studies.items() if study.measures.llc}

    @property
    def rankme(self) -> RankMe | None:
        """Options of RankMe, with which it is calibrated: those of the first study that measures it, or of Study 4."""
        measured = (study.measures.rankme for study in self.studies.values() if study.measures.rankme)
        return next(measured, RankMe(epsilon=self.interventions.epsilon) if self.interventions else None)

    @property
    def options(self) -> dict[str, dict[str, Strict]]:
        """Options of every measure by study; those of `neuromfa` are its interval with the block of that study."""
        return {name: dict(self._options(study)) for name, study in self.studies.items()}

    def _options(self, study: Study) -> Iterator[tuple[str, Strict]]:
        for name in study.measures.names:
            options = getattr(study.measures, name)
            if name == "neuromfa":
                shared = {key: getattr(self.neuromfa, key) for key in NeuronAnalysis.model_fields}
                options = NeuroMFA(every=options.every, **shared)
            yield name, options

    @property
    def stacks(self) -> dict[str, list[str]]:
        """The runs of Study 1 that train as one stack with each run."""
        groups = self.anatomy.groups(self.compute.together) if self.anatomy else []
        return {run: group for group in groups for run in group}

    def study_of(self, run: str) -> str | None:
        """The study that trains or reads a run, if there is one."""
        return next((name for name, study in self.studies.items() if run in study.runs), None)

    def as_written(self) -> dict[str, Any]:
        """The configuration for JSON, as a file holds it: in a study's protocol just the keys that it replaces."""
        values = self.model_dump(mode="json")
        for name in STUDIES:
            if values[name] is not None:
                values[name]["protocol"] = _replaced(values["protocol"], values[name]["protocol"])
        return values

    @model_validator(mode="before")
    @classmethod
    def _spread(cls, values: Any) -> Any:
        """Give every study the shared protocol with its own keys; without NeuroMFA there is no such measure."""
        if not isinstance(values, Mapping):
            return values
        values, shared = dict(values), values.get("protocol")
        for name in STUDIES:
            study = values.get(name)
            if not isinstance(study, Mapping):
                continue
            own, measures = study.get("protocol", {}), study.get("measures")
            if isinstance(shared, Mapping) and isinstance(own, Mapping):
                study = {**study, "protocol": merged(shared, own)}
            if values.get("neuromfa", True) in (None, False) and isinstance(measures, Mapping):
                study = {**study, "measures": {**measures, "neuromfa": None}}
            values[name] = study
        return values

    @model_validator(mode="after")
    def _runs_differ(self) -> Self:
        first: dict[str, tuple[str, str]] = {}
        for study, runs in ((study, run) for study, settings in self.studies.items() for run in settings.runs):
            other, earlier = first.setdefault(runs.lower(), (study, runs))
            if other != study and earlier == runs:
                raise ValueError(f"{study}: the run {runs} is also one of {other}; rename one")
            if earlier != runs:
                raise ValueError(
                    f"{study}: the runs {earlier} and {runs} differ in case alone, one folder to some disks; rename one"
                )
        return self
