"""Claims LM1 to LM7: does the anatomy of emergence replicate in language models?

Rules are those of Study 1 wherever it has one; the unit is probe set x size. A rule that asks for an exact interval
above .85 cannot be met by fewer than 23 units, so a tier of few sizes leaves it undecided at best.
"""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from emergence import tables
from emergence.analysis.claims import collapse, prediction
from emergence.analysis.claims.estimates import Share
from emergence.analysis.claims.rules import at_least
from emergence.analysis.claims.verdicts import Judged, Row, both, judge
from emergence.analysis.language import claims_pythia
from emergence.analysis.language.evidence import Evidence
from emergence.analysis.signals import last_layer
from emergence.published import PUBLISHED_TOP_DOWN
from emergence.schemas.analysis import CLAIMS, COLLAPSE, EVENTS, HIERARCHY, LEADS, PRECURSORS, TOP_DOWN
from emergence.schemas.limits import ONSETS
from emergence.schemas.phases import PHASE_SHARES
from emergence.settings.analysis import ClaimSettings
from emergence.settings.phases import LanguageClaimSettings

ALL = ("rankme", "all", "all")


def claims(evidence: Evidence, settings: LanguageClaimSettings) -> pd.DataFrame:
    """All claims about language models (table ``claims``)."""
    patterns = [*_global(evidence, settings.claims)]
    none = _without_precursor(evidence, settings.claims)
    rows = [
        *patterns,
        _in_order(evidence, settings),
        none,
        _both_sides(patterns, none),
        *_hierarchy(evidence, settings.claims),
        *claims_pythia.rows(evidence, settings),
    ]
    table = pd.DataFrame([{"study": "language", **row} for row in rows])
    return table.astype(dict.fromkeys(("value", "low", "high"), "float64"))


def _global(evidence: Evidence, settings: ClaimSettings) -> Iterator[Row]:
    """The early collapse, and that it starts at the last layer."""
    found = collapse.universal(evidence.of_probes, settings)
    passages = last_layer(evidence.of_passages)["collapse_step"]
    yield {
        "claim": "LM1",
        "statement": "The early collapse replicates in language models, in every probe set and size",
        "published": "v1-v3: global patterns replicate in Pythia",
        **found,
        "control": f"{found['control']}; held-out passages collapse in {passages.notna().sum()}/{len(passages)} runs",
    }
    for version, published in PUBLISHED_TOP_DOWN.items():
        yield {
            "claim": f"LM2 {version}",
            "statement": "The collapse starts at the last layer in language models",
            "published": f"{version}: {published[0]}/{published[1]} (not of language models)",
            **collapse.first_at_the_top(evidence.top_down, published, settings),
        }


def _in_order(evidence: Evidence, settings: LanguageClaimSettings) -> Row:
    """Collapse, expansion and compression, in this order."""
    shares = evidence.shares.query("size == 'all'").set_index(["groups", "phase"])
    found, threshold = shares.loc[("probe sets", "in_order")], settings.verdicts.in_order
    share = Share(int(found["count"]), int(found["units"]), settings.claims.statistics.confidence)
    beside = [
        f"{groups}: " + ", ".join(f"{name} {row['count']}/{row['units']}" for name, row in rows.loc[groups].iterrows())
        for groups, rows in shares.groupby(level="groups", sort=False)
    ]
    return {
        "claim": "LM3",
        "statement": "Representations pass a collapse, an expansion and a compression, in this order",
        "published": "arXiv:2509.23024, of Pythia and OLMo",
        **share.columns,
        "control": "; ".join(beside),
        **judge(share, at_least(threshold), collapse.EVERY).columns,
        "rule": f"interval of the share of probe set x size units at or above {threshold}",
    }


def _without_precursor(evidence: Evidence, settings: ClaimSettings) -> Row:
    """RankMe of a probe set does not announce it."""
    rates = prediction.rates_of(evidence.precursors, settings)
    observed, excess, beside = prediction.beyond(rates, ALL, settings)
    return {
        "claim": "LM4",
        "statement": "RankMe gives no precursor of single probe sets, beyond its nulls",
        "published": "v1-v3: per-task precursors do not replicate in Pythia",
        **prediction.of_rate(observed),
        "control": f"{beside}; {_by_set(evidence, settings)}",
        **prediction.announcing_nothing(observed, excess, settings).columns,
        "rule": f"not: {prediction.beyond_nulls(settings)}",
    }


def _by_set(evidence: Evidence, settings: ClaimSettings) -> str:
    """How many events of each probe set RankMe leads, and the passages' RankMe, as text."""
    parts = []
    for measure, words in (("rankme", "leads"), ("rankme_text", "that of the passages leads")):
        events = evidence.leads_of(measure, settings).groupby("task", sort=False)["relation"]
        counts = [f"{task} {(found == 'leads').sum()}/{len(found)}" for task, found in events]
        parts.append(f"{words} {', '.join(counts) or 'no event'}")
    return "; ".join(parts)


def _both_sides(patterns: list[Row], none: Row) -> Row:
    """What holds of the whole network does not hold of single tasks."""
    rows = {row["claim"]: row for row in (*patterns, none)}
    parts = {name: Judged(rows[name]["verdict"], f"see {name}") for name in ("LM1", "LM2 v3", "LM4")}
    return {
        "claim": "LM5",
        "statement": "Global patterns replicate in language models where precursors of single tasks do not",
        "published": "v1-v3",
        "interval": "none",
        "control": ", ".join(f"{name}: {part.verdict}" for name, part in parts.items()),
        **both(*parts.values()).columns,
        "rule": f"all of {', '.join(parts)}",
    }


def _hierarchy(evidence: Evidence, settings: ClaimSettings) -> Iterator[Row]:
    """The local learning coefficient does not lead, and the Hessian lags."""
    rates = prediction.rates_of(evidence.precursors, settings)
    shares = prediction.relations_of(evidence.hierarchy, settings)
    for claim, measure, statement, counts in (
        ("LM6", "llc", "The local learning coefficient does not lead in language models", prediction.PUBLISHED_LLC),
        ("LM7", "hessian", "The Hessian's top eigenvalue lags in language models", prediction.PUBLISHED_HESSIAN),
    ):
        if measure in rates.index:
            yield {
                "claim": claim,
                "statement": statement,
                "published": f"v1: {counts[0]}/{counts[1]} lead (not of language models)",
                **prediction.following(rates, shares, measure, counts, settings),
            }


def make(
    settings: LanguageClaimSettings,
    events: Path,
    collapses: Path,
    top_down: Path,
    leads: list[Path],
    precursors: Path,
    hierarchy: Path,
    shares: Path,
    onsets: Path,
    table: Path,
) -> None:
    """Judge the claims about language models."""
    found = tables.read(COLLAPSE, collapses)
    evidence = Evidence(
        events=tables.read(EVENTS, events),
        collapses=found[found["variant"] == settings.claims.variant],
        top_down=tables.read(TOP_DOWN, top_down),
        leads=tables.read(LEADS, *leads),
        precursors=tables.read(PRECURSORS, precursors),
        hierarchy=tables.read(HIERARCHY, hierarchy),
        shares=tables.read(PHASE_SHARES, shares),
        onsets=tables.read(ONSETS, onsets),
    )
    tables.write(CLAIMS, claims(evidence, settings), table)
