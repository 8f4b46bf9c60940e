"""Names and folders of a configuration: whatever is let through stays below the results folder, and can be made."""

from copy import deepcopy
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from emergence.config import loading
from emergence.config.language import Repository
from emergence.config.loading import ConfigError
from emergence.config.types import Folder, Key, Name

LONGEST_FILE = 255  # bytes
HOSTILE = {
    "up": "..", "absolute": "/etc/x", "home": "~", "home of": "~root/x", "NUL": "a\0b", "newline": "a\nb",
    "newline at the end": "a\n", "carriage return": "a\rb", "escape": "a\x1b[2Jb", "backslash": "..\\a",
    "wide letters": "ｒｅｓｕｌｔｓ", "wide dots": "．．", "composed": "é", "decomposed": "e\u0301",
    "cyrillic": "rеsults",
    "half a pair": "\ud800", "turned order": "a\u202eb", "no width": "a\u200bb", "long": "a" * 300, "dot": ".",
    "option": "-rf", "command": "$(touch pwned)", "backticks": "`touch pwned`", "end of command": "a; touch pwned",
    "quote": "a'b", "double quote": 'a"b', "blank": "a b", "braces": "{wildcards.run}", "parameters": "{params}",
    "quoting": "{params:q}", "glob": "a*", "empty": "",
}  # fmt: skip
every_hostile = pytest.mark.parametrize("value", HOSTILE.values(), ids=HOSTILE)


def refusal(values: dict[str, Any]) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        loading.load(values)
    lines = str(caught.value).splitlines()
    assert all(line.startswith("config: ") and line.isprintable() for line in lines)
    return lines


def accepted(kind: Any, text: str) -> bool:
    try:
        TypeAdapter(kind).validate_python(text)
    except ValidationError:
        return False
    return True


def put(values: dict[str, Any], key: str, value: object) -> dict[str, Any]:
    *parents, last = key.split(".")
    changed = inner = deepcopy(values)
    for part in parents:
        inner = inner[int(part)] if isinstance(inner, list) else inner[part]
    inner[last] = value
    return changed


@every_hostile
@pytest.mark.parametrize("kind", [Folder, Name, Key, Repository], ids=["folder", "name", "key", "repository"])
def test_no_type_of_name_has_it(kind: Any, value: str) -> None:
    whole = (f"someone/{value}", f"{value}/model") if kind is Repository else (value,)
    assert not any(accepted(kind, text) for text in whole)


@every_hostile
def test_a_refusal_names_the_place_in_one_line(settings_values: dict[str, Any], value: str) -> None:
    (line,) = refusal(put(settings_values, "pathvars.results", value))
    assert line.startswith("config: pathvars.results: ")


@every_hostile
def test_a_refusal_names_a_key_in_one_line(settings_values: dict[str, Any], value: str) -> None:
    settings_values["anatomy"]["signals"][value] = {"measure": "neuromfa", "variant": "E", "scale": "linear"}
    (line,) = refusal(settings_values)
    assert line.startswith(("config: anatomy.signals.", "config: 'anatomy.signals."))


PLACES = ["pathvars.logs", "tier", "anatomy.sizes.0.name", "language.ladder.sizes.0.name"]
SECTIONS = ["anatomy.tasks", "anatomy.measures", "pathvars", "language", "parity.signals", "language.signals"]


@pytest.mark.parametrize("place", PLACES)
def test_every_value_in_a_path_is_of_such_a_type(settings_values: dict[str, Any], place: str) -> None:
    (line,) = refusal(put(settings_values, place, "../$(x)"))
    assert line.startswith(f"config: {place}: ")


@pytest.mark.parametrize("section", SECTIONS)
def test_every_key_in_a_path_is_of_such_a_type(settings_values: dict[str, Any], section: str) -> None:
    signal = {"measure": "neuromfa", "variant": "E", "scale": "linear"} if "signals" in section else {}
    inner = settings_values
    for part in section.split("."):
        inner = inner[part]
    inner["../$(x)"] = signal
    assert any("../$(x)" in line for line in refusal(settings_values))


@pytest.mark.parametrize("folder", ["/elsewhere/$(x) 'and' {y}", "../up", "a~b", "a b; c"])
def test_a_folder_that_is_read_may_be_anywhere(settings_values: dict[str, Any], folder: str) -> None:
    settings_values["language"]["models"] = [{"name": "mine", "folder": folder}]
    assert loading.load(settings_values).language.series["mine"].folder == str(Path(folder).expanduser())


