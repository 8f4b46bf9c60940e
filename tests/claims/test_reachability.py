"""Every verdict could have come out otherwise: on data of a tier's sizes and runs each claim holds, on others it fails.

A claim that reaches only one verdict, or none, must say that it is not testable at the tier.
"""

from functools import cache

import numpy as np
import pytest
from support.project import tier_files
from synthetic import planted_claims, planted_neuromfa, planted_parity  # noqa: F401 - they declare what is planted
from synthetic.planting import PLANTED, Plant, Tables

from emergence.claims.claims_table import REGISTRIES
from emergence.claims.registry import Claim, Registry
from emergence.config import loading
from emergence.config.project import settings_for
from emergence.io.tables import Schema

pytestmark = pytest.mark.long

TIERS = ("laptop", "full")
UNTESTED = "not testable at this tier"
NOT_RUN = "not run"
ABSENT = {("B12", "laptop"): "no networks of another width or start are trained there"}
"""Claims of which a tier has no table, each with its reason."""
CLAIMS = [(registry, claim) for registry in REGISTRIES.values() for claim in registry.claims]


@cache
def config(tier: str) -> loading.Config:
    return loading.read(*tier_files(tier))


@cache
def planted(plant: Plant, tier: str, holds: bool) -> Tables:
    """Once for all claims that are read from the same tables."""
    return plant(config(tier), holds)


def verdicts(registry: Registry, claim: Claim, tier: str, *, holds: bool) -> dict[str, str]:
    """By part."""
    tables = planted(PLANTED[claim.id], tier, holds)
    settings = settings_for(config(tier), f"{registry.study}_claims")["settings"]
    findings = {part.name: finding for part, finding in claim.findings(tables, settings)}
    for finding in findings.values():
        assert bool(finding.otherwise) == (finding.judged.verdict != NOT_RUN), "what would have changed the verdict"
        assert not any(word in finding.otherwise for word in ("None", "nan"))
    return {part: finding.judged.verdict for part, finding in findings.items()}


@pytest.mark.parametrize("claim", [claim for _, claim in CLAIMS], ids=lambda claim: claim.id)
def test_every_claim_has_planted_data(claim: Claim) -> None:
    assert claim.id in PLANTED, (
        f"claim {claim.id} ({claim.place}) has no planted data: add a function to a module "
        f"tests/synthetic/planted_*.py, decorated @plant({claim.id!r}), that returns its tables "
        f"({', '.join(claim.tables)}), once so that it holds and once so that it fails, at the sizes and runs of a tier"
    )


WITHOUT_VALUE = {
    "LM5": "a combination of other claims",
    **dict.fromkeys(("J5", "J6", "J7"), "what a rule concludes is text"),
}


def may_be_null(schema: Schema) -> list[str]:
    """Columns of numbers that are null where there is none."""
    return [name.rstrip("?") for name, kind in schema.columns.items() if name.endswith("?") and kind == "float64"]


@pytest.mark.parametrize(("registry", "claim"), CLAIMS, ids=lambda one: getattr(one, "id", ""))
def test_no_verdict_is_reached_without_a_value(registry: Registry, claim: Claim) -> None:
    """On the planted tables without any number that may be null: all of nothing does not hold."""
    tables = planted(PLANTED[claim.id], "full", True)
    blank = {
        name: tables[name].assign(**dict.fromkeys(may_be_null(schema), np.nan))
        for name, schema in registry.schemas.items()
        if name in tables
    }
    settings = settings_for(config("full"), f"{registry.study}_claims")["settings"]
    for part, finding in claim.findings(blank, settings):
        reached = finding.judged.verdict in ("holds", "fails")
        known = np.isfinite(finding.value) or claim.id in WITHOUT_VALUE
        assert known or not reached, f"{claim.id} {part.name}: {finding.judged.verdict} without a value"


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize(("registry", "claim"), CLAIMS, ids=lambda one: getattr(one, "id", ""))
def test_a_verdict_comes_out_either_way_or_is_not_testable(registry: Registry, claim: Claim, tier: str) -> None:
    held, failed = (verdicts(registry, claim, tier, holds=holds) for holds in (True, False))
    assert held.keys() == failed.keys()
    allowed = [(NOT_RUN, NOT_RUN)] if (claim.id, tier) in ABSENT else [("holds", "fails"), (UNTESTED, UNTESTED)]
    for part in held:
        reached = (held[part], failed[part])
        assert reached in allowed, f"{claim.id} {part} at tier {tier}: {reached}"
