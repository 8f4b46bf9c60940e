"""Time the targets of the Makefile in a fresh clone, and write them into the README: ``make times``.

Nothing else should run meanwhile. Clone and environment lie in a temporary folder; to install them is not timed.
"""

import json
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

PROJECT = Path(__file__).parents[2]
KEPT = PROJECT / "docs/times.json"
BLOCK = re.compile(r"(?<=<!-- times -->\n).*?(?=<!-- /times -->)", re.DOTALL)
FIGURE = "snakemake --cores all figures/fig3.pdf"
COMMANDS = {
    "make explore": ("draws figures and explorer of the reference run, without training", "make explore"),
    "make": ("a first run: all studies, figures and claims at small sizes", "rm -rf results && make"),
    "make   # again": ("nothing to do", "make"),
    FIGURE: ("one figure, with all that it needs", f"rm -rf results figures/*.p* && .venv/bin/{FIGURE}"),
    "make smoke": ("every stage on toy models, whose numbers mean nothing", "make smoke"),
    "make test-fast": ("the quick unit tests", "make test-fast"),
    "make test": ("linters, types and tests", "make test"),
}
"""What is timed by its name in the README: what it does, and how it is run."""


def measure(names: Sequence[str]) -> Iterator[tuple[str, float]]:
    """Wall-clock seconds of commands, one after the other, in a fresh clone of the last commit.

    Raises:
        CalledProcessError: if one fails.
    """
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["git", "clone", "--quiet", PROJECT, folder], check=True)
        subprocess.run(["make", "dev"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        for name in names:
            begun = time.monotonic()
            subprocess.run(["bash", "-c", COMMANDS[name][1]], cwd=folder, check=True)
            yield name, round(time.monotonic() - begun, 1)


def table(kept: dict[str, dict[str, float | str]]) -> str:
    """The README's table, a row a command."""
    times = {name: _minutes(float(kept[name]["seconds"])) if name in kept else "–" for name in COMMANDS}
    rows = [f"| `{name}` | {COMMANDS[name][0]} | {time} |" for name, time in times.items()]
    machines = dict.fromkeys(f"{of['machine']}, {of['date']}" for of in kept.values())
    note = f"\n*Measured with nothing else running: {'; '.join(machines)}. `make times` measures again.*"
    return "\n".join(["| command | what it does | time |", "| --- | --- | --- |", *rows, note, ""])


def _minutes(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.1f} min"


def machine() -> str:
    """Cores and processor."""
    described = Path("/proc/cpuinfo")
    names = re.findall(r"model name\s*: (.*)", described.read_text()) if described.is_file() else []
    return f"{os.cpu_count()} cores ({(names or [platform.machine()])[0]})"


def main(names: Sequence[str]) -> None:
    """Time some commands, all if none is named; keep each time and write it into the README at once."""
    kept = json.loads(KEPT.read_text()) if KEPT.exists() else {}
    about = {"date": date.today().isoformat(), "machine": machine()}
    for name, seconds in measure(names or list(COMMANDS)):
        kept[name] = {"seconds": seconds, **about}
        KEPT.write_text(json.dumps({name: kept[name] for name in COMMANDS if name in kept}, indent=2) + "\n")
        readme = PROJECT / "README.md"
        readme.write_text(BLOCK.sub(table(kept).replace("\\", "\\\\"), readme.read_text()))
        print(f"{name}: {seconds:.0f} s", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
