"""A transformer small enough for dense float64 derivatives of every parameter, one sample at a time."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.autograd.functional import hessian
from torch.func import functional_call
from torch.nn import functional as F

from emergence.models.transformer import Transformer

LogitLoss = Callable[[Tensor, Tensor], Tensor]
"""From logits (answer length, vocabulary) and answer (answer length,) of one sample to a scalar loss."""


def summed_cross_entropy(logits: Tensor, answer: Tensor) -> Tensor:
    """Cross-entropy, summed over the tokens of an answer."""
    return F.cross_entropy(logits, answer, reduction="sum")


@dataclass(frozen=True)
class TinyTransformer:
    """A transformer and sequences (samples, length), of which the last ``answer_length`` tokens are the answer."""

    model: Transformer
    tokens: Tensor
    answer_length: int

    @classmethod
    def draw(cls, random: torch.Generator, layers: int, width: int, samples: int) -> "TinyTransformer":
        """Draw tokens, and weights far larger than at initialisation, so that no derivative is small.

        Args:
            random: Source of the draws.
            layers: Number of blocks.
            width: Of the residual stream.
            samples: Number of sequences.
        """
        vocabulary, length = 5, 6
        model = Transformer(layers, width, 2, vocabulary, length).double()
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.normal_(0.0, 0.5, generator=random)
        return cls(model, torch.randint(0, vocabulary, (samples, length), generator=random), 2)

    @property
    def answers(self) -> Tensor:
        """Answers (samples, answer length)."""
        return self.tokens[:, -self.answer_length :]

    def logits(self, parameters: dict[str, Tensor] | None = None) -> Tensor:
        """Logits (samples, answer length, vocabulary) with the model's parameters, or with others."""
        samples, length = self.tokens.shape[0], self.tokens.shape[1] - 1
        positions = torch.arange(length).expand(samples, length)
        mask = torch.ones(samples, length, length, dtype=torch.bool).tril()
        targets = torch.arange(samples * length).view(samples, length)[:, -self.answer_length :].flatten()
        arguments = (self.tokens[:, :-1], positions, mask, targets)
        own: dict[str, Tensor] = dict(self.model.named_parameters())
        return functional_call(self.model, own if parameters is None else parameters, arguments).unflatten(
            0, (samples, -1)
        )

    def gradients(self, answers: Tensor | None = None, loss: LogitLoss = summed_cross_entropy) -> Tensor:
        """Gradient of each sample's loss (samples, parameters), one backward pass a sample."""
        chosen = self.answers if answers is None else answers
        parameters = list(self.model.parameters())
        pairs = zip(self.logits(), chosen, strict=True)
        each = [torch.autograd.grad(loss(logits, answer), parameters, retain_graph=True) for logits, answer in pairs]
        return torch.stack([torch.cat([part.flatten() for part in parts]) for parts in each])

    def mean_loss(self) -> Tensor:
        """Mean cross-entropy of an answer token."""
        return F.cross_entropy(self.logits().flatten(0, 1), self.answers.flatten())

    def hessian(self) -> Tensor:
        """Dense Hessian of `mean_loss` (parameters, parameters), by double backward.

        Not by `torch.func.hessian`: its forward-over-reverse is wrong (and not symmetric) here, in PyTorch 2.13.
        """
        shapes = {name: value.shape for name, value in self.model.named_parameters()}

        def loss(flat: Tensor) -> Tensor:
            parts = flat.split([shape.numel() for shape in shapes.values()])
            weights = {name: part.view(shape) for (name, shape), part in zip(shapes.items(), parts, strict=True)}
            return F.cross_entropy(self.logits(weights).flatten(0, 1), self.answers.flatten())

        return hessian(loss, torch.cat([value.detach().flatten() for value in self.model.parameters()]))
