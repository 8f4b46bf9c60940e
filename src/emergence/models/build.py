"""Models and devices from settings."""

import os

import torch

from emergence.models.transformer import Transformer
from emergence.settings.base import Device
from emergence.settings.learning import Size
from emergence.tasks import vocabulary


def transformer(size: Size, context: int) -> Transformer:
    """An untrained transformer of the given size over the shared vocabulary; its weights are not yet drawn."""
    return Transformer(size.layers, size.width, size.heads, vocabulary.SIZE, context)


def device(name: Device) -> torch.device:
    """The device a setting stands for; also fixes what would make numbers depend on cores, or on the day of a GPU."""
    torch.set_num_threads(1)
    torch.set_float32_matmul_precision("highest")  # float32 is float32: no TF32, which keeps 10 bits of 23
    found = torch.device("cuda" if name == "auto" and torch.cuda.is_available() else name.replace("auto", "cpu"))
    if found.type == "cuda":
        _repeatable()
    return found


def _repeatable() -> None:
    """Have a GPU add up in the same order every time; torch warns in the log of a kernel that cannot."""
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # read when cuBLAS starts, which is later
    torch.use_deterministic_algorithms(True, warn_only=True)
    torch.backends.cuda.matmul.allow_bf16_reduced_precision_reduction = False  # sums are float32, as on a CPU
