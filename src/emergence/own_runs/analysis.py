"""Analyse training runs of one's own, from folders of checkpoints to a report: ``emergence analyze``.

>>> emergence.analyze("runs/my-run", probes="probes.jsonl", output_dir="report")  # doctest: +SKIP
"""

import json
import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from torch import nn

from emergence.config.defaults import default_measures
from emergence.config.types import Device, Precision, Strict
from emergence.errors import EmergenceError
from emergence.io import tables
from emergence.io.files import replacing, require_writable, write_json
from emergence.measures.api import build_model, function_from_name, options_of, read_data
from emergence.measures.declarations import declared
from emergence.own_runs.findings import Findings, analyse_tables
from emergence.own_runs.limits import group_name
from emergence.own_runs.measured_run import MeasuredRun, open_language_run, open_module_run
from emergence.own_runs.measuring import MeasuredTables, measure_run
from emergence.own_runs.page import write_report
from emergence.own_runs.runs import WHOLE
from emergence.own_runs.scores import ScoreFile, read_scores, require_match
from emergence.schemas.analysis import EVENTS, LEAD_DIFFERENCES, LEADS, PRECURSORS, SCORES
from emergence.schemas.trajectories import MEASURE
from emergence.subjects.examples import Examples
from emergence.subjects.torch_module import OwnLoss
from emergence.tasks.own_probes import Probe, read_probes

logger = logging.getLogger("emergence")

REPORT = "report.html"
RUNS = "runs.json"
Folders = str | Path | Sequence[str | Path]


class AnalysisError(EmergenceError):
    """Arguments of an analysis that do not belong together; the message names them."""


def analyze(
    folders: Folders,
    *,
    probes: str | Path | Mapping[str, Sequence[Probe]] | None = None,
    model: nn.Module | str | None = None,
    data: str | Path | Mapping[str, Examples] | None = None,
    scores: str | Path | Sequence[str | Path] = (),
    output_dir: str | Path = "report",
    measures: Sequence[str] | None = None,
    options: Mapping[str, Mapping[str, Any]] | None = None,
    control: Collection[str] = (),
    baselines: Mapping[str, float] | None = None,
    floor_until: int | None = None,
    layers: Sequence[str] | None = None,
    loss: OwnLoss | str | None = None,
    device: Device = "auto",
    dtype: Precision = "float32",
    batch_size: int | None = None,
    seed: int = 0,
) -> Findings:
    """Measure every checkpoint of one or several runs, and find events and what leads them beside nulls.

    A stopped analysis is resumed by the same call.

    Args:
        folders: Of a run, or of several runs of one kind, such as seeds; see `emergence.checkpoints.find`.
        probes: For causal language models: a file of JSON lines, or what `read_probes` returns.
        model: For other models: the module, or the name ``package.module:function`` of a function that returns it.
        data: For other models: groups ``{"mine": (inputs, targets)}``, or a safetensors file with tensors
            ``<group>.inputs`` and ``<group>.targets``.
        scores: Files with the scores of each run (`emergence.own_runs.scores`); without any, the share of right
            answers on the probes or the data is the score.
        output_dir: Where tables and `report.html` are written.
        measures: Names; by default all that are defined for the model.
        options: Of measures, by their names.
        control: Groups that cannot be learned, such as one with shuffled answers: their curves are a null.
        baselines: Of tasks in files of scores: the value of a guess that ignores the input, such as 0.25.
        floor_until: Last step at which the floor of a measure may lie; see `analyse_tables`.
        layers: Names of submodules whose representations are measured.
        loss: From outputs and targets to one loss an example, in place of cross-entropy.
        device: ``auto`` is CUDA where there is some.
        dtype: In which language models compute.
        batch_size: Texts that go through a language model at a time.
        seed: Of random draws.

    Raises:
        AnalysisError: if arguments contradict each other.
        EmergenceError: if checkpoints, probes, data or scores cannot be used, in one line that says why.
    """
    output, chosen = Path(output_dir).expanduser(), _chosen(measures, options or {})
    require_writable(output / REPORT)
    paths = [Path(folder).expanduser() for folder in _several(folders)]
    _require_no_other_runs(output, paths)
    files = [read_scores(Path(path).expanduser(), baselines) for path in _several(scores)]
    if baselines and not files:
        raise AnalysisError("baselines are of scores in files; give the files as well")
    if files and len(files) != len(paths):
        raise AnalysisError(
            f"{len(files)} files of scores for {len(paths)} runs; give one for each run, in their order"
        )
    opened = _opener(probes, model, data, layers, loss, device, dtype, batch_size)
    measured = []
    for place, (path, name) in enumerate(zip(paths, _names(paths), strict=True)):
        run = opened(path, name)
        _announce(run)
        given = files[place] if files else None
        _require_scores(run, given, path, chosen)
        _require_control(run, given, control)
        state = output / ".state" / name
        measured.append(_with_scores(measure_run(run, chosen, measures or (), state, seed), name, given))
    notes = [note for file in files for note in file.notes]
    return _reported(measured, output, control=control, floor_until=floor_until, notes=notes)


