"""Spectra and effective ranks, in float64."""

import torch
from torch import Tensor

# What centring leaves of a matrix, as a share of its norm, below which the rows are equal up to float32 rounding.
ROUNDING = 1e-6


def singular_values(x: Tensor) -> Tensor:
    """Singular values of (…, n, d) matrices in float64, shape (…, min(n, d)), zeros below resolution.

    They are square roots of the eigenvalues of the smaller Gram matrix, several times faster than a decomposition of x.
    Eigenvalues are exact to about 1e-16 of the largest, so singular values below 1e-7 of the largest are set to zero;
    float32 representations carry nothing below that.
    """
    gram = x @ x.mT if x.shape[-2] < x.shape[-1] else x.mT @ x
    eigenvalues = torch.linalg.eigvalsh(gram).clamp(min=0)
    largest = eigenvalues[..., -1:]
    return torch.where(eigenvalues > 1e-14 * largest, eigenvalues, 0).sqrt().flip(-1)


def centred_singular_values(x: Tensor) -> Tensor:
    """The same of (…, n, d) matrices less the mean of their rows; all zero where the rows are equal up to rounding."""
    centred = singular_values(x - x.mean(dim=-2, keepdim=True))
    constant = (centred**2).sum(dim=-1) <= ROUNDING**2 * (x**2).sum(dim=(-2, -1))
    return torch.where(constant[..., None], 0, centred)


def effective_rank(weights: Tensor, epsilon: float) -> Tensor:
    """Exponential of the entropy of ``weights / Σ weights`` over the last axis; 0 where all weights are 0.

    >>> effective_rank(torch.tensor([[1.0, 1.0, 1.0, 0.0], [0.0, 0.0, 0.0, 0.0]]), 0.0)
    tensor([3., 0.])
    """
    total = weights.sum(dim=-1, keepdim=True)
    shares = weights / torch.where(total > 0, total, 1)
    shares = shares + epsilon
    rank = torch.special.entr(shares).sum(dim=-1).exp()
    return torch.where(total[..., 0] > 0, rank, 0)


def centred_gram(gram: Tensor) -> Tensor:
    """Gram matrix (n, n) of the same vectors less their mean; zero where the vectors are equal up to rounding."""
    rows = gram - gram.mean(dim=0, keepdim=True)
    centred = rows - rows.mean(dim=1, keepdim=True)
    return torch.where(centred.trace() <= ROUNDING**2 * gram.trace(), 0, centred)


def effective_rank_of_gram(gram: Tensor) -> Tensor:
    """Effective rank of the operator ``Σ_i v_i v_iᵀ`` from the Gram matrix (n, n) of its vectors.

    Both have the same non-zero eigenvalues; those below the resolution of float64 count as zero. No vector: rank 0.
    """
    eigenvalues = torch.linalg.eigvalsh(gram).clamp(min=0)
    return effective_rank(torch.where(eigenvalues > 1e-14 * eigenvalues[-1:], eigenvalues, 0), 0.0)
