"""What is typed into the text of the paper: a small reader of Typst that finds numbers and counts.

It follows markup, code and mathematics into one another, and knows of each which numbers are none of a result: in
markup none at all, in code those that shape the page or name an entry, in mathematics those of a formula.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

NAMES = {
    "according", "amount", "as-published", "beside", "bibliography", "claim", "concluded", "constant", "count",
    "degrees", "estimate", "exponent", "fared", "fig", "figs", "import", "include", "interval", "judged",
    "mean", "measure", "moved", "named", "of", "phase", "power", "row", "rows-of", "rule", "see", "set-to",
    "setting", "tally", "verdict", "within",
}  # fmt: skip
"""Functions whose texts name an entry of the results or the configuration; what is no name stops the compiler."""
SHAPING = {
    "above", "align", "below", "bottom", "colspan", "columns", "figures", "fill", "height", "inset", "left",
    "most", "numbering", "placement", "places", "scope", "size", "top", "width", "x", "y",
}  # fmt: skip
"""Arguments that shape the page or a number's form."""
UNIT = re.compile(r"\d+(\.\d+)?(pt|em|fr|cm|mm|deg|%)")
NUMBER = re.compile(r"\d+(\.\d+)?")
WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
COUNTED = re.compile(
    r"\b(two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozens?|hundreds?|thousands?)[\s-]+"
    r"(checkpoints|claims|events|jobs|levels|measures|models|networks|per cent|probe sets|runs|samples|seeds|sizes|"
    r"skills|steps|task-levels|tasks|transformers|units)\b",
    re.IGNORECASE,
)
CLOSING = {"(": ")", "[": "]", "{": "}"}


@dataclass
class Reader:
    """Reads a source from its start; every method leaves `at` behind what it has read."""

    source: str
    library: bool = False
    """whether code may hold numbers: a library computes, and has no prose"""
    at: int = 0

    def markup(self, until: str = "") -> Iterator[str]:
        """Offences in markup up to a closing bracket."""
        prose: list[str] = []
        while not self._ends(until):
            one = self.source[self.at]
            if self._skipped():
                prose.append(" ")
            elif one == "#":
                statement = re.compile("#(let|set|show|import)").match(self.source, self.at)
                yield from self.expression()
                if self.source.startswith(";", self.at) and not statement:
                    yield self._near()  # the compiler takes it for the end of the code, and does not print it
                prose.append("·")
            elif one == "$":
                yield from self.mathematics()
            elif one == "[":
                self.at += 1
                yield from self.markup("]")
            else:
                if unicodedata.category(one).startswith("N"):
                    yield self._near()
                prose.append(one)
                self.at += 1
        yield from (match[0] for match in COUNTED.finditer("".join(prose)))

    def mathematics(self) -> Iterator[str]:
        """Offences in a formula: anything but single digits and powers of ten."""
        self.at += 1
        while not self._ends("$"):
            if self.source[self.at] == "#":
                yield from self.expression()
            elif self.source[self.at] == '"':
                self.at = self.source.index('"', self.at + 1) + 1
            elif match := NUMBER.match(self.source, self.at):
                power_of_ten = match[0] == "10" and self.source[match.end() : match.end() + 1] == "^"
                if len(match[0]) > 1 and not power_of_ten:
                    yield self._near()
                self.at = match.end()
            elif self.source[self.at] == "%":
                yield self._near()
                self.at += 1
            else:
                self.at += 1

    def expression(self) -> Iterator[str]:
        """Offences in the code after a hash: a call with all its arguments, or a statement to the end of its line."""
        self.at += 1
        word = WORD.match(self.source, self.at)
        name = word[0] if word else ""
        if name in ("let", "set", "show", "import", "include"):
            yield from self.code("\n", name)
            return
        if name in ("if", "for", "while"):
            yield from self.branches()
            return
        self.at = word.end() if word else self.at
        while self.at < len(self.source):
            if match := re.compile(r"\.([a-z][A-Za-z0-9_-]*)").match(self.source, self.at):
                self.at = match.end()
                name = match[1] if match[1] != "at" else name
            elif self.source[self.at] == "(":
                self.at += 1
                yield from self.code(")", name)
            elif self.source[self.at] == "{":
                self.at += 1
                yield from self.code("}", name)
            elif self.source[self.at] == "[":
                yield from self.content(name)
            else:
                break

    def branches(self) -> Iterator[str]:
        """Offences in a condition or loop, and in all that it chooses from."""
        more = re.compile(r"\s*(else\b( if\b)?)")
        while True:
            yield from self.code("[{", "")
            opening = self.source[self.at - 1]
            yield from self.markup("]") if opening == "[" else self.code("}", "")
            match = more.match(self.source, self.at)
            if not match:
                return
            self.at = match.end()

    def content(self, name: str) -> Iterator[str]:
        """Offences in the content that a function is given; what is published may be typed."""
        self.at += 1
        found = list(self.markup("]"))
        if name != "published":
            yield from found

    def code(self, until: str, name: str) -> Iterator[str]:
        """Offences in code up to a closing bracket, or to the end of a line; ``name`` is the function called."""
        argument = called = ""
        while not self._ends(until):
            one = self.source[self.at]
            if self._skipped(code=True):
                continue
            if one == '"':
                end = re.compile(r'"(\\.|[^"\\])*"').match(self.source, self.at)
                assert end, self._near()
                if (
                    not self.library
                    and any(map(str.isnumeric, end[0]))
                    and name not in NAMES
                    and argument not in SHAPING
                ):
                    yield self._near()
                self.at = end.end()
            elif match := UNIT.match(self.source, self.at):
                self.at = match.end()
            elif match := NUMBER.match(self.source, self.at):
                if not self.library and match[0] not in ("0", "1") and argument not in SHAPING:
                    yield self._near()
                self.at = match.end()
            elif match := WORD.match(self.source, self.at):
                self.at = match.end()
                if self.source[self.at : self.at + 1] == ":":
                    argument = match[0]
                called = match[0]
            elif one == "[":
                yield from self.content(called)
            elif one == "$":
                yield from self.mathematics()
            elif one in "({":
                self.at += 1
                inner = (called or name) if one == "(" and called not in ("", "in") else name
                yield from self.code(CLOSING[one], inner if called != "at" else name)
            else:
                if one == ",":
                    argument = ""
                if one not in ".)":
                    called = ""
                self.at += 1

    def _ends(self, until: str) -> bool:
        """Whether this is the end; what ends it is read, but for the end of a line or of what is around it."""
        if self.at >= len(self.source):
            return True
        one = self.source[self.at]
        if until == "\n":
            return one in "\n]"
        if not until or one not in until:
            return False
        self.at += 1
        return True

    def _skipped(self, code: bool = False) -> bool:
        """Whether a comment, a label, a reference, raw text, an escape or the name of a study was read."""
        kinds = [r"/\*.*?\*/", r"(?<!:)//[^\n]*", r"<[A-Za-z][\w-]*>", r"```.*?```"]
        kinds += [] if code else [r"@[A-Za-z][\w-]*", r"`[^`]*`", r"\\.", r"Study [123]\b"]
        match = re.compile("|".join(kinds), re.DOTALL).match(self.source, self.at)
        self.at = match.end() if match else self.at
        return match is not None

    def _near(self) -> str:
        """Where this is, for people."""
        line = self.source.count("\n", 0, self.at) + 1
        return f"line {line}: … {self.source[max(0, self.at - 30) : self.at + 20]!r} …"


def typed(source: str, library: bool = False) -> list[str]:
    """Numbers and counts that are typed into a source, each with its place."""
    return list(Reader(source, library).markup())
