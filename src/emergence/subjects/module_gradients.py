"""Gram matrices of per-sample gradients of any module, exact, in bounded memory.

The gradient of one sample is the product of the module's Jacobian with the loss's gradient at its outputs, taken for a
chunk of samples at once (`torch.func.vmap`), or one by one where a module cannot be transformed so. Two chunks are held
at a time, together at most `CHUNK_BYTES` of gradients (or one sample each); with k chunks, gradients are taken
k(k + 1)/2 times.

Where that would take several chunks, weights of linear layers and embeddings are held as the factors of their
gradients instead (`emergence.subjects.gradients.Outer`): a language model then needs about as much memory per token as
its activations take. Factors are those of the calls of a layer, so they are compared with a plain backward pass first:
weights that also act elsewhere, or not sample by sample, differ there and are taken as all other parameters are.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.func import functional_call, grad, vmap
from torch.nn import functional as F

from emergence.subjects.gradients import Direct, Gradients, Outer
from emergence.subjects.module_layers import main_output
from emergence.subjects.subject import Grams

CHUNK_BYTES = 2**30
"""of gradients, or of their factors, held at a time"""
CHECKED = 3
"""samples of which factors are compared with a plain backward pass"""
AGREEMENT = 1e-3
"""largest relative difference: rounding is far below, a missing part far above"""


def module_grams(model: nn.Module, inputs: Tensor, cotangents: Tensor, leading: int) -> Grams:
    """Gram matrices of the gradients of each sample's ``Σ output · cotangent``.

    Args:
        model: In evaluation mode.
        inputs: (samples, …).
        cotangents: Gradients of the samples' losses at the outputs, (samples, …).
        leading: First parameters, in the order of the model, that also have a Gram matrix of their own.

    Returns:
        Matrices (samples, samples), float64.
    """
    trained = trained_parameters(model)
    factored: set[str] = set()
    each = sum(value.numel() * value.element_size() for value in trained.values())
    if _chunk(each) < len(inputs):
        factored, each = factored_weights(model, inputs[:CHECKED], cotangents[:CHECKED])
    counts, before = {}, 0
    for name, value in trained.items():
        counts[name] = min(value.numel(), max(0, leading - before))
        before += value.numel()
    products = torch.zeros(2, len(inputs), len(inputs), dtype=torch.float64, device=inputs.device)
    chunks = torch.arange(len(inputs), device=inputs.device).split(_chunk(each))
    for number, first in enumerate(chunks):
        left = _gradients(model, inputs[first], cotangents[first], factored)
        for second in chunks[: number + 1]:
            right = left if second is first else _gradients(model, inputs[second], cotangents[second], factored)
            block = _inner_products(left, right, counts)
            products[:, first[:, None], second] = block
            products[:, second[:, None], first] = block.mT
    return Grams(*products)


def trained_parameters(model: nn.Module) -> dict[str, nn.Parameter]:
    """Parameters that require a gradient, by name."""
    return {name: value for name, value in model.named_parameters() if value.requires_grad}


def module_gradients(
    model: nn.Module, inputs: Tensor, cotangents: Tensor, without: Collection[str] = ()
) -> dict[str, Tensor]:
    """Gradient of each sample's ``Σ output · cotangent``: (samples, parameters) by tensor that is trained.

    Args:
        model: In evaluation mode.
        inputs: (samples, …).
        cotangents: Gradients of the samples' losses at the outputs, (samples, …).
        without: Names of tensors that are left out.
    """
    trained = trained_parameters(model)
    others = {name: trained.pop(name).detach() for name in without}
    if not trained:
        return {}
    inputs = inputs.clone()  # which a model may overwrite

    def product(weights: dict[str, Tensor], one: Tensor, cotangent: Tensor) -> Tensor:
        return (main_output(functional_call(model, {**others, **weights}, (one[None],)))[0] * cotangent).sum()

    weights = {name: value.detach() for name, value in trained.items()}
    try:
        gradients = vmap(grad(product), in_dims=(None, 0, 0))(weights, inputs, cotangents)
    except RuntimeError:  # the module's steps depend on its data, or it has gradients of its own
        each = [_gradient(model, trained, *pair) for pair in zip(inputs, cotangents, strict=True)]
        gradients = {name: torch.stack([of_sample[name] for of_sample in each]) for name in trained}
    return {name: gradient.flatten(1).detach() for name, gradient in gradients.items()}


def _gradient(
    model: nn.Module, parameters: Mapping[str, nn.Parameter], one: Tensor, cotangent: Tensor
) -> dict[str, Tensor]:
    """Gradient of one sample's ``output · cotangent`` by a plain backward pass, which takes any module."""
    product = (main_output(model(one[None].clone()))[0] * cotangent).sum()
    parts = torch.autograd.grad(product, [*parameters.values()], materialize_grads=True)
    return dict(zip(parameters, parts, strict=True))


