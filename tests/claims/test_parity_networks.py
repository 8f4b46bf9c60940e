"""Claims B1 to B9 and T1, T2: every verdict, on tables where they hold, changed one at a time."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from synthetic.skill_curves import Times, late, law, sigmoids

from emergence.analysis.parity.power_laws import PowerSettings, power_laws
from emergence.claims.parity import PARITY
from emergence.claims.settings import ParityClaimSettings
from emergence.schemas.parity import COMPARISONS, CONSTANTS, CROSSINGS, DEVIATIONS, ENTROPY_SLOPES

RATIOS = [1.0, 3.03, 5.80, 9.19, 13.1]


def constants(**changed: object) -> pd.DataFrame:
    published = {
        ("speed", "sigmoid"): 1 / 22,
        ("speed", "free-start sigmoid"): 1 / 22,
        ("shots", "published"): 800,
        ("shots", "linear"): 800,
    }
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


def comparisons(factor: float = 1.05, width: float = 1.05, data: float = 0.8, **changed: float) -> pd.DataFrame:
    """Networks that pass one half at a factor times theory; ``changed`` for the last skill of every axis."""
    rows = []
    for axis, laws in {"step": ["sigmoid"], "samples": ["published", "linear"], "width": ["linear"]}.items():
        for of, skill in product(laws, range(1, 6)):
            ends = {"value": factor, "low": factor / width, "high": factor * width}
            names = {"quantity": "crossing", "axis": axis, "law": of, "skill": skill, "seeds": 3}
            rows.append({**names, **ends, **(changed if skill == 5 else {})})
    beside = {"value": data, "low": data / 1.2, "high": data * 1.2, "seeds": 3}
    rows.append({"quantity": "deviation", "axis": "samples", "law": "published", "other": "linear", **beside})
    return pd.DataFrame(rows, columns=COMPARISONS.arrow.names)


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


def judged(settings: ParityClaimSettings, **tables: pd.DataFrame) -> pd.DataFrame:
    return PARITY.judge(tables, settings).set_index("claim")


def test_constants_near_the_published_hold(parity: ParityClaimSettings) -> None:
    found = judged(parity, constants=constants())
    assert found.loc[["B1", "B2", "B3", "B10"], "verdict"].tolist() == ["holds"] * 4
    assert "linear law" in found.loc["B2", "control"]
    assert found.loc["B2", ["rule_low", "rule_high"]].tolist() == [640, 960]


@pytest.mark.parametrize(
    ("changed", "verdict"),
    [
        ({"low": 0.056, "high": 0.06}, "fails"),
        ({"low": 0.03, "high": 0.06}, "undecided"),
        ({"value": np.nan, "low": np.nan, "high": np.nan}, "undecided"),
    ],
)
def test_a_constant_elsewhere_fails_and_one_unknown_is_open(
    changed: dict[str, float], verdict: str, parity: ParityClaimSettings
) -> None:
    found = judged(parity, constants=constants(**changed))
    assert found.loc[["B1", "B10"], "verdict"].tolist() == [verdict] * 2


@pytest.mark.parametrize(
    ("given", "verdict"),
    [
        (comparisons(), "holds"),
        (comparisons(factor=1.3), "fails"),
        (comparisons(width=1.3), "undecided"),
        (comparisons(value=np.nan, low=np.nan, high=np.nan), "undecided"),
        (comparisons(value=2.2, low=2.1, high=2.3), "fails"),  # one skill is enough
    ],
)
def test_predictions_must_hold_for_every_skill(given: pd.DataFrame, verdict: str, parity: ParityClaimSettings) -> None:
    found = judged(parity, comparisons=given, deviations=deviations()).loc[["B4", "B5", "B6"]]
    assert set(found["verdict"]) == {verdict}
    if verdict == "holds":
        assert found.loc["B4", "value"] == pytest.approx(1.05)
        assert found.loc["B4", "low"] == pytest.approx(1.0)


def test_without_a_constant_nothing_is_predicted(parity: ParityClaimSettings) -> None:
    """All of no skills would hold."""
    none = comparisons().query("quantity == 'deviation'")
    found = judged(parity, comparisons=none, deviations=deviations()).loc[["B4", "B5", "B6"]]
    assert set(found["verdict"]) == {"undecided"}
    assert found["power"].str.contains("constant was not fitted").all()


def test_a_constant_that_was_not_fitted_says_why(parity: ParityClaimSettings) -> None:
    unknown = {"value": np.nan, "low": np.nan, "high": np.nan, "residual": np.nan, "reason": "no rise"}
    row = judged(parity, constants=constants(**unknown)).loc["B1"]
    assert row["power"] == "not fitted: no rise"
    assert "nan" not in row["control"]


def test_one_network_of_each_size_tells_no_laws_apart(parity: ParityClaimSettings) -> None:
    row = judged(parity, comparisons=comparisons(), deviations=deviations().assign(seeds=1)).loc["B8"]
    assert row["verdict"] == UNTESTABLE


def test_the_worst_skill_stands_for_all(parity: ParityClaimSettings) -> None:
    found = judged(parity, comparisons=comparisons(value=0.92), deviations=deviations())
    assert found.loc["B6", "value"] == pytest.approx(0.92)


@pytest.mark.parametrize(
    ("changed", "verdict"),
    [
        ({}, "holds"),
        ({"ratio": 20.0, "ratio_low": 19.0, "ratio_high": 21.0}, "fails"),
        ({"ratio": 13.1, "ratio_low": 9.0, "ratio_high": 19.0}, "undecided"),
        ({"ratio": np.nan, "ratio_low": np.nan, "ratio_high": np.nan}, "undecided"),
    ],
)
def test_ratios_of_times(changed: dict[str, float], verdict: str, parity: ParityClaimSettings) -> None:
    row = judged(parity, crossings=crossings(**changed)).loc["B7"]
    assert row["verdict"] == verdict
    assert row["published"] == "1 : 3.03 : 5.8 : 9.19 : 13.1"


@pytest.mark.parametrize(
    ("given", "verdict"),
    [
        (comparisons(), "holds"),
        (comparisons(data=1.4), "fails"),
        (comparisons(data=0.95), "undecided"),
        (comparisons().query("quantity == 'crossing'"), "undecided"),
    ],
)
def test_laws_of_data(given: pd.DataFrame, verdict: str, parity: ParityClaimSettings) -> None:
    """By one interval of the ratio: those of both laws overlap where one is surely nearer."""
    row = judged(parity, comparisons=given, deviations=deviations(0.08, 0.09)).loc["B8"]
    assert row["verdict"] == verdict
    assert "published law 0.080" in row["control"]


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [(-0.48, -0.42, "holds"), (-0.3, -0.27, "fails"), (-0.6, -0.42, "undecided")],
)
def test_slope_of_the_cross_entropy(low: float, high: float, verdict: str, parity: ParityClaimSettings) -> None:
    row = {"predicted": -0.286, "published": -0.45, "value": -0.45, "low": low, "high": high, "seeds": 3, "start": 1}
    slopes = pd.DataFrame([row | {"end": 9.0}], columns=ENTROPY_SLOPES.arrow.names)
    assert judged(parity, entropy_slopes=slopes).loc["B9", "verdict"] == verdict


# The power law of emergence times -----------------------------------------------------------------------------------

ALPHA = 0.9
UNTESTABLE = "not testable at this tier"


def transformers(settings: ParityClaimSettings, transformer: Times, seeds: int = 3, adam: float = 0.2) -> pd.DataFrame:
    """Claims on networks that follow k^1.6 with SGD, k^adam with Adam, and a transformer with these times."""
    curves = {
        "MLP, SGD": (sigmoids(law(1.6)), 0.6),
        "MLP, Adam": (sigmoids(law(adam)), 0.6),
        "transformer, SGD": (sigmoids(transformer, seeds), ALPHA),
    }
    asked = PowerSettings(alpha=0.6, transformer_alpha=ALPHA, law=settings.powers, confidence=settings.confidence)
    times, slopes = power_laws(curves, asked)
    given = {"emergence_times": times, "power_laws": slopes}
    return PARITY.judge(given, settings).set_index("claim").loc[["T1 0.05", "T1 0.5", "T2"]]


def two_skills(_: int) -> np.ndarray:
    return 600 * np.array([1.0, 4.0, 900.0, 900.0, 900.0])


@pytest.mark.parametrize(
    ("exponent", "adam", "verdicts"),
    [
        (1.9, 0.2, ["holds", "holds", "holds"]),
        (0.9, 0.2, ["fails", "fails", "holds"]),
        (1.9, 1.6, ["holds", "holds", "fails"]),
    ],
)
def test_exponents(exponent: float, adam: float, verdicts: list[str], parity: ParityClaimSettings) -> None:
    assert transformers(parity, law(exponent), adam=adam)["verdict"].tolist() == verdicts


@pytest.mark.parametrize(
    ("times", "seeds", "verdict"), [(law(1.9), 1, UNTESTABLE), (late, 3, "undecided"), (two_skills, 2, "undecided")]
)
def test_without_seeds_or_skills_no_exponent_is_judged(
    times: Times, seeds: int, verdict: str, parity: ParityClaimSettings
) -> None:
    assert transformers(parity, times, seeds)["verdict"].tolist()[:2] == [verdict] * 2


def test_claim_on_adam_says_how_much_later_the_rarest_skill_is(parity: ParityClaimSettings) -> None:
    rows = transformers(parity, law(1.9), adam=0.5)
    assert "skill 5, 13 times as rare as skill 1, is 2." in rows.loc["T2", "control"]
    assert rows.loc["T1 0.05", "statement"].startswith("Emergence times of a transformer (R/S = 0.05)")
    assert rows.loc["T1 0.5", "part"] == "0.5"
