"""Captions of figures, which the report of the workflow and the paper share.

They are written in the little reStructuredText that both need: paragraphs of plain text with strong, emphasised and
literal parts. The first strong part is the title. Symbols are written ``n_s^−α``; the paper lowers and raises them.
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
    """A caption with markup that the paper does not know; the message names the file and the remedy."""


def parts(text: str) -> list[Part]:
    """A text in its parts.

    >>> parts("**Time.** R of *five* skills")
    [('strong', 'Time.'), ('plain', ' R of '), ('emph', 'five'), ('plain', ' skills')]
    >>> parts("of order n_s^−α")
    [('plain', 'of order n'), ('sub', 's'), ('super', '−α')]
    """
    joined = " ".join(BROKEN.sub("-", text).split())
    found: list[Part] = []
    end = 0
    for match in MARKED.finditer(joined):
        kind = str(match.lastgroup)
        found += [("plain", joined[end : match.start()]), (kind, match[kind])]
        end = match.end()
    return [(kind, part) for kind, part in [*found, ("plain", joined[end:])] if part]


def read(path: Path) -> list[Part]:
    """The caption in a file.

    Raises:
        CaptionError: if it has other markup than strong, emphasised and literal parts, and symbols.
    """
    found = parts(path.read_text())
    for kind, part in found:
        if kind == "plain" and (wrong := UNKNOWN.search(part)):
            raise CaptionError(
                f"{path}: the paper cannot set {wrong[0].strip()!r}; use **strong**, *emphasis* and ``literal`` alone"
            )
    return found
