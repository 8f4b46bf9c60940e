"""Figures 7 and S6 draw from all valid tables: also without networks, and where sums are few."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from emergence import config, tables
from emergence.analysis.solvable import models, scaling, staging
from emergence.figures import fig7
from emergence.figures import staging as figure_s6
from emergence.schemas.scaling import STAGES
from emergence.schemas.solvable import CROSSINGS

Settings = Callable[[str], Any]


@pytest.fixture(scope="module")
def made(default: config.Config, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tables of a smaller tier, without networks."""
    folder, solvable = tmp_path_factory.mktemp("solved"), default.solvable
    laws = solvable.scaling.laws.model_copy(update={"skills": 5000, "points": 9})
    scaling.make(laws, folder / "scaling.parquet", folder / "exponents.parquet")
    small = default.settings("models")
    fewer = solvable.models.model_copy(update={"steps": 300, "seeds": [1, 2], "slower": [1], "samples": []})
    models.make(small.model_copy(update={"models": fewer}), folder / "models.parquet", folder / "passages.parquet")
    tables.write(CROSSINGS, pd.DataFrame(columns=CROSSINGS.arrow.names), folder / "crossings.parquet")
    staging.make(default.settings("staging"), folder / "crossings.parquet", folder / "stages.parquet")
    return folder


def drawn(pdf: Path, png: Path) -> None:
    assert pdf.read_bytes().startswith(b"%PDF")
    assert png.read_bytes().startswith(b"\x89PNG")
    assert png.stat().st_size > 5_000


def test_figure_7(made: Path, settings: Settings, tmp_path: Path) -> None:
    out = tmp_path / "a.pdf", tmp_path / "a.png"
    fig7.make(settings("fig7"), made / "scaling.parquet", made / "exponents.parquet", *out)
    drawn(*out)


@pytest.mark.parametrize("networks", [0, 4])
def test_figure_s6(made: Path, settings: Settings, tmp_path: Path, networks: int) -> None:
    out, stages = (tmp_path / "a.pdf", tmp_path / "a.png"), tables.read(STAGES, made / "stages.parquet")
    seen = stages[stages["source"] == "multilinear"].iloc[:networks].assign(source="network", low=0.5, high=2.0)
    tables.write(STAGES, pd.concat([stages, seen]), tmp_path / "stages.parquet")
    figure_s6.make(settings("figS6"), made / "models.parquet", tmp_path / "stages.parquet", *out)
    drawn(*out)
