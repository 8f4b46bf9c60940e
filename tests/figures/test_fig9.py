"""Figure 9 draws from all valid tables: of one study or all, also where nothing could be measured."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from neurons import STEPS, neuromfa, scores

from emergence import tables
from emergence.analysis.multifractal.capability import capability
from emergence.analysis.multifractal.degree import degree, spectra, untrained
from emergence.analysis.multifractal.rivals import over_runs, rivals
from emergence.figures import fig9
from emergence.schemas.multifractal import CAPABILITY, DEGREE, OVER_RUNS, SPECTRA, UNTRAINED

WORLDS = {
    "all studies": {
        "small-s1": "anatomy", "small-s2": "anatomy", "large-s1": "anatomy", "mlp-s1": "solvable", "neox-s1": "language"
    },
    "one run": {"small-s1": "anatomy"},
    "language alone": {"neox-s1": "language"},
    "no node survives": {"small-s1": "anatomy", "mlp-s1": "solvable"},
    "nothing": {"small-s1": "anatomy"},
}  # fmt: skip


@pytest.mark.parametrize("kind", WORLDS)
def test_figure_9(kind: str, settings: Callable[[str], Any], tmp_path: Path) -> None:
    rows = pd.concat([neuromfa(run, study) for run, study in WORLDS[kind].items()], ignore_index=True)
    if kind == "no node survives":
        rows["value"] = np.nan
    if kind == "nothing":
        rows = rows.head(0)
    found = degree(rows)
    able = capability(scores(rows, np.linspace(0, 1, len(STEPS))), found, {"anatomy": "exact_match"})
    means = over_runs(rivals(found, able), 0.95)
    written = [
        (DEGREE, found),
        (SPECTRA, spectra(rows)),
        (UNTRAINED, untrained(found)),
        (CAPABILITY, able),
        (OVER_RUNS, means),
    ]
    paths = [tmp_path / f"{number}.parquet" for number in range(len(written))]
    for (schema, table), path in zip(written, paths, strict=True):
        tables.write(schema, table, path)
    out = tmp_path / "a.pdf", tmp_path / "a.png"
    fig9.make(settings("fig9"), *paths, *out)
    assert out[0].read_bytes().startswith(b"%PDF")
    assert out[1].stat().st_size > 5_000
