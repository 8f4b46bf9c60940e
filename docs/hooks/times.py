"""Measured times, in place of marks in a page: those of the README's commands, and the cost of the kept run.

``<!-- times -->`` becomes the table that `make times` keeps in the README, ``<!-- run -->`` a sentence from the
metadata of the run whose verdicts the README shows.
"""

import json
from pathlib import Path
from typing import Any

from emergence.release.snapshot import ACCOUNT

PROJECT = Path(__file__).parents[2]
BEGIN, END = "<!-- times -->\n", "<!-- /times -->"
TIMES, KEPT_RUN = "<!-- times -->", "<!-- run -->"


def times(readme: str) -> str:
    """The table between the marks of a README."""
    return readme.partition(BEGIN)[2].partition(END)[0].strip()


def kept_run(run: dict[str, Any]) -> str:
    """What a kept run cost.

    >>> machine, cost = {"cores": 2, "processor": "P"}, {"busy_seconds": 6000, "cpu_seconds": 9000, "memory_mb": 1100}
    >>> kept_run({"tier": "full", "kept_on": machine, "cost": cost})
    'The kept run of tier `full` took 100 minutes on 2 cores (P): 2.5 CPU hours, and at most 1.1 GB of memory per job.'
    """
    machine, cost = run["kept_on"], run["cost"]
    return (
        f"The kept run of tier `{run['tier']}` took {cost['busy_seconds'] / 60:.0f} minutes on {machine['cores']} cores"
        f" ({machine['processor']}): {cost['cpu_seconds'] / 3600:.1f} CPU hours, and at most"
        f" {cost['memory_mb'] / 1000:.1f} GB of memory per job."
    )


def on_page_markdown(text: str, **_: Any) -> str:
    """Replace both marks."""
    run = json.loads((PROJECT / "reference" / ACCOUNT).read_text(encoding="utf-8"))
    readme = (PROJECT / "README.md").read_text(encoding="utf-8")
    return text.replace(TIMES, times(readme)).replace(KEPT_RUN, kept_run(run))
