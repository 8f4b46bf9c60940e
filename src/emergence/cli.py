"""The command line: ``emergence STAGE --settings ... --path ...``. Rules and people call the same commands.

A stage's options are the arguments of its function. Settings come either as JSON (text or file), as rules pass them,
or from a configuration: ``emergence train --config config.yaml --run 4x16-s1 ...``.
"""

import argparse
import inspect
import json
import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_type_hints

from pydantic import BaseModel, ValidationError

from emergence import failures
from emergence.errors import EmergenceError
from emergence.stages import STAGES

ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"), "1"
)
"""Told to numpy, scipy and torch before they load: the last digit of a sum depends on how many threads share it."""


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; errors that a user can mend end in one clear line."""
    given = sys.argv[1:] if arguments is None else arguments
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    logging.getLogger("fontTools").setLevel(logging.WARNING)
    try:
        return _dispatch(given)
    except EmergenceError as error:
        print(f"emergence: {error}", file=sys.stderr)
        return error.exit_code
    except Exception as error:
        if (line := failures.explained(error)) is None:
            raise
        print(f"emergence: {line}", file=sys.stderr)
        return 1


def command_line() -> argparse.ArgumentParser:
    """Parser of all commands; the options of a stage are in `of_stage`, which has to import it."""
    parser = argparse.ArgumentParser(prog="emergence", description="How capabilities emerge in training.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, stage in STAGES.items():
        commands.add_parser(name, help=stage.summary, add_help=False)
    _describe_measure(commands.add_parser("measure", help="measure a model of your own along its checkpoints"))
    commands.add_parser("show", help="print a claims table").add_argument(
        "claims", type=Path, help="claims.parquet of a run"
    )
    verified = commands.add_parser("verify", help="check every table and checkpoint of a results folder")
    verified.add_argument("results", type=Path, nargs="?", default=Path("results"), help="folder (default: results)")
    _describe_reference(commands)
    commands.add_parser("schema", help="print the JSON schema of config.yaml")
    return parser


def _dispatch(given: list[str]) -> int:
    if given and given[0] in STAGES:
        return _run_stage(given[0], given[1:])
    options = command_line().parse_args(given)
    match options.command:
        case "measure":
            return _measure(options)
        case "show":
            return _show(options.claims)
        case "verify":
            return _verify(options.results)
        case "record" | "keep" | "reproduce" | "archive":
            return _refer(options)
        case _:
            return _schema()


def _describe_measure(parser: argparse.ArgumentParser) -> None:
    from emergence.settings.measures import known

    parser.description = "Measure every checkpoint in a folder. Pickled checkpoints and data are refused."
    parser.add_argument("folder", type=Path, help="*.safetensors with the step in the name, or one of our trajectories")
    parser.add_argument("--measure", required=True, metavar="NAME", help=f"one of {', '.join(known())}")
    parser.add_argument("--data", type=Path, required=True, help="safetensors: <group>.inputs, .targets; or our probes")
    parser.add_argument("--table", type=Path, required=True, help="Parquet file to write, one row a value")
    parser.add_argument("--model", metavar="PACKAGE.MODULE:FUNCTION", help="returns the torch module")
    parser.add_argument("--layers", nargs="+", metavar="NAME", help="submodules to look at instead of the blocks")
    parser.add_argument("--loss", metavar="PACKAGE.MODULE:FUNCTION", help="(outputs, targets) -> one loss an example")
    parser.add_argument("--options", default="{}", metavar="JSON", help="of the measure, instead of the default ones")
    parser.add_argument("--seed", type=int, default=0, help="of the random draws (default 0)")
    parser.add_argument("--device", choices=["auto", "cpu", "cuda"], default="auto")


def _measure(given: argparse.Namespace) -> int:
    from emergence.measures import checkpoints, follow, own
    from emergence.models import build
    from emergence.settings.measures import MeasureSettings

    options = _json(given.options)
    chosen = own.options_of(given.measure, options)
    if given.model:
        model = checkpoints.built(given.model).to(build.device(given.device))
        loss = checkpoints.from_name(given.loss) if given.loss else None
        about = {"layers": given.layers, "loss": loss, "seed": given.seed, "options": options}
        data = checkpoints.read_data(given.data)
        checkpoints.measure_all(given.measure, model, data, given.folder, given.table, **about)
    elif given.layers or given.loss or given.seed:
        raise EmergenceError("--layers, --loss and --seed are for models of your own; give --model as well")
    elif (given.folder / "manifest.json").exists():
        settings = MeasureSettings.model_validate({"measure": given.measure, "options": chosen, "device": given.device})
        state = given.table.with_name(f".{given.table.name}.state")
        follow.follow(settings, given.folder, given.data, given.table, state)
    else:
        raise EmergenceError(f"{given.folder}: is none of our trajectories; say what the model is: --model")
    print(given.table)
    return 0


def _json(text: str) -> dict[str, Any]:
    """A JSON object."""
    try:
        found = json.loads(text)
    except ValueError as error:
        raise EmergenceError(f"--options: {text!r} is no JSON ({error})") from None
    if not isinstance(found, dict):
        raise EmergenceError(f'--options: {text!r} must be a JSON object, as in {{"samples": 32}}')
    return found


def _show(path: Path) -> int:
    from emergence import tables
    from emergence.analysis.claims.joined import as_text
    from emergence.schemas.analysis import CLAIMS

    print(as_text(tables.read(CLAIMS, path)))
    return 0


def _verify(results: Path) -> int:
    from emergence.verify import verify

    print(found := verify(results))
    return int(bool(found.faults))


def _describe_reference(commands: Any) -> None:
    recorded = commands.add_parser("record", help="write down what a run is; the workflow does it")
    recorded.add_argument("--record", required=True, metavar="JSON")
    recorded.add_argument("--path", type=Path, required=True)
    kept = commands.add_parser("keep", help="keep a finished run as the reference, and its claims in the README")
    compared = commands.add_parser("reproduce", help="compare a run with the reference; ends in 1 if not reproduced")
    for parser in (kept, compared):
        parser.add_argument("results", type=Path, nargs="?", default=Path("results"))
        parser.add_argument("--reference", type=Path, default=Path("reference"), help="folder (default: reference)")
    kept.add_argument("--readme", type=Path, default=Path("README.md"), help="file (default: README.md)")
    packed = commands.add_parser("archive", help="pack the last commit with checksums and metadata")
    packed.add_argument("--to", type=Path, default=Path("dist"), help="folder (default: dist)")


def _refer(options: argparse.Namespace) -> int:
    """What is done with whole runs; none of it is a stage."""
    match options.command:
        case "record":
            from emergence.reference import record

            record.write(options.record, options.path)
        case "keep":
            from emergence.reference.keep import keep

            told = keep(options.results, options.reference, options.readme)
            print(f"{options.reference}: {told['bytes'] / 1e6:.1f} MB, {told['cost']['jobs']} jobs")
        case "reproduce":
            from emergence.reference.reproduce import reproduce

            print(found := reproduce(options.results, options.reference))
            return int(found.verdict == "not reproduced")
        case "archive":
            from emergence.reference.archive import archive
            from emergence.reference.project import PROJECT

            print(archive(PROJECT, options.to))
    return 0


def _schema() -> int:
    from emergence.config import schema

    print(json.dumps(schema(), indent=1, sort_keys=True))
    return 0


def _paths(function: Callable[..., None]) -> dict[str, Any]:
    """Types of a stage's paths: one, or several."""
    return {key: hint for key, hint in get_type_hints(function).items() if key not in ("settings", "return")}


