"""The first steps of a language model, linearised: one direction swells, and the cumulative rate is its clock.

An untrained model predicts all tokens alike, so the gradient of its loss on every final state is, up to normalisation,
the same vector ``g = Eᵀ(p − y)``: the mean embedding less the mean embedding of the answers. The last matrix W of a
layer, whose inputs a_i have the mean ā, has the gradient ``g āᵀ``. Its change moves state i along one direction,

    δh_i = −S g (ā·a_i)                under gradient descent,
    δh_i = −S sign(g) (sign(ā)·a_i)    under Adam, whose first steps are signs,

by an amount that grows with S, the sum of the learning rates, and that differs between positions since ā·a_i does. The
covariance of the states so gains one direction, and their effective rank falls towards one: a linearised run has no
floor, so a floor is what later, non-linear learning sets.

Under Adam the direction has norm √d and a_i, of 4d entries, has size σ√d. RankMe halves on a logarithmic scale when the
spread along the direction reaches the sum of the initial singular values, about dσ. Positions whose inputs are random
differ in sign(ā)·a_i by σ√d·√(4d), which makes S at the collapse fall as d^(−1/2); where they differ in the size of one
common pattern, by σ√d·4d, as d^(−1). σ cancels in both.
"""

from typing import Literal

import numpy as np

from emergence.theory.domain import Array

Update = Literal["sign", "gradient"]


def mean_gradient(unembedding: Array, answers: Array) -> Array:
    """Gradient (width,) of the mean loss on final states that predict all tokens alike.

    Args:
        unembedding: (tokens, width).
        answers: Numbers (answers,) of the tokens to be predicted.
    """
    shares = np.bincount(answers, minlength=len(unembedding)) / len(answers)
    return unembedding.T @ (1 / len(unembedding) - shares)


def swelling_direction(unembedding: Array, answers: Array, update: Update) -> Array:
    """Unit vector (width,) along which states move first; the final norm removes the mean of the gradient.

    Args:
        unembedding: (tokens, width).
        answers: Numbers (answers,) of the tokens to be predicted.
        update: ``sign``, as the first steps of Adam, or ``gradient``.
    """
    gradient = mean_gradient(unembedding, answers)
    gradient = gradient - gradient.mean()
    moved = np.sign(gradient) if update == "sign" else gradient
    return -moved / np.linalg.norm(moved)
