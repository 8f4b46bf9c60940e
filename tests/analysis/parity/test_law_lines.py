"""Lines of laws go through what was measured, with the exponent that is expected."""

import numpy as np
import pandas as pd
import pytest

from emergence.analysis.parity.law_lines import expected_losses, expected_times, on_axis

LOSSES = pd.DataFrame({"x": [1.0, 10.0, 100.0, 1000.0], "closed": [8.0, 4.0, 2.0, 1.0]})


def test_times_have_the_expected_exponent() -> None:
    times = pd.DataFrame({"skill": [1, 2, 4], "value": [3.0, np.nan, 50.0]})
    assert expected_times(times, {"scale": 3.0, "expected": 2.0}).tolist() == [3.0, 12.0, 48.0]


@pytest.mark.parametrize(("end", "last"), [(500.0, 500.0), (1e5, 1000.0)])
def test_losses_begin_at_the_closed_form_and_end_with_training(end: float, last: float) -> None:
    line = expected_losses(LOSSES, {"start": 10.0, "end": end, "expected": -0.5, "value": -0.4})
    assert (line["x"].iloc[0], line["value"].iloc[0], line["x"].iloc[-1]) == pytest.approx((10.0, 4.0, last))
    slopes = np.diff(np.log(line["value"])) / np.diff(np.log(line["x"]))
    np.testing.assert_allclose(slopes, -0.5)


def test_without_a_fit_there_is_no_line() -> None:
    assert expected_losses(LOSSES, {"start": 10.0, "end": 500.0, "expected": -0.5, "value": np.nan}).empty


def test_a_rate_is_a_time_with_its_interval_the_other_way_round() -> None:
    constant = {"value": 4.0, "low": 2.0, "high": 5.0, "published": 10.0}
    assert on_axis("samples", constant) == constant
    assert on_axis("step", constant) == {"value": 0.25, "low": 0.2, "high": 0.5, "published": 0.1}
