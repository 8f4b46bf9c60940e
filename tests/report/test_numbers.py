import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from emergence.config import loading
from emergence.config.project import settings_for
from emergence.report import numbers, studies
from emergence.report.json_values import one, plain, records
from emergence.report.numbers import NumbersError


def test_json_has_nothing_that_json_lacks() -> None:
    frame = pd.DataFrame(
        {"a": [np.nan, np.inf, 1.5], "b": pd.array([1, None, 3], dtype="Int64"), "c": [True, False, None]}
    )
    assert records(frame) == [
        {"a": None, "b": 1, "c": True},
        {"a": None, "b": None, "c": False},
        {"a": 1.5, "b": 3, "c": None},
    ]
    assert json.loads(json.dumps(records(frame), allow_nan=False))
    assert plain(np.int64(3)) == 3


def test_one_row_is_one_row() -> None:
    frame = pd.DataFrame({"task": ["ADD", "ADD"], "step": [3, 4]})
    assert one(frame, task="MUL") is None
    with pytest.raises(ValueError, match="2 rows"):
        one(frame, task="ADD")


def events() -> pd.DataFrame:
    rows = [
        {"run": run, "size": size, "parameters": count, "task": task, "emerged": emerged, "step": step}
        for run, size, count in (("big-s1", "big", 200), ("small-s1", "small", 100))
        for task, emerged, step in (("ADD", True, count), ("MUL", size == "big", 300.0), ("CTL", False, np.nan))
    ]
    frame = pd.DataFrame(rows)
    return frame.assign(step=frame["step"].where(frame["emerged"]))


def test_events_are_counted_without_the_control() -> None:
    found = studies.event_counts(events())
    assert (found["emerged"], found["units"], found["runs"]) == (3, 4, 2)
    assert [(row["size"], row["emerged"], row["units"]) for row in found["by_size"]] == [("small", 1, 2), ("big", 2, 2)]
    assert found["control"] == {"emerged": 0, "units": 2}
    assert (found["steps"]["value"], found["steps"]["count"]) == (200.0, 3)


def test_no_event_has_no_time() -> None:
    none = events().assign(emerged=False, step=np.nan)
    assert studies.event_counts(none)["steps"] == {"value": None, "low": None, "high": None, "count": 0}


def test_collapse_is_that_of_the_last_layer() -> None:
    rows = [
        {
            "run": run,
            "task": task,
            "layer": layer,
            "depth": depth,
            "floor_step": 1.0,
            "collapse_step": 2.0,
            "onset_step": 3.0,
        }
        for run, layers in (("a", 2), ("b", 3))
        for task, depth in (("ADD", 0.5), ("CTL", 0.1))
        for layer, depth in [(at, depth if at == layers else 0.9) for at in range(1, layers + 1)]
    ]
    assert studies.collapse_summary(pd.DataFrame(rows))["depth"] == {"value": 0.5, "low": 0.5, "high": 0.5, "count": 2}


def test_least_excess_is_over_the_strictest_null() -> None:
    shared = {"measure": "rankme", "holm_p": 0.5, "size": "all"}
    rates = pd.DataFrame(
        [
            {
                **shared,
                "control": "observed",
                "rate": 0.9,
                "low": 0.8,
                "high": 1.0,
                "excess": np.nan,
                "excess_low": np.nan,
                "excess_high": np.nan,
            },
            {**shared, "control": "shift", "rate": 0.5, "excess": 0.4, "excess_low": 0.3, "excess_high": 0.5},
            {**shared, "control": "placebo", "rate": 0.8, "excess": 0.1, "excess_low": 0.0, "excess_high": 0.2},
        ]
    )
    shares = pd.DataFrame({"measure": "rankme", "relation": ["leads", "lags"], "share": [0.9, 0.1]})
    of_size = rates.iloc[[0]].assign(size="4x16", rate=0.7, low=0.6, high=0.8)
    (found,) = studies.lead_rates(pd.concat([rates, of_size], ignore_index=True), shares)
    assert found["observed"]["rate"] == 0.9
    assert found["by_size"] == [{"size": "4x16", "rate": 0.7, "low": 0.6, "high": 0.8}]
    assert found["least"] == {"control": "placebo", "excess": 0.1, "excess_low": 0.0, "excess_high": 0.2, "holm_p": 0.5}
    assert set(found["nulls"]) == {"shift", "placebo"}
    assert found["relations"] == {"leads": 0.9, "lags": 0.1}


