"""Exponents of sums: planted power laws give theirs back, and the real sums those of theory."""

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from emergence.analysis.parity.scaling import Curve, curves, fit_scaling_laws, points
from emergence.config.parity_theory import ComputeRange, Laws, Range
from emergence.io import tables
from emergence.schemas.parity import SCALING_EXPONENTS, SCALING_LAWS
from emergence.theory.loss import PowerLaw

RANGE = Range(drawn=[1, 1000], holds=[10, 1000])


@pytest.fixture(scope="module")
def laws() -> Laws:
    """Fewer points than the default tier, but as many skills as the exponents need."""
    return Laws(
        alphas=[0.3, 0.9],
        initial=0.01,
        skills=10**5,
        points=13,
        margin=10.0,
        time=Range(drawn=[1, 10**4], holds=[100, 10**4]),
        data=Range(drawn=[1, 1000], holds=[100, 1000]),
        width=Range(drawn=[1, 100], holds=[30, 100]),
        compute=ComputeRange(
            drawn=[10**4, 10**6], holds=[10**4, 10**6], skills=5 * 10**4, widths=[10, 10**4], tried=40
        ),
    )


@pytest.fixture(scope="module")
def made(laws: Laws, tmp_path_factory: pytest.TempPathFactory) -> tuple[pd.DataFrame, pd.DataFrame]:
    folder = tmp_path_factory.mktemp("scaling")
    fit_scaling_laws(laws, *(folder / f"{name}.parquet" for name in ("scaling", "exponents", "conditions")))
    return tables.read(SCALING_LAWS, folder / "scaling.parquet"), tables.read(
        SCALING_EXPONENTS, folder / "exponents.parquet"
    )


def planted(law: PowerLaw, value: np.ndarray | None = None, count: int = 13) -> Curve:
    x = points(RANGE.drawn, count, whole=False)
    return Curve("multilinear", "time", "loss", 0.5, x, law.loss(x) if value is None else value, law, RANGE)


def test_a_planted_law_gives_its_exponent_back() -> None:
    """With what few skills lack added back; as it is, the curve is steeper."""
    row = planted(PowerLaw(-0.4, 2.0, rest=0.05)).exponent
    assert row["corrected"] == pytest.approx(-0.4)
    assert row["prefactor"] == pytest.approx(1)
    assert row["slope"] < -0.44
    assert row["points"] == 9


def test_another_prefactor_and_exponent_are_seen() -> None:
    law = PowerLaw(-0.4, 2.0, rest=0.0)
    x = planted(law).x
    assert planted(law, 3 * law.loss(x)).exponent["prefactor"] == pytest.approx(3)
    assert planted(law, x**-0.7).exponent["corrected"] == pytest.approx(-0.7)
    flat = np.exp(0.01 * np.random.default_rng(1).standard_normal(13))
    assert planted(law, flat).exponent["corrected"] == pytest.approx(0, abs=0.01)


def test_too_few_points_have_no_exponent() -> None:
    row = planted(PowerLaw(-0.4, 2.0, 0.0), count=3).exponent
    assert (row["points"], "slope" in row) == (2, False)


def test_points_of_widths_are_whole() -> None:
    assert points([1, 10], 8, whole=True).tolist() == [1, 2, 3, 4, 5, 7, 10]


def test_exponents_of_the_sums(made: tuple[pd.DataFrame, pd.DataFrame], laws: Laws) -> None:
    losses = made[1][made[1]["quantity"] == "loss"]
    assert len(losses) == len(laws.alphas) * 5
    np.testing.assert_allclose(losses["corrected"], losses["expected"], atol=0.02)
    np.testing.assert_allclose(losses["prefactor"], 1, rtol=0.02)
    expected = losses.set_index(["model", "axis", "alpha"])["expected"]
    for alpha in laws.alphas:
        exponents = {
            "time": alpha / (alpha + 1),
            "data": alpha / (alpha + 1),
            "width": alpha,
            "compute": alpha / (alpha + 2),
        }
        for axis, exponent in exponents.items():
            assert expected["multilinear", axis, alpha] == pytest.approx(-exponent)
        assert expected["linear", "time", alpha] == pytest.approx(-alpha / (alpha + 1))


def test_few_skills_bend_a_small_exponent(made: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    losses = made[1][made[1]["quantity"] == "loss"].set_index("alpha")
    bent = losses["slope"] / losses["expected"] - 1
    assert (bent[0.3] > 0.05).all()
    assert (bent[0.9].abs() < 0.05).all()


def test_the_best_width_grows_with_compute(made: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    widths = made[1][made[1]["quantity"] == "width"]
    np.testing.assert_allclose(widths["expected"], 1 / (widths["alpha"] + 2))
    np.testing.assert_allclose(widths["slope"], widths["expected"], rtol=0.1)


def test_sums_lie_on_the_law_of_finitely_many_skills(made: tuple[pd.DataFrame, pd.DataFrame], laws: Laws) -> None:
    losses = made[0][made[0]["quantity"] == "loss"]
    for axis in ("time", "data", "width", "compute"):
        of_axis, (low, _) = losses[losses["axis"] == axis], getattr(laws, axis).holds
        np.testing.assert_allclose(*of_axis.loc[of_axis["x"] >= low, ["value", "law"]].to_numpy().T, rtol=0.02)
    assert (losses["asymptote"] > losses["law"]).all()


def test_fewer_skills_bend_more(laws: Laws) -> None:
    few = laws.model_copy(update={"skills": 2000})
    bent = {}
    for name, settings in (("few", few), ("many", laws)):
        row = next(curves(settings, 0.3)).exponent
        bent[name] = row["slope"] / row["expected"]
    assert bent["few"] > bent["many"] > 1.05


@pytest.mark.parametrize(
    ("drawn", "holds", "message"),
    [
        ([10, 1], [2, 9], r"drawn: \[10\.0, 1\.0\]"),
        ([1, 10], [2, 11], r"holds: \[2\.0, 11\.0\] .*allowed: 1 to 10"),
        ([1, 10], [9, 2], r"holds: \[9\.0, 2\.0\]"),
    ],
)
def test_ranges_rise(drawn: list[float], holds: list[float], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Range(drawn=drawn, holds=holds)
