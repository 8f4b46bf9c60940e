"""Figure 9: spectra, degrees of emergence and capability are those of the tables, of one study or of all."""

from functools import cache

import numpy as np
import pytest
from matplotlib.axes import Axes
from support.drawn_marks import (
    assert_band,
    assert_guides,
    assert_intervals,
    assert_line,
    assert_points,
    assert_zone,
    panels,
    texts,
)  # fmt: skip
from synthetic.random_tables import random_table

from emergence.analysis.select import select
from emergence.figures import fig9
from emergence.schemas.neuromfa import CAPABILITY, DEGREE_OF_EMERGENCE, RUN_MEANS, SPECTRA, UNTRAINED

STEPS, NETWORKS = [0, 1, 10, 100, 200, 300, 400], ["trained", "shuffled", "gaussian", "rescaled"]
STUDIES, RUNS = ["anatomy", "parity", "language"], ["small-s1", "small-s2", "small-s3", "large-s1"]
DEGREES = random_table(DEGREE_OF_EMERGENCE, study=STUDIES, run=RUNS, step=STEPS, network=NETWORKS)
TABLES = (
    DEGREES,
    random_table(SPECTRA, study=STUDIES, run=RUNS, step=STEPS, network=NETWORKS[:2], q=[-1, 0, 1]),
    random_table(UNTRAINED, study=STUDIES, size=["small", "large"], network=NETWORKS),
    random_table(CAPABILITY, study=STUDIES, run=RUNS, step=STEPS),
    random_table(RUN_MEANS, study=STUDIES, size=["all", "small"], quantity=["E", *(f"E, {n}" for n in NETWORKS[1:])]),
)


def of(*studies: str) -> list[Axes]:
    return panels(fig9.plot(*(select(table, study=studies) for table in TABLES)))


@cache
def drawn() -> list[Axes]:
    return of(*STUDIES)


@pytest.mark.parametrize(("place", "size"), [(0, "small"), (1, "large")])
def test_spectra_are_of_the_first_seed_at_spread_steps(place: int, size: str) -> None:
    rows = select(TABLES[1], study="anatomy", run=f"{size}-s1")
    for step in (0, 1, 10, 200, 300, 400):
        curve = select(rows, step=step, network="trained")
        assert_line(drawn()[place], curve["alpha"], curve["f"])
    curve = select(rows, step=400, network="shuffled")
    assert_line(drawn()[place], curve["alpha"], curve["f"])
    assert len(drawn()[place].lines) == 7


@pytest.mark.parametrize(("place", "column"), [(2, "fall"), (3, "widening"), (11, "survivors")])
@pytest.mark.parametrize("network", ["trained", "shuffled"])
def test_factors_and_survivors_are_means_over_runs(place: int, column: str, network: str) -> None:
    for size in ("small", "large"):
        rows = select(DEGREES, study="anatomy", size=size, network=network)
        assert_line(drawn()[place], STEPS, [select(rows, step=step)[column].mean() for step in STEPS])


@pytest.mark.parametrize(
    ("place", "study", "size"),
    [(4, "anatomy", "small"), (5, "anatomy", "large"), (6, "parity", "large"), (7, "language", "large")],
)
def test_degrees_have_ranges_nulls_and_the_band_of_untrained_networks(place: int, study: str, size: str) -> None:
    axes = drawn()[place]
    for network in NETWORKS:
        rows = select(DEGREES, study=study, size=size, network=network)
        values = np.array([select(rows, step=step)["E"] for step in STEPS], dtype=float)
        assert_line(axes, STEPS, values.mean(axis=1))
        assert_band(axes, STEPS, values.min(axis=1), values.max(axis=1))
    (largest,) = select(TABLES[2], study=study, size=size, network="trained")["largest"]
    assert_zone(axes, -largest, largest, on="y")
    assert_guides(axes, [0.0], on="y")


@pytest.mark.parametrize("number", range(4))
def test_the_end_has_intervals_over_runs(number: int) -> None:
    quantity = ["E", "E, shuffled", "E, gaussian", "E, rescaled"][number]
    rows = select(TABLES[4], size="all", quantity=quantity)
    places = np.arange(3) + 0.18 * (number - 1.5)
    assert_points(drawn()[8], rows["value"], places)
    assert_intervals(drawn()[8], places, rows["low"], rows["high"])
    assert_guides(drawn()[8], [0.0])


@pytest.mark.parametrize(("place", "column"), [(9, "E"), (10, "mean_weight")])
def test_capability_is_a_path_a_run(place: int, column: str) -> None:
    for run in RUNS:
        path = select(TABLES[3], study="anatomy", run=run)
        assert_line(drawn()[place], path[column], path["capability"])
        assert_line(drawn()[place], path[column].tail(1), path["capability"].tail(1))


@pytest.mark.parametrize(("studies", "empty"), [(["anatomy"], [6, 7]), (["language"], [0, 1, 4, 5, 6]), ([], [0, 7])])
def test_studies_that_were_not_run_say_so(studies: list[str], empty: list[int]) -> None:
    axes = of(*studies)
    assert [texts(axes[place]) for place in empty] == [["not run"]] * len(empty)


@pytest.mark.long
def test_where_no_neuron_survives_axes_are_empty() -> None:
    columns = ["alpha_0", "width", "fall", "widening", "E", "survivors"]
    degrees = DEGREES.assign(**dict.fromkeys(columns, np.nan))
    spectra = TABLES[1].assign(alpha=np.nan, f=np.nan)
    axes = panels(fig9.plot(degrees, spectra, *TABLES[2:]))
    assert not [line for line in axes[4].lines if len(line.get_xdata()) > 2]
