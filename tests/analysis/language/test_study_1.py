"""Study 1's stages on language models: a group without scores, no control, and a rival that is one for all sets."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from spoken import SETS, STEPS, World

from emergence import config, tables
from emergence.analysis import leads
from emergence.analysis.curves import to_positions
from emergence.schemas.analysis import COLLAPSE, DIRECTION, EVENTS, LEADS, PRECURSORS, SCORES
from emergence.schemas.limits import ONSETS
from emergence.schemas.phases import PHASES
from emergence.schemas.trajectories import MEASURE


def read(world: World, schema: Any, name: str) -> pd.DataFrame:
    return tables.read(schema, world.path(name))


def test_passages_have_no_score_and_do_not_emerge(world: World) -> None:
    for schema, name in ((SCORES, "scores"), (EVENTS, "events"), (LEADS, "leads-rankme"), (DIRECTION, "direction")):
        assert set(read(world, schema, name)["task"]) == set(SETS), name


def test_passages_are_followed(world: World) -> None:
    for schema, name in ((COLLAPSE, "collapse"), (ONSETS, "onsets-rankme"), (PHASES, "phases")):
        assert set(read(world, schema, name)["task"]) == {*SETS, "text"}, name


def test_an_event_is_an_accuracy_of_three_quarters(world: World) -> None:
    found, scores = read(world, EVENTS, "events"), read(world, SCORES, "scores")
    assert set(scores["metric"]) == {"accuracy"}
    assert found["emerged"].all()
    curve = scores[(scores["run"] == "neox64-s1") & (scores["task"] == "factual")].sort_values("step")
    at = found[(found["run"] == "neox64-s1") & (found["task"] == "factual")]["step"].iloc[0]
    assert np.interp(at, curve["step"], 0.5 + curve["score"] / 2) == pytest.approx(0.75, abs=0.03)


def test_passages_are_no_placebo(world: World, default: config.Config) -> None:
    """Whatever they do, each set is held against the other sets alone."""
    settings, rows = default.settings("leads", measure="rankme", study="language"), read_runs(world)
    behaved = read(world, EVENTS, "events"), read(world, SCORES, "scores")

    def placebo(group: str) -> pd.Series:
        """Chance under the placebo if a group's curves are still."""
        still = rows.assign(value=rows["value"].where(rows["task"] != group, 4.0))
        found, _ = leads.leads(*behaved, still, settings, ["onset"])  # type: ignore[arg-type]
        return found.set_index(["run", "task"])["placebo, family"]

    assert placebo("none").equals(placebo("text"))
    assert (placebo("syntax") < placebo("none")).drop("syntax", level="task").all()


def read_runs(world: World) -> pd.DataFrame:
    rows = tables.read(MEASURE, *world.of_runs("rankme"))
    return rows[rows["layer"] == rows["layer"].max()]


def test_without_a_control_there_is_no_null_of_it(world: World) -> None:
    assert read(world, LEADS, "leads-rankme")["control"].isna().all()
    rates = read(world, PRECURSORS, "precursors").query("size == 'all' and classes == 'all' and definition == 'onset'")
    events = rates.set_index(["measure", "control"])["events"]
    assert events["rankme", "control"] == 0
    assert events["rankme", "observed"] == events["rankme", "placebo"] == 2 * len(SETS)


def test_rank_of_the_passages_is_one_curve_for_all_sets(world: World) -> None:
    found = read(world, LEADS, "leads-rankme_text").query("definition == 'onset'")
    onsets = read(world, ONSETS, "onsets-rankme").query("task == 'text'").set_index("run")["onset_step"]
    assert len(found) == 2 * len(SETS)
    ahead = to_positions(found["event_step"].to_numpy(), STEPS) - found["lead"]
    expected = to_positions(found["run"].map(onsets).to_numpy(), STEPS)
    np.testing.assert_allclose(ahead, expected, atol=1e-6)


def test_rank_of_the_passages_singles_out_no_set(world: World) -> None:
    """Its placebo is itself, so that it leads no more often than that."""
    rates = read(world, PRECURSORS, "precursors").query("measure == 'rankme_text' and control == 'placebo'")
    excess = rates["excess"].dropna()
    assert len(excess)
    assert (excess == 0).all()
