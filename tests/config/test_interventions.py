"""Settings of Study 4: cells of the grid and their halves; arms that cannot be trained are refused with their key."""

from copy import deepcopy
from typing import Any

import pytest

from emergence.config import loading
from emergence.config.arms import PLAIN, Arm, penalties
from emergence.config.interventions import Interventions
from emergence.config.loading import ConfigError

Values = dict[str, Any]


@pytest.fixture(scope="module")
def study(default: loading.Config) -> Interventions:
    assert default.interventions is not None
    return default.interventions


def test_cells_cross_sizes_rates_and_warm_ups_and_vary_the_rest_alone(study: Interventions) -> None:
    clock, cells = study.clock, study.cells
    kinds = len(clock.widths) + len(clock.depths) + len(clock.sigmas) + len(clock.optimisers) + len(clock.task_sets)
    assert len({cell.name for cell in cells}) == len(cells) == kinds * len(clock.rates) * len(clock.warmups)
    for cell in cells:
        usual = [cell.size.layers == clock.layers, cell.sigma == 0.02, cell.optimiser == "adamw"]
        assert sum(usual) >= 2
        assert all(usual) or cell.size.width == clock.width
    assert {cell.learning_rate for cell in cells if cell.optimiser == "sgd"} == {rate * 100 for rate in clock.rates}


def test_a_random_half_of_the_cells_is_held_out_by_its_seed(study: Interventions) -> None:
    held_out = [cell.held_out for cell in study.cells]
    assert sum(held_out) == len(held_out) // 2
    assert held_out == [cell.held_out for cell in study.cells]
    other = study.model_copy(update={"clock": study.clock.model_copy(update={"split_seed": 7})})
    assert held_out != [cell.held_out for cell in other.cells]


WRONG: list[tuple[str, Any, str]] = [
    ("paired.arms.prevent.until", 900, "paired.arms.prevent.until: 900 is after the last step; allowed: 1 to 300"),
    ("paired.arms.late.first", 200, "paired.arms.late.first: 200 is not before until; allowed: 0 to 159"),
    ("paired.arms.prevent.penalty", "rank_los", "no such function 'rank_los'; allowed: rank_loss, rank_gain"),
    ("paired.arms.sham.warmup", 5, "paired.arms.sham.penalty: an arm has a penalty or a warmup"),
    ("paired.arms.sham", {"until": 5}, "paired.arms.sham.penalty: the arm changes nothing"),
    ("paired.arms.sham", {"warmup": 10, "rate": 2.0}, "paired.arms.sham.rate: an arm has a warmup or a rate"),
    ("paired.arms.sham", {"sigma": 0.0}, "paired.arms.sham.sigma"),
    ("paired.arms.sham", {"warmup": 100, "until": 100}, "paired.arms.sham.warmup: 100 does not end before until"),
    ("paired.arms.sham.matched", "later", "paired.arms.sham.matched: no earlier arm 'later'; allowed: prevent"),
    ("paired.arms.prevent.weight", float("nan"), "interventions.paired.arms.prevent.weight"),
    ("paired.arms.plain", {"penalty": "rank_loss", "until": 5}, "arms.plain: is the arm without an intervention"),
    ("tasks.SORTS", [1], "tasks.SORTS: no such task"),
    ("clock.heads", 5, "interventions.clock.heads: 5 does not divide the width 16"),
    ("clock.depths", [2, 4], "cell 4x32-0.001-1-adamw-0.02-COPY.REV.CMP.SORT is given twice"),
    ("clock.task_sets", [["ADD"]], "clock.task_sets: no task 'ADD'"),
    ("clock.records.log_until", 900, "clock.records.log_until: is after the last step; allowed: 1 to 150"),
    ("probes.seed", 111, "probes.seed: 111 is also evaluation.seed"),
]


@pytest.mark.parametrize(("key", "value", "said"), WRONG, ids=[f"{key} {value}" for key, value, _ in WRONG])
def test_what_cannot_be_trained_is_refused_with_its_key(settings_file: Values, key: str, value: Any, said: str) -> None:
    values = deepcopy(settings_file)
    inner = values["interventions"]
    *parents, last = key.split(".")
    for part in parents:
        inner = inner[part]
    inner[last] = value
    with pytest.raises(ConfigError) as refused:
        loading.load(values)
    assert said in str(refused.value)


@pytest.fixture(scope="module")
def settings_file() -> Values:
    from support.project import PROJECT

    return loading.contents(PROJECT / "config.yaml")


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("examples", 2, "interventions.frequencies.training.examples: 2 leave the rarest task-level none in a batch"),
        ("final_fraction", 0.5, "interventions.frequencies.training.final_fraction: 0.5 is a decay; allowed: 1"),
    ],
)
def test_a_frequency_of_zero_and_a_decay_are_refused(settings_values: Values, key: str, value: Any, said: str) -> None:
    values = deepcopy(settings_values)
    values["interventions"]["frequencies"]["training"][key] = value
    with pytest.raises(ConfigError) as refused:
        loading.load(values)
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("steps", 100, "interventions.language.arm.until: 160 is after the last step; allowed: 1 to 100"),
        ("arm", {"rate": 2.0}, "language.arm.rate: language models differ in a penalty alone; leave it out"),
        ("seeds", [1, 1], "interventions.language.seeds: one is listed twice"),
        (
            "arm",
            {"penalty": "rank_los", "weight": 1.0, "until": 5},
            "language.arm.penalty: no such function 'rank_los'",
        ),
    ],
)
def test_pairs_of_language_models_that_cannot_be_trained_are_refused(
    settings_values: Values, key: str, value: Any, said: str
) -> None:
    settings_values["interventions"]["language"][key] = value
    with pytest.raises(ConfigError) as refused:
        loading.load(settings_values)
    assert said in str(refused.value)


def test_counts_are_the_power_law_to_the_nearest_example(study: Interventions) -> None:
    assert study.frequencies is not None
    counts = study.frequencies.counts(4)
    assert counts == [20, 7, 3, 2]
    assert sum(counts) == 4 * study.frequencies.training.examples


def test_arms_name_functions_without_loading_them() -> None:
    assert "rank_loss" in penalties()
    assert Arm(penalty="rank_loss", until=2).warmup is None
    assert PLAIN not in penalties()


def test_a_configuration_of_before_has_no_such_study(settings_file: Values) -> None:
    values = {key: value for key, value in settings_file.items() if key != "interventions"}
    config = loading.load(values)
    assert config.interventions is None
    assert "interventions" not in config.studies_with_claims
