"""Numbers of the page."""

import json

import numpy as np
import pandas as pd
import pytest

from emergence.report.json_values import columns, number


@pytest.mark.parametrize("value", [0.0, -0.0, 1e-9, 12.345678, -9999.6, 1e300, 2.5e-300])
def test_a_number_keeps_four_digits(value: float) -> None:
    kept = number(value)
    assert kept == pytest.approx(value, rel=5.001e-4)
    digits = json.dumps(kept).partition("e")[0].replace(".", "").strip("-0")
    assert len(digits) <= 4


def test_infinity_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^inf\b"):
        number(np.inf)


def test_columns_of_every_type() -> None:
    whole = pd.array([1, None], "Int64")
    frame = pd.DataFrame({"a": ["x", None], "b": [1.23456, np.nan], "c": [True, False], "d": whole})
    assert columns(frame) == {"a": ["x", None], "b": [1.235, None], "c": [True, False], "d": [1, None]}
