"""Scores in the files that training leaves behind, as rows that `emergence.own_runs.scores` checks and scales.

- **CSV**, long (``step,task,score``, optionally ``baseline`` and ``perfect``) or wide (``step`` and a column per task);
- **transformers**: ``trainer_state.json``, entries ``eval_…`` of its ``log_history``;
- **Weights & Biases**: a history with ``_step`` as CSV or JSON lines, or the CSV of a chart (``Step``, ``run -
  metric``). The optimiser step that trainers log (``train/global_step``) is preferred: ``_step`` counts
  calls of ``log``;
- **lm-eval**: result files, whose step stands in their path, or in the revision of the model that they name.
"""

import csv
import json
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from emergence.checkpoints.find import labelled_step
from emergence.errors import EmergenceError

STEPS = ("step", "global_step", "train/global_step", "trainer/global_step", "_step")
"""Columns with a step, the preferred first."""
CONTEXT = re.compile(
    r"loss|perplexity|ppl|nll|runtime|per_second|epoch|learning_rate|grad_norm|timestamp|num_tokens|flos"
    r"|(^|[/_])mem_|_time$|(^|[/_])(lr|steps?)$"
)
"""In the names of what is logged beside scores."""
EVALUATED = re.compile(
    r"(^|[/_. -])(eval|val|valid|validation|test|acc|accuracy|exact_match|em|f1|score|pass@\d+)([/_. -]|$)"
)
"""In the names of scores, where a log holds much else."""
BEFORE = re.compile(r"^(eval|val|valid|validation|test)[/_]")
AFTER = re.compile(r"[/_](accuracy|acc|exact_match|em|f1|score)$")
HARNESS = ("acc", "exact_match", "acc_norm")
"""Metrics of lm-eval, the preferred first."""
LISTED = 6
"""Columns that a message names."""


class ScoreError(EmergenceError):
    """Scores that cannot be used; the message names the file and the remedy."""


