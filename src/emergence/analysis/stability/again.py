"""All claims of a study judged under every alternative (table ``stability``)."""

from collections.abc import Callable

import pandas as pd

from emergence.analysis.sensitivity import alternatives
from emergence.progress import Progress
from emergence.schemas.analysis import CONFIGURED, STABILITY
from emergence.settings.analysis import LeadSettings
from emergence.settings.stability import TrialSettings

EVIDENCE = ["value", "low", "high", "interval", "control", "verdict"]
"""What a claim rests on."""


def stability(judge: Callable[[LeadSettings], pd.DataFrame], settings: TrialSettings) -> pd.DataFrame:
    """Table ``stability``; ``judge`` makes the claims table under the settings of an alternative."""
    tried = list(alternatives(settings.leads, settings.grid))
    progress = Progress("stability", len(tried), "settings")
    found = []
    for done, (factor, value, chosen) in enumerate(tried, start=1):
        judged = judge(chosen).set_index("claim")
        if factor == CONFIGURED:
            first = judged
        changed = [not judged.loc[claim, EVIDENCE].equals(first.loc[claim, EVIDENCE]) for claim in judged.index]
        found.append(judged.reset_index().assign(factor=factor, setting=value, changed=changed))
        progress(done)
    return pd.concat(found, ignore_index=True)[STABILITY.arrow.names]
