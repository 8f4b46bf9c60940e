"""The step at which RankMe of each task-level is lowest."""

import sys
from pathlib import Path

from emergence.io import tables
from emergence.schemas.trajectories import MEASURE

rows = tables.read(MEASURE, Path(sys.argv[1]))
last = rows[(rows["variant"] == "answer/centred/sigma") & (rows["layer"] == rows["layer"].max())]
deepest = last.loc[last.groupby(["task", "level"])["value"].idxmin(), ["task", "level", "step", "value"]]
deepest.to_csv(sys.argv[2], index=False)
