"""The paper of a run of no study: nothing outside a study's own section needs that study, nor any training."""

from pathlib import Path

import pandas as pd
import pytest
import typst
from support.project import PROJECT

from emergence.claims.claims_table import join_claims
from emergence.config import loading
from emergence.config.project import settings_for
from emergence.io import tables
from emergence.io.files import write_json
from emergence.report import manuscript, numbers
from emergence.schemas.analysis import CLAIMS
from emergence.schemas.interventions import CLOCK_LAWS
from emergence.schemas.trajectories import CALIBRATION

STUDIES = ("anatomy", "parity", "neuromfa", "language", "interventions")


@pytest.fixture
def made(settings_values: dict[str, object], tmp_path: Path) -> Path:
    """What a run leaves whose claims were all not run."""
    join_claims([], tmp_path / "claims.parquet", tmp_path / "claims.csv")
    tables.write(CALIBRATION, pd.DataFrame(columns=CALIBRATION.arrow.names), tmp_path / "calibration.parquet")
    (tmp_path / "compute.csv").write_text("stage,jobs,hours,cpu_hours,memory_mb\n")
    write_json(tmp_path / "settings.json", settings_for(loading.load(settings_values), "paper_numbers")["settings"])
    return tmp_path


def test_the_paper_quotes_a_kept_run_of_the_clock(made: Path) -> None:
    """Its own verdict and errors, whatever this run has."""
    rows = tables.read(CLAIMS, made / "claims.parquet")
    judged = rows.assign(verdict=["fails" if name == "I1" else "not run" for name in rows["claim"]])
    tables.write(CLAIMS, judged, made / "there.parquet")
    law = {"quantity": "rate_sum", "cells": 173, "runs": 340, "factor": 1.5}
    tables.write(CLOCK_LAWS, pd.DataFrame([law]).reindex(columns=CLOCK_LAWS.arrow.names), made / "laws.parquet")
    told = numbers.larger_clock_run(made / "there.parquet", made / "laws.parquet")
    assert [(one["claim"], one["verdict"]) for one in told["claims"]] == [("I1", "fails")]
    assert [(one["cells"], one["factor"]) for one in told["laws"]] == [(173, 1.5)]


def assembled(made: Path, larger: list[Path], figures: list[Path]) -> Path:
    """The manuscript of such a run, beside one of larger models: its claims and metadata, and its figures."""
    numbers.join_numbers(
        numbers.read(made / "settings.json") | dict.fromkeys(STUDIES),
        made / "claims.parquet",
        made / "calibration.parquet",
        [],
        made / "numbers.json",
        published_sizes=larger,
    )
    sources = [path for kind in ("*.typ", "*.yml") for path in (PROJECT / "paper").rglob(kind)]
    target = made / "manuscript"
    manuscript.assemble_manuscript(sources, [], [], made / "numbers.json", made / "compute.csv", target, figures)
    return target


@pytest.mark.long
def test_the_paper_can_do_without_any_study(made: Path) -> None:
    assert manuscript.typeset(assembled(made, [], [])).startswith(b"%PDF")


def test_the_paper_has_a_section_on_the_run_at_published_sizes(made: Path) -> None:
    """A claim that this run could not judge is decided there; the figures of both follow one another."""
    rows = tables.read(CLAIMS, made / "claims.parquet")
    judged = rows.assign(verdict=["holds" if name == "A1" else "not run" for name in rows["claim"]])
    tables.write(CLAIMS, judged, made / "larger.parquet")
    write_json(made / "run.json", {"runs": {"6x384-s1": {"parameters": {"trainable": 10_700_000}}}})
    picture = made / "fig2.svg"
    picture.write_text('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')
    folder = assembled(made, [made / "larger.parquet", made / "run.json"], [picture])
    told = numbers.read(made / "numbers.json")["published_sizes"]
    assert [one["claim"] for one in told["claims"]] == ["A1"]
    assert told["parameters"] == [10_700_000]
    said = typst.query(folder / "paper.typ", "figure", field="caption", root=folder, ignore_system_fonts=True)
    assert said.count("for the models of") == 1
    assert typst.query(folder / "paper.typ", "<sec-scale>", root=folder, ignore_system_fonts=True) != "[]"