@dataclass
class Logged:
    """Contents of a file."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    """step, task, value as written and, where the file has them, baseline and perfect"""
    notes: list[str] = field(default_factory=list)
    """columns left out, each with the reason"""

    def or_refuse(self, path: Path, wanted: str) -> "Logged":
        """The same.

        Raises:
            ScoreError: if there is no row.
        """
        if not self.rows:
            raise ScoreError(f"{path}: holds no scores ({listed(self.notes, '; ') or 'it is empty'}); {wanted}")
        return self


def read_logged(path: Path) -> Logged:
    """Contents of a file, or of a folder of results of lm-eval.

    Raises:
        ScoreError: if it does not exist, cannot be read, or holds no scores.
    """
    if not path.exists():
        raise ScoreError(f"{path}: no such file or folder; name the scores of your run")
    if path.is_dir():
        state = path / "trainer_state.json"
        return _trainer(_json(state), state) if state.exists() else _harness(sorted(path.rglob("*.json")), path)
    if path.suffix in (".jsonl", ".ndjson"):
        return _history([_json_of(line, path) for line in _text(path).splitlines() if line.strip()], path)
    if path.suffix != ".json":
        return _table(path)
    content = _json(path)
    if isinstance(content, list):
        return _history(content, path)
    if isinstance(content, dict) and "results" in content:
        return _harness([path], path)
    return _trainer(content, path)


def listed(names: Collection[str], separator: str = ", ") -> str:
    """Names as text, the first few.

    >>> listed(["a", "b"]), listed([str(number) for number in range(9)])
    ('a, b', '0, 1, 2, 3, 4, 5, 3 more')
    """
    more = [f"{len(names) - LISTED} more"] if len(names) > LISTED else []
    return separator.join([*list(names)[:LISTED], *more])


def step_number(value: Any, path: Path) -> int:
    """A step as a whole number.

    Raises:
        ScoreError: if it is none.
    """
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = -1.0
    if not (number >= 0 and number.is_integer()):
        raise ScoreError(f"{path}: {value!r} is not a step; give whole numbers of optimiser steps")
    return int(number)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ScoreError(f"{path}: cannot be read ({error}); save it as text in UTF-8") from None


def _json_of(text: str, path: Path) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise ScoreError(f"{path}: is not valid JSON ({error}); export it again") from None


def _json(path: Path) -> Any:
    return _json_of(_text(path), path)


def _table(path: Path) -> Logged:
    """A CSV file, or one with tabs: long, or a column per task or metric."""
    delimiter = "\t" if path.suffix == ".tsv" else ","
    records = list(csv.DictReader(_text(path).splitlines(), delimiter=delimiter))
    names = [name for name in (records[0] if records else {}) if name]
    if {"step", "task", "score"} <= set(names):
        others = [name for name in names if name not in ("step", "task", "score", "baseline", "perfect")]
        notes = [f"{name}: unknown column; known are step, task, score, baseline, perfect" for name in others]
        kept = [{**record, "value": record["score"]} for record in records]
        return Logged(kept, notes).or_refuse(path, "give a row a score")
    chart = [name for name in names if " - " in name and not name.endswith(("__MIN", "__MAX"))]
    if "Step" in names and chart:
        return _chart(records, chart, path)
    if any(name.startswith("_") or "/" in name for name in names):
        return _history(records, path)
    return _columns(records, path, lambda name: not CONTEXT.search(name.lower()), {}).or_refuse(
        path, "give columns step, task and score, or step and a column for each task"
    )


def _chart(records: list[dict[str, Any]], columns: list[str], path: Path) -> Logged:
    """The CSV of a chart of W&B."""
    runs = sorted({name.rpartition(" - ")[0] for name in columns})
    if len(runs) > 1:
        raise ScoreError(f"{path}: holds several runs ({listed(runs)}); export each run to its own file")
    metrics = {name: name.rpartition(" - ")[2] for name in columns}
    kept = [{"step": record["Step"], **{metrics[name]: record[name] for name in columns}} for record in records]
    return _columns(kept, path, lambda name: not CONTEXT.search(name.lower()), _tasks(metrics.values())).or_refuse(
        path, "export a chart of accuracies"
    )


def _history(records: list[Any], path: Path) -> Logged:
    """A history of W&B, or any other log of one."""
    rows = [record for record in records if isinstance(record, dict)]
    scores = (name for name in _names(rows) if EVALUATED.search(name.lower()) and not CONTEXT.search(name.lower()))
    names = _tasks(scores)
    return _columns(rows, path, names.__contains__, names).or_refuse(
        path, "log scores from 0 to 1 under names such as eval/accuracy, or give a CSV with step, task and score"
    )


def _trainer(content: Any, path: Path) -> Logged:
    """The log of a Trainer of transformers."""
    log = content.get("log_history") if isinstance(content, dict) else None
    if not isinstance(log, list):
        raise ScoreError(f"{path}: is neither a trainer_state.json nor results of lm-eval; give one, or a CSV")
    entries = [entry for entry in log if isinstance(entry, dict) and "step" in entry]
    evaluated = [name for name in _names(entries) if name.startswith("eval_")]
    if not evaluated:
        raise ScoreError(f"{path}: logs no evaluation; evaluate in training, or give a CSV with step, task and score")
    names = _tasks(name for name in evaluated if not CONTEXT.search(name))
    kept = [{name: entry[name] for name in ("step", *evaluated) if name in entry} for entry in entries]
    return _columns(kept, path, names.__contains__, names).or_refuse(
        path, "have compute_metrics return accuracies, or give a CSV with step, task and score"
    )


def _harness(files: list[Path], root: Path) -> Logged:
    """Result files of lm-eval."""
    logged = Logged()
    for file in files:
        content = _json(file)
        results = content.get("results") if isinstance(content, dict) else None
        if not isinstance(results, dict):
            logged.notes.append(f"{file.name}: no results of lm-eval")
            continue
        step = _step_of_results(file, root, content)
        for task, metrics in results.items():
            value = _preferred(metrics if isinstance(metrics, dict) else {})
            if value is None:
                logged.notes.append(f"{task}: none of {', '.join(HARNESS)}")
            else:
                logged.rows.append({"step": step, "task": task, "value": value})
    logged.notes = list(dict.fromkeys(logged.notes))
    return logged.or_refuse(root, "give a folder of results_….json of lm-eval, or a CSV with step, task and score")


def _step_of_results(file: Path, root: Path, content: Mapping[str, Any]) -> int:
    """The step of a result file: from its name, else its folders, else the revision or path of its model."""
    model = f"{(content.get('config') or {}).get('model_args')} {content.get('model_name')}"
    for part in (file.stem, *file.relative_to(root.parent).parts[-2::-1], *re.split(r"[^\w.-]+", model)):
        if (step := labelled_step(part)) is not None:
            return step
    raise ScoreError(f"{file}: no step in its path or in the name of its model; put it in a folder such as step1000")


def _preferred(metrics: Mapping[str, Any]) -> Any:
    """The first metric, whatever the filter behind its name (``acc,none``)."""
    for wanted in HARNESS:
        for name, value in metrics.items():
            if name.partition(",")[0] == wanted:
                return value
    return None


def _names(records: Iterable[Mapping[str, Any]]) -> list[str]:
    """Names in the order in which they first appear."""
    return list(dict.fromkeys(str(name) for record in records for name in record))


def _tasks(names: Iterable[str]) -> dict[str, str]:
    """Task of each logged name: less ``eval`` before it and the metric after it, unless two would be the same.

    >>> _tasks(["eval_maths_accuracy", "eval_code_accuracy", "eval_code_f1"])
    {'eval_maths_accuracy': 'maths', 'eval_code_accuracy': 'code_accuracy', 'eval_code_f1': 'code_f1'}
    """
    middles = {name: BEFORE.sub("", name) for name in names}
    short = {name: AFTER.sub("", middle) for name, middle in middles.items()}
    times = Counter(short.values())
    return {name: short[name] if times[short[name]] == 1 else middles[name] for name in middles}


def _columns(
    records: list[dict[str, Any]], path: Path, is_score: Callable[[str], bool], tasks: Mapping[str, str]
) -> Logged:
    """Rows of the columns that are scores; the others are noted."""
    names = [name for name in _names(records) if name and name != "None"]
    step = next((name for wanted in STEPS for name in names if name.lower() == wanted), None)
    if step is None:
        raise ScoreError(f"{path}: has no column with steps; call it step (there are {listed(names)})")
    kept = [record for record in records if record.get(step) not in (None, "")]
    logged, others = Logged(), []
    for name in names:
        values = [(record[step], record[name]) for record in kept if record.get(name) not in (None, "")]
        if not is_score(name):
            others.append(name)
        elif (reason := _unusable(values)) is not None:
            logged.notes.append(f"{name}: {reason}")
        elif name != step:
            logged.rows += _rows(values, tasks.get(name, name), path)
    if beside := [name for name in others if name != step and not name.startswith("_")]:
        logged.notes.append(f"{listed(beside)}: no scores, by their names")
    return logged


def _rows(values: Iterable[tuple[Any, Any]], task: str, path: Path) -> Iterator[dict[str, Any]]:
    return ({"step": step_number(step, path), "task": task, "value": value} for step, value in values)


def _unusable(values: list[tuple[Any, Any]]) -> str | None:
    """Why a column holds no scores."""
    if not values:
        return "no values"
    for step, value in values:
        try:
            if isinstance(value, bool) or (number := float(value)) != number:
                return f"{value!r} at step {step}"
        except (TypeError, ValueError):
            return f"{str(value)[:20]!r} at step {step} is not a number"
        if not 0 <= number <= 1:
            return f"{number:g} at step {step} lies outside 0 to 1"
    return None
