"""Counted operations against closed forms."""

from typing import Any

import pytest
import torch

from emergence import config
from emergence.settings.learning import TrainSettings
from emergence.settings.networks import Sweep
from emergence.tasks.batches import Layout
from emergence.training import cost


@pytest.fixture
def whole(settings_values: dict[str, Any]) -> config.Config:
    return config.load(settings_values)


def test_a_matrix_product_costs_two_operations_an_entry() -> None:
    a, b = torch.zeros(3, 5, device="meta"), torch.zeros(5, 7, device="meta")
    assert cost.counted(lambda: a @ b) == 2 * 3 * 5 * 7


def test_a_wide_transformer_costs_six_operations_a_parameter_and_token(whole: config.Config) -> None:
    settings: TrainSettings = whole.settings("train", "4x96-s1")
    wide = settings.model_copy(update={"size": settings.size.model_copy(update={"width": 768, "heads": 12})})
    tokens = Layout(wide.task_levels, wide.training.examples).packing.positions.size
    blocks = wide.size.layers * 12 * 768**2  # weights of its matrices
    found = cost.of_run(wide)
    assert found.flops / found.steps == pytest.approx(6 * blocks * tokens, rel=0.03)  # attention, read-out: the rest
    assert found.steps == wide.training.steps


def test_a_language_model_costs_six_operations_a_parameter_and_token(whole: config.Config) -> None:
    settings = whole.settings("ladder", "neox64-s1")
    size, words = settings.size, settings.text
    tokens, scores = words.batch * words.context, words.batch * size.layers * words.context**2 * size.width
    weights = size.layers * 12 * size.width**2 + words.vocabulary * size.width
    found = cost.of_language_model(settings)
    assert found.flops / found.steps == pytest.approx(6 * weights * tokens + 12 * scores, rel=0.03)


def test_a_scalar_transformer_costs_six_operations_a_parameter_and_token(whole: config.Config) -> None:
    settings = whole.settings("transformer", "t32-s1")
    how = settings.transformer
    tokens, scores = how.batch * how.parity.inputs, how.batch * how.parity.inputs**2 * how.width
    found = cost.of_scalar_transformer(settings)
    assert found.flops / found.steps == pytest.approx(6 * 12 * how.width**2 * tokens + 12 * scores, rel=0.03)


def test_networks_cost_two_products_with_inputs_and_one_with_units(whole: config.Config) -> None:
    study = whole.solvable
    sweep: Sweep = study.sweeps.one_skill_data
    inputs, units, seeds = study.parity_of("one_skill_data").inputs + 1, sweep.widths[0], len(sweep.seeds)
    sizes = [min(size, sweep.batch) for size in sweep.samples or []]
    expected = sum(2 * seeds * size * units * (2 * inputs + 1) * sweep.steps for size in sizes)
    found = cost.of_networks(sweep, study.parity_of("one_skill_data"))
    assert found.flops == pytest.approx(expected, rel=1e-3)
    assert found.steps == len(sizes) * sweep.steps
