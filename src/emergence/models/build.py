"""Models and devices from settings."""

import torch

from emergence.models.transformer import Transformer
from emergence.settings.base import Device
from emergence.settings.learning import Size
from emergence.tasks import vocabulary


def transformer(size: Size, context: int) -> Transformer:
    """An untrained transformer of the given size over the shared vocabulary; its weights are not yet drawn."""
    return Transformer(size.layers, size.width, size.heads, vocabulary.SIZE, context)


def device(name: Device) -> torch.device:
    """The device a setting stands for; also fixes what would make a run depend on the number of cores."""
    torch.set_num_threads(1)
    return torch.device("cuda" if name == "auto" and torch.cuda.is_available() else name.replace("auto", "cpu"))
