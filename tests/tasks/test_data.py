import json
import math
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy

from emergence.config.training import Sample
from emergence.io import tables
from emergence.io.tensors import TensorsError
from emergence.schemas.trajectories import BASELINES
from emergence.tasks import TaskLevel, data
from emergence.tasks.data import DataError, TaskSettings
from emergence.tasks.symbols import COMMA, EQUALS
from emergence.tasks.vocabulary import ID

LEVELS = [TaskLevel("COPY", "4"), TaskLevel("ADD", "2"), TaskLevel("MUL", "2x1")]


def addition(answers: list[list[int]]) -> np.ndarray:
    """ADD-1 sequences with the given answers; the operands do not matter to a guess that is blind to them."""
    return np.array([[ID["ADD"], 1, COMMA, 2, EQUALS, *answer] for answer in answers])


def found(answers: list[list[int]]) -> dict[str, float]:
    frame = data.baselines({TaskLevel("ADD", "1"): addition(answers)})
    assert set(frame["task"] + "-" + frame["level"]) == {"ADD-1"}
    return dict(zip(frame["metric"], frame["value"], strict=True))


def test_files_round_trip(tmp_path: Path) -> None:
    drawn = data.draw(LEVELS, 17, 3)
    data.save(drawn, tmp_path / "set.safetensors")
    loaded = data.load(tmp_path / "set.safetensors", LEVELS)
    assert list(loaded) == LEVELS
    for level in LEVELS:
        assert loaded[level].dtype == np.int64
        np.testing.assert_array_equal(loaded[level], drawn[level])


def test_files_are_compact_and_the_same_each_time(tmp_path: Path) -> None:
    first, second = tmp_path / "a.safetensors", tmp_path / "b.safetensors"
    for path in (first, second):
        data.save(data.draw(LEVELS, 9, 3), path)
    assert first.read_bytes() == second.read_bytes()
    arrays = safetensors.numpy.load_file(first)
    assert {name: array.dtype for name, array in arrays.items()} == {level.key: np.uint8 for level in LEVELS}


def test_draws_differ_by_seed_and_not_by_what_follows() -> None:
    first, same, other = data.draw(LEVELS, 50, 3), data.draw(LEVELS[:1], 50, 3), data.draw(LEVELS, 50, 4)
    np.testing.assert_array_equal(first[LEVELS[0]], same[LEVELS[0]])
    assert all((first[level] != other[level]).any() for level in LEVELS)


@pytest.mark.parametrize("damage", ["absent", "empty", "text", "cut", "flip"])
def test_damaged_file_is_named(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "probes.safetensors"
    data.save(data.draw(LEVELS, 5, 3), path)
    whole = path.read_bytes()
    match damage:
        case "absent":
            path.unlink()
        case "empty":
            path.write_bytes(b"")
        case "text":
            path.write_bytes(b"not a safetensors file" * 20)
        case "cut":
            path.write_bytes(whole[:-7])
        case "flip":
            path.write_bytes(whole[:-7] + bytes([whole[-7] ^ 1]) + whole[-6:])
    with pytest.raises(TensorsError, match=r"probes\.safetensors.*run again"):
        data.load(path, LEVELS)


def test_missing_level_is_named(tmp_path: Path) -> None:
    path = tmp_path / "probes.safetensors"
    data.save(data.draw(LEVELS[:2], 5, 3), path)
    with pytest.raises(DataError, match=r"probes\.safetensors.*MUL-2x1"):
        data.load(path, LEVELS)


def test_baselines_by_hand() -> None:
    values = found([[0, 1], [0, 1], [2, 1], [3, 0]])
    first = 0.5 * math.log(2) + 2 * 0.25 * math.log(4)
    second = 0.75 * math.log(4 / 3) + 0.25 * math.log(4)
    assert values == pytest.approx(
        {
            "exact_match": 0.5,
            "token_accuracy": (0.5 + 0.75) / 2,
            "log_probability": -(first + second),
            "loss": (first + second) / 2,
        }
    )


def test_baselines_of_one_answer_are_perfect() -> None:
    values = found([[4, 0]] * 5)
    assert values == pytest.approx({"exact_match": 1.0, "token_accuracy": 1.0, "log_probability": 0.0, "loss": 0.0})


def test_baselines_of_all_different_answers() -> None:
    values = found([[digit, 0] for digit in range(10)])
    assert values == pytest.approx(
        {"exact_match": 0.1, "token_accuracy": 0.55, "log_probability": -math.log(10), "loss": math.log(10) / 2}
    )


def test_baseline_of_parity_is_near_chance() -> None:
    frame = data.baselines(data.draw([TaskLevel("PAR", "7")], 4000, 3))
    values = dict(zip(frame["metric"], frame["value"], strict=True))
    assert values["exact_match"] == values["token_accuracy"] == pytest.approx(0.5, abs=0.04)
    assert values["loss"] == -values["log_probability"] == pytest.approx(math.log(2), abs=0.004)


def test_stage_writes_sets_from_their_seeds(tmp_path: Path) -> None:
    settings = TaskSettings(
        levels={"COPY": ["4"], "ADD": ["2"]},
        evaluation=Sample(examples=12, seed=1),
        probes=Sample(examples=7, seed=2),
    )
    paths = [tmp_path / name for name in ("evaluation.safetensors", "probes.safetensors", "baselines.parquet")]
    data.draw_task_data(settings, *paths)
    for path, examples, seed in ((paths[0], 12, 1), (paths[1], 7, 2)):
        loaded, expected = data.load(path, LEVELS[:2]), data.draw(LEVELS[:2], examples, seed)
        assert all((loaded[level] == expected[level]).all() for level in LEVELS[:2])
    expected_baselines = data.baselines(data.draw(LEVELS[:2], 12, 1))
    assert json.loads(tables.read(BASELINES, paths[2]).to_json()) == json.loads(expected_baselines.to_json())
