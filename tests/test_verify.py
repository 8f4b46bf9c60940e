"""A results folder is verified: whole, it has no faults; each kind of damage is one line that names the file."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
import safetensors.torch
import torch

from emergence import cli, tables
from emergence.files import write_json
from emergence.schemas.trajectories import BASELINES
from emergence.training.trajectory import save_checkpoint
from emergence.verify import VerifyError, verify

STEPS = (0, 10)


@pytest.fixture
def results(tmp_path: Path) -> Path:
    folder = tmp_path / "results"
    rows = pd.DataFrame({"task": ["ADD"], "level": ["1"], "metric": ["exact_match"], "value": [0.5]})
    tables.write(BASELINES, rows, folder / "tasks" / "baselines.parquet")
    (folder / "tasks" / "probes.safetensors").write_bytes(safetensors.torch.save({"ADD": torch.zeros(3)}))
    run = folder / "trajectories" / "4x16-s1"
    entries = [save_checkpoint(run, step, {"weight": torch.full((4,), float(step))}) for step in STEPS]
    settings = {"study": "anatomy", "run": "4x16-s1", "size": {"name": "4x16"}, "seed": 1}
    write_json(run / "manifest.json", {"settings": settings, "parameters": {"total": 4}, "checkpoints": entries})
    return folder


def test_a_whole_folder_has_no_faults(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = verify(results)
    assert (found.tables, found.checkpoints, found.faults) == (1, len(STEPS), [])
    assert cli.main(["verify", str(results)]) == 0
    assert capsys.readouterr().out == "1 tables and 2 checkpoints: no faults\n"


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20])


def flip_a_bit(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


def of_another_table(path: Path) -> None:
    pd.DataFrame({"task": ["ADD"]}).to_parquet(path)


def without_a_column(path: Path) -> None:
    table = pd.read_parquet(path).drop(columns="metric")
    tables.pq.write_table(tables.pa.Table.from_pandas(table).replace_schema_metadata({"table": "baselines"}), path)


CHECKPOINT = "trajectories/4x16-s1/checkpoints/step00000010.safetensors"
DAMAGE: list[tuple[str, Callable[[Path], None], str]] = [
    ("tasks/baselines.parquet", cut, "not a readable Parquet file"),
    ("tasks/baselines.parquet", of_another_table, "no table of this version"),
    ("tasks/baselines.parquet", without_a_column, "lacks columns ['metric']"),
    ("tasks/probes.safetensors", cut, "not a readable safetensors file"),
    (CHECKPOINT, cut, "is not the file that training wrote"),
    (CHECKPOINT, flip_a_bit, "is not the file that training wrote"),
    (CHECKPOINT, Path.unlink, "cannot be read"),
    ("trajectories/4x16-s1/manifest.json", Path.unlink, "no readable manifest"),
    ("trajectories/4x16-s1/manifest.json", cut, "no readable manifest"),
]


@pytest.mark.parametrize(("name", "damage", "said"), DAMAGE, ids=lambda value: getattr(value, "__name__", None))
def test_each_damage_is_one_line_that_names_file_and_remedy(
    results: Path, name: str, damage: Callable[[Path], None], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    damage(results / name)
    faults = verify(results).faults
    assert len(faults) == 1
    assert str(results / name) in faults[0]
    assert said in faults[0]
    assert "again" in faults[0]
    assert "\n" not in faults[0]
    assert cli.main(["verify", str(results)]) == 1
    assert capsys.readouterr().out.endswith(": 1 fault\n")


def test_a_folder_without_results_is_refused(tmp_path: Path) -> None:
    with pytest.raises(VerifyError, match="no tables and no checkpoints"):
        verify(tmp_path)
