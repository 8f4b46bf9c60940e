"""What claims are said to rest on is what the rules make, and what the claims are read from."""

import re

import pytest
from support import PROJECT

from emergence.report import evidence
from emergence.report.evidence import EVIDENCE, JUDGES, TABLES, EvidenceError

RULES = {
    name: body
    for path in (PROJECT / "workflow/rules").glob("*.smk")
    for name, body in re.findall(
        r"^(?:use rule \w+ as |rule )(\w+)(?: with)?:\n(.*?)(?=^\S|\Z)", path.read_text(), re.MULTILINE | re.DOTALL
    )
}


@pytest.mark.parametrize("table", TABLES)
def test_a_table_is_made_by_its_rule(table: str) -> None:
    outputs = RULES[TABLES[table]].partition("output:")[2].partition("log:")[0]
    assert f'"<results>/{re.sub("rankme", "{measure}", table)}"' in outputs


def test_every_table_is_evidence_of_a_claim() -> None:
    assert {table for rests in EVIDENCE.values() for table in rests.tables} == set(TABLES)


@pytest.mark.parametrize("study", JUDGES)
def test_the_judge_of_a_study_writes_its_claims(study: str) -> None:
    assert f'"<results>/claims/{study}.parquet"' in RULES[JUDGES[study]]


@pytest.mark.parametrize("figure", sorted({figure for rests in EVIDENCE.values() for figure in rests.figures}))
def test_a_figure_is_drawn_by_a_rule_that_says_in_the_report_what_it_bears_on(figure: str) -> None:
    assert f'labels=labels("{figure}", ' in RULES[f"fig{figure}"]


def test_every_figure_has_labels_and_a_caption() -> None:
    drawn = {name.removeprefix("fig"): body for name, body in RULES.items() if name.startswith("fig")}
    assert len(drawn) == 18
    for number, body in drawn.items():
        assert f'labels=labels("{number}", ' in body
        assert f'caption="../captions/fig{number}.rst"' in body
        assert (PROJECT / f"workflow/captions/fig{number}.rst").read_text().startswith("**")


@pytest.mark.parametrize(
    ("study", "claims"),
    [
        ("anatomy", ("A1", "A6", "A14")),
        ("solvable", ("B1", "B8", "L5", "M5", "T2", "J6")),
        ("multifractal", ("N2", "N8")),
        ("language", ("LM1", "LM7", "P3")),
    ],
)
def test_claims_are_read_from_tables_that_their_judge_has(study: str, claims: tuple[str, ...]) -> None:
    """A judge names rules whose outputs it reads, or paths."""
    inputs = RULES[JUDGES[study]].partition("output:")[0]
    for claim in claims:
        for table in evidence.of(claim).tables:
            assert f"rules.{TABLES[table]}.output" in inputs or table.rpartition("/")[0] in inputs


def test_an_unknown_claim_is_named() -> None:
    with pytest.raises(EvidenceError, match="claim 'Z1': nothing says what it rests on"):
        evidence.of("Z1 anatomy")
