"""A training process that receives a signal saves its state, says so and ends in time; started again, it resumes."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from emergence.config.training import TrainSettings

pytestmark = pytest.mark.long

LONG = {"steps": 4000, "warmup": 100}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_training_saves_and_ends_within_ten_seconds(
    number: signal.Signals,
    make_settings: Callable[..., TrainSettings],
    make_evaluation: Callable[[TrainSettings], Path],
    tmp_path: Path,
) -> None:
    settings = make_settings(**LONG)
    command = [
        sys.executable, "-m", "emergence", "stage", "train", "--settings",
        f'{{"settings": {settings.model_dump_json()}}}',
        "--evaluation", str(make_evaluation(settings)), "--folder", str(tmp_path / "run"), "--state",
        str(tmp_path / "state"),
    ]  # fmt: skip
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as job:
        while not (tmp_path / "state" / "state.safetensors").exists():
            assert job.poll() is None
            time.sleep(0.01)
        job.send_signal(number)
        _, said = job.communicate(timeout=10)
    assert job.returncode == 128 + number
    assert f"stopped by {number.name}" in said
    assert "Traceback" not in said
    assert not (tmp_path / "run" / "manifest.json").exists()
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as job:
        assert job.stderr is not None
        assert any("Resuming at step" in line for line in job.stderr)
        job.kill()
