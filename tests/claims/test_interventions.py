"""Claims I1 to I9: every verdict, on planted tables and on learners whose events a rank causes, or does not."""

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from synthetic.arm_tables import CAUSED, NEEDED, arm_runs

from emergence.analysis.interventions.arms import compare_arms, find_arm_events
from emergence.claims.interventions import INTERVENTIONS, RIVALS
from emergence.claims.settings import InterventionClaimSettings
from emergence.claims.verdicts import Verdict
from emergence.config import loading
from emergence.config.project import settings_for
from emergence.schemas.interventions import CLOCK_LAWS, CLOCK_SHARES

pytestmark = pytest.mark.long

Tables = dict[str, pd.DataFrame]


@pytest.fixture(scope="module")
def settings(default: loading.Config) -> InterventionClaimSettings:
    return settings_for(default, "interventions_claims")["settings"]  # type: ignore[return-value]


def clock_laws(factor: float = 1.2, excess: float = -0.4) -> pd.DataFrame:
    """Errors of the sum of rates, and by how much they exceed those of every rival."""
    row = {"cells": 18, "runs": 18, "width_exponent": -1.2, "exponent_low": -1.3, "exponent_high": -1.1}
    rows = [{**row, "quantity": "rate_sum", "factor": factor, "factor_low": factor / 1.1, "factor_high": factor * 1.1}]
    for rival in RIVALS:
        own = {"factor": 2.0, "factor_low": 1.7, "factor_high": 2.3}
        rows.append(
            {**row, **own, "quantity": rival, "excess": excess, "excess_low": excess - 0.1, "excess_high": excess + 0.1}
        )
    return pd.DataFrame(rows, columns=CLOCK_LAWS.arrow.names)


def clock_shares(first: int = 36, slope: float = 0.0, alignment: float = 0.8) -> pd.DataFrame:
    rows = [
        {"statistic": "collapsed", "value": 1.0, "low": 0.9, "high": 1.0, "count": 36, "units": 36},
        {"statistic": "last_first", "value": first / 36, "low": np.nan, "high": np.nan, "count": first, "units": 36},
        {"statistic": "alignment", "value": alignment, "low": alignment - 0.05, "high": alignment + 0.05, "units": 36},
        {"statistic": "alignment, random", "value": 0.14, "low": 0.14, "high": 0.14, "units": 36},
    ]
    slopes = {"value": slope, "low": slope - 0.01, "high": slope + 0.01, "units": 6}
    rows += [{"statistic": f"floor on {size}", **slopes} for size in ("width", "layers")]
    return pd.DataFrame(rows, columns=CLOCK_SHARES.arrow.names)


@cache
def arm_effects(planted: tuple[tuple[str, float], ...], pairs: int = 5, lowest: float = 0.9) -> pd.DataFrame:
    """The analysis of a synthetic learner, by the settings of the default tier."""
    config = loading.read(Path(__file__).parents[2] / "config.yaml")
    protocol = config.interventions.protocol  # type: ignore[union-attr]
    runs = arm_runs(dict(planted), pairs, lowest=lowest)
    return compare_arms(runs, find_arm_events(runs, protocol.events), protocol.statistics)


def verdicts(settings: InterventionClaimSettings, **changed: pd.DataFrame) -> dict[str, Verdict]:
    planted = {"clock_laws": clock_laws(), "clock_shares": clock_shares(), "arm_effects": arm_effects(())}
    return INTERVENTIONS.judge({**planted, **changed}, settings).set_index("claim")["verdict"].to_dict()


CLOCK = ("I1", *(f"I2 {rival}" for rival in RIVALS), "I3", "I4 width", "I4 layers", "I5")


def test_all_claims_about_the_clock_can_hold(settings: InterventionClaimSettings) -> None:
    assert {verdicts(settings)[claim] for claim in CLOCK} == {"holds"}


