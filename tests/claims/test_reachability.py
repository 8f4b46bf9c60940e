"""Every verdict could have come out otherwise: on data of a tier's sizes and runs each claim holds, on others it fails.

A claim that reaches only one verdict, or none, must say that it is not testable at the tier.
"""

from functools import cache

import pytest
from support.project import tier_files
from synthetic.planted_claims import PLANTED

from emergence.claims.claims_table import REGISTRIES
from emergence.claims.registry import Claim, Registry
from emergence.config import loading
from emergence.config.project import settings_for

TIERS = ("laptop", "full")
UNTESTED = "not testable at this tier"
NOT_YET = {
    *(f"B{number}" for number in range(1, 14)),
    *(f"L{number}" for number in range(1, 8)),
    *(f"M{number}" for number in range(1, 7)),
    *("T1", "T2"),
    *("N1", "N2", "N3", "N4", "N5", "N7", "N8"),
}
"""Claims that are older than this test, whose plants stand in their own tests at other numbers of runs."""
CLAIMS = [(registry, claim) for registry in REGISTRIES.values() for claim in registry.claims]


@cache
def config(tier: str) -> loading.Config:
    return loading.read(*tier_files(tier))


def verdicts(registry: Registry, claim: Claim, tier: str, *, holds: bool) -> dict[str, str]:
    """By part."""
    tables = PLANTED[claim.id](config(tier), holds)
    settings = settings_for(config(tier), f"{registry.study}_claims")["settings"]
    return {part.name: finding.judged.verdict for part, finding in claim.findings(tables, settings)}


@pytest.mark.parametrize("claim", [claim for _, claim in CLAIMS], ids=lambda claim: claim.id)
def test_every_claim_has_planted_data(claim: Claim) -> None:
    assert claim.id in PLANTED or claim.id in NOT_YET, (
        f"claim {claim.id} ({claim.place}) has no planted data: add a function to tests/synthetic/planted_claims.py, "
        f"decorated @plant({claim.id!r}), that returns its tables ({', '.join(claim.tables)}), once so that it holds "
        "and once so that it fails, at the sizes and runs of a tier"
    )
    assert not (claim.id in PLANTED and claim.id in NOT_YET), f"take {claim.id} out of NOT_YET"


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize(
    ("registry", "claim"), [pair for pair in CLAIMS if pair[1].id in PLANTED], ids=lambda one: getattr(one, "id", "")
)
def test_a_verdict_comes_out_either_way_or_is_not_testable(registry: Registry, claim: Claim, tier: str) -> None:
    held, failed = (verdicts(registry, claim, tier, holds=holds) for holds in (True, False))
    assert held.keys() == failed.keys()
    for part in held:
        reached = (held[part], failed[part])
        assert reached in (("holds", "fails"), (UNTESTED, UNTESTED)), f"{claim.id} {part} at tier {tier}: {reached}"
