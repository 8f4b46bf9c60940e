"""Gram matrices of modules that are held in factors, against plain backward passes; which weights have factors."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from synthetic import tiny_models
from synthetic.tiny_modules import generator
from torch import Tensor, nn
from torch.nn import functional as F

from emergence.subjects import module_gradients
from emergence.subjects.module_gradients import factored_weights, module_grams

SAMPLES, TOKENS = 5, 4


class Odd(nn.Module):
    """Layers that are shared, used beside their calls, overwritten, or mixed across samples."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(7, 4)
        self.twice, self.beside, self.before = nn.Linear(4, 4), nn.Linear(4, 4), nn.Linear(4, 4)
        self.turned, self.head = nn.Linear(4, 4), nn.Linear(4, 6)

    def forward(self, tokens: Tensor) -> Tensor:
        x = self.twice(torch.tanh(self.twice(self.embed(tokens))))
        x = self.beside(x) + x @ self.beside.weight
        x = F.relu(self.before(x), inplace=True)
        x = self.turned(x.transpose(0, 1)).transpose(0, 1)
        return self.head(x)


class Constant(nn.Module):
    """Without any layer of which the gradient has factors."""

    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Parameter(torch.randn(40, 3))

    def forward(self, tokens: Tensor) -> Tensor:
        return self.table[tokens].tanh()


def neox() -> nn.Module:
    return as_loaded(tiny_models.neox(0))


def gpt2() -> nn.Module:
    return as_loaded(tiny_models.gpt2(0))


def as_loaded(model: Any) -> nn.Module:
    """With attention written out, as in a series, and gradients that are not small."""
    model.set_attn_implementation("eager")
    return tiny_models.scrambled(model, 0, 0.3)


MODELS: dict[Callable[[], nn.Module], set[str]] = {
    neox: {
        "gpt_neox.embed_in.weight", "lm_head.weight",
        *(f"gpt_neox.layers.{layer}.{name}.weight" for layer in range(2)
          for name in ("attention.query_key_value", "attention.dense", "mlp.dense_h_to_4h", "mlp.dense_4h_to_h")),
    },
    gpt2: {"transformer.wte.weight", *(f"transformer.h.0.{name}.weight" for name in (
        "attn.c_attn", "attn.c_proj", "mlp.c_fc", "mlp.c_proj"))},
    Odd: {"embed.weight", "twice.weight", "before.weight", "head.weight"},
    Constant: set(),
}  # fmt: skip
"""Models, and their weights whose gradient is held in factors."""


def problem(make: Callable[[], nn.Module]) -> tuple[nn.Module, Tensor, Tensor]:
    torch.manual_seed(0)
    model = make().double().eval()
    inputs = torch.randint(0, 7, (SAMPLES, TOKENS), generator=generator())
    return model, inputs, torch.randn(output(model, inputs).shape, dtype=torch.float64, generator=generator())


def output(model: nn.Module, inputs: Tensor) -> Tensor:
    given: Any = model(inputs)
    return getattr(given, "logits", given)


def dense(model: nn.Module, inputs: Tensor, cotangents: Tensor) -> Tensor:
    """Gradient of each sample by a backward pass of its own: (samples, parameters)."""
    rows = []
    for one, cotangent in zip(inputs, cotangents, strict=True):
        parts = torch.autograd.grad((output(model, one[None])[0] * cotangent).sum(), list(model.parameters()))
        rows.append(torch.cat([part.flatten() for part in parts]))
    return torch.stack(rows)


@pytest.mark.parametrize("make", MODELS)
def test_factors_are_of_weights_that_act_through_their_layers_alone(make: Callable[[], nn.Module]) -> None:
    factored, _ = factored_weights(*problem(make))
    assert factored == MODELS[make]


@pytest.mark.long
@pytest.mark.parametrize("chunk", [1, 2, SAMPLES])
@pytest.mark.parametrize("make", MODELS)
def test_grams_are_those_of_plain_gradients(make: Callable[[], nn.Module], chunk: int, monkeypatch) -> None:
    model, inputs, cotangents = problem(make)
    bytes_each = factored_weights(model, inputs, cotangents)[1]
    whole = sum(value.numel() * value.element_size() for value in model.parameters())
    monkeypatch.setattr(module_gradients, "CHUNK_BYTES", 2 * chunk * bytes_each)
    rows = dense(model, inputs, cotangents)
    for leading in (1, 50, whole // 16, whole):  # within a tensor and beyond all
        grams = module_grams(model, inputs, cotangents, leading)
        torch.testing.assert_close(grams.full, rows @ rows.T, rtol=1e-9, atol=1e-9)
        torch.testing.assert_close(grams.leading, rows[:, :leading] @ rows[:, :leading].T, rtol=1e-9, atol=1e-9)


def test_long_and_short_samples_have_the_same_products() -> None:
    """Of factors and of gradients: whichever is cheaper."""
    for tokens in (1, 60):
        left, right = torch.randn(3, tokens, 5).double(), torch.randn(3, tokens, 7).double()
        outer = module_gradients.Outer(left, right)
        rows = torch.einsum("ntr,ntc->nrc", left, right).flatten(1)
        torch.testing.assert_close(module_gradients._products(outer, outer), rows @ rows.T)
        torch.testing.assert_close(module_gradients._leading(outer, 9), rows[:, :9])


def test_parameters_are_left_as_they_were() -> None:
    model, inputs, cotangents = problem(neox)
    factored_weights(model, inputs, cotangents)
    assert all(parameter.grad is None and parameter.requires_grad for parameter in model.parameters())
    assert not any(module._forward_hooks for module in model.modules())
