"""Scores as transformers, Weights & Biases, lm-eval and spreadsheets write them."""

import json
from pathlib import Path
from typing import Any

import pytest

from emergence.own_runs.scores import ScoreError, read_scores

Wide = dict[str, dict[int, float]]


def written(path: Path, content: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def read(path: Path) -> tuple[Wide, str]:
    """Scores by task and step, and the notes."""
    read = read_scores(path)
    by_task = {task: dict(zip(rows["step"], rows["score"], strict=True)) for task, rows in read.scores.groupby("task")}
    return by_task, "\n".join(read.notes)


TRAINER = [
    {"loss": 1.4, "grad_norm": 1.0, "learning_rate": 1e-4, "epoch": 0.3, "step": 50},
    {
        "eval_accuracy": 0.25,
        "eval_loss": 0.9,
        "eval_runtime": 0.5,
        "eval_model_preparation_time": 0.001,
        "eval_steps_per_second": 0.4,
        "epoch": 0.3,
        "step": 50,
    },
    {"eval_accuracy": 0.75, "eval_loss": 0.4, "eval_runtime": 0.5, "eval_bleu": 31.0, "epoch": 0.6, "step": 100},
    {"train_runtime": 10.0, "train_loss": 0.7, "total_flos": 1e9, "step": 100},
]
OF_DATASETS = [{"eval_maths_accuracy": 0.1, "eval_maths_loss": 2.0, "step": 5}, {"eval_code_accuracy": 0.2, "step": 5}]


def test_the_log_of_a_trainer(tmp_path: Path) -> None:
    state = {"global_step": 100, "eval_steps": 50, "log_history": TRAINER}
    path = written(tmp_path / "checkpoint-100/trainer_state.json", state)
    scores, notes = read(path)
    assert scores == {"accuracy": {50: 0.25, 100: 0.75}}
    assert "eval_bleu: 31 at step 100 lies outside 0 to 1" in notes
    assert "eval_loss" in notes
    assert read(path.parent)[0] == scores  # by its folder


def test_datasets_of_a_trainer_are_groups(tmp_path: Path) -> None:
    path = written(tmp_path / "trainer_state.json", {"log_history": OF_DATASETS})
    assert read(path)[0] == {"maths": {5: 0.1}, "code": {5: 0.2}}


def test_a_history_of_weights_and_biases(tmp_path: Path) -> None:
    rows = [
        {
            "_step": 0,
            "_runtime": 0.5,
            "_timestamp": 0.5,
            "train/global_step": 10,
            "train/loss": 0.5,
            "eval/accuracy": None,
        },
        {
            "_step": 1,
            "_runtime": 0.6,
            "train/global_step": 10,
            "eval/accuracy": 0.1,
            "eval/loss": 0.9,
            "gpu.0.temp": 0.4,
        },
        {"_step": 2, "train/global_step": 20, "eval/accuracy": 0.9, "eval/examples": {"_type": "table-file"}},
    ]
    lines = written(tmp_path / "history.jsonl", "\n".join(map(json.dumps, rows)))
    scores, notes = read(lines)
    assert scores == {"accuracy": {10: 0.1, 20: 0.9}}  # the optimiser's steps, not the calls of log
    assert "eval/examples: \"{'_type': 'table-fil\" at step 20 is not a number" in notes
    assert "gpu.0.temp" in notes
    table = "_step,_runtime,eval/maths/accuracy,train/loss\n0,0.1,,0.5\n7,0.2,0.5,0.4\n"
    assert read(written(tmp_path / "history.csv", table))[0] == {"maths": {7: 0.5}}


def test_the_export_of_a_chart(tmp_path: Path) -> None:
    head = '"Step","calm-sea-1 - eval/accuracy","calm-sea-1 - eval/accuracy__MIN","calm-sea-1 - eval/accuracy__MAX"'
    assert read(written(tmp_path / "chart.csv", f'{head}\n"0","0.1","0.0","0.2"\n"5","0.5","0.5","0.5"\n'))[0] == {
        "accuracy": {0: 0.1, 5: 0.5}
    }
    two = '"Step","one - eval/accuracy","two - eval/accuracy"\n"0","0.1","0.2"\n'
    with pytest.raises(ScoreError, match=r"chart\.csv: .*\(one, two\)"):
        read(written(tmp_path / "chart.csv", two))


def test_a_column_a_task(tmp_path: Path) -> None:
    path = written(tmp_path / "wide.csv", "\ufeffstep,add,copy,loss,blurred\n0,0.0,0.5,3.1,1.5\n100,,1.0,2.0,0.5\n")
    scores, notes = read(path)
    assert scores == {"add": {0: 0.0}, "copy": {0: 0.5, 100: 1.0}}
    assert "blurred: 1.5 at step 0 lies outside 0 to 1" in notes
    tabs = written(tmp_path / "wide.tsv", "step\tadd\n0\t0.5\n")
    assert read(tabs)[0] == {"add": {0: 0.5}}


def test_not_a_number_spoils_a_column(tmp_path: Path) -> None:
    scores, notes = read(written(tmp_path / "wide.csv", "step,a,b\n0,NaN,0.1\n100,0.5,0.2\n"))
    assert scores.keys() == {"b"}
    assert "a: 'NaN' at step 0" in notes


def results(**tasks: dict[str, Any]) -> dict[str, Any]:
    return {
        "results": tasks,
        "config": {"model": "hf", "model_args": "pretrained=EleutherAI/pythia-160m,revision=step512"},
    }


def test_results_of_lm_eval(tmp_path: Path) -> None:
    metrics = {"alias": "arc_easy", "acc,none": 0.3, "acc_stderr,none": 0.01, "acc_norm,none": 0.4}
    maths = {
        "exact_match,strict-match": 0.1,
        "exact_match_stderr,strict-match": 0.0,
        "exact_match,flexible-extract": 0.2,
    }
    written(tmp_path / "step0/EleutherAI__pythia-160m/results_2026-01-02T03-04-05.678.json", results(arc_easy=metrics))
    written(tmp_path / "step1000/results_2026-01-02T03-04-06.678.json", results(arc_easy={"acc": 0.5}, gsm8k=maths))
    written(tmp_path / "step1000/config.json", {"model_type": "gpt_neox"})
    written(
        tmp_path / "any/results.json", results(wikitext={"word_perplexity,none": 30.0}, arc_easy={"acc_norm": 0.45})
    )
    scores, notes = read(tmp_path)
    assert scores == {"arc_easy": {0: 0.3, 512: 0.45, 1000: 0.5}, "gsm8k": {1000: 0.1}}
    assert "wikitext: none of acc, exact_match, acc_norm" in notes
    assert "config.json: no results of lm-eval" in notes


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("absent.csv", None, "absent.csv: no such file or folder"),
        ("empty.csv", "", "empty.csv: has no column with steps"),
        (
            "words.csv",
            "step,a\n0,good\n",
            r"words.csv: holds no scores (a: 'good' at step 0 is not a number); give columns",
        ),
        ("nosteps.csv", "epoch,a\n0,0.1\n", "nosteps.csv: has no column with steps; call it step (there are epoch, a)"),
        ("latin.csv", b"step,a\n0,\xff\n", "latin.csv: cannot be read ("),
        ("cut.json", '{"log_history": [', "cut.json: is not valid JSON ("),
        ("other.json", "{}", "other.json: is neither a trainer_state.json nor results of lm-eval"),
        (
            "losses.json",
            '{"log_history": [{"eval_loss": 0.5, "step": 1}]}',
            "losses.json: holds no scores (eval_loss: no scores",
        ),
        ("train.json", '{"log_history": [{"loss": 0.5, "step": 1}]}', "train.json: logs no evaluation; evaluate in"),
        ("here.json", '{"results": {"a": {"acc": 0.5}}}', "here.json: no step in its path"),
    ],
)
def test_a_file_without_scores_is_refused_in_a_line(tmp_path: Path, name: str, content: Any, message: str) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ScoreError) as refusal:
        read_scores(tmp_path / name)
    assert message in str(refusal.value)
    assert "\n" not in str(refusal.value)
