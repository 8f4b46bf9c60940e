from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.project import TRAINING, tier_files

from emergence.config import loading
from emergence.config.training import Checkpoints, Doubling, Training
from emergence.training.schedule import checkpoint_steps, doubling_steps, learning_rate


@st.composite
def schedules(draw: st.DrawFn) -> tuple[Checkpoints, int]:
    log_until = draw(st.integers(1, 2000))
    checkpoints = Checkpoints(
        every_step_until=draw(st.integers(0, log_until)),
        log_until=log_until,
        per_decade=draw(st.integers(1, 60)),
        linear_every=draw(st.integers(1, 500)),
    )
    return checkpoints, log_until + draw(st.integers(0, 3000))


@st.composite
def trainings(draw: st.DrawFn) -> Training:
    steps = draw(st.integers(2, 5000))
    return Training(
        steps=steps, examples=1, learning_rate=draw(st.floats(1e-6, 1.0)), warmup=draw(st.integers(0, steps - 1)),
        final_fraction=draw(st.floats(0.0, 1.0)), betas=[0.9, 0.95], weight_decay=0.0, clip=1.0,
    )  # fmt: skip


def of_tier(tier: str) -> tuple[Checkpoints, int]:
    study = loading.read(*tier_files(tier)).anatomy
    return study.checkpoints, study.training.steps


@given(schedules())
def test_checkpoints_run_from_the_first_step_to_the_last(schedule: tuple[Checkpoints, int]) -> None:
    checkpoints, last = schedule
    steps = checkpoint_steps(checkpoints, last)
    assert steps == sorted(set(steps))
    assert (steps[0], steps[-1]) == (0, last)
    assert all(type(step) is int for step in steps)


@given(schedules())
def test_every_phase_is_as_dense_as_asked(schedule: tuple[Checkpoints, int]) -> None:
    checkpoints, last = schedule
    steps = checkpoint_steps(checkpoints, last)
    assert set(range(checkpoints.every_step_until + 1)) <= set(steps)
    assert set(range(checkpoints.log_until, last, checkpoints.linear_every)) <= set(steps)
    after = [step for step in steps if step >= checkpoints.log_until]
    gaps = [later - earlier for earlier, later in pairwise(after)]
    assert all(gap == checkpoints.linear_every for gap in gaps[:-1])
    assert all(gap <= checkpoints.linear_every for gap in gaps)


@pytest.mark.parametrize("tier", TRAINING)
def test_logarithmic_phase_has_the_asked_ratio(tier: str) -> None:
    checkpoints, last = of_tier(tier)
    ratio = 10 ** (1 / checkpoints.per_decade)
    steps = checkpoint_steps(checkpoints, last)
    phase = [step for step in steps if checkpoints.every_step_until <= step <= checkpoints.log_until]
    assert phase[-1] == checkpoints.log_until
    assert all(later - earlier <= earlier * (ratio - 1) + 1 for earlier, later in pairwise(phase))
    assert all(later - earlier >= earlier * (ratio - 1) - 1 for earlier, later in pairwise(phase))


@pytest.mark.parametrize(
    ("tier", "least", "most"), [("laptop", 50, 100), ("full", 100, 250), ("paper", 200, 300), ("smoke", 10, 40)]
)
def test_number_of_checkpoints(tier: str, least: int, most: int) -> None:
    checkpoints, last = of_tier(tier)
    steps = checkpoint_steps(checkpoints, last)
    assert least <= len(steps) <= most
    assert steps[-1] == last


def test_pythias_schedule() -> None:
    steps = doubling_steps(Doubling(doubled_until=512, linear_every=1000), 143000)
    assert steps == [0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, *range(1000, 143001, 1000)]
    assert len(steps) == 154


@given(st.integers(1, 600), st.integers(1, 500), st.integers(1, 3000))
def test_doubled_checkpoints_go_on_evenly_to_the_last(until: int, every: int, last: int) -> None:
    steps = doubling_steps(Doubling(doubled_until=until, linear_every=every), last)
    assert steps == sorted(set(steps))
    assert (steps[0], steps[-1]) == (0, last)
    early = {step for step in steps if 0 < step <= until} - {last}
    assert early == {2**k for k in range(10) if 2**k <= min(until, last)} - {last}
    assert {step for step in steps if step > until} == {*range(every, last, every), last} - set(range(until + 1))


@given(trainings())
def test_warm_up_is_linear(training: Training) -> None:
    for step in {0, training.warmup // 2, training.warmup - 1} & set(range(training.warmup)):
        expected = training.learning_rate * (step + 1) / training.warmup
        assert learning_rate(training, step) == pytest.approx(expected)


@given(trainings())
def test_peak_follows_the_warm_up(training: Training) -> None:
    rates = [learning_rate(training, step) for step in range(training.steps)]
    assert learning_rate(training, training.warmup) == pytest.approx(training.learning_rate)
    assert max(rates) == pytest.approx(training.learning_rate)
    assert min(rates) > 0 or training.final_fraction == 0
    after = rates[training.warmup :]
    assert all(later <= earlier for earlier, later in pairwise(after))


@given(trainings())
def test_cosine_is_half_way_down_in_the_middle_and_ends_at_the_final_fraction(training: Training) -> None:
    peak, final = training.learning_rate, training.learning_rate * training.final_fraction
    assert learning_rate(training, training.steps) == pytest.approx(final, abs=1e-12)
    if (training.steps - training.warmup) % 2 == 0:
        middle = (training.steps + training.warmup) // 2
        assert learning_rate(training, middle) == pytest.approx((peak + final) / 2)


@pytest.mark.parametrize("tier", TRAINING)
def test_last_update_is_made_near_the_final_fraction(tier: str) -> None:
    training = loading.read(*tier_files(tier)).anatomy.training
    rates = [learning_rate(training, step) for step in range(training.steps)]
    assert rates[-1] == pytest.approx(training.learning_rate * training.final_fraction, rel=0.01)
    assert rates[0] == pytest.approx(training.learning_rate / training.warmup)
