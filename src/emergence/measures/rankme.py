"""RankMe: the effective rank of representations.

The exponential of the entropy of the normalised singular values of the samples x width matrix (Garrido et al. 2023,
arXiv:2210.02885, eq. 1-2): ``exp(-Σ p_k ln p_k)`` with ``p_k = σ_k / ‖σ‖₁ + ε``. It is computed after every block and
in eight variants: pooling {answer position, mean over the prompt} x {centred, uncentred} x {σ, σ²}, since the variant
matters more than the measure.
"""

from typing import Any

import numpy as np
from torch import Tensor

from emergence.config.measures import RankMe
from emergence.subjects.subject import Subject, row
from emergence.theory.spectrum import centred_singular_values, effective_rank, singular_values

LABEL = "RankMe"
VARIANTS = ((("answer/", "mean/"), ("centred/", "uncentred/"), ("sigma", "sigma2")),)
OPTIONS = {"epsilon": 1e-7}
SIGNAL_LABELS = {"rankme_text": "RankMe, passages"}


def rankme(x: Tensor, epsilon: float) -> dict[str, Tensor]:
    """RankMe of (…, n, d) representations, by ``centring/spectrum``; ``uncentred/sigma`` is the published form.

    A representation that is the same for all samples has rank 0 when centred.
    """
    spectra = {"centred": centred_singular_values(x), "uncentred": singular_values(x)}
    ranks = {f"{centring}/sigma": effective_rank(sigma, epsilon) for centring, sigma in spectra.items()}
    return ranks | {f"{centring}/sigma2": effective_rank(sigma**2, epsilon) for centring, sigma in spectra.items()}


def measure(subject: Subject[Any], rng: np.random.Generator, settings: RankMe) -> list[dict[str, Any]]:  # noqa: ARG001
    """RankMe of every layer, group of examples and variant."""
    return [
        row(one.group, f"{one.pooling}/{variant}", value, layer=layer)
        for one in subject.representations()
        for variant, ranks in rankme(one.values, settings.epsilon).items()
        for layer, value in zip(one.layers, ranks.tolist(), strict=True)
    ]
