"""The claims about language models under other settings of events, onsets and leads, and other variants of RankMe."""

from pathlib import Path

import pandas as pd

from emergence import tables
from emergence.analysis.language.claims import claims
from emergence.analysis.language.evidence import Evidence
from emergence.analysis.language.phases import phases, shares
from emergence.analysis.stability import trial
from emergence.analysis.stability.again import stability
from emergence.schemas.analysis import STABILITY
from emergence.settings.analysis import LeadSettings
from emergence.settings.stability import LanguageStabilitySettings


def evidence(tried: trial.Trial, chosen: LeadSettings, settings: LanguageStabilitySettings) -> Evidence:
    """The tables that claims rest on, under the settings of an alternative."""
    rates, hierarchy = tried.rates(chosen)
    return Evidence(
        events=tried.events(chosen),
        collapses=tried.collapses(chosen),
        top_down=tried.top_down(chosen),
        leads=tried.leads(chosen),
        precursors=rates,
        hierarchy=hierarchy,
        shares=_shares(tried, chosen, settings),
        onsets=tried.onsets(chosen),
    )


def _shares(tried: trial.Trial, chosen: LeadSettings, settings: LanguageStabilitySettings) -> pd.DataFrame:
    """Table ``phase_shares``."""
    of = settings.phases.model_copy(update={"variant": chosen.signal.variant, "collapse": chosen.collapse})
    return shares(phases(tried.rankme(chosen), of), of.confidence)


def make(settings: LanguageStabilitySettings, scores: Path, measures: list[Path], table: Path) -> None:
    """Judge the claims about language models under every alternative."""
    tried = trial.read(settings, scores, measures)
    found = stability(lambda chosen: claims(evidence(tried, chosen, settings), settings.claims), settings)
    tables.write(STABILITY, found, table)
