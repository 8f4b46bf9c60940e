"""The tables that claims about language models rest on, of all models or of some."""

from collections.abc import Collection
from dataclasses import dataclass

import pandas as pd

from emergence.analysis.direction import direction, top_down
from emergence.analysis.precursors import Tier, rates, with_own_loss
from emergence.settings.analysis import ClaimSettings
from emergence.settings.phases import LanguageClaimSettings
from emergence.tasks.symbols import PASSAGES


@dataclass(frozen=True)
class Evidence:
    """Tables as analyses wrote them; collapses are those of the primary variant of RankMe."""

    events: pd.DataFrame
    collapses: pd.DataFrame
    """of the passages as well"""
    top_down: pd.DataFrame
    leads: pd.DataFrame
    """of all signals"""
    precursors: pd.DataFrame
    hierarchy: pd.DataFrame
    shares: pd.DataFrame
    """table ``phase_shares``"""
    onsets: pd.DataFrame
    """of RankMe"""

    @property
    def of_probes(self) -> pd.DataFrame:
        """Collapses of the probe sets."""
        return self.collapses[self.collapses["task"] != PASSAGES]

    @property
    def of_passages(self) -> pd.DataFrame:
        """Collapses of the passages."""
        return self.collapses[self.collapses["task"] == PASSAGES]

    def leads_of(self, measure: str, settings: ClaimSettings) -> pd.DataFrame:
        """Leads of one measure, by the primary metric and definition."""
        chosen = (self.leads["metric"] == settings.metric) & (self.leads["definition"] == settings.definition)
        return self.leads[chosen & (self.leads["measure"] == measure)]


@dataclass(frozen=True)
class Part:
    """What the same stages find in some of the models."""

    collapses: pd.DataFrame
    """of the probe sets"""
    top_down: pd.DataFrame
    precursors: pd.DataFrame
    """of RankMe over all sizes, by the primary metric and definition"""


def part(evidence: Evidence, runs: Collection[str], settings: LanguageClaimSettings) -> Part:
    """The evidence of these runs, each of which must have curves of RankMe."""
    shared = settings.claims
    collapses = evidence.of_probes[evidence.of_probes["run"].isin(runs)]
    leads = with_own_loss(evidence.leads)
    tier = Tier(["rankme"], [shared.metric], [shared.definition], [])
    found = rates(leads[leads["run"].isin(runs)], tier, settings.families, shared.statistics)
    units = direction(collapses)
    return Part(collapses, top_down(units, shared.statistics.confidence), found)
