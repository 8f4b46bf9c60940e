"""Training runs of one's own with planted truth: three groups that emerge one after the other, and three measures.

RankMe leaves its floor `AHEAD` checkpoints before the jump of its own group's score. The Hessian leaves it at one time
in all groups, before any event. What is known by the loss jumps with the score.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from emergence.io.tables import RUN

CHECKPOINTS, EVERY, AHEAD, COMMON = 60, 100, 5, 8
STEPS = np.arange(CHECKPOINTS) * EVERY
JUMPS = {"add": 15, "copy": 30, "sort": 45}
"""Checkpoint at which each score is 1 for the first time; an event is half-way between it and the one before."""
SHUFFLED = "shuffled"
WITH_CONTROL = {**JUMPS, SHUFFLED: CHECKPOINTS}
SEEDS = {"one": 1, "two": 2, "three": 3}
LEAD = AHEAD + 0.5
"""Of RankMe: an onset is the last checkpoint on the floor."""


def jump(at: int) -> np.ndarray:
    """A curve that is 0 before a checkpoint and 1 from there."""
    return (np.arange(CHECKPOINTS) >= at).astype(float)


def scores(jumps: Mapping[str, int] = JUMPS, runs: Sequence[str] = (), every: int = 1, shift: int = 0) -> pd.DataFrame:
    """Scores of groups, at every n-th checkpoint; a group that jumps after the last one is never learned."""
    frame = pd.concat(
        [pd.DataFrame({"step": STEPS + shift, "task": task, "score": jump(at)}) for task, at in jumps.items()]
    )
    frame = frame[frame["step"] % (every * EVERY) == shift % (every * EVERY)]
    return pd.concat([frame.assign(run=run) for run in runs], ignore_index=True) if runs else frame


def measures(
    jumps: Mapping[str, int] = JUMPS, runs: Mapping[str, int] | None = None, every: int = 1, only: Sequence[str] = ()
) -> pd.DataFrame:
    """Rows of the three measures, at every n-th checkpoint, of runs with these seeds."""
    rows = []
    for run, seed in ({"mine": 0} if runs is None else runs).items():
        told = dict(zip(RUN, ("own", run, "GPT2", 124_000_000, seed), strict=True))
        for task, at in jumps.items():
            for name, variant, values in (
                ("rankme", "answer/centred/sigma", 4 + 8 * jump(at - AHEAD)),
                ("hessian", "top", 1 + 9 * jump(COMMON)),
                ("loss", "known", jump(at) - 1e-9 * (CHECKPOINTS - np.arange(CHECKPOINTS))),  # no two are the same
            ):
                layer = 1 if name == "rankme" else None
                frame = pd.DataFrame({"step": STEPS, "value": values})[::every]
                rows.append(frame.assign(**told, task=task, level=None, layer=layer, measure=name, variant=variant))
    table = pd.concat(rows, ignore_index=True).assign(standard_error=np.nan).astype({"layer": "Int64"})
    return table[table["measure"].isin(only)] if only else table
