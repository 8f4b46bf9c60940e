"""Rivals of E: planted excesses come back, what makes them adds up, and means are over runs."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from neurons import STEPS, neuromfa, scores

from emergence import tables
from emergence.analysis.multifractal.capability import capability
from emergence.analysis.multifractal.degree import degree
from emergence.analysis.multifractal.rivals import make, over_runs, rivals
from emergence.schemas.analysis import SCORES
from emergence.schemas.multifractal import CAPABILITY, DEGREE, OVER_RUNS, RIVALS
from emergence.settings.degree import RivalSettings

METRICS = {"anatomy": "exact_match", "solvable": "strength"}
RISE = np.linspace(0, 0.9, len(STEPS))


def held(rows: pd.DataFrame, curve: np.ndarray = RISE) -> pd.Series:
    """Quantities of one run whose capability is a curve."""
    found = degree(rows)
    able = capability(scores(rows, curve), found, METRICS)
    return rivals(found, able).set_index("quantity")["value"]


def test_planted_excess_and_its_share() -> None:
    found = held(neuromfa("small-s1", excess=0.4))
    assert found["E"] == pytest.approx(1.4 * np.log(2))
    assert found["excess over shuffled"] == pytest.approx(0.4 * np.log(2))
    assert found["share of growth"] == pytest.approx(1 / 1.4)
    assert found["E, rescaled"] == pytest.approx(np.log(1.5 / 1.4))
    assert found[["alpha_0, change", "width, change"]].tolist() == pytest.approx([-0.75, 0.24])


def test_an_excess_by_width_is_the_width_s() -> None:
    found = held(neuromfa("small-s1", excess=0.4))
    assert found["part of fall"] == pytest.approx(0)
    assert found["part of widening"] == pytest.approx(found["excess over shuffled"])
    assert found["E, fall of shuffled"] == pytest.approx(found["E"])
    assert found["E, widening of shuffled"] == pytest.approx(found["E, shuffled"])


@pytest.mark.parametrize("seed", range(5))
def test_parts_add_up_to_the_excess(seed: int) -> None:
    rows = neuromfa("small-s1", noise=0.3, seed=seed)
    drawn = np.random.default_rng(seed).uniform(0.5, 2.0, len(rows))
    found = held(rows.assign(value=rows["value"] * drawn))
    parts = found["part of fall"], found["part of widening"]
    assert sum(parts) == pytest.approx(found["excess over shuffled"], abs=1e-12)
    assert min(map(abs, parts)) > 1e-4


def test_capability_leaves_the_control_out_and_takes_the_study_s_metric() -> None:
    rows = pd.concat([neuromfa("small-s1"), neuromfa("mlp-s1", "solvable")])
    of_anatomy, of_solvable = (rows[rows["study"] == study] for study in METRICS)
    scored = [scores(of_anatomy, RISE), scores(of_anatomy, 0 * RISE, "log_probability")]
    scored += [scores(of_solvable, RISE / 2, "strength"), scores(of_solvable, 0 * RISE)]
    found = capability(pd.concat(scored), degree(rows), METRICS).set_index(["run", "step"])["capability"]
    np.testing.assert_allclose(found.loc["small-s1"], RISE)
    np.testing.assert_allclose(found.loc["mlp-s1"], RISE / 2)


def test_e_and_weights_that_grow_with_capability() -> None:
    """Both follow; what |w| tells is all, since it grows in even steps as capability does."""
    found = held(neuromfa("small-s1"))
    assert found["correlation, E"] == found["correlation, mean_weight"] == pytest.approx(1)
    assert np.isnan(found["partial, E"])


def test_weights_that_grow_otherwise_leave_e_its_share() -> None:
    rows = neuromfa("small-s1", noise=0.05)
    weights = np.random.default_rng(0).permutation(len(STEPS)).astype(float)
    rows.loc[rows["variant"] == "mean_weight", "value"] = weights
    assert held(rows)["partial, E"] > 0.9


def test_a_run_is_held_against_its_own_capability() -> None:
    rows = pd.concat([neuromfa("small-s1"), neuromfa("small-s2")])
    found = degree(rows)
    rising, falling = (
        scores(rows[rows["run"] == run], curve) for run, curve in (("small-s1", RISE), ("small-s2", -RISE))
    )
    table = rivals(found, capability(pd.concat([rising, falling]), found, METRICS)).query(
        "quantity == 'correlation, E'"
    )
    assert table["value"].tolist() == pytest.approx([1, -1])


def test_a_run_without_nodes_or_scores_has_null_quantities() -> None:
    rows = neuromfa("small-s1")
    rows.loc[rows["variant"].str.startswith("rescaled"), "value"] = np.nan
    found = degree(rows)
    none = rivals(found, capability(scores(rows, RISE).head(0), found, METRICS)).set_index("quantity")["value"]
    assert none[["E, rescaled", "excess over rescaled", "correlation, E", "increments, E"]].isna().all()
    assert none["E"] > 0.9


def test_means_are_over_runs_of_studies_sizes_and_all() -> None:
    values = {"small-s1": 1.0, "small-s2": 2.0, "large-s1": 6.0, "mlp-s1": np.nan}
    rows = [neuromfa(run, "solvable" if run == "mlp-s1" else "anatomy").iloc[:1] for run in values]
    of_runs = pd.concat(rows)[["study", "run", "size", "parameters", "seed"]].assign(quantity="E")
    found = over_runs(of_runs.assign(value=list(values.values())), 0.95).set_index(["study", "size"])
    assert found.loc[("anatomy", "all"), ["value", "runs"]].tolist() == [3.0, 3]
    assert found.loc[("all", "all"), ["value", "runs"]].tolist() == [3.0, 3]
    low, high = found.loc[("anatomy", "small"), ["low", "high"]]
    assert (low, high) == (pytest.approx(1.5 - 12.7062 / 2, abs=1e-3), pytest.approx(1.5 + 12.7062 / 2, abs=1e-3))
    assert found.loc[("solvable", "all"), "runs"] == 0
    assert np.isnan(found.loc[("anatomy", "large"), "low"])


@pytest.mark.parametrize("kind", ["planted", "no scores", "nothing measured"])
def test_the_stage_writes_valid_tables(kind: str, tmp_path: Path) -> None:
    rows = pd.concat([neuromfa("small-s1", noise=0.1), neuromfa("small-s2", noise=0.1)])
    scored, found = scores(rows, RISE), degree(rows)
    if kind == "no scores":
        scored = scored.head(0)
    if kind == "nothing measured":
        found = found.head(0)
    paths = [tmp_path / f"{name}.parquet" for name in ("degree", "scores", "capability", "rivals", "over_runs")]
    tables.write(DEGREE, found, paths[0])
    tables.write(SCORES, scored, paths[1])
    make(RivalSettings(metrics={"anatomy": "exact_match"}, confidence=0.95), paths[0], [paths[1]], *paths[2:])
    able, of_runs, means = (tables.read(s, p) for s, p in zip((CAPABILITY, RIVALS, OVER_RUNS), paths[2:], strict=True))
    assert len(able) == (20 if kind == "planted" else 0)
    assert of_runs.empty == means.empty == (kind == "nothing measured")
