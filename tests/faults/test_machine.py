"""A machine that lacks space, permission or memory: one line with the remedy, no result, and a re-run that ends."""

import json
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from support.project import digests
from support.stage_chain import OPTIONS, RESULT, StageChain
from synthetic import tiny_models

from emergence.io.files import FileError
from emergence.training import gpt_neox

pytestmark = pytest.mark.faults

GB = 1 << 30


def copied(clean: StageChain, disk: Path, stage: str) -> StageChain:
    """What a stage needs, on a disk of its own."""
    shutil.copytree(clean.results, disk, dirs_exist_ok=True)
    made = list(OPTIONS)
    for later in made[made.index(stage) :]:
        path = disk / RESULT[later]
        shutil.rmtree(path.parent) if later in ("task_data", "train") else path.unlink()
    return StageChain(disk)


def fill(disk: Path, room: int) -> Path:
    """Leave so many bytes of a disk."""
    filler = disk / "filler"
    filler.write_bytes(bytes(max(shutil.disk_usage(disk).free - room, 0)))
    return filler


@pytest.mark.parametrize(
    ("stage", "room"), [("task_data", 8192), ("train", 0), ("train", 65536), ("measure_run", 0), ("collapse", 0)]
)
def test_a_full_disk(
    stage: str, room: int, clean: StageChain, expected: dict[str, str], disk: Callable[[str], Path]
) -> None:
    chain = copied(clean, disk("size=4m"), stage)
    filler = fill(chain.results, room)
    line = chain.refused(stage)
    assert line.startswith(f"emergence: {chain.results}/")
    assert "the disk is full" in line
    assert chain.left_over == []
    filler.unlink()
    chain.run(stage)
    assert expected.items() >= digests(chain.results).items()
    assert str(chain.result(stage).relative_to(chain.results)) in digests(chain.results)


@pytest.mark.parametrize("stage", OPTIONS)
def test_a_folder_that_cannot_be_written(
    stage: str, clean: StageChain, expected: dict[str, str], disk: Callable[[str], Path]
) -> None:
    chain = copied(clean, disk("size=4m"), stage)
    disk("remount,ro")
    line = chain.refused(stage)
    assert line.startswith(f"emergence: {chain.results}")
    assert "the file system is read-only" in line
    disk("remount,rw")
    chain.run(stage)
    assert expected.items() >= digests(chain.results).items()


@pytest.mark.parametrize("room", [0, 16384, 65536])
def test_a_disk_that_is_full_for_a_checkpoint_of_a_language_model(
    room: int, tmp_path: Path, disk: Callable[[str], Path]
) -> None:
    """Its folder is written by transformers, its weights by safetensors."""
    tokens, tokenizer, _ = tiny_models.write_corpus(tmp_path)
    place = disk("size=2m")
    filler = fill(place, room)
    arguments = (tiny_models.ladder_settings(), tokens, tokenizer, place / "run", place / "state")
    with pytest.raises(FileError, match=rf"{place}/state.*disk is full"):
        gpt_neox.train_language_model(*arguments)
    assert not [path for path in place.rglob(".*") if path.is_dir()], "half a checkpoint is left"
    filler.unlink()
    gpt_neox.train_language_model(*arguments)
    assert (place / "run/manifest.json").exists()


def too_large(kind: str) -> dict[str, object]:
    """Settings that ask for hundreds of GB at once: of NumPy, of PyTorch."""
    if kind == "task_data":
        return {"evaluation": {"examples": 10**10, "seed": 101}}
    sizes = [
        {"name": "2x8", "layers": 2, "width": 200_000, "heads": 2},
        {"name": "2x16", "layers": 2, "width": 16, "heads": 2},
    ]
    return {"sizes": sizes}


@pytest.mark.parametrize("stage", ["task_data", "train"])
def test_too_little_memory(stage: str, chain: StageChain, expected: dict[str, str], tmp_path: Path) -> None:
    overlay = tmp_path / "large.yaml"
    overlay.write_text(json.dumps({"anatomy": too_large(stage)}))
    chain.result(stage).unlink()
    done = subprocess.run(
        [sys.executable, "-m", "emergence", *chain.arguments(stage, overlay)],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (16 * GB, 16 * GB)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("emergence: not enough memory")
    assert "Traceback" not in done.stderr
    assert not chain.result(stage).exists()
    chain.run(stage)
    assert digests(chain.results) == expected


def test_a_loss_that_is_no_number(chain: StageChain, expected: dict[str, str], tmp_path: Path) -> None:
    overlay = tmp_path / "steep.yaml"
    overlay.write_text("anatomy: {training: {learning_rate: 1.0e+30}}")
    line = chain.refused("train", overlay)
    assert line.startswith("emergence: 2x8-s1: ")
    assert line.endswith("; lower learning_rate")
    chain.result("measure_run").unlink()
    assert "not a readable manifest" in chain.refused("measure_run")
    for stage in ("train", "measure_run"):
        chain.run(stage)
    assert digests(chain.results) == expected
