"""Settings of the measures, one model a measure."""

from typing import Literal

from emergence.settings.base import Device, Positive, Strict

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


class RankMe(Strict):
    """Effective rank of representations (arXiv:2210.02885)."""

    epsilon: Positive
    """added to each normalised singular value"""


class MeasureSettings(Strict):
    """What a measuring stage is given: one measure with its options."""

    measure: Literal["rankme"]
    options: RankMe
    device: Device
