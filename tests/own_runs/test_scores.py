"""Scores are checked and scaled, and count where every group has one."""

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emergence.own_runs.scores import ScoreError, on_common_steps, read_scores, require_match


def csv(folder: Path, text: str) -> Path:
    path = folder / "scores.csv"
    path.write_text(text)
    return path


def test_scores_run_from_the_blind_guess_to_perfection(tmp_path: Path) -> None:
    path = csv(tmp_path, "step,task,score,baseline,perfect\n0,a,-2,-2,0\n100,a,-0.5,-2,0\n0,b,0.2,0.25,1\n")
    read = read_scores(path)
    assert list(read.scores.columns) == ["step", "task", "score"]
    assert read.scores["score"].tolist() == pytest.approx([0.0, -0.05 / 0.75, 0.75])
    assert read.notes == []


def test_a_baseline_may_be_given(tmp_path: Path) -> None:
    path = csv(tmp_path, "step,task,score\n0,a,0.25\n100,a,0.625\n100,b,0.625\n")
    read = read_scores(path, {"a": 0.25})
    assert read.scores["score"].tolist() == pytest.approx([0.0, 0.5, 0.625])
    assert read.notes == ["no baseline given for b: 0 counts as an input-independent guess"]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("0,a,0.1\n0,a,0.2", "two scores of a at step 0 (0.1 and 0.2); keep one"),
        ("0,a,55", "55 for a at step 0 lies outside 0 to 1; give columns baseline and perfect"),
        ("0,a,-0.1", "-0.1 for a at step 0 lies outside 0 to 1"),
        ("0,a,nan", "a at step 0: has no score (nan); leave out the row"),
        ("0,a,", "a at step 0: has no score (empty)"),
        ("0,a,inf", "inf for a at step 0 lies outside"),
        ("0,a,good", "a at step 0: value: 'good' is not a number"),
        ("0.5,a,0.1", "'0.5' is not a step; give whole numbers"),
        ("-1,a,0.1", "'-1' is not a step"),
    ],
)
def test_what_is_no_score_is_named(tmp_path: Path, rows: str, message: str) -> None:
    path = csv(tmp_path, f"step,task,score\n{rows}\n")
    with pytest.raises(ScoreError) as refusal:
        read_scores(path)
    assert str(refusal.value).startswith(f"{path}: ")
    assert message in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_the_same_score_twice_is_no_harm(tmp_path: Path) -> None:
    assert len(read_scores(csv(tmp_path, "step,task,score\n0,a,0.1\n0.0,a,0.10\n")).scores) == 1


def test_a_baseline_of_no_task_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ScoreError, match=r"baseline of 'b'.*tasks: a$"):
        read_scores(csv(tmp_path, "step,task,score\n0,a,0.1\n"), {"b": 0.5})


@pytest.mark.long
@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 5)), unique=True, min_size=1))
def test_common_steps_are_those_of_every_task(pairs: list[tuple[str, int]]) -> None:
    frame = pd.DataFrame(pairs, columns=["task", "step"]).assign(run="mine", level="all", score=0.5)
    steps = [set(rows["step"]) for _, rows in frame.groupby("task")]
    common = set.intersection(*steps)
    if common:
        assert set(on_common_steps(frame)["step"]) == common
    else:
        with pytest.raises(ScoreError, match=r"\ba, b\b"):
            on_common_steps(frame)


@pytest.mark.parametrize(
    ("steps", "checkpoints", "fits"),
    [
        ([0, 100, 200], [0, 100, 200], True),
        ([50, 150, 250], [0, 100, 200], True),
        ([1000], [1000], True),
        ([0, 1, 2, 3], [0, 500, 1000], False),
        ([10_000, 20_000], [0, 500, 1000], False),
    ],
)
def test_scores_of_other_steps_are_refused(steps: list[int], checkpoints: list[int], fits: bool) -> None:
    scores = pd.DataFrame({"step": steps, "task": "a", "score": 0.5})
    if fits:
        require_match(scores, checkpoints, ["a", "b"], "scores.csv")
        return
    with pytest.raises(ScoreError, match=r"scores\.csv: .*steps.*\(0 to 1000\)"):
        require_match(scores, checkpoints, ["a", "b"], "scores.csv")


def test_scores_of_other_groups_are_refused() -> None:
    scores = pd.DataFrame({"step": [0, 100], "task": ["a", "b"], "score": 0.5})
    with pytest.raises(ScoreError, match=r"^scores\.csv: .*\(a, b\).*\(c\)"):
        require_match(scores, [0, 100], ["c"], "scores.csv")
    require_match(scores, [0, 100], [], "scores.csv")  # measures of the whole model
