"""The end of a run, as a person reads it."""

from pathlib import Path

import pandas as pd
import pytest
from synthetic.reference_run import claim

from emergence.claims.claims_table import LEGEND, REGISTRIES, TOY
from emergence.report.run_summary import summary

NAN = float("nan")


def claims() -> pd.DataFrame:
    """Headlines of the anatomy study: one holds, one is undecided; parts of one of the sparse parity study; others."""
    rows = [
        claim("A2", 1.0, 0.891, 1.0, "holds", statement="It collapses", stable=False),
        claim("A6", 0.5, 0.2, 0.8, "undecided", statement="It leads"),
        claim("A9", 0.6, 0.5, 0.7, "fails", statement="No headline"),
        *(
            claim(f"J6 {part}", 1.0, NAN, NAN, verdict, "parity", id="J6", part=part, statement=f"Right of {part}")
            for part, verdict in [("loss", "fails"), ("rankme", "holds"), ("llc", "undecided"), ("hessian", "holds")]
        ),
        claim("P1", NAN, NAN, NAN, "not testable at this tier", "language"),
    ]
    return pd.DataFrame(rows)


def test_verdicts_are_counted_by_study() -> None:
    lines = summary(claims(), {}, {}, toy=False).splitlines()
    assert lines[1].split() == ["study", "holds", "fails", "undecided", "not", "testable"]
    assert [line.split() for line in lines[2:6]] == [
        ["anatomy", "1", "1", "1", "–"],
        ["parity", "2", "1", "1", "–"],
        ["language", "–", "–", "–", "1"],
        ["all", "3", "2", "2", "1"],
    ]


def test_findings_are_the_headlines_whose_rule_decided() -> None:
    said = summary(claims(), {}, {}, toy=False)
    assert "A2   holds*  It collapses: 1 [0.891, 1]" in said
    assert "J6   fails   Right of loss; holds: RankMe, Hessian" in said
    assert LEGEND in said
    assert not any(words in said for words in ("It leads", "No headline", "nan", "None", "none"))


def test_numbers_of_toy_models_are_no_findings() -> None:
    said = summary(claims(), {}, {}, toy=True)
    assert said.startswith(TOY)
    assert "It collapses" not in said


def test_what_does_not_exist_is_not_shown(tmp_path: Path) -> None:
    (tmp_path / "paper.pdf").touch()
    places = {"paper": tmp_path / "paper.pdf", "explorer": tmp_path / "explorer.html"}
    said = summary(claims(), places, {"all claims": "emergence show"}, toy=False)
    assert str(tmp_path / "paper.pdf") in said
    assert "explorer" not in said
    assert said.endswith("all claims  emergence show")


@pytest.mark.parametrize("registry", REGISTRIES.values(), ids=REGISTRIES)
def test_headlines_are_claims_and_few_enough_for_a_screen(registry: object) -> None:
    ids = [one.id for one in registry.claims]  # type: ignore[attr-defined]
    assert registry.headlines  # type: ignore[attr-defined]
    assert set(registry.headlines) <= set(ids)  # type: ignore[attr-defined]
    assert sum(len(one.headlines) for one in REGISTRIES.values()) + len(REGISTRIES) <= 40 - 18
