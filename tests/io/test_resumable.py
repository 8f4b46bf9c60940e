"""Stopped jobs resume from their own state, and from no other."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from emergence.config.training import Sample
from emergence.io import resumable
from emergence.io.progress import Progress
from emergence.io.resumable import ResumableJob, ResumeError, StoppedError, origin, resumable_job
from emergence.schemas.trajectories import BASELINES

OF = {"settings": "a", "torch": "1"}
NOTHING: Callable[[], None] = lambda: None  # noqa: E731


@contextmanager
def left(folder: Path) -> Iterator[ResumableJob]:
    """Work that ends in an error."""
    with suppress(RuntimeError), resumable_job(folder, OF) as begun:
        yield begun
        raise RuntimeError


def rows(item: int) -> pd.DataFrame:
    return pd.DataFrame({"task": [f"T{item}"], "level": ["1"], "metric": ["exact_match"], "value": [item / 3]})


def gathered(under: ResumableJob, items: list[int], measure: Callable[[int], pd.DataFrame]) -> pd.DataFrame:
    return under.map_resumable(BASELINES, items, measure, Progress("test", len(items), "items"))


def test_arrays_and_facts_come_back_as_they_were(tmp_path: Path) -> None:
    arrays = {"x": np.array([0.1, np.nan, -np.inf]), "none": np.empty((0, 3), dtype=np.int64)}
    with left(tmp_path / "state") as begun:
        assert begun.load() is None
        begun.save(arrays, {"step": 7, "entries": [{"step": 3, "file": "a"}]})
    with resumable_job(tmp_path / "state", OF) as again:
        loaded = again.load()
        assert loaded is not None
        assert loaded[1] == {"step": 7, "entries": [{"step": 3, "file": "a"}]}
        for name, array in arrays.items():
            assert loaded[0][name].dtype == array.dtype
            np.testing.assert_array_equal(loaded[0][name], array)
    assert not (tmp_path / "state").exists()  # the work has ended
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("change", [{"torch": "2"}, {"settings": "b"}, {"input evaluation": "c"}])
def test_state_of_another_origin_is_not_used(
    tmp_path: Path, change: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    with left(tmp_path / "state") as begun:
        begun.save({}, {"step": 7})
    with resumable_job(tmp_path / "state", OF | change) as other:
        assert other.load() is None
        assert not other.folder.joinpath("state.safetensors").exists()
    assert f"{tmp_path / 'state'}: state of another {next(iter(change))}" in caplog.text


def test_state_without_a_readable_origin_is_not_used(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with left(tmp_path / "state") as begun:
        begun.save({}, {"step": 7})
    (tmp_path / "state" / "origin.json").write_text("{")
    with resumable_job(tmp_path / "state", OF) as other:
        assert other.load() is None
    assert "cannot be read" in caplog.text


@pytest.mark.parametrize("damage", [lambda content: content[:-3], lambda content: content[:-3] + b"abc"])
def test_damaged_state_is_not_used(
    tmp_path: Path, damage: Callable[[bytes], bytes], caplog: pytest.LogCaptureFixture
) -> None:
    with left(tmp_path / "state") as begun:
        begun.save({"x": np.arange(9.0)}, {"step": 7})
    path = tmp_path / "state" / "state.safetensors"
    path.write_bytes(damage(path.read_bytes()))
    with resumable_job(tmp_path / "state", OF) as again:
        assert again.load() is None
    assert str(path) in caplog.text
    assert "from the beginning" in caplog.text


def test_an_origin_names_settings_sources_versions_and_inputs(tmp_path: Path) -> None:
    (tmp_path / "evaluation").write_bytes(b"a")
    one = origin(Sample(examples=2, seed=1), ["emergence.io.progress"], [tmp_path / "evaluation"])
    assert {"settings", "source of emergence.io.progress", "torch", "numpy", "python", "input evaluation"} <= set(one)
    assert one == origin(Sample(examples=2, seed=1), ["emergence.io.progress"], [tmp_path / "evaluation"])
    (tmp_path / "evaluation").write_bytes(b"b")
    two = origin(Sample(examples=2, seed=2), ["emergence.io.progress"], [tmp_path / "evaluation"])
    assert {key for key in one if one[key] != two[key]} == {"settings", "input evaluation"}


def test_rows_that_were_measured_are_not_measured_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def failing(item: int) -> pd.DataFrame:
        asked.append(item)
        if item == 3 and len(asked) == 4:
            raise RuntimeError
        return rows(item)

    monkeypatch.setattr(resumable, "SAVING_SHARE", 1e9)  # after every item
    with left(tmp_path / "state") as begun:
        gathered(begun, [0, 1, 2, 3, 4], failing)
    with resumable_job(tmp_path / "state", OF) as again:
        resumed = gathered(again, [0, 1, 2, 3, 4], failing)
    assert asked == [0, 1, 2, 3, 3, 4]
    pd.testing.assert_frame_equal(resumed, pd.concat(map(rows, range(5)), ignore_index=True), check_dtype=False)


def test_damaged_rows_are_measured_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with left(tmp_path / "state") as begun:
        gathered(begun, [0, 1], rows)
    (path,) = (tmp_path / "state").glob("*.parquet")
    path.write_bytes(path.read_bytes()[:-5])
    with resumable_job(tmp_path / "state", OF) as again:
        assert len(gathered(again, [0, 1], rows)) == 2
    assert str(path) in caplog.text


def test_state_is_kept_as_often_as_costs_a_fiftieth(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    kept: list[float] = []

    def save() -> None:
        kept.append(now[0])
        now[0] += 0.1

    begun = ResumableJob(tmp_path)
    while now[0] < 50:
        now[0] += 0.02
        begun.save_if_due(save)
    assert kept[0] == pytest.approx(0.02)  # the cost is not known before
    assert np.diff(kept) == pytest.approx([0.1 + 0.1 / 0.02] * (len(kept) - 1), abs=0.03)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_keeps_the_state_and_ends_the_job(tmp_path: Path, number: signal.Signals) -> None:
    saved: list[int] = []
    before = signal.getsignal(number)

    def work_on(begun: ResumableJob) -> None:
        begun.save_if_due(NOTHING)
        os.kill(os.getpid(), number)
        begun.save_if_due(lambda: saved.append(1))

    with (
        pytest.raises(StoppedError, match=signal.Signals(number).name) as stopped,
        resumable_job(tmp_path / "s", OF) as begun,
    ):
        work_on(begun)
    assert saved == [1]
    assert stopped.value.exit_code == 128 + number
    assert (tmp_path / "s" / "origin.json").exists()
    assert signal.getsignal(number) is before


def test_a_measure_is_interrupted_at_once_and_what_was_measured_stays(tmp_path: Path) -> None:
    asked: list[int] = []

    def stopping(item: int) -> pd.DataFrame:
        asked.append(item)
        if asked == [0, 1, 2]:
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(60)  # as a long measure; the signal ends it
        return rows(item)

    begun_at = time.monotonic()
    with pytest.raises(StoppedError), resumable_job(tmp_path / "state", OF) as begun:
        gathered(begun, [0, 1, 2, 3], stopping)
    assert time.monotonic() - begun_at < 10
    with resumable_job(tmp_path / "state", OF) as again:
        assert len(gathered(again, [0, 1, 2, 3], stopping)) == 4
    assert asked == [0, 1, 2, 2, 3]


HOLDER = """
    import sys, time
    from pathlib import Path
    from emergence.io.resumable import resumable_job
    with resumable_job(Path(sys.argv[1]), {}):
        print("held", flush=True)
        time.sleep(60)
"""


@pytest.mark.long
def test_a_second_job_is_refused_until_the_first_is_dead(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    holder = subprocess.Popen([sys.executable, "-c", textwrap.dedent(HOLDER), str(folder)], stdout=subprocess.PIPE)
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"held\n"
    try:
        with pytest.raises(ResumeError, match=r"state\.lock: "), resumable_job(folder, {}):
            pass
    finally:
        holder.kill()
        holder.wait()
        holder.stdout.close()
    with resumable_job(folder, {}):  # no lock outlives its holder
        pass


def test_a_delivered_folder_replaces_what_was_there_and_stays_in_the_state(tmp_path: Path) -> None:
    with left(tmp_path / "state") as begun:
        (begun.folder / "made").mkdir()
        (begun.folder / "made" / "a").write_text("new")
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / "old").write_text("old")
        begun.publish("made", tmp_path / "out")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["a"]
    assert (tmp_path / "state" / "made" / "a").read_text() == (tmp_path / "out" / "a").read_text() == "new"
