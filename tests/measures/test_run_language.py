"""Following language models: every checkpoint by the loader that all series share, one of them in memory."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import safetensors.torch
import torch
from support.damage import flip_bit
from tokenizers import Tokenizer, models
from transformers import GPTNeoXConfig, GPTNeoXForCausalLM

from emergence.checkpoints import hf_manifest
from emergence.checkpoints.hf_manifest import SeriesRunSettings
from emergence.checkpoints.trajectory import Trajectory
from emergence.checkpoints.weights import SeriesError
from emergence.cli import main
from emergence.config.language import SeriesSettings
from emergence.config.measures import TaskLoss
from emergence.io import tables
from emergence.measures import api
from emergence.measures.loss import measure
from emergence.measures.run import MeasureSettings, measure_run, open_trajectory
from emergence.schemas.language import ITEMS
from emergence.schemas.trajectories import MEASURE
from emergence.subjects.causal_lm import LanguageSubject

STEPS = (0, 4, 8)
LOSS = MeasureSettings(measure="loss", options=TaskLoss(), device="cpu")
ITEM = {"probe": "syntax", "kind": "number", "pair": 0}


def neox(step: int) -> GPTNeoXForCausalLM:
    torch.manual_seed(step)
    shape = {"hidden_size": 8, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 16}
    return GPTNeoXForCausalLM(
        GPTNeoXConfig(vocab_size=30, max_position_embeddings=16, bos_token_id=0, eos_token_id=0, **shape)
    ).eval()


@pytest.fixture
def trajectory(tmp_path: Path) -> Path:
    """A series from elsewhere, with a manifest."""
    for step in STEPS:
        neox(step).save_pretrained(tmp_path / "series" / f"step{step}")
    words = {chr(97 + i): i for i in range(26)}
    tokenizer = Tokenizer(models.BPE(vocab=words, merges=[]))
    tokenizer.save(str(tmp_path / "series" / "tokenizer.json"))
    return recorded(tmp_path)


def recorded(folder: Path) -> Path:
    series = SeriesSettings(name="tiny", folder=str(folder / "series"), revisions={})
    settings = SeriesRunSettings(study="language", run="tiny", size={"name": "tiny"}, seed=0, series=series)  # type: ignore[arg-type]
    hf_manifest.record_series(settings, folder / "downloads", folder / "tiny")
    return folder / "tiny"


@pytest.fixture
def items(tmp_path: Path) -> Path:
    rows = [
        {**ITEM, "prompt": "abc", "right": "x", "wrong": "y"},
        {**ITEM, "prompt": "abd", "right": "y", "wrong": "x"},
        {**ITEM, "probe": "text", "prompt": "abcdef", "right": "ghijkl", "wrong": None},
        {**ITEM, "probe": "text", "prompt": "zyx", "right": "wvu", "wrong": None},
    ]
    tables.write(ITEMS, pd.DataFrame(rows), tmp_path / "items.parquet")
    return tmp_path / "items.parquet"


@pytest.mark.long
def test_values_are_those_of_the_weights_at_each_step(trajectory: Path, items: Path, tmp_path: Path) -> None:
    measure_run(LOSS, trajectory, items, tmp_path / "loss.parquet", tmp_path / "state")
    rows = tables.read(MEASURE, tmp_path / "loss.parquet")
    assert rows["step"].unique().tolist() == list(STEPS)
    pairs = {"syntax": [("abc", "x"), ("abd", "y")], "text": [("abcdef", "ghijkl"), ("zyx", "wvu")]}
    for step in STEPS:
        subject = LanguageSubject(neox(step), pairs, lambda text: [ord(letter) - 97 for letter in text])
        expected = [row["value"] for row in measure(subject, np.random.default_rng(0), TaskLoss())]
        assert rows.loc[rows["step"] == step, "value"].tolist() == pytest.approx(expected, rel=1e-6)
    assert rows[["task", "level"]].drop_duplicates().to_numpy().tolist() == [["syntax", "all"], ["text", "all"]]
    run = Trajectory.open(trajectory)
    assert rows[list(run.identity)].drop_duplicates().to_dict("records") == [run.identity]


@pytest.mark.long
@pytest.mark.parametrize("name", ["rankme", "neuromfa"])
def test_one_model_takes_every_step(name: str, trajectory: Path, items: Path, tmp_path: Path) -> None:
    few = {"sampling": {"nodes": 4, "samples": 2, "seed": 1}, "every": 2}
    options = api.options_of(name, few if name == "neuromfa" else {})
    settings = MeasureSettings(measure=name, options=options, device="cpu")  # type: ignore[arg-type]
    measure_run(settings, trajectory, items, tmp_path / "table.parquet", tmp_path / "state")
    rows = tables.read(MEASURE, tmp_path / "table.parquet")
    assert rows["step"].unique().tolist() == ([0, 8] if name == "neuromfa" else list(STEPS))
    of_task = {"syntax", "text"} if name == "rankme" else set()
    assert set(rows["task"].dropna()) == of_task
    followed = open_trajectory(trajectory, items, "cpu")
    places = [parameter.data_ptr() for parameter in followed.subject.model.parameters()]
    for step in STEPS:
        followed.load(step)
        expected = neox(step).state_dict()
        assert all(torch.equal(tensor, expected[key]) for key, tensor in followed.subject.model.state_dict().items())
    assert places == [parameter.data_ptr() for parameter in followed.subject.model.parameters()]


@pytest.mark.long
@pytest.mark.usefixtures("trajectory")
def test_weights_that_are_no_numbers_are_said_to_have_failed(
    items: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "series" / "step4" / "model.safetensors"
    tensors = safetensors.torch.load_file(path)
    tensors["gpt_neox.layers.1.attention.dense.weight"][2, 3] = torch.inf
    safetensors.torch.save_file(tensors, path, metadata={"format": "pt"})
    measure_run(LOSS, recorded(tmp_path), items, tmp_path / "loss.parquet", tmp_path / "state")
    rows = tables.read(MEASURE, tmp_path / "loss.parquet")
    assert rows.loc[rows["step"] == 4, ["variant", "value"]].to_numpy().tolist() == [["failed", 1.0]]
    assert set(rows.loc[rows["variant"] == "nats", "step"]) == {0, 8}
    assert rows.loc[rows["variant"] == "nats", "value"].gt(0).all(), "a good checkpoint after a bad one"
    assert "gpt_neox.layers.1.attention.dense.weight is not finite at step 4" in caplog.text


def test_weights_that_were_changed_since_are_refused(trajectory: Path, items: Path, tmp_path: Path) -> None:
    path = tmp_path / "series" / "step8" / "model.safetensors"
    flip_bit(path)
    with pytest.raises(SeriesError, match=re.escape(str(path.parent))) as error:
        measure_run(LOSS, trajectory, items, tmp_path / "loss.parquet", tmp_path / "state")
    assert "\n" not in str(error.value)
    assert not (tmp_path / "loss.parquet").exists()


def test_questions_that_are_no_table_are_refused(
    trajectory: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "items.parquet").write_bytes(b"no table")
    given = ["measure", str(trajectory), "--measure", "loss", "--data", str(tmp_path / "items.parquet")]
    assert main([*given, "--table", str(tmp_path / "loss.parquet")]) == 1
    assert f"{tmp_path / 'items.parquet'}: not a readable Parquet file" in capsys.readouterr().err


def test_the_command_measures_a_language_model(trajectory: Path, items: Path, tmp_path: Path) -> None:
    table = tmp_path / "loss.parquet"
    assert main(["measure", str(trajectory), "--measure", "loss", "--data", str(items), "--table", str(table)]) == 0
    assert tables.read(MEASURE, table)["step"].nunique() == len(STEPS)
