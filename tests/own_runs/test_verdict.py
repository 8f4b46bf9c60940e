"""Words follow from the numbers: what leads beside its nulls, and what may be concluded."""

from dataclasses import replace
from functools import cache

import pandas as pd
import pytest
from synthetic import own_run
from synthetic.own_run import CHECKPOINTS, SHUFFLED, WITH_CONTROL

from emergence.analysis.precursors import RateCells, estimate_rates
from emergence.own_runs.findings import Findings, analyse_tables
from emergence.own_runs.runs import METRIC
from emergence.own_runs.verdict import Conclusion, as_text, conclude


@cache
def analysed(groups: tuple[str, ...] = (), at: int = CHECKPOINTS) -> Findings:
    """A run with planted precursors; or with these groups alone, which jump at one checkpoint."""
    jumps = dict.fromkeys(groups, at) or WITH_CONTROL
    control = [SHUFFLED] if SHUFFLED in jumps else []
    return analyse_tables(own_run.measures(jumps), own_run.scores(jumps), control=control)


def repeated(runs: int) -> Findings:
    """The planted run as if several had given the same leads."""
    one = analysed()
    leads = pd.concat([one.leads.assign(run=f"run{seed}", seed=seed) for seed in range(runs)], ignore_index=True)
    cells = RateCells(list(one.signals), [METRIC], ["onset"], [])
    return replace(one, rates=estimate_rates(leads, cells, one.protocol.precursors.families, one.protocol.statistics))


def conclusions(findings: Findings) -> dict[str, Conclusion]:
    return {one.measure: one for one in conclude(findings)}


def test_what_leads_no_more_than_its_placebo_announces_nothing() -> None:
    for runs in (1, 12):
        common = conclusions(repeated(runs))["hessian"]
        assert (common.leads, common.events, common.nulls["placebo"]) == (3 * runs, 3 * runs, 1.0)
        assert not common.announces
        assert common.text.endswith(": no evidence of announcement.")


def test_a_true_precursor_is_one_in_enough_runs_and_not_before() -> None:
    for runs, announces in ((1, False), (3, False), (6, False), (12, True)):
        own = conclusions(repeated(runs))["rankme"]
        assert (own.leads, own.events) == (3 * runs, 3 * runs)
        assert own.nulls["placebo"] == pytest.approx(0.5)
        assert own.announces == announces, own.text


def test_what_leads_nothing_is_said_to() -> None:
    assert conclusions(analysed())["loss"].text == "own loss leads 0 of 3 events."
    nothing = conclusions(analysed(("add", "copy")))
    assert {one.text for one in nothing.values()} == {
        f"{label} could lead no event." for label in ("RankMe", "Hessian, top", "own loss")
    }


def test_the_text_names_events_conclusions_and_limits() -> None:
    text = as_text(analysed())
    assert text.startswith("3 of 3 score curves emerge in run mine, between steps 0 and 5900:\n")
    assert "  copy (mine): at step 2950, between 2900 and 3000, 80 steps wide" in text
    assert "  shuffled (mine): no event; last score 0.00" in text
    assert "  RankMe leads 3 of 3 events, more than any null" in text
    assert "One run: rates have no interval" in text


def test_what_is_learned_at_the_start_has_no_event_between_evaluations() -> None:
    assert "  add (mine): learned at the first evaluation, step 0" in as_text(analysed(("add",), 0))


def test_the_text_is_short_and_harmless_whatever_the_names() -> None:
    names = [f"\x1b[31mgroup\n{'x' * 200}{number}" for number in range(30)]
    text = as_text(analysed(tuple(names), 20))
    assert len(text.splitlines()) <= 25
    assert "… and 24 more score curves" in text
    assert all(letter.isprintable() for line in text.splitlines() for letter in line)
