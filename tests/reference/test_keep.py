import json
import os
from pathlib import Path
from typing import Any

import pytest
from kept import FOUND, README, VARIANTS, Finished, commit_all

from emergence import tables
from emergence.cli import main
from emergence.config import load
from emergence.errors import EmergenceError
from emergence.reference import account, compact, front_page, keep, project, record
from emergence.schemas.analysis import CLAIMS
from emergence.schemas.trajectories import MEASURE

PROJECT = Path(__file__).parents[2]


def test_a_run_is_kept(finished: Finished, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["keep"]) == 0
    assert "MB, 2 jobs" in capsys.readouterr().out
    kept = finished.reference
    assert (kept / "figures/fig1.png").read_bytes() == b"a picture"
    assert (kept / "paper.pdf").read_bytes() == b"a paper"
    assert tables.read(CLAIMS, kept / "tables/claims.parquet")["claim"].tolist() == [row["claim"] for row in FOUND]
    assert (kept / "tables/claims.csv").read_bytes() == (finished.results / "claims.csv").read_bytes()
    assert record.read(kept) == record.read(finished.results)
    told = json.loads((kept / "run.json").read_text())
    assert told["hardware"] == [{"cores": 2}]
    assert told["runs"]["4x16-s1"]["checkpoints"] == 2
    assert (told["cost"]["jobs"], told["cost"]["job_seconds"], told["cost"]["memory_mb"]) == (2, 32, 216)
    assert told["cost"]["rules"]["follow"]["seconds"] == 30


def test_of_measures_what_is_looked_at_is_kept(finished: Finished) -> None:
    main(["keep"])
    rows = tables.read(MEASURE, finished.reference / "tables/measures/rankme/4x16-s1.parquet")
    assert list(zip(rows["measure"], rows["variant"], strict=True)) == [
        ("rankme", VARIANTS[0]),
        ("weight_norm", "l2"),
    ]


def test_variants_are_those_of_signals_in_any_study(settings_values: dict[str, Any]) -> None:
    found = compact.variants(load(settings_values))
    assert found["rankme"] == {"answer/centred/sigma"}
    assert found["neuromfa"] == {"alpha_0", "width", "E", "mean_weight"}
    assert found["loss"] == {"known", "own"}  # of Studies 1 and 2


def test_other_tiers_and_comparisons_are_not_kept(finished: Finished) -> None:
    main(["keep"])
    before = {path.relative_to(finished.reference) for path in finished.reference.rglob("*.parquet")}
    main(["reproduce"])
    for name in ("smoke/trajectories/x/behaviour", "smoke/claims", "state/follow/claims"):
        tables.write(CLAIMS, tables.read(CLAIMS, finished.results / "claims.parquet"), _made(finished, name))
    main(["keep"])
    assert {path.relative_to(finished.reference) for path in finished.reference.rglob("*.parquet")} == before


def _made(finished: Finished, name: str) -> Path:
    return finished.results / f"{name}.parquet"


def test_the_readme_has_what_was_kept(finished: Finished) -> None:
    main(["keep"])
    text = (finished.folder / "README.md").read_text()
    assert "| anatomy | 0 | 1 | 1 | 0 |" in text
    assert "| all | 2 | 2 | 1 | 0 |" in text
    assert r"| 0.05 [0.045, 0.055] | **holds**\* |" in text
    assert r"\* another verdict under other settings" in text
    assert r"| A3 | statement \|A3\| | published \|A3\| | 0.25 [0.2, 0.3] | **fails** |" in text
    main(["keep"])
    assert (finished.folder / "README.md").read_text() == text


def test_readme_is_that_of_the_reference() -> None:
    if not (PROJECT / "reference/run.json").exists():
        pytest.skip("no run is kept yet")
    told = json.loads((PROJECT / "reference/run.json").read_text())
    claims = tables.read(CLAIMS, PROJECT / "reference/tables/claims.parquet")
    readme = (PROJECT / "README.md").read_text()
    assert front_page.filled(readme, front_page.block(claims, told)) == readme


def test_the_reference_fits_into_a_clone() -> None:
    assert keep.size(PROJECT / "reference") <= keep.LIMIT


def test_pictures_of_the_readme_are_there() -> None:
    names = keep.shown((PROJECT / "README.md").read_text(), "reference")
    assert names
    assert all((PROJECT / "reference/figures" / name).exists() for name in names)


def _lose(path: str):
    def lose(finished: Finished) -> None:
        (finished.folder / path).unlink()

    return lose


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (_lose("results/record.json"), "record.json: no such file, so this is no finished run"),
        (_lose("results/measures/rankme/4x16-s1.parquet"), "4x16-s1.parquet: no such file; finish the run"),
        (_lose("paper/paper.pdf"), "paper.pdf: no such file; finish the run"),
        (_lose("results/trajectories/4x16-s1/manifest.json"), "results: no trajectories"),
        (lambda made: made.results.joinpath("record.json").write_text("{"), "record.json: is no record of a run"),
        (lambda made: made.results.joinpath("claims.parquet").write_text("x"), "claims.parquet: not a readable"),
        (lambda made: (made.folder / "README.md").write_text("none"), "README.md: has no place for the claims"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(finished: Finished, damage, said: str, capsys) -> None:
    damage(finished)
    assert main(["keep"]) == 1
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


def test_what_is_too_large_is_refused(finished: Finished, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.setattr(keep, "LIMIT", 100)
    assert main(["keep"]) == 1
    assert "more than" in capsys.readouterr().err
    assert not (finished.reference / "tables").exists()
    assert (finished.folder / "README.md").read_text() == README


def test_a_pause_costs_nothing(tmp_path: Path) -> None:
    jobs = []
    for name, end, seconds in (("a", 100, 60), ("b", 110, 40), ("c", 900, 10)):
        jobs.append(tmp_path / f"{name}.tsv")
        jobs[-1].write_text(f"s\tmax_rss\tcpu_time\n{seconds}\t{'-' if name == 'a' else 100}\t-\n")
        os.utime(jobs[-1], (end, end))
    told = account.cost(tmp_path, jobs)
    assert (told["busy_seconds"], told["job_seconds"]) == (80, 110)
    assert (told["memory_mb"], told["rules"]["a"]["memory_mb"]) == (100, None)


def test_commit_and_changes_are_told(tmp_path: Path) -> None:
    assert project.commit(tmp_path) == {"commit": None, "changed": None}
    (tmp_path / "file").write_text("a")
    commit_all(tmp_path)
    told = project.commit(tmp_path)
    assert len(told["commit"]) == 40
    assert not told["changed"]
    (tmp_path / "file").write_text("b")
    assert project.commit(tmp_path)["changed"]


def test_version_is_in_one_place() -> None:
    assert f"version: {project.version(PROJECT)}\n" in (PROJECT / "CITATION.cff").read_text()
    with pytest.raises(EmergenceError, match="has no version"):
        project.version(PROJECT / "tests")
