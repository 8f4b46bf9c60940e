"""Precursors against their nulls: no excess where there is none, an excess where a lead is planted."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from synthetic.anatomy_tables import AT, TASKS, Array, events_and_scores, measure_rows, recovering_rank

from emergence.analysis.intervals import clopper_pearson, sign_flip
from emergence.analysis.leads import LeadSettings, find_leads
from emergence.analysis.precursors import (
    CELLS,
    DEFINITIONS,
    NULLS,
    RELATIONS,
    RateCells,
    estimate_hierarchy,
    estimate_precursor_rates,
    estimate_rates,
    with_own_loss,
)
from emergence.config.protocol import Signal, Statistics
from emergence.io import tables
from emergence.schemas.analysis import EVENTS, HIERARCHY, LEADS, PRECURSORS

pytestmark = pytest.mark.long

Plan = Callable[[np.random.Generator, int], tuple[Array, Array]]  # positions of n onsets and of n events

NAN = float("nan")
RUNS = [f"middle-s{seed}" for seed in range(6)]
ONE = RateCells(["rankme"], ["exact_match"], ["onset"], [])
FAMILIES = ["metric", "definition", "classes", "size", "control"]
WITH_CONTROL = (*TASKS, "CTL")


def planned(seed: int, plan: Plan, width: float = 10.0) -> tuple[pd.DataFrame, ...]:
    """Rows of RankMe, events and scores of six runs, in which a control never moves."""
    rng = np.random.default_rng(seed)
    plans = {run: plan(rng, len(TASKS)) for run in RUNS}
    curves = {run: [*map(recovering_rank, onsets), np.full(len(AT), 4.0)] for run, (onsets, _) in plans.items()}
    times = {run: [*events, NAN] for run, (_, events) in plans.items()}
    return measure_rows(curves, tasks=WITH_CONTROL), *events_and_scores(times, width, WITH_CONTROL)


def overall(world: tuple[pd.DataFrame, ...], settings: LeadSettings, shifts: int = 1) -> pd.DataFrame:
    """Rates of onsets over all tasks and sizes, by control."""
    rows, events, scores = world
    few = settings.model_copy(update={"precursors": settings.precursors.model_copy(update={"shifts": shifts})})
    found, _ = find_leads(events, scores, rows, few, ("onset",))
    table = estimate_rates(with_own_loss(found), ONE, FAMILIES, settings.statistics)
    return table[table["difficulty"] == "all"].set_index("control").drop(columns=["measure", "metric", "definition"])


# Calibration -------------------------------------------------------------------------------------------------------


def excesses(worlds: Sequence[pd.DataFrame], control: str) -> pd.DataFrame:
    return pd.DataFrame([table.loc[control] for table in worlds]).drop(columns=["classes", "difficulty", "size"])


def assert_no_excess(found: pd.DataFrame) -> None:
    """Intervals cover zero mostly; a percentile bootstrap over six runs covers less than it says."""
    assert abs(found["excess"].mean()) < 3 * 0.07 / len(found) ** 0.5, "of 48 events each"
    assert ((found["excess_low"] <= 0) & (found["excess_high"] >= 0)).mean() >= 0.7
    assert (found["excess_high"] - found["excess_low"] > 0.02).all()


@pytest.fixture(scope="module")
def unrelated(lead_settings: LeadSettings) -> list[pd.DataFrame]:
    """Onsets and events that know nothing of each other, anywhere in training."""

    def plan(rng: np.random.Generator, n: int) -> tuple[Array, Array]:
        return rng.uniform(20, 105, n), rng.uniform(4, len(AT) - 6, n)

    return [overall(planned(seed, plan), lead_settings) for seed in range(20, 27)]


@pytest.mark.parametrize("control", ["placebo", "random"])
def test_unrelated_onsets_have_no_excess(control: str, unrelated: list[pd.DataFrame]) -> None:
    found = excesses(unrelated, control)
    assert 0.3 < found["rate"].mean() < 0.7, "a null near 0 or 1 would test nothing"
    assert_no_excess(found)


def test_circular_shift_of_unrelated_curves(lead_settings: LeadSettings) -> None:
    """Stationary curves look the same when they are rotated."""
    worlds = []
    for seed in range(5):
        rng = np.random.default_rng(seed)
        noise = rng.normal(0, 0.15, (len(RUNS), len(TASKS), len(AT) + 50))
        for i in range(1, noise.shape[-1]):
            noise[..., i] += 0.9 * noise[..., i - 1]
        curves = dict(zip(RUNS, np.exp(3 + noise[..., 50:]), strict=True))
        behaviour = events_and_scores({run: list(rng.uniform(20, 100, len(TASKS))) for run in RUNS})
        rows = measure_rows({run: list(of_run) for run, of_run in curves.items()})
        worlds.append(overall((rows, *behaviour), lead_settings, shifts=30))
    found = excesses(worlds, "shift")
    assert 0.3 < found["rate"].mean() < 0.9
    assert_no_excess(found)


def test_a_planted_precursor_exceeds_every_null(lead_settings: LeadSettings) -> None:
    """The measure rises eight checkpoints before its own event; events are spread over training, and sharp."""

    def ahead(rng: np.random.Generator, n: int) -> tuple[Array, Array]:
        events = rng.uniform(40, 140, n)
        return events - 8, events

    found = overall(planned(0, ahead, width=2.0), lead_settings, shifts=50)
    assert found.loc["observed", "rate"] == 1.0
    assert found.loc["placebo", "rate"] < 0.7
    for control, least in {"shift": 0.1, "placebo": 0.3, "control": 1.0, "random": 0.2, "own score": 1.0}.items():
        assert found.loc[control, "excess_low"] >= least
        assert found.loc[control, "p"] == 2.0**-6, "six runs that agree"


def test_an_early_recovery_common_to_all_is_no_precursor(lead_settings: LeadSettings) -> None:
    """The trap: it leads every event, since it comes early. So do the curves of other tasks, and of the control."""
    rng = np.random.default_rng(0)
    curves = {run: [recovering_rank(onset) for onset in rng.uniform(22, 26, len(WITH_CONTROL))] for run in RUNS}
    times = {run: [*rng.uniform(50, 140, len(TASKS)), NAN] for run in RUNS}
    world = (measure_rows(curves, tasks=WITH_CONTROL), *events_and_scores(times, tasks=WITH_CONTROL))
    found = overall(world, lead_settings)
    assert found.loc["observed", "rate"] == 1.0
    for control in ("placebo", "control"):
        assert found.loc[control, ["rate", "excess", "excess_low", "excess_high", "p"]].tolist() == [1, 0, 0, 0, 1]
    assert found.loc["random", "excess_low"] > 0.1, "events are late, which is why the others are asked"


@pytest.mark.parametrize(("width", "excess"), [(20.0, 0.0), (2.0, 1.0)])
def test_what_moves_with_behaviour_leads_it_no_more_than_the_score(
    width: float, excess: float, lead_settings: LeadSettings
) -> None:
    """The onset comes as the score begins to rise; a slow transition has half of its width to lead by."""

    def alike(rng: np.random.Generator, n: int) -> tuple[Array, Array]:
        events = rng.uniform(50, 130, n)
        return events - 10, events

    found = overall(planned(0, alike, width), lead_settings)
    assert found.loc["observed", "rate"] == 1.0
    assert found.loc["own score", "excess"] == excess


@pytest.mark.parametrize(("ahead_of_loss", "excess"), [(0.0, 0.0), (20.0, 1.0)])
def test_what_the_own_loss_tells_is_no_excess(ahead_of_loss: float, excess: float, lead_settings: LeadSettings) -> None:
    """The loss begins to fall as the measure begins to rise, eight checkpoints before the event, or twelve after it."""
    rng = np.random.default_rng(0)
    times = {run: list(rng.uniform(50, 130, len(TASKS))) for run in RUNS}
    events, scores = events_and_scores(times, width=2.0)
    rows = measure_rows({run: [recovering_rank(time - 8) for time in of_run] for run, of_run in times.items()})
    rising = {run: np.array(of_run) - 8 + ahead_of_loss for run, of_run in times.items()}
    known = {run: [np.clip((AT - start) / 30, -0.1, 1) for start in starts] for run, starts in rising.items()}
    of_loss = measure_rows(known, measure="loss", variant="known", layer=None)
    loss_settings = lead_settings.model_copy(
        update={"measure": "loss", "signal": Signal(variant="known", scale="linear", floor=0.0)}
    )
    both = [
        find_leads(events, scores, *pair, ("onset",))[0] for pair in ((rows, lead_settings), (of_loss, loss_settings))
    ]
    tier = RateCells(["rankme", "loss"], ["exact_match"], ["onset"], [])
    table = estimate_rates(with_own_loss(pd.concat(both)), tier, FAMILIES, lead_settings.statistics)
    found = table[(table["difficulty"] == "all") & (table["control"] == "own loss")].set_index("measure")["excess"]
    assert found.dropna().to_dict() == {"rankme": excess}, "the loss is no null of its own"


@pytest.mark.parametrize("noise", [0.0, 0.01])
def test_a_measure_that_lags_has_no_lead(noise: float, lead_settings: LeadSettings) -> None:
    rng = np.random.default_rng(0)
    times = {run: list(rng.uniform(40, 110, len(TASKS))) for run in RUNS}
    rows = measure_rows(
        {run: [recovering_rank(time + 8, noise, rng) for time in of_run] for run, of_run in times.items()}
    )
    found = overall((rows, *events_and_scores(times)), lead_settings)
    assert found.loc["observed", "rate"] <= 0.05
    assert found.loc["placebo", "excess_high"] < 0
    assert found.loc["placebo", "p"] > 0.9


def test_a_class_that_recovers_early_is_no_precursor_of_its_tasks(lead_settings: LeadSettings) -> None:
    """Easy tasks recover early and emerge early, hard ones late: curves tell the class, and nothing of the task."""

    def plan(rng: np.random.Generator, n: int) -> tuple[Array, Array]:
        half = n // 2  # the first four tasks are the easy ones
        onsets = np.r_[rng.uniform(24, 30, half), rng.uniform(70, 75, half)]
        return onsets, np.r_[rng.uniform(35, 60, half), rng.uniform(85, 135, half)]

    rows, events, scores = planned(0, plan)
    found, _ = find_leads(events, scores, rows, lead_settings, ("onset",))
    table = estimate_rates(with_own_loss(found), ONE, FAMILIES, lead_settings.statistics)
    placebo = table[table["control"] == "placebo"].set_index(["classes", "difficulty"])["excess"]
    assert placebo.to_numpy() == pytest.approx(0.0, abs=0.05)
    assert len(placebo) == 5


# Rates by hand -----------------------------------------------------------------------------------------------------


def lead_rows(cells: Sequence[dict[str, Any]]) -> pd.DataFrame:
    """Leads with all that a rate needs, filled in where a cell says nothing."""
    default = {
        "study": "anatomy", "run": "small-s1", "size": "small", "parameters": 1000, "seed": 1, "task": "COPY",
        "level": "1", "measure": "rankme", "metric": "exact_match", "definition": "onset", "family": "hard",
        "other_seeds": "hard", "event_step": 100.0, "margin": 2.0, "relation": "leads", "shift": 0.5,
        "placebo, family": 0.5, "placebo, other_seeds": 0.5, "control": 0.5, "random": 0.5, "own score": 0.5,
        "own loss": 0.5,
    }  # fmt: skip
    frame = pd.DataFrame([{**default, **cell} for cell in cells])
    return frame.assign(lead=frame["relation"].map({"leads": 5.0, "synchronous": 0.0, "lags": -5.0, "none": NAN}))


def cell(table: pd.DataFrame, control: str = "observed", **chosen: str) -> pd.Series:
    wanted = {"measure": "rankme", "classes": "all", "difficulty": "all", "size": "all", **chosen, "control": control}
    rows = table[(table[list(wanted)] == list(wanted.values())).all(axis=1)]
    assert len(rows) == 1
    return rows.iloc[0]


def test_rates_by_difficulty_and_size(statistics: Statistics) -> None:
    """COPY is easy and led, ADD is hard and led in the larger size alone; other seeds say the opposite of both."""
    found = lead_rows(
        [
            {"run": f"{size}-{run}", "size": size, "family": family, "other_seeds": other, "relation": relation,
             "placebo, family": 0.25, "placebo, other_seeds": 0.75}
            for size, hard in (("small", "lags"), ("large", "leads"))
            for run in range(2)
            for family, other, relation in (("easy", "hard", "leads"), ("hard", "easy", hard))
        ]
    )  # fmt: skip
    tier = RateCells(["rankme"], ["exact_match"], ["onset"], ["small", "large", "huge"])
    table = estimate_rates(found, tier, FAMILIES, statistics)
    assert len(table) == len(CELLS) * 4 * (1 + len(NULLS))
    expected = {"easy": [1.0, 1.0, 1.0], "hard": [0.5, 0.0, 1.0]}
    for way, opposite in (("family", expected), ("other_seeds", {"easy": expected["hard"], "hard": expected["easy"]})):
        for difficulty, observed in opposite.items():
            where = {"classes": way, "difficulty": difficulty}
            assert [cell(table, **where, size=size)["rate"] for size in ("all", "small", "large")] == observed
    assert [cell(table, size=size)["rate"] for size in ("all", "small", "large")] == [0.75, 0.5, 1.0]
    for where, rate, excess in (
        ({"classes": "family", "difficulty": "hard"}, 0.25, 0.25),
        ({"classes": "other_seeds", "difficulty": "easy"}, 0.75, -0.25),
        ({}, 0.25, 0.5),
    ):
        row = cell(table, "placebo", **where)
        assert (row["rate"], row["excess"]) == (rate, excess), "the placebo of the same way of telling"
    row = cell(table)
    assert (row["naive_low"], row["naive_high"]) == clopper_pearson(6, 8, 0.95)
    huge = table[table["size"] == "huge"]
    assert set(huge["events"]) == {0}
    assert huge[["rate", "low", "excess", "p", "holm_p"]].isna().all(axis=None)


def test_an_event_without_a_null_is_left_out_of_that_null_alone(statistics: Statistics) -> None:
    """Run b has no control, and its own loss is not known for one of two events."""
    found = lead_rows(
        [
            {"run": "a", "control": 0.0, "own loss": 0.0},
            {"run": "a", "control": 0.5, "own loss": 0.0, "relation": "none"},
            {"run": "b", "control": None, "own loss": 1.0},
            {"run": "b", "control": None, "own loss": None},
        ]
    )
    table = estimate_rates(found, ONE, FAMILIES, statistics)
    expected = {"observed": (4, 2, 0.75), "control": (2, 1, 0.25), "own loss": (3, 2, 1 / 3), "random": (4, 2, 0.5)}
    for control, (events, runs, rate) in expected.items():
        row = cell(table, control)
        assert (row["events"], row["runs"], row["rate"]) == (events, runs, pytest.approx(rate))
    assert cell(table, "control")["excess"] == 0.25, "of the two events of run a"
    assert cell(table, "own loss")["excess"] == pytest.approx((1 + 0 + 0) / 3)
    assert np.isnan(cell(table, "control")["excess_low"]), "one run shows no spread"


def test_p_is_that_of_signs_of_runs(statistics: Statistics) -> None:
    found = lead_rows(
        [{"run": run, "relation": "leads" if run != "c" else "lags", "placebo, family": 0.3} for run in "aabbccdef"]
    )
    values = np.where(found["relation"] == "leads", 1.0, 0.0) - 0.3
    expected = sign_flip(values, found["run"], 0, np.random.default_rng(0))
    assert cell(estimate_rates(found, ONE, FAMILIES, statistics), "placebo")["p"] == expected
    assert 2**-6 < expected < 0.5


def test_holm_within_each_family(statistics: Statistics) -> None:
    """Two measures and two difficulties that share a family; by hand, over p that there are."""
    cells = []
    for measure, runs in (("rankme", 5), ("llc", 3)):
        for family, missing in (("easy", 0), ("hard", 1)):
            cells += [
                {"measure": measure, "family": family, "other_seeds": None, "run": str(run), "own score": 0.1}
                for run in range(runs - missing)
            ]
    tier = RateCells(["rankme", "llc", "hessian"], ["exact_match"], ["onset"], [])
    table = estimate_rates(lead_rows(cells), tier, FAMILIES, statistics)
    p = {("rankme", "easy"): 1 / 32, ("rankme", "hard"): 1 / 16, ("llc", "easy"): 1 / 8, ("llc", "hard"): 1 / 4}
    holm = {("rankme", "easy"): 4 / 32, ("rankme", "hard"): 3 / 16, ("llc", "easy"): 2 / 8, ("llc", "hard"): 1 / 4}
    for measure, difficulty in p:
        row = cell(table, "own score", measure=measure, classes="family", difficulty=difficulty)
        assert (row["p"], row["holm_p"]) == pytest.approx((p[measure, difficulty], holm[measure, difficulty]))
    alone = cell(table, "own score", measure="rankme")
    assert (alone["p"], alone["holm_p"]) == pytest.approx((1 / 32, 2 / 32)), "another family: no classes"
    assert table.loc[table["control"] == "observed", "holm_p"].isna().all()
    assert np.isnan(cell(table, "own score", measure="hessian")["holm_p"])
    of_each = estimate_rates(lead_rows(cells), tier, [*FAMILIES, "measure", "difficulty"], statistics)
    pd.testing.assert_series_equal(of_each["holm_p"], of_each["p"], check_names=False)


def test_intervals_of_rates_are_of_runs(statistics: Statistics) -> None:
    """Six runs of ten events each, all of which lead or none: six observations and not sixty."""
    found = lead_rows([{"run": str(r), "relation": "leads" if r % 2 else "none"} for r in range(6) for _ in range(10)])
    row = cell(estimate_rates(found, ONE, FAMILIES, statistics))
    assert row["high"] - row["low"] > 1.8 * (row["naive_high"] - row["naive_low"])


def test_one_more_lead_does_not_weaken_a_rate(statistics: Statistics) -> None:
    lows = []
    for lagging in (1, 0):
        found = lead_rows([{"run": str(run)} for run in range(12) for _ in range(8)])
        found.loc[: lagging - 1, "relation"] = "lags"
        row = cell(estimate_rates(found, ONE, FAMILIES, statistics))
        assert row["rate"] == 1 - lagging / 96
        lows.append(row["low"])
    assert lows[1] >= lows[0]


def test_one_run_gives_rates_without_intervals(statistics: Statistics) -> None:
    row = cell(estimate_rates(lead_rows([{}, {}]), ONE, FAMILIES, statistics))
    assert row["rate"] == 1.0
    assert np.isnan(row["low"])
    assert np.isfinite(row["naive_low"])


def test_the_own_loss_of_each_event_is_joined() -> None:
    """By run, task-level, metric and definition; null where the loss was not followed."""
    kinds = [
        {"task": task, "definition": definition, "relation": relation}
        for (task, definition), relation in {
            ("COPY", "onset"): "leads", ("COPY", "change-point"): "lags", ("ADD", "onset"): "none",
            ("ADD", "change-point"): "synchronous",
        }.items()
    ]  # fmt: skip
    found = lead_rows([*kinds, {"task": "MUL", "definition": "onset"}]).drop(columns="own loss")
    loss = lead_rows([{**kind, "measure": "loss"} for kind in kinds]).drop(columns="own loss")
    other = loss.assign(run="small-s2", lead=5.0)
    joined = with_own_loss(pd.concat([found.assign(relation="lags"), loss, other], ignore_index=True))
    assert joined["own loss"].head(5).tolist() == pytest.approx([1, 0, 0, 0, NAN], nan_ok=True)
    assert joined["own loss"].tail(8).isna().all(), "the loss is no null of its own"
    assert with_own_loss(found)["own loss"].isna().all()
    coarse = with_own_loss(pd.concat([found.assign(margin=8.0), loss], ignore_index=True))
    assert coarse["own loss"].head(4).tolist() == [0, 0, 0, 0], "by the margin of the measure, not that of the loss"


# Hierarchy ---------------------------------------------------------------------------------------------------------


def test_shares_of_every_relation(statistics: Statistics) -> None:
    """They add up to one, and that of leads is the observed rate with its interval."""
    relations = ["leads"] * 4 + ["synchronous"] * 3 + ["lags"] * 2 + ["none"]
    found = lead_rows([{"run": str(i % 3), "relation": relation} for i, relation in enumerate(relations)])
    table = estimate_hierarchy(found, ONE, statistics)
    shares = table[table["classes"] == "all"].set_index("relation")
    assert shares["share"].to_dict() == dict(zip(RELATIONS, [0.4, 0.3, 0.2, 0.1], strict=True))
    assert shares["count"].to_dict() == dict(zip(RELATIONS, [4, 3, 2, 1], strict=True))
    assert set(shares["events"]) == {10}
    assert set(shares["runs"]) == {3}
    assert ((shares["low"] <= shares["share"]) & (shares["share"] <= shares["high"])).all()
    observed = cell(estimate_rates(found, ONE, FAMILIES, statistics))
    assert shares.loc["leads", ["share", "low", "high"]].tolist() == observed[["rate", "low", "high"]].tolist()


# Tables ------------------------------------------------------------------------------------------------------------


def written(
    found: Sequence[pd.DataFrame], events: pd.DataFrame, settings: LeadSettings, folder: Path
) -> tuple[pd.DataFrame, pd.DataFrame]:
    tables.write(EVENTS, events, folder / "events.parquet")
    paths = [folder / f"leads{i}.parquet" for i in range(len(found))]
    for table, path in zip(found, paths, strict=True):
        tables.write(LEADS, table, path)
    chosen = ["rankme", "loss"], settings.precursors, settings.statistics
    estimate_precursor_rates(
        *chosen, folder / "events.parquet", paths, folder / "rates.parquet", folder / "hierarchy.parquet"
    )
    return tables.read(PRECURSORS, folder / "rates.parquet"), tables.read(HIERARCHY, folder / "hierarchy.parquet")


def both_measures(times: dict[str, list[float]], settings: LeadSettings) -> tuple[list[pd.DataFrame], pd.DataFrame]:
    """Leads of RankMe and, in all runs but the first, of the loss."""
    events, scores = events_and_scores(times)
    rows = measure_rows({run: [recovering_rank(30.0), recovering_rank(60.0)] for run in times})
    known = {run: [(AT - 40) / 100, (AT - 90) / 100] for run in list(times)[1:]}
    of_loss = settings.model_copy(
        update={"measure": "loss", "signal": Signal(variant="known", scale="linear", floor=0.0)}
    )
    loss_rows = measure_rows(known, measure="loss", variant="known", layer=None)
    return [find_leads(events, scores, rows, settings)[0], find_leads(events, scores, loss_rows, of_loss)[0]], events


def test_tables_follow_their_schemas(lead_settings: LeadSettings, tmp_path: Path) -> None:
    """A measure that is missing for one run is missing there alone."""
    found, events = both_measures({run: [60.0, 80.0] for run in ("small-s1", "small-s2", "large-s1")}, lead_settings)
    table, shares = written(found, events, lead_settings, tmp_path)
    assert len(table) == 2 * 1 * len(DEFINITIONS) * len(CELLS) * 3 * (1 + len(NULLS))
    onsets = table[table["definition"] == "onset"]
    assert (cell(onsets)["events"], cell(onsets)["runs"]) == (6, 3)
    assert (cell(onsets, measure="loss")["events"], cell(onsets, measure="loss")["runs"]) == (4, 2)
    assert (cell(onsets, "own loss")["events"], cell(onsets, "own loss")["runs"]) == (4, 2)
    assert shares.groupby(["measure", "definition", "classes", "difficulty", "size"])["share"].sum().to_numpy() == (
        pytest.approx(1.0)
    )
    random = table[(table["definition"] == "cross-correlation") & (table["control"] == "random")]
    assert set(random["events"]) == {0}


def test_without_events_rates_are_null(lead_settings: LeadSettings, tmp_path: Path) -> None:
    found, events = both_measures({run: [NAN, NAN] for run in ("small-s1", "small-s2")}, lead_settings)
    table, shares = written(found, events, lead_settings, tmp_path)
    assert len(table) == 2 * 1 * len(DEFINITIONS) * len(CELLS) * 2 * (1 + len(NULLS))
    assert set(table["events"]) == {0}
    assert table[["rate", "low", "high", "excess", "p", "holm_p"]].isna().all(axis=None)
    assert shares.empty or shares["share"].isna().all()


def test_a_single_task_has_no_placebo(lead_settings: LeadSettings) -> None:
    times = {"small-s1": [90.0], "small-s2": [90.0]}
    rows = measure_rows({run: [recovering_rank(30.0)] for run in times})
    found = overall((rows, *events_and_scores(times)), lead_settings)
    assert found.loc["observed", "rate"] == 1.0
    assert found.loc["placebo", ["rate", "excess", "excess_low"]].isna().all()
