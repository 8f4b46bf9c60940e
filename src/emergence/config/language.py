"""Language models: a ladder trained here on the King James Bible, and series of checkpoints from elsewhere."""

import re
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from emergence.config.protocol import Signal
from emergence.config.study import Study
from emergence.config.training import Doubling, Optimisation, Run, Size, SizeSeeds, grid_of_runs, require_seeds
from emergence.config.types import Count, Fraction, Name, Positive, Precision, Seed, Strict
from emergence.tasks.symbols import PASSAGES

SIZE = re.compile(r"(?<![\d.])(\d+(?:\.\d+)?)([mb])(?![a-z0-9])")
"""Number of parameters in the name of a model, by which memory and time are asked for: 160m, 1.4b."""
PythiaModel = Literal[
    "14m", "31m", "70m", "160m", "410m", "1b", "1.4b", "2.8b", "6.9b", "12b",
    "70m-deduped", "160m-deduped", "410m-deduped", "1b-deduped", "1.4b-deduped", "2.8b-deduped", "6.9b-deduped",
    "12b-deduped",
]  # fmt: skip
PASSAGES_SIGNAL = "rankme_text"
"""The signal that is the same for all probe sets: RankMe of the passages."""


Step = Annotated[int, Field(ge=0)]


Repository = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*/[A-Za-z0-9][A-Za-z0-9_.-]*$", max_length=200)]


class Phases(Strict):
    """Phases of RankMe after its floor; how deep that must lie is said in `Collapse`."""

    smoothing: Annotated[int, Field(ge=1)]
    """of the peak and the end: window of the running median, checkpoints (odd)"""
    expansion: Fraction
    """there is one if the floor is at most this share of the peak after it"""
    compression: Fraction
    """there is one if the last value is at most this share of the peak"""

    @model_validator(mode="after")
    def _odd_window(self) -> Self:
        if self.smoothing % 2 == 0:
            raise ValueError(f"smoothing: {self.smoothing} is even; allowed: odd numbers of checkpoints")
        return self


class LanguageVerdicts(Strict):
    """Thresholds of the rules that language models have of their own."""

    in_order: Fraction
    """lowest share of probe set x size units that pass collapse, expansion and compression"""
    gap: Positive
    """published gap from RankMe's onset to the event of Pythia 2.8B in logical deduction, steps"""
    gap_tolerance: Fraction
    """relative"""


class Pythia(Strict):
    """Which of the models are Pythia's; of one size the first counts."""

    runs: list[str]
    largest: str | None = None
    """that of 2.8B parameters, if it is there"""
    degree: str | None = None
    """that of 1.4B parameters trained on deduplicated text, whose degree of emergence is published, if it is there"""


def _expanded(path: str) -> str:
    """A path with ``~`` in its place, as in a shell."""
    try:
        return str(Path(path).expanduser()) if path.startswith("~") else path
    except RuntimeError as error:
        raise ValueError(f"{path}: {error}; give the whole path") from None


SeriesFolder = Annotated[str, Field(min_length=1), AfterValidator(_expanded)]


class SeriesSettings(Strict):
    """Checkpoints of one language model in the Hugging Face layout; exactly one of the three places is given."""

    name: Name
    """of its run, in paths and figures"""
    folder: SeriesFolder | None = None
    """holds one subfolder a checkpoint, with its step in the name: ``step1000``, ``checkpoint-500``"""
    folders: Annotated[dict[Step, SeriesFolder], Field(min_length=1)] | None = None
    """folder of each step, wherever it is and whatever its name"""
    repository: Repository | None = None
    """on the hub, for example EleutherAI/pythia-160m"""
    steps: Annotated[list[Step], Field(min_length=1)] | None = None
    """that are read; with a folder all there are, if absent"""
    revisions: Annotated[dict[Step, str], Field(default_factory=dict)]
    """of the repository, where they are not called ``step<step>``"""
    pythia: PythiaModel | None = None
    """which of Pythia's models it is, on which claims about Pythia are judged"""
    precision: Precision = "float32"
    """in which weights are held and computed with, whatever the files hold"""

    @property
    def parameters(self) -> float | None:
        """Parameters of the model, as its repository or name states them (``pythia-1.4b``); None if neither does."""
        stated = SIZE.search((self.repository or self.name).lower())
        return float(stated[1]) * {"m": 1e6, "b": 1e9}[stated[2]] if stated else None

    @property
    def all_revisions(self) -> dict[int, str]:
        """Revision of each step of a repository; none of folders."""
        steps = sorted(self.steps or []) if self.repository else []
        return {step: self.revisions.get(step, f"step{step}") for step in steps}

    def downloaded_to(self, downloads: Path) -> Path:
        """Folder of a repository's checkpoints, ``step<step>`` each, below that of all downloads."""
        return downloads / (self.repository or "").replace("/", "--")

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        given = [key for key in ("folder", "folders", "repository") if getattr(self, key) is not None]
        if len(given) != 1:
            chosen = " and ".join(given) or "none"
            raise ValueError(f"{chosen} given; allowed: exactly one of folder, folders, repository")
        return self

    @model_validator(mode="after")
    def _steps_of_the_place(self) -> Self:
        steps = self.steps or []
        if len(set(steps)) < len(steps):
            raise ValueError(f"steps: {steps} names one twice; allowed: each once")
        if self.repository and not steps:
            raise ValueError("steps: a repository needs the steps that are to be downloaded; name them")
        if self.folders and steps:
            raise ValueError("steps: the keys of folders are the steps; leave steps out")
        if stray := sorted(self.revisions.keys() - set(steps if self.repository else [])):
            raise ValueError(
                f"revisions: {stray[0]} is not among the steps to download; add it to steps or leave it out"
            )
        return self


