import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from support.project import PROJECT, commit_all
from synthetic.reference_run import CLAIM_ROWS, README, VARIANTS, FinishedRun

from emergence.cli import main
from emergence.config.loading import load
from emergence.errors import EmergenceError
from emergence.io import tables
from emergence.io.usage import Usage
from emergence.release import record, run_metadata, snapshot
from emergence.release.compact_tables import compared_variants
from emergence.schemas.analysis import CLAIMS
from emergence.schemas.trajectories import MEASURE


def test_a_run_is_kept(finished: FinishedRun, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["snapshot"]) == 0
    assert "MB, 2 jobs" in capsys.readouterr().out
    kept = finished.reference
    assert (kept / "figures/fig1.png").read_bytes() == b"a picture"
    assert (kept / "paper.pdf").read_bytes() == b"a paper"
    assert tables.read(CLAIMS, kept / "tables/claims.parquet")["claim"].tolist() == [row["claim"] for row in CLAIM_ROWS]
    assert (kept / "tables/claims.csv").read_bytes() == (finished.results / "claims.csv").read_bytes()
    assert record.read(kept) == record.read(finished.results)
    told = json.loads((kept / "run.json").read_text())
    assert told["hardware"] == [{"cores": 2}]
    assert told["runs"]["4x16-s1"]["checkpoints"] == 2
    assert (told["cost"]["jobs"], told["cost"]["job_seconds"], told["cost"]["memory_mb"]) == (2, 32, 216)
    assert told["cost"]["rules"]["follow"]["seconds"] == 30


def test_of_measures_what_is_looked_at_is_kept(finished: FinishedRun) -> None:
    main(["snapshot"])
    rows = tables.read(MEASURE, finished.reference / "tables/anatomy/measures/rankme/4x16-s1.parquet")
    assert list(zip(rows["measure"], rows["variant"], strict=True)) == [
        ("rankme", VARIANTS[0]),
        ("weight_norm", "l2"),
    ]


def test_variants_are_those_of_signals_in_any_study(settings_values: dict[str, Any]) -> None:
    found = compared_variants(load(settings_values))
    assert found["rankme"] == {"answer/centred/sigma"}
    assert found["neuromfa"] == {"alpha_0", "width", "E", "mean_weight"}
    assert found["loss"] == {"known", "own"}  # of Studies 1 and 2


@pytest.mark.long
def test_other_tiers_and_comparisons_are_not_kept(finished: FinishedRun) -> None:
    main(["snapshot"])
    before = {path.relative_to(finished.reference) for path in finished.reference.rglob("*.parquet")}
    main(["reproduce"])
    for name in ("smoke/anatomy/trajectories/x/behaviour", "smoke/claims", "state/follow/claims"):
        tables.write(CLAIMS, tables.read(CLAIMS, finished.results / "claims.parquet"), _made(finished, name))
    main(["snapshot"])
    assert {path.relative_to(finished.reference) for path in finished.reference.rglob("*.parquet")} == before


def _made(finished: FinishedRun, name: str) -> Path:
    return finished.results / f"{name}.parquet"


@pytest.mark.long
def test_the_readme_has_what_was_kept(finished: FinishedRun) -> None:
    main(["snapshot"])
    text = (finished.folder / "README.md").read_text()
    assert "| anatomy | 0 | 1 | 1 | 0 |" in text
    assert "| all | 2 | 2 | 1 | 0 |" in text
    main(["snapshot"])
    assert (finished.folder / "README.md").read_text() == text


def test_the_page_of_claims_has_what_was_kept_and_names_what_was_added_since(finished: FinishedRun) -> None:
    main(["snapshot"])
    kept, _, added = (finished.reference / "CLAIMS.md").read_text().partition("## Added since the reference run")
    assert r"| 0.05 [0.045, 0.055] | **holds**\* |" in kept
    assert r"| A3 | statement \|A3\| | published \|A3\| | 0.25 [0.2, 0.3] | **fails** |" in kept
    assert r"\* another verdict under other settings" in added
    assert "| A1 | Nearly every task-level emerges" in added
    assert "| A3 |" not in added


