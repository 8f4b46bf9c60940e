"""Data of one study in the explorer: its runs, their behaviour and geometry over training, and leads.

Curves are kept by run, task-level and layer, each beside the steps it was taken at. A task-level is named by its task
and level; a curve of the whole network, or without layers, has an empty name there.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from emergence.analysis import signals
from emergence.analysis.neuromfa.degree_of_emergence import with_degree
from emergence.config.protocol import Definition, Signal
from emergence.config.types import Fraction, Strict
from emergence.measures.declarations import signal_labels
from emergence.report.json_values import columns, nested, number, numbers
from emergence.tasks.symbols import CONTROL

Payload = dict[str, Any]
NULLS = ("shift", "placebo, family", "placebo, other_seeds", "control", "random", "own score")
"""Chances of leading an event that table ``leads`` has."""
SHOWN_QUANTILES = (0.1, 0.5, 0.9)


class ExploredStudy(Strict):
    """A study with runs."""

    study: str
    metric: str
    """whose events enter the claims; shown first"""
    signals: dict[str, Signal]
    """measures that are held against events, and the variant that is shown"""
    definition: Definition
    """of a lead, that enters the claims; shown first"""
    threshold: Fraction
    """score that counts as emerged"""
    precursor_rate: Fraction
    """share of events that a precursor must lead"""

    @property
    def measures(self) -> list[str]:
        """Measures that the signals are series of, each once."""
        return list(dict.fromkeys(signal.measure or name for name, signal in self.signals.items()))


@dataclass(frozen=True)
class Tables:
    """Rows of one study, of the tables of these names; precursors are those over all sizes."""

    scores: pd.DataFrame
    events: pd.DataFrame
    measures: pd.DataFrame
    onsets: pd.DataFrame
    collapses: pd.DataFrame
    phases: pd.DataFrame
    leads: pd.DataFrame
    null_leads: pd.DataFrame
    precursors: pd.DataFrame


def payload(study: ExploredStudy, title: str, of: Tables) -> Payload:
    """All that the page shows of a study."""
    return {
        "study": study.study,
        "title": title,
        "definition": study.definition,
        "threshold": study.threshold,
        "precursor_rate": study.precursor_rate,
        "metrics": sorted(of.scores["metric"].unique(), key=lambda metric: metric != study.metric),
        "levels": _levels(of.scores),
        "runs": _runs(of.scores),
        "scores": nested(_scores(of.scores)),
        "events": nested(_events(of.events)),
        "measures": {name: measure for name, measure in _measures(study, of) if measure["runs"]},
        "leads": nested(_leads(of.leads, of.null_leads)),
        "rates": _rates(of.precursors),
    }


def _named(rows: pd.DataFrame) -> pd.Series:
    """Name of each row's task-level; empty where the row is of the whole network."""
    return (rows["task"] + " " + rows["level"]).fillna("")


def _levels(scores: pd.DataFrame) -> list[Payload]:
    every = scores.assign(name=_named(scores)).drop_duplicates("name")
    return [
        {"name": row.name, "task": row.task, "level": row.level, "control": row.task == CONTROL}
        for row in every.sort_values("task", key=lambda tasks: tasks == CONTROL, kind="stable").itertuples(index=False)
    ]


def _runs(scores: pd.DataFrame) -> list[Payload]:
    every = scores[["run", "size", "parameters", "seed"]].drop_duplicates()
    return [
        {"run": row.run, "size": row.size, "parameters": int(row.parameters), "seed": int(row.seed)}
        for row in every.sort_values(["parameters", "size", "seed"]).itertuples(index=False, name="Run")
    ]


def _scores(scores: pd.DataFrame) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Scores by metric, run and task-level, beside their steps."""
    for (metric, run), rows in scores.assign(name=_named(scores)).groupby(["metric", "run"], sort=False):
        wide = rows.pivot(index="name", columns="step", values="score").sort_index(axis=1)
        yield (metric, run, "steps"), numbers(wide.columns)
        for name, curve in zip(wide.index, wide.to_numpy(), strict=True):
            yield (metric, run, "curves", name), numbers(curve)


def _events(events: pd.DataFrame) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Steps of events by metric, run and task-level."""
    emerged = events[events["emerged"]]
    for row, name in zip(emerged.itertuples(index=False), _named(emerged), strict=True):
        yield (row.metric, row.run, name), number(row.step)