@dataclass(frozen=True)
class Call:
    """One call of a layer for all samples of a chunk."""

    weight: str
    layer: nn.Module
    given: Tensor
    output: Tensor

    def outer(self, gradient: Tensor) -> Outer:
        """Factors of the gradient of the weight, from that at the output (samples, …, width)."""
        gradient = gradient.reshape(len(gradient), -1, gradient.shape[-1])
        if isinstance(self.layer, nn.Embedding):
            tokens = F.one_hot(self.given.reshape(len(gradient), -1), self.layer.num_embeddings)
            return Outer(tokens.to(gradient.dtype), gradient)
        given = self.given.reshape(*gradient.shape[:2], -1)
        return Outer(gradient, given) if isinstance(self.layer, nn.Linear) else Outer(given, gradient)


def factored_weights(model: nn.Module, inputs: Tensor, cotangents: Tensor) -> tuple[set[str], int]:
    """Names of the weights whose factors are their whole gradient, and bytes of one sample's factors and gradients.

    Args:
        model: In evaluation mode.
        inputs: Of a few samples (samples, …), on which factors are tried.
        cotangents: Gradients of the samples' losses at the outputs, (samples, …).
    """
    scales = torch.arange(1.0, 1.0 + len(inputs), dtype=cotangents.dtype, device=inputs.device)
    scaled = cotangents * scales.view(-1, *(1,) * (cotangents.dim() - 1))
    outputs, calls = _called(model, inputs)
    factors = _factors(outputs, calls, scaled, len(inputs))
    trained, whole, size = trained_parameters(model), set(), 0
    weights = [trained[name] for name in factors]
    exact = torch.autograd.grad(outputs, weights, scaled, materialize_grads=True) if weights else ()
    for (name, outer), plain in zip(factors.items(), exact, strict=True):
        difference = torch.addmm(plain, outer.left.flatten(0, 1).T, outer.right.flatten(0, 1), beta=-1)
        if float(difference.norm()) <= AGREEMENT * float(plain.norm()):
            whole.add(name)
            size += (outer.left.numel() + outer.right.numel()) * plain.element_size() // len(inputs)
    rest = [value for name, value in trained.items() if name not in whole]
    return whole, size + sum(value.numel() * value.element_size() for value in rest)


def _gradients(model: nn.Module, inputs: Tensor, cotangents: Tensor, factored: Collection[str]) -> Gradients:
    """Gradients of the samples of a chunk, by tensor."""
    rest = module_gradients(model, inputs, cotangents, factored)
    direct: Gradients = {name: Direct(rows) for name, rows in rest.items()}
    if not factored:
        return direct
    outputs, calls = _called(model, inputs)
    own = [call for call in calls if call.weight in factored]
    return {**direct, **_factors(outputs, own, cotangents, len(inputs))}


def _called(model: nn.Module, inputs: Tensor) -> tuple[Tensor, list[Call]]:
    """Outputs, and the calls of all layers whose weights' gradients have factors."""
    with torch.enable_grad(), _recorded(model) as calls:
        outputs = main_output(model(inputs.clone()))
    return outputs, calls


