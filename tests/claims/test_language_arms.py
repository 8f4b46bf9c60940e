"""Claim I19: every verdict, on synthetic pairs of language models."""

import pandas as pd
import pytest
from synthetic.language_arm_tables import diverged, language_arm_runs

from emergence.analysis.interventions.language_arms import estimate_effects
from emergence.claims.language_arms import fewer_steps
from emergence.claims.settings import InterventionClaimSettings
from emergence.claims.verdicts import Finding
from emergence.config import loading
from emergence.config.project import settings_for


@pytest.fixture(scope="module")
def settings(default: loading.Config) -> InterventionClaimSettings:
    return settings_for(default, "interventions_claims")["settings"]  # type: ignore[return-value]


def judged(runs: pd.DataFrame, settings: InterventionClaimSettings) -> Finding:
    return fewer_steps(estimate_effects(runs, settings.statistics), settings, "I19")


@pytest.mark.parametrize(
    ("ratio", "noise", "verdict"), [(0.7, 0.05, "holds"), (1.4, 0.05, "fails"), (1.0, 0.2, "undecided")]
)
def test_the_ratio_decides(ratio: float, noise: float, verdict: str, settings: InterventionClaimSettings) -> None:
    finding = judged(language_arm_runs(ratio, noise=noise), settings)
    assert finding.judged.verdict == verdict
    assert finding.value == pytest.approx(ratio, rel=0.3)
    assert "lowest rank over the initial one 0.90, plain 0.40" in finding.control


@pytest.mark.parametrize("ratio", [0.7, 1.4])
def test_prevention_that_did_not_prevent_decides_nothing(ratio: float, settings: InterventionClaimSettings) -> None:
    finding = judged(language_arm_runs(ratio, lowest=0.5), settings)
    assert finding.judged.verdict == "undecided"
    assert finding.judged.power == "the collapse is not prevented: the rank falls to 0.50 of its initial value"


def test_a_run_that_diverged_decides_nothing(settings: InterventionClaimSettings) -> None:
    finding = judged(diverged(language_arm_runs(0.7), "neox16-s0"), settings)
    assert (finding.judged.verdict, finding.judged.power) == ("undecided", "a run diverged in 1 of the pairs")


@pytest.mark.parametrize("pairs", [0, 1])
def test_a_tier_of_fewer_than_two_pairs_tests_nothing(pairs: int, settings: InterventionClaimSettings) -> None:
    tier = settings.model_copy(update={"language_pairs": pairs})
    assert judged(language_arm_runs(0.7, pairs=pairs), tier).judged.verdict == "not testable at this tier"
