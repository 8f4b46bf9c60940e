"""Planned power is what studies with the pilot's spread have: planted learners get the right verdict as often."""

import re

import numpy as np
import pandas as pd
import pytest

from emergence.analysis.intervals import student_mean
from emergence.analysis.interventions.arms import pair_ratios
from emergence.claims.estimates import OverRuns, Resampled, Share
from emergence.claims.interventions import INTERVENTIONS
from emergence.claims.planned import at_pilot, planned_power, spread_of, with_spread
from emergence.claims.rules import Rule, at_least, at_most, within
from emergence.config import loading
from emergence.config.arms import PLAIN

STUDIES = 150


@pytest.mark.parametrize("kind", [OverRuns, Resampled])
@pytest.mark.parametrize("log", [False, True])
def test_an_estimate_takes_on_a_spread(kind: type[OverRuns] | type[Resampled], log: bool) -> None:
    estimate = with_spread(
        kind(2.0, 1.0, 3.0, 0.95, 9, log=log) if kind is Resampled else kind(2.0, 1.0, 3.0, 9, 0.95, log=log), 0.6
    )
    assert spread_of(estimate) == pytest.approx(0.6)
    assert estimate.error == pytest.approx(0.2)


def test_power_is_told_for_the_nearest_values_that_are_decided() -> None:
    estimate = with_spread(OverRuns(1.0, 0.9, 1.1, 12, 0.95, "pairs", log=True), 0.1)
    told = planned_power(estimate, at_most(1.1), 1.0)
    below, above, at_one = (float(number) for number in re.findall(r"(?:below|above|,) ([\d.]+)", told))
    assert below < 1.1 < above
    for value in (below, above):
        assert estimate.power(at_most(1.1), value, 12) == pytest.approx(0.8, abs=0.02)
    assert at_one == pytest.approx(estimate.power(at_most(1.1), 1.0, 12), abs=0.01)
    assert "12 pairs" in told


def test_of_a_range_the_values_lie_outside() -> None:
    estimate = with_spread(OverRuns(0.0, -1.0, 1.0, 9, 0.95), 0.1)
    below, above = (
        float(one) for one in re.findall(r"(?:below|above) ([-\d.]+)", planned_power(estimate, within(-1, 1)))
    )
    assert below < -1
    assert above > 1


def test_a_share_needs_no_pilot() -> None:
    assert "1.00 for 1" in planned_power(Share(0, 36, 0.95, "cells"), at_least(0.85), 1.0)


def test_without_a_pilot_or_an_interval_nothing_is_told() -> None:
    assert at_pilot(OverRuns(1.0, 0.5, 1.5, 9, 0.95), at_most(1), None) == ""
    assert at_pilot(OverRuns(1.0, np.nan, np.nan, 1, 0.95), at_most(1), 0.3) == ""


def test_every_claim_has_a_spread(default: loading.Config) -> None:
    """But for a share, whose power is exact; no tier has a seed of the pilot."""
    study = default.interventions
    assert study is not None
    assert study.pilot is not None
    assert {name for claim in INTERVENTIONS.claims for name in claim.names} - {"I3"} == set(study.pilot.spreads)
    assert study.language is not None
    seeds = {*study.clock.seeds, *study.paired.seeds, *default.anatomy.seeds, *study.frequencies.seeds}  # type: ignore[union-attr]
    seeds |= {*study.language.seeds}
    assert not seeds & set(study.pilot.seeds)


def learners(ratio: float, spread: float, pairs: int) -> pd.DataFrame:
    """Events of synthetic learners, one per study: under an intervention they come at a multiple of the plain steps."""
    rng = np.random.default_rng(7)
    effects = np.exp(rng.normal(np.log(ratio), spread, STUDIES * pairs))
    rows = [
        {
            "run": run,
            "size": run // pairs,
            "task": task,
            "level": "1",
            "arm": arm,
            "emerged": True,
            "step": step * factor,
        }
        for run, effect in enumerate(effects)
        for task, step in (("COPY", 90.0), ("SORT", 150.0))
        for arm, factor in ((PLAIN, 1.0), ("deepen", effect))
    ]
    return pd.DataFrame(rows)


@pytest.mark.parametrize("caused", [True, False])
def test_the_analysis_tells_learners_apart_at_the_stated_power(default: loading.Config, caused: bool) -> None:
    """Events that a rank causes, by the smallest ratio that is decided with power .8, and events that it does not."""
    study = default.interventions
    assert study is not None
    assert study.pilot is not None
    spread, pairs, margin = study.pilot.spreads["I9"], study.pair_count, study.verdicts.margin
    rule: Rule = at_least(margin)
    planned = with_spread(OverRuns(1.0, 0.9, 1.1, pairs, 0.95, log=True), spread)
    told = planned_power(planned, rule, 1.0)
    ratio = float(re.findall(r"above ([\d.]+)", told)[0]) if caused else 1.0
    power = 0.8 if caused else planned.power(rule, 1.0, pairs)
    right = 0
    for _, one in pair_ratios(learners(ratio, spread, pairs), "deepen", PLAIN).groupby("size"):
        mean = student_mean(one["log_ratio"], 0.95)
        right += rule.verdict(np.exp(mean.low), np.exp(mean.high)) == ("holds" if caused else "fails")
    assert right / STUDIES == pytest.approx(power, abs=4 * np.sqrt(power * (1 - power) / STUDIES) + 0.01)
