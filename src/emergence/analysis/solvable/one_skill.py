"""Networks with one skill over the theory that is fitted to them: on what the constants rest."""

from pathlib import Path

import pandas as pd

from emergence import tables
from emergence.analysis.solvable.constants import at_end, by, of_sweep
from emergence.analysis.solvable.curves import network_rows, theories, theory_rows
from emergence.schemas.solvable import CONSTANTS, CURVES, SWEEP
from emergence.settings.solvable import ConstantSettings
from emergence.theory.skills import Skills

ALONE = Skills(alpha=1.0, count=1)  # whatever α, a single skill has frequency 1


def make(settings: ConstantSettings, constants: Path, time: Path, data: Path, width: Path, table: Path) -> None:
    """Curves of networks with one skill, and of every law with its constant (table ``curves``)."""
    fitted = tables.read(CONSTANTS, constants)
    given = {"step": (settings.time, time), "samples": (settings.data, data), "width": (settings.width, width)}
    frames = []
    for axis, (sweep, path) in given.items():
        rows = tables.read(SWEEP, path)
        x, found = by(axis, rows if axis == "step" else at_end(rows))
        frames.append(network_rows(axis, 1, x, found))
        laws = theories(axis, fitted, of_sweep(sweep, settings.target))
        frames += [theory_rows(axis, law, ALONE, x, settings.target) for law in laws]
    tables.write(CURVES, pd.concat(frames).astype({"skill": "int64", "seeds": "Int64"}), table)
