"""Claims LM1 to LM7: does the anatomy of emergence replicate in language models?

Claims P1 to P3 on Pythia stand in `emergence.claims.pythia`. Rules are those of Study 1 where it has one; units are
probe sets x sizes. Fewer than 23 units cannot meet a rule that asks for an exact interval above .85, so a tier of few
sizes leaves it undecided at best.
"""

from dataclasses import replace
from functools import partial
from pathlib import Path

import pandas as pd

from emergence.analysis.language.phases import PhaseSettings, find_phases, phase_shares
from emergence.analysis.leads import LeadSettings
from emergence.analysis.select import last_layer
from emergence.claims import anatomy, anatomy_precursors, published, pythia, rates, stability
from emergence.claims.estimates import Share
from emergence.claims.llc_caveat import llc_caveat
from emergence.claims.registry import Part, Registry, Section
from emergence.claims.rules import at_least
from emergence.claims.settings import ClaimSettings, LanguageClaimSettings
from emergence.claims.stability import TrialSettings
from emergence.claims.verdicts import Finding, Judged, both, of_share, untested
from emergence.io import tables as files
from emergence.schemas import analysis
from emergence.schemas import language as schemas
from emergence.schemas.analysis import CLAIMS
from emergence.tasks.symbols import PASSAGES

models = Section("language models")
claim = partial(models.claim, figures=["10"], reproduction="language")
ALL = ("rankme", "all", "all")


class LanguageStabilitySettings(TrialSettings):
    """Settings under which the claims about language models are judged again."""

    claims: LanguageClaimSettings
    phases: PhaseSettings


@claim(
    "LM1",
    "The early collapse replicates in language models, in every probe set and size",
    published="v1-v3: global patterns replicate in Pythia",
)
def early_collapse(collapse: pd.DataFrame, settings: LanguageClaimSettings) -> Finding:
    """The representations of all probe sets collapse early; those of the passages stand beside."""
    collapse = collapse[collapse["variant"] == settings.claims.variant]
    of_passages = collapse["task"] == PASSAGES
    steps = last_layer(collapse[of_passages])["collapse_step"]
    beside = f"; held-out passages collapse in {steps.notna().sum()}/{len(steps)} runs"
    return anatomy.universal_collapse(collapse[~of_passages], settings.claims, beside)


@claim(
    "LM2",
    "The collapse starts at the last layer in language models",
    published="v1: 32/32; v3: 28/32 (not of language models)",
    parts=[Part(version, value=count) for version, count in published.TOP_DOWN.items()],
)
def top_down_collapse(direction_shares: pd.DataFrame, settings: LanguageClaimSettings, part: Part) -> Finding:
    """The last layer of language models collapses first."""
    hits, units = part.value
    said = f"{part.name}: {hits}/{units} (not of language models)"
    return anatomy.last_layer_first(direction_shares, part.value, settings.claims, said)


@claim(
    "LM3",
    "Representations pass a collapse, an expansion and a compression, in this order",
    published="arXiv:2509.23024, of Pythia and OLMo",
)
def phases_in_order(phase_shares: pd.DataFrame, settings: LanguageClaimSettings) -> Finding:
    """Collapse, expansion and compression, in this order."""
    by_phase = phase_shares.query("size == 'all'").set_index(["groups", "phase"])
    row, threshold = by_phase.loc[("probe sets", "in_order")], settings.verdicts.in_order
    beside = [
        f"{groups}: " + ", ".join(f"{name} {one['count']}/{one['units']}" for name, one in rows.loc[groups].iterrows())
        for groups, rows in by_phase.groupby(level="groups", sort=False)
    ]
    finding = of_share(
        Share(int(row["count"]), int(row["units"]), settings.claims.statistics.confidence),
        at_least(threshold),
        anatomy.EVERY,
        control="; ".join(beside),
        text=f"interval of the share of probe set x size units at or above {threshold}",
    )
    if settings.last_step >= published.STEPS_OF_PHASES:
        return finding
    why = f"training ends at step {settings.last_step}; the compression was seen by step {published.STEPS_OF_PHASES}"
    return replace(finding, judged=untested(why))


@claim(
    "LM4",
    "RankMe is no precursor of single probe sets: some rival tells as early",
    published="v1-v3: per-task precursors do not replicate in Pythia",
)
def no_precursor(
    precursors: pd.DataFrame,
    lead_differences: pd.DataFrame,
    leads: pd.DataFrame,
    settings: LanguageClaimSettings,
    smallest_leads: pd.DataFrame | None = None,
) -> Finding | None:
    """RankMe of a probe set does not announce it."""
    by_set = f"; {_by_set(leads, settings.claims)}"
    return rates.precursor(precursors, lead_differences, ALL, settings.claims, smallest_leads, by_set, opposite=True)


