"""Permutations of task-levels: uniform, whole tasks kept together, classes kept apart; p uniform on noise."""

from collections import Counter

import numpy as np
import pytest

from emergence.analysis.permutations import beside_null, draw, two_sided, within

TASKS = np.repeat(np.arange(4), 3)


def evenly(permutations: np.ndarray, outcomes: int) -> bool:
    """Whether all outcomes are about as frequent, within five standard deviations."""
    counts = np.array(list(Counter(map(tuple, permutations)).values()))
    expected = len(permutations) / outcomes
    return len(counts) == outcomes and bool((np.abs(counts - expected) < 5 * np.sqrt(expected)).all())


def test_the_first_is_the_identity_and_all_are_permutations() -> None:
    found = draw(TASKS, 50, np.random.default_rng(0))
    assert found.shape == (101, 12)
    assert (found[0] == np.arange(12)).all()
    assert (np.sort(found, axis=1) == np.arange(12)).all()


def test_both_halves_are_uniform() -> None:
    found = draw(np.repeat(np.arange(4), 1), 12000, np.random.default_rng(1))[1:]
    assert evenly(found[:12000], 24)
    assert evenly(found[12000:], 24)


def test_whole_tasks_keep_the_order_of_their_levels() -> None:
    whole = draw(TASKS, 200, np.random.default_rng(2))[201:]
    blocks = whole.reshape(200, 4, 3)
    assert (blocks % 3 == np.arange(3)).all()
    assert (blocks // 3 == blocks[:, :, :1] // 3).all()
    assert len(np.unique(blocks[:, :, 0], axis=0)) == 24


def test_levels_of_a_task_need_not_stand_together() -> None:
    tasks = np.array([0, 1, 0, 1])
    assert set(map(tuple, draw(tasks, 40, np.random.default_rng(3))[41:])) == {(0, 1, 2, 3), (1, 0, 3, 2)}


def test_tasks_are_exchanged_with_others_of_as_many_levels() -> None:
    tasks = np.array([0, 0, 1, 2, 2, 3])
    whole = draw(tasks, 100, np.random.default_rng(4))[101:]
    assert (np.sort(whole, axis=1) == np.arange(6)).all()
    assert set(whole[:, 0]) == {0, 3}
    assert set(whole[:, 2]) == {2, 5}


def test_within_classes_labels_stay_and_are_uniform() -> None:
    classes = np.array([0, 1, 0, 0, 1])
    rng = np.random.default_rng(5)
    found = within(np.array([draw(np.arange(5), 9000, rng)[:9001] for _ in range(2)]), classes)
    assert (found[0] == np.arange(5)).all()
    assert (classes[found] == classes).all()
    assert (np.sort(found, axis=1) == np.arange(5)).all()
    assert evenly(found[1:][:, [0, 2, 3]], 6)
    assert evenly(found[1:], 12), "the classes are independent"


def test_classes_that_differ_in_one_label_are_permuted_nearly_alike() -> None:
    rng = np.random.default_rng(6)
    permutations = np.array([draw(np.arange(20), 500, rng)[1:501] for _ in range(2)])
    classes = np.repeat([0, 1], 10)
    other = classes.copy()
    other[9] = 1
    assert (within(permutations, classes)[:, :9] == within(permutations, other)[:, :9]).mean() > 0.85


def test_p_of_an_extreme_and_of_a_constant() -> None:
    null = np.arange(99.0)
    assert two_sided(1000.0, null) == two_sided(-1.0, null) == pytest.approx(0.02)
    assert two_sided(49.0, null) == 1.0
    assert two_sided(0.5, np.full(99, 0.5)) == 1.0


def test_p_is_uniform_on_noise() -> None:
    rng = np.random.default_rng(7)
    p = np.array([two_sided(*(values[0], values[1:])) for values in rng.exponential(size=(4000, 200))])
    for level in (0.05, 0.2, 0.5):
        assert (p <= level).mean() == pytest.approx(level, abs=0.03)


def test_null_and_band_are_over_task_levels() -> None:
    values = np.r_[0.9, np.linspace(0, 1, 101), np.full(101, 0.9)]
    found = beside_null(values, 0.9)
    assert {name: found[name] for name in ("value", "null", "null_low", "null_high", "task_p")} == pytest.approx(
        {"value": 0.9, "null": 0.5, "null_low": 0.05, "null_high": 0.95, "task_p": 1.0}
    )
    assert found["p"] == pytest.approx(2 * 12 / 102)
