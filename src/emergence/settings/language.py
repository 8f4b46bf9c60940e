"""Settings of language models: where their checkpoints are, and the text on which an embedded ladder is trained."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from emergence.settings.base import Count, Device, Name, Precision, Seed, Strict
from emergence.settings.compute import Arithmetic
from emergence.settings.learning import Doubling, Optimisation, Size

Step = Annotated[int, Field(ge=0)]
Repository = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*/[A-Za-z0-9][A-Za-z0-9_.-]*$", max_length=200)]


class SeriesSettings(Strict):
    """Checkpoints of one language model in the Hugging Face layout; exactly one of the three places is given."""

    name: Name
    """of its run, in paths and figures"""
    folder: Annotated[str, Field(min_length=1)] | None = None
    """holds one subfolder a checkpoint, whose name ends in its step: ``step0``, ``step1000``"""
    folders: Annotated[dict[Step, str], Field(min_length=1)] | None = None
    """folder of each step, wherever it is and whatever its name"""
    repository: Repository | None = None
    """on the hub, for example EleutherAI/pythia-160m"""
    steps: Annotated[list[Step], Field(min_length=1)] | None = None
    """that are read; with a folder all there are, if absent"""
    revisions: Annotated[dict[Step, str], Field(default_factory=dict)]
    """of the repository, where they are not called ``step<step>``"""
    precision: Precision = "float32"
    """in which weights are held and computed with, whatever the files hold"""

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        given = [key for key in ("folder", "folders", "repository") if getattr(self, key) is not None]
        if len(given) != 1:
            found = " and ".join(given) or "none"
            raise ValueError(f"{found} given; allowed: exactly one of folder, folders, repository")
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
                f"revisions: {stray[0]} is none of the repository's steps; add it to steps or leave it out"
            )
        return self


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
    training: Optimisation
    checkpoints: Doubling


class CorpusSettings(Strict):
    """What the corpus stage is given."""

    text: TextSettings
    passages: Count


class LadderSettings(Strict):
    """What the stage that trains one model of the ladder is given."""

    study: Name
    run: str
    size: Size
    seed: Seed
    text: TextSettings
    training: Optimisation
    checkpoints: Doubling
    compute: Arithmetic
    device: Device


class Elsewhere(Strict):
    """In the place of a size: a model that is described in its own configuration."""

    name: Name


class SeriesRunSettings(Strict):
    """What the stage that finds the checkpoints of a series of the user's own is given."""

    study: Name
    run: str
    size: Elsewhere
    """of the series' name"""
    seed: Seed
    """0, as there is one run"""
    series: SeriesSettings


class AnswerSettings(Strict):
    """What the stage that asks a series of models the probes is given."""

    device: Device
