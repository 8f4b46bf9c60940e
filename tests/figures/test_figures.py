"""Figures 4, 5, S3 and S4 draw from all valid tables: also when nothing emerges, or little is there."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from analysed import World
from worlds import SIZES

from emergence import config, tables
from emergence.figures import fig4, fig5, plateau
from emergence.figures import sensitivity as figure_s4
from emergence.schemas.trajectories import PLATEAU

Settings = Callable[[str], Any]

WORLDS: dict[str, dict[str, Any]] = {
    "planted": {},
    "nothing emerges": {"emerges": False},
    "a measure lost for a task": {"measures": ("rankme", "llc"), "lost": ("PAR",)},
    "a measure lost for all": {"measures": ("rankme", "llc"), "lost": ("COPY", "REV", "PAR", "ADD", "CTL")},
    "RankMe alone, and it never moves": {"recovers": False, "measures": ("rankme",)},
    "one run": {"sizes": ("small",), "seeds": 1},
}


@pytest.fixture(scope="module", params=WORLDS)
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, default: config.Config) -> World:
    return World(tmp_path_factory.mktemp("world"), default, **WORLDS[request.param])


def drawn(pdf: Path, png: Path) -> None:
    assert pdf.read_bytes().startswith(b"%PDF")
    assert png.read_bytes().startswith(b"\x89PNG")
    assert png.stat().st_size > 5_000


def test_figure_4(world: World, settings: Settings, tmp_path: Path) -> None:
    out = tmp_path / "a.pdf", tmp_path / "a.png"
    tables_of = world.path("precursors"), world.path("hierarchy")
    fig4.make(settings("fig4"), world.paths("leads"), world.paths("nulls"), *tables_of, *out)
    drawn(*out)


def test_figure_5(world: World, settings: Settings, tmp_path: Path) -> None:
    out = tmp_path / "a.pdf", tmp_path / "a.png"
    fig5.make(settings("fig5"), world.path("events"), world.paths("onsets"), world.path("limits"), *out)
    drawn(*out)


def test_figure_s4(world: World, settings: Settings, tmp_path: Path) -> None:
    out = tmp_path / "a.pdf", tmp_path / "a.png"
    figure_s4.make(settings("figS4"), world.path("sensitivity"), *out)
    drawn(*out)


def swept(options: Any, lost: Callable[[float], bool], steps: tuple[int, ...] = (1800, 3600)) -> pd.DataFrame:
    """A plateau table: the grid of ε and γ, and two nβ; null where a chain diverged."""
    identity = {"study": "anatomy", "run": "small-s1", "size": "small", "parameters": SIZES["small"], "seed": 1}
    chosen = (options.step_size, options.localisation, options.n_beta)
    plane = [(step, pull, chosen[2]) for step in (1e-6, chosen[0], 1e-5) for pull in (1e3, chosen[1])]
    line = [(*chosen[:2], n_beta) for n_beta in (30.0, 300.0)]
    rows = []
    for step_size, localisation, n_beta in plane + line:
        for step in steps:
            for task, level in ((None, None), ("COPY", "1"), ("ADD", "1")):
                value = np.nan if lost(step_size) else 100 * step_size / 1e-6
                rows.append(
                    {**identity, "step": step, "task": task, "level": level, "step_size": step_size, "n_beta": n_beta,
                     "localisation": localisation, "value": value, "standard_error": value / 10, "rise": value / n_beta}
                )  # fmt: skip
    return pd.DataFrame(rows)


@pytest.mark.parametrize("steps", [(3600,), (1800, 3600)])
@pytest.mark.parametrize(
    "lost", [lambda _: False, lambda step_size: step_size > 5e-6, lambda _: True], ids=["none", "some", "all"]
)
def test_figure_s3(
    lost: Callable[[float], bool], steps: tuple[int, ...], default: config.Config, settings: Settings, tmp_path: Path
) -> None:
    tables.write(PLATEAU, swept(default.anatomy.measures.llc, lost, steps), tmp_path / "plateau.parquet")
    out = tmp_path / "a.pdf", tmp_path / "a.png"
    plateau.make(settings("figS3"), tmp_path / "plateau.parquet", *out)
    drawn(*out)


def test_the_same_tables_give_the_same_bytes(default: config.Config, settings: Settings, tmp_path: Path) -> None:
    tables.write(PLATEAU, swept(default.anatomy.measures.llc, lambda _: False), tmp_path / "plateau.parquet")
    twice = []
    for name in "ab":
        out = tmp_path / f"{name}.pdf", tmp_path / f"{name}.png"
        plateau.make(settings("figS3"), tmp_path / "plateau.parquet", *out)
        twice.append([path.read_bytes() for path in out])
    assert twice[0] == twice[1]
