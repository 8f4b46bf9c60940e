"""A file that is damaged after it was written is refused by what reads it; made again, it gives what it gave before."""

import logging
import re

import pytest
from support.project import PROJECT, digests
from support.stage_chain import RUN, StageChain

from emergence.io import resumable
from emergence.release.verify import verify
from emergence.training.task_transformer import TaskLearner

pytestmark = pytest.mark.faults

FILES = {
    f"anatomy/trajectories/{RUN}/checkpoints/step00000040.safetensors": ("train", "measure_run"),
    f"anatomy/trajectories/{RUN}/manifest.json": ("train", "measure_run"),
    "tasks/evaluation.safetensors": ("task_data", "train"),
    "tasks/probes.safetensors": ("task_data", "measure_run"),
    f"anatomy/measures/rankme/{RUN}.parquet": ("measure_run", "collapse"),
}
"""and the stages that write and read each."""


def damaged(whole: bytes) -> dict[str, bytes]:
    middle = len(whole) // 3
    flipped = whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :]
    return {"empty": b"", "cut": whole[:-9], "flipped": flipped, "zeros": bytes(len(whole))}


@pytest.mark.parametrize("name", FILES)
def test_a_damaged_file_is_refused_until_it_is_made_again(
    name: str, chain: StageChain, expected: dict[str, str]
) -> None:
    writer, reader = FILES[name]
    path = chain.results / name
    chain.result(reader).unlink()
    for kind, content in damaged(path.read_bytes()).items():
        path.write_bytes(content)
        line = chain.refused(reader)
        assert str(path) in line, kind
        assert line.endswith("again"), kind
        assert [fault for fault in verify(chain.results).faults if str(path) in fault], kind
    path.unlink()
    chain.run(writer)
    chain.run(reader)
    assert digests(chain.results) == expected


def test_damaged_state_is_not_gone_on_from(
    chain: StageChain, expected: dict[str, str], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(resumable, "SAVING_SHARE", 1e9)  # keep state after every step
        patch.setattr(TaskLearner, "step", stopping_at(60))
        with pytest.raises(ZeroDivisionError):
            chain.run("train")
    (path,) = chain.results.rglob("state.safetensors")
    path.write_bytes(damaged(path.read_bytes())["flipped"])
    with caplog.at_level(logging.WARNING):
        chain.run("train")
    assert f"{path}: has changed" in caplog.text
    assert "from the beginning" in caplog.text
    assert digests(chain.results) == expected


def stopping_at(last: int) -> object:
    step = TaskLearner.step

    def stopping(self: TaskLearner, number: int) -> object:
        return step(self, number) if number < last else 1 // 0

    return stopping


def test_no_stage_reads_a_clock_that_can_go_back() -> None:
    """Times of files matter to Snakemake alone, and in whether they changed; jobs read the monotonic clock."""
    clocks = re.compile(r"\btime\.(time|time_ns|localtime|gmtime)\(|\bdatetime\b|st_[mac]time")
    sources = sorted((PROJECT / "src").rglob("*.py"))
    assert len(sources) > 100
    assert {path.name for path in sources if clocks.search(path.read_text())} == {
        "run_metadata.py",  # dates
        "archive.py",
        "crate.py",
        "folder_origin.py",  # whether a checkpoint is still the one that was measured
        "provenance.py",  # whether a source is still the one that was read
    }