def test_a_measure_without_events_has_no_excess() -> None:
    columns = {
        "excess": np.nan,
        "excess_low": np.nan,
        "excess_high": np.nan,
        "holm_p": np.nan,
        "low": np.nan,
        "high": np.nan,
    }
    rates = pd.DataFrame(
        [
            {"measure": "llc", "size": "all", "control": name, "rate": np.nan, **columns}
            for name in ("observed", "shift")
        ]
    )
    (found,) = studies.lead_rates(rates, pd.DataFrame({"measure": [], "relation": [], "share": []}))
    assert (found["observed"]["rate"], found["least"], found["relations"]) == (None, None, {})


def test_networks_are_held_over_the_theory_with_fitted_constants() -> None:
    row = {"axis": "step", "skill": 1, "share": 0.5, "low": 0.0, "high": 0.0, "law": None}
    crossings = pd.DataFrame(
        [
            {**row, "source": "network", "value": 120.0},
            {**row, "source": "fitted", "law": "sigmoid", "value": 100.0},
            {**row, "source": "published", "law": "sigmoid", "value": 60.0},
            {**row, "source": "network", "value": 12.0, "share": 0.05},
        ]
    )
    (found,) = studies.ratios_to_theory(crossings)
    assert (found["over"], found["law"], found["value_theory"]) == (1.2, "sigmoid", 100.0)


def test_rules_are_graded_where_there_is_a_truth() -> None:
    conclusions = pd.DataFrame({"rule": ["alone"] * 3 + ["nulls"], "right": [True, False, None, None]})
    assert studies.rule_accuracy(conclusions) == [
        {"rule": "alone", "right": 1, "decided": 2},
        {"rule": "nulls", "right": 0, "decided": 0},
    ]


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "anatomy.json").write_text("{")
    with pytest.raises(NumbersError, match=r"anatomy\.json: "):
        numbers.read(tmp_path / "anatomy.json")


def test_runs_are_summed_up_by_kind(tmp_path: Path) -> None:
    manifest = {
        "settings": {"study": "anatomy", "size": {"name": "4x16"}, "run": "4x16-s1"},
        "parameters": {"trainable": 5},
        "hardware": {"cores": 2},
        "versions": {"torch": "2"},
        "checkpoints": [1, 2],
    }
    other = manifest | {"settings": {**manifest["settings"], "run": "4x16-s2"}, "checkpoints": [1]}
    for name, of_run in (("first", manifest), ("second", other)):
        (tmp_path / f"{name}.json").write_text(json.dumps(of_run))
    summed = numbers.run_summary(numbers.trained_runs([tmp_path / "first.json", tmp_path / "second.json"]))
    assert summed == {
        "sizes": [{"study": "anatomy", "size": "4x16", "trainable": 5}],
        "hardware": [{"cores": 2}],
        "versions": [{"torch": "2"}],
        "runs": 2,
        "checkpoints": 3,
    }


def test_the_paper_is_given_every_setting_but_of_looks(settings_values: dict[str, object]) -> None:
    whole = loading.load(settings_values)
    given = settings_for(whole, "paper_numbers")["settings"]
    assert json.loads(json.dumps(given)) == given
    assert "figures" not in given
    assert [settings_for(whole, f"{study}_numbers")["metric"] for study in ("anatomy", "language")] == [
        "exact_match",
        "accuracy",
    ]
