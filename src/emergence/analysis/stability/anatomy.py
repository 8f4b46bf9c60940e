"""The claims of Study 1 under other settings of events, onsets and leads, and for other variants of RankMe."""

from functools import partial
from pathlib import Path

import pandas as pd

from emergence import tables
from emergence.analysis.claims.evidence import Evidence
from emergence.analysis.claims.table import claims
from emergence.analysis.floors import floors
from emergence.analysis.limits import corrected, limits
from emergence.analysis.panel import features, panel
from emergence.analysis.stability import trial
from emergence.analysis.stability.again import stability
from emergence.schemas.analysis import STABILITY
from emergence.schemas.limits import LIMITS
from emergence.settings.analysis import LeadSettings
from emergence.settings.limits import LimitSettings
from emergence.settings.stability import StabilitySettings


def evidence(tried: trial.Trial, chosen: LeadSettings, settings: StabilitySettings) -> Evidence:
    """The tables that claims rest on, under the settings of an alternative."""
    rates, hierarchy = tried.rates(chosen)
    return Evidence(
        events=tried.events(chosen),
        collapses=tried.collapses(chosen),
        floors=tried.once(
            lambda: floors(tried.of_tasks(chosen), chosen.statistics), "floors", chosen.signal, chosen.collapse
        ),
        top_down=tried.top_down(chosen),
        precursors=rates,
        hierarchy=hierarchy,
        limits=_limits(tried, chosen, settings.limits),
    )


def _limits(tried: trial.Trial, chosen: LeadSettings, settings: LimitSettings) -> pd.DataFrame:
    """Table ``limits``."""
    of_events = panel(tried.events(chosen), settings.easy)

    def of_signal(of: LeadSettings) -> pd.DataFrame:
        rows = limits(*features(tried.onsets(of), of_events), settings)
        return pd.DataFrame(rows, columns=LIMITS.arrow.names).assign(measure=of.measure)

    found = [
        tried.once(partial(of_signal, of), f"limits {of.measure}", of.signal, of.events, of.collapse)
        for of in tried.signals(chosen).values()
    ]
    return corrected(pd.concat(found, ignore_index=True))


def make(settings: StabilitySettings, scores: Path, measures: list[Path], table: Path) -> None:
    """Judge the claims of Study 1 under every alternative."""
    tried = trial.read(settings, scores, measures)
    found = stability(lambda chosen: claims(evidence(tried, chosen, settings), settings.claims), settings)
    tables.write(STABILITY, found, table)