@contextmanager
def _recorded(model: nn.Module) -> Iterator[list[Call]]:
    """Record the calls of linear layers (of transformers' Conv1D, too) and embeddings."""
    calls: list[Call] = []
    names = {id(value): name for name, value in trained_parameters(model).items()}

    def hook(weight: str) -> Callable[[nn.Module, tuple[Tensor, ...], Tensor], Tensor]:
        def record(layer: nn.Module, given: tuple[Tensor, ...], output: Tensor) -> Tensor:
            calls.extend(Call(weight, layer, one.detach(), output) for one in given[:1])
            return output.clone()  # which a layer that works in place may overwrite

        return record

    layers = [one for one in model.modules() if isinstance(one, nn.Linear | nn.Embedding) or _is_conv1d(one)]
    known = [(names.get(id(layer.weight)), layer) for layer in layers]
    handles = [layer.register_forward_hook(hook(name)) for name, layer in known if name is not None]
    try:
        yield calls
    finally:
        for handle in handles:
            handle.remove()


def _is_conv1d(layer: nn.Module) -> bool:
    """Whether it is the linear layer of GPT-2 in transformers, whose weight is (inputs, outputs)."""
    return type(layer).__name__ == "Conv1D"


def _factors(outputs: Tensor, calls: list[Call], cotangents: Tensor, samples: int) -> dict[str, Outer]:
    """Factors by weight, those of all its calls together, if each of them is of samples along the first axis."""
    if not calls:
        return {}
    taken = torch.autograd.grad(
        outputs, [call.output for call in calls], cotangents, retain_graph=True, materialize_grads=True
    )
    parts: dict[str, list[Outer]] = {}
    shared = {call.weight for call in calls if {len(call.given), len(call.output)} != {samples}}
    for call, gradient in zip(calls, taken, strict=True):
        if call.weight not in shared:
            parts.setdefault(call.weight, []).append(call.outer(gradient))
    return {
        name: Outer(torch.cat([one.left for one in of], dim=1), torch.cat([one.right for one in of], dim=1))
        for name, of in parts.items()
    }


def _chunk(bytes_each: int) -> int:
    """Samples of a chunk, of which two are held."""
    return max(1, CHUNK_BYTES // (2 * bytes_each))


def _inner_products(left: Gradients, right: Gradients, leading: Mapping[str, int]) -> Tensor:
    """Inner products (2, left samples, right samples): over all parameters, and over the leading ones of tensors."""
    total: Tensor | float = 0.0
    for name, one in left.items():
        other, first = right[name], leading[name]
        whole = _products(one, other).double()
        part = whole if first == one.size else (_leading(one, first) @ _leading(other, first).T).double()
        total = total + torch.stack([whole, part])
    assert isinstance(total, Tensor)
    return total


def _products(one: Direct | Outer, other: Direct | Outer) -> Tensor:
    """Inner products of gradients, of factors by the cheaper of two exact ways."""
    if isinstance(one, Outer) and isinstance(other, Outer):
        (n, many, rows), (m, more, columns) = one.left.shape, other.right.shape
        if n * many * m * more * (rows + columns) < (n * many + m * more + n * m) * rows * columns:
            lefts, rights = (
                mine.flatten(0, 1) @ theirs.flatten(0, 1).T
                for mine, theirs in ((one.left, other.left), (one.right, other.right))
            )
            return lefts.mul_(rights).view(n, many, m, more).sum(dim=(1, 3))
    return one.gradient() @ other.gradient().T


def _leading(part: Direct | Outer, count: int) -> Tensor:
    """Gradients of the first parameters of a tensor (samples, count)."""
    if isinstance(part, Outer):
        rows = -(-count // part.right.shape[2])
        part = Outer(part.left[..., :rows], part.right)
    return part.gradient()[:, :count]
