"""A calibration check, and its random numbers."""

from dataclasses import dataclass
from zlib import crc32

import torch


@dataclass(frozen=True)
class Check:
    """One estimate beside its exact value."""

    estimator: str
    oracle: str
    """source of the exact value"""
    parameters: str
    exact: float
    estimate: float
    """NaN where the estimator failed"""
    tolerance: float
    """largest passing error, in the units of the value"""
    reason: str
    """reason for the tolerance"""
    standard_error: float | None = None

    @property
    def error(self) -> float:
        """Estimate less exact value."""
        return self.estimate - self.exact

    @property
    def passed(self) -> bool:
        """Whether the error is within the tolerance; an estimate that failed does not pass."""
        return abs(self.error) <= self.tolerance


def generator(seed: int, name: str) -> torch.Generator:
    """Random numbers of one check, a stream of its own, so that a new check changes no other."""
    return torch.Generator().manual_seed(crc32(f"{seed} {name}".encode()))  # PyTorch uses 32 bits of a seed
