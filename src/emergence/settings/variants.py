"""Variants of RankMe, which measures compute and analyses choose from."""

from typing import Literal

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
