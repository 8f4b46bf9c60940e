"""Speed beside that of peers, one table: ``make bench``, or ``python tests/bench --only llc`` for a part.

Every row compares equal work: the same weights, data and settings, in one process, on one thread, in turn. The column
`apart` says how far the two results are from each other. A ratio above 1 means that this project is faster.
"""

import argparse
import math
import sys
import time
import warnings
from collections.abc import Callable, Iterator

import anatomy
import gradients
import hessian
import jobs
import llc
import measures
import neuromfa
import own_runs
import parity
import penalty
import probe
import torch
import training
from timing import Case, Row, race

SUBJECTS: dict[str, Callable[[], Iterator[Case]]] = {
    "training": training.cases,
    "llc": llc.cases,
    "hessian": hessian.cases,
    "gradients": gradients.cases,
    "probe": probe.cases,
    "neuromfa": neuromfa.cases,
    "parity": parity.cases,
    "jobs": jobs.cases,
    "measures": measures.cases,
    "own_runs": own_runs.cases,
    "penalty": penalty.cases,
}
TITLES = ("what", "size", "ours", "peer", "peer's", "ratio", "target", "apart")


def time_text(seconds: float | None) -> str:
    """Three digits or more, with a unit."""
    if seconds is None:
        return ""
    value, unit = (seconds, "s") if seconds >= 1 else (1000 * seconds, "ms")
    return f"{value:.{max(0, 2 - int(math.log10(max(value, 1))))}f} {unit}"


def cells(row: Row) -> tuple[str, ...]:
    """Texts of a row."""
    ratio = "" if row.ratio is None else f"{row.ratio:.2f}" + (" <" if row.missed else "")
    target = "" if row.target is None else f"{row.target:g}"
    apart = row.missing or str(row.agreement or "")
    return row.what, row.size, time_text(row.ours), row.peer, time_text(row.theirs), ratio, target, apart


def table(rows: list[Row]) -> str:
    """Rows under their titles, in columns."""
    texts = [TITLES, *map(cells, rows)]
    widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
    right = {2, 4, 5, 6}
    lines = (
        "  ".join(
            text.rjust(width) if place in right else text.ljust(width) for place, (text, width) in enumerate(each)
        )
        for each in (zip(text, widths, strict=True) for text in texts)
    )
    return "\n".join(line.rstrip() for line in lines)


def main() -> None:
    """Run the subjects that are asked for and print the table."""
    parser = argparse.ArgumentParser(prog="python tests/bench", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=SUBJECTS, default=list(SUBJECTS), metavar="SUBJECT")
    parser.add_argument("--sizes", nargs="+", default=[], metavar="SIZE", help="of transformers, such as 4x32")
    parser.add_argument("--strict", action="store_true", help="exit with status 1 if a target is missed")
    asked = parser.parse_args()
    anatomy.CHOSEN.extend(asked.sizes)
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")  # of peers
    rows, begun = [], time.monotonic()
    for name in asked.only:
        for case in SUBJECTS[name]():
            print(f"{time.monotonic() - begun:4.0f} s  {case.what}, {case.size}", file=sys.stderr, flush=True)
            for row in race(case):
                rows.append(row)
                print("       " + "  ".join(filter(None, cells(row)[2:])), file=sys.stderr, flush=True)
    print("Processor seconds, medians; ratio: peer's over ours\n" + table(rows))
    missed = [row for row in rows if row.missed]
    print(f"{len(missed)} of {sum(row.ratio is not None for row in rows)} comparisons miss their target")
    if asked.strict and missed:
        sys.exit(1)


if __name__ == "__main__":
    main()
