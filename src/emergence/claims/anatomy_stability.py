"""Claims of Study 1 judged again under every alternative to a setting of events, onsets, leads or RankMe."""

from functools import partial
from pathlib import Path

import pandas as pd

from emergence.analysis.anatomy.floors import compare_floors
from emergence.analysis.anatomy.order_prediction import OrderSettings, compare_features, correct_p
from emergence.analysis.anatomy.size_slopes import compare_sizes
from emergence.analysis.event_matrix import event_matrix, feature_matrices
from emergence.analysis.leads import LeadSettings
from emergence.claims import stability
from emergence.claims.anatomy import ANATOMY
from emergence.claims.settings import AnatomyClaimSettings
from emergence.claims.stability import TrialSettings
from emergence.config.training import Size
from emergence.schemas.anatomy import ORDER_PREDICTION


class StabilitySettings(TrialSettings):
    """Settings under which the claims of Study 1 are judged again."""

    claims: AnatomyClaimSettings
    order: OrderSettings
    sizes: list[Size]


def rejudge_claims(
    settings: StabilitySettings, scores: Path, measures: list[Path], smallest_leads: list[Path], table: Path
) -> None:
    """Judge the claims of Study 1 under every alternative to a setting of events, onsets, leads or RankMe.

    Args:
        settings: The claims' settings, and the alternatives to them.
        scores: Table ``scores`` of the study.
        measures: Tables ``measure`` of all runs.
        smallest_leads: Table ``smallest_leads``, or nothing where no leads were planted.
        table: Where ``stability`` is written.
    """
    stability.rejudge(partial(_claims_under, settings), settings, scores, measures, smallest_leads, table)


def _claims_under(settings: StabilitySettings, cache: stability.Reanalysis, chosen: LeadSettings) -> pd.DataFrame:
    """The claims under the settings of an alternative."""

    def floors() -> pd.DataFrame:
        return compare_floors(cache.of_tasks(chosen), chosen.statistics)

    def slopes() -> pd.DataFrame:
        return compare_sizes(cache.of_tasks(chosen), settings.sizes, chosen.statistics)

    tables = cache.tables(chosen) | {
        "floors": cache.once(floors, "floors", chosen.signal, chosen.collapse),
        "size_slopes": cache.once(slopes, "size slopes", chosen.signal, chosen.collapse),
        "order_prediction": _order_under(cache, chosen, settings.order),
    }
    return ANATOMY.judge(tables, stability.by_settings(settings.claims, chosen), power=False)


def _order_under(cache: stability.Reanalysis, chosen: LeadSettings, settings: OrderSettings) -> pd.DataFrame:
    """Table ``order_prediction``, of other measures only what corrects RankMe's p."""
    matrix = event_matrix(cache.events(chosen), settings.easy)

    def of_signal(signal: LeadSettings) -> pd.DataFrame:
        others = signal.measure != chosen.measure
        rows = compare_features(*feature_matrices(cache.onsets(signal), matrix), settings, tests_only=others)
        return pd.DataFrame(rows, columns=ORDER_PREDICTION.arrow.names).assign(measure=signal.measure)

    by_signal = [
        cache.once(partial(of_signal, signal), f"order {signal.measure}", signal.signal, signal.events, signal.collapse)
        for signal in cache.signals(chosen).values()
    ]
    return correct_p(pd.concat(by_signal, ignore_index=True))
