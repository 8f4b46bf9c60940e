"""Figure 8 draws from all valid tables: also when nothing emerges, or little is there."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from skilled import World

from emergence import config
from emergence.figures import fig8

WORLDS: dict[str, dict[str, Any]] = {
    "planted": {"measures": {"rankme": "own", "llc": "common"}},
    "nothing emerges, nothing fitted": {"emerges": False, "fitted": False, "measures": {"rankme": "own"}},
    "one run and RankMe alone": {"seeds": 1, "measures": {"rankme": "own"}},
}


@pytest.mark.parametrize("kind", WORLDS)
def test_figure_8(kind: str, default: config.Config, settings: Callable[[str], Any], tmp_path: Path) -> None:
    world = World(tmp_path, default, **WORLDS[kind])
    names = ("behaviour", "detected", "errors", "movements", "tracking", "precursors", "conclusions")
    out = tmp_path / "a.pdf", tmp_path / "a.png"
    fig8.make(settings("fig8"), *(world.path(name) for name in names), *out)
    assert out[0].read_bytes().startswith(b"%PDF")
    assert out[1].stat().st_size > 5_000
