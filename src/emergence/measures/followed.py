"""A model along its trajectory, as measures follow it: one set of weights in memory at a time."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from emergence.measures.subject import Subject
from emergence.training.trajectory import Trajectory


@dataclass(frozen=True)
class Followed:
    """A run, its model seen through examples, and a function that puts the weights of a step into that model."""

    run: Trajectory
    subject: Subject[Any]
    load: Callable[[int], None]


def along(run: Trajectory, subject: Subject[Any]) -> Followed:
    """A subject with the weights that the trajectory itself holds."""

    def load(step: int) -> None:
        subject.model.load_state_dict(run.weights(step))

    return Followed(run, subject, load)
