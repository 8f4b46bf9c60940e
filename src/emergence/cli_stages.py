"""Stages of the workflow on the command line: ``emergence stage NAME --settings ... --path ...``, as rules call them.

The options of a stage are the arguments of its function; its settings come as JSON (text or file), as rules pass them,
or from a configuration: ``emergence stage train --config config.yaml --run 4x16-s1 ...``.
"""

import argparse
import inspect
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_type_hints

from pydantic import ValidationError

from emergence.errors import EmergenceError
from emergence.forkserver import ONE_THREAD
from emergence.io import usage
from emergence.stages import STAGES

WILDCARDS = {
    "run": "the run, for example 4x16-s1",
    "measure": "the measure or signal, for example rankme",
    "study": "the study, for example anatomy",
    "sweep": "the sweep, for example data",
}


def of_stage(name: str) -> argparse.ArgumentParser:
    """Parser of a stage's options, which are the arguments of its function."""
    function = STAGES[name].load()
    parser = argparse.ArgumentParser(
        prog=f"emergence stage {name}",
        description=inspect.getdoc(function),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--settings", help="JSON text, or a file with it")
    parser.add_argument("--config", type=Path, nargs="+", help="config.yaml and overlays, instead of --settings")
    parser.add_argument("--log", type=Path, help="file for messages, instead of standard error")
    parser.add_argument("--cost", type=Path, help="JSON file for the time and the memory that the stage took")
    parser.add_argument("--modules", help="further modules that the stage loads, for a fork server to have them loaded")
    for wildcard in STAGES[name].job_wildcards:
        parser.add_argument(f"--{wildcard}", help=f"with --config: {WILDCARDS.get(wildcard, wildcard)}")
    for key, (several, required) in _paths(function).items():
        parser.add_argument(f"--{key.replace('_', '-')}", type=Path, required=required, nargs="+" if several else None)
    return parser


def _paths(function: Callable[..., None]) -> dict[str, tuple[bool, bool]]:
    """Whether each path of a stage is several, and whether it must be given."""
    from emergence.config.project import PATHS

    defaults = {name: of.default for name, of in inspect.signature(function).parameters.items()}
    hints = {name: hint for name, hint in get_type_hints(function).items() if hint in PATHS}
    return {name: (hint == list[Path], defaults[name] is inspect.Parameter.empty) for name, hint in hints.items()}


def run_stage(name: str, given: list[str]) -> int:
    """Run a stage with the options of its function."""
    os.environ.update(ONE_THREAD)
    parser, function = of_stage(name), STAGES[name].load()
    options = vars(parser.parse_args(given))
    paths = {key: options[key] for key in _paths(function) if options[key] is not None}
    if options["log"]:
        _redirect_messages(options["log"])
    with usage.recorded(options["cost"]):
        function(**_settings(name, options, parser), **paths)
    return 0


def _redirect_messages(log: Path) -> None:
    """Send standard error to a file, also what libraries in C write there."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w", encoding="utf-8") as file:
        os.dup2(file.fileno(), 2)


def _settings(name: str, options: dict[str, Any], parser: argparse.ArgumentParser) -> dict[str, Any]:
    """Settings of a stage by parameter, from JSON or from a configuration."""
    if not STAGES[name].reads:
        return {}
    if (options["settings"] is None) == (options["config"] is None):
        parser.error("give either --settings or --config")
    if options["config"]:
        from emergence.config.loading import read
        from emergence.config.project import settings_for

        given = {key: options[key] for key in STAGES[name].job_wildcards if options[key] is not None}
        return settings_for(read(*options["config"]), name, **given)
    return _from_json(name, options["settings"])


def _from_json(name: str, given: str) -> dict[str, Any]:
    """Settings from JSON text or a file with it."""
    from emergence.config.project import validated

    is_text = given.lstrip().startswith("{")
    source = "--settings" if is_text else given
    try:
        return validated(name, given if is_text else Path(given).read_text(encoding="utf-8"))
    except ValidationError as error:
        problems = [(".".join(map(str, part["loc"])), part["input"], part["msg"]) for part in error.errors()]
        lines = "; ".join(f"{key}: {value!r} is not valid ({message})" for key, value, message in problems)
        raise EmergenceError(f"{source}: {lines}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise EmergenceError(f"{source}: cannot be read ({error})") from None
