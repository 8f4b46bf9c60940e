"""Rules of inference and what they conclude, on planted runs whose times of emergence are known."""

import numpy as np
import pandas as pd
import pytest
from synthetic.parity_run import ParityRun

from emergence.claims import rule_outcomes
from emergence.claims.rule_outcomes import GradeSettings
from emergence.config import loading
from emergence.config.project import settings_for


@pytest.mark.long
def test_the_rate_alone_is_taken_in_by_a_common_time_and_nulls_are_not(parity_run: ParityRun) -> None:
    found = parity_run.table("conclusions").query("definition == 'onset'").set_index(["measure", "rule"])
    assert found.loc[("rankme", "rate alone"), ["conclusion", "right"]].tolist() == ["leads", True]
    assert found.loc[("llc", "rate alone"), ["conclusion", "right"]].tolist() == ["leads", False]
    assert found.loc[("llc", "beyond nulls"), ["conclusion", "right", "null"]].tolist() == [
        "does not lead",
        True,
        "control",
    ]
    assert found.loc[("gradient_covariance", "rate alone"), ["conclusion", "right"]].tolist() == ["does not lead", True]
    few = found.xs("lead differences", level="rule")
    assert (few["conclusion"] == "undecided").all(), "three runs are below minimum_runs"
    assert few["right"].isna().all()


@pytest.mark.parametrize(
    ("rate", "excess", "lead", "runs", "expected"),
    [
        (0.9, 0.5, 8.0, 8, ["leads", "leads", "leads"]),
        (0.9, 0.5, 8.0, 5, ["leads", "leads", "undecided"]),
        (0.9, 0.5, 2.5, 8, ["leads", "leads", "undecided"]),
        (0.9, 0.0, 0.0, 8, ["leads", "does not lead", "does not lead"]),
        (0.9, 0.0, 8.0, 8, ["leads", "does not lead", "leads"]),  # nulls that lead nearly all events leave no room
        (0.5, 0.5, 8.0, 8, ["does not lead", "does not lead", "leads"]),
        (np.nan, np.nan, np.nan, 0, ["undecided"] * 3),
    ],
)
def test_rules_and_what_they_conclude(
    default: loading.Config, rate: float, excess: float, lead: float, runs: int, expected: list[str]
) -> None:
    events = 5 * runs
    names = {"measure": "rankme", "metric": "strength", "definition": "onset", "classes": "all", "size": "all"}
    observed = {"control": "observed", "rate": rate, "low": rate - 0.1, "high": rate + 0.1}
    shift = {"control": "shift", "excess": excess, "excess_low": excess - 0.02, "excess_high": excess + 0.02}
    of_measure = pd.DataFrame(
        [
            {**names, **observed, "events": events, "runs": runs},
            {**names, **shift, "events": events, "runs": runs},
            {**names, "control": "placebo", "events": 0},
        ]
    )
    ends = {"difference": lead, "difference_low": lead - 1, "difference_high": lead + 1}
    paired = pd.DataFrame([{**names, **ends, "rival": "own score", "margin": 2.0, "runs": runs}] if runs else [])
    paired = paired.reindex(columns=[*names, *ends, "rival", "margin", "runs"])
    tracked = pd.DataFrame([{"measure": "rankme", "definition": "onset", "truth": "announces"}])
    settings: GradeSettings = settings_for(default, "rule_outcomes")["settings"]  # type: ignore[assignment]
    found = rule_outcomes.outcomes(of_measure, paired, tracked, settings)
    assert found["conclusion"].tolist() == expected
    assert found["right"].tolist() == [{"leads": True, "does not lead": False}.get(each) for each in expected]
