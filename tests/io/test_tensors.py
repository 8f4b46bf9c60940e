import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from support.damage import flipped

from emergence.io import tensors
from emergence.io.tensors import TensorsError

KNOWN = [np.dtype(name) for name in ("?", "u1", "i2", "<u4", "<i8", "<f2", "<f4", "<f8")]
SMALL = arrays.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4)
NAMED = st.dictionaries(st.text(max_size=8), st.sampled_from(KNOWN).flatmap(lambda kind: arrays.arrays(kind, SMALL)))
GOOD = {"b.weight": np.arange(6.0).reshape(2, 3), "a": np.array([1, 255], dtype=np.uint8), "step": np.array(7)}


@pytest.mark.long
@given(NAMED, st.dictionaries(st.text(max_size=5), st.text(max_size=5)))
def test_what_was_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, given_arrays: dict[str, np.ndarray], about: dict[str, str]
) -> None:
    path = tmp_path_factory.mktemp("tensors") / "deep" / "some.safetensors"
    tensors.write(path, given_arrays, about)
    restored, said = tensors.read(path)
    assert said == about
    assert list(restored) == sorted(given_arrays)
    for name, array in given_arrays.items():
        assert restored[name].dtype == array.dtype
        assert restored[name].shape == array.shape
        assert restored[name].tobytes() == array.tobytes()
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_arrays_that_do_not_lie_in_rows_keep_their_values(tmp_path: Path) -> None:
    odd = {"turned": np.arange(6).reshape(2, 3).T, "every": np.arange(9)[::2], "big": np.arange(3, dtype=">f8")}
    tensors.write(tmp_path / "odd", odd)
    restored, about = tensors.read(tmp_path / "odd")
    assert about == {}
    for name, array in odd.items():
        np.testing.assert_array_equal(restored[name], array)


def test_arrays_can_be_written_to(tmp_path: Path) -> None:
    tensors.write(tmp_path / "some", GOOD)
    restored, _ = tensors.read(tmp_path / "some")
    restored["b.weight"] += 1
    assert restored["b.weight"][0, 0] == 1


def test_any_reader_of_the_format_reads_them(tmp_path: Path) -> None:
    tensors.write(tmp_path / "some", GOOD, {"run": "4x16-s1"})
    restored = safetensors.numpy.load_file(tmp_path / "some")
    assert {name: array.tolist() for name, array in restored.items()} == {n: a.tolist() for n, a in GOOD.items()}


def test_equal_contents_give_equal_files_in_every_process(tmp_path: Path) -> None:
    script = (
        "import sys, pathlib, numpy as np\nfrom emergence.io import tensors\n"
        "tensors.write(pathlib.Path(sys.argv[1]), {'x': np.ones(3), 'y': np.ones(2)}, dict(zip('abcdef', 'ghijkl')))\n"
    )
    for number in range(3):
        subprocess.run([sys.executable, "-c", script, tmp_path / str(number)], check=True)
    tensors.write(tmp_path / "3", {"y": np.ones(2), "x": np.ones(3)}, dict(zip("fedcba", "lkjihg", strict=True)))
    assert len({path.read_bytes() for path in tmp_path.iterdir()}) == 1


@pytest.mark.long
def test_every_flipped_bit_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "some"
    tensors.write(path, GOOD, {"run": "4x16-s1"})
    whole = path.read_bytes()
    for bit in range(8 * len(whole)):
        path.write_bytes(flipped(whole, bit))
        with pytest.raises(TensorsError, match=r"/some: ") as caught:
            tensors.read(path)
        assert "\n" not in str(caught.value)


def test_every_cut_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "some"
    tensors.write(path, GOOD)
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(TensorsError, match="/some: "):
            tensors.read(path)


def test_a_file_without_our_hash_is_refused(tmp_path: Path) -> None:
    safetensors.numpy.save_file(GOOD, tmp_path / "foreign", metadata={"run": "4x16-s1"})
    with pytest.raises(TensorsError, match=r"/foreign: "):
        tensors.read(tmp_path / "foreign")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(TensorsError, match="absent: "):
        tensors.read(tmp_path / "absent")
