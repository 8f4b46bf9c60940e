import inspect
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, get_type_hints

import pandas as pd
import pytest
import yaml
from support.project import PROJECT
from synthetic.reference_run import claim

from emergence.claims.claims_table import TOY
from emergence.cli import COMMANDS, main
from emergence.config import loading
from emergence.config.project import PATHS, project
from emergence.io import tables
from emergence.release import record
from emergence.schemas.analysis import CLAIMS
from emergence.schemas.trajectories import BASELINES
from emergence.stages import STAGES
from emergence.tasks import TaskLevel, data

TASK_FILES = {
    "--evaluation": "evaluation.safetensors",
    "--probes": "probes.safetensors",
    "--baselines-table": "baselines.parquet",
}
Capture = pytest.CaptureFixture[str]


def task_paths(folder: Path) -> list[str]:
    return [part for option, name in TASK_FILES.items() for part in (option, str(folder / name))]


def task_settings(values: dict[str, Any]) -> str:
    return json.dumps(project(loading.load(values), "task_data"))


def claims_table(path: Path) -> Path:
    """A table of one claim."""
    row = claim("A1", 0.75, 0.5, 1.0, "undecided", statement="Statement", published="Published")
    tables.write(CLAIMS, pd.DataFrame([{**row, "interval": "Interval", "control": "Control", "rule": "Rule"}]), path)
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


def first_words(capsys: Capture, *arguments: str) -> set[str]:
    """First words of the lines of a help text."""
    with pytest.raises(SystemExit):
        main([*arguments, "--help"])
    return {line.split()[0] for line in capsys.readouterr().out.splitlines() if line.strip()}


def test_help_lists_what_people_call_and_no_stage(capsys: Capture) -> None:
    shown = first_words(capsys)
    assert {*COMMANDS} <= shown
    assert not shown & {*STAGES}
    assert {*STAGES} <= first_words(capsys, "stage")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_an_example_of_itself(name: str, capsys: Capture) -> None:
    assert COMMANDS[name].example.startswith(f"emergence {name}")
    assert "Example:" in first_words(capsys, name)


def test_help_has_a_line_with_an_example_of_each_command(capsys: Capture) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    assert [line for line in lines if line.startswith("emergence ")] == [one.example for one in COMMANDS.values()]


def test_help_starts_without_torch() -> None:
    code = "import sys; from emergence.cli import command_line; command_line().format_help(); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    assert {"torch", "pandas", "snakemake"}.isdisjoint(loaded)


@pytest.mark.parametrize("name", STAGES)
def test_help_of_a_stage_lists_its_files(name: str, capsys: Capture) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["stage", name, "--help"])
    shown = capsys.readouterr().out
    assert ended.value.code == 0
    assert shown.startswith(f"usage: emergence stage {name}")
    parameters = [key for key, hint in get_type_hints(STAGES[name].load()).items() if hint in PATHS]
    assert all(f"--{parameter.replace('_', '-')} " in shown for parameter in ["settings", "config", *parameters])


@pytest.mark.parametrize("arguments", [[], ["fly"], ["stage", "task_data"], ["stage", "task_data", "--settings", "{}"]])
def test_wrong_usage_ends_in_two(arguments: list[str], capsys: Capture) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "usage: emergence" in capsys.readouterr().err


def test_settings_and_config_exclude_each_other(tmp_path: Path, capsys: Capture) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["stage", "task_data", "--settings", "{}", "--config", "config.yaml", *task_paths(tmp_path)])
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
        assert main(["stage", "task_data", *source, *task_paths(tmp_path / folder)]) == 0
    level = TaskLevel("ADD", "2")
    assert len(data.load(tmp_path / "text" / "evaluation.safetensors", [level])[level]) == 7
    baselines = tables.read(BASELINES, tmp_path / "text" / "baselines.parquet")
    assert ("ADD", "2") in {*zip(baselines["task"], baselines["level"], strict=True)}
    for name in TASK_FILES.values():
        contents = {(tmp_path / folder / name).read_bytes() for folder in sources}
        assert len(contents) == 1


def test_config_takes_overlays(tmp_path: Path) -> None:
    overlay = str(PROJECT / "workflow" / "tiers" / "smoke.yaml")
    assert main(["stage", "task_data", "--config", str(PROJECT / "config.yaml"), overlay, *task_paths(tmp_path)]) == 0
    level = TaskLevel("COPY", "4")
    assert len(data.load(tmp_path / "probes.safetensors", [level])[level]) == 20


def test_show_prints_claims(tmp_path: Path, capsys: Capture) -> None:
    assert main(["show", str(claims_table(tmp_path / "claims.parquet"))]) == 0
    shown = capsys.readouterr().out
    assert "A1" in shown
    assert "UNDECIDED" in shown
    assert all(word in shown for word in ("Statement", "Published", "0.75", "0.5", "Interval", "Control", "Rule"))


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        (["--study", "parity"], ["B1"]),
        (["--verdict", "fails"], ["A3", "B1"]),
        (["--study=anatomy", "--verdict=fails"], ["A3"]),
    ],
)
def test_claims_are_chosen_by_study_and_verdict(
    arguments: list[str], shown: list[str], tmp_path: Path, capsys: Capture
) -> None:
    rows = [claim("A1", 1, 0, 2, "holds"), claim("A3", 1, 0, 2, "fails"), claim("B1", 1, 0, 2, "fails", "parity")]
    tables.write(CLAIMS, pd.DataFrame(rows), tmp_path / "claims.parquet")
    assert main(["show", str(tmp_path / "claims.parquet"), *arguments]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines if not line.startswith(" ")] == shown
    assert main(["show", str(tmp_path / "claims.parquet"), "--study", "anatomie"]) == 1
    assert "anatomy, parity" in only_line(capsys)


