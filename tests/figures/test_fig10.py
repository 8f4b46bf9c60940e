"""Figure 10 draws from all valid tables: also when nothing emerges, or little is there."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from spoken import AT, World

from emergence import config
from emergence.figures import fig10

WORLDS: dict[str, dict[str, Any]] = {
    "planted": {},
    "one run, nothing emerges, nothing moves": {"emerges": False, "sizes": ("neox64",), "curve": 0.0 * AT + 5.0},
}


@pytest.mark.parametrize("kind", WORLDS)
def test_figure_10(kind: str, default: config.Config, settings: Callable[[str], Any], tmp_path: Path) -> None:
    world = World(tmp_path, default, **WORLDS[kind])
    out = tmp_path / "a.pdf", tmp_path / "a.png"
    fig10.make(
        settings("fig10"),
        world.of_runs("behaviour"),
        world.path("baselines"),
        world.path("events"),
        world.of_runs("rankme"),
        *(world.path(name) for name in ("phases", "phase_shares", "top_down", "precursors", "degree")),
        *out,
    )
    assert out[0].read_bytes().startswith(b"%PDF")
    assert out[1].stat().st_size > 5_000
