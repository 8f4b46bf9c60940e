"""A training loop that can be left at any step and gone on with: bit for bit as if it had never been left.

Every batch is a pure function of seed and step, so the state of training is weights, optimiser and number of steps; and
beside them what was recorded so far.
"""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import torch
from numpy.typing import NDArray
from torch import Tensor

from emergence.work import Work

logger = logging.getLogger("emergence")


class Learning(Protocol):
    """What a training step changes."""

    @property
    def weights(self) -> Mapping[str, Tensor]:
        """The tensors themselves, by their names."""

    @property
    def optimiser(self) -> torch.optim.Optimizer:
        """With its moments."""


@dataclass
class Record:
    """What training has shown so far; a loop fills it in place."""

    arrays: dict[str, NDArray[Any]] = field(default_factory=dict)
    """by name, of a shape that is known beforehand"""
    entries: list[dict[str, Any]] = field(default_factory=list)
    """of checkpoints, for the manifest"""


def steps(work: Work, learner: Learning, record: Record, last: int) -> Iterator[int]:
    """Numbers of steps done, from where the work was left, up to ``last``.

    A loop records what is to be recorded at that number, then makes the update that follows it, then asks for the next.

    Raises:
        StoppedError: if the job is to stop; its state is saved.
    """
    for step in range(_restore(work, learner, record), last + 1):
        yield step
        work.keep(lambda: _save(work, learner, record, step + 1), now=step == last)  # noqa: B023 - called at once


def _save(work: Work, learner: Learning, record: Record, step: int) -> None:
    found = {f"weights/{name}": weight.detach() for name, weight in learner.weights.items()}
    for number, moments in learner.optimiser.state_dict()["state"].items():
        found |= {f"optimiser/{number}/{name}": value for name, value in moments.items() if value is not None}
    arrays = {name: value.cpu().numpy() for name, value in found.items()}
    arrays |= {f"record/{name}": array for name, array in record.arrays.items()}
    work.save(arrays, {"step": step, "entries": record.entries})


def _restore(work: Work, learner: Learning, record: Record) -> int:
    """Put everything back as it was; return the number of steps done."""
    saved = work.load()
    if saved is None:
        return 0
    arrays, facts = saved
    moments: dict[int, dict[str, Tensor]] = {}
    for key, array in arrays.items():
        kind, _, name = key.partition("/")
        match kind:
            case "weights":
                with torch.no_grad():
                    learner.weights[name].copy_(torch.from_numpy(array))
            case "optimiser":
                number, _, of = name.partition("/")
                # A clone: memory of NumPy may be aligned otherwise, and that can change the last digit of a sum.
                moments.setdefault(int(number), {})[of] = torch.from_numpy(array).clone()
            case _:
                record.arrays[name][...] = array
    groups = learner.optimiser.state_dict()["param_groups"]
    learner.optimiser.load_state_dict({"state": moments, "param_groups": groups})
    record.entries[:] = facts["entries"]
    logger.info("goes on after %d steps, of which %s has the state", facts["step"], work.folder)
    return facts["step"]