@pytest.mark.parametrize("toy", [True, False])
def test_numbers_of_toy_models_are_shown_with_a_warning(toy: bool, tmp_path: Path, capsys: Capture) -> None:
    record.write_record({"toy": toy}, {}, {"stage": "explorer", "settings": {}, "inputs": {}}, tmp_path / record.NAME)
    assert main(["show", str(claims_table(tmp_path / "claims.parquet"))]) == 0
    assert (TOY in capsys.readouterr().out) == toy


@pytest.mark.long
@pytest.mark.parametrize("arguments", [["show", "claims.parquet"], ["--help"]])
def test_a_closed_pipe_ends_a_command_in_silence(arguments: list[str], tmp_path: Path) -> None:
    """As of ``emergence show | head``."""
    claims_table(tmp_path / "claims.parquet")
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "w") as closed:
        command = [sys.executable, "-m", "emergence", *arguments]
        done = subprocess.run(command, stdout=closed, stderr=subprocess.PIPE, text=True, cwd=tmp_path, check=False)
    assert done.stderr == ""


@pytest.mark.long
@pytest.mark.parametrize(
    "locale", [{"PYTHONIOENCODING": "latin-1"}, {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}]
)
def test_a_terminal_without_a_character_shows_a_question_mark(locale: dict[str, str], tmp_path: Path) -> None:
    row = claim("A1", 0.75, 0.5, 1.0, "undecided", statement="Share τ > 1")
    tables.write(CLAIMS, pd.DataFrame([row]), tmp_path / "claims.parquet")
    command = [sys.executable, "-m", "emergence", "show", str(tmp_path / "claims.parquet")]
    done = subprocess.run(command, capture_output=True, env={**os.environ, **locale}, check=True)
    assert b"Share ? > 1" in done.stdout


def test_schema_is_printed_as_json(capsys: Capture) -> None:
    assert main(["schema"]) == 0
    assert json.loads(capsys.readouterr().out) == loading.schema()


FOREIGN = pd.DataFrame({"claim": ["A1"]}).to_parquet()


@pytest.mark.parametrize(
    "content", [None, b"", b"no table", b"PAR1" * 9, FOREIGN], ids=["absent", "empty", "text", "magic", "foreign"]
)
def test_a_bad_claims_table_is_named_in_one_line(tmp_path: Path, capsys: Capture, content: bytes | None) -> None:
    path = tmp_path / "claims.parquet"
    if content is not None:
        path.write_bytes(content)
    assert main(["show", str(path)]) == 1
    assert str(path) in only_line(capsys)


def test_missing_input_of_a_stage_is_named_in_one_line(tmp_path: Path, capsys: Capture) -> None:
    absent = tmp_path / "behaviour.parquet"
    inputs = ["--behaviour", str(absent), "--baselines", str(tmp_path / "baselines.parquet")]
    outputs = ["--scores-table", str(tmp_path / "scores.parquet"), "--events-table", str(tmp_path / "events.parquet")]
    assert main(["stage", "events", "--config", str(PROJECT / "config.yaml"), *inputs, *outputs]) == 1
    assert str(absent) in only_line(capsys)
    assert list(tmp_path.iterdir()) == []


def test_bad_config_is_named_in_one_line(tmp_path: Path, capsys: Capture, settings_values: dict[str, Any]) -> None:
    settings_values["anatomy"]["training"]["steps"] = -3
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(settings_values, sort_keys=False))
    assert main(["stage", "task_data", "--config", str(tmp_path / "config.yaml"), *task_paths(tmp_path)]) == 1
    line = only_line(capsys)
    assert "anatomy.training.steps" in line
    assert "-3" in line


def test_run_that_does_not_exist_is_named(tmp_path: Path, capsys: Capture) -> None:
    paths = [f"--{name.replace('_', '-')}" for name in list(inspect.signature(STAGES["train"].load()).parameters)[1:]]
    given = [part for option in paths for part in (option, str(tmp_path / option[2:]))]
    assert main(["stage", "train", "--config", str(PROJECT / "config.yaml"), "--run", "9x9-s9", *given]) == 1
    assert "9x9-s9" in only_line(capsys)


UNREADABLE = {"config": [None, "tier: [", "- tier"], "settings": [None, "{", "{}", '{"levels": 3}']}


@pytest.mark.parametrize(("option", "content"), [(name, text) for name, texts in UNREADABLE.items() for text in texts])
def test_an_unreadable_file_is_named(tmp_path: Path, capsys: Capture, option: str, content: str | None) -> None:
    path = tmp_path / ("mine.yaml" if option == "config" else "mine.json")
    if content is not None:
        path.write_text(content)
    assert main(["stage", "task_data", f"--{option}", str(path), *task_paths(tmp_path)]) == 1
    assert str(path) in only_line(capsys)


def test_bad_settings_text_names_the_key(tmp_path: Path, capsys: Capture, settings_values: dict[str, Any]) -> None:
    values = json.loads(task_settings(settings_values))
    values["settings"]["evaluation"]["examples"] = "many"
    assert main(["stage", "task_data", "--settings", json.dumps(values), *task_paths(tmp_path)]) == 1
    line = only_line(capsys)
    assert "evaluation.examples" in line
    assert "many" in line


@pytest.mark.long
def test_exit_code_of_the_process(tmp_path: Path) -> None:
    absent = str(tmp_path / "absent.parquet")
    ended = subprocess.run([sys.executable, "-m", "emergence", "show", absent], capture_output=True, text=True)
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert ended.stderr.startswith("emergence: ")
    assert absent in ended.stderr
    assert ended.stderr.count("\n") == 1
