"""The paper as PDF, typeset by Typst with the fonts that it brings, without a network and without a date."""

from pathlib import Path

import typst

from emergence.errors import EmergenceError
from emergence.files import replacing
from emergence.report.manuscript import MAIN
from emergence.settings.paper import PlainSettings


class TypesettingError(EmergenceError):
    """A manuscript that cannot be typeset; the message is the compiler's."""


def typeset(folder: Path) -> bytes:
    """The PDF of a manuscript: the same bytes whenever it is made.

    Raises:
        TypesettingError: with what the compiler says, and where.
    """
    try:
        return typst.compile(
            folder / MAIN,
            root=folder,
            format="pdf",
            ignore_system_fonts=True,
            timestamp=0,
            package_path=folder / "packages",  # there are none, and none are fetched
            package_cache_path=folder / "packages",
        )
    except typst.TypstError as error:
        where = getattr(error, "diagnostic", "") or error.message
        raise TypesettingError(f"{folder / MAIN}: cannot be typeset\n{where}") from None


def make(settings: PlainSettings, manuscript: Path, pdf: Path) -> None:  # noqa: ARG001
    """Typeset the paper."""
    content = typeset(manuscript)
    with replacing(pdf) as temporary:
        temporary.write_bytes(content)