@pytest.mark.long
def test_readers_get_the_confirmatory_verdicts_with_the_share_that_replicated(finished: FinishedRun) -> None:
    main(["snapshot"])
    again = [{**row, "exploratory": row["verdict"], "combined": row["verdict"]} for row in CLAIM_ROWS]
    finished.write_claims([{**again[0], "verdict": "undecided", "combined": "undecided"}, *again[1:]])
    main(["snapshot"])
    readme = (finished.folder / "README.md").read_text()
    assert "| anatomy | 0 | 0 | 2 | 0 |" in readme
    assert "Of the 4 claims that the exploratory run decided" in readme
    assert "3 have the same verdict here (a share of 0.75 [0.19, 0.99])" in readme
    assert "| **undecided** | fails |" in (finished.reference / "CLAIMS.md").read_text()


@pytest.mark.long
def test_a_run_of_larger_models_is_kept_beside_the_reference_with_its_figures(finished: FinishedRun) -> None:
    main(["snapshot"])
    before = (finished.reference / "run.json").read_bytes(), (finished.reference / "paper.pdf").read_bytes()
    made = record.read(finished.results)
    finished.write_record(made.config | {"keep": {"folder": "published_sizes", "figures": ["fig2"]}})
    assert main(["snapshot"]) == 1, "its figure is missing"
    (finished.folder / "figures/fig2.pdf").write_bytes(b"a figure")
    finished.write_claims([{**row, "verdict": "undecided"} for row in CLAIM_ROWS])
    assert main(["snapshot"]) == 0
    larger = finished.reference / "published_sizes"
    assert not (larger / "paper.pdf").exists()
    assert {*record.read(larger).figures} == {"fig2"}
    assert (larger / "tables/anatomy/measures/rankme/4x16-s1.parquet").exists(), "its figure is drawn from it"
    assert [path.name for path in (larger / "figures").iterdir()] == ["fig2.pdf"]
    assert set(tables.read(CLAIMS, larger / "tables/claims.parquet")["verdict"]) == {"undecided"}
    assert before == ((finished.reference / "run.json").read_bytes(), (finished.reference / "paper.pdf").read_bytes())
    own = tables.read(CLAIMS, finished.reference / "tables/claims.parquet").set_index("claim")
    assert own["published_sizes"].to_dict() == dict.fromkeys(own.index, "undecided")
    assert own["verdict"].to_dict() == {row["claim"]: row["verdict"] for row in CLAIM_ROWS}
    assert "| published sizes |" in (finished.reference / "CLAIMS.md").read_text()


@pytest.mark.long
def test_of_a_run_beside_the_reference_tables_of_claims_and_named_figures_are_kept(finished: FinishedRun) -> None:
    """The reference itself has all that figures, explorer and claims are made from, and not what none of them reads."""
    rows = tables.read(MEASURE, finished.results / "anatomy/measures/rankme/4x16-s1.parquet")
    for name in ("loss", "llc"):
        tables.write(MEASURE, rows, finished.results / f"anatomy/measures/{name}/4x16-s1.parquet")
    made = record.read(finished.results)
    explored = {"measures": ["anatomy/measures/loss/4x16-s1.parquet"]}
    for folder, kept in (("", {"claims", "calibration", "rankme", "loss"}), ("earlier", {"claims", "calibration"})):
        record.write_record(
            made.config | {"keep": {"folder": folder}},
            made.figures,
            made.explorer.model_dump() | {"inputs": explored},
            finished.results / record.NAME,
        )
        assert main(["snapshot"]) == 0
        own = finished.reference / folder / "tables"
        found = [path.relative_to(own).parts for path in own.rglob("*.parquet")]
        assert {of[2] if of[1:] else of[0].removesuffix(".parquet") for of in found} == kept


def test_the_page_of_claims_has_the_verdicts_at_published_sizes(finished: FinishedRun) -> None:
    finished.write_claims([{**row, "published_sizes": "holds" * (row["claim"] == "A3")} for row in CLAIM_ROWS])
    main(["snapshot"])
    page = (finished.reference / "CLAIMS.md").read_text()
    assert "| claim | statement | published | this run | verdict | published sizes |" in page
    assert "| **fails** | holds |" in page
    assert page.count("published sizes") == 1, "no column in Study 2, which has none"


