"""Gram matrices of per-sample gradients of a transformer, exact, without ever holding samples x parameters.

The gradient of one sample for a weight matrix is a sum over tokens of outer products, ``Σ_t g_t a_tᵀ``, of the gradient
at the layer's output and the layer's input. One backward pass for all samples gives both factors, so inner products of
gradients follow layer by layer: either from the gradients of that layer alone, or as ``Σ_{t,s} (g_t·g_s)(a_t·a_s)``
without any gradient (Goodfellow 2015, arXiv:1510.01799; Li et al. 2022, arXiv:2110.05679), whichever is cheaper.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from emergence.models.transformer import Transformer
from emergence.subjects.subject import Loss


@dataclass(frozen=True)
class Direct:
    """Gradients (samples, parameters) of a tensor that is small enough to hold."""

    rows: Tensor

    @property
    def size(self) -> int:
        """Parameters of the tensor."""
        return self.rows.shape[1]

    def gradient(self) -> Tensor:
        """Gradient of each sample, flattened: (samples, parameters)."""
        return self.rows

    @cached_property
    def gram(self) -> Tensor:
        """Inner products of the gradients: (samples, samples)."""
        return self.rows @ self.rows.T


@dataclass(frozen=True)
class Outer:
    """Gradients ``Σ_t left_t right_tᵀ`` of a matrix; the factors are (samples, tokens, rows or columns)."""

    left: Tensor
    right: Tensor

    @property
    def size(self) -> int:
        """Parameters of the matrix."""
        return self.left.shape[2] * self.right.shape[2]

    def gradient(self) -> Tensor:
        """Gradient of each sample, flattened: (samples, rows x columns)."""
        return (self.left.mT @ self.right).flatten(1)

    @cached_property
    def gram(self) -> Tensor:
        """Inner products of the gradients, by the cheaper of two exact ways: (samples, samples)."""
        samples, tokens, rows = self.left.shape
        columns = self.right.shape[2]
        directly = (tokens + samples) * rows * columns
        by_kernels = samples * tokens**2 * (rows + columns)
        if directly <= by_kernels:
            gradient = self.gradient()
            return gradient @ gradient.T
        left, right = self.left.flatten(0, 1), self.right.flatten(0, 1)
        kernel = (left @ left.T) * (right @ right.T)
        return kernel.view(samples, tokens, samples, tokens).sum(dim=(1, 3))


Gradients = dict[str, Direct | Outer]


@contextmanager
def _watched(model: Transformer) -> Iterator[dict[str, tuple[Tensor, Tensor]]]:
    """Record input and output of every layer; gradients flow through activations, not to the weights."""
    seen: dict[str, tuple[Tensor, Tensor]] = {}
    flags = [(parameter, parameter.requires_grad) for parameter in model.parameters()]
    handles = []

    def watch(name: str) -> Callable[[nn.Module, tuple[Tensor], Tensor], None]:
        def record(module: nn.Module, given: tuple[Tensor], output: Tensor) -> None:
            if isinstance(module, nn.Embedding):
                output.requires_grad_()  # where the graph begins, as the weights are frozen
            output.retain_grad()
            seen[name] = (given[0].detach(), output)

        return record

    for name, module in model.named_modules():
        if isinstance(module, nn.Linear | nn.LayerNorm | nn.Embedding):
            handles.append(module.register_forward_hook(watch(name)))
    model.requires_grad_(False)
    try:
        yield seen
    finally:
        for handle in handles:
            handle.remove()
        for parameter, flag in flags:
            parameter.requires_grad_(flag)


def per_sample_gradients(model: Transformer, tokens: Tensor, answer_length: int, loss: Loss) -> Gradients:
    """Gradient of each sample's loss for every parameter tensor, in factored form, by the tensor's name.

    The model's own ``.grad`` fields are left alone.

    Args:
        model: Whose weights the gradients are for.
        tokens: Whole sequences (samples, length) of one task-level.
        answer_length: Number of tokens of the answer, the last of a sequence.
        loss: From the logits (samples, answer length, vocabulary) that predict the answer to one loss a sample.
    """
    samples, length = tokens.shape[0], tokens.shape[1] - 1
    positions = torch.arange(length, device=tokens.device).expand(samples, length)
    causal = torch.ones(length, length, dtype=torch.bool, device=tokens.device).tril()
    with _watched(model) as seen:
        states = model.hidden_states(tokens[:, :-1], positions, causal.expand(samples, length, length))[-1]
        logits = model.logits(states[:, -answer_length:])
        logits.retain_grad()
        loss(logits).sum().backward()
    gradients: Gradients = {}
    for name, parameter in model.named_parameters():
        module_name, _, kind = name.rpartition(".")
        module, (given, output) = model.get_submodule(module_name), seen[module_name]
        gradients[name] = _factored(module, kind, given, _gradient_of(output), parameter)
    embedding = gradients["token.weight"]
    assert isinstance(embedding, Outer)
    read = seen["norm"][1].detach()  # tied weights: the gradient as embedding and that as read-out add up
    gradients["token.weight"] = Outer(
        torch.cat([embedding.left, _gradient_of(logits)], dim=1), torch.cat([embedding.right, read], dim=1)
    )
    return gradients


def _gradient_of(output: Tensor) -> Tensor:
    assert output.grad is not None
    return output.grad


def _factored(module: nn.Module, kind: str, given: Tensor, gradient: Tensor, parameter: Tensor) -> Direct | Outer:
    """Per-sample gradient of one parameter from its layer's input and the gradient at its output."""
    if kind == "bias":
        return Direct(gradient.sum(dim=1))
    if isinstance(module, nn.Embedding):
        return Outer(F.one_hot(given, len(parameter)).to(gradient.dtype), gradient)
    if isinstance(module, nn.LayerNorm):
        normalised = F.layer_norm(given, module.normalized_shape, eps=module.eps)
        return Direct((gradient * normalised).sum(dim=1))
    return Outer(gradient, given)


def gram(gradients: Gradients) -> Tensor:
    """Inner products of per-sample gradients over all parameters, in float64: (samples, samples)."""
    total = torch.stack([part.gram.double() for part in gradients.values()])
    return total.sum(dim=0)


def leading_gram(gradients: Gradients, parameters: int) -> Tensor:
    """The same over the first ``parameters`` parameters only, in the order of the model.

    Tensors that are among them as a whole have their Gram matrix already.
    """
    total, left = torch.zeros_like(gram(gradients)), parameters
    for part in gradients.values():
        if left < part.size:
            first = part.gradient()[:, :left]
            return total + (first @ first.T).double()
        total += part.gram.double()
        left -= part.size
    return total
