"""A results folder is verified: whole, it has no faults; each kind of damage is one line that names the file."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from support.damage import cut_short, flip_bit
from synthetic import tiny_models

from emergence import cli
from emergence.checkpoints import hf_manifest
from emergence.checkpoints.hf_manifest import SeriesRunSettings
from emergence.checkpoints.trajectory import save_checkpoint, write_manifest
from emergence.config.language import ExternalModel, SeriesSettings
from emergence.io import tables, tensors
from emergence.io.tables import Schema
from emergence.release.checksums import write_checksums
from emergence.release.verify import VerifyError, verify
from emergence.schemas.trajectories import BASELINES

STEPS = (0, 10)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one of everything, and what is no result."""
    folder = tmp_path_factory.mktemp("results")
    rows = pd.DataFrame({"task": ["ADD"], "level": ["1"], "metric": ["exact_match"], "value": [0.5]})
    tables.write(BASELINES, rows, folder / "tasks" / "baselines.parquet")
    rows.to_csv(folder / "tasks" / "baselines.csv", index=False)
    tensors.write(folder / "tasks" / "probes.safetensors", {"ADD": np.zeros(3)})
    run = folder / "anatomy/trajectories/4x16-s1"
    entries = [save_checkpoint(run, step, {"weight": torch.full((4,), float(step))}) for step in STEPS]
    settings = {"study": "anatomy", "run": "4x16-s1", "size": {"name": "4x16"}, "seed": 1}
    write_manifest(run, {"settings": settings, "parameters": {"total": 4}, "checkpoints": entries})
    (folder / "language").mkdir()
    tiny_models.write_corpus(folder / "language")
    find_series(tiny_models.save_series(folder / "downloads" / "tiny"), folder)
    for name in ("numbers.json", "explorer.html", "manuscript/paper.typ", "figures/fig1.png"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(f"what {name} says")
    listed = [folder / name for name in ("numbers.json", "explorer.html", "manuscript", "figures/fig1.png")]
    write_checksums(listed, folder / "SHA256SUMS")
    for name in ("state/train/4x16-s1", "logs", "benchmarks", "downloads"):
        for kind in ("parquet", "safetensors"):
            (folder / name).mkdir(parents=True, exist_ok=True)
            (folder / name / f"half.{kind}").write_text("half")
    return folder


def find_series(series: Path, results: Path) -> None:
    about = SeriesSettings(name="tiny", folder=str(series))
    settings = SeriesRunSettings(study="language", run="tiny", size=ExternalModel(name="tiny"), seed=0, series=about)
    hf_manifest.record_series(settings, results / "downloads", results / "language/trajectories/tiny")


@pytest.fixture
def results(made: Path, tmp_path: Path) -> Path:
    """A copy, in which the series is still found where it was."""
    return Path(shutil.copytree(made, tmp_path / "results"))


def test_a_whole_folder_has_no_faults(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = verify(results)
    assert (found.tables, found.checkpoints, found.files, found.faults) == (2, 2 * len(STEPS), 4, [])
    assert cli.main(["verify", str(results)]) == 0
    assert capsys.readouterr().out == "2 tables, 4 checkpoints and 4 other files: no faults\n"


def of_another_table(path: Path) -> None:
    pd.DataFrame({"task": ["ADD"]}).to_parquet(path)


def without_a_column(path: Path) -> None:
    columns = {name: kind for name, kind in BASELINES.columns.items() if name != "metric"}
    tables.write(Schema(BASELINES.name, columns), pd.read_parquet(path).drop(columns="metric"), path)


def with_another_value(path: Path) -> None:
    tables.write(BASELINES, pd.read_parquet(path).assign(value=0.25), path)


def without_its_hash(path: Path) -> None:
    table = tables.pq.read_table(path)
    tables.pq.write_table(table.replace_schema_metadata({"table": BASELINES.name}), path)


def of_another_seed(path: Path) -> None:
    path.write_text(path.read_text().replace('"seed": 1', '"seed": 7'))


def without_paths(path: Path) -> None:
    path.write_text("\n".join(line.partition(" ")[0] for line in path.read_text().splitlines()))


def of_other_words(path: Path) -> None:
    path.write_text(path.read_text().replace('"model": {', '"model": {\n'))


CHECKPOINT = "anatomy/trajectories/4x16-s1/checkpoints/step00000010.safetensors"
DAMAGE: list[tuple[str, Callable[[Path], None], str]] = [
    ("tasks/baselines.parquet", cut_short, "not a readable Parquet file"),
    ("tasks/baselines.parquet", of_another_table, "not a table of this version"),
    ("tasks/baselines.parquet", without_a_column, "lacks columns ['metric']"),
    ("tasks/baselines.parquet", without_its_hash, "has no hash"),
    ("tasks/baselines.csv", cut_short, "is not the table beside it"),
    ("tasks/probes.safetensors", cut_short, "not a readable safetensors file"),
    ("tasks/probes.safetensors", flip_bit, "has changed"),
    ("language/tokens.safetensors", flip_bit, "has changed"),
    ("language/tokenizer.json", of_other_words, "is not the tokenizer whose tokens"),
    ("language/items.parquet", cut_short, "not a readable Parquet file"),
    (CHECKPOINT, cut_short, "has changed"),
    (CHECKPOINT, flip_bit, "has changed"),
    (CHECKPOINT, Path.unlink, "cannot be read"),
    ("anatomy/trajectories/4x16-s1/manifest.json", Path.unlink, "not a readable manifest"),
    ("anatomy/trajectories/4x16-s1/manifest.json", cut_short, "not a readable manifest"),
    ("anatomy/trajectories/4x16-s1/manifest.json", of_another_seed, "has changed"),
    ("language/trajectories/tiny/manifest.json", cut_short, "not a readable manifest"),
    ("numbers.json", flip_bit, "is not what was written"),
    ("explorer.html", cut_short, "is not what was written"),
    ("manuscript/paper.typ", flip_bit, "is not what was written"),
    ("figures/fig1.png", Path.unlink, "cannot be read"),
    ("SHA256SUMS", without_paths, "is not a hash and a path"),
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


def test_a_table_of_other_numbers_is_told_from_its_copy(results: Path) -> None:
    with_another_value(results / "tasks" / "baselines.parquet")
    assert verify(results).faults == [
        f"{results / 'tasks/baselines.csv'}: is not the table beside it; delete it and run again"
    ]


@pytest.mark.parametrize("name", ["step10/model.safetensors", "step10/config.json", "step0/tokenizer.json"])
def test_every_file_of_a_series_is_looked_at(results: Path, name: str, tmp_path: Path) -> None:
    series = tmp_path / "series"
    shutil.copytree(results / "downloads" / "tiny", series)
    find_series(series, results)
    assert verify(results).faults == []
    flip_bit(series / name)
    (fault,) = verify(results).faults
    assert fault.startswith(str(series / name.partition("/")[0]))
    assert fault.endswith("delete the manifest and run again")


def test_a_run_that_has_not_ended_has_no_checksums_yet(results: Path) -> None:
    (results / "SHA256SUMS").unlink()
    (results / "numbers.json").write_text("other")
    whole = verify(results)
    assert (whole.files, whole.faults) == (0, [])
    assert "no SHA256SUMS" in str(whole)


def test_a_folder_without_results_is_refused(tmp_path: Path) -> None:
    with pytest.raises(VerifyError, match=rf"{tmp_path}: no tables"):
        verify(tmp_path)