def _measures(study: ExploredStudy, of: Tables) -> Iterator[tuple[str, Payload]]:
    """Each measure's curves and marks, from rows of its variant."""
    rows = with_degree(of.measures)
    for name, signal in study.signals.items():
        of_measure = rows[rows["measure"] == (signal.measure or name)]
        chosen = signals.select_variant(of_measure, signal)
        onsets = of.onsets[of.onsets["measure"] == name]
        marks = pd.concat([_from_onsets(onsets, chosen), *_of_layers(name, signal.variant, of)])
        yield (
            name,
            {
                "label": signal_labels().get(name, name),
                "variant": signal.variant,
                "scale": signal.scale,
                "layers": [_layer(layer) for layer in sorted(chosen["layer"].dropna().unique())],
                "runs": nested(_curves(chosen)),
                "marks": nested(_marks(marks)),
            },
        )


def _curves(rows: pd.DataFrame) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Values by run, task-level and layer, beside their steps."""
    named = rows.assign(name=_named(rows), layer=rows["layer"].map(_layer, na_action=None))
    for run, of_run in named.groupby("run", sort=False):
        wide = of_run.pivot(index=["name", "layer"], columns="step", values="value").sort_index(axis=1)
        yield (run, "steps"), numbers(wide.columns)
        for (name, layer), curve in zip(wide.index, wide.to_numpy(dtype=float, na_value=float("nan")), strict=True):
            yield (run, "curves", name, layer), numbers(curve)


def _layer(layer: float | None) -> str:
    return "" if pd.isna(layer) else str(int(layer))  # type: ignore[arg-type]


def _from_onsets(onsets: pd.DataFrame, curves: pd.DataFrame) -> pd.DataFrame:
    """Marks (run, name, layer, mark, step) of the curves that are held against events: those of the last layer."""
    last = curves.groupby("run")["layer"].max().map(_layer)
    named = onsets.assign(name=_named(onsets), layer=onsets["run"].map(last))
    return _long(named, {"floor_step": "floor", "onset_step": "onset", "changepoint_step": "change-point"})


def _of_layers(name: str, variant: str, of: Tables) -> Iterator[pd.DataFrame]:
    """The same of every layer, for the measure whose collapse and phases are looked for there."""
    for table, marks in (
        (of.collapses.query("measure == @name"), {"collapse_step": "collapse", "onset_step": "onset"}),
        (of.phases if name == "rankme" else of.phases.iloc[:0], {"peak_step": "peak"}),
    ):
        rows = table[table["variant"] == variant]
        yield _long(rows.assign(name=_named(rows), layer=rows["layer"].map(_layer)), marks)


def _long(rows: pd.DataFrame, marks: dict[str, str]) -> pd.DataFrame:
    """A row a mark, from a column each."""
    keys = ["run", "name", "layer"]
    marked = rows[[*keys, *marks]].rename(columns=marks)
    return marked.melt(id_vars=keys, var_name="mark", value_name="step").dropna()


def _marks(marks: pd.DataFrame) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Steps by run, task-level, layer and mark; where two tables have a mark, the first counts."""
    first = marks.drop_duplicates(["run", "name", "layer", "mark"])
    for row in first.itertuples(index=False, name="Mark"):
        yield (row.run, row.name, row.layer, row.mark), number(row.step)


def _leads(leads: pd.DataFrame, nulls: pd.DataFrame) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Leads with their nulls by measure, metric, definition, run and task-level."""
    keys = ["measure", "metric", "definition", "run", "name"]
    named = leads.assign(name=_named(leads))
    for row in named.to_dict("records"):
        chances = {null: number(row[null]) for null in NULLS if not pd.isna(row[null])}
        own = {"lead": number(row["lead"]), "margin": number(row["margin"]), "relation": row["relation"]}
        yield tuple(row[key] for key in keys), {**own, "chance": chances, "nulls": {}}
    shown = nulls.assign(name=_named(nulls), quantile=nulls["quantile"].round(1))
    shown = shown[shown["quantile"].isin(SHOWN_QUANTILES)]
    wide = shown.pivot_table(index=[*keys, "null"], columns="quantile", values="lead", sort=False)
    for place, quantiles in zip(wide.index, wide.to_numpy(), strict=True):
        yield (*place[:-1], "nulls", place[-1]), numbers(quantiles)


def _rates(precursors: pd.DataFrame) -> Payload:
    """Rates over all sizes of every measure, metric, definition and difficulty, observed and under each null."""
    overall = precursors[(precursors["size"] == "all") & precursors["rate"].notna()]
    return columns(overall.drop(columns=["size", "naive_low", "naive_high"]))
