"""Language models as runs: a manifest that says where each checkpoint is and what it holds, and how it is read back.

A checkpoint is a folder of the Hugging Face layout: within the trajectory for a model that was trained here, anywhere
for a series from elsewhere, whose manifest alone is written. The hashes of weights, configuration and tokenizer are
compared whenever they are loaded, so a file that was changed, replaced or cut short since is never measured.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from emergence.models import series, weights
from emergence.models.series import Series
from emergence.models.weights import SeriesError
from emergence.progress import Progress
from emergence.provenance import hardware, source_hash
from emergence.settings.language import SeriesRunSettings
from emergence.training.trajectory import Trajectory, record

STUDY = "language"
CONFIG = "config.json"
PIECE = 1 << 20  # bytes that are hashed at once


@dataclass(frozen=True)
class Recorded(Series):
    """A series whose files must be those that its manifest names; all methods raise SeriesError if one is not."""

    entries: Mapping[int, Mapping[str, str]] = field(default_factory=dict)
    """of the manifest, by step"""
    tokenizer_hash: str = ""

    def weights(self, step: int) -> dict[str, Tensor]:
        """As `Series.weights`."""
        self._verify(step)
        return super().weights(step)

    def load(self, model: nn.Module, step: int) -> None:
        """As `Series.load`."""
        self._verify(step)
        super().load(model, step)

    def config(self, step: int) -> Any:
        """As `Series.config`."""
        self._verify_config(step)
        return super().config(step)

    def tokenizer_file(self) -> Path:
        """As `Series.tokenizer_file`."""
        if file_digest(path := super().tokenizer_file()) != self.tokenizer_hash:
            raise SeriesError(f"{path}: is not the tokenizer of the manifest; delete the manifest and run again")
        return path

    def verify(self, step: int) -> None:
        """Look at all files of a checkpoint."""
        self._verify(step)
        self._verify_config(step)

    def _verify(self, step: int) -> None:
        if digest(folder := self.folder(step)) != self.entries[step]["sha256"]:
            raise SeriesError(f"{folder}: its weights are not those of the manifest; delete the manifest and run again")

    def _verify_config(self, step: int) -> None:
        if file_digest(path := self.folder(step) / CONFIG) != self.entries[step]["config_sha256"]:
            raise SeriesError(f"{path}: is not that of the manifest; delete the manifest and run again")


def opened(trajectory: Path) -> tuple[Trajectory, Recorded]:
    """A language model's manifest and its checkpoints, none of which is read yet.

    Raises:
        TrajectoryError: if there is no readable manifest.
        SeriesError: if it is of no language model.
    """
    run = Trajectory.open(trajectory)
    settings = run.manifest["settings"]
    if settings["study"] != STUDY:
        raise SeriesError(f"{trajectory}: is a run of study {settings['study']!r}, no language model")
    entries = {entry["step"]: entry for entry in run.manifest["checkpoints"]}
    folders = {step: trajectory / entry["file"] for step, entry in entries.items()}
    precision = settings.get("series", {}).get("precision", "float32")
    return run, Recorded(settings["run"], folders, precision, entries, run.manifest["tokenizer"]["sha256"])


def entry(step: int, folder: Path, name: str) -> dict[str, Any]:
    """What a manifest says of a checkpoint, the folder of which it calls ``name``.

    Raises:
        SeriesError: if weights or configuration cannot be read.
    """
    return {"step": step, "file": name, "sha256": digest(folder), "config_sha256": file_digest(folder / CONFIG)}


def digest(folder: Path) -> str:
    """SHA-256 of a checkpoint's weight files, one after the other.

    Raises:
        SeriesError: if there are none, or they cannot be read.
    """
    return file_digest(*weights.files(folder))


def file_digest(*paths: Path) -> str:
    """SHA-256 of files, one after the other.

    Raises:
        SeriesError: if one cannot be read.
    """
    found = hashlib.sha256()
    for path in paths:
        try:
            with path.open("rb") as opened_file:
                while piece := opened_file.read(PIECE):
                    found.update(piece)
        except OSError as error:
            raise SeriesError(f"{path}: cannot be read ({error}); copy or download it again") from None
    return found.hexdigest()


def parameters(model: Any) -> dict[str, int]:
    """Counts of parameters, for the manifest; tied weights count once, and as embeddings."""
    total = sum(parameter.numel() for parameter in model.parameters())
    ends = (model.get_input_embeddings(), model.get_output_embeddings())
    embedding = {id(end.weight): end.weight.numel() for end in ends if end is not None}
    return {"total": total, "trainable": total, "non_embedding": total - sum(embedding.values())}


def find(settings: SeriesRunSettings, downloads: Path, folder: Path) -> None:
    """Find a series from elsewhere, read all of it once, and write its manifest to ``folder``.

    Revisions on the hub are downloaded to ``downloads`` first.

    Raises:
        SeriesError: if a checkpoint, the configuration or the tokenizer is missing or damaged, or two steps have the
            same weights; there is no manifest then.
    """
    (folder / "manifest.json").unlink(missing_ok=True)  # no trajectory until the end
    there = series.found(settings.series, downloads.resolve())
    there.tokenizer()
    model = there.build()
    progress = Progress(f"series {settings.run}", len(there.steps), "checkpoints")
    entries = []
    for done, step in enumerate(there.steps, start=1):
        there.load(model, step)
        place = there.folder(step).resolve()
        entries.append(entry(step, place, str(place)))
        progress(done)
    _refuse_repeats(settings.run, entries)
    about = {
        "source_hash": source_hash(__name__),
        "hardware": hardware("cpu"),
        "seeds": {"run": settings.seed},
        "parameters": parameters(model),
        "tokenizer": {"sha256": file_digest(there.tokenizer_file())},
    }
    record(folder, settings, about, entries)


def _refuse_repeats(name: str, entries: Iterable[Mapping[str, Any]]) -> None:
    """A copy of one checkpoint under the name of another would bend every curve, and no curve would show it."""
    first: dict[str, int] = {}
    for entry in entries:
        if (step := first.setdefault(entry["sha256"], entry["step"])) != entry["step"]:
            raise SeriesError(
                f"{name}: steps {step} and {entry['step']} have the very same weights; keep the step whose they are"
            )
