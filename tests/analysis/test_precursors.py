"""Precursors against their nulls: no excess where there is none, an excess where a lead is planted."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from emergence import tables
from emergence.analysis.intervals import clopper_pearson
from emergence.analysis.precursors import leads, make, rates, relation, rotations
from emergence.schemas.analysis import EVENTS, LEADS, PRECURSORS
from emergence.schemas.trajectories import MEASURE
from emergence.settings.analysis import LeadSettings, Precursors

Array = NDArray[np.float64]
Plan = Callable[[np.random.Generator, int], tuple[Array, Array]]  # positions of n onsets and of n events

STEPS = np.unique(np.r_[np.arange(11), np.geomspace(10, 400, 65).astype(int), np.arange(400, 3601, 40)])
AT = np.arange(len(STEPS))
TASKS = ("COPY", "REV", "CMP", "SORT", "PAR", "ADD", "MOD", "MUL")


def recovering(onset: float, noise: float = 0.0, rng: np.random.Generator | None = None) -> Array:
    """Log rank: a fall to a floor, which is left at ``onset``."""
    log = np.interp(AT, [4, 18, onset, onset + 40], np.log([16, 4, 4, 12]))
    return log if rng is None else log + rng.normal(0, noise, len(AT))


def wandering(rng: np.random.Generator) -> Array:
    """A stationary curve, which looks the same when it is rotated."""
    noise = rng.normal(0, 0.15, len(AT) + 50)
    for i in range(1, len(noise)):
        noise[i] += 0.9 * noise[i - 1]
    return 3 + noise[50:]


def world(curves: dict[str, list[Array]], events: dict[str, Array]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows of a measure and events: for each run a curve and the position of an event (or NaN) for each task."""
    rows, found = [], []
    for seed, run in enumerate(curves):
        identity = {"study": "anatomy", "run": run, "size": "s", "parameters": 1000, "seed": seed}
        kind = {"layer": 1, "measure": "rankme", "variant": "answer/centred/sigma", "standard_error": np.nan}
        for task, log, event in zip(TASKS, curves[run], events[run], strict=False):
            unit = {**identity, "task": task, "level": "1"}
            rows.append(pd.DataFrame({**unit, **kind, "step": STEPS, "value": np.exp(log)}))
            step = np.interp(event, AT, STEPS)
            times = dict.fromkeys(("step", "step_before", "step_after", "width"), step)
            found.append({**unit, "metric": "exact_match", "emerged": np.isfinite(event), **times, "final_score": 1.0})
    return pd.concat(rows).sort_values(["run", "step"], kind="stable"), pd.DataFrame(found)


def planned(seed: int, plan: Plan, runs: int = 8, noise: float = 0.0) -> tuple[pd.DataFrame, pd.DataFrame]:
    rng = np.random.default_rng(seed)
    plans = {f"r{run}": plan(rng, len(TASKS)) for run in range(runs)}
    curves = {run: [recovering(onset, noise, rng) for onset in onsets] for run, (onsets, _) in plans.items()}
    return world(curves, {run: events for run, (_, events) in plans.items()})


def overall(rows: pd.DataFrame, events: pd.DataFrame, settings: LeadSettings) -> pd.DataFrame:
    """Rates over all tasks and sizes, by control."""
    table = rates(leads(events, rows, settings), events, "rankme", settings.statistics)
    chosen = (table["difficulty"] == "all") & (table["size"] == "all")
    return table[chosen].set_index("control").drop(columns=["measure", "metric", "difficulty", "size"]).astype(float)


# Calibration -------------------------------------------------------------------------------------------------------


def excesses(worlds: list[tuple[pd.DataFrame, pd.DataFrame]], control: str, settings: LeadSettings) -> pd.DataFrame:
    return pd.DataFrame([overall(*of_one, settings).loc[control] for of_one in worlds])


def assert_no_excess(found: pd.DataFrame) -> None:
    """Intervals cover zero mostly; a percentile bootstrap over eight runs covers less than it says."""
    assert abs(found["excess"].mean()) < 0.04
    assert ((found["excess_low"] <= 0) & (found["excess_high"] >= 0)).mean() >= 0.7
    assert (found["excess_high"] - found["excess_low"] > 0.02).all()


def test_placebo_of_unrelated_onsets(lead_settings: LeadSettings) -> None:
    def unrelated(rng: np.random.Generator, n: int) -> tuple[Array, Array]:
        return rng.uniform(20, 140, n), rng.uniform(20, 145, n)

    quick = lead_settings.model_copy(update={"precursors": Precursors(margin=2.0, shifts=1)})
    found = excesses([planned(seed, unrelated) for seed in range(16)], "placebo", quick)
    assert 0.3 < found["rate"].mean() < 0.7, "a null near 0 or 1 would test nothing"
    assert_no_excess(found)


