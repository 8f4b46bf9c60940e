"""Models and devices from settings."""

import os

import torch

from emergence.config.training import Size
from emergence.config.types import Device
from emergence.errors import EmergenceError
from emergence.models.transformer import Transformer
from emergence.tasks import vocabulary


def transformer(size: Size, context: int) -> Transformer:
    """An untrained transformer of the given size over the shared vocabulary; its weights are not initialised."""
    return Transformer(size.layers, size.width, size.heads, vocabulary.SIZE, context)


class DeviceError(EmergenceError):
    """A device that is not there; the message gives the remedy."""


def device(name: Device) -> torch.device:
    """The device of a setting; also fixes threads and kernels, so that numbers do not depend on cores or GPU load.

    Raises:
        DeviceError: if CUDA is asked for, and PyTorch sees no GPU.
    """
    if name == "cuda" and not torch.cuda.is_available():
        raise DeviceError("device: cuda, but PyTorch sees no GPU here; give auto or cpu, or install PyTorch with CUDA")
    torch.set_num_threads(1)
    torch.set_float32_matmul_precision("highest")  # float32 is float32: no TF32, which keeps 10 bits of 23
    chosen = torch.device("cuda" if name == "auto" and torch.cuda.is_available() else name.replace("auto", "cpu"))
    if chosen.type == "cuda":
        _deterministic()
    return chosen


def _deterministic() -> None:
    """Make a GPU sum in the same order every time; torch warns in the log of a kernel that cannot."""
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # read when cuBLAS starts, which is later
    torch.use_deterministic_algorithms(True, warn_only=True)
    torch.backends.cuda.matmul.allow_bf16_reduced_precision_reduction = False  # sums are float32, as on a CPU
