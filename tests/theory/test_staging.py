"""Stage-like training: the closed criterion against the crossing times themselves."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emergence.theory import crossings, linear, staging
from emergence.theory.constants import Constants
from emergence.theory.domain import TheoryError
from emergence.theory.skills import Skills


def test_only_the_first_two_skills_are_stage_like(five: Skills, network: Constants) -> None:
    spread = staging.spread(0.05, network)
    assert spread == pytest.approx((network.delay + np.log(19)) / (network.delay - np.log(19)))
    assert staging.staged(five, spread).tolist() == [True, True, False, False]
    assert staging.last_stage(five.alpha, spread) == 2


@given(st.floats(0.1, 3), st.floats(1e-12, 0.02), st.floats(0.03, 0.45))
def test_the_criterion_is_that_of_the_times(alpha: float, start: float, epsilon: float) -> None:
    skills, constants = Skills(alpha, 30), Constants("mse", 0.02, 1.0, start)
    begun, saturated = crossings.times([epsilon, 1 - epsilon], skills.frequencies, constants)
    spread = staging.spread(epsilon, constants)
    before = saturated[:-1] < begun[1:]
    clear = np.abs(saturated[:-1] / begun[1:] - 1) > 1e-9
    assert (staging.staged(skills, spread) == before)[clear].all()
    if clear.all():
        assert min(staging.last_stage(alpha, spread), 29) == before.sum()
        assert (np.diff(before.astype(int)) <= 0).all()  # once lost, lost for all later skills


def test_neither_rate_nor_objective_matters_but_the_start_does(network: Constants) -> None:
    same = replace(network, objective="half_mse", learning_rate=3.0, speed=7.0)
    assert staging.spread(0.05, same) == pytest.approx(staging.spread(0.05, network))
    assert staging.spread(0.05, replace(network, initial=1e-9)) < staging.spread(0.05, network)


def test_a_linear_model_has_no_stages(five: Skills, network: Constants) -> None:
    """Without a start its spread is ln ε/ln(1 − ε) = 58; the ratios of frequencies are 3 at most."""
    spread = linear.spread(0.05, replace(network, initial=1e-12))
    assert spread == pytest.approx(np.log(0.05) / np.log(0.95))
    assert not staging.staged(five, spread).any()
    assert staging.last_stage(five.alpha, spread) == 0


def test_bad_shares_are_refused(network: Constants) -> None:
    for epsilon in (0.0, 0.5, 0.7):
        with pytest.raises(TheoryError, match="epsilon"):
            staging.spread(epsilon, network)
    with pytest.raises(TheoryError, match=r"epsilon = 0\.5"):
        linear.spread(0.5, network)
    with pytest.raises(TheoryError, match="spread = 1: a skill takes longer"):
        staging.last_stage(0.6, 1.0)
