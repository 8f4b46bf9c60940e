"""Sensitivity: the first row is the main analysis; each alternative changes what it should, and nothing else."""

from pathlib import Path
from typing import get_args

import numpy as np
import pandas as pd
import pytest
from synthetic.anatomy_tables import AT, EVENTS, TASKS, VARIANT, events_and_scores, measure_rows, recovering_rank

from emergence.analysis.anatomy.floors import compare_floors
from emergence.analysis.anatomy.sensitivity import (
    NULLS,
    SensitivitySettings,
    alternatives,
    compare_alternatives,
    vary_settings,
)
from emergence.analysis.collapse import find_collapses
from emergence.analysis.events import find_events
from emergence.analysis.leads import LeadSettings, find_leads
from emergence.analysis.precursors import RateCells, estimate_rates, with_own_loss
from emergence.config.protocol import Sensitivity, Variant
from emergence.io import tables
from emergence.schemas.analysis import SCORES
from emergence.schemas.anatomy import SENSITIVITY
from emergence.schemas.trajectories import MEASURE

pytestmark = pytest.mark.long

WITH_CONTROL = (*TASKS, "CTL")
RUNS = [f"{size}-s{seed}" for size in ("small", "large") for seed in (1, 2)]
GRID = Sensitivity(
    threshold=[0.3], persistence=[12], smoothing=[1], noise_multiple=[100.0], margin=[9.0], definition=[]
)
QUANTITIES = ["slope of floors"] + [
    f"{quantity}, {difficulty}"
    for difficulty in ("hard", "easy")
    for quantity in ("rate", *(f"excess over {null}" for null in NULLS))
]


@pytest.fixture(scope="module")
def settings(lead_settings: LeadSettings) -> SensitivitySettings:
    fewer = lead_settings.statistics.model_copy(update={"bootstrap": 100})
    return SensitivitySettings(leads=lead_settings.model_copy(update={"statistics": fewer}), grid=GRID)


