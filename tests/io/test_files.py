import gzip
import hashlib
import json
import os
import re
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emergence.io import files
from emergence.io.files import FileError, read_asset, replacing, require_writable, sha256, write_json


def fail_half_way(path: Path, failure: type[BaseException]) -> None:
    with replacing(path) as temporary:
        temporary.write_text("half")
        raise failure


def test_file_appears_only_when_whole(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "er" / "file.txt"
    with replacing(path) as temporary:
        temporary.write_text("new")
        assert not path.exists()
        assert temporary.parent == path.parent
    assert path.read_text() == "new"
    assert list(path.parent.iterdir()) == [path]


def test_old_file_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "file.txt"
    path.write_text("old")
    with replacing(path) as temporary:
        temporary.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"


@pytest.mark.parametrize("failure", [RuntimeError, KeyboardInterrupt, SystemExit])
def test_failure_keeps_the_old_file_and_leaves_no_temporary(tmp_path: Path, failure: type[BaseException]) -> None:
    path = tmp_path / "file.txt"
    path.write_text("old")
    with pytest.raises(failure):
        fail_half_way(path, failure)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_failure_leaves_nothing_where_there_was_nothing(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError):
        fail_half_way(tmp_path / "file.txt", RuntimeError)
    assert list(tmp_path.iterdir()) == []


def test_two_writers_do_not_share_a_temporary(tmp_path: Path) -> None:
    path = tmp_path / "file.txt"
    with replacing(path) as first, replacing(path) as second:
        assert first != second
        first.write_text("first")
        second.write_text("second")
    assert path.read_text() == "first"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
def test_mode_follows_the_umask(tmp_path: Path, umask: int, mode: int) -> None:
    before = os.umask(umask)
    try:
        with replacing(tmp_path / "file.txt") as temporary:
            temporary.write_text("x")
        assert os.umask(umask) == umask
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "file.txt").stat().st_mode) == mode


def test_json_keeps_its_order_and_round_trips(tmp_path: Path) -> None:
    value = {"b": [1, 2.5, None], "a": {"σ": True}}
    write_json(tmp_path / "file.json", value)
    text = (tmp_path / "file.json").read_text()
    assert json.loads(text) == value
    assert list(json.loads(text)) == ["b", "a"]
    assert text.endswith("}\n")


def test_json_that_cannot_be_written_keeps_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "file.json"
    write_json(path, {"old": 1})
    with pytest.raises(TypeError):
        write_json(path, {"new": object()})
    assert json.loads(path.read_text()) == {"old": 1}
    assert list(tmp_path.iterdir()) == [path]


def test_sha256_of_a_known_message() -> None:
    assert sha256(b"abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


@given(st.lists(st.binary(max_size=20)))
def test_sha256_is_of_the_concatenation(contents: list[bytes]) -> None:
    assert sha256(*contents) == hashlib.sha256(b"".join(contents)).hexdigest()


def table_of_assets() -> dict[str, str]:
    """SHA-256 of each file that the package ships, by name, as the page beside them states it."""
    rows = re.findall(r"^\| `(\S+)\.gz` \|.*\| `(\w{64})` \|$", (files.ASSETS / "README.md").read_text(), re.MULTILINE)
    return dict(rows)


def test_each_asset_stands_in_the_table_of_licences_with_its_hash() -> None:
    stated = table_of_assets()
    assert {f"{name}.gz" for name in stated} == {path.name for path in files.ASSETS.glob("*.gz")} != set()
    assert all(sha256(read_asset(name, digest).encode()) == digest for name, digest in stated.items())


@pytest.mark.parametrize(
    "damaged",
    [None, b"", b"no gzip", gzip.compress(b"other"), gzip.compress(b"text" * 99)[:-9]],
    ids=["missing", "empty", "other format", "other", "cut off"],  # the bytes hold the time
)
def test_a_missing_damaged_or_other_asset_names_the_file(
    damaged: bytes | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "ASSETS", tmp_path)
    if damaged is not None:
        (tmp_path / "text.gz").write_bytes(damaged)
    with pytest.raises(FileError, match=r"text\.gz.*install"):
        read_asset("text", sha256(b"text" * 99))


def test_a_path_that_cannot_be_written_is_refused_before_it_is(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(FileError, match=rf"^{tmp_path}: .*folder"):
        require_writable(tmp_path)
    with pytest.raises(FileError, match=r"file/table: .*folder"):
        require_writable(tmp_path / "file" / "table")
    require_writable(tmp_path / "new" / "table")
    assert list((tmp_path / "new").iterdir()) == []