def _by_set(leads: pd.DataFrame, settings: ClaimSettings) -> str:
    """Counts of events that RankMe of each probe set leads, and RankMe of the passages, as text."""
    parts = []
    for measure, words in (("rankme", "leads"), ("rankme_text", "RankMe of the passages leads")):
        events = rates.primary_leads(leads, measure, settings).groupby("task", sort=False)["relation"]
        counts = [f"{task} {(relations == 'leads').sum()}/{len(relations)}" for task, relations in events]
        parts.append(f"{words} {', '.join(counts) or 'no event'}")
    return "; ".join(parts)


@claim(
    "LM5",
    "Global patterns replicate in language models where precursors of single tasks do not",
    published="v1-v3",
)
def global_not_local(
    collapse: pd.DataFrame,
    direction_shares: pd.DataFrame,
    precursors: pd.DataFrame,
    lead_differences: pd.DataFrame,
    leads: pd.DataFrame,
    settings: LanguageClaimSettings,
    smallest_leads: pd.DataFrame | None = None,
) -> Finding | None:
    """LM1, LM2 v3 and LM4 together."""
    silent = no_precursor(precursors, lead_differences, leads, settings, smallest_leads)
    if silent is None:
        return None
    parts = {
        "LM1": early_collapse(collapse, settings),
        "LM2 v3": top_down_collapse(direction_shares, settings, Part("v3", value=published.TOP_DOWN["v3"])),
        "LM4": silent,
    }
    return Finding(
        control=", ".join(f"{name}: {part.judged.verdict}" for name, part in parts.items()),
        judged=both(
            *(Judged(of.judged.verdict, f"see {name}", f"{name} holds", f"{name} fails") for name, of in parts.items())
        ),
        rule=f"all of {', '.join(parts)}",
    )


@claim(
    "LM6",
    "The local learning coefficient does not lead in language models",
    published="v1: 0/24 lead (not of language models)",
)
def llc_does_not_lead(
    precursors: pd.DataFrame,
    hierarchy: pd.DataFrame,
    settings: LanguageClaimSettings,
    smallest_leads: pd.DataFrame | None = None,
) -> Finding | None:
    """As claim A9."""
    return anatomy_precursors.llc_does_not_lead(precursors, hierarchy, settings.claims, smallest_leads)


@claim(
    "LM7",
    "The Hessian's top eigenvalue lags in language models",
    published="v1: 4/24 lead (not of language models)",
)
def hessian_lags(
    precursors: pd.DataFrame,
    hierarchy: pd.DataFrame,
    settings: LanguageClaimSettings,
    smallest_leads: pd.DataFrame | None = None,
) -> Finding | None:
    """As claim A10."""
    return anatomy_precursors.hessian_lags(precursors, hierarchy, settings.claims, smallest_leads)


LANGUAGE = Registry(
    "language",
    (analysis, schemas),
    (models, pythia.claims),
    headlines=("LM1", "LM3", "LM4"),
    caveats={"LM6": llc_caveat},
)


def judge_claims(settings: LanguageClaimSettings, tables: list[Path], table: Path) -> None:
    """Judge the claims about language models that their tables can decide.

    Args:
        settings: Thresholds and statistics of the study's claims.
        tables: Files of the tables that its claims are read from.
        table: Where ``claims`` is written.
    """
    files.write(CLAIMS, LANGUAGE.judge(LANGUAGE.read(tables), settings), table)


# Stability ----------------------------------------------------------------------------------------------------------


def rejudge_claims(
    settings: LanguageStabilitySettings, scores: Path, measures: list[Path], smallest_leads: list[Path], table: Path
) -> None:
    """Judge the claims about language models under every alternative to a setting of events, leads or RankMe.

    Args:
        settings: The claims' settings, and the alternatives to them.
        scores: Table ``scores`` of the study.
        measures: Tables ``measure`` of all runs.
        smallest_leads: Table ``smallest_leads``, or nothing where no leads were planted.
        table: Where ``stability`` is written.
    """
    stability.rejudge(partial(_claims_under, settings), settings, scores, measures, smallest_leads, table)


def _claims_under(
    settings: LanguageStabilitySettings, cache: stability.Reanalysis, chosen: LeadSettings
) -> pd.DataFrame:
    """The claims under the settings of an alternative."""
    of = settings.phases.model_copy(update={"variant": chosen.signal.variant, "collapse": chosen.collapse})
    tables = cache.tables(chosen) | {
        "leads": cache.leads(chosen),
        "phase_shares": phase_shares(find_phases(cache.rankme(chosen), of), of.confidence),
        "onsets": cache.onsets(chosen),
    }
    by = stability.by_settings(settings.claims.claims, chosen)
    return LANGUAGE.judge(tables, settings.claims.model_copy(update={"claims": by}), power=False)
