"""Easy or hard? Two classes of each task-level, neither of which looks at a measure.

By *family*: the tasks named easy in the configuration. By *other seeds*: whether a task-level emerges in the earlier
half of all, in runs of other seeds than the one judged, so that no run has a say in its own classes.
"""

from collections.abc import Collection

import numpy as np
import pandas as pd

from emergence.tasks.symbols import CONTROL

CLASSES = ["family", "other_seeds"]


def classes(events: pd.DataFrame, easy: Collection[str]) -> pd.DataFrame:
    """Class of each task-level in each run: columns ``run, task, level, family, other_seeds``.

    Takes the events of one metric. By other seeds a task-level is easy if the median of its emergence steps over all
    runs of other seeds, whatever their size, is below the median of those over task-levels; one that has not emerged
    is later than all that have. Null where there is no other seed. The control has no class: its rows are left out.
    """
    trained = events[events["task"] != CONTROL]
    steps = trained.assign(step=trained["step"].where(trained["emerged"], np.inf))
    found = steps[["run", "seed", "task", "level"]].copy()
    found["family"] = np.where(found["task"].isin(easy), "easy", "hard")
    found["other_seeds"] = None
    for seed in steps["seed"].unique():
        medians = steps[steps["seed"] != seed].groupby(["task", "level"], sort=False)["step"].median()
        of_level = dict(zip(medians.index, np.where(medians < medians.median(), "easy", "hard"), strict=True))
        own = found["seed"] == seed
        keys = zip(found.loc[own, "task"], found.loc[own, "level"], strict=True)
        found.loc[own, "other_seeds"] = [of_level.get(key) for key in keys]
    return found[["run", "task", "level", *CLASSES]]