QuestionsBy = Literal["set", "kind"]


class TextSettings(Strict):
    """The text of the embedded ladder and its tokens."""

    held_out_every: Annotated[int, Field(ge=2)]
    """of this many chapters in a row, the last is kept from training"""
    vocabulary: Annotated[int, Field(ge=257, le=65536)]
    """tokens of the byte-level BPE: the end of text, the 256 bytes, and merges"""
    context: Annotated[int, Field(ge=2)]
    """tokens a training sequence predicts from"""
    batch: Count
    """sequences a step"""
    frequent: Count
    """times that a word must occur in training for the general probes to ask for it"""


class Ladder(Strict):
    """Small GPT-NeoX models that are trained here, on the text."""

    sizes: list[Size]
    seeds: Annotated[list[Seed], Field(min_length=1)]
    """one model a size and seed"""
    size_seeds: SizeSeeds
    """number of seeds of single sizes, the first of ``seeds``; the others have all"""
    training: Optimisation
    checkpoints: Doubling

    @model_validator(mode="after")
    def _seeds_of_sizes(self) -> Self:
        require_seeds(self.sizes, self.seeds, self.size_seeds)
        return self


class ExternalModel(Strict):
    """In the place of a size: a model that is described in its own configuration."""

    name: Name


class Language(Study):
    """Language models: a ladder that is trained here, and series of checkpoints from elsewhere."""

    metric: Literal["accuracy"]
    """whose events enter the claims"""
    text: TextSettings
    questions_by: QuestionsBy = "set"
    """what emerges: a probe set as a whole, or each kind of question in it"""
    passages: Count
    """held-out passages, through which a model is measured as a whole, beside the probe sets"""
    ladder: Ladder
    models: list[SeriesSettings]
    """series of your own, in folders or on the hub"""
    phases: Phases
    verdicts: LanguageVerdicts
    """beside those of the protocol"""

    @property
    def trained(self) -> dict[str, Run]:
        """Size and seed of each model of the ladder by name, largest first."""
        return grid_of_runs(self.ladder.sizes, self.ladder.seeds, self.ladder.size_seeds)

    @property
    def series(self) -> dict[str, SeriesSettings]:
        """Series from elsewhere by name."""
        return {series.name: series for series in self.models}

    @property
    def runs(self) -> list[str]:
        """All models by name."""
        return [*self.trained, *self.series]

    @property
    def last_step(self) -> int:
        """Last step of the longest run, as far as the configuration says it."""
        trained = [self.ladder.training.steps] if self.ladder.sizes else []
        return max([*trained, *(step for series in self.models for step in series.steps or [])], default=0)

    @property
    def pythia(self) -> Pythia:
        """Models of the configuration that are Pythia's."""
        models = {name: series.pythia for name, series in self.series.items() if series.pythia}
        return Pythia(
            runs=list(models),
            largest=next((name for name, model in models.items() if model in ("2.8b", "2.8b-deduped")), None),
            degree=next((name for name, model in models.items() if model == "1.4b-deduped"), None),
        )

    @property
    def followed(self) -> dict[str, Signal]:
        """Signals of the measures that are switched on; after RankMe of each probe set, RankMe of the passages."""
        of_probes = super().followed
        if "rankme" not in of_probes:
            return of_probes
        of_passages = of_probes["rankme"].model_copy(update={"measure": "rankme", "group": PASSAGES})
        return {"rankme": of_probes["rankme"], PASSAGES_SIGNAL: of_passages, **of_probes}

    @property
    def controls(self) -> list[str]:
        """Groups that are measured but are no tasks."""
        return [PASSAGES]

    @property
    def easy(self) -> list[str]:
        """Tasks that count as easy: none, all probe sets are alike."""
        return []

    @property
    def external_models(self) -> dict[str, ExternalModel]:
        """In the place of a size, for each series from elsewhere."""
        return {name: ExternalModel(name=name) for name in self.series}

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        lists = {
            "ladder.sizes": [size.name for size in self.ladder.sizes],
            "ladder.seeds": self.ladder.seeds,
            "models": [*self.trained, *(series.name for series in self.models)],
        }
        for key, values in lists.items():
            if repeated := sorted({str(value) for value in values if values.count(value) > 1}):  # type: ignore[attr-defined]
                raise ValueError(f"{key}: {', '.join(repeated)} is listed twice; allowed: each once")
        if not self.runs:
            raise ValueError("models: none, and no ladder.sizes either; name a series or a size")
        return self

    @model_validator(mode="after")
    def _early_checkpoints(self) -> Self:
        last = self.protocol.collapse.floor_until
        for series in self.models:
            first = min(series.steps or series.folders or [last])
            if first > last:
                raise ValueError(
                    f"models: the first step of {series.name}, {first}, lies after protocol.collapse.floor_until "
                    f"({last}); raise it, or add an earlier checkpoint"
                )
        return self

    @model_validator(mode="after")
    def _within_training(self) -> Self:
        last = self.ladder.training.steps
        for key, step in {
            "ladder.checkpoints.doubled_until": self.ladder.checkpoints.doubled_until,
            "protocol.collapse.floor_until": self.protocol.collapse.floor_until,
        }.items():
            if step > last and self.ladder.sizes:
                raise ValueError(f"{key}: {step} is after the last step; allowed: 1 to {last}")
        return self
