"""Probes of one's own: a file is read line by line, and a score is the share of right answers of a known model."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from support.damage import one_line

from emergence.tasks.language_scores import ProbeError
from emergence.tasks.own_probes import OwnProbes, Probe, read_probes

CAPITALS = [
    {"group": "capitals", "prompt": "France:", "completion": "Paris", "wrong": "Rome"},
    {"group": "capitals", "prompt": "Italy:", "completion": "Rome", "wrong": "Paris"},
]
COUNTING = [
    {"group": "counting", "prompt": "ab", "completion": "cd"},
    {"group": "counting", "prompt": "bc", "completion": "ef"},
]


def encode(string: str) -> list[int]:
    return list(string.encode())


def successor(tokens: NDArray[np.int64]) -> NDArray[np.float64]:
    """Expects the next letter of the alphabet, with a lead of two nats."""
    return 2.0 * np.eye(256)[(tokens + 1) % 256]


def written(folder: Path, *lines: Any) -> Path:
    path = folder / "probes.jsonl"
    path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines))
    return path


def test_groups_are_those_of_the_lines_in_their_order(tmp_path: Path) -> None:
    groups = read_probes(written(tmp_path, COUNTING[0], "", *CAPITALS, COUNTING[1], ""))
    assert list(groups) == ["counting", "capitals"]
    assert groups["capitals"] == [
        Probe("capitals", "France:", "Paris", "Rome"),
        Probe("capitals", "Italy:", "Rome", "Paris"),
    ]
    assert groups["counting"][1] == Probe("counting", "bc", "ef")


def test_a_line_may_hold_any_letter_and_end_as_on_windows(tmp_path: Path) -> None:
    path = tmp_path / "probes.jsonl"
    line = json.dumps({"group": "Städte\u2028", "prompt": "→", "completion": "東京"}, ensure_ascii=False)
    path.write_bytes(b"\xef\xbb\xbf" + line.encode() + b"\r\n")
    assert read_probes(path) == {"Städte\u2028": [Probe("Städte\u2028", "→", "東京")]}


LINES: dict[str, tuple[Any, str]] = {
    "no JSON": ("group: a", r"no JSON\b(?! object)"),
    "a list": ([1], "no JSON object"),
    "no group": ({"prompt": "a", "completion": "b"}, "no group"),
    "no completion": ({"group": "a", "prompt": "b"}, "no completion"),
    "number": ({"group": "a", "prompt": 3, "completion": "b"}, "prompt is 3"),
    "null": ({"group": "a", "prompt": "b", "completion": "c", "wrong": None}, "wrong is null"),
    "empty": ({"group": "", "prompt": "b", "completion": "c"}, 'group is ""'),
    "misspelt": ({"group": "a", "prompt": "b", "completion": "c", "wrng": "d"}, ".*wrng"),
    "same": ({"group": "a", "prompt": "b", "completion": "c", "wrong": "c"}, "completion.*wrong.*same"),
    "again": (COUNTING[0], r".*\bline 1\b"),
    "mixed": ({**COUNTING[0], "wrong": "x"}, ".*group 'counting'"),
    "half a pair": ('{"group": "a", "prompt": "\\ud800", "completion": "b"}', "prompt.*half"),
}


@pytest.mark.parametrize("kind", LINES)
def test_a_line_that_is_not_valid_is_named_by_its_number(kind: str, tmp_path: Path) -> None:
    line, message = LINES[kind]
    with pytest.raises(ProbeError, match=rf"probes\.jsonl, line 3: {message}") as error:
        read_probes(written(tmp_path, COUNTING[0], "", line))
    one_line(error)


@pytest.mark.parametrize("content", [b"", b"\n \n"])
def test_a_file_without_probes_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "probes.jsonl").write_bytes(content)
    with pytest.raises(ProbeError, match=r"probes\.jsonl: no probes") as error:
        read_probes(tmp_path / "probes.jsonl")
    one_line(error)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "latin.jsonl").write_bytes("ä".encode("latin-1"))
    for name, wrong in (("absent.jsonl", "no such"), ("latin.jsonl", "read"), (".", "read")):
        with pytest.raises(ProbeError, match=rf"{re.escape(str(tmp_path / name))}: .*{wrong}") as error:
            read_probes(tmp_path / name)
        one_line(error)


def scored(table: pd.DataFrame) -> dict[tuple[str, str], float]:
    return table.set_index(["task", "metric"])["value"].to_dict()


@pytest.mark.parametrize("batch", [1, 3, 32])
def test_scores_are_those_of_a_model_that_can_be_computed_by_hand(batch: int, tmp_path: Path) -> None:
    probes = OwnProbes(read_probes(written(tmp_path, *COUNTING, *CHOICES)), encode)
    values = scored(probes.score(successor, batch))
    assert values["counting", "exact_match"] == 0.5  # cd follows ab, ef does not follow bc
    assert values["next", "accuracy"] == pytest.approx(2 / 3)
    assert values["next", "margin"] == pytest.approx(2 / 3)  # 2, 2 and −2 nats
    assert scored(probes.baselines) == {
        ("next", "accuracy"): 0.5,
        ("next", "accuracy_per_byte"): 0.5,
        ("next", "margin"): 0.0,
        ("counting", "exact_match"): 0.5,  # of a model that always writes cd, or ef
    }


@pytest.mark.parametrize(
    ("completions", "share"),
    [("aaab", 3 / 4), ("a", 1.0), (["a", "ab", "ac", "b"], 1 / 2), (["ab", "ab", "ac"], 2 / 3)],
    ids=["commonest", "all alike", "beginnings", "not of beginnings alone"],
)
def test_the_baseline_of_exact_match_is_the_best_constant_completion(completions: Any, share: float) -> None:
    """To write ``ab`` is right where ``a`` is asked for as well."""
    groups = {"g": [Probe("g", f"{number}:", one) for number, one in enumerate(completions)]}
    probes = OwnProbes({**groups, "other": [Probe("other", "0:", "x")]}, encode)
    assert scored(probes.baselines) == {("g", "exact_match"): share, ("other", "exact_match"): 1.0}
    best = max(
        scored(probes.score(always(encode(one))))["g", "exact_match"] for one in {str(one) for one in completions}
    )
    assert best == share


def always(letters: list[int]) -> Any:
    """A model that writes the same after each colon."""

    def logits(tokens: NDArray[np.int64]) -> NDArray[np.float64]:
        after = np.arange(tokens.shape[1]) - (tokens == ord(":")).argmax(axis=1)[:, None]
        return np.eye(256)[np.array(letters)[after.clip(0, len(letters) - 1)]]

    return logits


CHOICES = [
    {"group": "next", "prompt": "a", "completion": "b", "wrong": "x"},
    {"group": "next", "prompt": "g", "completion": "h", "wrong": "a"},
    {"group": "next", "prompt": "x", "completion": "b", "wrong": "y"},
]


def test_memory_does_not_grow_with_the_number_of_probes() -> None:
    sizes: list[int] = []

    def logits(tokens: NDArray[np.int64]) -> NDArray[np.float64]:
        sizes.append(len(tokens))
        return successor(tokens)

    many = {"g": [Probe("g", f"{number:03d}", "x") for number in range(50)]}
    OwnProbes(many, encode).score(logits, 8)
    assert max(sizes) == 8


def test_a_model_that_gives_no_numbers_scores_nan(tmp_path: Path) -> None:
    probes = OwnProbes(read_probes(written(tmp_path, *COUNTING, *CAPITALS)), encode)
    assert probes.score(lambda tokens: successor(tokens) * np.nan)["value"].isna().all()


def test_one_kind_of_probe_alone_is_enough(tmp_path: Path) -> None:
    for lines, metrics in ((COUNTING, {"exact_match"}), (CAPITALS, {"accuracy", "accuracy_per_byte", "margin"})):
        probes = OwnProbes(read_probes(written(tmp_path, *lines)), encode)
        assert set(probes.score(successor)["metric"]) == set(probes.baselines["metric"]) == metrics


def test_a_probe_that_does_not_fit_the_model_is_named_by_its_group(tmp_path: Path) -> None:
    groups = read_probes(written(tmp_path, *CAPITALS))
    with pytest.raises(ProbeError, match=r"^capitals: 'France:' .*\b12\b"):
        OwnProbes(groups, encode, context=11)
