"""The clock on planted runs: whichever quantity sets the collapse is the one that predicts it."""

from functools import cache
from itertools import product

import numpy as np
import pandas as pd
import pytest

from emergence.analysis.interventions.clock import (
    ClockLaw,
    find_clock_collapses,
    first_reached,
    floor_slopes,
    judge_laws,
    predict_steps,
    summarise_cells,
)
from emergence.config.protocol import Collapse, Statistics
from emergence.schemas.interventions import CLOCK_RUNS

pytestmark = pytest.mark.long

COLLAPSE = Collapse(smoothing=1, floor_until=200, depth=0.8, noise_multiple=5.0, persistence=5)
STEPS = np.array([*range(11), *range(12, 60, 2), *range(60, 201, 5)])
LAYERS = 2


@cache
def planted(cause: str, first: int = 2, slope: float = 0.0, seed: int = 0) -> pd.DataFrame:
    """Runs over widths, rates and warm-ups whose last layer collapses where ``cause`` says, and the first layer later.

    Args:
        cause: ``rate_sum``: where the sum of rates times width^1.2 is .3; ``loss``: where the loss, which falls at a
            speed of its own in every cell, is 2.
        first: Layer that falls first.
        slope: Of log10 floor on log10 width.
        seed: Of the loss curves' speeds.
    """
    rng, frames = np.random.default_rng(seed), []
    grid = list(product((16, 32), (0.001, 0.002, 0.004), (1, 10, 100)))
    for number, (width, rate, warmup) in enumerate(grid):
        sums = np.concatenate([[0], np.cumsum(rate * np.minimum(1, (np.arange(200) + 1) / warmup))])[STEPS]
        loss = 3 * np.exp(-STEPS / np.exp(rng.uniform(2, 4)))
        progress = sums * width**1.2 / 0.3 if cause == "rate_sum" else (3 - loss) / 1.0
        floor = 4 * (width / 16) ** slope
        curves = {
            "rate_sum": sums,
            "loss": loss,
            "gradient_norm": 1 + rng.random(len(STEPS)),
            "alignment": 0.5 + 0 * sums,
        }
        curves |= {"weight_norm": 10 + 0.01 * STEPS, "entropy": 3 - STEPS / 200}
        values = {(None, name): curve for name, curve in curves.items()}
        for layer in (1, 2):
            late = 1.0 if layer == first else 0.6
            values[layer, "rank"] = np.exp(np.log(16) + np.log(floor / 16) * np.clip(late * progress / 2, 0, 1))
        cell = f"{width}-{rate}-{warmup}"
        factors = {"cell": cell, "seed": 1, "held_out": number % 2 == 1, "width": width, "layers": LAYERS}
        factors |= {"learning_rate": rate, "warmup": warmup, "optimiser": "adamw", "sigma": 0.02, "tasks": "COPY"}
        for (layer, quantity), curve in values.items():
            frames.append(
                pd.DataFrame({"step": STEPS, "value": curve}).assign(layer=layer, quantity=quantity, **factors)
            )
    every = pd.concat(frames, ignore_index=True).astype({"layer": "Int64"})
    return every[CLOCK_RUNS.arrow.names]


@pytest.fixture(scope="module")
def by_rate() -> pd.DataFrame:
    return planted("rate_sum")


@pytest.fixture(scope="module")
def collapses(by_rate: pd.DataFrame) -> pd.DataFrame:
    return find_clock_collapses(by_rate, COLLAPSE)


def laws(runs: pd.DataFrame, statistics: Statistics) -> pd.DataFrame:
    collapses = find_clock_collapses(runs, COLLAPSE)
    return judge_laws(predict_steps(runs, collapses), collapses, statistics).set_index("quantity")


def test_the_sum_of_rates_predicts_what_it_sets(by_rate: pd.DataFrame, statistics: Statistics) -> None:
    found_laws = laws(by_rate, statistics)
    row = found_laws.loc["rate_sum"]
    assert row["factor"] < 1.1
    assert row["width_exponent"] == pytest.approx(-1.2, abs=0.05)
    assert row["exponent_low"] <= row["width_exponent"] <= row["exponent_high"]
    assert (found_laws["excess_high"].drop("rate_sum") < 0).all()


def test_the_loss_predicts_what_it_sets(statistics: Statistics) -> None:
    found_laws = laws(planted("loss"), statistics)
    assert found_laws.loc["loss", "factor"] < 1.1
    assert found_laws.loc["loss", "excess_low"] > 0  # the sum of rates errs more
    assert found_laws.loc["rate_sum", "factor"] > 1.3