@pytest.fixture(scope="module")
def world() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Scores, and RankMe with a lead of eight checkpoints and a floor of its own in one other variant.

    Two of the easy tasks pass the threshold for nine evaluations, and fall back.
    """
    rng = np.random.default_rng(0)
    times = {run: [*rng.uniform(50, 120, len(TASKS)), float("nan")] for run in RUNS}
    _, scores = events_and_scores(times, width=20.0, tasks=WITH_CONTROL)
    scores.loc[scores["task"].isin(TASKS[:2]), "score"] = 0.0
    position = scores.groupby(["run", "task"]).cumcount()
    scores.loc[scores["task"].isin(TASKS[:2]) & position.between(60, 68), "score"] = 0.9
    curves = {
        run: [*(recovering_rank(time - 8, 0.003, rng) for time in of_run[:-1]), np.full(len(AT), 4.0)]
        for run, of_run in times.items()
    }
    rows = measure_rows(curves, tasks=WITH_CONTROL)
    other = rows.assign(variant="mean/centred/sigma", value=rows["value"] * (rows["parameters"] / 14_000) ** 0.1)
    others = [rows.assign(variant=name) for name in get_args(Variant) if name not in (VARIANT, "mean/centred/sigma")]
    return scores, pd.concat([rows, other, *others], ignore_index=True)


@pytest.fixture(scope="module")
def found(settings: SensitivitySettings, world: tuple[pd.DataFrame, pd.DataFrame]) -> pd.DataFrame:
    return compare_alternatives(*world, settings).set_index(["factor", "value", "quantity"]).sort_index()


def test_every_alternative_changes_one_setting(settings: SensitivitySettings) -> None:
    (first, nothing, base), *others = alternatives(settings.leads, settings.grid)
    assert (first, nothing) == ("as configured", "")
    assert base.model_dump(exclude={"precursors": {"shifts"}}) == settings.leads.model_dump(
        exclude={"precursors": {"shifts"}}
    )
    expected = {
        "threshold": ("events", 0.3), "persistence": ("events", 12), "smoothing": ("collapse", 1),
        "noise_multiple": ("collapse", 100.0), "margin": ("precursors", 9.0), "variant": ("signal", None),
    }  # fmt: skip
    assert len(others) == 5 + 7
    for factor, value, chosen in others:
        section, number = expected[factor]
        assert getattr(getattr(chosen, section), factor) == (value if number is None else number)
        changed = {section: {factor}}
        assert chosen.model_dump(exclude=changed) == base.model_dump(exclude=changed)
        assert chosen != base
    assert {value for factor, value, _ in others if factor == "variant"} == set(get_args(Variant)) - {VARIANT}


def test_even_windows_are_refused() -> None:
    with pytest.raises(ValueError, match="smoothing: 4 is even"):
        Sensitivity.model_validate({**GRID.model_dump(), "smoothing": [3, 4]})


def test_the_first_row_is_the_main_analysis(
    settings: SensitivitySettings, found: pd.DataFrame, world: tuple[pd.DataFrame, pd.DataFrame]
) -> None:
    """Floors and rates as their own stages take them, with the own loss beside and all shifts."""
    scores, every = world
    rows, chosen = every[every["variant"] == VARIANT], settings.leads
    first = found.loc[("as configured", "")]
    trained = find_collapses(rows[rows["task"] != "CTL"], chosen.collapse)
    slope = (
        compare_floors(trained, chosen.statistics)
        .set_index(["quantity", "task", "method"])
        .loc[("floor", "all", "run means")]
    )
    assert first.loc["slope of floors"].tolist() == slope[["slope", "low", "high"]].tolist()
    table = with_own_loss(find_leads(find_events(scores, EVENTS), scores, rows, chosen)[0])
    tier = RateCells(["rankme"], ["exact_match"], ["onset", "change-point"], ["small", "large"])
    main = estimate_rates(table, tier, chosen.precursors.families, chosen.statistics)
    main = main.query("definition == 'onset' and size == 'all' and classes == 'family'").set_index(
        ["difficulty", "control"]
    )
    for difficulty in ("hard", "easy"):
        of_rate = main.loc[(difficulty, "observed"), ["rate", "low", "high"]].tolist()
        assert first.loc[f"rate, {difficulty}"].tolist() == of_rate
        for null in NULLS:
            excess = main.loc[(difficulty, null), ["excess", "excess_low", "excess_high"]].tolist()
            assert first.loc[f"excess over {null}, {difficulty}"].tolist() == excess


def test_every_alternative_has_every_quantity(found: pd.DataFrame) -> None:
    assert set(found.index.get_level_values("quantity")) == set(QUANTITIES)
    assert len(found) == (1 + 5 + 7) * len(QUANTITIES)


@pytest.mark.parametrize("factor", ["threshold", "persistence", "margin", "noise_multiple"])
def test_floors_do_not_depend_on_events_or_onsets(factor: str, found: pd.DataFrame) -> None:
    first = found.loc[("as configured", "", "slope of floors")]
    assert found.loc[factor].xs("slope of floors", level="quantity").iloc[0].tolist() == first.tolist()


def test_another_variant_has_another_slope_and_the_same_leads(found: pd.DataFrame) -> None:
    """It is the same but for a factor that grows with size, so its onsets are the same."""
    first, other = found.loc[("as configured", "")], found.loc[("variant", "mean/centred/sigma")]
    assert other.loc["slope of floors", "estimate"] == pytest.approx(first.loc["slope of floors", "estimate"] + 0.1)
    pd.testing.assert_frame_equal(other.drop("slope of floors"), first.drop("slope of floors"))
    for variant in set(get_args(Variant)) - {VARIANT, "mean/centred/sigma"}:
        pd.testing.assert_frame_equal(found.loc[("variant", variant)], first)


def test_a_wide_margin_takes_leads_away(found: pd.DataFrame) -> None:
    """A lead of eight checkpoints is none by a margin of nine; and the own score, which leads by ten, keeps its own."""
    first, wide = found.loc[("as configured", "")]["estimate"], found.loc[("margin", "9")]["estimate"]
    assert first["rate, hard"] == 1.0
    assert wide["rate, hard"] == 0.0
    assert wide["excess over own score, hard"] == -1.0


def test_a_low_threshold_makes_events_early(found: pd.DataFrame) -> None:
    """By a fifth of twenty checkpoints, so that a lead of eight is one of four; other curves lead less often."""
    assert found.loc[("threshold", "0.3", "rate, hard"), "estimate"] == pytest.approx(1.0, abs=0.2)
    placebo = "excess over placebo, hard"
    assert found.loc[("threshold", "0.3", placebo), "estimate"] > found.loc[("as configured", "", placebo), "estimate"]


def test_persistence_of_events_is_asked_of_scores_alone(found: pd.DataFrame) -> None:
    """Visits of nine evaluations count by five and not by twelve; those were of easy tasks."""
    first, long = found.loc[("as configured", "")], found.loc[("persistence", "12")]
    hard = [name for name in QUANTITIES if name.endswith("hard")]
    assert long.loc[["rate, hard", "slope of floors"]].equals(first.loc[["rate, hard", "slope of floors"]])
    assert len(hard) == 4
    assert not long.loc["rate, easy"].equals(first.loc["rate, easy"])


def test_a_high_bar_makes_onsets_late(found: pd.DataFrame) -> None:
    """A hundred noise widths are eleven checkpoints of the rise."""
    assert found.loc[("noise_multiple", "100", "rate, hard"), "estimate"] == 0.0


def test_without_events_there_are_slopes_alone(
    settings: SensitivitySettings, world: tuple[pd.DataFrame, pd.DataFrame], tmp_path: Path
) -> None:
    scores, rows = world
    tables.write(SCORES, scores.assign(score=0.0), tmp_path / "scores.parquet")
    shallow = rows.assign(layer=0, value=rows["value"] ** 2)
    tables.write(MEASURE, pd.concat([shallow, rows]), tmp_path / "rankme.parquet")
    few = settings.model_copy(
        update={
            "grid": Sensitivity(threshold=[], persistence=[], smoothing=[], noise_multiple=[], margin=[], definition=[])
        }
    )
    vary_settings(few, tmp_path / "scores.parquet", [tmp_path / "rankme.parquet"], tmp_path / "sensitivity.parquet")
    found = tables.read(SENSITIVITY, tmp_path / "sensitivity.parquet")
    assert set(found["quantity"]) == {"slope of floors"}
    assert len(found) == 8
    assert found["estimate"].max() < 0.15, "of the last layer"
