"""Counted operations against closed forms."""

from typing import Any

import pytest
import torch
from support import training_cost as cost

from emergence.config import loading
from emergence.config.parity_networks import Sweep
from emergence.config.project import settings_for
from emergence.config.training import TrainSettings
from emergence.tasks.batches import Layout


@pytest.fixture
def whole(settings_values: dict[str, Any]) -> loading.Config:
    return loading.load(settings_values)


def test_a_matrix_product_costs_two_operations_an_entry() -> None:
    a, b = torch.zeros(3, 5, device="meta"), torch.zeros(5, 7, device="meta")
    assert cost.counted(lambda: a @ b) == 2 * 3 * 5 * 7


def test_a_wide_transformer_costs_six_operations_a_parameter_and_token(whole: loading.Config) -> None:
    settings: TrainSettings = settings_for(whole, "train", run="4x96-s1")["settings"]
    wide = settings.model_copy(update={"size": settings.size.model_copy(update={"width": 768, "heads": 12})})
    layout = Layout(wide.task_levels, wide.training.examples)
    tokens, answers = layout.packing.positions.size, layout.target_index.size
    weights = 12 * 768**2 * wide.size.layers * tokens
    weights -= 9 * 768**2 * (tokens - answers)  # what follows attention in the last block is for answers alone
    counted = cost.of_run(wide)
    assert counted.flops / counted.steps == pytest.approx(6 * weights, rel=0.03)  # attention, read-out: the rest
    assert counted.steps == wide.training.steps


def test_a_language_model_costs_six_operations_a_parameter_and_token(whole: loading.Config) -> None:
    settings = settings_for(whole, "train_language_model", run="neox64-s1")["settings"]
    size, words = settings.size, settings.text
    tokens, scores = words.batch * words.context, words.batch * size.layers * words.context**2 * size.width
    weights = size.layers * 12 * size.width**2 + words.vocabulary * size.width
    counted = cost.of_language_model(settings)
    assert counted.flops / counted.steps == pytest.approx(6 * weights * tokens + 12 * scores, rel=0.03)


def test_a_scalar_transformer_costs_six_operations_a_parameter_and_token(whole: loading.Config) -> None:
    settings = settings_for(whole, "train_scalar_transformer", run="t32-s1")["settings"]
    how = settings.transformer
    tokens, scores = how.batch * how.task.inputs, how.batch * how.task.inputs**2 * how.width
    counted = cost.of_scalar_transformer(settings)
    assert counted.flops / counted.steps == pytest.approx(6 * 12 * how.width**2 * tokens + 12 * scores, rel=0.03)


@pytest.mark.long
def test_networks_cost_two_products_with_inputs_and_one_with_units(whole: loading.Config) -> None:
    study = whole.parity
    sweep: Sweep = study.sweeps.one_skill_data
    inputs, units, seeds = study.sweep_tasks["one_skill_data"].inputs + 1, sweep.widths[0], len(sweep.seeds)
    sizes = [min(size, sweep.batch) for size in sweep.samples or []]
    expected = sum(2 * seeds * size * units * (2 * inputs + 1) * sweep.steps for size in sizes)
    counted = cost.of_networks(sweep, study.sweep_tasks["one_skill_data"])
    assert counted.flops == pytest.approx(expected, rel=1e-3)
    assert counted.steps == len(sizes) * sweep.steps
