"""Verdicts on networks against theory, on tables where they hold, to be changed one at a time."""

import numpy as np
import pandas as pd
import pytest

from emergence.analysis.solvable import claims_networks as module
from emergence.schemas.solvable import CONSTANTS, CROSSINGS, DEVIATIONS, ENTROPY_SLOPES
from emergence.settings.solvable import NetworkVerdicts

VERDICTS = NetworkVerdicts(constant=0.2, crossing=0.15)
RATIOS = [1.0, 3.03, 5.80, 9.19, 13.1]


def constants(**changed: object) -> pd.DataFrame:
    published = {("speed", "sigmoid"): 1 / 22, ("shots", "published"): 800, ("shots", "linear"): 800}
    published |= {("neurons", "linear"): 4}
    rows = [
        {"constant": name, "law": law, "published": value, "value": value * 1.02, "low": value * 0.95,
         "high": value * 1.1, "residual": 0.02, "seeds": 5, "reason": None}
        for (name, law), value in published.items()
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=CONSTANTS.arrow.names)
    chosen = frame["constant"] == "speed"
    for key, value in changed.items():
        frame.loc[chosen, key] = value
    return frame


def crossings(factor: float = 1.05, width: float = 1.04, **changed: float) -> pd.DataFrame:
    """Networks that pass one half at a factor times theory, their ratios exact; ``changed`` for the last skill."""
    rows = []
    for axis, laws in {"step": ["sigmoid"], "samples": ["published", "linear"], "width": ["linear"]}.items():
        for skill, ratio in enumerate(RATIOS, start=1):
            base = {"axis": axis, "skill": skill, "share": 0.5, "ratio": ratio}
            ends = {"low": 1000 * ratio * factor / width, "high": 1000 * ratio * factor * width}
            beside = {"ratio_low": ratio / width, "ratio_high": ratio * width, "seeds": 3, "reached": 3}
            network = {**base, "source": "network", "value": 1000 * ratio * factor, **ends, **beside}
            rows.append({**network, **(changed if skill == 5 else {})})
            of_theory = {"value": 1000 * ratio, "low": 1000 * ratio / 1.01, "high": 1000 * ratio * 1.01}
            rows += [
                {**base, "source": source, "law": law, **of_theory}
                for law in laws
                for source in ("fitted", "published")
            ]
    return pd.DataFrame(rows, columns=CROSSINGS.arrow.names)


def deviations(published: float = 0.03, linear: float = 0.08) -> pd.DataFrame:
    rows = [
        {"axis": "samples", "source": "fitted", "law": law, "seeds": 3, "value": value, "low": value / 1.2,
         "high": value * 1.2}
        for law, value in {"published": published, "linear": linear}.items()
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=DEVIATIONS.arrow.names)


def of(rows: object) -> dict[str, dict[str, object]]:
    return {row["claim"]: row for row in rows}  # type: ignore[attr-defined]


def test_constants_near_the_published_hold() -> None:
    found = of(module.constants(constants(), VERDICTS, 0.95))
    assert [row["verdict"] for row in found.values()] == ["holds"] * 3
    assert "linear law" in str(found["B2"]["control"])


@pytest.mark.parametrize(
    ("changed", "verdict"),
    [
        ({"low": 0.056, "high": 0.06}, "fails"),
        ({"low": 0.03, "high": 0.06}, "undecided"),
        ({"value": np.nan, "low": np.nan, "high": np.nan}, "undecided"),
    ],
)
def test_a_constant_elsewhere_fails_and_one_unknown_is_open(changed: dict[str, float], verdict: str) -> None:
    assert of(module.constants(constants(**changed), VERDICTS, 0.95))["B1"]["verdict"] == verdict


@pytest.mark.parametrize(
    ("given", "verdict"),
    [
        (crossings(), "holds"),
        (crossings(factor=1.3), "fails"),
        (crossings(width=1.3), "undecided"),
        (crossings(value=np.nan, low=np.nan, high=np.nan, reached=0), "undecided"),
        (crossings(value=30000.0, low=29000.0, high=31000.0), "fails"),  # one skill is enough
    ],
)
def test_predictions_must_hold_for_every_skill(given: pd.DataFrame, verdict: str) -> None:
    found = of(module.predictions(given, deviations(), VERDICTS, 0.95))
    assert {row["verdict"] for row in found.values()} == {verdict}
    if verdict == "holds":
        assert found["B4"]["value"] == pytest.approx(1.05)
        assert found["B4"]["low"] == pytest.approx(1.05 / 1.04 / 1.01)


def test_the_worst_skill_stands_for_all() -> None:
    found = of(module.predictions(crossings(value=12000.0), deviations(), VERDICTS, 0.95))
    assert found["B6"]["value"] == pytest.approx(12000 / 13100, rel=1e-3)


@pytest.mark.parametrize(
    ("changed", "verdict"),
    [
        ({}, "holds"),
        ({"ratio": 20.0, "ratio_low": 19.0, "ratio_high": 21.0}, "fails"),
        ({"ratio": 13.1, "ratio_low": 9.0, "ratio_high": 19.0}, "undecided"),
        ({"ratio": np.nan, "ratio_low": np.nan, "ratio_high": np.nan}, "undecided"),
    ],
)
def test_ratios_of_times(changed: dict[str, float], verdict: str) -> None:
    (row,) = module.ratios(crossings(**changed), VERDICTS, 0.95)
    assert row["verdict"] == verdict
    assert row["published"] == "1 : 3.03 : 5.8 : 9.19 : 13.1"


@pytest.mark.parametrize(
    ("given", "verdict"),
    [
        (deviations(), "holds"),
        (deviations(0.08, 0.03), "fails"),
        (deviations(0.03, 0.035), "undecided"),
        (deviations().iloc[:1], "undecided"),
    ],
)
def test_laws_of_data(given: pd.DataFrame, verdict: str) -> None:
    (row,) = module.data_law(given, 0.95)
    assert row["verdict"] == verdict


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [(-0.48, -0.42, "holds"), (-0.3, -0.27, "fails"), (-0.6, -0.42, "undecided"), (np.nan, np.nan, "undecided")],
)
def test_slope_of_the_cross_entropy(low: float, high: float, verdict: str) -> None:
    row = {"predicted": -0.286, "published": -0.45, "value": -0.45, "low": low, "high": high, "seeds": 3, "start": 1}
    (found,) = module.entropy(pd.DataFrame([row | {"end": 9.0}], columns=ENTROPY_SLOPES.arrow.names), 0.05, 0.95)
    assert found["verdict"] == verdict
