"""How the training steps of a transformer are computed: mixed precision and compilation, as settings say.

Mixed precision is torch's autocast to bfloat16: matrix products take factors of 8 significant bits, while residual
stream, norms and loss stay float32, and so do weights and optimiser. float16 is not offered: it ends at 6·10⁻⁸, below
which gradients vanish, so it needs a scaling of the loss, and skips steps; bfloat16 has the range of float32.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import torch

from emergence.settings.compute import Arithmetic


def autocast(settings: Arithmetic, device: torch.device) -> AbstractContextManager[Any]:
    """Context of forward pass and loss; gradients are taken outside, each in the precision of its operation."""
    return torch.autocast(device.type, torch.bfloat16, enabled=settings.precision == "bfloat16")


def compiled(function: Callable[..., Any], settings: Arithmetic) -> Callable[..., Any]:
    """The function or module as it is, or compiled at its first call; names of a module's own weights stay."""
    return torch.compile(function) if settings.compile else function
