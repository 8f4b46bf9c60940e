"""Every measure on a module of one's own, in a line; the module stays as it was."""

from typing import Any

import numpy as np
import pytest
import torch
from pandas.testing import assert_frame_equal
from torch import Tensor, nn

from emergence.config.measures import GradientRank, Measures, RankMe
from emergence.measures.api import measure, options_of
from emergence.measures.declarations import declared
from emergence.subjects.subject import MeasureError

SMALL: dict[str, dict[str, Any]] = {
    "fisher": {"samples": 8},
    "gradient_covariance": {"samples": 8},
    "hessian": {"samples": 8, "products": 10, "draws": 3},
    "llc": {"chains": 2, "burn_in": 2, "draws": 8, "pool": 2, "examples": 4, "own": True},
}
MIXTURE = {"hessian", "llc"}  # have rows of all groups together
GROUPED = {*SMALL, "rankme", "loss", "linear_probe"}
OF_ANY = sorted({*declared()} - {"neuromfa", "layer_balance"})  # which know the layers of some models alone


@pytest.fixture
def model() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Dropout(0.5), nn.Linear(8, 3))


@pytest.fixture
def data() -> dict[str, tuple[Tensor, Tensor]]:
    generator = torch.Generator().manual_seed(1)
    x, y = torch.randn(40, 4, generator=generator), torch.randint(0, 3, (40,), generator=generator)
    return {"mine": (x, y), "half/2": (x[:20], y[:20])}


@pytest.mark.parametrize("name", OF_ANY)
def test_every_measure_measures_any_module(name: str, model: nn.Module, data: dict[str, tuple[Tensor, Tensor]]) -> None:
    rows = measure(name, model, data, **SMALL.get(name, {}))
    assert list(rows) == ["task", "level", "layer", "variant", "value", "standard_error"]
    groups = {("mine", ""), ("half", "2")} | ({("", "")} if name in MIXTURE else set())
    found_groups = {*rows[["task", "level"]].fillna("").itertuples(index=False, name=None)}
    assert found_groups == groups or (found_groups == {("", "")} and name not in GROUPED), "or of the weights alone"
    assert rows["value"].notna().all()
    assert_frame_equal(rows, measure(name, model, data, **SMALL.get(name, {})))


@pytest.mark.parametrize("name", OF_ANY)
def test_the_model_is_left_as_it_was(name: str, model: nn.Module, data: dict[str, tuple[Tensor, Tensor]]) -> None:
    model[1].eval()
    model(data["mine"][0]).sum().backward()
    before = [(p, p.data_ptr(), p.detach().clone(), p.grad, p.grad.clone()) for p in model.parameters()]
    measure(name, model, data, **SMALL.get(name, {}))
    for parameter, place, values, gradient, copied in before:
        assert parameter.data_ptr() == place, "a view of one buffer cannot be saved"
        assert torch.equal(parameter, values)
        assert parameter.grad is gradient
        assert torch.equal(gradient, copied)
    assert [module.training for module in model] == [True, False, True, True]
    assert all(not module._forward_hooks for module in model.modules())


def test_dropout_is_off(model: nn.Module, data: dict[str, tuple[Tensor, Tensor]]) -> None:
    rows = measure("loss", model, data)
    expected = nn.functional.cross_entropy(model.eval()(data["mine"][0]), data["mine"][1])
    assert rows["value"][0] == pytest.approx(expected.item(), rel=1e-6)


class Noisy(nn.Linear):
    """Dropout without its flag, a common slip."""

    def forward(self, x: Tensor) -> Tensor:
        return nn.functional.dropout(super().forward(x), 0.5)


@pytest.mark.long
@pytest.mark.parametrize("name", OF_ANY)
def test_a_random_model_is_measured_repeatably_and_reported(
    name: str, data: dict[str, tuple[Tensor, Tensor]], caplog: pytest.LogCaptureFixture
) -> None:
    model, state = nn.Sequential(nn.Linear(4, 8), Noisy(8, 3)), torch.get_rng_state()
    first, again, other = (
        measure(name, model, data, rng=np.random.default_rng(seed), **SMALL.get(name, {})) for seed in (1, 1, 2)
    )
    assert_frame_equal(first, again)
    if first["task"].notna().any():  # not of the weights alone
        assert not first["value"].equals(other["value"])
        assert caplog.text.count("draws random numbers in evaluation mode") == 1
    assert torch.equal(torch.get_rng_state(), state), "what the caller draws next does not change"


def test_a_model_that_draws_nothing_is_not_said_to(
    model: nn.Module, data: dict[str, tuple[Tensor, Tensor]], caplog: pytest.LogCaptureFixture
) -> None:
    for name in OF_ANY:
        measure(name, model, data, **SMALL.get(name, {}))
    assert caplog.text == ""


def test_numpy_arrays_will_do(model: nn.Module, data: dict[str, tuple[Tensor, Tensor]]) -> None:
    arrays = {name: (x.double().numpy(), y.to(torch.int32).numpy()) for name, (x, y) in data.items()}
    for name in OF_ANY:
        options = SMALL.get(name, {})
        assert_frame_equal(measure(name, model, arrays, **options), measure(name, model, data, **options))


def test_layers_can_be_chosen(model: nn.Module, data: dict[str, tuple[Tensor, Tensor]]) -> None:
    every, last = measure("rankme", model, data), measure("rankme", model, data, layers=["3"])
    assert set(every["layer"]) == {1, 2, 3, 4}
    assert last["value"].tolist() == every.query("layer == 4")["value"].tolist()


