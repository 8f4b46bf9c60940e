"""E against its rivals, run by run: nulls that only grow, mean |w|, and what the network can do.

Quantities of table ``rivals``, at the last checkpoint of a run unless they say otherwise:

- ``alpha_0, first``, ``alpha_0, last``, ``alpha_0, change``, and the same of ``width``;
- ``E``, ``E, shuffled`` …, ``excess over shuffled`` … of each null, and ``share of growth``, E_shuffled/E;
- what makes E larger than that of shuffled weights, E = widening × fall. With the null's fall in place of its own,
  ``E, fall of shuffled``; with the null's widening, ``E, widening of shuffled``. ``part of fall`` and ``part of
  widening`` are the mean differences that each makes, over both orders of swapping, and sum to the excess;
- over checkpoints, ``correlation, E`` and ``correlation, mean_weight`` with capability, ``partial, E`` (mean |w| given)
  and ``partial, mean_weight`` (E given); ``increments, …``, the same between successive checkpoints, ``increments
  beyond shifts, …`` and ``increments given spacing, …`` (see `emergence.analysis.multifractal.agreement`).
"""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from emergence import tables
from emergence.analysis.multifractal import agreement
from emergence.analysis.multifractal.capability import capability
from emergence.analysis.over_runs import mean
from emergence.schemas.analysis import SCORES
from emergence.schemas.multifractal import CAPABILITY, DEGREE, OVER_RUNS, RIVALS
from emergence.settings.degree import RivalSettings
from emergence.tables import RUN

NULLS = ("shuffled", "gaussian", "rescaled")
RIVAL = {"E": "mean_weight", "mean_weight": "E"}
Quantities = Iterator[tuple[str, float]]


def rivals(found: pd.DataFrame, able: pd.DataFrame) -> pd.DataFrame:
    """All quantities of all runs (table ``rivals``) from tables ``degree`` and ``capability``."""
    rows = []
    for run, of in found.groupby("run", sort=False):
        identity = of.iloc[0][list(RUN)].to_dict()
        quantities = dict([*_ends(of), *_parts(of), *_agreement(able[able["run"] == run])])
        rows += [{**identity, "quantity": name, "value": value} for name, value in quantities.items()]
    return pd.DataFrame(rows, columns=RIVALS.arrow.names)


def over_runs(of_runs: pd.DataFrame, confidence: float) -> pd.DataFrame:
    """Means over runs: of each study, of each of its sizes, and of all (table ``over_runs``)."""
    rows = []
    for levels in ([], ["study"], ["study", "size"]):
        for names, of in of_runs.groupby([*levels, "quantity"], sort=False):
            named = {"study": "all", "size": "all", **dict(zip([*levels, "quantity"], names, strict=True))}
            value = mean(of["value"], confidence)
            rows.append({**named, "value": value.value, "low": value.low, "high": value.high, "runs": value.runs})
    return pd.DataFrame(rows, columns=OVER_RUNS.arrow.names)


def _at(of: pd.DataFrame, step: int) -> pd.DataFrame:
    """Every network of a run at one checkpoint."""
    return of[of["step"] == step].set_index("network")


def _ends(of: pd.DataFrame) -> Quantities:
    first, last = _at(of, of["step"].min()), _at(of, of["step"].max())
    for name in ("alpha_0", "width"):
        start, end = float(first.loc["trained", name]), float(last.loc["trained", name])
        yield from ((f"{name}, first", start), (f"{name}, last", end), (f"{name}, change", end - start))
    degree = last["E"].astype(float)
    yield "E", degree["trained"]
    for null in NULLS:
        yield f"E, {null}", degree[null]
        yield f"excess over {null}", degree["trained"] - degree[null]
    yield "share of growth", degree["shuffled"] / degree["trained"] if degree["trained"] > 0 else float("nan")


def _parts(of: pd.DataFrame) -> Quantities:
    last = _at(of, of["step"].max())
    fall, widening = last["fall"].astype(float), last["widening"].astype(float)
    yield "E, fall of shuffled", widening["trained"] * fall["shuffled"]
    yield "E, widening of shuffled", widening["shuffled"] * fall["trained"]
    yield "part of fall", (fall["trained"] - fall["shuffled"]) * (widening["trained"] + widening["shuffled"]) / 2
    yield "part of widening", (widening["trained"] - widening["shuffled"]) * (fall["trained"] + fall["shuffled"]) / 2


def _agreement(able: pd.DataFrame) -> Quantities:
    """Of the checkpoints of one run at which all is known."""
    known = able.dropna(subset=["E", "mean_weight"]).sort_values("step")
    steps, score = known["step"].to_numpy(), known["capability"].to_numpy()
    for name, rival in RIVAL.items():
        curve, given = known[name].to_numpy(), known[rival].to_numpy()
        yield f"correlation, {name}", agreement.correlation(curve, score)
        yield f"partial, {name}", agreement.partial(curve, score, given)
        found, beyond = agreement.increments(curve, score)
        yield f"increments, {name}", found
        yield f"increments beyond shifts, {name}", beyond
        yield f"increments given spacing, {name}", agreement.increments_given_spacing(curve, score, steps)


def make(
    settings: RivalSettings,
    degree: Path,
    scores: list[Path],
    capability_table: Path,
    rivals_table: Path,
    over_runs_table: Path,
) -> None:
    """Hold E against its nulls, mean |w| and capability."""
    found = tables.read(DEGREE, degree)
    able = capability(tables.read(SCORES, *scores), found, settings.metrics)
    of_runs = rivals(found, able)
    tables.write(CAPABILITY, able, capability_table)
    tables.write(RIVALS, of_runs, rivals_table)
    tables.write(OVER_RUNS, over_runs(of_runs, settings.confidence), over_runs_table)
