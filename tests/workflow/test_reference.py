"""The reference run: figures from its tables, comparison with it, and an archive in which it can be planned."""

import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread
from support.project import SMOKE, ProjectCopy, commit_all, overlay, tier_files

from emergence.config import loading
from emergence.config.project import figures_drawn
from emergence.io import tables
from emergence.release import record
from emergence.schemas.analysis import CLAIMS

pytestmark = pytest.mark.workflow


def emergence(copy: ProjectCopy, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command in the copy."""
    return subprocess.run(
        [sys.executable, "-m", "emergence", *arguments],
        cwd=copy.folder,
        env={**os.environ, "PYTHONPATH": "src"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def kept(smoke: ProjectCopy) -> ProjectCopy:
    """The copy with its smoke tier kept as the reference."""
    done = emergence(smoke, "snapshot", "results/smoke")
    assert done.returncode == 0, done.stderr
    return smoke


def redrawn(copy: ProjectCopy, folder: str) -> tuple[str, ...]:
    """Arguments that redraw the reference run into a folder."""
    folders = {name: f"{folder}/{name}" for name in ("results", "figures", "logs", "benchmarks", "paper")}
    return overlay(copy, "redrawn.yaml", json.dumps({"source": "reference", "pathvars": folders}))


def test_every_figure_is_redrawn_from_the_kept_tables(kept: ProjectCopy) -> None:
    kept.snakemake("--cores", "all", *redrawn(kept, "redrawn"))
    originals = sorted((kept.folder / "results/smoke/figures").iterdir())
    assert len(originals) == 2 * len(figures_drawn(loading.read(*tier_files("smoke"))))
    for original in originals:
        again = kept.folder / "redrawn/figures" / original.name
        if original.suffix == ".png":  # whose edges are smoothed in float32
            np.testing.assert_allclose(imread(again), imread(original), atol=8 / 255, err_msg=original.name)
        else:
            assert again.read_bytes() == original.read_bytes(), original.name


def test_the_paper_is_set_anew_from_what_is_kept(kept: ProjectCopy) -> None:
    """With the numbers of the run itself, and its figures."""
    kept.snakemake("--cores", "all", *redrawn(kept, "redrawn"), "--", "redrawn/paper/paper.pdf")
    again, run = (
        json.loads((kept.folder / f"{of}/numbers.json").read_text()) for of in ("redrawn/results", "results/smoke")
    )
    assert again == run
    assert (kept.folder / "redrawn/paper/paper.pdf").read_bytes().startswith(b"%PDF")


def test_a_run_of_larger_models_stands_beside_another_one(kept: ProjectCopy) -> None:
    """Here the same run, kept: each claim has its own verdict beside it, in the paper as well."""
    beside = overlay(kept, "beside.yaml", "published_sizes: reference")
    assert {"train", "measure_run", "study_claims", "figure"}.isdisjoint(kept.planned(*beside))
    kept.snakemake("--cores", "all", "results/smoke/paper/paper.pdf", *beside)
    claims = tables.read(CLAIMS, kept.folder / "results/smoke/claims.parquet")
    judged = claims["verdict"] != "not run"
    assert (claims["published_sizes"] == claims["verdict"].where(judged, "")).all()
    numbers = json.loads((kept.folder / "results/smoke/numbers.json").read_text())
    assert len(numbers["published_sizes"]["claims"]) == judged.sum()
    assert {one["trainable"] for one in numbers["ran"]["sizes"]} <= {*numbers["published_sizes"]["parameters"]}
    kept.snakemake("--cores", "all", "results/smoke/paper/paper.pdf", *overlay(kept, "alone.yaml", "{}"))


def test_the_reference_run_can_be_looked_at(copy: ProjectCopy) -> None:
    """`make explore`: an older run, drawn by the figures and the explorer of today."""
    printed = copy.snakemake("--cores", "all", "--configfile", "workflow/tiers/reference.yaml")
    figures = [path.name for path in (copy.folder / "results/reference/figures").glob("*.pdf")]
    assert sorted(figures) == sorted(f"{name}.pdf" for name in record.read(copy.folder / "reference").figures)
    assert "results/reference/explorer.html" in printed


def test_a_reference_trains_nothing(kept: ProjectCopy) -> None:
    asked = ("--config", "source=reference", "--", "figures/fig3.pdf")
    assert kept.planned(*asked) == {"redraw": 1}
    assert {"train", "measure_run", "study_claims"}.isdisjoint(kept.planned(*asked[:-1], "paper/paper.pdf"))
    said = kept.snakemake("--dry-run", *asked[:-1], "figures/fig99.pdf", check=False)
    assert "fig99: the reference run (tier smoke) has no such figure, only fig1, " in said
    assert "MissingRuleException" in kept.snakemake("--dry-run", *asked[:-1], "results/claims.parquet", check=False)


def test_an_edited_figure_is_redrawn(kept: ProjectCopy) -> None:
    arguments = redrawn(kept, "redrawn")
    kept.snakemake("--cores", "all", *arguments)
    style = kept.folder / "src/emergence/figures/fig2.py"
    before = style.read_text()
    style.write_text(before + "\n# an edit\n")
    planned = kept.planned(*arguments)
    style.write_text(before)
    assert planned == {"redraw": 1, "explorer": 1}


def test_the_run_reproduces_its_own_reference(kept: ProjectCopy) -> None:
    done = emergence(kept, "reproduce", "results/smoke")
    assert done.returncode == 0, done.stderr
    assert done.stdout.rstrip().endswith("same: reproduced")


def test_the_default_tier_is_told_apart(kept: ProjectCopy) -> None:
    kept.snakemake("--cores", "1", "results/record.json")
    done = emergence(kept, "reproduce", "results")
    assert done.returncode == 1
    assert "not of the configuration of reference" in done.stderr
    assert "protocol.events.persistence" in done.stderr


def test_without_a_reference_one_line_says_so(smoke: ProjectCopy) -> None:
    path = smoke.folder / "reference/record.json"
    content = path.read_text() if path.exists() else None
    path.unlink(missing_ok=True)
    printed = smoke.snakemake("--dry-run", "--config", "source=reference", check=False)
    if content is not None:
        path.write_text(content)
    assert "There is no reference run to draw from" in printed
    assert "Traceback" not in printed


def test_the_unpacked_archive_plans_the_smoke_tier(copy: ProjectCopy, tmp_path: Path) -> None:
    expected = copy.planned("--forceall", *SMOKE)
    project = tmp_path / "project"
    subprocess.run(["cp", "-a", copy.folder, project], check=True)
    for name in ("results", "figures", ".snakemake", "redrawn"):
        subprocess.run(["rm", "-rf", project / name], check=True)
    commit_all(project)
    done = emergence(ProjectCopy(project), "archive", "--to", str(tmp_path / "dist"))
    assert done.returncode == 0, done.stderr
    with tarfile.open(done.stdout.strip()) as tar:
        tar.extraction_filter = getattr(tarfile, "data_filter", None)  # Python 3.11.2 has none
        tar.extractall(tmp_path / "unpacked")
    (unpacked,) = (tmp_path / "unpacked").iterdir()
    subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=unpacked, check=True)
    assert ProjectCopy(unpacked).planned(*SMOKE) == expected
