"""Claims LM1 to LM7 and P1 to P3: every verdict, on tables whose answer is known."""

from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import pytest
from synthetic.claims_tables import (
    SIZES,
    collapses,
    difference,
    events,
    hierarchy,
    lead_differences,
    precursors,
    units,
    with_values,
)
from synthetic.language_run import SETS, LanguageRun, phase_shares

from emergence.analysis.collapse import compare_collapse_steps, count_directions
from emergence.analysis.language.phases import NAMES
from emergence.claims.language import LANGUAGE
from emergence.claims.settings import LanguageClaimSettings
from emergence.claims.verdicts import Verdict
from emergence.config import loading
from emergence.config.language import Pythia, SeriesSettings
from emergence.config.project import settings_for
from emergence.schemas.analysis import LEADS, ONSETS

pytestmark = pytest.mark.long

ALL = {"measure": "rankme", "classes": "all", "difficulty": "all", "definition": "onset"}
UNTESTED: Verdict = "not testable at this tier"
TWO = dict(list(SIZES.items())[:2])
NAN = float("nan")
Tables = dict[str, pd.DataFrame]
RUNS = [f"2x128-s{seed}" for seed in (1, 2, 3)] + [f"4x256-s{seed}" for seed in (1, 2, 3)]


@pytest.fixture(scope="module")
def settings(default: loading.Config) -> LanguageClaimSettings:
    """Of the default tier, on the metric and runs that the tables here have, as long as Pythia's."""
    given: Any = settings_for(default, "language_claims")["settings"]
    claims = given.claims.model_copy(update={"metric": "exact_match", "runs": 12})
    return given.model_copy(update={"claims": claims, "last_step": 143_000})


@pytest.fixture(scope="module")
def tables() -> Tables:
    """All that can hold, holds, but for LM4: RankMe leads."""
    collapse = collapses(tasks=SETS)
    return {
        "events": events(tasks=SETS),
        "collapse": pd.concat([collapse, collapses(tasks=("text",), missing=4)]),
        "direction_shares": count_directions(compare_collapse_steps(collapse), 0.95),
        "leads": pd.DataFrame(columns=LEADS.arrow.names),
        "precursors": precursors(),
        "lead_differences": lead_differences(),
        "hierarchy": hierarchy(),
        "phase_shares": phase_shares(dict.fromkeys(NAMES, 12)),
        "onsets": pd.DataFrame(columns=ONSETS.arrow.names),
    }


def judged(tables: Tables, settings: LanguageClaimSettings, **changed: Any) -> pd.DataFrame:
    return LANGUAGE.judge({**tables, **changed}, settings).set_index("claim")


def silent(of_lead: dict[str, float] | None = None) -> pd.DataFrame:
    """RankMe leads its placebo no more, or by another difference."""
    return with_values(lead_differences(), of_lead or difference(0.0), **ALL, rival="placebo")


def test_all_claims_can_hold(tables: Tables, settings: LanguageClaimSettings) -> None:
    found = judged(tables, settings, lead_differences=silent())
    expected = dict.fromkeys(("LM1", "LM2 v3", "LM3", "LM4", "LM5", "LM6", "LM7"), "holds")
    expected |= dict.fromkeys(("LM2 v1", "P1", "P2", "P3"), "not testable at this tier")
    assert found["verdict"].to_dict() == expected
    assert set(found["study"]) == {"language"}


# Global patterns ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("missing", "verdict"), [(0, "holds"), (2, "undecided"), (14, "fails")])
def test_collapse(missing: int, verdict: Verdict, tables: Tables, settings: LanguageClaimSettings) -> None:
    row = judged(tables, settings, collapse=collapses(missing, tasks=SETS)).loc["LM1"]
    assert (row["value"], row["verdict"]) == ((28 - missing) / 28, verdict)


def test_passages_are_no_unit_of_the_collapse(tables: Tables, settings: LanguageClaimSettings) -> None:
    """They do not collapse here, which stands beside."""
    row = judged(tables, settings).loc["LM1"]
    assert (row["value"], row["verdict"]) == (1.0, "holds")
    assert "held-out passages collapse in 0/12 runs" in row["control"]


def test_two_sizes_are_too_few_units(tables: Tables, settings: LanguageClaimSettings) -> None:
    row = judged(tables, settings, collapse=collapses(tasks=SETS, sizes=TWO)).loc["LM1"]
    assert row["verdict"] == "not testable at this tier"
    assert "with 14 units only one verdict" in row["otherwise"]


