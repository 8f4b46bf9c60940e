"""A series of small GPT-NeoX checkpoints."""

import shutil
from pathlib import Path

import pytest
from synthetic.tiny_models import neox
from tokenizers import Tokenizer, models


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Steps 0, 1000 and 16, the last in shards, with a tokenizer."""
    root = tmp_path_factory.mktemp("series")
    for seed, step in enumerate((0, 1000, 16)):
        neox(seed).save_pretrained(root / f"step{step}", max_shard_size="8KB" if step == 16 else "1GB")
    words = {chr(97 + i): i for i in range(26)}
    Tokenizer(models.WordLevel(words, unk_token="a")).save(str(root / "step0" / "tokenizer.json"))
    assert len(list((root / "step16").glob("*.safetensors"))) > 2
    return root


@pytest.fixture
def copied(saved: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(saved, tmp_path / "series"))