def _several(given: str | Path | Sequence[str | Path]) -> list[str | Path]:
    return [given] if isinstance(given, str | Path) else list(given)


def _names(paths: Sequence[Path]) -> list[str]:
    """A name for each run: that of its folder, with folders above it as far as they tell runs apart.

    >>> _names([Path("a/seed1/checkpoints"), Path("a/seed2/checkpoints")])
    ['seed1-checkpoints', 'seed2-checkpoints']

    Raises:
        AnalysisError: if a folder is given twice.
    """
    parts = [path.resolve().parts for path in paths]
    for depth in range(1, max(map(len, parts)) + 1):
        names = ["-".join(of[-depth:]).strip("/") for of in parts]
        if len(set(names)) == len(names):
            return names
    raise AnalysisError("a folder is given twice; give each run once")


def _chosen(measures: Sequence[str] | None, options: Mapping[str, Mapping[str, Any]]) -> dict[str, Strict]:
    """Options of the measures that are taken, at every checkpoint.

    Raises:
        AnalysisError: if options are of a measure that is not taken.
        MeasureError: if there is no such measure or option.
    """
    names = list(declared()) if measures is None else list(dict.fromkeys(measures))
    if foreign := [name for name in options if name not in names]:
        raise AnalysisError(f"options of {foreign[0]}, which is not measured; measures: {', '.join(names)}")
    defaults = default_measures()
    return {name: options_of(name, {**defaults.get(name, {}), **options.get(name, {})}) for name in names}


def _opener(
    probes: Any, model: Any, data: Any, layers: Any, loss: Any, device: Device, dtype: Precision, batch_size: int | None
) -> Any:
    """A function from folder and name to an opened run.

    Raises:
        AnalysisError: if it is not clear what the checkpoints are of.
    """
    if (probes is None) == (model is None and data is None):
        raise AnalysisError("give probes for language models of transformers, or model and data for others")
    if probes is not None:
        if layers or loss:
            raise AnalysisError("layers and loss are for modules of your own; leave them out with probes")
        asked = probes if isinstance(probes, Mapping) else read_probes(Path(probes).expanduser())
        return lambda path, name: open_language_run(
            path, name, asked, device=device, dtype=dtype, batch_size=batch_size
        )
    if model is None or data is None:
        raise AnalysisError("model and data belong together; give both")
    built = build_model(model) if isinstance(model, str) else model
    groups = data if isinstance(data, Mapping) else read_data(Path(data).expanduser())
    own = function_from_name(loss) if isinstance(loss, str) else loss
    return lambda path, name: open_module_run(path, name, built, groups, device=device, layers=layers, loss=own)


