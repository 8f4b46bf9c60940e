"""Phases: planted collapses, expansions and compressions are found, and noise has none."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from synthetic.language_run import AT, STEPS, VARIANT, measure_rows, phased_rank

from emergence.analysis.collapse import CollapseError
from emergence.analysis.intervals import clopper_pearson
from emergence.analysis.language.phases import NAMES, detect_phases, find_phases, phase_shares
from emergence.config import loading
from emergence.config.project import settings_for
from emergence.io import tables
from emergence.schemas.language import PHASE_SHARES, PHASES
from emergence.schemas.trajectories import MEASURE

RUN = "neox64-s1"


@pytest.fixture(scope="module")
def settings(default: loading.Config) -> Any:
    return settings_for(default, "phases")["settings"]


def found(curve: np.ndarray, settings: Any) -> pd.Series:
    return find_phases(measure_rows(RUN, "text", 1, curve), settings).iloc[0]


def between(*corners: tuple[float, float]) -> np.ndarray:
    """A rank through corners (checkpoint, value), straight in its logarithm."""
    places, values = zip(*corners, strict=True)
    return np.exp(np.interp(AT, places, np.log(values)))


def test_planted_phases(settings: Any) -> None:
    row = found(phased_rank(first=1, peak=30, floor=4.0, top=12.0, last=8.0), settings)
    assert row[["initial", "floor", "peak", "final"]].tolist() == pytest.approx([16, 4, 12, 8])
    assert STEPS[3] <= row["floor_step"] <= STEPS[6]
    assert STEPS[30] <= row["peak_step"] <= STEPS[33]
    assert row["final_step"] == STEPS[-1]
    assert row[list(NAMES)].all()


def test_a_run_that_starts_after_the_first_steps_is_named(settings: Any) -> None:
    rows = measure_rows(RUN, "text", 1, between((0, 16.0), (50, 4.0)))
    with pytest.raises(CollapseError, match=rf"^{RUN}: .*floor_until"):
        find_phases(rows[rows["step"] > settings.collapse.floor_until], settings)


@pytest.mark.parametrize(
    ("corners", "expected"),
    [
        (((2, 16.0), (5, 4.0), (50, 4.0)), (True, False, False)),
        (((2, 16.0), (5, 4.0), (10, 4.0), (50, 12.0)), (True, True, False)),
        (((10, 4.0), (30, 12.0), (50, 8.0)), (False, True, True)),
        (((10, 12.0), (50, 6.0)), (False, False, True)),  # it falls, but not early
        (((10, 5.0), (50, 5.0)), (False, False, False)),
        # what is higher before the floor is no peak
        (((2, 16.0), (5, 4.0), (10, 4.0), (40, 4.4), (50, 4.4)), (True, False, False)),
    ],
)
def test_a_phase_that_is_missing(
    corners: tuple[tuple[float, float], ...], expected: tuple[bool, ...], settings: Any
) -> None:
    row = found(between(*corners), settings)
    assert tuple(row[["collapse", "expansion", "compression"]]) == expected
    assert row["in_order"] == all(expected)


@pytest.mark.parametrize(("share", "there"), [(0.79, True), (0.81, False)])
def test_how_much_an_expansion_is(share: float, there: bool, settings: Any) -> None:
    row = found(between((2, 16.0), (5, 4.0), (10, 4.0), (30, 4.0 / share)), settings)
    assert bool(row["expansion"]) is there


@pytest.mark.parametrize(("share", "there"), [(0.89, True), (0.91, False)])
def test_how_much_a_compression_is(share: float, there: bool, settings: Any) -> None:
    row = found(between((2, 16.0), (5, 4.0), (10, 4.0), (30, 10.0), (36, 10.0), (50, 10.0 * share)), settings)
    assert bool(row["compression"]) is there


def test_noise_has_no_phases(settings: Any) -> None:
    rng = np.random.default_rng(0)
    curves = np.exp(np.log(6.0) + rng.normal(0, 0.03, (100, len(AT))))
    rows = pd.concat([measure_rows(RUN, f"g{place}", 1, curve) for place, curve in enumerate(curves)])
    assert find_phases(rows, settings)[["collapse", "expansion", "compression"]].to_numpy().mean() <= 0.01


def passing(run: str, group: str, layer: int, **flags: bool) -> dict[str, object]:
    return {"run": run, "size": run.partition("-")[0], "task": group, "layer": layer, **dict.fromkeys(NAMES, False)} | {
        **flags
    }


def test_shares_are_of_units() -> None:
    """Of a set, most runs of a size; of the passages, single runs; the last layer alone."""
    rows = [passing(f"small-s{seed}", "syntax", 2, collapse=seed < 3) for seed in (1, 2, 3)]
    rows += [passing(f"large-s{seed}", "syntax", 2, collapse=seed < 2) for seed in (1, 2, 3)]
    rows += [passing(f"small-s{seed}", "text", 2, collapse=seed < 2, in_order=True) for seed in (1, 2, 3)]
    rows += [{**row, "layer": 1} | dict.fromkeys(NAMES, True) for row in rows]
    table = phase_shares(pd.DataFrame(rows), 0.95).set_index(["groups", "size", "phase"])
    counts = table[["count", "units"]].apply(tuple, axis=1)
    assert counts["probe sets", "all", "collapse"] == (1, 2)
    assert counts["probe sets", "small", "collapse"] == (1, 1)
    assert counts["probe sets", "large", "collapse"] == (0, 1)
    assert counts["text", "all", "collapse"] == (1, 3)
    assert counts["text", "all", "in_order"] == (3, 3)
    assert ("text", "large", "collapse") not in counts.index
    row = table.loc[("text", "all", "collapse")]
    assert (row["low"], row["high"]) == pytest.approx(clopper_pearson(1, 3, 0.95))


def test_half_of_the_runs_are_not_most() -> None:
    rows = [passing(f"small-s{seed}", "syntax", 1, collapse=seed < 2) for seed in (1, 2)]
    assert phase_shares(pd.DataFrame(rows), 0.95).query("phase == 'collapse' and size == 'all'")["count"].tolist() == [
        0
    ]


def test_tables_follow_their_schemas(settings: Any, tmp_path: Path) -> None:
    """Only the primary variant, and also where there are no passages."""
    rows = [
        measure_rows(RUN, "syntax", 1, phased_rank()),
        measure_rows(RUN, "syntax", 1, 1 / phased_rank(), variant="mean/centred/sigma"),
    ]
    tables.write(MEASURE, pd.concat(rows), tmp_path / "rows.parquet")
    detect_phases(settings, [tmp_path / "rows.parquet"], tmp_path / "phases.parquet", tmp_path / "shares.parquet")
    assert tables.read(PHASES, tmp_path / "phases.parquet")["variant"].tolist() == [VARIANT]
    assert set(tables.read(PHASE_SHARES, tmp_path / "shares.parquet")["groups"]) == {"probe sets"}
