"""Trajectories on disk: weights of every checkpoint, a manifest, and the behaviour table.

A trajectory is a folder: ``checkpoints/step00000123.safetensors``, ``manifest.json`` (settings, seeds, hashes of
settings and source, versions, hardware, the SHA-256 of each checkpoint, and its own) and ``behaviour.parquet``. The
manifest is written last: a folder without one is not a trajectory.
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

from emergence.config.types import Strict
from emergence.errors import EmergenceError
from emergence.io import tables
from emergence.io.files import replacing, sha256, write_json
from emergence.io.provenance import hardware, source_hash, versions
from emergence.schemas.trajectories import BEHAVIOUR


class TrajectoryError(EmergenceError):
    """A trajectory that is damaged or was not written by training; the message names the file and the remedy."""


def save_checkpoint(folder: Path, step: int, weights: dict[str, Tensor]) -> dict[str, Any]:
    """Write the weights of one checkpoint; return its entry in the manifest.

    Args:
        folder: Of the run.
        step: Optimiser step, 0 before training.
        weights: Tensors by name.

    Returns:
        Step, file below the folder, and SHA-256.
    """
    content = safetensors.torch.save(weights, metadata={"step": str(step)})
    path = folder / "checkpoints" / f"step{step:08d}.safetensors"
    with replacing(path) as temporary:
        temporary.write_bytes(content)
    return {"step": step, "file": f"checkpoints/{path.name}", "sha256": sha256(content)}


def run_metadata(
    module: str, device: str, seeds: Mapping[str, int], parameters: int, non_embedding: int
) -> dict[str, Any]:
    """Run metadata for a manifest: source hash of ``module``, hardware, seeds and parameter counts.

    Args:
        module: That trains, whose source is hashed.
        device: Where it trained.
        seeds: Of initialisation, data order and the like.
        parameters: Number of weights.
        non_embedding: Number of weights outside the embeddings.
    """
    return {
        "source_hash": source_hash(module),
        "hardware": hardware(device),
        "seeds": dict(seeds),
        "parameters": {"total": parameters, "trainable": parameters, "non_embedding": non_embedding},
    }


def write_trajectory(
    folder: Path,
    settings: Strict,
    metadata: dict[str, Any],
    entries: list[dict[str, Any]],
    behaviour: pd.DataFrame | None = None,
) -> None:
    """Write the behaviour table, if there is one, then the manifest that makes the folder a trajectory.

    Args:
        folder: Of the trajectory; it holds the checkpoints.
        settings: Name study, run, size and seed.
        metadata: As `run_metadata` gives it.
        entries: One of each checkpoint: step, file and SHA-256.
        behaviour: Columns step, task, level, metric, value.
    """
    manifest = _manifest(settings, metadata, entries)
    if behaviour is not None:
        rows = behaviour.assign(**Trajectory(folder, manifest).identity)
        tables.write(BEHAVIOUR, rows, folder / "behaviour.parquet")
    write_manifest(folder, manifest)


def write_manifest(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Write a manifest with its own hash, which `Trajectory.open` verifies."""
    write_json(folder / "manifest.json", {**manifest, "sha256": _digest(manifest)})


def _digest(manifest: Mapping[str, Any]) -> str:
    """SHA-256 of the content of a manifest, without the hash itself; it survives reading and writing."""
    return sha256(json.dumps({key: value for key, value in manifest.items() if key != "sha256"}).encode())


def _manifest(settings: Strict, metadata: dict[str, Any], entries: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "settings": settings.model_dump(mode="json"),
        "settings_hash": sha256(settings.model_dump_json().encode()),
        "versions": versions(),
        **metadata,
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
            TrajectoryError: if there is no readable manifest, or it has changed since training wrote it.
        """
        path = folder / "manifest.json"
        try:
            manifest = json.loads(path.read_text(encoding="utf-8"))
            _ = cls(folder, manifest).identity, [(e["step"], e["file"], e["sha256"]) for e in manifest["checkpoints"]]
            intact = manifest["sha256"] == _digest(manifest)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise TrajectoryError(
                f"{path}: not a readable manifest ({error}); delete {folder} and train again"
            ) from None
        if not intact:
            raise TrajectoryError(f"{path}: has changed since training wrote it; delete {folder} and train again")
        return cls(folder, manifest)

    @property
    def steps(self) -> list[int]:
        """Steps of the checkpoints, ascending."""
        return [entry["step"] for entry in self.manifest["checkpoints"]]

    @property
    def identity(self) -> dict[str, Any]:
        """The first columns of every table about this run."""
        settings = self.manifest["settings"]
        return {
            "study": settings["study"],
            "run": settings["run"],
            "size": settings["size"]["name"],
            "parameters": self.manifest["parameters"]["total"],
            "seed": settings["seed"],
        }

    def weights(self, step: int) -> dict[str, Tensor]:
        """Weights at a step.

        Raises:
            TrajectoryError: if the checkpoint is missing or has changed since training wrote it.
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
            raise TrajectoryError(f"{path}: has changed since training wrote it; delete {self.folder} and train again")
        try:
            return safetensors.torch.load(content)
        except SafetensorError as error:  # the manifest vouches for something else, such as a pickle
            raise TrajectoryError(f"{path}: not a readable safetensors file ({error}); train this run again") from None
