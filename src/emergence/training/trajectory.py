"""The trajectory store: weights of every checkpoint and a manifest that says what they are.

A trajectory is a folder: ``checkpoints/step00000123.safetensors``, ``manifest.json`` (settings, seeds, hashes of
settings and source, versions, hardware, the SHA-256 of each checkpoint, and its own) and ``behaviour.parquet``. The
manifest is written last: a folder without one is no trajectory.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import safetensors
import safetensors.torch
from safetensors import SafetensorError
from torch import Tensor

from emergence import tables
from emergence.errors import EmergenceError
from emergence.files import replacing, sha256, write_json
from emergence.provenance import versions
from emergence.schemas.trajectories import BEHAVIOUR
from emergence.settings.base import Strict


class TrajectoryError(EmergenceError):
    """A trajectory that is damaged or foreign; the message names the file and the remedy."""


def save_checkpoint(folder: Path, step: int, weights: dict[str, Tensor]) -> dict[str, Any]:
    """Write the weights of one checkpoint; return its entry in the manifest."""
    content = safetensors.torch.save(weights, metadata={"step": str(step)})
    path = folder / "checkpoints" / f"step{step:08d}.safetensors"
    with replacing(path) as temporary:
        temporary.write_bytes(content)
    return {"step": step, "file": f"checkpoints/{path.name}", "sha256": sha256(content)}


def complete(
    folder: Path, settings: Strict, about: dict[str, Any], entries: list[dict[str, Any]], behaviour: pd.DataFrame
) -> None:
    """Write behaviour, then the manifest that makes the folder a trajectory; see `record`."""
    identity = Trajectory(folder, _manifest(settings, about, entries)).identity
    tables.write(BEHAVIOUR, behaviour.assign(**identity), folder / "behaviour.parquet")
    record(folder, settings, about, entries)


def record(folder: Path, settings: Strict, about: dict[str, Any], entries: list[dict[str, Any]]) -> None:
    """Write the manifest that makes the folder a trajectory.

    ``settings`` name study, run, size and seed; ``about`` has source hash, hardware, seeds and parameters; ``entries``
    are those of the checkpoints.
    """
    write_manifest(folder, _manifest(settings, about, entries))


def write_manifest(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Write a manifest with its own hash, by which `Trajectory.open` knows it again."""
    write_json(folder / "manifest.json", {**manifest, "sha256": _digest(manifest)})


def _digest(manifest: Mapping[str, Any]) -> str:
    """SHA-256 of what a manifest says, apart from this hash; reading and writing it again changes nothing."""
    return sha256(json.dumps({key: value for key, value in manifest.items() if key != "sha256"}).encode())


def _manifest(settings: Strict, about: dict[str, Any], entries: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "settings": settings.model_dump(mode="json"),
        "settings_hash": sha256(settings.model_dump_json().encode()),
        "versions": versions(),
        **about,
        "checkpoints": entries,
    }


@dataclass(frozen=True)
class Trajectory:
    """A trajectory on disk, opened for reading."""

    folder: Path
    manifest: dict[str, Any]

    @classmethod
    def open(cls, folder: Path) -> "Trajectory":
        """Read the manifest of a trajectory.

        Raises:
            TrajectoryError: if there is no readable manifest, or it is not the one that training wrote.
        """
        path = folder / "manifest.json"
        try:
            manifest = json.loads(path.read_text())
            _ = cls(folder, manifest).identity, [(e["step"], e["file"], e["sha256"]) for e in manifest["checkpoints"]]
            whole = manifest["sha256"] == _digest(manifest)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise TrajectoryError(f"{path}: no readable manifest ({error}); delete {folder} and train again") from None
        if not whole:
            raise TrajectoryError(f"{path}: is not what training wrote; delete {folder} and train again")
        return cls(folder, manifest)

    @property
    def steps(self) -> list[int]:
        """Steps of the checkpoints, rising."""
        return [entry["step"] for entry in self.manifest["checkpoints"]]

    @property
    def identity(self) -> dict[str, Any]:
        """The columns that begin every table about this run."""
        settings = self.manifest["settings"]
        return {
            "study": settings["study"],
            "run": settings["run"],
            "size": settings["size"]["name"],
            "parameters": self.manifest["parameters"]["total"],
            "seed": settings["seed"],
        }

    def weights(self, step: int) -> dict[str, Tensor]:
        """Weights at a step, as they were written.

        Raises:
            TrajectoryError: if the checkpoint is missing or is not the file that training wrote.
        """
        entry = next((entry for entry in self.manifest["checkpoints"] if entry["step"] == step), None)
        if entry is None:
            raise TrajectoryError(f"{self.folder}: no checkpoint at step {step}; there are {self.steps}")
        path = self.folder / entry["file"]
        try:
            content = path.read_bytes()
        except OSError as error:
            raise TrajectoryError(f"{path}: cannot be read ({error}); train this run again") from None
        if sha256(content) != entry["sha256"]:
            raise TrajectoryError(f"{path}: is not the file that training wrote; delete {self.folder} and train again")
        try:
            return safetensors.torch.load(content)
        except SafetensorError as error:  # the manifest vouches for something else, such as a pickle
            raise TrajectoryError(f"{path}: not a readable safetensors file ({error}); train this run again") from None
