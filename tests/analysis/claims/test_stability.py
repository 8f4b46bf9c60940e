"""What is said of verdicts that other settings change, and of those that none does."""

import pandas as pd
import pytest

from emergence.analysis.claims.joined import LEGEND, as_text
from emergence.analysis.claims.stability import StabilityError, beside, in_words, is_marked
from emergence.schemas.analysis import CLAIMS, CONFIGURED, STABILITY


def judged(claim: str, *verdicts: tuple[str, str, str, bool], first: str = "holds") -> pd.DataFrame:
    """Table ``stability`` of one claim: factor, setting, verdict and whether anything changed."""
    rows = [(CONFIGURED, "", first, False), *verdicts]
    names = ("factor", "setting", "verdict", "changed")
    frame = pd.DataFrame([dict(zip(names, row, strict=True)) for row in rows])
    return frame.assign(claim=claim, value=0.5, low=0.4, high=0.6)[STABILITY.arrow.names]


STABLE = judged("A1", ("threshold", "0.3", "holds", True), ("margin", "4", "holds", False))
FLIPS = judged(
    "A2",
    ("threshold", "0.3", "fails", True),
    ("noise_multiple", "8", "undecided", True),
    ("persistence", "8", "undecided", True),
    ("margin", "1", "holds", True),
)


def claims(*names: str, verdict: str = "holds") -> pd.DataFrame:
    row = dict.fromkeys(CLAIMS.arrow.names, "x") | {"value": 0.5, "low": 0.4, "high": 0.6, "stability": "", "power": ""}
    return pd.DataFrame([{**row, "claim": name, "verdict": verdict} for name in names])


def test_a_verdict_that_no_alternative_changes() -> None:
    text = in_words(STABLE)
    assert text == "same under all 2 alternatives, 1 of which change its evidence"
    assert not is_marked(text)


def test_a_verdict_that_some_alternatives_change() -> None:
    text = in_words(FLIPS)
    assert text == (
        "holds under 1 of 4 alternatives; fails with threshold 0.3; undecided with noise multiple 8, persistence 8"
    )
    assert is_marked(text)


def test_what_cannot_be_tested_is_not_said_to_be_stable() -> None:
    assert (
        in_words(judged("P1", ("margin", "4", "not testable at this tier", False), first="not testable at this tier"))
        == ""
    )


def test_claims_that_were_not_judged_again_have_nothing_beside_them() -> None:
    found = beside(claims("A1", "A2", "B1"), pd.concat([STABLE, FLIPS])).set_index("claim")["stability"]
    assert found.to_dict() == {"A1": in_words(STABLE), "A2": in_words(FLIPS), "B1": ""}


def test_a_table_of_another_run_is_refused() -> None:
    with pytest.raises(StabilityError, match="claim A2: undecided in its table, holds where stability"):
        beside(claims("A1", "A2", verdict="undecided"), FLIPS)


def test_marks_in_the_printed_table() -> None:
    table = beside(claims("A1", "A2"), pd.concat([STABLE, FLIPS]))
    lines = as_text(table.assign(power=["", "with 14 units"])).splitlines()
    assert [line.split()[1] for line in lines if line.startswith("A")] == ["HOLDS", "HOLDS*"]
    assert f"        stability  {in_words(FLIPS)}" in lines
    assert "        power      with 14 units" in lines
    assert sum("power" in line for line in lines) == 1
    assert lines[-1] == LEGEND
    assert LEGEND not in as_text(table[:1])
