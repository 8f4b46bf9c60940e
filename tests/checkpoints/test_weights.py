"""Folders without readable weights: what they hold instead is named, and the state of a trainer is no weights."""

from pathlib import Path

import pytest
from support.damage import one_line

from emergence.checkpoints import weights
from emergence.checkpoints.weights import SeriesError

FOLDERS = {
    "adapter": (
        ["adapter_model.safetensors", "adapter_config.json", "optimizer.pt"],
        r"adapter_model\.safetensors .*\badapter\b",
    ),
    "pickle": (["optimizer.pt", "pytorch_model.bin", "rng_state.pth"], r"pytorch_model\.bin .*pickled"),
    "state": (["optimizer.pt", "scheduler.pt", "rng_state_0.pth", "training_args.bin"], "no weights"),
    "shards": (["model-00001-of-00002.safetensors"], r"model-00001-of-00002\.safetensors .*shard"),
    "nothing": ([], "no weights"),
}


@pytest.mark.parametrize("kind", FOLDERS)
def test_what_a_folder_holds_instead_of_weights_is_named(kind: str, tmp_path: Path) -> None:
    names, message = FOLDERS[kind]
    for name in names:
        (tmp_path / name).touch()
    with pytest.raises(SeriesError, match=f"{tmp_path}: {message}") as error:
        weights.files(tmp_path)
    one_line(error)
