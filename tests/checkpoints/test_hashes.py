"""Hashes of checkpoints: those of the files' bytes, whatever is beside them."""

import hashlib
import json
from pathlib import Path

import pytest
from support.damage import one_line

from emergence.checkpoints import hashes
from emergence.checkpoints.weights import SeriesError


def test_shards_are_hashed_as_one_file(tmp_path: Path) -> None:
    whole, parts = tmp_path / "a.safetensors", tmp_path / "parts"
    whole.write_bytes(b"first second")
    parts.mkdir()
    for number, content in ((2, b" second"), (1, b"first")):
        (parts / f"model-{number}.safetensors").write_bytes(content)
    names = {"x": "model-2.safetensors", "y": "model-1.safetensors", "z": "model-2.safetensors"}
    (parts / "model.safetensors.index.json").write_text(json.dumps({"weight_map": names}))
    (parts / "optimizer.pt").write_bytes(b"other")
    expected = hashlib.sha256(b"first second").hexdigest()
    assert hashes.weights_digest(whole) == hashes.weights_digest(parts) == expected


def test_every_group_of_identical_steps_is_found() -> None:
    assert hashes.identical_steps({5: "a", 1: "b", 2: "a", 3: "c", 4: "b", 6: "a"}) == [[5, 2, 6], [1, 4]]
    assert hashes.identical_steps({}) == []
    hashes.refuse_identical("mine", {1: "a", 2: "b"})
    with pytest.raises(SeriesError, match=r"^mine: steps \[1, 3\]") as error:
        hashes.refuse_identical("mine", {1: "a", 2: "b", 3: "a"})
    one_line(error)
