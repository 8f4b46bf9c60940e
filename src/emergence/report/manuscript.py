"""The manuscript: a folder with the text, the numbers and the figures of the paper, that needs nothing else.

The paper is typeset from it, and it is what a preprint server is sent.
"""

import re
import shutil
from pathlib import Path

from emergence.errors import EmergenceError
from emergence.files import replacing_folder, write_json
from emergence.report import captions as texts
from emergence.settings.paper import PlainSettings

MAIN = "paper.typ"


class ManuscriptError(EmergenceError):
    """Sources from which no paper can be made; the message names what is missing."""


def number(path: Path) -> str:
    """Number of a figure from the name of its file.

    Raises:
        ManuscriptError: if it has none.

    >>> number(Path("figures/figS3.pdf"))
    'S3'
    """
    match = re.fullmatch(r"fig(S?\d+)", path.stem)
    if not match:
        raise ManuscriptError(f"{path}: is no figure; its name must be like fig3 or figS3")
    return match[1]


def root(sources: list[Path]) -> Path:
    """Folder of the main file, below which all others lie.

    Raises:
        ManuscriptError: if there is no main file.
    """
    found = [path.parent for path in sources if path.name == MAIN]
    if len(found) != 1:
        raise ManuscriptError(f"the paper has {len(found)} files named {MAIN}; one is needed")
    return found[0]


def make(
    settings: PlainSettings,  # noqa: ARG001
    sources: list[Path],
    figures: list[Path],
    captions: list[Path],
    numbers: Path,
    compute: Path,
    folder: Path,
) -> None:
    """Put together all that the paper is typeset from.

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
        copies += [(numbers, temporary / "data" / "numbers.json"), (compute, temporary / "data" / "compute.csv")]
        for source, copy in copies:
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, copy)
        drawn = {number(path): {"file": f"figures/{path.name}", "caption": described[number(path)]} for path in figures}
        write_json(temporary / "data" / "figures.json", drawn)
