"""Figure 10: accuracy, RankMe by layer, phases, precursors and degree of emergence are those of the tables."""

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from support.drawn_marks import (
    assert_band,
    assert_guides,
    assert_intervals,
    assert_line,
    assert_points,
    legend,
    panels,
    texts,
)  # fmt: skip
from synthetic.random_tables import random_table

from emergence.analysis.select import select
from emergence.figures import fig10
from emergence.schemas.analysis import DIRECTION_SHARES, EVENTS, PRECURSORS
from emergence.schemas.language import PHASE_SHARES, PHASES
from emergence.schemas.neuromfa import DEGREE_OF_EMERGENCE
from emergence.schemas.trajectories import BASELINES, BEHAVIOUR, MEASURE

SETS, STEPS, RUNS = (
    ["in_context", "syntax"],
    [0, 10, 100],
    ["small-s1", "small-s2", "small-s3", "middle-s1", "large-s1"],
)
NULLS = ["shuffled", "gaussian", "rescaled"]
ACCURACY: dict[str, Any] = {"metric": "accuracy"}
RANKS = random_table(MEASURE, task=[*SETS, "text"], run=RUNS, layer=[0, 1], step=STEPS, variant="drawn")
RANKS["value"] = 1 + 9 * RANKS["value"]
TABLES = {
    "behaviour": random_table(BEHAVIOUR, task=SETS, run=RUNS, step=STEPS, **ACCURACY),
    "baselines": random_table(BASELINES, task=SETS, **ACCURACY),
    "events": random_table(EVENTS, task=SETS, run=RUNS, emerged=[True, False], **ACCURACY),
    "measures": RANKS,
    "phases": random_table(PHASES, task=[*SETS, "text"], run=RUNS, layer=[0, 1]),
    "phase_shares": random_table(
        PHASE_SHARES, groups=["probe sets", "text"], size=["all", "small"],
        phase=["collapse", "expansion", "compression", "in_order"],
    ),
    "direction_shares": random_table(DIRECTION_SHARES, size=["all", "small"], statistic=["last_first", "downward"]),
    "precursors": random_table(
        PRECURSORS, measure=["rankme", "new"], control=["observed", "placebo"], definition="onset", size="all",
        classes="all", **ACCURACY,
    ),
    "degree_of_emergence": random_table(
        DEGREE_OF_EMERGENCE, study=["language", "anatomy"], run=RUNS, step=STEPS, network=["trained", *NULLS],
    ),
}  # fmt: skip
CHOSEN: dict[str, Any] = {"metric": "accuracy", "variant": "drawn", "definition": "onset", "precursor_rate": 0.75}


def plot(**changed: pd.DataFrame) -> list[Axes]:
    return panels(fig10.plot(**{**TABLES, **changed}, **CHOSEN))


@cache
def drawn() -> list[Axes]:
    return plot()


@pytest.mark.long
@pytest.mark.parametrize("place", range(2))
def test_accuracy_is_drawn_for_the_smallest_and_the_largest_size(place: int) -> None:
    axes, name = drawn()[place], SETS[place]
    assert axes.get_title() == name.replace("_", "-")
    for row, size in enumerate(["small", "large"]):
        rows = select(TABLES["behaviour"], task=name, size=size)
        values = np.array([select(rows, step=step)["value"] for step in STEPS], dtype=float)
        assert_line(axes, STEPS, values.mean(axis=1))
        assert_band(axes, STEPS, values.min(axis=1), values.max(axis=1))
        events = select(TABLES["events"], task=name, size=size, emerged=True)
        assert_line(axes, events["step"], [1.08 + 0.1 * row] * len(events))
    assert_guides(axes, select(TABLES["baselines"], task=name)["value"].tolist(), on="y")


@pytest.mark.parametrize(("place", "size"), [(2, "small"), (3, "large")])
def test_ranks_are_geometric_means_over_runs(place: int, size: str) -> None:
    rows, axes = select(RANKS, size=size), drawn()[place]

    def mean(step: int, **chosen: Any) -> float:
        return float(np.exp(np.log(select(rows, step=step, **chosen)["value"]).mean()))

    for layer in (0, 1):
        assert_line(axes, STEPS, [mean(step, task="text", layer=layer) for step in STEPS])
    assert_line(axes, STEPS, [mean(step, task=SETS, layer=1) for step in STEPS])
    assert axes.get_title().startswith(size)
    turns = select(TABLES["phases"], size=size, task="text", layer=1)
    for name in ("floor", "peak"):
        assert_points(axes, turns[f"{name}_step"], turns[name])


def test_phases_have_exact_intervals_of_both_kinds_of_unit() -> None:
    axes, phases = drawn()[4], ["collapse", "last_first", "expansion", "compression", "in_order"]
    for groups, shift in (("probe sets", -0.13), ("text", 0.13)):
        rows = select(TABLES["phase_shares"], size="all", groups=groups)
        places = [phases.index(phase) + shift for phase in rows["phase"]]
        assert_points(axes, rows["share"], places)
        assert_intervals(axes, places, rows["low"], rows["high"])
    first = select(TABLES["direction_shares"], size="all", statistic="last_first")
    assert_points(axes, first["share"], 1 - 0.13)
    assert_points(axes, first["chance"], 1)
    assert_points(axes, [1, 28 / 32], 1 - 0.36)
    assert_points(axes, 1, 0 - 0.36)
    assert legend(axes) == ["probe sets", "passages", "published", "chance"]


def test_precursor_rates_stand_beside_nulls() -> None:
    rates = TABLES["precursors"]
    observed = select(rates, control="observed")
    assert_points(drawn()[5], observed["rate"], [0, 1])
    assert_intervals(drawn()[5], [0, 1], observed["low"], observed["high"])
    assert_points(drawn()[5], select(rates, control="placebo")["rate"], [0, 1])
    assert_guides(drawn()[5], [0.75])
    assert [label.get_text() for label in drawn()[5].get_yticklabels()] == ["RankMe", "new"]


@pytest.mark.parametrize(("place", "size"), [(6, "small"), (7, "large")])
def test_degrees_are_those_of_language_models(place: int, size: str) -> None:
    rows = select(TABLES["degree_of_emergence"], study="language", size=size)
    trained, *nulls = (
        np.array([select(rows, network=name, step=step)["E"] for step in STEPS], dtype=float)
        for name in ("trained", *NULLS)
    )
    assert_line(drawn()[place], STEPS, trained.mean(axis=1))
    assert_band(drawn()[place], STEPS, trained.min(axis=1), trained.max(axis=1))
    for null in nulls:
        assert_line(drawn()[place], STEPS, null.mean(axis=1))
    assert_guides(drawn()[place], [0.0], on="y")


def test_degrees_and_their_nulls_are_named() -> None:
    assert sorted(legend(drawn()[6])) == sorted(["trained", *NULLS])


def test_without_neuromfa_its_panels_say_so() -> None:
    *_, small, large = plot(degree_of_emergence=TABLES["degree_of_emergence"].head(0))
    assert texts(small) == texts(large) == ["not run"]


def test_one_run_without_events_is_drawn_alone() -> None:
    one = {
        name: select(TABLES[name], run="small-s1")
        for name in ("behaviour", "measures", "phases", "degree_of_emergence")
    }
    axes = plot(**one, events=TABLES["events"].head(0))
    assert len(axes) == 6  # one panel of ranks and one of degrees
