"""How the paper quotes: numbers as they should look, and sentences that follow from verdicts."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import typst
from support.project import PROJECT

PLAIN = """
#import "quoting.typ": *
#let inner = ("text", "body", "child", "base")
#let plain(it) = if it == none { "" } else if type(it) == str { it } else if it.func() == [ ].func() { " " } else {
  let fields = it.fields()
  let parts = fields.at("children", default: inner.map(name => fields.at(name, default: none)))
  parts.map(plain).join(default: "")
}
#metadata(plain([SAID])) <said>
"""
COMPUTE = "stage,jobs,hours,cpu_hours,memory_mb\ntrain,2,0.5,0.4,1500.0\nclaims,1,0.0,0.0,\n"
CLAIM = {
    "claim": "A6", "id": "A6", "part": "", "topic": "prediction", "ours": False, "stable": None,
    "study": "anatomy", "statement": "", "published": "v1: 75 %", "value": 0.5, "low": 0.4, "high": 0.6,
    "interval": "", "control": "", "verdict": "holds", "rule": "",
}  # fmt: skip


def said(folder: Path, text: str, *claims: dict[str, Any]) -> str:
    """What a text says with these claims."""
    (folder / "data").mkdir(exist_ok=True)
    shutil.copy(PROJECT / "paper" / "quoting.typ", folder)
    numbers = {
        "claims": claims,
        "studies": {},
        "ran": {},
        "names": {"rankme": "RankMe"},
        "settings": {"a": {"b": 0.05}},
    }
    (folder / "data" / "numbers.json").write_text(json.dumps(numbers))
    for name in ("figures", "larger"):
        (folder / "data" / f"{name}.json").write_text("{}")
    (folder / "data" / "compute.csv").write_text(COMPUTE)
    (folder / "main.typ").write_text(PLAIN.replace("SAID", text))
    found = typst.query(folder / "main.typ", "<said>", field="value", one=True, root=folder, ignore_system_fonts=True)
    return str(json.loads(found)).replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("call", "shown"),
    [
        ("#num(0.12345)", "0.123"),
        ("#num(-0.5, figures: 2)", "−0.50"),
        ("#num(12345)", "12,345"),
        ("#num(1234.4)", "1234"),
        ("#num(0.99999999)", "1.00"),
        ("#num(none)", "–"),
        ("#num(0.0)", "0"),
        ("#decimals(-0.001, 2)", "0.00"),
        ("#decimals(999.5, 0)", "1000"),
        ("#decimals(1234567.0, 1)", "1,234,567.0"),
        ("#percent(0.756)", "76 %"),
        ("#shown(0.05)#shown(2.0)", "0.052"),
        ("#interval((value: 0.5, low: 0.412, high: 0.611))", "0.50 [0.41, 0.61]"),
        ("#interval((value: 1061.2, low: 1018.9, high: 1104.1))", "1061 [1019, 1104]"),
        ("#interval((value: 1.0, low: 1.0, high: 1.0))", "1.00 [1.00, 1.00]"),
        ("#interval((value: 0.5, low: none, high: none))", "0.500"),
        ("#interval((value: none, low: none, high: none))", "–"),
        ("#listed((\"a\", \"b\", \"c\"))", "a, b and c"),
        ("#set-to(\"a.b\")", "0.05"),
        ("#measure(\"rankme\")", "RankMe"),
        ("#total(\"jobs\") #gigabytes(most(\"memory_mb\"))", "3 1.5 GB"),
    ],
)  # fmt: skip
def test_numbers_look_as_they_should(tmp_path: Path, call: str, shown: str) -> None:
    assert said(tmp_path, call) == shown


SENTENCE = (
    'It #according("A6", holds: [does], fails: [does not], undecided: [may], untestable: [hides]) (#verdict("A6")).'
)


@pytest.mark.parametrize(
    ("verdict", "sentence"),
    [
        ("holds", "It does (A6: holds)."),
        ("fails", "It does not (A6: fails)."),
        ("undecided", "It may (A6: undecided)."),
        ("not testable at this tier", "It hides (A6: not testable)."),
    ],
)
def test_a_sentence_follows_from_its_verdict(tmp_path: Path, verdict: str, sentence: str) -> None:
    assert said(tmp_path, SENTENCE, {**CLAIM, "verdict": verdict}) == sentence


def test_a_claim_that_was_not_judged_is_said_to_be_so(tmp_path: Path) -> None:
    not_run = {**CLAIM, "verdict": "not run"}
    assert said(tmp_path, SENTENCE, not_run) == "It  (A6: not judged)."
    assert said(tmp_path, SENTENCE) == "It  (A6: not judged)."
    assert said(tmp_path, 'The claim #does("A6").', not_run) == "The claim was not judged in this run."
    assert said(tmp_path, 'The claim #does("A6").') == "The claim was not judged in this run."


@pytest.mark.parametrize(("verdict", "told"), [("holds", "holds"), ("undecided", "is undecided")])
def test_a_claim_does_what_its_verdict_says(tmp_path: Path, verdict: str, told: str) -> None:
    assert said(tmp_path, 'The claim #does("A6").', {**CLAIM, "verdict": verdict}) == f"The claim {told}."


def test_an_exploratory_verdict_stands_beside_another_one(tmp_path: Path) -> None:
    assert said(tmp_path, '#verdict("A6")', {**CLAIM, "exploratory": "fails"}) == "A6: holds, exploratory: fails"
    assert said(tmp_path, '#verdict("A6")', {**CLAIM, "exploratory": "holds"}) == "A6: holds"


def test_a_sentence_for_each_verdict_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match=r"A6: .*verdict"):
        said(tmp_path, '#according("A6", holds: [does], fails: [does not], undecided: [may])', CLAIM)


def test_claims_are_counted(tmp_path: Path) -> None:
    verdicts = (("A1", "holds"), ("A2", "fails"))
    claims = [{**CLAIM, "claim": name, "id": name, "verdict": verdict} for name, verdict in verdicts]
    assert said(tmp_path, '#tally() #count("holds") #named("fails")', *claims) == "1 hold and 1 fail 1 A2"


def test_what_does_not_exist_stops_the_compiler(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match='key "c"'):
        said(tmp_path, '#set-to("a.c")')
