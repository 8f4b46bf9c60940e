"""Falls on planted runs: where the sum of rates times the width sets the collapse, falls over it are one curve."""

import numpy as np
import pandas as pd
import pytest

from emergence.analysis.interventions.clock_curves import (
    fall_curves,
    half_way,
    quartile_ratio,
    relative_to_last_layer,
)

STEPS = np.arange(0, 101)
CELLS = {"slow": (16, 0.001), "wide": (32, 0.001), "fast": (16, 0.004)}
INITIAL, FLOOR = 16.0, 4.0


def planted() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Tables ``clock_runs`` and ``clock_collapses``: half-way where the sum of rates times the width is .32."""
    runs, collapses = [], []
    for cell, (width, rate) in CELLS.items():
        sums = rate * STEPS
        ranks = INITIAL * (FLOOR / INITIAL) ** np.clip(sums * width / 0.64, 0, 1)
        of = {"cell": cell, "seed": 1, "width": width, "layers": 2}
        runs += [pd.DataFrame({**of, "step": STEPS, "layer": 2, "quantity": "rank", "value": ranks})]
        runs += [pd.DataFrame({**of, "step": STEPS, "layer": 1, "quantity": "rank", "value": INITIAL})]
        runs += [pd.DataFrame({**of, "step": STEPS, "layer": None, "quantity": "rate_sum", "value": sums})]
        half = {"collapse_step": 0.32 / rate / width, "rate_sum": 0.32 / width, "initial": INITIAL, "floor": FLOOR}
        collapses += [{**of, "layer": 2, "last": True, **half}]
        collapses += [{**of, "layer": 1, "last": False, **half, "collapse_step": np.nan}]
    collapses += [{**of, "cell": "flat", "layer": 2, "last": True, **half, "collapse_step": np.nan}]
    return pd.concat(runs, ignore_index=True), pd.DataFrame(collapses)


def test_falls_go_from_none_to_all_of_the_way_and_end_at_the_floor() -> None:
    curves = fall_curves(*planted())
    assert {*curves["cell"]} == {*CELLS}, "a run without a collapse has none"
    np.testing.assert_allclose(curves["fall"], np.clip(curves["scaled"] / 0.64, 0, 1))
    for cell, (width, rate) in CELLS.items():
        of_cell = curves[curves["cell"] == cell]
        assert of_cell["step"].tolist() == list(range(1, min(100, round(0.64 / rate / width)) + 1))


def test_half_way_they_are_at_one_value_of_the_quantity_that_sets_them_alone() -> None:
    halves = half_way(planted()[1])
    assert {*halves["cell"]} == {*CELLS}
    assert quartile_ratio(halves["scaled"]) == pytest.approx(1)
    assert quartile_ratio(halves["step"]) == pytest.approx(
        np.quantile([20, 10, 5], 0.75) / np.quantile([20, 10, 5], 0.25)
    )


def test_layers_are_relative_to_the_last_of_runs_whose_last_layer_collapses() -> None:
    steps = {"a": [30.0, 20.0], "b": [10.0, np.nan], "c": [10.0, 0.0]}
    rows = [
        {"cell": cell, "seed": 1, "optimiser": "adamw", "layers": 2, "layer": layer, "last": layer == 2,
         "collapse_step": of_cell[layer - 1]}
        for cell, of_cell in steps.items() for layer in (1, 2)
    ]  # fmt: skip
    relative = relative_to_last_layer(pd.DataFrame(rows))
    assert relative[["cell", "depth", "ratio"]].values.tolist() == [["a", 0.5, 1.5], ["a", 1.0, 1.0]]
