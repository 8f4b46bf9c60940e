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
NETWORKS = ("", "shuffled/", "gaussian/", "rescaled/")
"""Prefixes of `neuromfa`: the network of neurons itself, and its nulls."""
SPECTRUM = tuple(f"{quantity}/{q}" for quantity in ("alpha", "f") for q in range(-3, 4))
DEGREE = "E"
"""Degree of emergence; compares checkpoints, so analyses derive it from the others."""
VARIANTS: dict[str, tuple[str, ...]] = {
    "rankme": get_args(Variant),
    "fisher": (*GRADIENT_RANKS, "trace"),
    "gradient_covariance": GRADIENT_RANKS,
    "hessian": ("top", "trace"),
    "llc": ("mixture", "own"),
    "linear_probe": ("answer", "shuffled"),
    "loss": ("nats", "known"),
    "neuromfa": (
        *(prefix + name for prefix in NETWORKS for name in ("alpha_0", "width", "fit", "survivors", *SPECTRUM, DEGREE)),
        "mean_weight",
        "weighted_degree",
    ),
}
"""Of the measures that this project has; a test holds them to what is computed."""
