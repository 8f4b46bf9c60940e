"""Manifests of language models: the place and the hashes of each checkpoint.

A checkpoint is a folder of the Hugging Face layout: within the trajectory for a model trained here, anywhere for an
external series, of which only the manifest is written. The hashes of weights, configuration and tokenizer are verified
whenever they are loaded, so a file that was changed, replaced or truncated is never measured.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from emergence.checkpoints import hf_checkpoints
from emergence.checkpoints.hashes import file_digest, refuse_identical, weights_digest
from emergence.checkpoints.hf_checkpoints import Series
from emergence.checkpoints.trajectory import Trajectory, run_metadata, write_trajectory
from emergence.checkpoints.weights import SeriesError
from emergence.config.language import ExternalModel, SeriesSettings
from emergence.config.types import Name, Seed, Strict
from emergence.io.progress import Progress

STUDY = "language"
CONFIG = "config.json"


class SeriesRunSettings(Strict):
    """One series of checkpoints, as its manifest records it."""

    study: Name
    run: str
    size: ExternalModel
    """of the series' name"""
    seed: Seed = 0
    """0, as there is one run"""
    series: SeriesSettings


@dataclass(frozen=True)
class RecordedSeries(Series):
    """A series whose files are verified against its manifest; all methods raise SeriesError if one differs."""

    entries: Mapping[int, Mapping[str, str]] = field(default_factory=dict)
    """of the manifest, by step"""
    tokenizer_hash: str = ""

    def config(self, step: int) -> Any:
        """As `Series.config`."""
        self._verify_config(step)
        return super().config(step)

    def tokenizer_file(self) -> Path:
        """As `Series.tokenizer_file`."""
        if file_digest(path := super().tokenizer_file()) != self.tokenizer_hash:
            raise SeriesError(f"{path}: is not the tokenizer in the manifest; delete the manifest and run again")
        return path

    def verify(self, step: int) -> None:
        """Verify all files of a checkpoint."""
        self._verify(step)
        self._verify_config(step)

    def _loaded(self, step: int, kind: Any) -> Any:
        self._verify(step)
        return super()._loaded(step, kind)

    def _verify(self, step: int) -> None:
        if weights_digest(folder := self.folder(step)) != self.entries[step]["sha256"]:
            raise SeriesError(f"{folder}: its weights differ from the manifest; delete the manifest and run again")

    def _verify_config(self, step: int) -> None:
        if file_digest(path := self.folder(step) / CONFIG) != self.entries[step]["config_sha256"]:
            raise SeriesError(f"{path}: differs from the manifest; delete the manifest and run again")


def open_series(trajectory: Path) -> tuple[Trajectory, RecordedSeries]:
    """Open a language model's manifest; its checkpoints are not read yet.

    Raises:
        TrajectoryError: if there is no readable manifest.
        SeriesError: if it is not that of a language model.
    """
    run = Trajectory.open(trajectory)
    settings = run.manifest["settings"]
    if settings["study"] != STUDY:
        raise SeriesError(f"{trajectory}: is a run of study {settings['study']!r}, not a language model")
    entries = {entry["step"]: entry for entry in run.manifest["checkpoints"]}
    folders = {step: trajectory / entry["file"] for step, entry in entries.items()}
    precision = settings.get("series", {}).get("precision", "float32")
    return run, RecordedSeries(settings["run"], folders, precision, entries, run.manifest["tokenizer"]["sha256"])


def entry(step: int, folder: Path, name: str) -> dict[str, Any]:
    """Entry of a checkpoint in a manifest, which calls its folder ``name``.

    Args:
        step: Optimiser step of the checkpoint.
        folder: That holds it.
        name: By which the manifest calls the folder.

    Raises:
        SeriesError: if weights or configuration cannot be read.
    """
    return {"step": step, "file": name, "sha256": weights_digest(folder), "config_sha256": file_digest(folder / CONFIG)}


def parameter_counts(model: Any) -> tuple[int, int]:
    """Number of all parameters and of those outside the embeddings; tied weights count once, as embeddings."""
    total = sum(parameter.numel() for parameter in model.parameters())
    ends = (model.get_input_embeddings(), model.get_output_embeddings())
    embedding = {id(end.weight): end.weight.numel() for end in ends if end is not None}
    return total, total - sum(embedding.values())


def record_series(settings: SeriesRunSettings, downloads: Path, folder: Path) -> None:
    """Read an external series of checkpoints once in full and write its manifest to ``folder``.

    Args:
        settings: Where the series is.
        downloads: Where revisions on the hub are downloaded to.
        folder: Of the trajectory; holds the manifest alone.

    Raises:
        SeriesError: if a checkpoint, the configuration or the tokenizer is missing or damaged, or two steps have the
            same weights; no manifest is written then.
    """
    (folder / "manifest.json").unlink(missing_ok=True)  # no trajectory until the end
    series = hf_checkpoints.open_series(settings.series, downloads.resolve())
    series.tokenizer()
    model = series.build()
    progress = Progress(f"series {settings.run}", len(series.steps), "checkpoints")
    entries = []
    for done, step in enumerate(series.steps, start=1):
        series.load(model, step)
        place = series.folder(step).resolve()
        entries.append(entry(step, place, str(place)))
        progress(done)
    refuse_identical(settings.run, {entry["step"]: entry["sha256"] for entry in entries})
    metadata = run_metadata(__name__, "cpu", {"run": settings.seed}, *parameter_counts(model))
    write_trajectory(
        folder, settings, {**metadata, "tokenizer": {"sha256": file_digest(series.tokenizer_file())}}, entries
    )