def test_circular_shift_of_unrelated_curves(lead_settings: LeadSettings) -> None:
    worlds = []
    for seed in range(12):
        rng = np.random.default_rng(seed)
        runs = [f"r{run}" for run in range(8)]
        curves = {run: [wandering(rng) for _ in TASKS] for run in runs}
        worlds.append(world(curves, {run: rng.uniform(20, 100, len(TASKS)) for run in runs}))
    found = excesses(worlds, "circular shift", lead_settings)
    assert 0.3 < found["rate"].mean() < 0.9
    assert_no_excess(found)


def test_a_planted_precursor_exceeds_both_nulls(lead_settings: LeadSettings) -> None:
    """The measure rises eight checkpoints before its own event; events are spread over training."""

    def ahead(rng: np.random.Generator, n: int) -> tuple[Array, Array]:
        events = rng.uniform(40, 145, n)
        return events - 8, events

    found = overall(*planned(0, ahead), lead_settings)
    assert found.loc["observed", "rate"] == 1.0
    assert found.loc["placebo", "rate"] < 0.7
    assert found.loc["placebo", "excess_low"] > 0.3
    assert found.loc["circular shift", "excess_low"] > 0.1


def test_an_early_recovery_common_to_all_tasks_is_no_precursor(lead_settings: LeadSettings) -> None:
    """The trap: it leads every event, since it comes early. So do the curves of other tasks."""

    def common(rng: np.random.Generator, n: int) -> tuple[Array, Array]:
        return rng.uniform(22, 26, n), rng.uniform(50, 145, n)

    found = overall(*planned(0, common), lead_settings)
    assert found.loc["observed", "rate"] == 1.0
    assert found.loc["placebo", "rate"] == 1.0
    assert found.loc["placebo", "excess"] == 0.0
    assert not found.loc["placebo", "excess_low"] > 0.0


@pytest.mark.parametrize("noise", [0.0, 0.01])
def test_a_measure_that_lags_has_no_lead(noise: float, lead_settings: LeadSettings) -> None:
    def behind(rng: np.random.Generator, n: int) -> tuple[Array, Array]:
        events = rng.uniform(40, 120, n)
        return events + 8, events

    found = overall(*planned(0, behind, noise=noise), lead_settings)
    assert found.loc["observed", "rate"] <= 0.05
    assert found.loc["placebo", "excess_high"] < 0


def test_a_class_that_recovers_early_is_no_precursor_of_its_tasks(lead_settings: LeadSettings) -> None:
    """Easy tasks recover early and emerge early, hard ones late: curves tell the class, and nothing of the task."""

    def classes(rng: np.random.Generator, n: int) -> tuple[Array, Array]:
        half = n // 2  # the first four tasks are the easy ones
        onsets = np.r_[rng.uniform(24, 30, half), rng.uniform(70, 75, half)]
        return onsets, np.r_[rng.uniform(35, 60, half), rng.uniform(85, 140, half)]

    rows, events = planned(0, classes)
    table = rates(leads(events, rows, lead_settings), events, "rankme", lead_settings.statistics)
    placebo = table[(table["size"] == "all") & (table["control"] == "placebo")].set_index("difficulty")["excess"]
    assert placebo["easy"] == pytest.approx(0.0, abs=0.05)
    assert placebo["hard"] == pytest.approx(0.0, abs=0.05)


# Rows --------------------------------------------------------------------------------------------------------------


def test_leads_are_counted_in_checkpoints(lead_settings: LeadSettings) -> None:
    onsets, events = [30.0, 50.0, 70.0], np.array([40.0, 51.0, 65.0])
    found = leads(*reversed(world({"r0": [recovering(onset) for onset in onsets]}, {"r0": events})), lead_settings)
    assert found["lead"].tolist() == pytest.approx([10, 1, -5])
    assert found["relation"].tolist() == ["leads", "synchronous", "lags"]
    assert found["onset_step"].tolist() == pytest.approx(STEPS[[30, 50, 70]])
    assert found["event_step"].tolist() == pytest.approx(STEPS[[40, 51, 65]])
    assert found["placebo_null"].tolist() == [0.0, 0.5, 1.0], "curves of the two other tasks"


