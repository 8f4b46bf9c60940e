"""The paper is made from the results alone, and says what they say."""

import json
import shutil
import tarfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from support.project import SMOKE, ProjectCopy

from emergence.report.manuscript import typeset

pytestmark = pytest.mark.workflow

MADE = "results/smoke/paper"


@pytest.fixture(scope="module")
def unpacked(smoke: ProjectCopy, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The archive of the smoke tier's paper, unpacked."""
    smoke.snakemake("--cores", "all", f"{MADE}/arxiv.tar.gz", *SMOKE)
    folder = tmp_path_factory.mktemp("arxiv")
    with tarfile.open(smoke.folder / MADE / "arxiv.tar.gz") as archive:
        for member in archive.getmembers():
            content = archive.extractfile(member)
            assert content
            (folder / member.name).parent.mkdir(parents=True, exist_ok=True)
            (folder / member.name).write_bytes(content.read())
    return folder


def changed(folder: Path, where: Path, change: Callable[[dict[str, Any]], None]) -> bytes:
    """The paper after a change of its numbers."""
    shutil.copytree(folder, where)
    path = where / "data" / "numbers.json"
    values = json.loads(path.read_text())
    change(values)
    path.write_text(json.dumps(values))
    return typeset(where)


def test_the_paper_of_toy_models_can_be_typeset(smoke: ProjectCopy) -> None:
    assert (smoke.folder / MADE / "paper.pdf").read_bytes().startswith(b"%PDF")


def test_the_archive_compiles_by_itself(smoke: ProjectCopy, unpacked: Path) -> None:
    assert typeset(unpacked) == (smoke.folder / MADE / "paper.pdf").read_bytes()


def test_the_paper_can_say_every_verdict_of_every_claim(unpacked: Path, tmp_path: Path) -> None:
    def judge(verdict: str, values: dict[str, Any]) -> None:
        values["claims"] = [{**claim, "verdict": verdict} for claim in values["claims"]]

    verdicts = ("holds", "fails", "undecided", "not testable at this tier")
    assert len({changed(unpacked, tmp_path / verdict, partial(judge, verdict)) for verdict in verdicts}) == 4


@pytest.mark.parametrize("off", ["anatomy", "parity", "neuromfa", "language"])
def test_the_paper_can_do_without_a_study(unpacked: Path, tmp_path: Path, off: str) -> None:
    def switch_off(values: dict[str, Any]) -> None:
        values["settings"][off] = None
        del values["studies"][off]
        values["ran"]["sizes"] = [one for one in values["ran"]["sizes"] if one["study"] != off]
        neurons = values["studies"].get("neuromfa", {"studies": [], "means": []})
        neurons["studies"] = [study for study in neurons["studies"] if study != off]
        neurons["means"] = [one for one in neurons["means"] if one["study"] != off]
        values["claims"] = [one | ({"verdict": "not run"} if one["study"] == off else {}) for one in values["claims"]]

    assert changed(unpacked, tmp_path / "paper", switch_off)


def test_the_paper_can_do_without_any_claim_and_figure(unpacked: Path, tmp_path: Path) -> None:
    def forget(values: dict[str, Any]) -> None:
        values["claims"] = values["claims"][:1]

    (drawn := tmp_path / "few").mkdir()
    shutil.copytree(unpacked, drawn, dirs_exist_ok=True)
    (drawn / "data" / "figures.json").write_text("{}")
    assert changed(drawn, tmp_path / "paper", forget)
