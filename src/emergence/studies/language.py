"""Language models, where the studies are repeated on text: settings, and what each stage is given."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from emergence.settings.analysis import (
    Collapse,
    DirectionSettings,
    Grid,
    LeadSettings,
    RateSettings,
    ScoredMetric,
    Signal,
)
from emergence.settings.base import Count, Key, Strict
from emergence.settings.compute import Arithmetic
from emergence.settings.language import (
    AnswerSettings,
    CorpusSettings,
    Elsewhere,
    Ladder,
    LadderSettings,
    SeriesRunSettings,
    SeriesSettings,
    TextSettings,
)
from emergence.settings.learning import Size
from emergence.settings.measures import Measures
from emergence.settings.phases import (
    Figure10Settings,
    LanguageClaimSettings,
    LanguageVerdicts,
    Phases,
    PhaseSettings,
    Pythia,
)
from emergence.settings.stability import LanguageStabilitySettings
from emergence.studies.anatomy import WithAnatomy
from emergence.studies.whole import ConfigError, Whole, measuring, of_task_levels, refuse_foreign
from emergence.tasks.symbols import PASSAGES

METRIC: ScoredMetric = "accuracy"
GLOBAL = "rankme_text"
"""The signal that is the same for all probe sets: RankMe of the passages."""


class Language(Strict):
    """Language models: a ladder that is trained here, and series of checkpoints from elsewhere."""

    text: TextSettings
    passages: Count
    """held-out passages, through which a model is measured as a whole, beside the probe sets"""
    ladder: Ladder
    models: list[SeriesSettings]
    """series of your own, in folders or on the hub"""
    measures: Measures
    signals: dict[Key, Signal]
    """what of each other measure is held against events, as in Study 1"""
    floor_until: Count
    """floors are looked for up to this step"""
    smoothing: Annotated[int, Field(ge=1)]
    """of the early collapse: window of the running median, checkpoints (odd)"""
    phases: Phases
    sensitivity: Grid
    """alternatives to single settings, under which every claim is judged again"""
    verdicts: LanguageVerdicts

    @property
    def trained(self) -> dict[str, tuple[Size, int]]:
        """Size and seed of each model of the ladder by name, largest first."""
        sizes = sorted(self.ladder.sizes, key=lambda size: -size.layers * size.width**2)
        return {f"{size.name}-s{seed}": (size, seed) for size in sizes for seed in self.ladder.seeds}

    @property
    def found(self) -> dict[str, SeriesSettings]:
        """Series from elsewhere by name."""
        return {series.name: series for series in self.models}

    @property
    def runs(self) -> list[str]:
        """All models by name."""
        return [*self.trained, *self.found]

    @property
    def pythia(self) -> Pythia:
        """Models of the configuration that are Pythia's, by their repository or name."""
        repositories = {name: (series.repository or "").lower() for name, series in self.found.items()}
        runs = [
            name
            for name, repository in repositories.items()
            if repository.startswith("eleutherai/pythia-") or name.lower().startswith("pythia")
        ]
        largest = [name for name in runs if "2.8b" in f"{repositories[name]} {name.lower()}"]
        return Pythia(runs=runs, largest=largest[0] if largest else None)

    def followed(self, whole: WithAnatomy) -> dict[str, Signal]:
        """Signals of the measures that are held against events: RankMe's of each probe set and of the passages first.

        RankMe is of the variant of Study 1.
        """
        rank = Signal(variant=whole.anatomy.variant, scale="rank")
        every = {"rankme": rank, GLOBAL: rank.model_copy(update={"measure": "rankme", "group": PASSAGES})}
        every |= self.signals
        return {name: signal for name, signal in every.items() if (signal.measure or name) in self.measures.names}

    def settings(self, stage: str, whole: WithAnatomy, run: str | None, measure: str | None) -> Strict:
        """What a stage is given.

        Raises:
            ConfigError: if there is no such stage, run or measure.
        """
        match stage:
            case "corpus":
                return CorpusSettings(text=self.text, passages=self.passages)
            case "ladder":
                return self._ladder(run, whole)
            case "series":
                return self._series(run)
            case "answers":
                return AnswerSettings(device=whole.device)
            case "follow":
                return measuring(self.measures, measure, whole)
            case "events" | "collapse" | "direction" | "leads" | "precursors":
                return self._of_anatomy(stage, whole, measure)
            case "phases":
                return PhaseSettings(
                    variant=whole.anatomy.variant,
                    collapse=self._collapse(whole),
                    phases=self.phases,
                    confidence=whole.anatomy.statistics.confidence,
                )
            case "language_claims":
                return LanguageClaimSettings(
                    claims=whole.anatomy.claims.model_copy(update={"metric": METRIC}),
                    families=whole.anatomy.precursors.families,
                    verdicts=self.verdicts,
                    pythia=self.pythia,
                )
            case "language_numbers":
                return whole.anatomy.quoted(METRIC)
            case "language_stability":
                return LanguageStabilitySettings.model_validate(
                    {
                        "leads": self._of_anatomy("leads", whole, "rankme"),
                        "others": of_task_levels(self.followed(whole)),
                        "grid": self.sensitivity,
                        "claims": self.settings("language_claims", whole, None, None),
                        "phases": self.settings("phases", whole, None, None),
                    }
                )
            case "fig10":
                return Figure10Settings(
                    dpi=whole.figures.dpi,
                    metric=METRIC,
                    variant=whole.anatomy.variant,
                    definition=whole.anatomy.precursors.definition,
                    precursor_rate=whole.anatomy.verdicts.precursor_rate,
                )
        raise ConfigError(f"stage {stage!r} does not exist")

    def _of_anatomy(self, stage: str, whole: WithAnatomy, measure: str | None) -> Strict:
        """Stages of Study 1 as it has them, but for the score, the phase in which floors lie, and the signals."""
        shared, followed = whole.anatomy, self.followed(whole)
        events = shared.events.model_copy(update={"primary": METRIC})
        collapse = self._collapse(whole)
        match stage:
            case "events":
                return events
            case "collapse":
                return collapse
            case "direction":
                return DirectionSettings(
                    variant=shared.variant, confidence=shared.statistics.confidence, left_out=[PASSAGES]
                )
            case "precursors":
                return RateSettings(measures=list(followed), precursors=shared.precursors, statistics=shared.statistics)
        if measure not in followed:
            raise ConfigError(f"measure {measure!r} has no signal; allowed: {', '.join(followed)}")
        return LeadSettings(
            measure=measure,
            signal=followed[measure],
            easy=[],  # one family of equals
            events=events,
            collapse=collapse,
            precursors=shared.precursors,
            statistics=shared.statistics,
        )

    def _collapse(self, whole: WithAnatomy) -> Collapse:
        """Early collapse as in Study 1, in the first steps of these runs, whose checkpoints lie wider apart there."""
        own = {"floor_until": self.floor_until, "smoothing": self.smoothing}
        return Collapse.model_validate({**whole.anatomy.collapse.model_dump(), **own})

    def _ladder(self, run: str | None, whole: Whole) -> LadderSettings:
        if run not in self.trained:
            raise ConfigError(f"run {run!r} does not exist; allowed: {', '.join(self.trained) or 'none'}")
        size, seed = self.trained[run]
        return LadderSettings(
            study="language",
            run=run,
            size=size,
            seed=seed,
            text=self.text,
            training=self.ladder.training,
            checkpoints=self.ladder.checkpoints,
            compute=Arithmetic(precision=whole.compute.precision, compile=whole.compute.compile),
            device=whole.device,
        )

    def _series(self, run: str | None) -> SeriesRunSettings:
        if run not in self.found:
            raise ConfigError(f"run {run!r} does not exist; allowed: {', '.join(self.found) or 'none'}")
        return SeriesRunSettings(study="language", run=run, size=Elsewhere(name=run), seed=0, series=self.found[run])

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
    def _signals_exist(self) -> Self:
        refuse_foreign(self.signals, self.measures)
        return self

    @model_validator(mode="after")
    def _odd_window(self) -> Self:
        if self.smoothing % 2 == 0:
            raise ValueError(f"smoothing: {self.smoothing} is even; allowed: odd numbers of checkpoints")
        return self

    @model_validator(mode="after")
    def _within_training(self) -> Self:
        last = self.ladder.training.steps
        for key, step in {
            "ladder.checkpoints.doubled_until": self.ladder.checkpoints.doubled_until,
            "floor_until": self.floor_until,
        }.items():
            if step > last and self.ladder.sizes:
                raise ValueError(f"{key}: {step} is after the last step; allowed: 1 to {last}")
        return self
