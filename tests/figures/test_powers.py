"""Figure S8 draws from all valid tables: also when nothing emerges, or with one run."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from emergence import tables
from emergence.analysis.solvable.powers import powers
from emergence.config import Config
from emergence.figures import powers as figure_s8
from emergence.schemas.powers import EMERGENCES, POWERS
from emergence.schemas.solvable import SWEEP

Settings = Callable[[str], Any]


def steps(halves: list[float], seeds: int) -> pd.DataFrame:
    """Strengths that jump from 0 to 1, later in later seeds."""
    x = np.arange(0, 10_001, 50)
    frames = [
        pd.DataFrame({"seed": seed, "skill": skill, "step": x, "strength": (x > half * (1 + 0.1 * seed)).astype(float)})
        for seed in range(seeds)
        for skill, half in enumerate(halves, 1)
    ]
    about = {"sweep": "planted", "width": 8, "samples": pd.array([pd.NA] * len(x) * len(frames), "Int64"), "loss": 0.5}
    return pd.concat(frames).assign(**about)


@pytest.mark.parametrize(
    ("halves", "seeds"),
    [([500, 1900, 4000], 3), ([500, 1900, 9000], 3), ([500, 1900, 4000], 1), ([1e6, 1e6, 1e6], 2)],
    ids=["all emerge", "the last not in all runs", "one run", "nothing emerges"],
)
def test_figure_s8(halves: list[float], seeds: int, default: Config, settings: Settings, tmp_path: Path) -> None:
    found = steps(halves, seeds)
    curves = dict.fromkeys(figure_s8.LOOKS, (found, 0.9))
    written = powers(curves, default.solvable.settings("powers", default, None, None))  # type: ignore[arg-type]
    paths = [tmp_path / f"{name}.parquet" for name in "abc"]
    for schema, frame, path in zip((SWEEP, EMERGENCES, POWERS), (found, *written), paths, strict=True):
        tables.write(schema, frame, path)
    out = tmp_path / "a.pdf", tmp_path / "a.png"
    figure_s8.make(settings("figS8"), [paths[0]], *paths[1:], *out)
    assert out[0].read_bytes().startswith(b"%PDF")
    assert out[1].stat().st_size > 5_000
