"""Numbers of the page, and the bounds that rules set to values."""

import json

import numpy as np
import pandas as pd
import pytest

from emergence.report.explorer.bounds import bounds
from emergence.report.explorer.compact import columns, number


@pytest.mark.parametrize("value", [0.0, -0.0, 1e-9, 12.345678, -9999.6, 1e300, 2.5e-300])
def test_a_number_keeps_four_digits(value: float) -> None:
    kept = number(value)
    assert kept == pytest.approx(value, rel=5.001e-4)
    digits = json.dumps(kept).partition("e")[0].replace(".", "").strip("-0")
    assert len(digits) <= 4


def test_infinity_is_refused() -> None:
    with pytest.raises(ValueError, match="inf cannot be shown"):
        number(np.inf)


def test_columns_of_every_type() -> None:
    whole = pd.array([1, None], "Int64")
    frame = pd.DataFrame({"a": ["x", None], "b": [1.23456, np.nan], "c": [True, False], "d": whole})
    assert columns(frame) == {"a": ["x", None], "b": [1.235, None], "c": [True, False], "d": [1, None]}


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("interval at or above 0.954 (exact lower bound of 119/120); needs sizes from 405K", (0.954, None)),
        ("share that leads at or below 0.374 (exact upper bound of 4/24), share that lags at or above 0.5",
         (None, 0.374)),
        ("interval of the change of α₀ below 0, that of the width above; from 6 runs", (None, 0.0)),
        ("interval above one half, Holm p and p over whole tasks below 0.05", (0.5, None)),
        ("gap within [36750, 61250] steps, and RankMe leads no other probe set", (36750.0, 61250.0)),
        ("its r.m.s. wholly below that of the linear law; fails if wholly above", None),
        ("(k + 1 begins)/(k has saturated) is above 1 for k = 1 to 2, and below for all later k", None),
        ("one step's interval wholly above 0 and another's wholly below; fails if all are on one side", None),
        ("not: excess over every null at or above 0.05; from 6 runs", None),
    ],
)  # fmt: skip
def test_bounds_of_a_value_are_in_its_rule(rule: str, expected: tuple[float | None, float | None] | None) -> None:
    assert bounds(rule) == expected
