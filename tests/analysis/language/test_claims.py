"""Claims LM1 to LM7 and P1 to P3: every verdict, on tables whose answer is known."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import pytest
from evidence import SIZES, collapses, events, excess, precursors, put, rate, units
from spoken import SETS, World, passing

from emergence import config
from emergence.analysis.claims.verdicts import Verdict
from emergence.analysis.direction import direction, top_down
from emergence.analysis.language.claims import claims
from emergence.analysis.language.evidence import Evidence
from emergence.analysis.language.phases import NAMES
from emergence.analysis.precursors import NULLS
from emergence.schemas.analysis import LEADS
from emergence.schemas.limits import ONSETS
from emergence.settings.language import SeriesSettings
from emergence.settings.phases import LanguageClaimSettings, Pythia

ALL = {"measure": "rankme", "classes": "all", "difficulty": "all", "definition": "onset", "metric": "exact_match"}
TWO = dict(list(SIZES.items())[:2])
RUNS = [f"2x128-s{seed}" for seed in (1, 2, 3)] + [f"4x256-s{seed}" for seed in (1, 2, 3)]


def judged(evidence: Evidence, settings: LanguageClaimSettings, **changed: Any) -> pd.DataFrame:
    return claims(replace(evidence, **changed), settings).set_index("claim")


def silent(table: pd.DataFrame) -> pd.DataFrame:
    """RankMe exceeds its placebo no more."""
    return put(table, excess(0.0, 0.02), **ALL, control="placebo")


def test_all_claims_can_hold(evidence: Evidence, settings: LanguageClaimSettings) -> None:
    found = judged(evidence, settings, precursors=silent(precursors()))
    expected = dict.fromkeys(("LM1", "LM2 v3", "LM3", "LM4", "LM5", "LM6", "LM7"), "holds") | {"LM2 v1": "undecided"}
    assert found["verdict"].to_dict() == expected | dict.fromkeys(("P1", "P2", "P3"), "not testable at this tier")
    assert set(found["study"]) == {"language"}


# Global patterns ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("missing", "verdict"), [(0, "holds"), (2, "undecided"), (14, "fails")])
def test_collapse(missing: int, verdict: Verdict, evidence: Evidence, settings: LanguageClaimSettings) -> None:
    row = judged(evidence, settings, collapses=collapses(missing, tasks=SETS)).loc["LM1"]
    assert (row["value"], row["verdict"]) == ((28 - missing) / 28, verdict)


def test_passages_are_no_unit_of_the_collapse(evidence: Evidence, settings: LanguageClaimSettings) -> None:
    """They do not collapse here, which stands beside."""
    row = judged(evidence, settings).loc["LM1"]
    assert (row["value"], row["verdict"]) == (1.0, "holds")
    assert "held-out passages collapse in 0/12 runs" in row["control"]


def test_two_sizes_are_too_few_units(evidence: Evidence, settings: LanguageClaimSettings) -> None:
    assert judged(evidence, settings, collapses=collapses(tasks=SETS, sizes=TWO)).loc["LM1", "verdict"] == "undecided"


@pytest.mark.parametrize(
    ("upward", "v1", "v3"), [(0, "undecided", "holds"), (6, "undecided", "undecided"), (28, "fails", "fails")]
)
def test_top_down(upward: int, v1: Verdict, v3: Verdict, evidence: Evidence, settings: LanguageClaimSettings) -> None:
    """As A5: with 28 units, all of them reach an exact bound of .877, which is less than that of 32."""
    table = top_down(direction(collapses(upward=upward, tasks=SETS)), 0.95)
    found = judged(evidence, settings, top_down=table)["verdict"]
    assert (found["LM2 v1"], found["LM2 v3"]) == (v1, v3)


@pytest.mark.parametrize(("count", "verdict"), [(12, "holds"), (11, "undecided"), (3, "undecided"), (2, "fails")])
def test_order_of_phases(count: int, verdict: Verdict, evidence: Evidence, settings: LanguageClaimSettings) -> None:
    counts = dict.fromkeys(NAMES, 14) | {"in_order": count}
    row = judged(evidence, settings, shares=passing(counts)).loc["LM3"]
    assert (row["value"], row["verdict"]) == (count / 14, verdict)
    assert f"text: collapse 14/14, expansion 14/14, compression 14/14, in_order {count}/14" in row["control"]


# Precursors of single probe sets ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("of_excess", "verdict"),
    [(excess(0.0, 0.02), "holds"), (excess(0.1, 0.2), "undecided"), (excess(0.5), "fails"), (excess(-0.4), "holds")],
)
def test_no_precursor(
    of_excess: dict[str, float], verdict: Verdict, evidence: Evidence, settings: LanguageClaimSettings
) -> None:
    """It is none if it exceeds a single null no more; whatever its rate."""
    table = put(precursors(), of_excess, **ALL, control="placebo")
    for value in (0.1, 0.9):
        changed = put(table, rate(value), **ALL, control="observed")
        assert judged(evidence, settings, precursors=changed).loc["LM4", "verdict"] == verdict


def test_few_runs_decide_nothing(evidence: Evidence, settings: LanguageClaimSettings) -> None:
    few = silent(precursors()).assign(runs=5)
    found = judged(evidence, settings, precursors=few)["verdict"]
    assert found[["LM4", "LM6", "LM7"]].tolist() == ["undecided"] * 3


def test_both_sides_must_hold(evidence: Evidence, settings: LanguageClaimSettings) -> None:
    quiet = silent(precursors())
    assert judged(evidence, settings).loc["LM5", "verdict"] == "fails", "RankMe leads"
    flat = collapses(14, tasks=SETS)
    assert judged(evidence, settings, precursors=quiet, collapses=flat).loc["LM5", "verdict"] == "fails"
    some = collapses(tasks=SETS, sizes=TWO)
    assert judged(evidence, settings, precursors=quiet, collapses=some).loc["LM5", "verdict"] == "undecided"


def test_what_is_not_followed_is_not_judged(evidence: Evidence, settings: LanguageClaimSettings) -> None:
    alone = precursors().query("measure == 'rankme'")
    assert not {"LM6", "LM7"} & set(judged(evidence, settings, precursors=alone).index)


# Pythia -------------------------------------------------------------------------------------------------------------


def led(runs: Sequence[str], relation: str, null: float, tasks: Sequence[str] = SETS) -> pd.DataFrame:
    """Leads of RankMe at every event of some runs, and the same chance of one under each null."""
    names = {"study": "language", "size": "x", "parameters": 1, "seed": 0, "level": "all", "metric": "exact_match"}
    kind = {"measure": "rankme", "definition": "onset", "family": "hard", "event_step": 9.0, "lead": 9.0, "margin": 2.0}
    chances = dict.fromkeys(("shift", "placebo, family", "random", "own score"), null)
    rows = [
        {**names, **kind, **chances, "run": run, "task": task, "relation": relation}
        for run, task in product(runs, tasks)
    ]
    return pd.DataFrame(rows, columns=LEADS.arrow.names)


def with_pythia(settings: LanguageClaimSettings, *runs: str) -> LanguageClaimSettings:
    return settings.model_copy(update={"pythia": Pythia(runs=list(runs), largest=runs[-1])})


def gap(onset: float, event: float) -> dict[str, pd.DataFrame]:
    """Tables in which logical deduction of the last run has these times."""
    units_of = pd.DataFrame(units(tasks=SETS))
    onsets = units_of.assign(measure="rankme", floor=0.0, floor_step=1.0, early=0.0, changepoint_step=np.nan)
    at = {"run": RUNS[-1], "task": "reasoning"}
    brackets = {"step": event, "step_before": event - 500, "step_after": event + 500}
    return {
        "onsets": put(onsets.assign(onset_step=1e6), {"onset_step": onset}, **at)[ONSETS.arrow.names],
        "events": put(events(tasks=SETS), brackets, **at, metric="exact_match"),
        "leads": led(RUNS, "synchronous", 0.5),
    }


@pytest.mark.parametrize(
    ("onset", "event", "verdict"),
    [
        (20_000, 69_000, "holds"),
        (20_000, 30_000, "fails"),
        (20_000, 56_500, "undecided"),  # about the lower bound, 36,750
        (np.nan, 69_000, "undecided"),
        (20_000, np.nan, "undecided"),
    ],
)
def test_gap_of_logical_deduction(
    onset: float, event: float, verdict: Verdict, evidence: Evidence, settings: LanguageClaimSettings
) -> None:
    row = judged(evidence, with_pythia(settings, *RUNS), **gap(onset, event)).loc["P3"]
    assert row["verdict"] == verdict
    np.testing.assert_equal(row["value"], event - onset)


def test_a_lead_elsewhere_refutes_that_there_is_none(evidence: Evidence, settings: LanguageClaimSettings) -> None:
    tables_of = gap(20_000, 69_000)
    leading = put(tables_of["leads"], {"relation": "leads"}, run=RUNS[-1], task="syntax")
    row = judged(evidence, with_pythia(settings, *RUNS), **{**tables_of, "leads": leading}).loc["P3"]
    assert row["verdict"] == "fails"
    assert "RankMe leads syntax" in row["control"]
    for elsewhere in ({"run": RUNS[-1], "task": "reasoning"}, {"run": RUNS[0], "task": "syntax"}):
        other = put(tables_of["leads"], {"relation": "leads"}, **elsewhere)
        found = judged(evidence, with_pythia(settings, *RUNS), **{**tables_of, "leads": other})
        assert found.loc["P3", "verdict"] == "holds"
    alone = tables_of["leads"].query("task == 'reasoning'")
    row = judged(evidence, with_pythia(settings, *RUNS), **{**tables_of, "leads": alone}).loc["P3"]
    assert row["verdict"] == "undecided", "nothing else emerged"


@pytest.mark.parametrize(("null", "verdict"), [(1.0, "holds"), (0.2, "fails")])
def test_pythia_is_judged_by_its_own_runs(
    null: float, verdict: Verdict, evidence: Evidence, settings: LanguageClaimSettings
) -> None:
    """Other models say the opposite."""
    others = [f"6x384-s{seed}" for seed in range(1, 8)]
    leads = pd.concat([led(RUNS, "leads", null), led(others, "leads", 1.2 - null)])
    row = judged(evidence, with_pythia(settings, *RUNS), **{**gap(1.0, 2.0), "leads": leads}).loc["P2"]
    assert row["verdict"] == verdict
    assert "over 6 runs, 42 events" in row["interval"]


@pytest.mark.parametrize(("missing", "value", "verdict"), [(0, 1.0, "undecided"), (14, 0.0, "fails")])
def test_patterns_of_pythia(
    missing: int, value: float, verdict: Verdict, evidence: Evidence, settings: LanguageClaimSettings
) -> None:
    """Of two of four sizes: 14 units, those that do not collapse being the first."""
    flat = collapses(missing, tasks=SETS)
    row = judged(evidence, with_pythia(settings, *RUNS), **gap(1.0, 2.0), collapses=flat).loc["P1"]
    assert (row["value"], row["verdict"]) == (value, verdict)


def test_pythia_is_known_by_repository_or_name(default: config.Config) -> None:
    models = [
        SeriesSettings(name="other", repository="EleutherAI/gpt-neo-2.7B", steps=[0], revisions={}),
        SeriesSettings(name="small", repository="EleutherAI/pythia-160m", steps=[0], revisions={}),
        SeriesSettings(name="Pythia_2.8b", folder="models/a", revisions={}),
    ]
    language = default.language.model_copy(update={"models": models})
    assert language.pythia == Pythia(runs=["small", "Pythia_2.8b"], largest="Pythia_2.8b")
    assert default.language.pythia == Pythia(runs=[], largest=None)


# The stage ----------------------------------------------------------------------------------------------------------


def test_the_stage_judges_a_planted_world(world: World) -> None:
    found = world.judged()
    assert found.loc["LM3", "verdict"] == "holds"
    assert found.loc["LM2 v3", "value"] == 1.0
    assert found.loc["LM4", "verdict"] == "undecided", "two runs are few"
    assert "leads syntax 2/2" in found.loc["LM4", "control"]
    assert "that of the passages leads syntax 2/2" in found.loc["LM4", "control"]


def test_where_nothing_emerges_all_that_asks_for_events_is_undecided(
    default: config.Config, tmp_path_factory: pytest.TempPathFactory
) -> None:
    quiet = World(tmp_path_factory.mktemp("quiet"), default, emerges=False, sizes=("neox64",))
    pythia = Pythia(runs=quiet.runs, largest=quiet.runs[0])
    found = quiet.judged(pythia=pythia)["verdict"]
    assert found[["LM4", "P2", "P3"]].tolist() == ["undecided"] * 3


def test_every_null_is_asked(evidence: Evidence, settings: LanguageClaimSettings) -> None:
    for null in NULLS:
        table = put(precursors(), excess(0.0, 0.02), **ALL, control=null)
        assert judged(evidence, settings, precursors=table).loc["LM4", "verdict"] == "holds"
