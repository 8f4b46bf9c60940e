import gzip
import io
import json
import tarfile
from pathlib import Path

import pytest

from emergence.report import captions, manuscript
from emergence.report.captions import CaptionError
from emergence.report.manuscript import ManuscriptError, TypesettingError

TEXT = """#set document(title: [T])
#import "lib/quoting.typ": figures
#json("data/numbers.json").rate #csv("data/compute.csv").first().first()
#image(figures.at("3").file)
"""


@pytest.fixture
def sources(tmp_path: Path) -> dict[str, Path]:
    """A small paper with one figure."""
    folder = tmp_path / "paper"
    (folder / "lib").mkdir(parents=True)
    (folder / "paper.typ").write_text(TEXT)
    (folder / "lib" / "quoting.typ").write_text('#let figures = json("../data/figures.json")\n')
    (tmp_path / "fig3.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')
    (tmp_path / "fig3.rst").write_text("**Title.** Text of\nn_s.\n")
    (tmp_path / "numbers.json").write_text('{"rate": 0.5}')
    (tmp_path / "compute.csv").write_text("stage\n")
    return {name: tmp_path / name for name in ("paper", "fig3.svg", "fig3.rst", "numbers.json", "compute.csv")}


def assembled(sources: dict[str, Path], folder: Path) -> Path:
    manuscript.assemble_manuscript(
        sorted(sources["paper"].rglob("*.typ")),
        [sources["fig3.svg"]],
        [sources["fig3.rst"]],
        sources["numbers.json"],
        sources["compute.csv"],
        folder,
    )
    return folder


def test_manuscript_holds_text_numbers_and_figures(sources: dict[str, Path], tmp_path: Path) -> None:
    folder = assembled(sources, tmp_path / "manuscript")
    found = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    data = ["data/compute.csv", "data/figures.json", "data/larger.json", "data/numbers.json"]
    assert found == [*data, "figures/fig3.svg", "lib/quoting.typ", "paper.typ"]
    described = json.loads((folder / "data" / "figures.json").read_text())
    caption = [["strong", "Title."], ["plain", " Text of n"], ["sub", "s"], ["plain", "."]]
    assert described == {"3": {"file": "figures/fig3.svg", "caption": caption}}


def test_a_figure_without_caption_is_refused(sources: dict[str, Path], tmp_path: Path) -> None:
    sources["fig3.rst"] = sources["fig3.rst"].rename(tmp_path / "fig4.rst")
    with pytest.raises(ManuscriptError, match=r"fig3\.svg: "):
        assembled(sources, tmp_path / "manuscript")
    assert not (tmp_path / "manuscript").exists()


def test_a_paper_has_one_main_file(sources: dict[str, Path], tmp_path: Path) -> None:
    (sources["paper"] / "paper.typ").rename(sources["paper"] / "other.typ")
    with pytest.raises(ManuscriptError, match=r"paper\.typ"):
        assembled(sources, tmp_path / "manuscript")


def test_paper_is_the_same_whenever_it_is_made(sources: dict[str, Path], tmp_path: Path) -> None:
    folder = assembled(sources, tmp_path / "one")
    (tmp_path / "deeper").mkdir()
    elsewhere = assembled(sources, tmp_path / "deeper" / "two")
    manuscript.typeset_paper(folder, tmp_path / "paper.pdf")
    pdf = (tmp_path / "paper.pdf").read_bytes()
    assert pdf.startswith(b"%PDF")
    assert pdf == manuscript.typeset(elsewhere)
    assert b"/CreationDate" not in pdf or b"D:1970" in pdf


def test_numbers_change_the_paper(sources: dict[str, Path], tmp_path: Path) -> None:
    before = manuscript.typeset(assembled(sources, tmp_path / "one"))
    sources["numbers.json"].write_text('{"rate": 0.6}')
    assert manuscript.typeset(assembled(sources, tmp_path / "two")) != before


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("#missing", "variable: missing"),
        ('#import "@preview/cetz:0.3.0": *', "package"),
        ('#read("../secret.txt")', "secret"),
    ],
    ids=["unknown", "package", "outside"],
)
def test_what_cannot_be_typeset_is_told(sources: dict[str, Path], tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    (sources["paper"] / "paper.typ").write_text(text)
    folder = assembled(sources, tmp_path / "manuscript")
    with pytest.raises(TypesettingError, match=message) as caught:
        manuscript.typeset(folder)
    assert str(caught.value).startswith(f"{folder / 'paper.typ'}: cannot be typeset")


def test_archive_compiles_by_itself_and_tells_of_nobody(sources: dict[str, Path], tmp_path: Path) -> None:
    folder = assembled(sources, tmp_path / "manuscript")
    manuscript.pack_preprint(folder, tmp_path / "arxiv.tar.gz")
    packed = (tmp_path / "arxiv.tar.gz").read_bytes()
    (folder / "paper.typ").touch()
    assert packed == manuscript.packed(folder)
    assert packed[4:8] == bytes(4)  # no time
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(packed))) as archive:
        members = archive.getmembers()
        assert [entry.name for entry in members] == sorted(entry.name for entry in members)
        assert {(entry.uid, entry.uname, entry.mtime, entry.mode) for entry in members} == {(0, "", 0, 0o644)}
        for entry in members:
            content = archive.extractfile(entry)
            assert content
            target = tmp_path / "unpacked" / entry.name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content.read())
    assert manuscript.typeset(tmp_path / "unpacked") == manuscript.typeset(folder)


@pytest.mark.parametrize("text", ["See `this`_.", ".. note:: x", "A *lonely star.", "{{ snakemake.rule }}"])
def test_other_markup_in_a_caption_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "fig1.rst").write_text(text)
    with pytest.raises(CaptionError, match=r"fig1\.rst: "):
        captions.read(tmp_path / "fig1.rst")


def test_a_word_broken_at_its_hyphen_is_joined() -> None:
    assert captions.parts("change-\npoints and\nmore") == [("plain", "change-points and more")]
