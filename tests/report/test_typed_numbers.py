"""No result is typed into the paper: its text is read, and so are texts with planted results."""

from pathlib import Path

import pytest
from support.project import PROJECT
from support.typst_numbers import typed_numbers

PAPER = PROJECT / "paper"
LIBRARIES = {"quoting.typ", "style.typ", "tables.typ"}
"""They compute, and have no prose."""
TEXTS = sorted(path for path in PAPER.rglob("*.typ") if path.name not in LIBRARIES)


def test_the_paper_was_found() -> None:
    assert {"paper.typ", "appendix.typ", "abstract.typ", "collapse.typ"} <= {path.name for path in TEXTS}


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.name)
def test_no_number_is_typed(path: Path) -> None:
    assert typed_numbers(path.read_text()) == []


PLANTED = {
    "share": "RankMe leads 0.73 of events.",
    "per cent": "It leads 73 % of events.",
    "fraction": "It leads ½ of events.",
    "power": "It takes 10⁵ steps.",
    "claim": "That claim A6 fails is plain.",
    "formula": "It leads $0.73$ of events.",
    "whole number in a formula": "It leads $73$ events.",
    "per cent in a formula": "It leads $9 %$ of events.",
    "call": "It leads #num(0.73) of events.",
    "bare code": "It leads #(0.73) of events.",
    "text in code": '#text("0.73 of events")',
    "text in a method": '#"0.73".replace("x", "y")',
    "content of a call": "#strong[0.73 of events]",
    "branch": '#according("A6", holds: [it holds], fails: [it leads 0.73 only], undecided: [open])',
    "condition": '#if count("holds") > 1 [It leads 73 events.] else [none]',
    "other branch": '#if count("holds") > 1 [none] else [It leads 73 events.]',
    "binding": "#let rate = 0.73",
    "table": "#ruled((auto, auto), [RankMe], [0.73])",
    "caption": "#figure(caption: [Of 12 runs.], ruled((auto,)))",
    "after a call": '#estimate("A6") of 218 events',
    "within a list": "- it leads 3 events",
    "lost semicolon": 'That fails (#verdict("A6"); so does this).',
    "word": "It was trained with three seeds per size.",
    "word at a break": "It was trained with twelve\nruns.",
    "method's content": 'It leads #row(rows, measure: "rankme").at("rate") [0.73].',
}


@pytest.mark.parametrize("text", PLANTED.values(), ids=PLANTED)
def test_planted_results_are_found(text: str) -> None:
    assert typed_numbers(text)
    assert typed_numbers(f"= Heading <sec-one>\n\n{text}\n\nMore text.")


ALLOWED = {
    "kept semicolon": 'That fails (#verdict("A6")\\; so does this).',
    "estimate": 'RankMe leads #estimate("A6") of events (#verdict("A5 v3")).',
    "setting": 'above #set-to("protocol.events.threshold")',
    "figure": '#fig("S2", placement: none, height: 640pt) and #see("10")',
    "formula": "$L = sum_k P_k (S - R_k)^2 \\/ 2$, $10^5$",
    "setting in a formula": '$n = #set-to("anatomy.probes.examples")$',
    "published": "sizes of #published(<anatomy>)[405K to 151M]",
    "form": "#num(rate, figures: 2)",
    "comment": "// 0.73 of events\ntext",
    "raw": "`snakemake figures/fig3.pdf`",
    "reference": "see @eq-two and @sec-one",
    "first": 'the first #setting("anatomy.sizes").at(0)',
    "studies": "three studies",
}


@pytest.mark.parametrize("text", ALLOWED.values(), ids=ALLOWED)
def test_what_is_no_result_may_be_typed(text: str) -> None:
    assert typed_numbers(text) == []
