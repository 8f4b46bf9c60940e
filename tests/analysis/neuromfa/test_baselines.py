"""E beside its baselines in planted runs, and correlations of curves of one run."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import rankdata
from synthetic.neuromfa_tables import STEPS, Array, neuromfa_rows, score_rows

from emergence.analysis.neuromfa.baselines import (
    CURVES,
    average_runs,
    compare_baselines,
    compare_runs,
    correlation,
    increment_correlation,
    increment_correlation_given_spacing,
    mean_capability,
    partial_correlation,
)
from emergence.analysis.neuromfa.degree_of_emergence import degree_of_emergence
from emergence.io import tables
from emergence.schemas.analysis import SCORES
from emergence.schemas.neuromfa import BASELINE_COMPARISON, CAPABILITY, DEGREE_OF_EMERGENCE, RUN_MEANS

METRICS = {"anatomy": "exact_match", "parity": "strength"}
RISE = np.linspace(0, 0.9, len(STEPS))


def held(rows: pd.DataFrame, curve: np.ndarray = RISE) -> pd.Series:
    """Quantities of one run whose capability is a curve."""
    found = degree_of_emergence(rows)
    able = mean_capability(score_rows(rows, curve), found, METRICS)
    return compare_runs(found, able).set_index("quantity")["value"]


def test_planted_excess_and_its_share() -> None:
    found = held(neuromfa_rows("small-s1", excess=0.4))
    assert found["E"] == pytest.approx(1.4 * np.log(2))
    assert found["excess over shuffled"] == pytest.approx(0.4 * np.log(2))
    assert found["share of growth"] == pytest.approx(1 / 1.4)
    assert found["E, rescaled"] == pytest.approx(np.log(1.5 / 1.4))
    assert found[["alpha_0, change", "width, change"]].tolist() == pytest.approx([-0.75, 0.24])


def test_an_excess_by_width_is_the_width_s() -> None:
    found = held(neuromfa_rows("small-s1", excess=0.4))
    assert found["part of fall"] == pytest.approx(0)
    assert found["part of widening"] == pytest.approx(found["excess over shuffled"])
    assert found["E, fall of shuffled"] == pytest.approx(found["E"])
    assert found["E, widening of shuffled"] == pytest.approx(found["E, shuffled"])


@pytest.mark.parametrize("seed", range(5))
def test_parts_add_up_to_the_excess(seed: int) -> None:
    rows = neuromfa_rows("small-s1", noise=0.3, seed=seed)
    drawn = np.random.default_rng(seed).uniform(0.5, 2.0, len(rows))
    found = held(rows.assign(value=rows["value"] * drawn))
    parts = found["part of fall"], found["part of widening"]
    assert sum(parts) == pytest.approx(found["excess over shuffled"], abs=1e-12)
    assert min(map(abs, parts)) > 1e-4


def test_capability_leaves_the_control_out_and_takes_the_study_s_metric() -> None:
    rows = pd.concat([neuromfa_rows("small-s1"), neuromfa_rows("mlp-s1", "parity")])
    of_anatomy, of_solvable = (rows[rows["study"] == study] for study in METRICS)
    scored = [score_rows(of_anatomy, RISE), score_rows(of_anatomy, 0 * RISE, "log_probability")]
    scored += [score_rows(of_solvable, RISE / 2, "strength"), score_rows(of_solvable, 0 * RISE)]
    found = mean_capability(pd.concat(scored), degree_of_emergence(rows), METRICS).set_index(["run", "step"])[
        "capability"
    ]
    np.testing.assert_allclose(found.loc["small-s1"], RISE)
    np.testing.assert_allclose(found.loc["mlp-s1"], RISE / 2)


def test_e_and_weights_that_grow_with_capability() -> None:
    """All follow; what |w| tells is all, since it grows in even steps as capability does."""
    found = held(neuromfa_rows("small-s1"))
    assert found[[f"correlation, {name}" for name in CURVES]].tolist() == pytest.approx([1] * len(CURVES))
    assert np.isnan(found[["partial, E", "partial, shuffled", "partial given steps, E"]]).all()


def test_what_follows_by_its_arrangement_exceeds_shuffled_weights_and_steps() -> None:
    """Capability falls back and E with it; shuffled weights and steps go on."""
    back = np.r_[RISE[:6], RISE[4::-1][:4]]
    rows = neuromfa_rows("small-s1")
    trained = rows["variant"] == "width"
    rows.loc[trained, "value"] = 0.6 + back
    rows.loc[rows["variant"] == "alpha_0", "value"] = 1.5 * np.exp(-0.1 - back)
    rows.loc[rows["variant"] == "mean_weight", "value"] = np.random.default_rng(0).random(len(STEPS))
    found = held(rows, back)
    assert found["correlation, E"] == pytest.approx(1)
    assert found["correlation over shuffled"] == pytest.approx(1 - correlation(RISE, back))
    assert found["correlation over steps"] == pytest.approx(1 - correlation(STEPS.astype(float), back))
    assert found[["partial over shuffled", "partial given steps, E"]].min() > 0.2


def test_weights_that_grow_otherwise_leave_e_its_share() -> None:
    rows = neuromfa_rows("small-s1", noise=0.05)
    weights = np.random.default_rng(0).permutation(len(STEPS)).astype(float)
    rows.loc[rows["variant"] == "mean_weight", "value"] = weights
    assert held(rows)["partial, E"] > 0.9


def test_a_run_is_held_against_its_own_capability() -> None:
    rows = pd.concat([neuromfa_rows("small-s1"), neuromfa_rows("small-s2")])
    found = degree_of_emergence(rows)
    rising, falling = (
        score_rows(rows[rows["run"] == run], curve) for run, curve in (("small-s1", RISE), ("small-s2", -RISE))
    )
    table = compare_runs(found, mean_capability(pd.concat([rising, falling]), found, METRICS)).query(
        "quantity == 'correlation, E'"
    )
    assert table["value"].tolist() == pytest.approx([1, -1])


def test_a_run_without_nodes_or_scores_has_null_quantities() -> None:
    rows = neuromfa_rows("small-s1")
    rows.loc[rows["variant"].str.startswith("rescaled"), "value"] = np.nan
    found = degree_of_emergence(rows)
    none = compare_runs(found, mean_capability(score_rows(rows, RISE).head(0), found, METRICS)).set_index("quantity")[
        "value"
    ]
    assert none[["E, rescaled", "excess over rescaled", "correlation, E", "increments, E"]].isna().all()
    assert none["E"] > 0.9


def test_means_are_over_runs_of_studies_sizes_and_all() -> None:
    values = {"small-s1": 1.0, "small-s2": 2.0, "large-s1": 6.0, "mlp-s1": np.nan}
    rows = [neuromfa_rows(run, "parity" if run == "mlp-s1" else "anatomy").iloc[:1] for run in values]
    of_runs = pd.concat(rows)[["study", "run", "size", "parameters", "seed"]].assign(quantity="E")
    found = average_runs(of_runs.assign(value=list(values.values())), 0.95).set_index(["study", "size"])
    assert found.loc[("anatomy", "all"), ["value", "runs"]].tolist() == [3.0, 3]
    assert found.loc[("all", "all"), ["value", "runs"]].tolist() == [3.0, 3]
    low, high = found.loc[("anatomy", "small"), ["low", "high"]]
    assert (low, high) == (pytest.approx(1.5 - 12.7062 / 2, abs=1e-3), pytest.approx(1.5 + 12.7062 / 2, abs=1e-3))
    assert found.loc[("parity", "all"), "runs"] == 0
    assert np.isnan(found.loc[("anatomy", "large"), "low"])


@pytest.mark.parametrize("kind", ["planted", "no scores", "nothing measured"])
def test_the_stage_writes_valid_tables(kind: str, tmp_path: Path) -> None:
    rows = pd.concat([neuromfa_rows("small-s1", noise=0.1), neuromfa_rows("small-s2", noise=0.1)])
    scored, found = score_rows(rows, RISE), degree_of_emergence(rows)
    if kind == "no scores":
        scored = scored.head(0)
    if kind == "nothing measured":
        found = found.head(0)
    paths = [tmp_path / f"{name}.parquet" for name in ("degree", "scores", "capability", "rivals", "over_runs")]
    tables.write(DEGREE_OF_EMERGENCE, found, paths[0])
    tables.write(SCORES, scored, paths[1])
    compare_baselines({"anatomy": "exact_match"}, 0.95, paths[0], [paths[1]], *paths[2:])
    able, of_runs, means = (
        tables.read(s, p) for s, p in zip((CAPABILITY, BASELINE_COMPARISON, RUN_MEANS), paths[2:], strict=True)
    )
    assert len(able) == (20 if kind == "planted" else 0)
    assert of_runs.empty == means.empty == (kind == "nothing measured")


N = 60


def residuals(values: Array, given: Array) -> Array:
    """What is left of ranks after regression on the ranks of a third."""
    y, x = (rankdata(each) - (len(each) + 1) / 2 for each in (values, given))
    return y - x * (x @ y) / (x @ x)


@pytest.mark.parametrize("seed", range(5))
def test_a_partial_correlation_is_that_of_residuals(seed: int) -> None:
    rng = np.random.default_rng(seed)
    given = rng.standard_normal(N)
    one, other = (given + rng.standard_normal(N) for _ in range(2))
    expected = np.corrcoef(residuals(one, given), residuals(other, given))[0, 1]
    assert partial_correlation(one, other, given) == pytest.approx(expected, abs=1e-12)


def test_what_a_third_tells_is_taken_away() -> None:
    """Both follow a third, each with noise of its own: they agree, but not beyond it."""
    found = []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        given = np.cumsum(rng.random(N))
        one, other = (given + 2 * rng.standard_normal(N) for _ in range(2))
        found.append((correlation(one, other), partial_correlation(one, other, given)))
    plain, beyond = np.mean(found, axis=0)
    assert plain > 0.9
    assert abs(beyond) < 0.06  # ranks are not normal, so not 0 to the last digit


def test_what_only_one_tells_is_kept() -> None:
    rng = np.random.default_rng(0)
    given, own = rng.standard_normal(N), rng.standard_normal(N)
    assert partial_correlation(given + own, own + 0.1 * rng.standard_normal(N), given) > 0.9


def test_where_a_third_tells_all_nothing_is_left() -> None:
    grows = np.arange(10.0)
    assert np.isnan(partial_correlation(grows**2, np.random.default_rng(0).random(10), grows))


def test_a_constant_third_takes_nothing_away() -> None:
    rng = np.random.default_rng(0)
    one, other = rng.random(N), rng.random(N)
    assert partial_correlation(one, other, np.ones(N)) == correlation(one, other)


def test_trends_agree_and_their_increments_do_not() -> None:
    found = []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        one, other = (np.cumsum(1 + rng.standard_normal(N)) for _ in range(2))
        found.append((correlation(one, other), *increment_correlation(one, other)))
    levels, moves, beyond = np.mean(found, axis=0)
    assert levels > 0.9
    assert abs(moves) < 0.03
    assert abs(beyond) < 0.03


@pytest.mark.parametrize("turned", [1, -1])
def test_shared_increments_are_found(turned: int) -> None:
    rng = np.random.default_rng(0)
    shared = rng.standard_normal(N)
    one, other = (np.cumsum(1 + shared * sign + 0.3 * rng.standard_normal(N)) for sign in (1, turned))
    found, beyond = increment_correlation(one, other)
    assert turned * found > 0.8
    assert turned * beyond > 0.8


@pytest.mark.long
def test_increments_of_unequal_stretches_agree_by_their_length_alone() -> None:
    found = []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        steps = np.cumsum(np.r_[0, rng.integers(1, 200, N)])
        one, other = (np.cumsum(np.r_[0, np.diff(steps) * rng.uniform(0.5, 1.5, N)]) for _ in range(2))
        found.append((increment_correlation(one, other)[0], increment_correlation_given_spacing(one, other, steps)))
    moves, given = np.mean(found, axis=0)
    assert moves > 0.7
    assert abs(given) < 0.1


@pytest.mark.parametrize("points", range(5))
def test_too_few_points_tell_nothing(points: int) -> None:
    curve = np.arange(float(points))
    assert np.isnan(increment_correlation(curve, curve**2)).all()
    assert np.isnan(increment_correlation_given_spacing(curve, curve**2, np.arange(points)))
    assert np.isnan(partial_correlation(curve, curve, curve))


def test_a_constant_curve_agrees_with_nothing() -> None:
    one, other = np.arange(10.0), np.ones(10)
    assert np.isnan(
        [correlation(one, other), partial_correlation(one, other, one**2), *increment_correlation(one, other)]
    ).all()
