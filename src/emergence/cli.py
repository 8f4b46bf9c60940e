"""The command line, ``emergence COMMAND``; modules of a command are imported when it runs, so help needs no torch."""

import argparse
import io
import json
import logging
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emergence import system_errors
from emergence.cli_stages import run_stage
from emergence.errors import EmergenceError
from emergence.own_runs import command as analysis
from emergence.stages import STAGES


@dataclass(frozen=True)
class Command:
    """A command: its line of help, an example, its options, and the function that carries it out."""

    summary: str
    example: str
    describe: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; errors that a user can mend end in one clear line, and a closed pipe in silence."""
    given = sys.argv[1:] if arguments is None else arguments
    replace_unencodable()
    if given[:1] == ["stage"] and given[1:2] and given[1] in STAGES:
        return _run(given)
    try:
        try:
            return _run(given)
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for what Python flushes when it ends
        return 128 + signal.SIGPIPE


def replace_unencodable() -> None:
    """Have standard output show ``?`` for what a terminal or log that is not UTF-8 has no character for."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")


def _run(given: list[str]) -> int:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    logging.getLogger("fontTools").setLevel(logging.WARNING)
    try:
        if given[:1] == ["stage"] and given[1:2] and given[1] in STAGES:
            return run_stage(given[1], given[2:])
        options = command_line().parse_args(given)
        return COMMANDS[options.command].run(options)
    except EmergenceError as error:
        print(f"emergence: {error}", file=sys.stderr)
        return error.exit_code
    except BrokenPipeError:
        raise
    except Exception as error:
        if (line := system_errors.explanation(error)) is None:
            raise
        print(f"emergence: {line}", file=sys.stderr)
        return 1


