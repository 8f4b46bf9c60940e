"""What a run can do as a whole: the mean score over its task-levels, beside E and mean |w|."""

from collections.abc import Mapping

import pandas as pd

from emergence.schemas.multifractal import CAPABILITY
from emergence.tables import RUN
from emergence.tasks.symbols import CONTROL

CHECKPOINT = [*RUN, "step"]


def capability(scores: pd.DataFrame, found: pd.DataFrame, metrics: Mapping[str, str]) -> pd.DataFrame:
    """Capability by each study's metric at the checkpoints of table ``degree`` (table ``capability``).

    Checkpoints without scores have none. The control is left out: it cannot be learned.
    """
    chosen = (scores["metric"] == scores["study"].map(metrics)) & (scores["task"] != CONTROL)
    means = scores[chosen].groupby(CHECKPOINT)["score"].mean().rename("capability").reset_index()
    trained = found.loc[found["network"] == "trained", [*CHECKPOINT, "E", "mean_weight"]]
    return means.merge(trained, on=CHECKPOINT, validate="1:1")[CAPABILITY.arrow.names]