def of_stage(name: str, function: Callable[..., None]) -> argparse.ArgumentParser:
    """Parser of a stage's options, which are the arguments of its function."""
    parser = argparse.ArgumentParser(prog=f"emergence {name}", description=inspect.getdoc(function))
    parser.add_argument("--settings", help="JSON text, or a file with it")
    parser.add_argument("--config", type=Path, nargs="+", help="config.yaml and overlays, instead of --settings")
    parser.add_argument("--run", help="with --config: the run, for example 4x16-s1")
    parser.add_argument("--measure", help="with --config: the measure, for example rankme")
    for key, hint in _paths(function).items():
        parser.add_argument(f"--{key.replace('_', '-')}", type=Path, required=True, nargs=None if hint is Path else "+")
    return parser


def _run_stage(name: str, given: list[str]) -> int:
    os.environ.update(ONE_THREAD)
    function = STAGES[name].load()
    parser = of_stage(name, function)
    options = vars(parser.parse_args(given))
    settings = _settings(name, get_type_hints(function)["settings"], options, parser)
    function(settings, **{key: options[key] for key in _paths(function)})
    return 0


def _settings(name: str, kind: type[BaseModel], options: dict[str, Any], parser: argparse.ArgumentParser) -> BaseModel:
    if (options["settings"] is None) == (options["config"] is None):
        parser.error("give either --settings or --config")
    if options["config"]:
        from emergence.config import read

        return read(*options["config"]).settings(name, run=options["run"], measure=options["measure"])
    return _from_json(kind, options["settings"])


def _from_json(kind: type[BaseModel], given: str) -> BaseModel:
    """Settings from JSON text or a file with it."""
    is_text = given.lstrip().startswith("{")
    source = "--settings" if is_text else given
    try:
        return kind.model_validate_json(given if is_text else Path(given).read_text())
    except ValidationError as error:
        problems = [(".".join(map(str, part["loc"])), part["input"], part["msg"]) for part in error.errors()]
        lines = "; ".join(f"{key}: {value!r} is not valid ({message})" for key, value, message in problems)
        raise EmergenceError(f"{source}: {lines}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise EmergenceError(f"{source}: cannot be read ({error})") from None
