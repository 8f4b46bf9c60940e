"""The reference of the command line, from its own parsers; a page says where with ``<!-- commands -->``."""

import argparse
import os
from typing import Any

from emergence.cli import command_line, of_stage
from emergence.stages import OF_STUDY

MARK = "<!-- commands -->"
WIDTH = "86"  # characters of a line of help


def help_of(parser: argparse.ArgumentParser) -> str:
    """What a command prints when it is asked for help, on a screen of a fixed width."""
    kept, os.environ["COLUMNS"] = os.environ.get("COLUMNS"), WIDTH
    try:
        return parser.format_help()
    finally:
        os.environ.pop("COLUMNS") if kept is None else os.environ.update(COLUMNS=kept)


def commands() -> dict[str, argparse.ArgumentParser]:
    """Parsers of the commands that are no stage of the workflow."""
    stages = {name for study in OF_STUDY.values() for name in study}
    (inner,) = (action for action in command_line()._actions if isinstance(action, argparse._SubParsersAction))
    return {name: parser for name, parser in inner.choices.items() if name not in stages}


def stages() -> str:
    """A table of the stages of each study: what they do, and the paths they take."""
    lines = []
    for study, names in OF_STUDY.items():
        lines += [f"### {study}\n", "| stage | what it does | paths |", "|---|---|---|"]
        for name, stage in names.items():
            paths = [action.option_strings[-1] for action in of_stage(name, stage.load())._actions if action.required]
            lines.append(f"| `{name}` | {stage.summary} | {' '.join(f'`{path}`' for path in paths)} |")
        lines.append("")
    return "\n".join(lines)


def reference() -> str:
    """The whole reference, as Markdown."""
    parts = [f"### emergence {name}\n\n```text\n{help_of(parser)}```\n" for name, parser in commands().items()]
    return "\n".join(["## Commands\n", *parts, "## Stages\n", stages()])


def on_page_markdown(text: str, **_: Any) -> str:
    """Put the reference where a page asks for it."""
    return text.replace(MARK, reference()) if MARK in text else text
