"""Inner products of per-sample gradients of any module, a few samples at a time.

The gradient of one sample is the product of the module's Jacobian with the loss's gradient at its outputs, taken for a
chunk of samples at once (`torch.func.vmap`), or one by one where a module cannot be transformed so. Two chunks are held
at a time, together at most `HELD` bytes of gradients (or one sample each), whatever the number of samples; with k
chunks, gradients are taken k(k + 1)/2 times. Nothing is approximated.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call, grad, vmap

from emergence.measures.subject import Grams

HELD = 2**28
"""bytes of gradients that are held at a time"""


def output(found: Any) -> Any:
    """The tensor that matters of what a module gives: its ``logits`` if it names them, the first of a tuple."""
    found = getattr(found, "logits", found)
    return found[0] if isinstance(found, tuple) else found


def per_sample_gradients(model: nn.Module, inputs: Tensor, cotangents: Tensor) -> list[Tensor]:
    """Gradient of each sample's ``Σ output · cotangent``: (samples, parameters) for every tensor that is trained."""
    weights = {name: value.detach() for name, value in model.named_parameters() if value.requires_grad}

    def product(weights: dict[str, Tensor], one: Tensor, cotangent: Tensor) -> Tensor:
        return (output(functional_call(model, weights, (one[None],)))[0] * cotangent).sum()

    of_one = grad(product)
    try:
        found = vmap(of_one, in_dims=(None, 0, 0))(weights, inputs, cotangents)
    except RuntimeError:  # the module's steps depend on its data
        each = [of_one(weights, *pair) for pair in zip(inputs, cotangents, strict=True)]
        found = {name: torch.stack([gradient[name] for gradient in each]) for name in weights}
    return [gradient.flatten(1).detach() for gradient in found.values()]


def grams(model: nn.Module, inputs: Tensor, cotangents: Tensor, leading: int) -> Grams:
    """Gram matrices (samples, samples), float64, over all parameters and over the first ``leading`` of them."""
    bytes_each = sum(value.numel() * value.element_size() for value in model.parameters() if value.requires_grad)
    chunk = max(1, HELD // (2 * bytes_each))
    found = torch.zeros(2, len(inputs), len(inputs), dtype=torch.float64, device=inputs.device)
    chunks = torch.arange(len(inputs), device=inputs.device).split(chunk)
    for number, first in enumerate(chunks):
        left = per_sample_gradients(model, inputs[first], cotangents[first])
        for second in chunks[: number + 1]:
            same = second is first
            right = left if same else per_sample_gradients(model, inputs[second], cotangents[second])
            block = _products(left, right, leading)
            found[:, first[:, None], second] = block
            found[:, second[:, None], first] = block.mT
    return Grams(*found)


def _products(left: list[Tensor], right: list[Tensor], leading: int) -> Tensor:
    """Inner products (2, left samples, right samples): over all parameters, and over the leading ones."""
    found = torch.zeros(2, len(left[0]), len(right[0]), dtype=torch.float64, device=left[0].device)
    for a, b in zip(left, right, strict=True):
        found[0] += a @ b.T
        found[1] += a[:, :leading] @ b[:, :leading].T
        leading = max(0, leading - a.shape[1])
    return found