def test_random_draws_are_those_of_the_generator(model: nn.Module, data: dict[str, tuple[Tensor, Tensor]]) -> None:
    values = [measure("fisher", model, data, rng=np.random.default_rng(seed))["value"].tolist() for seed in (0, 1)]
    assert values[0] != values[1]


def test_options_replace_the_default_ones() -> None:
    assert options_of("rankme", {}) == RankMe(epsilon=1e-7)
    assert options_of("rankme", {"epsilon": 1e-3}) == RankMe(epsilon=1e-3)
    assert options_of("fisher", {"samples": 5}) == GradientRank(samples=5, leading=50_000, every=1)


def test_defaults_are_those_of_the_study_where_they_can_be(settings_values: dict[str, Any]) -> None:
    study = Measures.model_validate(settings_values["anatomy"]["measures"])
    assert study.rankme is not None
    assert study.linear_probe is not None
    assert options_of("rankme", {}) == study.rankme
    assert options_of("linear_probe", {"every": study.linear_probe.every}) == study.linear_probe
    neurons = options_of("neuromfa", {}).model_dump(exclude={"every"})
    assert neurons == {name: settings_values["neuromfa"][name] for name in neurons}


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("sharpness", {}, r"sharpness: no such measure; allowed: .*fisher, .*hessian"),
        ("own", {}, "own: no such measure"),
        ("rankme", {"epsilon": -1.0}, r"rankme\.epsilon: .*greater than 0"),
        ("rankme", {"sample": 3}, r"rankme\.sample: .*options: epsilon"),
        ("loss", {"samples": 0}, r"loss\.samples: .*options: samples"),
    ],
    ids=["measure", "module", "value", "key", "absent by default"],
)
def test_what_does_not_exist_is_named(
    name: str, options: dict[str, Any], message: str, model: nn.Module, data: dict[str, tuple[Tensor, Tensor]]
) -> None:
    with pytest.raises(MeasureError, match=message):
        measure(name, model, data, **options)


def test_weights_that_are_no_numbers_are_refused(model: nn.Module, data: dict[str, tuple[Tensor, Tensor]]) -> None:
    with torch.no_grad():
        model[3].bias[1] = torch.inf
    with pytest.raises(MeasureError, match=r"3\.bias is not finite"):
        measure("loss", model, data)


@pytest.mark.parametrize("name", ["rankme", "linear_probe", "fisher", "gradient_covariance"])
def test_one_sample_is_refused_where_samples_are_compared(name: str, model: nn.Module) -> None:
    with pytest.raises(MeasureError, match=r"mine: .* 1 sample"):
        measure(name, model, {"mine": (torch.ones(1, 4), torch.zeros(1, dtype=torch.int64))})


def test_a_constant_representation_is_well_defined(model: nn.Module, data: dict[str, tuple[Tensor, Tensor]]) -> None:
    """Warnings are errors in these tests, so there are none."""
    with torch.no_grad():
        model[0].weight.zero_()
        model[0].bias.fill_(0.3)
    x, _ = data["mine"]
    answers = torch.tensor([2] * 30 + [0] * 10)
    ranks = measure("rankme", model, {"mine": (x, answers)})
    assert (ranks[ranks["variant"].str.contains("/centred/")]["value"] == 0).all()
    assert ranks[ranks["variant"].str.contains("/uncentred/")]["value"].to_numpy() == pytest.approx(1, abs=1e-4)
    reads = measure("linear_probe", model, {"mine": (x, answers)}).query("variant == 'answer'")["value"]
    assert (reads == reads.iloc[0]).all()
    assert 0.5 < reads.iloc[0] < 1, "the share of the most frequent answer among those held out"
    for name in ("fisher", "gradient_covariance", "hessian", "loss"):
        assert measure(name, model, {"mine": (x, answers)}, **SMALL.get(name, {}))["value"].notna().all()


def test_frozen_weights_are_not_moved(model: nn.Module, data: dict[str, tuple[Tensor, Tensor]]) -> None:
    for parameter in model[0].parameters():
        parameter.requires_grad_(False)
    seen = []
    model[0].register_forward_hook(lambda module, *_: seen.append(module.weight.detach().clone()))
    measure("llc", model, data, **SMALL["llc"])
    assert all(torch.equal(weight, seen[0]) for weight in seen)
    leading = measure("fisher", model, data, samples=8, leading=27)
    assert leading["value"][0] == pytest.approx(leading["value"][1], rel=1e-9), "27 parameters are left"


def test_a_probe_reads_the_targets_that_every_example_has() -> None:
    model = nn.Embedding.from_pretrained(torch.eye(5), freeze=False)
    x = torch.randint(0, 5, (40, 3), generator=torch.Generator().manual_seed(0))
    targets = x.clone()  # the last of them stands in the representation of the last token
    targets[::2, :2] = -100
    rows = measure("linear_probe", model, {"mine": (x, targets)}, ridge=1e-3).set_index("variant")["value"]
    assert rows["answer"] == 1
    assert rows["shuffled"] < 0.6
    targets[1::2, 2] = -100
    with pytest.raises(MeasureError, match="mine: "):
        measure("linear_probe", model, {"mine": (x, targets)})


def test_a_probe_of_one_prompt_is_null(model: nn.Module) -> None:
    rows = measure("linear_probe", model, {"mine": (torch.ones(6, 4), torch.arange(6) % 2)})
    assert rows["value"].isna().all(), "nothing can be held out"