def test_all_claims_about_the_clock_can_fail(settings: InterventionClaimSettings) -> None:
    judged = verdicts(settings, clock_laws=clock_laws(3.0, 0.4), clock_shares=clock_shares(10, 0.5, 0.3))
    assert {judged[claim] for claim in CLOCK} == {"fails"}


@pytest.mark.parametrize(
    ("planted", "expected"),
    [
        ({}, {"I6": "holds", "I7 prevent": "holds", "I7 earlier": "holds", "I7 later": "holds", "I9": "fails"}),
        (CAUSED, {"I6": "holds", "I7 prevent": "fails", "I7 earlier": "fails", "I7 later": "fails", "I8 sham": "holds",
                  "I8 late": "holds", "I9": "holds"}),
        (NEEDED, {"I6": "fails", "I7 prevent": "fails", "I8 sham": "fails", "I8 late": "fails"}),
    ],
    ids=["a shared clock", "caused by rank", "needs the collapse"],
)  # fmt: skip
@pytest.mark.parametrize("pairs", [3, 12])
def test_the_analysis_tells_synthetic_learners_apart(
    planted: dict[str, float], expected: dict[str, str], pairs: int, settings: InterventionClaimSettings
) -> None:
    """With the pairs of the default tier and of the full one."""
    judged = verdicts(settings, arm_effects=arm_effects(tuple(planted.items()), pairs))
    assert {claim: judged[claim] for claim in expected} == expected


def test_prevention_that_did_not_prevent_decides_nothing(settings: InterventionClaimSettings) -> None:
    table = INTERVENTIONS.judge(
        {"clock_laws": clock_laws(), "clock_shares": clock_shares(), "arm_effects": arm_effects((), lowest=0.6)},
        settings,
    ).set_index("claim")
    assert set(table.loc[["I6", "I7 prevent", "I8 sham", "I8 late"], "verdict"]) == {"undecided"}
    why, planned = table.loc["I6", "power"].split("; ", 1)
    assert why == "the collapse is not prevented: the rank falls to 0.60 of its initial value"
    assert planned.startswith("planned power with 5 pairs: 0.8 for true values below ")
    assert table.loc["I6", "otherwise"].startswith("holds if the collapse is prevented and interval at or below 1.1")


def test_without_cells_or_pairs_nothing_is_decided(settings: InterventionClaimSettings) -> None:
    empty = clock_laws().iloc[:0]
    judged = verdicts(settings, clock_laws=empty, arm_effects=arm_effects((), 1))
    assert {judged["I1"], judged["I2 loss"], judged["I6"], judged["I9"]} == {"undecided"}


def test_an_arm_that_a_tier_leaves_out_is_not_testable(settings: InterventionClaimSettings) -> None:
    without = arm_effects(()).query("arm != 'deepen' and against != 'deepen'")
    assert verdicts(settings, arm_effects=without)["I9"] == "not testable at this tier"


def test_a_tier_of_one_pair_tests_nothing(settings: InterventionClaimSettings) -> None:
    one = settings.model_copy(update={"pairs": 1})
    assert verdicts(one, arm_effects=arm_effects((), 1))["I6"] == "not testable at this tier"


def test_what_would_have_come_out_otherwise_follows_from_the_rule(settings: InterventionClaimSettings) -> None:
    planted = {"clock_laws": clock_laws(), "clock_shares": clock_shares(), "arm_effects": arm_effects(())}
    told = INTERVENTIONS.judge(planted, settings).set_index("claim")["otherwise"]
    assert told["I6"] == "fails if interval above 1.1"
    assert told["I9"] == "holds if interval at or above 1.1"
    assert told["I1"] == "fails if error: interval above 1.5"


def test_an_undecided_verdict_states_its_power(settings: InterventionClaimSettings) -> None:
    table = INTERVENTIONS.judge(
        {"clock_laws": clock_laws(1.5), "clock_shares": clock_shares(), "arm_effects": arm_effects(())}, settings
    ).set_index("claim")
    assert table.loc["I1", "verdict"] == "undecided"
    assert "power is" in table.loc["I1", "power"]
