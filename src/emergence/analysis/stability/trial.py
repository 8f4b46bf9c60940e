"""Study 1's stages on curves in memory, from events to rates, whatever the settings.

Each is the function that its stage calls. What an alternative does not touch is not done again.
"""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
from pydantic import BaseModel

from emergence import tables
from emergence.analysis import leads as of_leads
from emergence.analysis.collapse import collapse
from emergence.analysis.direction import direction, top_down
from emergence.analysis.events import events
from emergence.analysis.multifractal.degree import with_degree
from emergence.analysis.precursors import Tier, hierarchy, rates, with_own_loss
from emergence.analysis.signals import last_layer
from emergence.schemas.analysis import SCORES
from emergence.schemas.trajectories import MEASURE
from emergence.settings.analysis import LeadSettings, Signal
from emergence.settings.stability import TrialSettings
from emergence.tasks.symbols import CONTROL, PASSAGES

NO_TASKS = (CONTROL, PASSAGES)
"""Groups that are followed but are no tasks."""
RANKME = "rankme"


class Trial:
    """Curves of all measures and scores of the primary metric; ``chosen`` are RankMe's settings in an alternative."""

    def __init__(self, scored: pd.DataFrame, measured: pd.DataFrame, settings: TrialSettings, source: Path) -> None:
        self.scored = scored[scored["metric"] == settings.leads.events.primary]
        self._measured = dict(list(measured.groupby("measure", sort=False)))
        self._settings = settings
        self._source = source
        self._kept: dict[tuple[str, ...], pd.DataFrame] = {}

    def once(self, make: Callable[[], pd.DataFrame], name: str, *settings: BaseModel | str) -> pd.DataFrame:
        """What ``make`` returns, made once for each name and settings."""
        key = (name, *(each if isinstance(each, str) else each.model_dump_json() for each in settings))
        if key not in self._kept:
            self._kept[key] = make()
        return self._kept[key]

    def signals(self, chosen: LeadSettings) -> dict[str, LeadSettings]:
        """Settings of every signal: those of RankMe with its variant, the others with theirs."""
        found = {chosen.measure: chosen}
        for name, signal in self._settings.others.items():
            own = self._of_variant(signal, chosen)
            found[name] = chosen.model_copy(update={"measure": name, "signal": own})
        return found

    @staticmethod
    def _of_variant(signal: Signal, chosen: LeadSettings) -> Signal:
        """A signal that is RankMe of a group has RankMe's variant."""
        return signal.model_copy(update={"variant": chosen.signal.variant}) if signal.measure == RANKME else signal

    def rows(self, of: LeadSettings) -> pd.DataFrame:
        """Rows of a signal's measure, chosen for it; of the last layer, which is all that leads look at."""
        measure = of.signal.measure or of.measure

        def chosen() -> pd.DataFrame:
            every = with_degree(self._measured.get(measure, next(iter(self._measured.values())).iloc[:0]))
            return last_layer(of_leads.rows_of(every, self.scored, of, self._source))

        return self.once(chosen, f"rows {of.measure}", of.signal)

    def events(self, chosen: LeadSettings) -> pd.DataFrame:
        """Table ``events``."""
        return self.once(lambda: events(self.scored, chosen.events), "events", chosen.events)

    def rankme(self, chosen: LeadSettings) -> pd.DataFrame:
        """Rows of RankMe's variant, of all layers and groups."""
        every = self._measured[RANKME]
        return every[every["variant"] == chosen.signal.variant]

    def collapses(self, chosen: LeadSettings) -> pd.DataFrame:
        """Table ``collapse``, of one variant of RankMe."""
        return self.once(
            lambda: collapse(self.rankme(chosen), chosen.collapse), "collapse", chosen.signal, chosen.collapse
        )

    def of_tasks(self, chosen: LeadSettings) -> pd.DataFrame:
        """The same without groups that are no tasks."""
        found = self.collapses(chosen)
        return found[~found["task"].isin(NO_TASKS)]

    def top_down(self, chosen: LeadSettings) -> pd.DataFrame:
        """Table ``top_down``."""
        confidence = chosen.statistics.confidence
        return self.once(
            lambda: top_down(direction(self.of_tasks(chosen)), confidence), "top_down", chosen.signal, chosen.collapse
        )

    def leads(self, chosen: LeadSettings) -> pd.DataFrame:
        """Table ``leads`` of all signals, by the primary definition."""
        found = [self._leads(of, chosen) for of in self.signals(chosen).values()]
        return pd.concat([each for each in found if len(each)] or found[:1], ignore_index=True)

    def _leads(self, of: LeadSettings, chosen: LeadSettings) -> pd.DataFrame:
        names = (of.precursors.definition,)
        return self.once(
            lambda: of_leads.leads(self.events(chosen), self.scored, self.rows(of), of, names)[0], "leads", of
        )

    def onsets(self, of: LeadSettings) -> pd.DataFrame:
        """Table ``onsets`` of one signal."""
        return self.once(
            lambda: of_leads.onsets(self.rows(of), self.scored, of), f"onsets {of.measure}", of.signal, of.collapse
        )

    def rates(self, chosen: LeadSettings) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Tables ``precursors`` and ``hierarchy``, over all sizes."""
        found = with_own_loss(self.leads(chosen))
        definition = chosen.precursors.definition
        tier = Tier(list(self.signals(chosen)), [chosen.events.primary], [definition], [])
        judged = rates(found, tier, chosen.precursors.families, chosen.statistics)
        return judged, hierarchy(found, tier, chosen.statistics)


def read(settings: TrialSettings, scores: Path, measures: list[Path]) -> Trial:
    """Everything that was scored and measured."""
    return Trial(tables.read(SCORES, scores), tables.read(MEASURE, *measures), settings, measures[0])
