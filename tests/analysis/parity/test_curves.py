"""Networks against theory: planted networks pass where theory says, and the interval is that of the seeds."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from emergence.analysis.parity import constants as fitting
from emergence.analysis.parity import curves as module
from emergence.analysis.parity.constants import ConstantSettings, Resampling
from emergence.analysis.parity.curves import CurveSettings
from emergence.analysis.parity.seed_intervals import date_crossing, first_crossing
from emergence.io import tables
from emergence.schemas.parity import COMPARISONS, CONSTANTS, CROSSINGS, CURVES, DEVIATIONS, SWEEP
from emergence.schemas.trajectories import BEHAVIOUR

Plant = Callable[..., pd.DataFrame]


@pytest.fixture(scope="module")
def made(
    plant: Plant,
    constant_settings: ConstantSettings,
    curve_settings: CurveSettings,
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[pd.DataFrame, ...]:
    """Curves, crossings and deviations of planted networks that obey the linear law of data."""
    folder = tmp_path_factory.mktemp("curves")
    one = [plant(axis, 1, spread=0.05) for axis in ("step", "samples", "width")]
    tables.write(CONSTANTS, fitting.fit_each_constant(*one, constant_settings), folder / "constants.parquet")
    for name, axis in {"data": "samples", "width": "width"}.items():
        tables.write(SWEEP, plant(axis, 5, spread=0.05), folder / f"{name}.parquet")
    time = plant("step", 5, spread=0.05)
    run = {"study": "parity", "run": "planted", "size": "mlp", "parameters": 1, "task": "PARITY"}
    behaviour = time.assign(**run, level=time["skill"].astype(str), metric="true_strength", value=time["strength"])
    control = behaviour.query("skill == 1").assign(task="CTL", level="6")
    tables.write(BEHAVIOUR, pd.concat([behaviour, control])[BEHAVIOUR.arrow.names], folder / "behaviour.parquet")
    paths = [
        folder / f"{name}.parquet" for name in ("data", "width", "curves", "crossings", "deviations", "comparisons")
    ]
    module.compare_with_theory(curve_settings, folder / "constants.parquet", [folder / "behaviour.parquet"], *paths)
    return tuple(
        tables.read(*pair) for pair in zip((CURVES, CROSSINGS, DEVIATIONS, COMPARISONS), paths[2:], strict=True)
    )


@pytest.mark.long
def test_networks_pass_where_theory_with_fitted_constants_says(made: tuple[pd.DataFrame, ...]) -> None:
    passed = made[1].query("share == 0.5").fillna({"law": ""}).set_index(["axis", "skill", "source", "law"])["value"]
    for axis, law in {"step": "sigmoid", "samples": "linear", "width": "linear"}.items():
        for skill in range(1, 6):
            expected = passed[axis, skill, "fitted", law]
            network = passed[axis, skill, "network", ""]
            assert network == pytest.approx(expected, rel=0.08), (axis, skill)


def test_published_crossing_times_are_those_of_the_paper(made: tuple[pd.DataFrame, ...]) -> None:
    chosen = made[1].query("axis == 'step' and source == 'published'")
    expected = {0.05: [850, 2576, 4928, 7808, 11159], 0.5: [1123, 3404, 6513, 10319, 14747]}
    expected[0.95] = [1396, 4232, 8097, 12830, 18336]
    for share, steps in expected.items():
        found = chosen[chosen["share"] == share].sort_values("skill")["value"]
        assert found.tolist() == pytest.approx(steps, rel=2e-3)


def test_curves_are_means_with_their_spread(made: tuple[pd.DataFrame, ...]) -> None:
    curves = made[0]
    network = curves.query("source == 'network' and axis == 'width' and skill == 2").set_index("x")
    assert network.loc[21.0, "strength"] == pytest.approx(1.0)
    assert network.loc[21.0, "spread"] == pytest.approx(0.0, abs=1e-12)
    assert network.loc[5.0, "spread"] > 0.02
    assert set(network["seeds"]) == {4}
    kinds = (
        curves.fillna({"law": ""})
        .groupby("axis")[["source", "law"]]
        .apply(lambda rows: set(rows.itertuples(index=False, name=None)))
    )
    assert kinds["samples"] == {
        ("network", ""), ("fitted", "published"), ("fitted", "linear"), ("published", "published"),
    }  # fmt: skip
    assert kinds["width"] == {("network", ""), ("fitted", "linear"), ("published", "linear")}


def test_the_control_is_no_skill(made: tuple[pd.DataFrame, ...]) -> None:
    assert set(made[0]["skill"]) == {1, 2, 3, 4, 5}
    assert set(made[1].query("source == 'network'")["seeds"]) == {4}


def test_a_passage_lies_between_points_and_never_before_the_first() -> None:
    x = np.array([0, 10, 20, 30])
    curves = np.array([[0.0, 0.4, 0.6, 1.0], [0.0, 0.1, 0.2, 0.3], [0.9, 0.9, 0.9, 0.9]])
    found = first_crossing(x, curves, 0.5)
    assert found[0] == pytest.approx(15.0)
    assert np.isnan(found[1:]).all()


def test_intervals_cover_the_truth_as_often_as_they_say(resampling: Resampling) -> None:
    rng, x, hits = np.random.default_rng(3), np.arange(0, 200), 0
    for _ in range(200):
        centres = 100 * np.exp(0.05 * rng.standard_normal(4))
        found = 1 / (1 + np.exp(-(x - centres[:, None]) / 8))
        row = date_crossing(x, found, found, 0.5, resampling)
        hits += row["low"] <= 100 <= row["high"]
    assert 0.88 <= hits / 200 <= 0.995


def test_one_seed_has_no_interval_and_a_curve_that_never_passes_no_value(resampling: Resampling) -> None:
    x = np.array([1, 2, 3])
    one = np.array([[0.0, 0.4, 0.8]])
    row = date_crossing(x, one, one, 0.5, resampling)
    assert row["value"] == pytest.approx(2.25)
    assert np.isnan([row["low"], row["high"]]).all()
    row = date_crossing(x, np.zeros((3, 3)), np.tile(one, (3, 1)), 0.5, resampling)
    assert np.isnan([row["value"], row["low"], row["ratio"]]).all()
    assert row["reached"] == 0


def test_ratios_take_the_same_seeds_for_both_skills(resampling: Resampling) -> None:
    """Seeds that are early for one skill are early for the next: their ratio is known better than either."""
    x, centres = np.arange(0, 400), np.array([[80.0], [90.0], [100.0], [115.0]])
    first, second = (1 / (1 + np.exp(-(x - factor * centres) / 3)) for factor in (1, 3))
    row = date_crossing(x, second, first, 0.5, resampling)
    assert row["ratio"] == pytest.approx(3.0, rel=0.02)
    assert row["ratio_high"] / row["ratio_low"] < 1.1 < row["high"] / row["low"]
    same = date_crossing(x, first, first, 0.5, resampling)
    assert [same["ratio"], same["ratio_low"], same["ratio_high"]] == pytest.approx([1, 1, 1])


def test_deviation_is_that_of_the_mean_curve(made: tuple[pd.DataFrame, ...]) -> None:
    found = made[2].set_index(["axis", "source", "law"])["value"]
    assert found["samples", "fitted", "linear"] < 0.02 < found["samples", "fitted", "published"]
    assert found["step", "fitted", "sigmoid"] < 0.05 < found["step", "published", "sigmoid"]
    curves = made[0].query("axis == 'width'")
    network = curves.query("source == 'network'").pivot(index="x", columns="skill", values="strength")
    law = np.clip(network.index.to_numpy()[:, None] / 4.0 - np.arange(5), 0, 1)
    assert found["width", "published", "linear"] == pytest.approx(np.sqrt(((network - law) ** 2).to_numpy().mean()))


def test_laws_are_compared_on_the_same_networks(made: tuple[pd.DataFrame, ...]) -> None:
    """Seeds that are off are off from both laws: the ratio is known better than both ends allow."""
    each = made[2].query("axis == 'samples' and source == 'fitted'").set_index("law")
    row = made[3].query("quantity == 'deviation'").iloc[0]
    assert (row["law"], row["other"]) == ("published", "linear")
    assert row["value"] == pytest.approx(each.loc["published", "value"] / each.loc["linear", "value"])
    assert row["value"] > 2, "the linear law was planted"
    worst = each["high"].prod() / each["low"].prod()
    assert row["high"] / row["low"] < worst


def test_networks_over_theory_have_both_uncertainties(made: tuple[pd.DataFrame, ...]) -> None:
    found = made[3].query("quantity == 'crossing' and axis == 'step'").set_index("skill").sort_index()
    network = made[1].query("axis == 'step' and share == 0.5 and source == 'network'").set_index("skill").sort_index()
    theory = made[1].query("axis == 'step' and share == 0.5 and source == 'fitted'").set_index("skill").sort_index()
    assert found["value"].tolist() == pytest.approx((network["value"] / theory["value"]).tolist())
    own, worst = (
        network["high"] / network["value"],
        network["high"] / network["value"] * theory["value"] / theory["low"],
    )
    half = (found["high"] / found["value"]).to_numpy()
    assert (half >= own.to_numpy() * (1 - 1e-9)).all()
    assert (half < worst.to_numpy()).all()
