"""Claims L1 to L5 on scaling laws and M1 to M5 on models: every verdict, each case planted."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from emergence.claims.parity import PARITY
from emergence.claims.settings import ParityClaimSettings

AXES = [("multilinear", axis) for axis in ("time", "data", "width", "compute")] + [("linear", "time")]
LAWS = ["L1", "L2", "L3", "L4", "L5"]
UNTESTED = "not testable at this tier"


def judged(settings: ParityClaimSettings, **tables: pd.DataFrame) -> pd.DataFrame:
    return PARITY.judge(tables, settings).set_index("claim")


def exponents(off: float = 0.0, alpha: float = 0.6) -> pd.DataFrame:
    """All exponents as expected, but those of one α, which are off."""
    rows: list[dict[str, Any]] = []
    for model, axis in AXES:
        for each in (0.3, 0.6):
            found = -each + (off if each == alpha else 0.0)
            rows.append({"model": model, "axis": axis, "quantity": "loss", "alpha": each, "expected": -each,
                         "slope": found - 0.1, "corrected": found, "prefactor": 1.0})  # fmt: skip
    rows.append({**rows[7], "quantity": "width", "expected": 0.4, "slope": 0.1, "corrected": 0.1})
    return pd.DataFrame(rows)


@pytest.mark.parametrize(
    ("off", "verdict"), [(0.0, "holds"), (0.015, "holds"), (-0.015, "holds"), (0.025, "fails"), (-0.3, "fails")]
)
def test_exponents(parity: ParityClaimSettings, off: float, verdict: str) -> None:
    rows = judged(parity, scaling_exponents=exponents(off)).loc[LAWS]
    assert (rows["verdict"] == verdict).all()
    np.testing.assert_allclose(rows["value"], abs(off), atol=1e-12)
    assert "best width" in rows.loc["L4", "control"]
    assert "uncorrected" in rows.loc["L1", "control"]


def test_an_exponent_that_could_not_be_fitted(parity: ParityClaimSettings) -> None:
    rows = judged(parity, scaling_exponents=exponents(np.nan)).loc[LAWS]
    assert (rows["verdict"] == UNTESTED).all()


def passages(late: float = 1.0, delay: float = 0.074, missing: bool = False) -> pd.DataFrame:
    """Times of both models, on closed forms but for a factor at small steps and the delay of the linear model."""
    rows = []
    for seed in (1, 2, 3):
        for skill in (1, 2):
            for model, begun in (("multilinear", 0.76), ("linear", 0.074)):
                for slower in (1, 10):
                    for share, closed in ((0.05, begun * 100.0 * slower), (0.5, 100.0 * slower)):
                        step = closed * (late if slower == 10 else 1.05) * (1 + 1e-4 * seed)
                        if model == "linear" and share == 0.05:
                            step = 105 * slower * delay * (1 + 1e-3 * seed)
                        rows.append((model, slower, pd.NA, seed, skill, share, step, closed))
    found = pd.DataFrame(rows, columns=["model", "slower", "samples", "seed", "skill", "share", "step", "closed"])
    if missing:
        found.loc[(found["skill"] == 2) & (found["seed"] == 1), "step"] = np.nan
    return found


@pytest.mark.parametrize(
    ("late", "verdict"), [(1.0, "holds"), (1.01, "holds"), (1.05, "fails"), (0.9, "fails"), (1.0199, "undecided")]
)
def test_sigmoid(parity: ParityClaimSettings, late: float, verdict: str) -> None:
    row = judged(parity, model_crossings=passages(late)).loc["M1"]
    assert row["verdict"] == verdict
    assert row["low"] < row["value"] < row["high"]
    assert "1.050, 1.050" in row["control"]


@pytest.mark.parametrize(("delay", "verdict"), [(0.074, "holds"), (0.06, "holds"), (0.2, "fails"), (0.01, "fails")])
def test_no_delay(parity: ParityClaimSettings, delay: float, verdict: str) -> None:
    row = judged(parity, model_crossings=passages(delay=delay)).loc["M2"]
    assert row["verdict"] == verdict
    assert row["value"] == pytest.approx(delay, rel=0.02)
    assert "0.760" in row["control"]


def test_times_that_are_missing(parity: ParityClaimSettings) -> None:
    rows = judged(parity, model_crossings=passages(missing=True)).loc[["M1", "M2"]]
    assert (rows["verdict"] == "undecided").all()
    assert rows["value"].isna().all()


def models(strengths: list[float], seen: list[int]) -> pd.DataFrame:
    """The end of training on one data set, and a step before it."""
    ends = pd.DataFrame({"strength": strengths, "seen": seen}).assign(step=100)
    return pd.concat([ends, ends.assign(step=10, strength=0.0)]).assign(model="multilinear", samples=8)


@pytest.mark.parametrize(
    ("strengths", "verdict"), [([1.0, 0.99, 0.0], "holds"), ([1.0, 0.5, 0.0], "fails"), ([1.0, 1.0, 1.0], "fails")]
)
def test_one_shot(parity: ParityClaimSettings, strengths: list[float], verdict: str) -> None:
    row = judged(parity, model_strengths=models(strengths, [7, 1, 0])).loc["M3"]
    assert row["verdict"] == verdict
    assert row["value"] == pytest.approx(1.0 if verdict == "holds" else 2 / 3)


def test_no_data_sets(parity: ParityClaimSettings) -> None:
    row = judged(parity, model_strengths=models([1.0], [8]).assign(samples=pd.NA)).loc["M3"]
    assert row["verdict"] == UNTESTED


def stages(network: list[tuple[float, float, float]], theory: tuple[float, ...] = (1.8, 1.2, 0.9, 0.8)) -> pd.DataFrame:
    rows = [("multilinear", k, ratio, np.nan, np.nan) for k, ratio in enumerate(theory, 1)]
    rows += [("linear", k, ratio / 30, np.nan, np.nan) for k, ratio in enumerate(theory, 1)]
    rows += [("network", k, *found) for k, found in enumerate(network, 1)]
    return pd.DataFrame(rows, columns=["source", "skill", "ratio", "low", "high"])


FIRST = [(1.8, 1.7, 1.9), (1.2, 1.1, 1.3)]


@pytest.mark.parametrize(
    ("network", "verdict"),
    [
        ([*FIRST, (0.9, 0.8, 0.95), (0.7, 0.6, 0.8)], "holds"),
        ([*FIRST, (0.9, 0.8, 1.05)], "undecided"),
        ([*FIRST, (1.2, 1.1, 1.3)], "fails"),
        ([FIRST[0], (0.9, 0.8, 0.95), (0.7, 0.6, 0.8)], "fails"),
        (FIRST, "undecided"),
        ([*FIRST, (0.9, np.nan, np.nan)], UNTESTED),
        ([], "undecided"),
    ],
)
def test_stages_of_networks(
    parity: ParityClaimSettings, network: list[tuple[float, float, float]], verdict: str
) -> None:
    rows = judged(parity, staging=stages(network))
    assert rows.loc["M4", "verdict"] == "holds"
    assert rows.loc["M5", "verdict"] == verdict


def test_stages_of_theory(parity: ParityClaimSettings) -> None:
    """A third staged skill, or a second that is not, is not what is claimed."""
    for ratios in ((1.8, 1.2, 1.1, 0.8), (1.8, 0.9, 0.8, 0.7)):
        assert judged(parity, staging=stages([], ratios)).loc["M4", "verdict"] == "fails"
