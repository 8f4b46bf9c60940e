import inspect
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from emergence import config, tables
from emergence.cli import main
from emergence.schemas.analysis import CLAIMS
from emergence.schemas.trajectories import BASELINES
from emergence.stages import STAGES
from emergence.tasks import TaskLevel, data

ROOT = Path(__file__).parents[1]
TASK_FILES = {
    "--evaluation": "evaluation.safetensors",
    "--probes": "probes.safetensors",
    "--baselines-table": "baselines.parquet",
}
Capture = pytest.CaptureFixture[str]


def task_paths(folder: Path) -> list[str]:
    return [part for option, name in TASK_FILES.items() for part in (option, str(folder / name))]


def task_settings(values: dict[str, Any]) -> str:
    return config.load(values).settings("tasks").model_dump_json()


def claims_table(path: Path) -> Path:
    row = {column: column.capitalize() for column in CLAIMS.arrow.names}
    numbers = {"value": 0.75, "low": 0.5, "high": np.nan}
    tables.write(CLAIMS, pd.DataFrame([row | numbers | {"claim": "A1", "verdict": "undecided"}]), path)
    return path


def only_line(capsys: Capture) -> str:
    output = capsys.readouterr()
    assert output.out == ""
    (line,) = output.err.splitlines()
    assert line.startswith("emergence: ")
    return line


@pytest.mark.parametrize("arguments", [["--help"], ["show", "--help"], ["schema", "--help"]])
def test_help(arguments: list[str], capsys: Capture) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith("usage: emergence")


def test_help_lists_the_stages(capsys: Capture) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    first_words = {line.split()[0] for line in capsys.readouterr().out.splitlines() if line.strip()}
    assert {*STAGES, "show", "schema"} <= first_words


@pytest.mark.parametrize("name", STAGES)
def test_help_of_a_stage_lists_its_files(name: str, capsys: Capture) -> None:
    with pytest.raises(SystemExit) as ended:
        main([name, "--help"])
    shown = capsys.readouterr().out
    assert ended.value.code == 0
    assert shown.startswith(f"usage: emergence {name}")
    parameters = list(inspect.signature(STAGES[name].load()).parameters)[1:]
    assert all(f"--{parameter.replace('_', '-')} " in shown for parameter in ["settings", "config", *parameters])


@pytest.mark.parametrize("arguments", [[], ["fly"], ["tasks"], ["show"], ["tasks", "--settings", "{}"]])
def test_wrong_usage_ends_in_two(arguments: list[str], capsys: Capture) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "usage: emergence" in capsys.readouterr().err


def test_settings_and_config_exclude_each_other(tmp_path: Path, capsys: Capture) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["tasks", "--settings", "{}", "--config", "config.yaml", *task_paths(tmp_path)])
    assert ended.value.code == 2
    assert "either --settings or --config" in capsys.readouterr().err


def test_tasks_stage_from_settings_and_from_config(tmp_path: Path, settings_values: dict[str, Any]) -> None:
    settings_values["anatomy"]["evaluation"]["examples"] = 7
    text = task_settings(settings_values)
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(settings_values, sort_keys=False))
    (tmp_path / "tasks.json").write_text(text)
    sources = {
        "text": ["--settings", text],
        "file": ["--settings", str(tmp_path / "tasks.json")],
        "config": ["--config", str(tmp_path / "config.yaml")],
    }
    for folder, source in sources.items():
        assert main(["tasks", *source, *task_paths(tmp_path / folder)]) == 0
    level = TaskLevel("ADD", "2")
    assert len(data.load(tmp_path / "text" / "evaluation.safetensors", [level])[level]) == 7
    assert len(tables.read(BASELINES, tmp_path / "text" / "baselines.parquet")) == 27 * 4
    for name in TASK_FILES.values():
        contents = {(tmp_path / folder / name).read_bytes() for folder in sources}
        assert len(contents) == 1


def test_config_takes_overlays(tmp_path: Path) -> None:
    overlay = str(ROOT / "workflow" / "tiers" / "smoke.yaml")
    assert main(["tasks", "--config", str(ROOT / "config.yaml"), overlay, *task_paths(tmp_path)]) == 0
    level = TaskLevel("COPY", "4")
    assert len(data.load(tmp_path / "probes.safetensors", [level])[level]) == 20


