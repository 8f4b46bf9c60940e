"""Study 1's stages on language models: a group without scores, no control, and a rival that is one for all sets."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from synthetic.language_run import SETS, STEPS, LanguageRun

from emergence.analysis import leads
from emergence.analysis.curves import to_positions
from emergence.config import loading
from emergence.config.project import settings_for
from emergence.io import tables
from emergence.schemas.analysis import COLLAPSE, DIRECTION, EVENTS, LEADS, ONSETS, PRECURSORS, SCORES
from emergence.schemas.language import PHASES
from emergence.schemas.trajectories import MEASURE

pytestmark = pytest.mark.long


def read(language_run: LanguageRun, schema: Any, name: str) -> pd.DataFrame:
    return tables.read(schema, language_run.path(name))


def test_passages_have_no_score_and_do_not_emerge(language_run: LanguageRun) -> None:
    for schema, name in ((SCORES, "scores"), (EVENTS, "events"), (LEADS, "leads-rankme"), (DIRECTION, "direction")):
        assert set(read(language_run, schema, name)["task"]) == set(SETS), name


def test_passages_are_followed(language_run: LanguageRun) -> None:
    for schema, name in ((COLLAPSE, "collapse"), (ONSETS, "onsets-rankme"), (PHASES, "phases")):
        assert set(read(language_run, schema, name)["task"]) == {*SETS, "text"}, name


def test_an_event_is_an_accuracy_of_three_quarters(language_run: LanguageRun) -> None:
    found, scores = read(language_run, EVENTS, "events"), read(language_run, SCORES, "scores")
    assert set(scores["metric"]) == {"accuracy"}
    assert found["emerged"].all()
    curve = scores[(scores["run"] == "neox64-s1") & (scores["task"] == "factual")].sort_values("step")
    at = found[(found["run"] == "neox64-s1") & (found["task"] == "factual")]["step"].iloc[0]
    assert np.interp(at, curve["step"], 0.5 + curve["score"] / 2) == pytest.approx(0.75, abs=0.03)


def test_passages_are_no_placebo(language_run: LanguageRun, default: loading.Config) -> None:
    """Whatever they do, each set is held against the other sets alone."""
    settings, rows = (
        settings_for(default, "leads", measure="rankme", study="language")["settings"],
        read_runs(language_run),
    )
    behaved = read(language_run, EVENTS, "events"), read(language_run, SCORES, "scores")

    def placebo(group: str) -> pd.Series:
        """Chance under the placebo if a group's curves are still."""
        still = rows.assign(value=rows["value"].where(rows["task"] != group, 4.0))
        found, _ = leads.find_leads(*behaved, still, settings, ["onset"])  # type: ignore[arg-type]
        return found.set_index(["run", "task"])["placebo, family"]

    assert placebo("none").equals(placebo("text"))
    assert (placebo("syntax") < placebo("none")).drop("syntax", level="task").all()


def read_runs(language_run: LanguageRun) -> pd.DataFrame:
    rows = tables.read(MEASURE, *language_run.of_runs("rankme"))
    return rows[rows["layer"] == rows["layer"].max()]


def test_without_a_control_there_is_no_null_of_it(language_run: LanguageRun) -> None:
    assert read(language_run, LEADS, "leads-rankme")["control"].isna().all()
    rates = read(language_run, PRECURSORS, "precursors").query(
        "size == 'all' and classes == 'all' and definition == 'onset'"
    )
    events = rates.set_index(["measure", "control"])["events"]
    assert events["rankme", "control"] == 0
    assert events["rankme", "observed"] == events["rankme", "placebo"] == 2 * len(SETS)


def test_rank_of_the_passages_is_one_curve_for_all_sets(language_run: LanguageRun) -> None:
    found = read(language_run, LEADS, "leads-rankme_text").query("definition == 'onset'")
    onsets = read(language_run, ONSETS, "onsets-rankme").query("task == 'text'").set_index("run")["onset_step"]
    assert len(found) == 2 * len(SETS)
    ahead = to_positions(found["event_step"].to_numpy(), STEPS) - found["lead"]
    expected = to_positions(found["run"].map(onsets).to_numpy(), STEPS)
    np.testing.assert_allclose(ahead, expected, atol=1e-6)


def test_rank_of_the_passages_singles_out_no_set(language_run: LanguageRun) -> None:
    """Its placebo is itself, so that it leads no more often than that."""
    rates = read(language_run, PRECURSORS, "precursors").query("measure == 'rankme_text' and control == 'placebo'")
    excess = rates["excess"].dropna()
    assert len(excess)
    assert (excess == 0).all()
