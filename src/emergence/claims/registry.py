"""Declarations of claims, and how the claims of a study are judged.

A claim is declared once, above the function that judges it. The function takes the tables that the claim is read from,
by the names of their schemas, and the settings of the study's claims::

    claims = Section("anatomy")

    @claims.claim("A2", "Training begins with a collapse", published="v1-v3: universal", figures=["2"],
                  reproduction="collapse")
    def early_collapse(collapse: pd.DataFrame, settings: ClaimSettings) -> Finding: ...

It returns None where the tables hold nothing about the claim, as of a measure that was switched off. A table that is
None by default stands beside: the claim is judged without it too. A claim that is judged once for each value of a
parameter has `parts`; its function takes the `Part` as well. An argument `claim` is the claim's name, with its part's.
"""

import inspect
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path
from types import ModuleType
from typing import Any, Literal, NamedTuple, TypeVar

import pandas as pd
from pydantic import BaseModel

from emergence.claims import inputs
from emergence.claims.verdicts import NOT_RUN, Finding
from emergence.errors import EmergenceError
from emergence.io import tables as files
from emergence.io.tables import Schema
from emergence.schemas.analysis import CLAIMS

Tolerance = Literal["exact", "collapse", "networks", "language", "draws"]
"""Kind of tolerance for another run: of closed forms, early collapse, times of networks, shares, single events."""
Tables = Mapping[str, pd.DataFrame]
Judge = TypeVar("Judge", bound=Callable[..., Finding | None])


class RegistryError(EmergenceError):
    """A table that a study does not have, or a name that two of its claims have; the message names both places."""


class Part(NamedTuple):
    """One value of a claim's parameter.

    Attributes:
        name: stands behind the claim's id in tables.
        words: stand in the statement; the name if empty.
        value: for the function that judges.
    """

    name: str
    words: str = ""
    value: Any = None


BESIDE = ("settings", "part", "claim")
"""Arguments of the function that judges which are not tables."""
Parts = Sequence[Part] | Callable[[Tables, Any], Iterable[Part]]
ONCE = (Part(""),)


@dataclass(frozen=True)
class Claim:
    """A declared claim.

    Attributes:
        id: name, such as A5.
        statement: one sentence; ``{part}`` in it stands for the words of a part, ``{Part}`` for them with a capital.
        published: the published value, or why there is none.
        rule: function of tables and settings that returns a finding.
        figures: numbers of the figures that show it.
        tables: schemas of the tables that it is read from, the arguments of ``rule``.
        beside: schemas of tables that it is judged without as well, its arguments that are None by default.
        reproduction: kind of tolerance for another run.
        parts: values of its parameter, or a function of tables and settings that lists them.
        ours: whether it is a claim of this project, published nowhere.
    """

    id: str
    statement: str
    published: str
    rule: Callable[..., Finding | None]
    figures: tuple[str, ...]
    tables: tuple[str, ...]
    reproduction: Tolerance
    parts: Parts = ONCE
    ours: bool = False
    beside: tuple[str, ...] = ()

    def findings(self, tables: Tables, settings: Any) -> Iterable[tuple[Part, Finding]]:
        """The finding on each part; ``not run`` where a table is missing."""
        there = all(name in tables for name in self.tables)
        for part in self._parts(tables if there else {}, settings):
            finding = self._judge(part, tables, settings) if there else None
            yield part, NOT_RUN if finding is None else finding

    def _parts(self, tables: Tables, settings: Any) -> list[Part]:
        """At least one part, also where the tables or settings that list them are missing."""
        if not callable(self.parts):
            return list(self.parts)
        listed = [] if settings is None else list(self.parts(tables, settings))
        return listed or [Part("", "each")]

    def _judge(self, part: Part, tables: Tables, settings: Any) -> Finding | None:
        asked = inspect.signature(self.rule).parameters
        if "part" in asked and not part.name:
            return None
        known = dict(zip(BESIDE, (settings, part, self.name(part)), strict=True))
        more = {name: value for name, value in known.items() if name in asked}
        return self.rule(**{name: tables[name] for name in self.read_from(tables)}, **more)

    def read_from(self, tables: Tables) -> list[str]:
        """The tables that it is read from, with those beside that are there."""
        return [*self.tables, *(name for name in self.beside if name in tables)]

    @property
    def names(self) -> list[str]:
        """Names of all parts, as far as the declaration tells them; the id where tables do."""
        return [self.id] if callable(self.parts) else [self.name(part) for part in self.parts]

    def name(self, part: Part) -> str:
        """The name of a part in tables and settings: the id and the part's own name, such as I2 step."""
        return f"{self.id} {part.name}".rstrip()

    @property
    def place(self) -> str:
        """Module and name of the function that judges."""
        rule = getattr(self.rule, "func", self.rule)  # of a partial one
        return f"{rule.__module__}.{rule.__name__}"

    def states(self, part: Part) -> str:
        """The statement about a part."""
        words = part.words or part.name
        return self.statement.replace("{part}", words).replace("{Part}", words[:1].upper() + words[1:])


