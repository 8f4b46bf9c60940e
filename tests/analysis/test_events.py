"""Scores, events and their detection; classes of difficulty by family, and by runs of other seeds alone."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from emergence.analysis.events import classify_difficulty, detect_events, find_events, score_behaviour
from emergence.config.protocol import Events
from emergence.io import tables
from emergence.schemas.analysis import EVENTS, SCORES
from emergence.schemas.trajectories import BASELINES, BEHAVIOUR

STEPS = np.arange(0, 3001, 30)
IDENTITY = {"study": "anatomy", "run": "r1", "size": "s", "parameters": 1000, "seed": 1, "task": "COPY"}


def scored(curves: np.ndarray, steps: np.ndarray = STEPS) -> pd.DataFrame:
    """Scores with one curve per level."""
    frames = [
        pd.DataFrame({**IDENTITY, "level": str(i), "metric": "exact_match", "step": steps, "score": curve})
        for i, curve in enumerate(np.atleast_2d(curves))
    ]
    return pd.concat(frames, ignore_index=True)


def sigmoid(centre: float, width: float) -> np.ndarray:
    """Rises through one half at ``centre``; ``width`` is the distance between scores of 0.1 and 0.9."""
    return 1 / (1 + np.exp(-2 * np.log(9) * (STEPS - centre) / width))


@pytest.mark.long
def test_planted_events_are_found_within_a_checkpoint(event_settings: Events) -> None:
    rng = np.random.default_rng(0)
    centres, widths = rng.uniform(300, 2500, 200), rng.uniform(60, 400, 200)
    curves = np.array([sigmoid(centre, width) for centre, width in zip(centres, widths, strict=True)])
    found = find_events(scored(curves + rng.normal(0, 0.03, curves.shape)), event_settings)
    assert found["emerged"].all()
    assert (np.abs(found["step"] - centres) <= 30).mean() >= 0.95
    assert np.abs(np.median(found["step"] - centres)) < 5, "no bias to one side"


def test_planted_widths_are_recovered(event_settings: Events) -> None:
    rng = np.random.default_rng(1)
    widths = rng.uniform(200, 800, 100)
    curves = np.array([sigmoid(1500 + rng.uniform(-100, 100), width) for width in widths])
    found = find_events(scored(curves), event_settings)
    assert found["width"].to_numpy() == pytest.approx(widths, rel=0.02)


@pytest.mark.long
def test_noise_below_the_threshold_is_no_event(event_settings: Events) -> None:
    curves = np.random.default_rng(2).normal(0.3, 0.15, (400, len(STEPS)))
    assert ((curves > 0.5).any(axis=1)).mean() > 0.9, "single values must pass the threshold"
    assert find_events(scored(curves), event_settings)["emerged"].mean() <= 0.05


@pytest.mark.parametrize(("length", "emerged"), [(4, False), (5, True)])
def test_a_spike_must_persist(length: int, emerged: bool, event_settings: Events) -> None:
    curve = np.zeros(len(STEPS))
    curve[40 : 40 + length] = 1.0
    found = find_events(scored(curve), event_settings).iloc[0]
    assert bool(found["emerged"]) is emerged
    assert found["final_score"] == 0.0
    if emerged:
        assert STEPS[39] < found["step"] < STEPS[40]
    else:
        assert pd.isna(found["step"])
        assert pd.isna(found["step_before"])


def test_too_late_to_persist_is_no_event(event_settings: Events) -> None:
    curve = np.where(np.arange(len(STEPS)) >= len(STEPS) - 4, 1.0, 0.0)
    assert not find_events(scored(curve), event_settings)["emerged"].any()


def test_the_bracket_holds_the_step(event_settings: Events) -> None:
    rng = np.random.default_rng(3)
    steps = np.unique(np.r_[np.arange(11), np.geomspace(10, 400, 40).astype(int), np.arange(400, 3001, 40)])
    curves = 1 / (1 + np.exp(-(np.log1p(steps) - rng.uniform(2, 7.5, (50, 1))) * 6))
    found = find_events(scored(curves, steps), event_settings)
    assert found["emerged"].all()
    for curve, row in zip(curves, found.itertuples(), strict=True):
        first, before = int(np.argmax(curve > 0.5)), int(np.searchsorted(steps, row.step_before))
        assert row.step_before <= row.step <= row.step_after
        assert row.step_after == steps[before + 1]
        assert abs(before + 1 - first) <= 1, "the running mean of an uneven rise passes within a checkpoint"


def test_the_bracket_of_a_score_at_the_threshold(event_settings: Events) -> None:
    curve = np.where(STEPS < 300, 0.0, 1.0)
    curve[STEPS == 300] = 0.5  # not above it
    found = find_events(scored(curve), event_settings).iloc[0]
    assert (found["step_before"], found["step_after"]) == (300, 330)


def test_a_curve_that_starts_above_emerges_at_the_first_evaluation(event_settings: Events) -> None:
    found = find_events(scored(np.full(len(STEPS), 0.95)), event_settings).iloc[0]
    assert found[["step", "step_before", "step_after", "width"]].tolist() == [0, 0, 0, 0]


def test_the_chosen_detector_dates_the_event(event_settings: Events) -> None:
    """A step of the mean is dated half-way between its checkpoints, by the running mean where four fifths are above."""
    curve = np.where(STEPS < 900, -0.1, 0.7)
    found = {
        name: find_events(scored(curve), event_settings.model_copy(update={"detector": name})).iloc[0]
        for name in ("threshold", "changepoint", "sigmoid")
    }
    assert {name: row["step"] for name, row in found.items()} == pytest.approx(
        {"threshold": 870 + 30 * 1.75, "changepoint": 885, "sigmoid": 885}, abs=0.5
    )
    brackets = {name: (row["step_before"], row["step_after"]) for name, row in found.items()}
    assert brackets == {"threshold": (900, 930), "changepoint": (870, 900), "sigmoid": (870, 900)}


def test_the_order_of_rows_does_not_matter(event_settings: Events) -> None:
    rows = scored(np.array([sigmoid(900, 200), sigmoid(2000, 200)]))
    shuffled = find_events(rows.sample(frac=1, random_state=0), event_settings).sort_values("level", ignore_index=True)
    pd.testing.assert_frame_equal(shuffled, find_events(rows, event_settings))


BLIND = {"exact_match": 0.25, "log_probability": -3.0, "token_accuracy": 0.4, "loss": 1.0}


def behaviour(values: dict[str, float], step: int = 0) -> pd.DataFrame:
    rows = [{**IDENTITY, "level": "4", "metric": metric, "step": step, "value": v} for metric, v in values.items()]
    return pd.DataFrame(rows)


@pytest.fixture
def baselines() -> pd.DataFrame:
    rows = [{"task": "COPY", "level": "4", "metric": metric, "value": value} for metric, value in BLIND.items()]
    return pd.DataFrame(rows)


def test_scores_run_from_the_blind_guess_to_perfection(baselines: pd.DataFrame) -> None:
    perfect = {"exact_match": 1.0, "log_probability": 0.0, "token_accuracy": 1.0, "loss": 0.0}
    half = {metric: (BLIND[metric] + perfect[metric]) / 2 for metric in BLIND}
    rows = pd.concat([behaviour(values, step) for step, values in enumerate((BLIND, half, perfect))])
    found = score_behaviour(rows, baselines).pivot_table(index="step", columns="metric", values="score")
    assert list(found.columns) == ["exact_match", "log_probability"]
    np.testing.assert_allclose(found, [[0, 0], [0.5, 0.5], [1, 1]], atol=1e-12)


def test_worse_than_a_blind_guess_is_negative(baselines: pd.DataFrame) -> None:
    found = score_behaviour(behaviour({"exact_match": 0.0, "log_probability": -12.0}), baselines)
    assert found["score"].tolist() == pytest.approx([-1 / 3, -3.0])


def test_tables_follow_their_schema(event_settings: Events, baselines: pd.DataFrame, tmp_path: Path) -> None:
    curves = {"r1": np.where(STEPS < 900, 0.25, 1.0), "r2": np.full(len(STEPS), 0.25)}
    paths = []
    for run, curve in curves.items():
        rows = [behaviour({**BLIND, "exact_match": value}, step) for step, value in zip(STEPS, curve, strict=True)]
        paths.append(tmp_path / f"{run}.parquet")
        tables.write(BEHAVIOUR, pd.concat(rows).assign(run=run), paths[-1])
    tables.write(BASELINES, baselines, tmp_path / "baselines.parquet")
    detect_events(
        event_settings, paths, tmp_path / "baselines.parquet", tmp_path / "scores.parquet", tmp_path / "events.parquet"
    )
    assert len(tables.read(SCORES, tmp_path / "scores.parquet")) == 2 * 2 * len(STEPS)
    found = tables.read(EVENTS, tmp_path / "events.parquet").set_index(["run", "metric"])["emerged"]
    assert found.to_dict() == {
        (run, m): (run, m) == ("r1", "exact_match") for run in curves for m in ("exact_match", "log_probability")
    }


TASKS = ("COPY", "REV", "PAR", "MUL")
EASY = ["COPY", "REV"]
Table = dict[tuple[str, int], list[float]]  # step of each task by (size, seed); NaN: has not emerged


def events(steps: Table) -> pd.DataFrame:
    rows = [
        {"run": f"{size}-s{seed}", "size": size, "seed": seed, "task": task, "level": "1", "step": step}
        for (size, seed), of_run in steps.items()
        for task, step in zip(TASKS, of_run, strict=False)
    ]
    return pd.DataFrame(rows).assign(emerged=lambda frame: frame["step"].notna())


def by_run(found: pd.DataFrame, column: str) -> dict[str, list[str | None]]:
    return found.groupby("run", sort=False)[column].apply(list).to_dict()


def test_family_is_the_task_alone() -> None:
    found = classify_difficulty(events({("a", 1): [900, 800, 20, 10]}), EASY)
    assert found["family"].tolist() == ["easy", "easy", "hard", "hard"]
    assert list(found) == ["run", "task", "level", "family", "other_seeds"]


def test_other_seeds_alone_decide() -> None:
    found = classify_difficulty(events({("a", 1): [10, 20, 30, 40], ("a", 2): [40, 30, 20, 10]}), EASY)
    assert by_run(found, "other_seeds") == {
        "a-s1": ["hard", "hard", "easy", "easy"],
        "a-s2": ["easy", "easy", "hard", "hard"],
    }


def test_a_run_has_no_say_in_its_own_classes() -> None:
    rng = np.random.default_rng(0)
    steps = {(size, seed): list(rng.uniform(0, 1000, 4)) for size in "ab" for seed in (1, 2, 3)}
    before = classify_difficulty(events(steps), EASY)
    after = classify_difficulty(events(steps | {(size, 2): list(rng.uniform(0, 1000, 4)) for size in "ab"}), EASY)
    own = before["run"].str.endswith("s2")
    pd.testing.assert_frame_equal(before[own], after[own])
    assert (before["other_seeds"] != after["other_seeds"]).any(), "the others are not bound by this"


def test_all_sizes_of_the_other_seeds_count() -> None:
    """Medians over the two runs of seed 2: 105, 450, 90 and 850; one size alone would say otherwise of COPY or PAR."""
    found = classify_difficulty(
        events({("a", 1): [0] * 4, ("a", 2): [10, 400, 150, 900], ("b", 2): [200, 500, 30, 800]}), EASY
    )
    assert found[found["run"] == "a-s1"]["other_seeds"].tolist() == ["easy", "hard", "easy", "hard"]


def test_what_has_not_emerged_is_hard() -> None:
    """The step of a score that fell back is not an event."""
    table = events({("a", 1): [0] * 4, ("a", 2): [np.nan, 900, np.nan, np.nan]})
    assert by_run(classify_difficulty(table, EASY), "other_seeds")["a-s1"] == ["hard", "easy", "hard", "hard"]
    table.loc[table["run"].eq("a-s2") & table["task"].eq("MUL"), "step"] = 5.0
    assert by_run(classify_difficulty(table, EASY), "other_seeds")["a-s1"] == ["hard", "easy", "hard", "hard"]


def test_the_median_itself_is_hard() -> None:
    found = classify_difficulty(events({("a", 1): [1, 2, 3], ("a", 2): [100, 200, 300]}), EASY)
    assert by_run(found, "other_seeds")["a-s1"] == ["easy", "hard", "hard"]


def test_one_seed_has_no_others() -> None:
    found = classify_difficulty(events({("a", 1): [1, 2, 3, 4], ("b", 1): [1, 2, 3, 4]}), EASY)
    assert found["other_seeds"].isna().all()
    assert found["family"].notna().all()


def test_nothing_emerged() -> None:
    found = classify_difficulty(events({("a", seed): [np.nan] * 4 for seed in (1, 2)}), EASY)
    assert set(found["other_seeds"]) == {"hard"}


@pytest.mark.parametrize("step", [5.0, np.nan])
def test_the_control_has_no_class_and_moves_none(step: float) -> None:
    table = events({("a", seed): [10, 20, 30, 40] for seed in (1, 2)})
    control = [
        {**row, "task": "CTL", "level": level, "step": step, "emerged": step == step}
        for row in table.drop_duplicates("run").to_dict("records")
        for level in "12"
    ]
    pd.testing.assert_frame_equal(
        classify_difficulty(pd.concat([table, pd.DataFrame(control)]), EASY), classify_difficulty(table, EASY)
    )


def test_no_events_no_classes() -> None:
    assert classify_difficulty(events({("a", 1): [1, 2, 3, 4]}).iloc[:0], EASY).empty


def test_the_order_of_rows_does_not_matter_for_classes() -> None:
    rng = np.random.default_rng(1)
    table = events({(size, seed): list(rng.uniform(0, 1000, 4)) for size in "ab" for seed in (1, 2, 3)})
    key = ["run", "task", "level"]
    shuffled = classify_difficulty(table.sample(frac=1, random_state=0), EASY).sort_values(key, ignore_index=True)
    pd.testing.assert_frame_equal(shuffled, classify_difficulty(table, EASY).sort_values(key, ignore_index=True))
