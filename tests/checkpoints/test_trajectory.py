"""Manifests are what training wrote, or refused."""

import json
from pathlib import Path

import pytest
import torch
from support.damage import flipped

from emergence.checkpoints.trajectory import Trajectory, TrajectoryError, save_checkpoint, write_manifest
from emergence.io.files import write_json

SETTINGS = {"study": "anatomy", "run": "4x16-s1", "size": {"name": "4x16"}, "seed": 1, "at": {7: 0.1, 11: 1e-300}}


@pytest.fixture
def run(tmp_path: Path) -> Path:
    entries = [save_checkpoint(tmp_path, 10, {"weight": torch.ones(2)})]
    write_manifest(tmp_path, {"settings": SETTINGS, "parameters": {"total": 1234}, "checkpoints": entries})
    return tmp_path


def test_a_manifest_is_opened_as_it_was_written(run: Path) -> None:
    opened = Trajectory.open(run)
    assert opened.identity == {"study": "anatomy", "run": "4x16-s1", "size": "4x16", "parameters": 1234, "seed": 1}
    write_manifest(run / "again", opened.manifest)
    assert (run / "again" / "manifest.json").read_bytes() == (run / "manifest.json").read_bytes()


CHANGES = [("seed", '"seed": 1', '"seed": 2'), ("total", "1234", "1235"), ("key", '"11"', '"12"'), ("step", "10", "11")]


@pytest.mark.parametrize(("before", "after"), [change[1:] for change in CHANGES], ids=[change[0] for change in CHANGES])
def test_a_changed_digit_is_refused(run: Path, before: str, after: str) -> None:
    path = run / "manifest.json"
    whole = path.read_text()
    path.write_text(whole.replace(before, after, 1))
    assert json.loads(path.read_text()) != json.loads(whole)
    with pytest.raises(TrajectoryError, match=r"manifest\.json: .*changed"):
        Trajectory.open(run)


def test_a_manifest_without_its_hash_is_refused(run: Path) -> None:
    manifest = Trajectory.open(run).manifest
    write_json(run / "manifest.json", {key: value for key, value in manifest.items() if key != "sha256"})
    with pytest.raises(TrajectoryError, match=r"manifest\.json: .*'sha256'"):
        Trajectory.open(run)


def test_a_flipped_bit_is_refused_or_changes_nothing(run: Path) -> None:
    path = run / "manifest.json"
    whole, before = path.read_bytes(), Trajectory.open(run)
    said = []
    for bit in range(0, 8 * len(whole), 5):
        path.write_bytes(flipped(whole, bit))
        try:
            assert Trajectory.open(run) == before
        except TrajectoryError as error:
            said.append(str(error))
    assert len(said) > 0.15 * 8 * len(whole)
    assert [line for line in said if str(path) not in line or "\n" in line or "train again" not in line] == []