def test_readme_and_page_of_claims_are_those_of_the_reference_and_the_registries() -> None:
    for path, text in snapshot.claims_for_readers(PROJECT / "reference", PROJECT / "README.md").items():
        assert path.read_text() == text, f"{path.name} is out of date; run: emergence snapshot --claims"


def test_the_reference_fits_into_a_clone() -> None:
    assert snapshot.size(PROJECT / "reference") <= snapshot.LIMIT


def test_pictures_of_the_readme_are_there() -> None:
    names = snapshot.shown((PROJECT / "README.md").read_text(), "reference")
    assert names
    assert all((PROJECT / "reference/figures" / name).exists() for name in names)


def _lose(path: str):
    def lose(finished: FinishedRun) -> None:
        (finished.folder / path).unlink()

    return lose


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (_lose("results/record.json"), "record.json: no such file, so this is not a finished run"),
        (_lose("results/anatomy/measures/rankme/4x16-s1.parquet"), "4x16-s1.parquet: no such file; finish the run"),
        (_lose("paper/paper.pdf"), "paper.pdf: no such file; finish the run"),
        (_lose("results/anatomy/trajectories/4x16-s1/manifest.json"), "results: no trajectories"),
        (lambda made: made.results.joinpath("record.json").write_text("{"), "record.json: is not a record of a run"),
        (lambda made: made.results.joinpath("claims.parquet").write_text("x"), "claims.parquet: not a readable"),
        (lambda made: (made.folder / "README.md").write_text("none"), "README.md: has no place for the claims"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(finished: FinishedRun, damage, said: str, capsys) -> None:
    damage(finished)
    assert main(["snapshot"]) == 1
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


def test_what_is_too_large_is_refused(finished: FinishedRun, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.setattr(snapshot, "LIMIT", 100)
    assert main(["snapshot"]) == 1
    assert "more than" in capsys.readouterr().err
    assert not (finished.reference / "tables").exists()
    assert (finished.folder / "README.md").read_text() == README


@pytest.mark.long
def test_all_kept_runs_together_are_limited(finished: FinishedRun, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    main(["snapshot"])
    before = {path: path.read_bytes() for path in finished.reference.rglob("*") if path.is_file()}
    monkeypatch.setattr(snapshot, "LIMIT", 100)
    assert main(["snapshot"]) == 1
    assert before == {path: path.read_bytes() for path in finished.reference.rglob("*") if path.is_file()}
    monkeypatch.setattr(snapshot, "LIMIT", snapshot.size(finished.reference) + 5000)
    assert main(["snapshot"]) == 0, "it takes the place of the one before"
    made = record.read(finished.results)
    finished.write_record(made.config | {"keep": {"folder": "published_sizes"}})
    assert main(["snapshot"]) == 1
    assert "MB with this run, more than" in capsys.readouterr().err
    assert not (finished.reference / "published_sizes/tables").exists()


def test_a_pause_costs_nothing(tmp_path: Path) -> None:
    jobs = []
    for name, end, seconds in (("a", 100, 60), ("b", 110, 40), ("c", 900, 10)):
        jobs.append(tmp_path / f"{name}.json")
        jobs[-1].write_text(json.dumps(asdict(Usage(seconds, 1, 1, 100))))
        os.utime(jobs[-1], (end, end))
    told = run_metadata.cost(tmp_path, jobs)
    assert (told["busy_seconds"], told["job_seconds"]) == (80, 110)


def test_commit_and_changes_are_told(tmp_path: Path) -> None:
    assert run_metadata.commit(tmp_path) == {"commit": None, "changed": None}
    (tmp_path / "file").write_text("a")
    commit_all(tmp_path)
    told = run_metadata.commit(tmp_path)
    assert len(told["commit"]) == 40
    assert not told["changed"]
    (tmp_path / "file").write_text("b")
    assert run_metadata.commit(tmp_path)["changed"]


def test_version_is_in_one_place() -> None:
    assert f"version: {run_metadata.version(PROJECT)}\n" in (PROJECT / "CITATION.cff").read_text()
    with pytest.raises(EmergenceError, match=rf"{PROJECT}/tests\b.*version"):
        run_metadata.version(PROJECT / "tests")