@dataclass
class Section:
    """Claims about one topic of a study, in order."""

    topic: str
    claims: list[Claim] = field(default_factory=list)

    def claim(
        self,
        id: str,  # noqa: A002
        statement: str,
        *,
        published: str,
        reproduction: Tolerance,
        figures: Sequence[str] = (),
        parts: Parts = ONCE,
        ours: bool = False,
    ) -> Callable[[Judge], Judge]:
        """Declare a claim that the decorated function judges; see `Claim`.

        Args:
            id: As `Claim` has it.
            statement: One sentence; ``{part}`` stands for a part's words.
            published: The published value, or why there is none.
            reproduction: Kind of tolerance for another run.
            figures: Numbers of the figures that show it.
            parts: Values of its parameter.
            ours: Whether nobody has published it.
        """

        def declared(rule: Judge) -> Judge:
            parameters = inspect.signature(rule).parameters.values()
            names = [one.name for one in parameters if one.default is one.empty]
            tables = tuple(name for name in names if name not in BESIDE)
            beside = tuple(one.name for one in parameters if one.default is None)
            named = (id, statement, published, rule, tuple(figures), tables)
            self.claims.append(Claim(*named, reproduction, parts, ours, beside))
            return rule

        return declared


@dataclass(frozen=True)
class Registry:
    """All claims of a study; `emergence.claims.inputs` lists the tables that they are read from.

    ``modules`` have the schemas of these tables. ``headlines`` are the ids of the claims that stand for the study where
    there is room for few.
    """

    study: str
    modules: tuple[ModuleType, ...]
    sections: tuple[Section, ...]
    headlines: tuple[str, ...]
    caveats: Mapping[str, Callable[[Tables], str]] = field(default_factory=dict)
    """by the name of a claim: what the run's tables say against what it rests on, for its ``control``; or nothing"""

    @property
    def schemas(self) -> dict[str, Schema]:
        """Schemas of the study's tables, by name.

        Raises:
            RegistryError: if none of the modules has a table's schema.
        """
        values = [value for module in self.modules for value in vars(module).values()]
        known = {value.name: value for value in values if isinstance(value, Schema)}
        if missing := [name for name in inputs.TABLES[self.study] if name not in known]:
            raise RegistryError(
                f"study {self.study!r}: no schema of {', '.join(missing)}; add its module to the Registry"
            )
        return {name: known[name] for name in inputs.TABLES[self.study]}

    @property
    def claims(self) -> list[Claim]:
        """In order.

        Raises:
            RegistryError: if two claims have one name, or a claim is read from a table that the study does not have.
        """
        claims = [claim for section in self.sections for claim in section.claims]
        places: dict[str, str] = {}
        for claim in claims:
            for name in claim.names:
                if name in places:
                    raise RegistryError(f"claim {name}: declared by {places[name]} and by {claim.place}; rename one")
                places[name] = claim.place
            for table in (*claim.tables, *claim.beside):
                if table not in self.schemas:
                    raise RegistryError(
                        f"claim {claim.id}: {claim.place} has an argument {table!r}, which is not a table of study "
                        f"{self.study!r}; add it to TABLES in emergence.claims.inputs, or correct the name"
                    )
        return claims

    def path(self, table: str) -> str:
        """Path of a table below the results folder, with a star for every run or signal."""
        return re.sub(r"\{\w+\}", "*", inputs.place(self.study, table).path)

    def read(self, paths: Iterable[Path]) -> dict[str, pd.DataFrame]:
        """The tables of these files, by the names of their schemas; files of one schema are one table.

        Raises:
            RegistryError: if a file holds a table that no claim of the study is read from.
        """
        schemas = self.schemas
        tables: dict[str, pd.DataFrame] = {}
        for name, group in groupby(sorted(paths, key=files.name), files.name):
            of_name = list(group)
            if name not in schemas:
                raise RegistryError(
                    f"{of_name[0]}: no claim of study {self.study!r} reads table {name!r}; "
                    f"allowed: {', '.join(schemas)}"
                )
            tables[name] = files.read(schemas[name], *of_name)
        return tables

    def judge(self, tables: Tables, settings: BaseModel | None, *, power: bool = True) -> pd.DataFrame:
        """Judge every claim (table ``claims``); those whose tables are missing are ``not run``.

        Args:
            tables: by the names of their schemas.
            settings: of the study's claims; None for a study that is switched off, which has no tables either.
            power: whether the power of undecided verdicts is stated, which takes most of the time.
        """
        topics = {id(claim): section.topic for section in self.sections for claim in section.claims}
        rows = [
            self._row(topics[id(claim)], claim, part, self._with_caveat(claim, part, finding, tables), tables, power)
            for claim in self.claims
            for part, finding in claim.findings(tables, settings)
        ]
        frame = pd.DataFrame(rows, columns=CLAIMS.arrow.names)
        return frame.astype(dict.fromkeys(("value", "low", "high", "rule_low", "rule_high"), "float64"))

    def _with_caveat(self, claim: Claim, part: Part, finding: Finding, tables: Tables) -> Finding:
        caveat = self.caveats.get(claim.name(part))
        told = caveat(tables) if caveat else ""
        return replace(finding, control="; ".join(filter(None, (finding.control, told)))) if told else finding

    def _row(
        self, topic: str, claim: Claim, part: Part, finding: Finding, tables: Tables, power: bool
    ) -> dict[str, Any]:
        return {
            "claim": claim.name(part),
            "id": claim.id,
            "part": part.name,
            "study": self.study,
            "topic": topic,
            "ours": claim.ours,
            "statement": claim.states(part),
            "published": finding.published or claim.published,
            **finding.columns(power=power),
            "figures": files.cell_of(claim.figures),
            "tables": files.cell_of(map(self.path, claim.read_from(tables))),
            "reproduction": claim.reproduction,
            "stable": None,
            "stability": "",
            "exploratory": "",
            "combined": "",
            "published_sizes": "",
        }
