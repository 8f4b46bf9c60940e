"""Files that would run code if they were unpickled or trusted: they never do, and each ends in one clear line.

Every payload leaves a mark when it runs; that the trap works is a test of its own.
"""

import json
import pickle
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import safetensors.torch
import torch
from transformers import GPTNeoXConfig, GPTNeoXForCausalLM

from emergence.checkpoints import hf_checkpoints, hub
from emergence.checkpoints.hub import Entry, Listing
from emergence.checkpoints.trajectory import Trajectory, write_manifest
from emergence.cli import main
from emergence.config.language import SeriesSettings
from emergence.errors import EmergenceError
from emergence.io import tables
from emergence.io.files import sha256
from emergence.release.verify import verify
from emergence.schemas.trajectories import MEASURE

SHAPE = {"vocab_size": 20, "hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}


class Payload:
    """An object that makes a file when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.mark,)


def plain(payload: Payload, path: Path) -> None:
    path.write_bytes(pickle.dumps(payload))


def of_torch(payload: Payload, path: Path) -> None:
    torch.save({"weight": payload}, path)


def of_numpy(payload: Payload, path: Path) -> None:
    with path.open("wb") as file:
        np.save(file, np.array([payload], dtype=object), allow_pickle=True)


WRITERS: dict[str, Callable[[Payload, Path], None]] = {"pickle": plain, "torch": of_torch, "numpy": of_numpy}
every_writer = pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)


@pytest.fixture
def payload(tmp_path: Path) -> Payload:
    return Payload(tmp_path / "ran")


@pytest.fixture(autouse=True)
def never_run(tmp_path: Path, request: pytest.FixtureRequest) -> Any:
    """After every test but those of the trap itself there must be no mark."""
    yield
    assert (tmp_path / "ran").exists() == ("trap" in request.node.name)


@every_writer
def test_the_trap_works(payload: Payload, tmp_path: Path, write: Callable[[Payload, Path], None]) -> None:
    write(payload, tmp_path / "file")
    if write is plain:
        pickle.loads((tmp_path / "file").read_bytes())
    elif write is of_torch:
        torch.load(tmp_path / "file", weights_only=False)
    else:
        np.load(tmp_path / "file", allow_pickle=True)


def one_line(call: Callable[[], object]) -> str:
    """The one line in which a call ends."""
    with pytest.raises(EmergenceError) as caught:
        call()
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    """A series of one checkpoint."""
    folder = tmp_path / "series/step5"
    GPTNeoXForCausalLM(GPTNeoXConfig(**SHAPE)).save_pretrained(folder)
    return folder


def read(folder: Path) -> None:
    """All that the workflow reads of a series."""
    series = hf_checkpoints.open_series(SeriesSettings(name="mine", folder=str(folder.parent)), folder / "downloads")
    series.load(series.build(), 5)
    series.tokenizer()


@every_writer
@pytest.mark.parametrize("name", ["model.safetensors", "config.json", "tokenizer.json", "model.safetensors.index.json"])
def test_a_pickle_by_another_name(
    checkpoint: Path, payload: Payload, write: Callable[[Payload, Path], None], name: str
) -> None:
    if name.endswith("index.json"):
        (checkpoint / "model.safetensors").unlink()
    write(payload, checkpoint / name)
    assert re.search(rf"{re.escape(name)}: (not a|no) (readable|configuration)", one_line(lambda: read(checkpoint)))


@pytest.mark.parametrize("name", ["pytorch_model.bin", "model.pt", "model.pth", "model.ckpt", "weights.pkl"])
def test_pickled_weights(checkpoint: Path, payload: Payload, name: str) -> None:
    (checkpoint / "model.safetensors").unlink()
    of_torch(payload, checkpoint / name)
    assert "is pickled and is not read" in one_line(lambda: read(checkpoint))


def test_an_index_that_names_a_pickle(checkpoint: Path, payload: Payload) -> None:
    (checkpoint / "model.safetensors").unlink()
    of_torch(payload, checkpoint / "pytorch_model.bin")
    (checkpoint / "model.safetensors.index.json").write_text(json.dumps({"weight_map": {"x": "pytorch_model.bin"}}))
    assert "not a readable safetensors file" in one_line(lambda: read(checkpoint))


def test_an_index_that_names_a_file_elsewhere_reads_none_there(checkpoint: Path, tmp_path: Path) -> None:
    shutil.move(checkpoint / "model.safetensors", tmp_path / "elsewhere.safetensors")
    index = {"weight_map": {"x": "../../elsewhere.safetensors"}}
    (checkpoint / "model.safetensors.index.json").write_text(json.dumps(index))
    assert "lacks elsewhere.safetensors" in one_line(lambda: read(checkpoint))


@pytest.mark.parametrize("kind", ["gpt_neox", "mine"])
def test_code_in_the_folder_of_a_model(checkpoint: Path, payload: Payload, kind: str) -> None:
    code = f"open({str(payload.mark)!r}, 'w')\nfrom transformers import GPTNeoXConfig as C, GPTNeoXForCausalLM as M\n"
    (checkpoint / "mine.py").write_text(code)
    config = json.loads((checkpoint / "config.json").read_text())
    config |= {"model_type": kind, "auto_map": {"AutoConfig": "mine.C", "AutoModelForCausalLM": "mine.M"}}
    (checkpoint / "config.json").write_text(json.dumps(config))
    expected = "no tokenizer.json" if kind == "gpt_neox" else "not a configuration"
    assert expected in one_line(lambda: read(checkpoint))  # of a kind that transformers has, its own code is run


def test_a_configuration_that_asks_for_kernels_from_the_hub_gets_none(checkpoint: Path) -> None:
    config = json.loads((checkpoint / "config.json").read_text())
    (checkpoint / "config.json").write_text(json.dumps({**config, "_attn_implementation": "someone/kernels"}))
    series = hf_checkpoints.open_series(SeriesSettings(name="mine", folder=str(checkpoint.parent)), checkpoint)
    assert series.build().config._attn_implementation == "eager"


class Hostile:
    """A hub that lists names of its own choice."""

    def __init__(self, *names: str) -> None:
        self.names, self.fetched = names, list[str]()

    def listing(self, *_: str) -> Listing:
        return Listing("commit", tuple(Entry(name, 3, None) for name in self.names))

    def fetch(self, _: str, __: str, name: str, folder: Path) -> None:
        self.fetched.append(name)
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"abc")


@pytest.mark.parametrize(
    "name",
    ["model-/../../../kept.safetensors", "model-1/x.safetensors", "model-\\..\\x.safetensors", "model-\n.safetensors"],
)
def test_a_hub_that_lists_paths(tmp_path: Path, name: str) -> None:
    kept = tmp_path / "kept.safetensors"
    kept.write_text("mine")
    (tmp_path / "down/step5/model-").mkdir(parents=True)
    offers = Hostile("config.json", "model.safetensors.index.json", name, "evil.py")
    hub.download("a/b", {5: "main"}, tmp_path / "down", offers)
    assert offers.fetched == ["config.json", "model.safetensors.index.json"]
    assert kept.read_text() == "mine"


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A current folder with a model of one's own, a checkpoint and data."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "model_of_payloads.py").write_text("import torch\n\n\ndef build():\n    return torch.nn.Linear(2, 2)\n")
    (tmp_path / "checkpoints").mkdir()
    safetensors.torch.save_model(torch.nn.Linear(2, 2), tmp_path / "checkpoints/step1.safetensors")
    examples = {"mine.inputs": torch.randn(9, 2), "mine.targets": torch.arange(9) % 2}
    safetensors.torch.save_file(examples, tmp_path / "data.safetensors")
    return tmp_path


def measured(capsys: pytest.CaptureFixture[str]) -> str:
    """What `emergence measure` says on its standard error."""
    given = "measure checkpoints --measure loss --data data.safetensors --table loss.parquet"
    assert main([*given.split(), "--model", "model_of_payloads:build"]) == 1
    return capsys.readouterr().err


def test_the_command_measures_what_is_whole(own: Path) -> None:
    given = "measure checkpoints --measure loss --data data.safetensors --table loss.parquet"
    assert main([*given.split(), "--model", "model_of_payloads:build"]) == 0
    assert (own / "loss.parquet").exists()


@every_writer
@pytest.mark.parametrize("name", ["checkpoints/step1.safetensors", "data.safetensors"])
def test_measure_is_given_a_pickle(
    own: Path, payload: Payload, capsys: pytest.CaptureFixture[str], write: Callable[[Payload, Path], None], name: str
) -> None:
    write(payload, own / name)
    said = measured(capsys)
    assert said.startswith(f"emergence: {name}: not a readable safetensors file")
    assert said.count("\n") == 1


def trajectory_of(folder: Path, write: Callable[[Path], None]) -> Trajectory:
    """A trajectory whose one checkpoint is another file, and whose manifest vouches for it."""
    (folder / "checkpoints").mkdir(parents=True)
    path = folder / "checkpoints/step00000000.safetensors"
    write(path)
    entry = {"step": 0, "file": f"checkpoints/{path.name}", "sha256": sha256(path.read_bytes())}
    settings = {"study": "anatomy", "run": "1x4-s1", "size": {"name": "1x4"}, "seed": 1}
    write_manifest(folder, {"settings": settings, "parameters": {"total": 3}, "checkpoints": [entry]})
    return Trajectory.open(folder)


@every_writer
def test_a_trajectory_whose_manifest_vouches_for_a_pickle(
    tmp_path: Path, payload: Payload, write: Callable[[Payload, Path], None]
) -> None:
    run = trajectory_of(tmp_path / "results/anatomy/trajectories/1x4-s1", lambda path: write(payload, path))
    assert "step00000000.safetensors: " in one_line(lambda: run.weights(0))
    assert verify(tmp_path / "results").faults


class Pickling(pa.ExtensionType):
    """A type of column under the name of one that older versions of Arrow unpickled (CVE-2023-47248)."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        super().__init__(pa.string(), "arrow.py_extension_type")

    def __arrow_ext_serialize__(self) -> bytes:
        return self.content

    @classmethod
    def __arrow_ext_deserialize__(cls, storage: pa.DataType, serialized: bytes) -> "Pickling":
        raise NotImplementedError


@pytest.mark.filterwarnings("ignore")
def test_a_table_with_a_pickled_type(tmp_path: Path, payload: Payload) -> None:
    column = pa.ExtensionArray.from_storage(Pickling(pickle.dumps(payload)), pa.array(["a"]))
    pq.write_table(pa.table({"study": column}), tmp_path / "table.parquet")
    assert "table.parquet" in one_line(lambda: tables.read(MEASURE, tmp_path / "table.parquet"))


def test_an_overlay_that_would_make_objects(tmp_path: Path, payload: Payload) -> None:
    from emergence.config import loading

    (tmp_path / "mine.yaml").write_text(f"tier: !!python/object/apply:pathlib.Path.touch ['{payload.mark}']\n")
    assert "mine.yaml cannot be read" in one_line(lambda: loading.read(tmp_path / "mine.yaml"))
