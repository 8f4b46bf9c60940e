"""Selections take the rows they name; summaries agree with numpy on each group."""

import numpy as np
import pandas as pd
import pytest

from emergence.analysis.select import (
    Spread,
    errors_in_tolerances,
    groups,
    last_layer,
    numbered,
    seed_summary,
    select,
    within_error,
    without_control,
)

RNG = np.random.default_rng(0)
TABLE = pd.DataFrame(
    {
        "run": np.repeat(["small-s1", "small-s2", "large-s1"], 8),
        "size": np.repeat(["small", "small", "large"], 8),
        "layer": pd.array([0, 1] * 8 + [0, 3, 2, 1] * 2, "Int64"),
        "task": ["ADD", "ADD", "CTL", "CTL"] * 6,
        "value": RNG.lognormal(size=24),
    }
)


def test_select_takes_one_value_any_of_several_or_nulls() -> None:
    table = TABLE.assign(level=[None, "1"] * 12)
    assert set(select(table, size="large")["run"]) == {"large-s1"}
    assert set(select(table, run=["small-s1", "large-s1"])["run"]) == {"small-s1", "large-s1"}
    assert select(table, level=None)["level"].isna().all()
    assert len(select(table, level=None)) == 12
    assert select(table).equals(table)


def test_groups_and_numbers_are_in_the_order_of_the_first_rows() -> None:
    order = [("small", "ADD"), ("small", "CTL"), ("large", "ADD"), ("large", "CTL")]
    parts = dict(groups(TABLE, ["size", "task"]))
    assert list(parts) == order
    assert all((rows[["size", "task"]] == list(keys)).all(axis=None) for keys, rows in parts.items())
    rows = numbered(TABLE, ["size", "task"])
    assert [order[number] for number in rows["number"]] == list(zip(rows["size"], rows["task"], strict=True))


def test_an_error_reaches_to_both_sides() -> None:
    rows = within_error(TABLE.assign(standard_error=0.5))
    np.testing.assert_allclose(rows["high"] - rows["value"], 0.5)
    np.testing.assert_allclose(rows["value"] - rows["low"], 0.5)


def test_a_null_integer_is_equal_to_no_value() -> None:
    table = pd.DataFrame({"seeds": pd.array([1, None], "Int64")})
    assert len(select(table, seeds=1)) == 1
    assert len(select(table, seeds=None)) == 1


def test_the_last_layer_is_that_of_each_run() -> None:
    last = last_layer(TABLE)
    assert last.groupby("run")["layer"].unique().map(list).to_dict() == {
        "small-s1": [1], "small-s2": [1], "large-s1": [3],
    }  # fmt: skip


def test_rows_without_a_layer_stay() -> None:
    assert len(last_layer(TABLE.assign(layer=pd.array([None] * 24, "Int64")))) == 24


def test_the_control_is_left_out() -> None:
    assert set(without_control(TABLE)["task"]) == {"ADD"}


def moments(values: np.ndarray) -> dict[str, tuple[float, float]]:
    """Both ends of every spread, by numpy."""
    return {
        "range": (values.min(), values.max()),
        "quartiles": tuple(np.quantile(values, [0.25, 0.75])),
        "deciles": tuple(np.quantile(values, [0.1, 0.9])),
        "deviation": (values.mean() - values.std(ddof=1), values.mean() + values.std(ddof=1)),
    }


@pytest.mark.parametrize("spread", ["range", "quartiles", "deciles", "deviation"])
def test_a_summary_has_a_row_a_group_in_ascending_order(spread: Spread) -> None:
    summary = seed_summary(TABLE, "value", ["size", "task"], spread)
    assert list(zip(summary["size"], summary["task"], strict=True)) == [
        ("large", "ADD"), ("large", "CTL"), ("small", "ADD"), ("small", "CTL"),
    ]  # fmt: skip
    for row in summary.to_dict("records"):
        values = select(TABLE, size=row["size"], task=row["task"])["value"].to_numpy()
        assert (row["low"], row["high"]) == pytest.approx(moments(values)[spread])
        assert (row["mean"], row["median"]) == pytest.approx((values.mean(), np.median(values)))


def test_a_geometric_mean_is_over_logarithms_and_nulls_do_not_count() -> None:
    table = pd.DataFrame({"step": [1, 1, 1], "value": [1.0, 16.0, np.nan]})
    assert seed_summary(table, "value", ["step"], geometric=True)["mean"].tolist() == pytest.approx([4.0])


def test_one_value_has_no_standard_deviation() -> None:
    summary = seed_summary(pd.DataFrame({"step": [1], "value": [2.0]}), "value", ["step"], "deviation")
    assert summary[["low", "high"]].isna().all(axis=None)


def test_a_summary_of_nothing_is_empty() -> None:
    assert seed_summary(TABLE.head(0), "value", ["size"]).empty


CHECKS = pd.DataFrame(
    {
        "estimator": ["RankMe", "LLC", "RankMe"],
        "error": [0.2, -3.0, np.nan],
        "standard_error": [np.nan, 1.0, np.nan],
        "tolerance": [0.4, 2.0, 1.0],
    }
)


def test_errors_are_in_tolerances_and_checks_of_an_estimator_together() -> None:
    rows = errors_in_tolerances(CHECKS)
    assert rows["estimator"].tolist() == ["RankMe", "RankMe", "LLC"]
    assert rows["number"].tolist() == [0, 0, 1]
    ends = rows[["low", "value", "high"]].to_numpy()
    np.testing.assert_allclose(ends, [[0.5, 0.5, 0.5], [np.nan] * 3, [-2.0, -1.5, -1.0]])
