"""The tables that claims rest on."""

from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True)
class Evidence:
    """Tables as analyses wrote them; collapses are those of the primary variant of RankMe."""

    events: pd.DataFrame
    collapses: pd.DataFrame
    floors: pd.DataFrame
    top_down: pd.DataFrame
    precursors: pd.DataFrame
    hierarchy: pd.DataFrame
    limits: pd.DataFrame