def test_show_prints_claims(tmp_path: Path, capsys: Capture) -> None:
    assert main(["show", str(claims_table(tmp_path / "claims.parquet"))]) == 0
    shown = capsys.readouterr().out
    assert "A1" in shown
    assert "UNDECIDED" in shown
    assert all(word in shown for word in ("Statement", "Published", "0.75", "0.5", "Interval", "Control", "Rule"))


def test_schema_is_printed_as_json(capsys: Capture) -> None:
    assert main(["schema"]) == 0
    assert json.loads(capsys.readouterr().out) == config.schema()


@pytest.mark.parametrize("content", [None, b"", b"not a table", b"PAR1" * 9], ids=["absent", "empty", "text", "magic"])
def test_bad_claims_table_is_named_in_one_line(tmp_path: Path, capsys: Capture, content: bytes | None) -> None:
    path = tmp_path / "claims.parquet"
    if content is not None:
        path.write_bytes(content)
    assert main(["show", str(path)]) == 1
    assert str(path) in only_line(capsys)


def test_foreign_table_is_named_in_one_line(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "claims.parquet"
    pd.DataFrame({"claim": ["A1"]}).to_parquet(path)
    assert main(["show", str(path)]) == 1
    assert str(path) in only_line(capsys)


def test_missing_input_of_a_stage_is_named_in_one_line(tmp_path: Path, capsys: Capture) -> None:
    absent = tmp_path / "behaviour.parquet"
    inputs = ["--behaviour", str(absent), "--baselines", str(tmp_path / "baselines.parquet")]
    outputs = ["--scores-table", str(tmp_path / "scores.parquet"), "--events-table", str(tmp_path / "events.parquet")]
    assert main(["events", "--config", str(ROOT / "config.yaml"), *inputs, *outputs]) == 1
    assert str(absent) in only_line(capsys)
    assert list(tmp_path.iterdir()) == []


def test_bad_config_is_named_in_one_line(tmp_path: Path, capsys: Capture, settings_values: dict[str, Any]) -> None:
    settings_values["anatomy"]["training"]["steps"] = -3
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(settings_values, sort_keys=False))
    assert main(["tasks", "--config", str(tmp_path / "config.yaml"), *task_paths(tmp_path)]) == 1
    line = only_line(capsys)
    assert "anatomy.training.steps" in line
    assert "-3" in line


def test_run_that_does_not_exist_is_named(tmp_path: Path, capsys: Capture) -> None:
    paths = [f"--{name.replace('_', '-')}" for name in list(inspect.signature(STAGES["train"].load()).parameters)[1:]]
    given = [part for option in paths for part in (option, str(tmp_path / option[2:]))]
    assert main(["train", "--config", str(ROOT / "config.yaml"), "--run", "9x9-s9", *given]) == 1
    assert "9x9-s9" in only_line(capsys)


@pytest.mark.parametrize("content", [None, "tier: [", "- tier"], ids=["absent", "damaged", "list"])
def test_unreadable_config_file_is_named(tmp_path: Path, capsys: Capture, content: str | None) -> None:
    path = tmp_path / "mine.yaml"
    if content is not None:
        path.write_text(content)
    assert main(["tasks", "--config", str(path), *task_paths(tmp_path)]) == 1
    assert str(path) in only_line(capsys)


@pytest.mark.parametrize("content", [None, "{", "{}", '{"levels": 3}'], ids=["absent", "damaged", "empty", "wrong"])
def test_bad_settings_file_is_named(tmp_path: Path, capsys: Capture, content: str | None) -> None:
    path = tmp_path / "mine.json"
    if content is not None:
        path.write_text(content)
    assert main(["tasks", "--settings", str(path), *task_paths(tmp_path)]) == 1
    assert str(path) in only_line(capsys)


def test_bad_settings_text_names_the_key(tmp_path: Path, capsys: Capture, settings_values: dict[str, Any]) -> None:
    values = json.loads(task_settings(settings_values))
    values["evaluation"]["examples"] = "many"
    assert main(["tasks", "--settings", json.dumps(values), *task_paths(tmp_path)]) == 1
    line = only_line(capsys)
    assert "evaluation.examples" in line
    assert "many" in line


def test_exit_code_of_the_process(tmp_path: Path) -> None:
    absent = str(tmp_path / "absent.parquet")
    ended = subprocess.run([sys.executable, "-m", "emergence", "show", absent], capture_output=True, text=True)
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert ended.stderr.startswith("emergence: ")
    assert absent in ended.stderr
    assert ended.stderr.count("\n") == 1
