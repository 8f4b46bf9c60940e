"""Figures 6, S5 and S7 draw from planted tables: learned or not, with intervals or without."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from emergence import tables
from emergence.figures import fig6, one_skill, optimisers
from emergence.schemas.solvable import CONSTANTS, CROSSINGS, CURVES, ENTROPY, ENTROPY_SLOPES, SWEEP

Settings = Callable[[str], Any]
KINDS = {
    "step": [("network", None), ("fitted", "sigmoid"), ("published", "sigmoid")],
    "samples": [("network", None), ("fitted", "published"), ("fitted", "linear"), ("published", "published")],
    "width": [("network", None), ("fitted", "linear"), ("published", "linear")],
}


@pytest.fixture
def out(tmp_path: Path) -> tuple[Path, Path]:
    return tmp_path / "a.pdf", tmp_path / "a.png"


def curves(skills: int, learned: bool, path: Path) -> Path:
    """Networks on three axes and every law beside them; nothing is learned, one seed and no fit if asked for."""
    frames = []
    for axis, kinds in KINDS.items():
        x = np.linspace(0 if axis == "step" else 1, 100, 60 if axis == "step" else 12)
        for skill in range(1, skills + 1):
            strength = 1 / (1 + np.exp(-(x - 12 * skill) / 3)) if learned else np.zeros_like(x)
            for source, law in kinds if learned else [kind for kind in kinds if kind[0] != "fitted"]:
                of_network = source == "network"
                seen = {
                    "spread": 0.1 if of_network and learned else np.nan,
                    "seeds": (3 if learned else 1) if of_network else None,
                }
                names = {"axis": axis, "skill": skill, "source": source, "law": law}
                frames.append(pd.DataFrame({"x": x, "strength": strength}).assign(**names, **seen))
    tables.write(CURVES, pd.concat(frames).astype({"seeds": "Int64"}), path)
    return path


def crossings(skills: int, learned: bool, path: Path) -> Path:
    rows = [
        {
            "axis": axis, "skill": skill, "share": 0.5, "source": source, "law": law,
            "value": 100.0 * skill if learned or source == "published" else np.nan,
            "low": 90.0 * skill if learned else np.nan, "high": 110.0 * skill if learned else np.nan,
            "ratio": 1.0 * skill,
        }
        for axis, kinds in KINDS.items() for skill in range(1, skills + 1) for source, law in kinds
        if learned or source != "fitted"
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=CROSSINGS.arrow.names).astype({"seeds": "Int64", "reached": "Int64"})
    tables.write(CROSSINGS, frame, path)
    return path


def drawn(out: tuple[Path, Path]) -> None:
    assert out[0].read_bytes().startswith(b"%PDF")
    assert out[1].read_bytes().startswith(b"\x89PNG")
    assert out[1].stat().st_size > 5_000


@pytest.mark.parametrize("learned", [True, False])
def test_figure_6(learned: bool, settings: Settings, tmp_path: Path, out: tuple[Path, Path]) -> None:
    tables_of = curves(5, learned, tmp_path / "curves.parquet"), crossings(5, learned, tmp_path / "crossings.parquet")
    fig6.make(settings("fig6"), *tables_of, *out)
    drawn(out)


@pytest.mark.parametrize("learned", [True, False])
def test_figure_s5(learned: bool, settings: Settings, tmp_path: Path, out: tuple[Path, Path]) -> None:
    laws = [("speed", "sigmoid", 1 / 22), ("shots", "published", 800.0), ("shots", "linear", 800.0)]
    rows = [
        {"constant": name, "law": law, "published": value, "seeds": 3, "reason": None if learned else "no rise"}
        | ({"value": value, "low": value * 0.9, "high": value * 1.1, "residual": 0.01} if learned else {})
        for name, law, value in [*laws, ("neurons", "linear", 4.0)]
    ]
    tables.write(CONSTANTS, pd.DataFrame(rows, columns=CONSTANTS.arrow.names), tmp_path / "constants.parquet")
    one = curves(1, learned, tmp_path / "curves.parquet")
    one_skill.make(settings("figS5"), one, tmp_path / "constants.parquet", *out)
    drawn(out)


@pytest.mark.parametrize("learned", [True, False])
def test_figure_s7(learned: bool, settings: Settings, tmp_path: Path, out: tuple[Path, Path]) -> None:
    steps = np.arange(10, 1001, 10)
    adam = [
        pd.DataFrame({"step": steps, "strength": steps / 1000 if learned else 0.0, "skill": skill, "seed": seed})
        for skill in range(1, 6) for seed in (1, 2)
    ]  # fmt: skip
    defaults = {"sweep": "adam", "width": 100, "samples": None, "loss": 0.0}
    tables.write(SWEEP, pd.concat(adam).assign(**defaults).astype({"samples": "Int64"}), tmp_path / "adam.parquet")
    loss = 0.7 * (steps / 10.0) ** -0.4 if learned else np.full(len(steps), 0.7)
    losses = pd.DataFrame({"step": steps, "loss": loss, "infinite": loss + 0.1, "seed": 1})
    tables.write(ENTROPY, losses, tmp_path / "losses.parquet")
    slope = {"predicted": -0.29, "published": -0.45, "seeds": int(learned)}
    slope |= {"value": -0.4, "start": 20.0, "end": 500.0} if learned else {}  # one seed: no interval
    tables.write(ENTROPY_SLOPES, pd.DataFrame([slope], columns=ENTROPY_SLOPES.arrow.names), tmp_path / "slopes.parquet")
    given = curves(5, learned, tmp_path / "curves.parquet")
    paths = (tmp_path / f"{name}.parquet" for name in ("adam", "losses", "slopes"))
    optimisers.make(settings("figS7"), given, *paths, *out)
    drawn(out)
