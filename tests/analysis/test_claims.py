"""Verdicts: the rules case by case, and every claim on tables whose answer is known."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pandas as pd
import pytest

from emergence import tables
from emergence.analysis.claims import Claims, Evidence, Verdict, as_text, at_least, both, make, within
from emergence.analysis.direction import direction, top_down
from emergence.analysis.floors import floors
from emergence.analysis.precursors import rates
from emergence.schemas.analysis import CLAIMS, COLLAPSE, EVENTS, FLOORS, PRECURSORS, TOP_DOWN
from emergence.settings.analysis import ClaimSettings, Statistics, Verdicts

VARIANT = "answer/centred/sigma"
SIZES = {"2x128": 404_992, "4x256": 3_200_000, "6x384": 10_700_000, "8x512": 25_300_000}
TASKS = ("COPY", "REV", "CMP", "SORT", "PAR", "ADD", "MOD", "MUL")
NAN = float("nan")


@pytest.fixture(scope="module")
def verdicts() -> Verdicts:
    return Verdicts(
        universal=0.85, modular_floor=2.0, modular_tolerance=0.1, precursor_rate=0.75, minimum_runs=6, null_margin=0.05
    )


# Rules -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (0.80, 0.90, "holds"),
        (0.75, 0.75, "holds"),
        (0.74, 0.90, "undecided"),
        (0.10, 0.75, "undecided"),
        (0.10, 0.74, "fails"),
        (NAN, NAN, "undecided"),
    ],
)
def test_at_least(low: float, high: float, verdict: Verdict) -> None:
    assert at_least(low, high, 0.75) == verdict


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (1.9, 2.1, "holds"),
        (1.8, 2.2, "holds"),
        (1.7, 2.1, "undecided"),
        (2.1, 2.3, "undecided"),
        (1.0, 3.0, "undecided"),
        (2.3, 2.4, "fails"),
        (1.0, 1.7, "fails"),
        (NAN, NAN, "undecided"),
    ],
)
def test_within(low: float, high: float, verdict: Verdict) -> None:
    assert within(low, high, 1.8, 2.2) == verdict


@pytest.mark.parametrize(
    ("parts", "verdict"),
    [
        (("holds", "holds"), "holds"),
        (("holds", "undecided"), "undecided"),
        (("holds", "fails"), "fails"),
        (("fails", "undecided", "holds"), "fails"),
    ],
)
def test_both(parts: tuple[Verdict, ...], verdict: Verdict) -> None:
    assert both(*parts) == verdict
    assert both(*reversed(parts)) == verdict


# Tables whose answer is known --------------------------------------------------------------------------------------


def units(sizes: dict[str, int] = SIZES) -> list[dict[str, Any]]:
    """One level of each task in each of three runs a size."""
    return [
        {
            "study": "anatomy",
            "run": f"{size}-s{seed}",
            "size": size,
            "parameters": parameters,
            "seed": seed,
            "task": task,
            "level": "1",
        }
        for size, parameters in sizes.items()
        for seed in (1, 2, 3)
        for task in TASKS
    ]


def events(missing: int = 0, sizes: dict[str, int] = SIZES) -> pd.DataFrame:
    """Events of all units but the first ``missing`` task x size units; log-probability never emerges."""
    frame = pd.DataFrame(units(sizes))
    without = frame.drop_duplicates(["task", "size"])[["task", "size"]].head(missing).apply(tuple, axis=1)
    emerged = ~frame[["task", "size"]].apply(tuple, axis=1).isin(set(without))
    step = np.where(emerged, 500.0, np.nan)
    times = {"step": step, "step_before": step - 10, "step_after": step + 10, "width": 40.0, "final_score": 0.9}
    found = frame.assign(metric="exact_match", emerged=emerged, **times)
    return pd.concat([found, found.assign(metric="log_probability", emerged=False)], ignore_index=True)


def collapses(
    missing: int = 0, slope: float = 0.0, modular: float = 2.0, upward: int = 0, sizes: dict[str, int] = SIZES
) -> pd.DataFrame:
    """Two layers; ``missing`` and ``upward`` count task x size units that do not collapse, or not from the top."""
    frame = pd.DataFrame(units(sizes))
    number = frame.groupby(["task", "size"], sort=False).ngroup()
    rng = np.random.default_rng(0)
    floor = np.where(frame["task"] == "MOD", modular, 5.0) * (frame["parameters"] / 3e6) ** slope
    floor *= np.exp(rng.normal(0, 0.005, len(frame)))
    shape = {"measure": "rankme", "variant": VARIANT, "initial": 16.0, "floor": floor, "depth": floor / 16}
    shape |= {"floor_step": 60.0, "onset_step": 90.0}
    step = pd.Series(np.where(number < missing, np.nan, 30.0))
    first = step.where(number < upward, step + 5)
    last = step.where(number >= upward, step + 5)
    layers = [frame.assign(layer=layer, collapse_step=steps, **shape) for layer, steps in ((1, first), (2, last))]
    return pd.concat(layers, ignore_index=True)


def precursors(rate: float, null: float, spread: float, difficulty: str, runs: int = 12) -> pd.DataFrame:
    """Rates of one difficulty, with intervals of a given half-width."""
    rows = []
    for control, value in (("observed", rate), ("circular shift", null), ("placebo", null)):
        row = {
            "control": control,
            "events": 4 * runs,
            "runs": runs,
            "rate": value,
            "low": value - spread,
            "high": value + spread,
        }
        if control != "observed":
            excess = rate - null
            row |= {"excess": excess, "excess_low": excess - spread, "excess_high": excess + spread}
        rows.append(row)
    frame = pd.DataFrame(rows).assign(measure="rankme", metric="exact_match", difficulty=difficulty, size="all")
    return frame.reindex(columns=PRECURSORS.arrow.names)


Judge = Callable[..., pd.DataFrame]


@pytest.fixture(scope="module")
def evidence(statistics: Statistics) -> Evidence:
    """All claims hold."""
    return Evidence(
        events=events(),
        collapses=collapses(),
        floors=floors(collapses(), statistics),
        top_down=top_down(direction(collapses()), 0.95),
        precursors=pd.concat([precursors(0.9, 0.4, 0.1, "hard"), precursors(0.5, 0.5, 0.02, "easy")]),
    )


@pytest.fixture(scope="module")
def judge(evidence: Evidence, statistics: Statistics, verdicts: Verdicts) -> Judge:
    """Claims by name, with some of the evidence replaced."""

    def judged(**changed: pd.DataFrame) -> pd.DataFrame:
        claims = Claims(replace(evidence, **changed), "exact_match", statistics, verdicts)
        return claims.table().set_index("claim")

    return judged


def test_all_claims_can_hold(judge: Judge) -> None:
    found = judge()
    expected = dict.fromkeys(["A2", "A3", "A4", "A5 v1", "A5 v3", "A6", "A7"], "holds")
    assert found["verdict"].to_dict() == {"A1": "undecided", **expected}, "32 units are too few for 119 of 120"


@pytest.mark.parametrize(("missing", "verdict"), [(0, "undecided"), (10, "fails")])
def test_emergence(missing: int, verdict: Verdict, judge: Judge) -> None:
    row = judge(events=events(missing)).loc["A1"]
    assert row["verdict"] == verdict
    assert row["value"] == (32 - missing) / 32


def test_emergence_of_many_units_holds(judge: Judge) -> None:
    levels = pd.concat([events().assign(level=level) for level in "123"])
    row = judge(events=levels).loc["A1"]
    assert (row["value"], row["verdict"]) == (1.0, "holds")


def test_emergence_in_most_seeds_counts(judge: Judge) -> None:
    table = events()
    table.loc[(table["seed"] == 1) & (table["metric"] == "exact_match"), "emerged"] = False
    assert judge(events=table).loc["A1", "value"] == 1.0
    table.loc[(table["seed"] == 2) & (table["metric"] == "exact_match"), "emerged"] = False
    assert judge(events=table).loc["A1", "value"] == 0.0


@pytest.mark.parametrize("smallest", [404_991, 14_000])
def test_emergence_below_the_published_sizes_is_not_testable(smallest: int, judge: Judge) -> None:
    for missing in (0, 32):
        table = events(missing, {**SIZES, "small": smallest})
        row = judge(events=table).loc["A1"]
        assert row["verdict"] == "not testable at this tier"


@pytest.mark.parametrize(("missing", "verdict"), [(0, "holds"), (2, "undecided"), (16, "fails"), (32, "fails")])
def test_universal_collapse(missing: int, verdict: Verdict, judge: Judge) -> None:
    row = judge(collapses=collapses(missing)).loc["A2"]
    assert (row["value"], row["verdict"]) == ((32 - missing) / 32, verdict)


def test_only_the_last_layer_must_collapse(judge: Judge) -> None:
    for layer, value in ((1, 1.0), (2, 0.0)):
        table = collapses()
        table.loc[table["layer"] == layer, "collapse_step"] = np.nan
        assert judge(collapses=table).loc["A2", "value"] == value


@pytest.mark.parametrize(("slope", "verdict"), [(0.0, "holds"), (0.1, "fails"), (-0.1, "fails"), (0.0414, "undecided")])
def test_scale_invariance(slope: float, verdict: Verdict, judge: Judge, statistics: Statistics) -> None:
    row = judge(floors=floors(collapses(slope=slope), statistics)).loc["A3"]
    assert row["verdict"] == verdict
    assert row["value"] == pytest.approx(slope, abs=0.005)


def test_one_size_decides_nothing_about_scale(judge: Judge, statistics: Statistics) -> None:
    one = floors(collapses(sizes={"2x128": 404_992}), statistics)
    row = judge(floors=one).loc["A3"]
    assert row["verdict"] == "undecided"
    assert np.isnan(row["value"])


@pytest.mark.parametrize(("modular", "verdict"), [(2.0, "holds"), (2.2, "undecided"), (2.5, "fails"), (1.5, "fails")])
def test_modular_floor(modular: float, verdict: Verdict, judge: Judge, statistics: Statistics) -> None:
    row = judge(floors=floors(collapses(modular=modular), statistics)).loc["A4"]
    assert row["verdict"] == verdict
    assert row["value"] == pytest.approx(modular, rel=0.01)


def test_without_modular_arithmetic_there_is_no_claim_about_it(evidence: Evidence, judge: Judge) -> None:
    others = evidence.floors[evidence.floors["task"] != "MOD"]
    assert "A4" not in judge(floors=others).index


@pytest.mark.parametrize(
    ("upward", "v1", "v3"),
    [(0, "holds", "holds"), (4, "undecided", "holds"), (6, "undecided", "undecided"), (20, "fails", "fails")],
)
def test_top_down(upward: int, v1: Verdict, v3: Verdict, judge: Judge) -> None:
    table = top_down(direction(collapses(upward=upward)), 0.95)
    found = judge(top_down=table)
    assert (found.loc["A5 v1", "verdict"], found.loc["A5 v3", "verdict"]) == (v1, v3)
    assert found.loc["A5 v3", "value"] == (32 - upward) / 32


@pytest.mark.parametrize(
    ("rate", "null", "spread", "verdict"),
    [
        (0.95, 0.40, 0.05, "holds"),
        (0.95, 0.95, 0.02, "fails"),  # as many lead in the nulls
        (0.95, 0.85, 0.08, "undecided"),  # an excess that may be none
        (0.80, 0.20, 0.10, "undecided"),  # a rate that may be too low
        (0.50, 0.10, 0.05, "fails"),  # a rate that is too low
    ],
)
def test_precursors_of_hard_tasks(rate: float, null: float, spread: float, verdict: Verdict, judge: Judge) -> None:
    table = pd.concat([precursors(rate, null, spread, "hard"), precursors(0.5, 0.5, 0.02, "easy")])
    assert judge(precursors=table).loc["A6", "verdict"] == verdict


def test_a_precursor_must_exceed_both_nulls(judge: Judge) -> None:
    for control in ("circular shift", "placebo"):
        hard = precursors(0.95, 0.4, 0.02, "hard")
        hard.loc[hard["control"] == control, ["excess", "excess_low", "excess_high"]] = [0.0, -0.02, 0.02]
        table = pd.concat([hard, hard.assign(difficulty="easy")])
        found = judge(precursors=table)["verdict"]
        assert (found["A6"], found["A7"]) == ("fails", "holds")


@pytest.mark.parametrize(
    ("rate", "null", "spread", "verdict"),
    [(0.9, 0.9, 0.02, "holds"), (0.9, 0.4, 0.05, "fails"), (0.9, 0.8, 0.2, "undecided"), (0.1, 0.9, 0.05, "holds")],
)
def test_no_precursor_of_easy_tasks(rate: float, null: float, spread: float, verdict: Verdict, judge: Judge) -> None:
    table = pd.concat([precursors(0.9, 0.4, 0.1, "hard"), precursors(rate, null, spread, "easy")])
    assert judge(precursors=table).loc["A7", "verdict"] == verdict


def no_leads() -> pd.DataFrame:
    columns = ["run", "size", "metric", "difficulty", "relation", "shift_null", "placebo_null"]
    return pd.DataFrame(columns=columns)


def test_without_events_precursors_are_undecided(judge: Judge, statistics: Statistics, tmp_path: Path) -> None:
    tables.write(PRECURSORS, rates(no_leads(), events(), "rankme", statistics), tmp_path / "precursors.parquet")
    table = tables.read(PRECURSORS, tmp_path / "precursors.parquet")
    found = judge(events=events(32), precursors=table)
    assert found.loc[["A6", "A7"], "verdict"].tolist() == ["undecided", "undecided"]
    assert found.loc["A1", "value"] == 0.0


def test_two_runs_that_agree_decide_nothing(judge: Judge, statistics: Statistics) -> None:
    unit = {"size": "2x128", "metric": "exact_match", "relation": "leads", "shift_null": 0.5, "placebo_null": 0.5}
    leads = pd.DataFrame([{**unit, "run": run, "difficulty": kind} for run in "ab" for kind in ("easy", "hard")])
    table = rates(leads, events(), "rankme", statistics)
    found = judge(precursors=table)["verdict"]
    assert found[["A6", "A7"]].tolist() == ["undecided", "undecided"]


@pytest.mark.parametrize("learned", [True, False])
def test_the_table_follows_its_schema(
    learned: bool, evidence: Evidence, statistics: Statistics, verdicts: Verdicts, tmp_path: Path
) -> None:
    other = collapses(missing=32).assign(variant="mean/centred/sigma")
    written = {**vars(evidence), "collapses": pd.concat([other, evidence.collapses])}
    if not learned:
        written |= {"events": events(32), "precursors": rates(no_leads(), events(32), "rankme", statistics)}
    schemas = {
        "events": EVENTS,
        "collapses": COLLAPSE,
        "floors": FLOORS,
        "top_down": TOP_DOWN,
        "precursors": PRECURSORS,
    }
    paths = {name: tmp_path / f"{name}.parquet" for name in schemas}
    for name, schema in schemas.items():
        tables.write(schema, written[name], paths[name])
    settings = ClaimSettings(metric="exact_match", variant=VARIANT, statistics=statistics, verdicts=verdicts)
    make(settings, **paths, table=tmp_path / "claims.parquet", csv=tmp_path / "claims.csv")
    found = tables.read(CLAIMS, tmp_path / "claims.parquet")
    assert found["claim"].tolist() == ["A1", "A2", "A3", "A4", "A5 v1", "A5 v3", "A6", "A7"]
    assert set(found["verdict"]) <= set(get_args(Verdict))
    assert found.set_index("claim").loc["A2", "value"] == 1.0, "other variants are left out"
    assert (found[["statement", "published", "interval", "control", "rule"]].map(len) > 0).all(axis=None)
    known = found.dropna(subset=["value"])
    assert ((known["low"] <= known["value"]) & (known["value"] <= known["high"])).all()
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "claims.csv")[found.columns], found, check_dtype=False)
    text = as_text(found)
    assert all(row.statement in text and row.verdict.upper() in text for row in found.itertuples())
