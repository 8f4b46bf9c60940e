"""The command ``emergence analyze``: its options, and what it prints."""

import argparse
import json
from pathlib import Path
from typing import Any

from emergence.errors import EmergenceError


def describe(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    from emergence.measures.declarations import declared

    parser.description = (
        "Measure every checkpoint of a training run, find when groups of probes are learned, and what moves ahead of "
        "that, beside what else does. Run again to resume. Pickled checkpoints are refused."
    )
    parser.add_argument("folders", type=Path, nargs="*", metavar="FOLDER", help="of checkpoints; one per run")
    parser.add_argument("--output-dir", type=Path, default=Path("report"), help="for report.html and tables (report)")
    language = parser.add_argument_group("causal language models of transformers")
    language.add_argument("--probes", type=Path, help="JSON lines: group, prompt, completion and optionally wrong")
    language.add_argument("--repo-id", metavar="OWNER/NAME", help="on the Hugging Face hub, in place of a folder")
    language.add_argument("--revisions", nargs="+", metavar="NAME", help="revisions to download, such as step1000")
    language.add_argument("--dtype", choices=["float32", "bfloat16"], default="float32")
    language.add_argument(
        "--batch-size", type=_positive, metavar="N", help="texts per forward pass; lower it to save memory"
    )
    module = parser.add_argument_group("other models")
    module.add_argument("--model", metavar="PACKAGE.MODULE:FUNCTION", help="returns the torch module")
    module.add_argument("--data", type=Path, help="safetensors: <group>.inputs, <group>.targets")
    module.add_argument("--layers", nargs="+", metavar="NAME", help="submodules to measure instead of the blocks")
    module.add_argument("--loss", metavar="PACKAGE.MODULE:FUNCTION", help="(outputs, targets) -> one loss an example")
    parser.add_argument("--scores", type=Path, nargs="+", metavar="FILE", default=[], help="one for each run: CSV, "
                        "trainer_state.json, a W&B history or lm-eval results (default: right answers)")  # fmt: skip
    parser.add_argument(
        "--measures", nargs="+", metavar="NAME", choices=list(declared()), help=f"of {', '.join(declared())}"
    )
    parser.add_argument("--options", type=_options, default={}, metavar="JSON", help='{"hessian": {"samples": 8}}')
    parser.add_argument("--control", nargs="+", default=[], metavar="GROUP", help="groups that cannot be learned")
    parser.add_argument("--baselines", type=_numbers, metavar="JSON", help='of scores in files: {"mmlu": 0.25}')
    parser.add_argument("--floor-until", type=_positive, metavar="STEP", help="last step of a measure's early floor")
    parser.add_argument("--seed", type=int, default=0, help="seed for random draws (default 0)")
    parser.add_argument("--device", choices=["auto", "cpu", "cuda"], default="auto")


def run(given: argparse.Namespace) -> int:
    """Analyse, and print what may be concluded."""
    from emergence.own_runs.analysis import REPORT, analyze
    from emergence.own_runs.verdict import as_text

    options = dict(vars(given))
    del options["command"]
    repository, revisions = options.pop("repo_id"), options.pop("revisions")
    folders = options.pop("folders")
    if bool(folders) == bool(repository):
        raise EmergenceError("give either folders of checkpoints or --repo-id with --revisions")
    if bool(repository) != bool(revisions):
        raise EmergenceError("--repo-id and --revisions belong together; give both")
    if repository:
        folders = [_downloaded(repository, revisions, given.output_dir.expanduser())]
    if given.probes:
        from transformers.utils import logging as of_transformers

        of_transformers.set_verbosity_error()  # what it warns of, such as padding, is seen to here
    findings = analyze(folders, **options)
    print(as_text(findings))
    print(f"\nReport: {given.output_dir / REPORT}")
    return 0


def _downloaded(repository: str, revisions: list[str], output: Path) -> Path:
    """Folder of the checkpoints of these revisions, downloaded first."""
    from emergence.checkpoints import hub
    from emergence.checkpoints.find import step_of

    steps = {revision: step_of(revision) for revision in revisions}
    if without := [revision for revision, step in steps.items() if step is None]:
        raise EmergenceError(f"--revisions: {without[0]} has no step in its name; give names such as step1000")
    folder = output / "checkpoints" / repository.replace("/", "--")
    hub.download(repository, {int(step or 0): revision for revision, step in steps.items()}, folder)
    return folder


def _positive(text: str) -> int:
    """A positive number."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a positive number")
    return int(text)


def _options(text: str) -> dict[str, Any]:
    """Options of measures: a JSON object of JSON objects."""
    options = _object(text)
    if not all(isinstance(value, dict) for value in options.values()):
        raise argparse.ArgumentTypeError(f'{text!r} is not such as {{"hessian": {{"samples": 8}}}}')
    return options


def _numbers(text: str) -> dict[str, float]:
    """A JSON object of numbers."""
    numbers = _object(text)
    if not all(isinstance(value, int | float) for value in numbers.values()):
        raise argparse.ArgumentTypeError(f'{text!r} is not such as {{"mmlu": 0.25}}')
    return numbers


def _object(text: str) -> dict[str, Any]:
    """A JSON object."""
    try:
        values = json.loads(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not valid JSON ({error})") from None
    if not isinstance(values, dict):
        raise argparse.ArgumentTypeError(f"{text!r} is not a JSON object")
    return values
