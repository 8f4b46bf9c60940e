"""Variants of the measures, which measures compute and analyses choose from."""

from typing import Literal, get_args

# Pooling over tokens, centring of samples, spectrum whose entropy is taken.
Variant = Literal[
    "answer/centred/sigma",
    "answer/centred/sigma2",
    "answer/uncentred/sigma",
    "answer/uncentred/sigma2",
    "mean/centred/sigma",
    "mean/centred/sigma2",
    "mean/uncentred/sigma",
    "mean/uncentred/sigma2",
]

GRADIENT_RANKS = ("rank", "rank/leading")
VARIANTS: dict[str, tuple[str, ...]] = {
    "rankme": get_args(Variant),
    "fisher": (*GRADIENT_RANKS, "trace"),
    "gradient_covariance": GRADIENT_RANKS,
    "hessian": ("top", "trace"),
    "llc": ("mixture", "own"),
    "linear_probe": ("answer", "shuffled"),
    "loss": ("nats", "known"),
}
"""Of the measures that this project has; a test holds them to what is computed."""
