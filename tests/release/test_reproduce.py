from copy import deepcopy
from typing import Any

import pandas as pd
import pytest
from synthetic.reference_run import CLAIM_ROWS, FinishedRun, claim

from emergence.cli import main
from emergence.config.configuration import Config, Reproduce
from emergence.io import tables
from emergence.release import record
from emergence.release.reproduce import APART, agree, reproduce
from emergence.schemas.analysis import REPRODUCTION

NAN = float("nan")
ALLOWED = Reproduce(exact=1e-6, collapse=1e-3, networks=0.02, language=0.02)


@pytest.fixture
def compared(finished: FinishedRun) -> FinishedRun:
    """A run and the reference that it was kept as."""
    assert main(["snapshot"]) == 0
    return finished


def changed(name: str, **changes: Any) -> list[dict[str, Any]]:
    return [{**row, **changes} if row["claim"] == name else row for row in CLAIM_ROWS]


def told(compared: FinishedRun) -> pd.Series:
    reproduce(compared.results, compared.reference)
    rows = tables.read(REPRODUCTION, compared.results / "reproduction.parquet")
    return rows.set_index("name")["outcome"]


@pytest.mark.long
def test_a_run_reproduces_itself(compared: FinishedRun, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["reproduce"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "7 same: reproduced"
    assert set(told(compared)) == {"same"}
    written = pd.read_csv(compared.results / "reproduction.csv")
    assert written["of"].tolist() == ["claim"] * 5 + ["calibration"] * 2
    assert written["kind"].tolist() == ["collapse", "draws", "networks", "networks", "exact", "exact", "exact"]


@pytest.mark.long
@pytest.mark.parametrize(
    ("name", "changes", "outcome"),
    [
        ("A3", {"value": 0.25 * 1.0005}, "same"),
        ("A3", {"value": 0.25 * 1.002}, "differs"),
        ("A3", {"verdict": "undecided"}, "differs"),
        ("A9", {"value": 0.65}, "within sampling"),
        ("A9", {"value": 0.65, "verdict": "fails"}, "within sampling"),
        ("A9", {"value": 0.75, "high": 0.8}, "differs"),
        ("A9", {"value": 0.65, "low": 0.62}, "differs"),
        ("A9", {"value": NAN, "low": NAN, "high": NAN}, "differs"),
        ("B1", {"value": 0.0505}, "same"),
        ("B1", {"value": 0.052}, "within sampling"),
        ("B1", {"value": 0.052, "verdict": "fails"}, "differs"),
        ("L1", {"value": 1.00001e-5}, "differs"),
    ],
)
def test_a_planted_change_is_named(
    compared: FinishedRun, name: str, changes: dict[str, Any], outcome: str, capsys: pytest.CaptureFixture[str]
) -> None:
    compared.write_claims(changed(name, **changes))
    assert main(["reproduce"]) == int(outcome == "differs")
    printed = capsys.readouterr().out
    (line,) = [line for line in printed.splitlines() if line.startswith(name)]
    assert outcome in line
    found = told(compared)
    assert found.pop(name) == outcome
    assert set(found) == {"same"}
    verdicts = {"same": "reproduced", "within sampling": "reproduced within sampling", "differs": "not reproduced"}
    assert printed.rstrip().endswith(f": {verdicts[outcome]}")


@pytest.mark.long
def test_a_missing_claim_is_named_and_one_more_does_no_harm(compared: FinishedRun) -> None:
    compared.write_claims([*CLAIM_ROWS[1:], claim("A99", 1, 1, 1, "holds")])
    found = reproduce(compared.results, compared.reference)
    outcomes = found.rows.set_index("name")["outcome"]
    assert (outcomes["A3"], outcomes["A99"]) == ("missing", "added")
    assert found.verdict == "not reproduced"
    compared.write_claims([*CLAIM_ROWS, claim("A99", 1, 1, 1, "holds")])
    assert reproduce(compared.results, compared.reference).verdict == "reproduced"


@pytest.mark.long
@pytest.mark.parametrize(
    ("changes", "outcome"),
    [({"estimate": 2e-9}, "same"), ({"estimate": 1e-6}, "differs"), ({"passed": False}, "differs")],
)
def test_calibration_is_compared(compared: FinishedRun, changes: dict[str, Any], outcome: str) -> None:
    compared.write_calibration(**changes)
    assert told(compared)["text: text (text)"] == outcome


def test_runs_of_other_configurations_are_not_compared(
    compared: FinishedRun, settings_values: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    other = deepcopy(settings_values) | {"keep": {}}
    other["anatomy"]["seeds"] = [1, 2]
    other["protocol"]["events"]["threshold"] = 0.4
    compared.write_record(other)
    assert main(["reproduce"]) == 1
    said = capsys.readouterr().err
    assert "anatomy.seeds is [1, 2] here, [1, 2, 3" in said
    assert "protocol.events.threshold is 0.4 here, 0.5 there" in said
    assert said.count("\n") == 1
    assert not (compared.results / "reproduction.parquet").exists()


@pytest.mark.long
def test_what_changes_no_number_may_differ(compared: FinishedRun, settings_values: dict[str, Any]) -> None:
    other = settings_values | {"tier": "mine", "device": "cpu", "figures": {"dpi": 90}, "keep": {}}
    other["reproduce"] = {**other["reproduce"], "collapse": 0.5}  # the tolerances are those of the reference
    compared.write_record(other)
    compared.write_claims(changed("A3", value=0.26))
    assert told(compared)["A3"] == "differs"
    assert set(APART) <= set(Config.model_fields)


@pytest.mark.long
def test_a_confirmatory_run_is_compared_with_the_one_that_is_kept(compared: FinishedRun) -> None:
    """Its seeds are others than those of the exploratory run, which stays where it is."""
    exploratory = record.read(compared.reference)
    fresh = deepcopy(exploratory.config) | {"keep": {"folder": "again"}}
    fresh["anatomy"]["seeds"] = [6, 7]
    compared.write_record(fresh)
    compared.write_claims(changed("A3", value=0.28))
    assert main(["snapshot"]) == 0
    assert record.read(compared.reference) == exploratory
    assert record.read(compared.reference / "again").config["anatomy"]["seeds"] == [6, 7]
    assert set(told(compared)) == {"same"}
    compared.write_claims(CLAIM_ROWS)
    assert told(compared)["A3"] == "differs"


@pytest.mark.usefixtures("finished")
def test_without_a_reference_that_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["reproduce"]) == 1
    assert "reference/record.json: no such file" in capsys.readouterr().err


@pytest.mark.parametrize("verdict", ["holds", "fails", "undecided"])
def test_a_claim_that_became_testable_differs(verdict: str) -> None:
    here = claim("A9", 0.6, 0.5, 0.7, verdict)
    there = {**here, "verdict": "not testable at this tier", "value": 0.61}
    assert agree(here, there, "draws", ALLOWED).outcome == "differs"


@pytest.mark.parametrize(("value", "outcome"), [(0.019, "same"), (0.021, "differs")])
def test_shares_of_language_models_are_compared_absolutely(value: float, outcome: str) -> None:
    there = claim("LM3", 0.0, 0.0, 0.2, "fails")
    assert agree({**there, "value": value}, there, "language", ALLOWED).outcome == outcome
