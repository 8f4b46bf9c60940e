"""Where the results of studies and runs are: ``<results>/{study}/tasks|trajectories|measures|analysis``."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emergence.claims import inputs
from emergence.config.configuration import Config
from emergence.config.project import possible, switched_on
from emergence.errors import EmergenceError
from emergence.figures.declarations import Input, declared
from emergence.report.quoted_tables import QUOTED
from emergence.stages import STAGES

MADE_BY = {table: name for name, stage in STAGES.items() for table in stage.tables}
"""Tables of stages that a configuration may switch off, and these stages."""


class LayoutError(EmergenceError):
    """A declared path with a key that its study does not have; the message names both."""


@dataclass(frozen=True)
class ResultsLayout:
    """Paths of the results of a configuration: ``<results>/{study}/tasks|trajectories|measures|analysis``."""

    config: Config

    def table(self, study: str, name: str) -> str:
        """A table of a study's analysis."""
        return f"<results>/{study}/analysis/{name}.parquet"

    def of_runs(self, pattern: str, study: str | None = None) -> Any:
        """Files of every run of a study, or of the study that is the job's wildcard."""
        if study is None:
            return lambda wildcards: self.of_runs(pattern, wildcards.study)
        runs = self.config.studies[study].runs if study in self.config.studies else []
        return [f"<results>/{study}/{pattern.format(run=run)}" for run in runs]

    def of_signals(self, name: str, study: str | None = None) -> Any:
        """Tables of every signal of a study, or of the study that is the job's wildcard."""
        if study is None:
            return lambda wildcards: self.of_signals(name, wildcards.study)
        signals = self.config.studies[study].followed if study in self.config.studies else []
        return [self.table(study, f"{name}/{signal}") for signal in signals]

    def of_signal(self, wildcards: Any) -> list[str]:
        """Tables of the measure that the job's signal is a series of, for all runs of its study."""
        signal = self.config.studies[wildcards.study].followed[wildcards.measure]
        measure = signal.measure or wildcards.measure
        tables: list[str] = self.of_runs(f"measures/{measure}/{{run}}.parquet", wildcards.study)
        return tables

    def made(self, study: str, *names: str) -> list[str]:
        """Tables of a study, less those whose stage is switched off."""
        return [self.table(study, name) for name in names if self._is_made(study, name)]

    def drawn_from(self, figure: str) -> dict[str, list[str]]:
        """Files that a figure is drawn from, by the paths of its ``draw``.

        Raises:
            LayoutError: if a part in braces is not a key of the path's study that lists names.
        """
        return {name: self._files(wanted) for name, wanted in declared()[figure].inputs.items()}

    def judged_from(self, study: str) -> list[str]:
        """Tables that the claims of a study are read from, less those that nothing makes."""
        places = {name: inputs.place(study, name) for name in inputs.TABLES[study]}
        return [
            path
            for name, place in places.items()
            if self._is_made(_study(place.path), name) and (not place.needs or switched_on(self.config, place.needs))
            for path in self._expanded(place.path)
        ]

    def quoted_from(self, study: str) -> dict[str, list[str]]:
        """Tables that the paper quotes of a study, by their names."""
        return {name: self.made(study, name) for name in QUOTED[study]}

    def explorer_inputs(self) -> dict[str, list[str]]:
        """Tables that the explorer shows, by the paths of its stage."""
        studies = self.config.studies
        files: dict[str, list[str]] = {
            "claims": ["<results>/claims.parquet"],
            "calibration": ["<results>/calibration.parquet"],
            "measures": [
                path
                for study, of in studies.items()
                for measure in of.measures_of_signals
                for path in self.of_runs(f"measures/{measure}/{{run}}.parquet", study)
            ],
            "collapses": self.made("anatomy", "collapse") + self.made("language", "collapse"),
            "phases": self.made("language", "phases"),
            "arm_effects": self.made("interventions", "arm_effects"),
            "arm_runs": [
                self.table("interventions", f"arm_runs/{size}")
                for size in (self.config.interventions.paired_sizes if self.config.interventions else ())
            ],
        }
        files |= {name: [self.table(one, name) for one in studies] for name in ("scores", "events", "precursors")}
        for name in ("onsets", "leads", "null_leads"):
            files[name] = [path for study in studies for path in self.of_signals(name, study)]
        return files

    def _files(self, wanted: Input) -> list[str]:
        if wanted.optional and not self._is_made(_study(wanted.path), Path(wanted.path).stem):
            return []
        paths = self._expanded(wanted.path)
        return paths if wanted.several else paths[:1]

    def _is_made(self, study: str, name: str) -> bool:
        """Whether a table is made: its study, and the stage that makes it, are switched on."""
        made_by = MADE_BY.get(name)
        on = study in self.config.studies_with_claims
        return on and (made_by is None or possible(self.config, made_by, study=study))

    def _expanded(self, pattern: str) -> list[str]:
        """Files below the results; a part in braces stands for each name that the study lists under this key."""
        paths = [f"<results>/{pattern}"]
        for key in wildcards_of(pattern):
            names = getattr(getattr(self.config, _study(pattern), None), key, None)
            if not isinstance(names, Iterable) or isinstance(names, str):
                raise LayoutError(
                    f"{pattern}: study {_study(pattern)!r} lists no names under {key!r}",
                    "write a key of that study's settings in the braces, such as runs",
                )
            paths = [path.replace(f"{{{key}}}", name) for path in paths for name in names]
        return paths


def _study(path: str) -> str:
    """The study that a file below the results belongs to."""
    return path.partition("/")[0]


def wildcards_of(path: str) -> list[str]:
    r"""Names of a path's wildcards, in order.

    >>> wildcards_of(r"results/{study}/leads/{measure,\w+}.parquet")
    ['study', 'measure']
    """
    return list(dict.fromkeys(re.findall(r"\{(\w+)", path)))