def _announce(run: MeasuredRun) -> None:
    """Say which checkpoints there are, and which are left out."""
    steps = [str(step) for step in run.steps]
    shown = ", ".join(steps if len(steps) <= 8 else [*steps[:4], "…", *steps[-2:]])
    logger.info("%s: %d checkpoints, steps %s", run.name, len(steps), shown)
    for note in run.checkpoints.notes:
        logger.info("%s: %s", run.name, note)


def _require_scores(run: MeasuredRun, given: ScoreFile | None, path: Path, measures: Collection[str]) -> None:
    """Refuse a run without scores, or with those of another run, before anything is measured.

    Raises:
        AnalysisError, ScoreError: if there are none, or they do not match.
    """
    if given is None and run.scores is None:
        raise AnalysisError(f"{path}: with a loss of your own, what is right is not known; give a file of scores")
    if given is not None:
        whole = "neuromfa" in measures  # of the whole network, so of scores with any name
        require_match(given.scores, run.steps, () if whole else _groups(run), given.source)


def _require_control(run: MeasuredRun, given: ScoreFile | None, control: Collection[str]) -> None:
    """Refuse a control that is not a group, before anything is measured.

    Raises:
        AnalysisError: if one is neither measured nor scored.
    """
    known = {*_groups(run), *(given.scores["task"] if given else ())}
    if unknown := sorted(set(control) - known):
        raise AnalysisError(f"control {unknown[0]!r}: no such group; there are {', '.join(sorted(known))}")


def _groups(run: MeasuredRun) -> list[str]:
    """Names of the groups that are measured."""
    return [group_name(group.task, group.level or WHOLE) for group in run.subject.groups]


def _require_no_other_runs(output: Path, paths: Sequence[Path]) -> None:
    """Keep the report of other runs from being overwritten; that of the same runs, or of some of them, is made anew.

    Raises:
        AnalysisError: if the folder has the report of a run that is not among these.
    """
    runs, now = output / RUNS, {str(path.resolve()) for path in paths}
    try:
        before = set(json.loads(runs.read_text(encoding="utf-8"))) if (output / REPORT).exists() else set()
    except (OSError, ValueError, TypeError):
        before = set()
    if others := sorted(before - now):
        raise AnalysisError(f"{output}: has the report of {others[0]}; give another --output-dir, or delete it")
    write_json(runs, sorted(now))


def _with_scores(measured: MeasuredTables, name: str, given: ScoreFile | None) -> MeasuredTables:
    """The tables with scores of a file in place of their own."""
    if given is None:
        return measured
    scores = given.scores.assign(run=name)
    return MeasuredTables(measured.measures, scores, measured.checkpoints, measured.notes)


def _reported(measured: Sequence[MeasuredTables], output: Path, *, notes: list[str], **more: Any) -> Findings:
    """Findings of all runs, written to a folder."""
    measures, scores, checkpoints = (
        pd.concat([getattr(of, name) for of in measured], ignore_index=True)
        for name in ("measures", "scores", "checkpoints")
    )
    skipped = dict.fromkeys(note for of in measured for note in of.notes)
    findings = analyse_tables(measures, scores, notes=[*skipped, *notes], **more)
    write_findings(findings, output, checkpoints)
    return findings


def write_findings(findings: Findings, output: Path, checkpoints: pd.DataFrame | None = None) -> None:
    """Write tables and report of findings to a folder, and the outcome of each checkpoint."""
    written: Iterable[tuple[Any, pd.DataFrame]] = (
        (MEASURE, findings.measures),
        (SCORES, findings.scores),
        (EVENTS, findings.events),
        (LEADS, findings.leads.drop(columns="own loss")),
        (PRECURSORS, findings.rates),
        (LEAD_DIFFERENCES, findings.differences),
    )
    for schema, frame in written:
        tables.write(schema, frame, output / f"{schema.name}.parquet")
    if checkpoints is not None:
        with replacing(output / "checkpoints.csv") as temporary:
            checkpoints.to_csv(temporary, index=False)
    write_report(findings, output / REPORT, checkpoints=checkpoints)