@pytest.mark.parametrize(
    ("upward", "v1", "v3"), [(0, UNTESTED, "holds"), (6, UNTESTED, "undecided"), (28, UNTESTED, "fails")]
)
def test_top_down(upward: int, v1: Verdict, v3: Verdict, tables: Tables, settings: LanguageClaimSettings) -> None:
    """As A5: with 28 units, all of them reach an exact bound of .877, which is less than that of 32."""
    table = count_directions(compare_collapse_steps(collapses(upward=upward, tasks=SETS)), 0.95)
    found = judged(tables, settings, direction_shares=table)["verdict"]
    assert (found["LM2 v1"], found["LM2 v3"]) == (v1, v3)


@pytest.mark.parametrize(("count", "verdict"), [(12, "holds"), (11, "undecided"), (3, "undecided"), (2, "fails")])
def test_order_of_phases(count: int, verdict: Verdict, tables: Tables, settings: LanguageClaimSettings) -> None:
    counts = dict.fromkeys(NAMES, 14) | {"in_order": count}
    row = judged(tables, settings, phase_shares=phase_shares(counts)).loc["LM3"]
    assert (row["value"], row["verdict"]) == (count / 14, verdict)
    assert f"text: collapse 14/14, expansion 14/14, compression 14/14, in_order {count}/14" in row["control"]


# Precursors of single probe sets ------------------------------------------------------------------------------------


@pytest.mark.parametrize("rival", ["placebo", "control", "own score", "own loss"])
@pytest.mark.parametrize(
    ("of_lead", "verdict"), [(difference(0.0), "holds"), (difference(2.0), "undecided"), (difference(5.0), "fails")]
)
def test_no_precursor(
    rival: str, of_lead: dict[str, float], verdict: Verdict, tables: Tables, settings: LanguageClaimSettings
) -> None:
    """It is none if a single rival tells as early."""
    table = with_values(lead_differences(), of_lead, **ALL, rival=rival)
    assert judged(tables, settings, lead_differences=table).loc["LM4", "verdict"] == verdict


def test_few_runs_decide_nothing(tables: Tables, settings: LanguageClaimSettings) -> None:
    few = {"lead_differences": silent().assign(runs=5), "precursors": precursors().assign(runs=5)}
    found = judged(tables, settings, **few, hierarchy=hierarchy().assign(runs=5))["verdict"]
    assert found[["LM4", "LM6", "LM7"]].tolist() == ["undecided"] * 3


def test_short_training_cannot_show_the_last_phase(tables: Tables, settings: LanguageClaimSettings) -> None:
    short = settings.model_copy(update={"last_step": 142_999})
    row = judged(tables, short).loc["LM3"]
    assert (row["verdict"], row["value"]) == (UNTESTED, 12 / 14)


def test_both_sides_must_hold(tables: Tables, settings: LanguageClaimSettings) -> None:
    quiet = silent()
    assert judged(tables, settings).loc["LM5", "verdict"] == "fails", "RankMe leads"
    flat = collapses(14, tasks=SETS)
    assert judged(tables, settings, lead_differences=quiet, collapse=flat).loc["LM5", "verdict"] == "fails"
    some = collapses(tasks=SETS, sizes=TWO)
    assert judged(tables, settings, lead_differences=quiet, collapse=some).loc["LM5", "verdict"] == UNTESTED


def test_a_measure_that_is_no_signal_is_not_judged(tables: Tables, settings: LanguageClaimSettings) -> None:
    alone = precursors().query("measure == 'rankme'")
    found = judged(tables, settings, precursors=alone)["verdict"]
    assert found[["LM6", "LM7"]].tolist() == ["not run"] * 2


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
        "onsets": with_values(onsets.assign(onset_step=1e6), {"onset_step": onset}, **at)[ONSETS.arrow.names],
        "events": with_values(events(tasks=SETS), brackets, **at, metric="exact_match"),
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
    onset: float, event: float, verdict: Verdict, tables: Tables, settings: LanguageClaimSettings
) -> None:
    row = judged(tables, with_pythia(settings, *RUNS), **gap(onset, event)).loc["P3"]
    assert row["verdict"] == verdict
    np.testing.assert_equal(row["value"], event - onset)


def test_a_lead_elsewhere_refutes_that_there_is_none(tables: Tables, settings: LanguageClaimSettings) -> None:
    of_gap = gap(20_000, 69_000)
    leading = with_values(of_gap["leads"], {"relation": "leads"}, run=RUNS[-1], task="syntax")
    row = judged(tables, with_pythia(settings, *RUNS), **{**of_gap, "leads": leading}).loc["P3"]
    assert row["verdict"] == "fails"
    assert "RankMe leads syntax" in row["control"]
    for elsewhere in ({"run": RUNS[-1], "task": "reasoning"}, {"run": RUNS[0], "task": "syntax"}):
        other = with_values(of_gap["leads"], {"relation": "leads"}, **elsewhere)
        found = judged(tables, with_pythia(settings, *RUNS), **{**of_gap, "leads": other})
        assert found.loc["P3", "verdict"] == "holds"
    alone = of_gap["leads"].query("task == 'reasoning'")
    row = judged(tables, with_pythia(settings, *RUNS), **{**of_gap, "leads": alone}).loc["P3"]
    assert row["verdict"] == "undecided", "nothing else emerged"