def command_line() -> argparse.ArgumentParser:
    """Parser of all commands; that of a stage is in `of_stage`, which has to import it."""
    examples = "\n  ".join(["examples:", *(command.example for command in COMMANDS.values())])
    parser = argparse.ArgumentParser("emergence", epilog=examples, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.description = "How capabilities emerge in training."
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, command in COMMANDS.items():
        added = commands.add_parser(
            name,
            help=command.summary,
            description=f"{command.summary[0].upper()}{command.summary[1:]}.",
            epilog=f"Example: {command.example}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        command.describe(added)
    return parser


def _describe_measure(parser: argparse.ArgumentParser) -> None:
    from emergence.measures.declarations import declared

    parser.description = "Measure every checkpoint in a folder. Pickled checkpoints and data are refused."
    parser.add_argument("folder", type=Path, help="folder of checkpoints with the step in their names, or a trajectory")
    parser.add_argument("--measure", required=True, metavar="NAME", help=f"one of {', '.join(declared())}")
    parser.add_argument("--data", type=Path, required=True, help="safetensors: <group>.inputs, .targets; or our probes")
    parser.add_argument("--table", type=Path, required=True, help="Parquet file to write, one row per value")
    parser.add_argument("--model", metavar="PACKAGE.MODULE:FUNCTION", help="returns the torch module")
    parser.add_argument("--layers", nargs="+", metavar="NAME", help="submodules to measure instead of the blocks")
    parser.add_argument("--loss", metavar="PACKAGE.MODULE:FUNCTION", help="(outputs, targets) -> one loss per example")
    parser.add_argument("--options", default="{}", metavar="JSON", help="measure options as a JSON object")
    parser.add_argument("--seed", type=_seed, default=0, help="seed for random draws (default 0)")
    parser.add_argument("--device", choices=["auto", "cpu", "cuda"], default="auto")


def _seed(text: str) -> int:
    if not text.isdecimal() or int(text) >= 2**32:
        raise argparse.ArgumentTypeError(f"{text!r} is not valid; allowed: 0 to {2**32 - 1}")
    return int(text)


def _measure(given: argparse.Namespace) -> int:
    from emergence.io.files import require_writable
    from emergence.measures import api, run
    from emergence.measures.run import MeasureSettings
    from emergence.models import build

    options = _json(given.options)
    chosen = api.options_of(given.measure, options)
    require_writable(given.table)
    state = given.table.with_name(f".{given.table.name}.state")
    if given.model:
        model = api.build_model(given.model).to(build.device(given.device))
        loss = api.function_from_name(given.loss) if given.loss else None
        about = {"layers": given.layers, "loss": loss, "seed": given.seed, "options": options}
        data = api.read_data(given.data)
        api.measure_folder(given.measure, model, data, given.folder, given.table, state, **about)
    elif given.layers or given.loss or given.seed:
        raise EmergenceError("--layers, --loss and --seed are for models of your own; give --model as well")
    elif (given.folder / "manifest.json").exists():
        settings = MeasureSettings.model_validate({"measure": given.measure, "options": chosen, "device": given.device})
        run.measure_run(settings, given.folder, given.data, given.table, state)
    else:
        raise EmergenceError(f"{given.folder}: not an emergence trajectory; pass --model")
    print(given.table)
    return 0


def _json(text: str) -> dict[str, Any]:
    """A JSON object."""
    try:
        options = json.loads(text)
    except ValueError as error:
        raise EmergenceError(f"--options: {text!r} is not valid JSON ({error})") from None
    if not isinstance(options, dict):
        raise EmergenceError(f'--options: {text!r} must be a JSON object, as in {{"samples": 32}}')
    return options


def _describe_show(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("claims", type=Path, nargs="?", default="results/claims.parquet", help="table (%(default)s)")
    parser.add_argument("--id", help="only this claim, such as A2, in all its parts")
    parser.add_argument("--study", help="only claims of this study")
    parser.add_argument("--verdict", help='only claims with this verdict, such as holds or "not run"')


def _show(options: argparse.Namespace) -> int:
    from emergence.claims.claims_table import TOY, as_text, chosen
    from emergence.io import tables
    from emergence.release import record
    from emergence.schemas.analysis import CLAIMS

    wanted = {name: getattr(options, name) for name in ("id", "study", "verdict")}
    print(as_text(chosen(tables.read(CLAIMS, options.claims), **wanted)))
    if record.is_toy(options.claims.parent):
        print(f"\n{TOY}")
    return 0


def _describe_results(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("results", type=Path, nargs="?", default=Path("results"), help="folder (default: results)")


def _verify(options: argparse.Namespace) -> int:
    from emergence.release.verify import verify

    print(findings := verify(options.results))
    return int(bool(findings.faults))


def _describe_reference(parser: argparse.ArgumentParser) -> None:
    _describe_results(parser)
    parser.add_argument("--reference", type=Path, default=Path("reference"), help="folder (default: reference)")


def _reproduce(options: argparse.Namespace) -> int:
    from emergence.release.reproduce import reproduce

    print(reproduction := reproduce(options.results, options.reference))
    return int(reproduction.verdict == "not reproduced")


def _describe_snapshot(parser: argparse.ArgumentParser) -> None:
    _describe_reference(parser)
    parser.add_argument("--readme", type=Path, default=Path("README.md"), help="file (default: README.md)")
    parser.add_argument(
        "--claims", action="store_true", help="only rewrite reference/CLAIMS.md and the README's counts"
    )


def _snapshot(options: argparse.Namespace) -> int:
    from emergence.release.snapshot import snapshot, write_claims

    if options.claims:
        write_claims(options.reference, options.readme)
        return 0
    told = snapshot(options.results, options.reference, options.readme)
    print(f"{options.reference}: {told['bytes'] / 1e6:.1f} MB, {told['cost']['jobs']} jobs")
    return 0


def _describe_archive(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--to", type=Path, default=Path("dist"), help="folder (default: dist)")


def _archive(options: argparse.Namespace) -> int:
    from emergence.release.archive import archive
    from emergence.release.run_metadata import PROJECT

    print(archive(PROJECT, options.to))
    return 0


def _describe_nothing(parser: argparse.ArgumentParser) -> None:
    """A command without options."""


def _schema(options: argparse.Namespace) -> int:  # noqa: ARG001
    from emergence.config.loading import schema

    print(json.dumps(schema(), indent=1, sort_keys=True))
    return 0


def _describe_stage(parser: argparse.ArgumentParser) -> None:
    width = max(map(len, STAGES))
    lines = [f"  {name:<{width}}  {stage.summary}" for name, stage in STAGES.items()]
    parser.description = "Run one stage of the workflow, as the rules do.\n\nstages:\n" + "\n".join(lines)
    parser.add_argument(
        "name", choices=STAGES, metavar="NAME", help="one of the stages above; NAME --help lists its options"
    )


COMMANDS = {
    "analyze": Command(
        "find when capabilities emerge in a training run, and what leads them",
        "emergence analyze runs/my-run --probes probes.jsonl",
        analysis.describe,
        analysis.run,
    ),
    "measure": Command(
        "measure a model of your own along its checkpoints",
        "emergence measure checkpoints --model my_model:build --data data.safetensors --measure rankme"
        " --table rankme.parquet",
        _describe_measure,
        _measure,
    ),
    "show": Command(
        "print the claims of a run", "emergence show reference/tables/claims.parquet", _describe_show, _show
    ),
    "verify": Command(
        "check every table and checkpoint of a results folder",
        "emergence verify results/smoke",
        _describe_results,
        _verify,
    ),
    "reproduce": Command(
        "compare a run with the reference; exit code 1 if it is not reproduced",
        "emergence reproduce results/confirm",
        _describe_reference,
        _reproduce,
    ),
    "snapshot": Command(
        "keep a finished run as the reference, with its claims",
        "emergence snapshot results",
        _describe_snapshot,
        _snapshot,
    ),
    "archive": Command(
        "pack the last commit with checksums and metadata",
        "emergence archive --to dist",
        _describe_archive,
        _archive,
    ),
    "schema": Command(
        "print the JSON schema of config.yaml",
        "emergence schema > workflow/schemas/config.schema.json",
        _describe_nothing,
        _schema,
    ),
    "stage": Command(
        "run one stage of the workflow, as the rules do",
        "emergence stage events --help",
        _describe_stage,
        lambda options: run_stage(options.name, []),
    ),
}
"""All commands, in the order of `emergence --help`."""
