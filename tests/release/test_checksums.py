"""The list of checksums is one that ``sha256sum`` checks, with paths from where it lies."""

import subprocess
from pathlib import Path

import pytest

from emergence.release.checksums import ChecksumError, listed, write_checksums


@pytest.fixture
def sums(tmp_path: Path) -> Path:
    for name in ("figures/fig1.pdf", "results/manuscript/data/numbers.json", "results/record.json"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    files = [tmp_path / name for name in ("results/record.json", "results/manuscript", "figures/fig1.pdf")]
    write_checksums(files, tmp_path / "results/SHA256SUMS")
    return tmp_path / "results/SHA256SUMS"


def test_other_tools_check_it(sums: Path) -> None:
    told = subprocess.run(["sha256sum", "--check", sums.name], cwd=sums.parent, capture_output=True, text=True)
    assert told.returncode == 0
    assert told.stdout.count(": OK") == 3
    (sums.parent / "record.json").write_text("other")
    assert subprocess.run(["sha256sum", "--check", sums.name], cwd=sums.parent, capture_output=True).returncode == 1


def test_paths_are_found_from_anywhere(sums: Path, tmp_path: Path) -> None:
    paths = [path for path, _ in listed(sums)]
    assert paths == sorted(paths)
    assert all(path.exists() for path in paths)
    assert tmp_path / "figures/fig1.pdf" in paths


@pytest.mark.parametrize("text", ["short  record.json", f"{'0' * 64} record.json", f"{'0' * 64}  "])
def test_a_line_without_hash_and_path_is_refused(sums: Path, text: str) -> None:
    sums.write_text(text)
    with pytest.raises(ChecksumError, match=r"SHA256SUMS: line 1\b"):
        list(listed(sums))