@pytest.mark.parametrize(("lead", "verdict"), [(0.0, "holds"), (8.0, "fails")])
def test_pythia_is_judged_by_its_own_runs(
    lead: float, verdict: Verdict, tables: Tables, settings: LanguageClaimSettings
) -> None:
    """Other models say the opposite."""
    others = [f"6x384-s{seed}" for seed in range(1, 8)]
    leads = pd.concat([led(RUNS, "leads", 0.5), led(others, "leads", 0.5)])
    leads["size"] = leads["run"]
    of_models = [
        {**ALL, "size": run, "rival": "own loss", "events": 7, "runs": 1, **difference(own + 0.01 * place, NAN),
         "margin": 2.0, "whole_network": False}
        for runs, own in ((RUNS, lead), (others, 8.0 - lead))
        for place, run in enumerate(runs)
    ]  # fmt: skip
    differences = pd.DataFrame(of_models, columns=lead_differences().columns)
    given = {**gap(1.0, 2.0), "leads": leads, "lead_differences": differences}
    row = judged(tables, with_pythia(settings, *RUNS), **given).loc["P2"]
    assert row["verdict"] == verdict
    assert "over own loss, the least, in checkpoints; t over 6 runs" in row["interval"]


def test_fewer_models_than_a_rate_needs_test_no_precursor(tables: Tables, settings: LanguageClaimSettings) -> None:
    row = judged(tables, with_pythia(settings, *RUNS[:5]), **gap(1.0, 2.0)).loc["P2"]
    assert row["verdict"] == "not testable at this tier"
    assert row["control"].startswith("5 of 6 models")


@pytest.mark.parametrize(("missing", "value", "verdict"), [(0, 1.0, UNTESTED), (14, 0.0, UNTESTED)])
def test_patterns_of_pythia(
    missing: int, value: float, verdict: Verdict, tables: Tables, settings: LanguageClaimSettings
) -> None:
    """Of two of four sizes: 14 units, those that do not collapse being the first."""
    flat = collapses(missing, tasks=SETS)
    row = judged(tables, with_pythia(settings, *RUNS), **gap(1.0, 2.0), collapse=flat).loc["P1"]
    assert (row["value"], row["verdict"]) == (value, verdict)


def test_pythia_is_known_by_what_the_configuration_says(default: loading.Config) -> None:
    models = [
        SeriesSettings(name="other", repository="EleutherAI/gpt-neo-2.7B", steps=[0], revisions={}),
        SeriesSettings(name="pythia", folder="models/pythia-2.8b", revisions={}),
        SeriesSettings(name="small", repository="EleutherAI/pythia-160m", steps=[0], revisions={}, pythia="160m"),
        SeriesSettings(name="large", folder="models/a", revisions={}, pythia="2.8b"),
        SeriesSettings(name="other_text", folder="models/b", revisions={}, pythia="1.4b"),
        SeriesSettings(name="middle", folder="models/c", revisions={}, pythia="1.4b-deduped"),
    ]
    language = default.language.model_copy(update={"models": models})
    runs = ["small", "large", "other_text", "middle"]
    assert language.pythia == Pythia(runs=runs, largest="large", degree="middle")
    assert default.language.pythia == Pythia(runs=[])


# The stage ----------------------------------------------------------------------------------------------------------


def test_the_stage_judges_a_planted_world(language_run: LanguageRun) -> None:
    found = language_run.judged()
    assert found.loc["LM3", "value"] == 1.0
    assert found.loc["LM2 v3", "value"] == 1.0
    assert found.loc["LM4", "verdict"] == "undecided", "two runs have events, of ten"
    assert "leads syntax 2/2" in found.loc["LM4", "control"]
    assert "RankMe of the passages leads syntax 2/2" in found.loc["LM4", "control"]


def test_where_nothing_emerges_all_that_asks_for_events_is_undecided(
    default: loading.Config, tmp_path_factory: pytest.TempPathFactory
) -> None:
    quiet = LanguageRun(tmp_path_factory.mktemp("quiet"), default, emerges=False, sizes=("neox64",))
    pythia = Pythia(runs=quiet.runs * 6, largest=quiet.runs[0])
    found = quiet.judged(pythia=pythia)["verdict"]
    assert found[["LM4", "P2", "P3"]].tolist() == ["undecided"] * 3
