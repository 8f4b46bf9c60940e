"""A file that is damaged after it was written is refused by what reads it; made again, it gives what it gave before."""

import logging
import re
from pathlib import Path

import pytest
from chain import RUN, Chain
from support import digests

from emergence import work
from emergence.training.train import Learner
from emergence.verify import verify

pytestmark = pytest.mark.faults

FILES = {
    f"trajectories/{RUN}/checkpoints/step00000040.safetensors": ("train", "follow"),
    f"trajectories/{RUN}/manifest.json": ("train", "follow"),
    "tasks/evaluation.safetensors": ("tasks", "train"),
    "tasks/probes.safetensors": ("tasks", "follow"),
    f"measures/rankme/{RUN}.parquet": ("follow", "collapse"),
}
"""and the stages that write and read each."""


def damaged(whole: bytes) -> dict[str, bytes]:
    middle = len(whole) // 3
    flipped = whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :]
    return {"empty": b"", "cut": whole[:-9], "flipped": flipped, "zeros": bytes(len(whole))}


@pytest.mark.parametrize("name", FILES)
def test_a_damaged_file_is_refused_until_it_is_made_again(name: str, chain: Chain, expected: dict[str, str]) -> None:
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
    chain: Chain, expected: dict[str, str], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(work, "SHARE", 1e9)  # keep state after every step
        patch.setattr(Learner, "step", stopping_at(60))
        with pytest.raises(ZeroDivisionError):
            chain.run("train")
    (path,) = chain.results.rglob("state.safetensors")
    path.write_bytes(damaged(path.read_bytes())["flipped"])
    with caplog.at_level(logging.WARNING):
        chain.run("train")
    assert f"{path}: is not what was written" in caplog.text
    assert "starts from its beginning" in caplog.text
    assert digests(chain.results) == expected


def stopping_at(last: int) -> object:
    step = Learner.step

    def stopping(self: Learner, number: int) -> object:
        return step(self, number) if number < last else 1 // 0

    return stopping


def test_no_stage_reads_a_clock_that_can_go_back() -> None:
    """Times of files matter to Snakemake alone; times within a job are of the monotonic clock."""
    clocks = re.compile(r"\btime\.(time|time_ns|localtime|gmtime)\(|\bdatetime\b|st_[mac]time")
    sources = sorted(Path(work.__file__).parent.rglob("*.py"))
    assert len(sources) > 100
    assert {path.name for path in sources if clocks.search(path.read_text())} == {"account.py", "archive.py"}  # dates
