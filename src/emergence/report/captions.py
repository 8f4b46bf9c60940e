"""Captions of figures, shared by the Snakemake report and the paper.

They use a subset of reStructuredText: paragraphs of plain text with strong, emphasised and literal parts. The first
strong part is the title. The paper sets symbols such as ``n_s^−α`` with sub- and superscripts.
"""

import re
from pathlib import Path

from emergence.errors import EmergenceError

MARKED = re.compile(
    r"\*\*(?P<strong>.+?)\*\*"
    r"|\*(?P<emph>[^*]+)\*"
    r"|``(?P<raw>.+?)``"
    r"|(?<=\w)_(?P<sub>\w)(?!\w)"
    r"|(?<=\w)\^(?P<super>−?(?:\([^)]+\)|\w+))"
)
UNKNOWN = re.compile(r"^\s*\.\.|`|\*|\{\{|\{%|_(?!\w)")
BROKEN = re.compile(r"(?<=\w)-\s*\n\s*(?=\w)")
Part = tuple[str, str]
"""Kind of a part of a text (plain, strong, emph, raw, sub or super), and the part."""


class CaptionError(EmergenceError):
    """A caption with unsupported markup; the message names the file and the remedy."""


def parts(text: str) -> list[Part]:
    """Split a text into parts.

    >>> parts("**Time.** R of *five* skills")
    [('strong', 'Time.'), ('plain', ' R of '), ('emph', 'five'), ('plain', ' skills')]
    >>> parts("of order n_s^−α")
    [('plain', 'of order n'), ('sub', 's'), ('super', '−α')]
    """
    joined = " ".join(BROKEN.sub("-", text).split())
    split: list[Part] = []
    end = 0
    for match in MARKED.finditer(joined):
        kind = str(match.lastgroup)
        split += [("plain", joined[end : match.start()]), (kind, match[kind])]
        end = match.end()
    return [(kind, part) for kind, part in [*split, ("plain", joined[end:])] if part]


def read(path: Path) -> list[Part]:
    """Read the caption in a file.

    Raises:
        CaptionError: if it has markup other than strong, emphasised and literal parts and symbols.
    """
    caption = parts(path.read_text(encoding="utf-8"))
    for kind, part in caption:
        if kind == "plain" and (wrong := UNKNOWN.search(part)):
            raise CaptionError(
                f"{path}: the paper cannot set {wrong[0].strip()!r}; use **strong**, *emphasis* and ``literal`` alone"
            )
    return caption
