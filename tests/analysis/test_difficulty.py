"""Classes of difficulty: by family, and by runs of other seeds, in whose events a run has no say."""

import numpy as np
import pandas as pd
import pytest

from emergence.analysis.difficulty import classes

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
    found = classes(events({("a", 1): [900, 800, 20, 10]}), EASY)
    assert found["family"].tolist() == ["easy", "easy", "hard", "hard"]
    assert list(found) == ["run", "task", "level", "family", "other_seeds"]


def test_other_seeds_alone_decide() -> None:
    found = classes(events({("a", 1): [10, 20, 30, 40], ("a", 2): [40, 30, 20, 10]}), EASY)
    assert by_run(found, "other_seeds") == {
        "a-s1": ["hard", "hard", "easy", "easy"],
        "a-s2": ["easy", "easy", "hard", "hard"],
    }


def test_a_run_has_no_say_in_its_own_classes() -> None:
    rng = np.random.default_rng(0)
    steps = {(size, seed): list(rng.uniform(0, 1000, 4)) for size in "ab" for seed in (1, 2, 3)}
    before = classes(events(steps), EASY)
    after = classes(events(steps | {(size, 2): list(rng.uniform(0, 1000, 4)) for size in "ab"}), EASY)
    own = before["run"].str.endswith("s2")
    pd.testing.assert_frame_equal(before[own], after[own])
    assert (before["other_seeds"] != after["other_seeds"]).any(), "the others are not bound by this"


def test_all_sizes_of_the_other_seeds_count() -> None:
    """Medians over the two runs of seed 2: 105, 450, 90 and 850; one size alone would say otherwise of COPY or PAR."""
    found = classes(events({("a", 1): [0] * 4, ("a", 2): [10, 400, 150, 900], ("b", 2): [200, 500, 30, 800]}), EASY)
    assert found[found["run"] == "a-s1"]["other_seeds"].tolist() == ["easy", "hard", "easy", "hard"]


def test_what_has_not_emerged_is_hard() -> None:
    """The step of a score that fell back is not an event."""
    table = events({("a", 1): [0] * 4, ("a", 2): [np.nan, 900, np.nan, np.nan]})
    assert by_run(classes(table, EASY), "other_seeds")["a-s1"] == ["hard", "easy", "hard", "hard"]
    table.loc[table["run"].eq("a-s2") & table["task"].eq("MUL"), "step"] = 5.0
    assert by_run(classes(table, EASY), "other_seeds")["a-s1"] == ["hard", "easy", "hard", "hard"]


def test_the_median_itself_is_hard() -> None:
    found = classes(events({("a", 1): [1, 2, 3], ("a", 2): [100, 200, 300]}), EASY)
    assert by_run(found, "other_seeds")["a-s1"] == ["easy", "hard", "hard"]


def test_one_seed_has_no_others() -> None:
    found = classes(events({("a", 1): [1, 2, 3, 4], ("b", 1): [1, 2, 3, 4]}), EASY)
    assert found["other_seeds"].isna().all()
    assert found["family"].notna().all()


def test_nothing_emerged() -> None:
    found = classes(events({("a", seed): [np.nan] * 4 for seed in (1, 2)}), EASY)
    assert set(found["other_seeds"]) == {"hard"}


@pytest.mark.parametrize("step", [5.0, np.nan])
def test_the_control_has_no_class_and_moves_none(step: float) -> None:
    table = events({("a", seed): [10, 20, 30, 40] for seed in (1, 2)})
    control = [
        {**row, "task": "CTL", "level": level, "step": step, "emerged": step == step}
        for row in table.drop_duplicates("run").to_dict("records")
        for level in "12"
    ]
    pd.testing.assert_frame_equal(classes(pd.concat([table, pd.DataFrame(control)]), EASY), classes(table, EASY))


def test_no_events_no_classes() -> None:
    assert classes(events({("a", 1): [1, 2, 3, 4]}).iloc[:0], EASY).empty


def test_the_order_of_rows_does_not_matter() -> None:
    rng = np.random.default_rng(1)
    table = events({(size, seed): list(rng.uniform(0, 1000, 4)) for size in "ab" for seed in (1, 2, 3)})
    key = ["run", "task", "level"]
    shuffled = classes(table.sample(frac=1, random_state=0), EASY).sort_values(key, ignore_index=True)
    pd.testing.assert_frame_equal(shuffled, classes(table, EASY).sort_values(key, ignore_index=True))