def test_levels_of_the_same_task_are_no_placebo(lead_settings: LeadSettings) -> None:
    rows, events = world({"r0": [recovering(30.0), recovering(90.0), recovering(30.0)]}, {"r0": np.full(3, 60.0)})
    for table in (rows, events):
        table.loc[table["task"] == "CMP", ["task", "level"]] = ["COPY", "2"]
    found = leads(events, rows, lead_settings).set_index(["task", "level"])["placebo_null"]
    assert found.to_dict() == {("COPY", "1"): 0.0, ("REV", "1"): 1.0, ("COPY", "2"): 0.0}


def test_only_the_last_layer_is_looked_at(lead_settings: LeadSettings) -> None:
    deep, events = world({"r0": [recovering(30.0), recovering(40.0)]}, {"r0": np.array([60.0, 60.0])})
    shallow, _ = world({"r0": [recovering(100.0), recovering(100.0)]}, {"r0": np.array([60.0, 60.0])})
    found = leads(events, pd.concat([shallow, deep.assign(layer=2)]), lead_settings)
    assert found["lead"].tolist() == pytest.approx([30, 20])


def test_each_event_meets_the_curve_of_its_own_run(lead_settings: LeadSettings) -> None:
    curves = {"r0": [recovering(30.0), recovering(50.0)], "r1": [recovering(70.0), recovering(90.0)]}
    events = {"r0": np.array([100.0, np.nan]), "r1": np.array([np.nan, 100.0])}
    found = leads(*reversed(world(curves, events)), lead_settings)
    assert found[["run", "task"]].to_numpy().tolist() == [["r0", "COPY"], ["r1", "REV"]]
    assert found["lead"].tolist() == pytest.approx([70, 10])


def test_without_recovery_there_is_no_lead(lead_settings: LeadSettings) -> None:
    fallen = np.interp(AT, [4, 18], np.log([16, 4]))
    found = leads(*reversed(world({"r0": [fallen, recovering(30.0)]}, {"r0": np.array([60.0, 60.0])})), lead_settings)
    assert found["relation"].tolist() == ["none", "leads"]
    assert found["onset_step"].isna().tolist() == [True, False]
    assert found["placebo_null"].tolist() == [1.0, 0.0]


@pytest.mark.parametrize(
    ("lead", "name"),
    [(2.1, "leads"), (2.0, "synchronous"), (0.0, "synchronous"), (-2.0, "synchronous"), (-2.1, "lags")],
)
def test_relation_has_a_margin(lead: float, name: str) -> None:
    assert relation(lead, margin=2.0) == name


def test_no_lead_has_no_relation() -> None:
    assert relation(float("nan"), margin=2.0) == "none"
    assert relation(1e-9, margin=0.0) == "leads"


def test_rotations_are_never_the_curve_itself() -> None:
    curve = np.random.default_rng(0).standard_normal(7)
    found = rotations(curve, 2000, np.random.default_rng(1))
    every = {tuple(np.roll(curve, -offset)) for offset in range(1, 7)}
    assert {tuple(row) for row in found} == every, "all the others, and no more"


# Tables ------------------------------------------------------------------------------------------------------------


def test_rates_by_difficulty_and_size(lead_settings: LeadSettings) -> None:
    """COPY is easy and led, ADD is hard and not; sizes differ in ADD of the larger."""
    unit = {"measure": "rankme", "metric": "exact_match", "shift_null": 0.25, "placebo_null": 0.5}
    found = pd.DataFrame(
        [
            {**unit, "run": f"{size}-{run}", "size": size, "difficulty": difficulty, "relation": relation}
            for size, hard in (("small", "lags"), ("large", "leads"))
            for run in range(2)
            for difficulty, relation in (("easy", "leads"), ("hard", hard))
        ]
    )
    events = pd.DataFrame({"metric": "exact_match", "size": ["small", "large", "huge"]})
    table = rates(found, events, "rankme", lead_settings.statistics)
    table = table.set_index(["difficulty", "size", "control"]).sort_index()
    assert len(table) == 3 * 4 * 3
    expected = {"easy": [1.0, 1.0, 1.0], "hard": [0.5, 0.0, 1.0], "all": [0.75, 0.5, 1.0]}
    for difficulty, observed in expected.items():
        found_rates = [table.loc[(difficulty, size, "observed"), "rate"] for size in ("all", "small", "large")]
        assert found_rates == observed
    assert table.loc[("hard", "all", "circular shift"), ["rate", "excess"]].tolist() == [0.25, 0.25]
    assert table.loc[("hard", "all", "placebo"), ["rate", "excess"]].tolist() == [0.5, 0.0]
    row = table.loc[("all", "all", "observed")]
    assert (row["naive_low"], row["naive_high"]) == clopper_pearson(6, 8, 0.95)
    huge = table.xs("huge", level="size")
    assert set(huge["events"]) == {0}
    assert huge["rate"].isna().all()


