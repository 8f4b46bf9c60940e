"""Claims A6 to A11: geometry as a precursor of emergence."""

from dataclasses import replace

import pandas as pd

from emergence.claims import followers, published, rates
from emergence.claims.registry import Section
from emergence.claims.rules import JUDGED
from emergence.claims.settings import ClaimSettings
from emergence.claims.verdicts import Finding, both, interval, none_of

claims = Section("prediction")
GEOMETRY = ("fisher", "gradient_covariance", "hessian", "llc", "rankme")
"""Measures of which v4 says that one leads."""


def _of_difficulty(
    tables: tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame | None],
    settings: ClaimSettings,
    difficulty: str,
    *,
    opposite: bool,
) -> Finding | None:
    """RankMe on tasks of one difficulty, beside tasks that are as difficult for other seeds."""
    precursors, lead_differences, smallest_leads = tables
    other = rates.by_rival(rates.differences_of(lead_differences, ("rankme", "other_seeds", difficulty), settings))
    told = f"; difficulty by other seeds: {other or 'no event'}"
    cell = ("rankme", "family", difficulty)
    return rates.precursor(precursors, lead_differences, cell, settings, smallest_leads, told, opposite=opposite)


@claims.claim(
    "A6",
    "RankMe leads the emergence of hard tasks, and leads it by more than its rivals do",
    published="v1: 75-100 %; v3: 100 %",
    figures=["4"],
    reproduction="draws",
)
def precursor_of_hard_tasks(
    precursors: pd.DataFrame,
    lead_differences: pd.DataFrame,
    settings: ClaimSettings,
    smallest_leads: pd.DataFrame | None = None,
) -> Finding | None:
    """RankMe is a precursor of hard tasks."""
    return _of_difficulty((precursors, lead_differences, smallest_leads), settings, "hard", opposite=False)


@claims.claim(
    "A7",
    "RankMe is no precursor of easy tasks: some rival tells as early",
    published="v4: no precursor",
    figures=["4"],
    reproduction="draws",
)
def no_precursor_of_easy_tasks(
    precursors: pd.DataFrame,
    lead_differences: pd.DataFrame,
    settings: ClaimSettings,
    smallest_leads: pd.DataFrame | None = None,
) -> Finding | None:
    """RankMe is no precursor of easy tasks."""
    return _of_difficulty((precursors, lead_differences, smallest_leads), settings, "easy", opposite=True)


@claims.claim(
    "A8",
    "Of all geometry only RankMe leads emergence reliably",
    published="v4",
    figures=["4"],
    reproduction="draws",
)
def only_rankme(
    precursors: pd.DataFrame,
    lead_differences: pd.DataFrame,
    settings: ClaimSettings,
    smallest_leads: pd.DataFrame | None = None,
) -> Finding | None:
    """RankMe is a precursor and no other geometry is."""
    findings = {
        name: rates.precursor(precursors, lead_differences, (name, "all", "all"), settings, smallest_leads)
        for name in GEOMETRY
    }
    reliable = {name: one for name, one in findings.items() if one is not None}
    if "rankme" not in reliable:
        return None
    rankme, others = reliable["rankme"], {name: one for name, one in reliable.items() if name != "rankme"}
    judged = both(rankme.judged, *(none_of(one.judged) for one in others.values()))
    if judged.verdict in JUDGED:
        names = f"{', '.join(others)}, by the lead over every rival"
        fails_if = f"RankMe is none, or so is one of {names}"
        judged = replace(judged, holds_if=f"RankMe is a precursor and none of {names}", fails_if=fails_if)
    return replace(
        rankme,
        control="; ".join(
            f"{name} {interval(vars(one), 'value', '+.1f')}: {one.judged.verdict}" for name, one in reliable.items()
        ),
        judged=judged,
        rule=f"RankMe is a precursor and no other is, by: {rankme.rule}",
    )


@claims.claim(
    "A9",
    "The local learning coefficient does not lead emergence",
    published="v1, v3: 0/24",
    figures=["4"],
    reproduction="draws",
)
def llc_does_not_lead(
    precursors: pd.DataFrame,
    hierarchy: pd.DataFrame,
    settings: ClaimSettings,
    smallest_leads: pd.DataFrame | None = None,
) -> Finding | None:
    """The local learning coefficient leads no more than was published."""
    return followers.follower(precursors, hierarchy, "llc", published.LLC_LEADS, settings, smallest_leads)


@claims.claim(
    "A10",
    "The Hessian's top eigenvalue lags emergence",
    published="v1: leads 4/24, lags",
    figures=["4"],
    reproduction="draws",
)
def hessian_lags(
    precursors: pd.DataFrame,
    hierarchy: pd.DataFrame,
    settings: ClaimSettings,
    smallest_leads: pd.DataFrame | None = None,
) -> Finding | None:
    """The Hessian leads no more than was published, and lags."""
    counts = published.HESSIAN_LEADS
    return followers.follower(precursors, hierarchy, "hessian", counts, settings, smallest_leads, lags=True)


@claims.claim(
    "A11",
    "Linear probes decode the answer before behaviour shows it, and before their rivals",
    published="v4: collapse, recovery, behaviour",
    figures=["4"],
    reproduction="draws",
)
def probes_lead(
    precursors: pd.DataFrame,
    lead_differences: pd.DataFrame,
    settings: ClaimSettings,
    smallest_leads: pd.DataFrame | None = None,
) -> Finding | None:
    """A linear read-out leads behaviour."""
    return rates.precursor(precursors, lead_differences, ("linear_probe", "all", "all"), settings, smallest_leads)
