"""The degree of emergence: closed forms, errors against simulation, and what is null where nothing is defined."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from synthetic.neuromfa_tables import STEPS, measure_rows, network_variants, neuromfa_rows

from emergence.analysis.neuromfa.degree_of_emergence import (
    compare_untrained,
    compute_degree_of_emergence,
    degree_of_emergence,
    spectral_variants,
    tabulate_spectra,
    with_degree,
)
from emergence.config.measures import VARIANTS
from emergence.config.neuromfa import Moments
from emergence.io import tables
from emergence.schemas.neuromfa import DEGREE_OF_EMERGENCE, SPECTRA, UNTRAINED
from emergence.schemas.trajectories import MEASURE

NAN = float("nan")
MOMENTS = Moments(largest=2.5, step=0.5)


def of(found: pd.DataFrame, name: str = "trained") -> pd.DataFrame:
    return found[found["network"] == name].set_index("step")


@pytest.mark.parametrize(
    ("alpha", "width", "expected"),
    [
        ([1.6, 0.8], [0.5, 0.5], [0.0, np.log(2)]),  # α₀ halves at constant width
        ([1.6, 0.8], [0.5, 1.5], [0.0, 3 * np.log(2)]),
        ([1.5, 1.5], [0.5, 2.0], [0.0, 0.0]),  # without a fall of α₀ width means nothing
        ([1.5, 1.0], [0.0, 0.0], [0.0, 0.0]),  # homogeneous nodes
        ([1.5, NAN, 0.75], [0.5, NAN, 0.5], [0.0, NAN, np.log(2)]),  # no node survives in between
        ([NAN, 1.5], [NAN, 0.5], [NAN, NAN]),  # nor at the start
    ],
)
def test_closed_forms(alpha: list[float], width: list[float], expected: list[float]) -> None:
    found = of(degree_of_emergence(measure_rows(network_variants("trained", alpha, width), "small-s1")))
    np.testing.assert_allclose(found["E"], expected, atol=1e-12)


def test_e_is_the_product_of_its_factors_in_every_network() -> None:
    found = degree_of_emergence(neuromfa_rows("large-s1", noise=0.1))
    assert set(found["network"]) == {"trained", "shuffled", "gaussian", "rescaled"}
    np.testing.assert_allclose(found["E"], found["widening"] * found["fall"], rtol=1e-12, atol=1e-15)
    assert found["E"].abs().max() > 0.5


def test_runs_are_apart_and_rows_in_any_order() -> None:
    runs = [neuromfa_rows(run, noise=0.1) for run in ("large-s1", "small-s1", "small-s2")]
    alone = pd.concat([degree_of_emergence(run) for run in runs]).sort_values(
        ["run", "network", "step"], ignore_index=True
    )
    together = degree_of_emergence(pd.concat(runs).sample(frac=1, random_state=1))
    pd.testing.assert_frame_equal(together.sort_values(["run", "network", "step"], ignore_index=True), alone)


def test_the_first_checkpoint_is_the_reference_whatever_its_step() -> None:
    rows = neuromfa_rows("small-s1")
    found = of(degree_of_emergence(rows[rows["step"] >= 200]))
    assert found.loc[200, "E"] == 0
    assert found.loc[1600, "fall"] == pytest.approx(4 / 9 * np.log(2))


def test_errors_are_those_of_a_simulation() -> None:
    alpha, width, error = np.array([1.5, 0.9]), np.array([0.6, 0.8]), 0.01
    found = of(degree_of_emergence(measure_rows(network_variants("trained", alpha, width), "small-s1", error=error)))
    rng = np.random.default_rng(0)
    a, w = (values + error * rng.standard_normal((200_000, 2)) for values in (alpha, width))
    simulated = np.std(w[:, 1] / w[:, 0] * np.log(a[:, 0] / a[:, 1]))
    assert found["E_error"].tolist() == [0.0, pytest.approx(simulated, rel=0.02)]


def test_a_single_sample_has_no_error() -> None:
    rows = neuromfa_rows("small-s1").assign(standard_error=np.nan)
    found = degree_of_emergence(rows)
    assert found["E_error"].isna().all()
    assert found["E"].notna().all()


# As rows of a measure ----------------------------------------------------------------------------------------------


def test_e_joins_the_rows_of_the_measure() -> None:
    rows = neuromfa_rows("small-s1", noise=0.1)
    joined, found = with_degree(rows), degree_of_emergence(rows)
    pd.testing.assert_frame_equal(joined.head(len(rows)), rows)
    for name, prefix in {"trained": "", "rescaled": "rescaled/"}.items():
        added = joined[joined["variant"] == f"{prefix}E"].set_index("step")
        pd.testing.assert_series_equal(added["value"], of(found, name)["E"], check_names=False)
    assert joined["task"].isna().all()
    pd.testing.assert_frame_equal(with_degree(joined), joined)


def test_other_measures_are_left_alone() -> None:
    rows = neuromfa_rows("small-s1").assign(measure="rankme")
    pd.testing.assert_frame_equal(with_degree(rows), rows)


# Tables ------------------------------------------------------------------------------------------------------------


def test_between_untrained_networks() -> None:
    """Ordered pairs: from one to another and back are not the same."""
    starts = {"small-s1": (1.5, 0.5), "small-s2": (1.2, 0.6), "large-s1": (1.4, 0.5)}
    rows = [measure_rows(network_variants("trained", [a, 1.0], [w, 1.0]), run) for run, (a, w) in starts.items()]
    found = compare_untrained(degree_of_emergence(pd.concat(rows))).query("network == 'trained'").set_index("size")
    there, back = 0.6 / 0.5 * np.log(1.5 / 1.2), 0.5 / 0.6 * np.log(1.5 / 1.2)
    small = found.loc["small", ["runs", "pairs", "mean", "largest"]]
    assert small.tolist() == [2, 2, pytest.approx((there + back) / 2), pytest.approx(there)]
    assert found.loc["small", "sampling"] == pytest.approx(2**0.5 * np.mean([0.01 / 1.5, 0.01 / 1.2]))
    assert found.loc["large", "pairs"] == 0
    assert np.isnan(found.loc["large", "largest"])


def test_a_run_that_does_not_begin_at_step_0_is_not_untrained() -> None:
    rows = neuromfa_rows("small-s1")
    assert compare_untrained(degree_of_emergence(rows[rows["step"] > 0])).empty


def test_spectra_are_read_back() -> None:
    found = tabulate_spectra(neuromfa_rows("small-s1"), MOMENTS)
    assert set(found["network"]) == {"trained", "shuffled"}
    last = found[(found["step"] == STEPS[-1]) & (found["network"] == "trained")].set_index("q")
    np.testing.assert_allclose(last.loc[[-1, 0, 1], "alpha"], [0.85, 0.75, 0.65])
    np.testing.assert_allclose(last.loc[[-1, 0, 1], "f"], [-0.1, 0.0, -0.1])


def test_variants_of_spectra_are_those_that_the_measure_declares() -> None:
    declared = {name for name in VARIANTS["neuromfa"] if "alpha/" in name or "f/" in name}
    assert set(spectral_variants(3.0)["variant"]) == declared
    assert len(spectral_variants(2.5)) == 4 * 2 * 5, "four networks, α and f, whole moments from -2 to 2"


@pytest.mark.parametrize("lost", ["nothing", "some nodes", "all nodes", "all but failed checkpoints"])
def test_the_stage_writes_valid_tables(lost: str, tmp_path: Path) -> None:
    rows = pd.concat([neuromfa_rows("small-s1"), neuromfa_rows("small-s2")])
    if lost == "some nodes":
        rows.loc[(rows["run"] == "small-s1") & (rows["step"] > 100), "value"] = np.nan
    if lost == "all nodes":
        rows["value"] = np.nan
    if lost == "all but failed checkpoints":
        rows = rows.drop_duplicates(["run", "step"]).assign(variant="failed", value=1.0)
    names = ("measures", "degree", "spectra", "untrained")
    paths = {name: tmp_path / f"{name}.parquet" for name in names}
    tables.write(MEASURE, rows, paths["measures"])
    compute_degree_of_emergence(MOMENTS, [paths["measures"]], paths["degree"], paths["spectra"], paths["untrained"])
    found = tables.read(DEGREE_OF_EMERGENCE, paths["degree"])
    tables.read(SPECTRA, paths["spectra"])
    tables.read(UNTRAINED, paths["untrained"])
    assert found["E"].notna().sum() == {"nothing": 80, "some nodes": 60}.get(lost, 0)
    with_e = with_degree(tables.read(MEASURE, paths["measures"]))
    assert with_e["value"].isna().any() == (lost in ("some nodes", "all nodes"))