def test_a_law_in_every_setting_finds_a_power_law(by_rate: pd.DataFrame, collapses: pd.DataFrame) -> None:
    """Steps that are a power of width, rate and warm-up are predicted exactly; other seeds tell what seeds share."""
    steps = 40 * collapses["width"] ** -0.5 * (collapses["learning_rate"] / 0.001) ** -0.7 * collapses["warmup"] ** 0.2
    again = collapses.assign(seed=2, collapse_step=1.5 * steps)
    both = pd.concat([collapses.assign(collapse_step=steps), again], ignore_index=True)
    runs = pd.concat([by_rate, by_rate.assign(seed=2)], ignore_index=True)
    errors = predict_steps(runs, both).set_index(["quantity", "seed"])["error"]
    half = np.log(1.5) / 2  # the law lies between both seeds
    np.testing.assert_allclose(errors["settings", 1], half, atol=1e-6)
    np.testing.assert_allclose(errors["settings", 2], -half, atol=1e-6)
    np.testing.assert_allclose(errors["other_seeds", 1], 2 * half, atol=1e-6)


def test_a_cell_with_one_seed_has_no_other(by_rate: pd.DataFrame, statistics: Statistics) -> None:
    assert "other_seeds" not in laws(by_rate, statistics).index


def test_laws_are_fitted_on_cells_that_are_not_held_out(by_rate: pd.DataFrame, collapses: pd.DataFrame) -> None:
    """Damage to what is held out changes no prediction of it."""
    damaged = collapses.assign(rate_sum=collapses["rate_sum"].where(~collapses["held_out"], 99.0))
    whole, other = (predict_steps(by_rate, one) for one in (collapses, damaged))
    assert whole["predicted"].tolist() == other["predicted"].tolist()
    assert set(whole["cell"]) == set(collapses.loc[collapses["held_out"], "cell"])


def test_a_law_knows_no_optimiser_that_it_was_not_fitted_on(collapses: pd.DataFrame) -> None:
    assert np.isnan(ClockLaw(collapses, "rate_sum").predicts(collapses.assign(optimiser="sgd"))).all()


def test_the_collapse_is_halfway_on_the_logarithmic_scale(collapses: pd.DataFrame) -> None:
    last = collapses.query("last")
    at_collapse = last["rate_sum"] * last["width"] ** 1.2
    reached = last["floor"] < 4.01  # in others the floor comes after the end of training
    assert reached.sum() > 10
    np.testing.assert_allclose(at_collapse[reached], 0.3, rtol=0.05)


@pytest.mark.parametrize(("first", "share"), [(2, 1.0), (1, 0.0)])
def test_shares_say_which_layer_is_first(first: int, share: float, statistics: Statistics) -> None:
    rows = summarise_cells(find_clock_collapses(planted("rate_sum", first), COLLAPSE), statistics)
    row = rows.set_index("statistic").loc["last_first"]
    assert row["value"] == share
    assert row["low"] <= share <= row["high"]


@pytest.mark.parametrize("slope", [0.0, 0.2])
def test_slopes_of_the_floor_are_within_groups_that_agree(slope: float) -> None:
    runs = planted("rate_sum", slope=slope)
    short = runs[runs["learning_rate"] * runs["width"] ** 1.2 * (200 - runs["warmup"] / 2) > 0.7]  # reach their floors
    last = find_clock_collapses(short, COLLAPSE).query("last")
    assert floor_slopes(last, "layers").empty
    np.testing.assert_allclose(floor_slopes(last, "width"), slope, atol=0.02)


def test_a_run_that_diverged_has_no_collapse(by_rate: pd.DataFrame, statistics: Statistics) -> None:
    one = by_rate["cell"].iloc[0]
    end = by_rate[by_rate["cell"] == one].head(1).assign(quantity="diverged", value=np.nan, layer=pd.NA, step=7)
    collapses = find_clock_collapses(pd.concat([by_rate, end], ignore_index=True), COLLAPSE)
    assert one not in set(collapses["cell"])
    assert len(summarise_cells(collapses, statistics))


def test_without_a_collapse_nothing_is_predicted(by_rate: pd.DataFrame, statistics: Statistics) -> None:
    flat = by_rate.assign(value=by_rate["value"].where(by_rate["quantity"] != "rank", 16.0))
    collapses = find_clock_collapses(flat, COLLAPSE)
    assert collapses["collapse_step"].isna().all()
    predictions = predict_steps(flat, collapses)
    assert predictions.empty
    assert judge_laws(predictions, collapses, statistics).empty


def test_a_curve_that_never_reaches_a_value_has_its_last_step() -> None:
    curve = pd.Series([1.0, 2.0, 3.0], index=[0, 4, 9])
    assert (first_reached(curve, 2.5), first_reached(curve, 5.0), first_reached(curve, 1.0)) == (6.5, 9.0, 0.0)