def test_intervals_of_rates_are_of_runs(lead_settings: LeadSettings) -> None:
    """Six runs of ten events each, all of which lead or none: six observations and not sixty."""
    unit = {"measure": "rankme", "metric": "exact_match", "size": "s", "difficulty": "hard"}
    nulls = {"shift_null": 0.0, "placebo_null": 0.0}
    rows = [{**unit, "run": r, "relation": "leads" if r % 2 else "none", **nulls} for r in range(6) for _ in range(10)]
    events = pd.DataFrame({"metric": ["exact_match"], "size": ["s"]})
    table = rates(pd.DataFrame(rows), events, "rankme", lead_settings.statistics)
    row = table[(table["difficulty"] == "all") & (table["control"] == "observed")].iloc[0]
    assert row["high"] - row["low"] > 1.8 * (row["naive_high"] - row["naive_low"])


def test_one_more_lead_does_not_weaken_a_rate(lead_settings: LeadSettings) -> None:
    lows = []
    for lagging in (1, 0):
        unit = {"metric": "exact_match", "size": "s", "difficulty": "hard", "shift_null": 0.5, "placebo_null": 0.5}
        found = pd.DataFrame([{**unit, "run": run, "relation": "leads"} for run in range(12) for _ in range(8)])
        found.loc[: lagging - 1, "relation"] = "lags"
        events = pd.DataFrame({"metric": ["exact_match"], "size": ["s"]})
        table = rates(found, events, "rankme", lead_settings.statistics)
        row = table[(table["difficulty"] == "all") & (table["control"] == "observed")].iloc[0]
        assert row["rate"] == 1 - lagging / 96
        lows.append(row["low"])
    assert lows[1] >= lows[0]


def written(rows: pd.DataFrame, events: pd.DataFrame, settings: LeadSettings, folder: Path) -> list[pd.DataFrame]:
    tables.write(EVENTS, events, folder / "events.parquet")
    tables.write(MEASURE, rows, folder / "rankme.parquet")
    names = (folder / "leads.parquet", folder / "precursors.parquet")
    make(settings, folder / "events.parquet", [folder / "rankme.parquet"], *names)
    return [tables.read(schema, path) for schema, path in zip((LEADS, PRECURSORS), names, strict=True)]


def test_tables_follow_their_schemas(lead_settings: LeadSettings, tmp_path: Path) -> None:
    rows, events = planned(0, lambda rng, n: (rng.uniform(20, 60, n), rng.uniform(50, 140, n)), runs=2)
    other = rows.assign(variant="mean/centred/sigma", value=rows["value"].iloc[::-1].to_numpy())
    found, table = written(pd.concat([rows, other]), events, lead_settings, tmp_path)
    pd.testing.assert_frame_equal(found, leads(events, rows, lead_settings), check_dtype=False)
    assert set(found["difficulty"]) == {"easy", "hard"}
    assert set(table["difficulty"]) == {"easy", "hard", "all"}


def test_without_events_rates_are_null(lead_settings: LeadSettings, tmp_path: Path) -> None:
    curves = {run: [recovering(30.0), recovering(50.0)] for run in ("r0", "r1")}
    rows, events = world(curves, {run: np.full(2, np.nan) for run in curves})
    found, table = written(rows, events, lead_settings, tmp_path)
    assert found.empty
    assert len(table) == 3 * 2 * 3
    assert set(table["events"]) == {0}
    assert table[["rate", "low", "high", "excess"]].isna().all(axis=None)


def test_one_run_gives_rates_without_intervals(lead_settings: LeadSettings) -> None:
    found = overall(*world({"r0": [recovering(30.0), recovering(50.0)]}, {"r0": np.full(2, 90.0)}), lead_settings)
    assert found.loc["observed", "rate"] == 1.0
    assert np.isnan(found.loc["observed", "low"])
    assert np.isfinite(found.loc["observed", "naive_low"])


def test_a_single_task_has_no_placebo(lead_settings: LeadSettings, tmp_path: Path) -> None:
    once = np.array([90.0])
    rows, events = world({"r0": [recovering(30.0)], "r1": [recovering(40.0)]}, {"r0": once, "r1": once})
    found, table = written(rows, events, lead_settings, tmp_path)
    assert found["relation"].tolist() == ["leads", "leads"]
    assert found["placebo_null"].isna().all()
    placebo = table[table["control"] == "placebo"]
    assert placebo[["rate", "excess", "excess_low"]].isna().all(axis=None)
