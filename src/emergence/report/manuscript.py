"""The manuscript, a self-contained folder with the text, numbers and figures of the paper; its PDF and its archive.

Typst sets the PDF with its own fonts, without a network and without a date. The archive is for a preprint server, where
``typst compile paper.typ`` compiles it.
"""

import gzip
import io
import re
import shutil
import tarfile  # noqa: TID251 - written, never read
from pathlib import Path

import typst

from emergence.errors import EmergenceError
from emergence.io.files import replacing, replacing_folder, write_json
from emergence.report import captions as texts

MAIN = "paper.typ"
LARGER = "figures/published_sizes"
ALONE: list[Path] = []
"""Figures of another run, where none stands beside this one."""


class ManuscriptError(EmergenceError):
    """Incomplete sources of the paper; the message names the missing file."""


def number(path: Path) -> str:
    """Number of a figure, from its file name.

    Raises:
        ManuscriptError: if the name has no number.

    >>> number(Path("figures/figS3.pdf"))
    'S3'
    """
    match = re.fullmatch(r"fig(S?\d+)", path.stem)
    if not match:
        raise ManuscriptError(f"{path}: is not a figure; name it like fig3 or figS3")
    return match[1]


def root(sources: list[Path]) -> Path:
    """The folder of the main file, which contains all others.

    Raises:
        ManuscriptError: if there is not exactly one main file.
    """
    folders = [path.parent for path in sources if path.name == MAIN]
    if len(folders) != 1:
        raise ManuscriptError(f"the paper has {len(folders)} files named {MAIN}; exactly one is needed")
    return folders[0]


def assemble_manuscript(
    sources: list[Path],
    figures: list[Path],
    captions: list[Path],
    numbers: Path,
    compute: Path,
    folder: Path,
    larger: list[Path] = ALONE,
) -> None:
    """Copy text, figures and numbers into one folder; ``larger`` are figures of a kept run at published sizes.

    Raises:
        ManuscriptError: if a figure has no caption.
    """
    base = root(sources)
    described = {number(path): texts.read(path) for path in captions}
    if lacking := [path for path in figures if number(path) not in described]:
        raise ManuscriptError(f"{lacking[0]}: has no caption; add one to the captions, as fig{number(lacking[0])}.rst")
    with replacing_folder(folder) as temporary:
        copies = [(path, temporary / path.relative_to(base)) for path in sources]
        copies += [(path, temporary / "figures" / path.name) for path in figures]
        copies += [(path, temporary / LARGER / path.name) for path in larger]
        copies += [(numbers, temporary / "data" / "numbers.json"), (compute, temporary / "data" / "compute.csv")]
        for source, copy in copies:
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, copy)
        drawn = {number(path): {"file": f"figures/{path.name}", "caption": described[number(path)]} for path in figures}
        write_json(temporary / "data" / "figures.json", drawn)
        write_json(temporary / "data" / "larger.json", {number(path): f"{LARGER}/{path.name}" for path in larger})


class TypesettingError(EmergenceError):
    """A manuscript that cannot be typeset; the message is the compiler's."""


def typeset(folder: Path) -> bytes:
    """Typeset a manuscript; the same sources give the same bytes.

    Raises:
        TypesettingError: with the message and the place of the compiler.
    """
    try:
        return typst.compile(
            folder / MAIN,
            root=folder,
            format="pdf",
            ignore_system_fonts=True,
            timestamp=0,
            package_path=folder / "packages",  # none exist, so none is downloaded
            package_cache_path=folder / "packages",
        )
    except typst.TypstError as error:
        where = getattr(error, "diagnostic", "") or error.message
        raise TypesettingError(f"{folder / MAIN}: cannot be typeset\n{where}") from None


def typeset_paper(manuscript: Path, pdf: Path) -> None:
    """Typeset the paper."""
    content = typeset(manuscript)
    with replacing(pdf) as temporary:
        temporary.write_bytes(content)


PLAIN_FILE = 0o644


def packed(folder: Path) -> bytes:
    """A folder as a compressed archive, without owner, place or time."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            entry = tarfile.TarInfo(path.relative_to(folder).as_posix())
            entry.size, entry.mode = path.stat().st_size, PLAIN_FILE
            with path.open("rb") as file:
                archive.addfile(entry, file)
    return gzip.compress(content.getvalue(), mtime=0)


def pack_preprint(manuscript: Path, archive: Path) -> None:
    """Pack the manuscript."""
    content = packed(manuscript)
    with replacing(archive) as temporary:
        temporary.write_bytes(content)