@pytest.mark.parametrize("folder", ["a\0b", "a\nb", "\ud800"])
def test_a_folder_that_no_log_could_show(settings_values: dict[str, Any], folder: str) -> None:
    settings_values["language"]["models"] = [{"name": "mine", "folders": {5: folder}}]
    (line,) = refusal(settings_values)
    assert line.startswith("config: language.models.0.folders.5: ")


@pytest.mark.parametrize(
    "folder", ["src", "SRC/x", "./src", "workflow/tiers", "tests", "docs", "reference", ".git", ".venv/x"]
)
def test_results_are_not_written_among_sources(settings_values: dict[str, Any], folder: str) -> None:
    (line,) = refusal(put(settings_values, "pathvars.results", folder))
    assert line.startswith("config: pathvars.results: ")
    assert "project's own" in line


@pytest.mark.parametrize("folder", ["a/" * 9, "a" * 65])
def test_folders_too_deep_or_long(settings_values: dict[str, Any], folder: str) -> None:
    (line,) = refusal(put(settings_values, "pathvars.results", folder))
    assert "no more than 8 parts, each of 64 characters" in line


def test_names_that_differ_in_case_alone(settings_values: dict[str, Any]) -> None:
    sizes = settings_values["anatomy"]["sizes"]
    sizes[0]["name"], sizes[1]["name"] = "small", "Small"
    (line,) = refusal(settings_values)
    assert "Small-s1 and small-s1 differ in case alone" in line


def test_ordinary_names_are_let_through(settings_values: dict[str, Any]) -> None:
    for key in ("tier", "anatomy.sizes.0.name", "language.ladder.sizes.0.name"):
        settings_values = put(settings_values, key, f"pythia_1.4b.{key.count('.')}")
    for key in ("results", "logs"):
        settings_values = put(settings_values, f"pathvars.{key}", f"scratch/my-results_2.0/{key}")
    loading.load(settings_values)


PARTS = st.from_regex(r"[A-Za-z0-9_.-]{1,70}", fullmatch=True) | st.sampled_from(
    ["..", ".", "", "~", "src", "a b", "é"]
)
FOLDERS = st.lists(PARTS, min_size=1, max_size=9).map("/".join)
NAMES = st.from_regex(r"[A-Za-z0-9_.]{1,70}", fullmatch=True) | PARTS
TEXTS = st.text() | NAMES | st.text("aA1._-~/\\ \n\0$`'\"{};:é．", max_size=90)


@given(folder=FOLDERS, name=NAMES)
def test_whatever_is_accepted_stays_below_the_project(folder: str, name: str) -> None:
    if accepted(Folder, folder) and accepted(Name, name):
        root = PurePosixPath("/project")
        path = root / folder / "measures/gradient_covariance" / f"{name}-s4294967295.parquet"
        assert ".." not in path.parts
        assert path.is_relative_to(root)
        assert path.parts[2] not in ("", ".", "src", "workflow")
        assert all(len(f".{part}.abcdefgh".encode()) <= LONGEST_FILE for part in path.parts)


@given(TEXTS)
def test_keys_and_repositories_are_what_patterns_say(text: str) -> None:
    assert not accepted(Key, text) or set(text) <= set("abcdefghijklmnopqrstuvwxyz_")
    assert not accepted(Repository, text) or (text.isascii() and text.count("/") == 1 and ".." not in text.split("/"))


def test_a_results_folder_may_be_a_link_to_another_disk(tmp_path: Path) -> None:
    """Links are the user's own, made in the project's folder; no setting makes one."""
    from emergence.io.files import write_json

    (tmp_path / "disk").mkdir()
    (tmp_path / "results").symlink_to(tmp_path / "disk")
    write_json(tmp_path / "results/a.json", {})
    assert (tmp_path / "disk/a.json").is_file()


@pytest.mark.parametrize("folder", ["paper/x", "docs", "Paper", "src"])
def test_only_the_paper_is_written_among_its_sources(settings_values: dict[str, Any], folder: str) -> None:
    assert loading.load(put(settings_values, "pathvars.paper", "paper")).pathvars.paper == "paper"
    (line,) = refusal(put(settings_values, "pathvars.paper", folder))
    assert line.startswith("config: pathvars.paper: ")
    (line,) = refusal(put(settings_values, "pathvars.results", "paper"))
    assert line.startswith("config: pathvars.results: ")
