"""The reference of the command line, from its parsers, in place of ``<!-- commands -->`` in a page."""

import argparse
import os
from typing import Any

from emergence.cli import command_line
from emergence.cli_stages import of_stage
from emergence.stages import STAGES

MARK = "<!-- commands -->"
WIDTH = "86"  # characters of a line of help


def help_of(parser: argparse.ArgumentParser) -> str:
    """The help of a command, at a fixed width."""
    kept, os.environ["COLUMNS"] = os.environ.get("COLUMNS"), WIDTH
    try:
        return parser.format_help()
    finally:
        os.environ.pop("COLUMNS") if kept is None else os.environ.update(COLUMNS=kept)


def commands() -> dict[str, argparse.ArgumentParser]:
    """Parsers of the commands."""
    (inner,) = (action for action in command_line()._actions if isinstance(action, argparse._SubParsersAction))
    return dict(inner.choices)


def stages() -> str:
    """A table of the stages of each study: what they do, and the paths they take."""
    lines = []
    for study in dict.fromkeys(stage.study for stage in STAGES.values()):
        lines += [f"### {study or 'all studies'}\n", "| stage | what it does | paths |", "|---|---|---|"]
        for name, stage in STAGES.items():
            if stage.study != study:
                continue
            paths = [action.option_strings[-1] for action in of_stage(name)._actions if action.required]
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
