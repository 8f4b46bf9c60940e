"""A job that is sent a signal, as a process: it saves, says so, and ends in time; started again it goes on."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from emergence.settings.learning import TrainSettings

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
        sys.executable, "-m", "emergence", "train", "--settings", settings.model_dump_json(),
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
    assert f"emergence: stopped by {number.name}; its state is kept: run again to go on" in said
    assert "Traceback" not in said
    assert not (tmp_path / "run" / "manifest.json").exists()
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as job:
        assert job.stderr is not None
        assert any("goes on after" in line for line in job.stderr)
        job.kill()
