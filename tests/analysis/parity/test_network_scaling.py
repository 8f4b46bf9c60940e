"""Scaling laws in networks: a planted law is found, and the range says where a few skills can show it."""

import numpy as np
import pandas as pd
import pytest
from synthetic.parity_run import ParityRun

from emergence.analysis.parity import network_scaling as module
from emergence.io import tables
from emergence.schemas.parity import NETWORK_EXPONENTS, NETWORK_LOSSES, SWEEP
from emergence.theory import loss
from emergence.theory.model import Constants, Skills, initial_strength

pytestmark = pytest.mark.long

CONSTANTS = Constants("mse", 0.02, 5.0, initial_strength(0.01), speed=1 / 22, shots=800)


def rows(skills: Skills, x: np.ndarray, axis: str, off: float = 1.0) -> pd.DataFrame:
    """Losses of each skill such that the total with the skills beyond is a power of x; seeds differ by a factor."""
    beyond = CONSTANTS.target**2 / 2 * skills.beyond
    frames = []
    for seed in (1, 2, 3):
        total = 40.0 * np.exp(0.01 * seed) * x ** (-0.375 * off) - beyond
        names = range(1, skills.count + 1)
        frames += [pd.DataFrame({axis: x, "skill": skill, "seed": seed, "loss": total}) for skill in names]
    return pd.concat(frames)


@pytest.mark.parametrize("axis", ["step", "samples"])
@pytest.mark.parametrize("off", [1.0, 1.3])
def test_a_planted_power_law_is_found(axis: str, off: float) -> None:
    skills = Skills(0.6, 10)
    found = module.network_loss(axis, rows(skills, np.arange(500, 60001, 500), axis, off), skills, CONSTANTS)
    rows_of_parts = list(found.exponents(0.95))
    assert [row["part"] for row in rows_of_parts] == ["all", "first half", "second half"]
    for row in rows_of_parts:
        assert row["expected"] == pytest.approx(-0.375)
        assert row["value"] == pytest.approx(-0.375 * off)
        assert row["seeds"] == 3


def test_networks_that_follow_theory_have_its_slope() -> None:
    skills, steps = Skills(0.6, 10), np.arange(0, 60001, 250)
    each = loss.strengths.of_time(steps, skills.frequencies, CONSTANTS)
    frames = [
        pd.DataFrame({"step": steps, "skill": skill, "seed": seed, "loss": (5.0 - strength) ** 2 / 2})
        for seed in (1, 2)
        for skill, strength in enumerate(each.T, 1)
    ]
    found = module.network_loss("step", pd.concat(frames), skills, CONSTANTS)
    np.testing.assert_allclose(found.values, np.tile(found.closed, (2, 1)))
    for row in found.exponents(0.95):
        assert row["value"] == pytest.approx(row["closed"])


def test_halves_tell_skills_that_come_at_one_time() -> None:
    """Over all of the range their loss has nearly the slope of the law, in neither half the closed form's."""
    skills, steps = Skills(0.6, 5), np.arange(0, 60001, 50)
    paces = np.arange(1, 6) ** 0.5  # so that half-times grow with k^1.1, not k^1.6
    each = [loss.strengths.of_time(steps * pace, skills.frequencies, CONSTANTS)[:, k] for k, pace in enumerate(paces)]
    frames = [
        pd.DataFrame({"step": steps, "skill": skill, "seed": 1, "loss": (5.0 - strength) ** 2 / 2})
        for skill, strength in enumerate(each, 1)
    ]
    whole, first, second = module.network_loss("step", pd.concat(frames), skills, CONSTANTS).exponents(0.95)
    assert whole["value"] == pytest.approx(-0.375, rel=0.2)
    assert first["value"] / first["closed"] > 1.5
    assert second["value"] / second["closed"] < 0.5


def test_more_skills_come_nearer_to_the_law() -> None:
    """On the axis of data five skills are farther from the exponent than a fifth of it, ten are not."""
    distance = {}
    for axis in ("step", "samples"):
        for count in (5, 10, 20):
            skills = Skills(0.6, count)
            x = np.unique(np.geomspace(100, 400_000, 300).astype(int))
            whole = next(module.network_loss(axis, rows(skills, x, axis), skills, CONSTANTS).exponents(0.95))
            distance[axis, count] = abs(whole["closed"] / -0.375 - 1)
        assert distance[axis, 5] > distance[axis, 10] > distance[axis, 20]
    assert distance["samples", 10] < 0.2


def test_training_that_ends_before_the_last_skill_has_no_slope() -> None:
    skills = Skills(0.6, 10)
    found = module.network_loss("step", rows(skills, np.arange(500, 20001, 500), "step"), skills, CONSTANTS)
    assert all("value" not in row for row in found.exponents(0.95))


def test_the_stage_follows_all_networks(parity_run: ParityRun) -> None:
    settings = parity_run.settings("network_scaling")
    names = {"data": settings.data, **settings.many}
    assert set(names) == {"data", "many_skills_time", "many_skills_data"}
    paths = []
    for name, sweep in names.items():
        skills = Skills(0.6, sweep.skills or 5)
        axis = "samples" if sweep.samples else "step"
        x = np.array(sweep.samples) if sweep.samples else np.arange(250, sweep.steps + 1, 250)
        frame = rows(skills, x, axis).assign(sweep=name, width=300, strength=0.0)
        frame = frame.assign(step=sweep.steps) if axis == "samples" else frame.assign(samples=None)
        paths.append(parity_run.path(f"sweep_{name}"))
        tables.write(SWEEP, frame[SWEEP.arrow.names].astype({"samples": "Int64"}), paths[-1])
    made = [parity_run.path(name) for name in ("network_losses", "network_exponents")]
    module.fit_network_scaling(
        settings, parity_run.path("constants"), [parity_run.path("behaviour")], paths, made[0], made[1]
    )
    found = tables.read(NETWORK_EXPONENTS, made[1]).query("part == 'all'").set_index(["axis", "skills"])
    assert set(found.index) == {(axis, count) for axis in ("step", "samples") for count in (5, 10)}
    assert found.loc[("step", 10), "value"] == pytest.approx(-0.375, abs=1e-6)
    assert (tables.read(NETWORK_LOSSES, made[0])["x"] > 0).all()
