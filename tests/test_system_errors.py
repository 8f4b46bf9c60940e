"""What the machine lacks is one line, however a library says it; all else is left as it is."""

import errno
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import torch

from emergence import cli, system_errors
from emergence.io import tables
from emergence.io.files import FileError, replacing, replacing_folder
from emergence.schemas.trajectories import BASELINES


def raised(error: Exception, write: Callable[..., AbstractContextManager[Path]], path: Path) -> str:
    def fail() -> None:
        with write(path) as temporary:
            temporary.mkdir() if write is replacing_folder else temporary.write_text("half")
            raise error

    with pytest.raises(FileError) as caught:
        fail()
    assert list(path.parent.iterdir()) == [], "nothing is left"
    return str(caught.value)


ERRORS = {
    "full": (OSError(errno.ENOSPC, "No space left on device"), "the disk is full"),
    "words": (RuntimeError("I/O error: No space left on device (os error 28)"), "the disk is full"),
    "quota": (OSError(errno.EDQUOT, os.strerror(errno.EDQUOT), "elsewhere"), "the disk quota"),
    "read-only": (OSError(errno.EROFS, "Read-only file system"), "the file system is read-only; make it writable"),
    "permission": (PermissionError(errno.EACCES, "Permission denied"), "permission is denied"),
}


@pytest.mark.parametrize("write", [replacing, replacing_folder])
@pytest.mark.parametrize("kind", ERRORS)
def test_what_cannot_be_written_is_named_with_the_remedy(
    kind: str, write: Callable[..., AbstractContextManager[Path]], tmp_path: Path
) -> None:
    error, remedy = ERRORS[kind]
    assert raised(error, write, tmp_path / "result").startswith(f"{tmp_path / 'result'}: cannot be written; {remedy}")


def test_a_folder_appears_only_when_whole_and_in_place_of_what_was_left(tmp_path: Path) -> None:
    for left in (tmp_path / ".step1", tmp_path / "step1"):
        left.mkdir()
        (left / "old").touch()
    with replacing_folder(tmp_path / "step1") as temporary:
        temporary.mkdir()
        (temporary / "new").touch()
        assert not (tmp_path / "step1").exists()
    assert [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")] == ["step1", "step1/new"]


def test_a_defect_of_the_program_stays_one(tmp_path: Path) -> None:
    for error in (ValueError("of ours"), KeyError("x"), FileNotFoundError(errno.ENOENT, "No such file", "x")):
        assert system_errors.explanation(error) is None
        with pytest.raises(type(error)), replacing(tmp_path / "x"):
            raise error


OUT_OF_MEMORY: dict[str, Exception] = {
    "python": MemoryError(),
    "numpy": np._core._exceptions._ArrayMemoryError((2**40,), np.dtype("f8")),
    "pyarrow": pa.ArrowMemoryError("malloc of size 64 failed"),
    "torch": RuntimeError("[enforce fail at alloc_cpu.cpp:127] err == 0. DefaultCPUAllocator: can't allocate memory"),
    "gpu": torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB"),
    "system": OSError(errno.ENOMEM, "Cannot allocate memory"),
}


@pytest.mark.parametrize("library", OUT_OF_MEMORY)
def test_too_little_memory_is_one_line_with_the_remedy(library: str, tmp_path: Path) -> None:
    line = system_errors.explanation(OUT_OF_MEMORY[library]) or ""
    assert line.startswith("not enough memory; run fewer jobs at once or measure fewer samples, or give the rule more")
    assert "\n" not in line
    with pytest.raises(type(OUT_OF_MEMORY[library])), replacing(tmp_path / "x"):
        raise OUT_OF_MEMORY[library]


@pytest.mark.parametrize("error", [MemoryError(), OSError(errno.EROFS, "Read-only file system", "results/x")])
def test_the_command_ends_in_that_line(
    error: Exception, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_: object) -> int:
        raise error

    monkeypatch.setitem(cli.COMMANDS, "verify", replace(cli.COMMANDS["verify"], run=fail))
    assert cli.main(["verify", "results"]) == 1
    assert capsys.readouterr().err == f"emergence: {system_errors.explanation(error)}\n"


def test_any_other_error_of_a_command_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: object) -> int:
        raise ZeroDivisionError

    monkeypatch.setitem(cli.COMMANDS, "verify", replace(cli.COMMANDS["verify"], run=fail))
    with pytest.raises(ZeroDivisionError):
        cli.main(["verify", "results"])


@pytest.mark.long
def test_real_allocations_that_fail_are_understood() -> None:
    script = (
        "import resource, numpy, torch, pyarrow\nfrom emergence import system_errors\n"
        "resource.setrlimit(resource.RLIMIT_AS, (8 << 30,) * 2)\n"
        "for make in (lambda: numpy.ones(2**34), lambda: torch.ones(2**34), lambda: bytearray(2**40),\n"
        "             lambda: pyarrow.allocate_buffer(2**40)):\n"
        "    try:\n        make()\n"
        "    except Exception as error:\n        print(system_errors.explanation(error))\n"
    )
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert len(said.splitlines()) == 4
    assert all(line.startswith("not enough memory") for line in said.splitlines())


def test_tables_on_a_full_disk_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "Error writing bytes to file. Detail: [errno 28] No space left on device")

    monkeypatch.setattr(tables.pq.ParquetWriter, "write_table", full)
    with pytest.raises(FileError, match=r"x\.parquet: .*disk is full"):
        tables.write(BASELINES, tables.pd.DataFrame(columns=list(BASELINES.columns)), tmp_path / "x.parquet")
    assert list(tmp_path.iterdir()) == []
