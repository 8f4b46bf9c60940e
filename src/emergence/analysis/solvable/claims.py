"""The claims of Study 2, published and our own."""

from pathlib import Path

import pandas as pd

from emergence import tables
from emergence.analysis.solvable import claims_joint, claims_models, claims_networks, claims_scaling, claims_transformer
from emergence.schemas.analysis import CLAIMS
from emergence.schemas.joint import CONCLUSIONS, DETECTED, DETECTOR_ERROR, TRACKING
from emergence.schemas.powers import EMERGENCES, POWERS
from emergence.schemas.scaling import EXPONENTS, MODELS, PASSAGES, STAGES
from emergence.schemas.solvable import CONSTANTS, CROSSINGS, DEVIATIONS, ENTROPY_SLOPES
from emergence.settings.claims import SolvableClaimSettings


def make(
    settings: SolvableClaimSettings,
    constants: Path,
    crossings: Path,
    deviations: Path,
    entropy: Path,
    exponents: Path,
    models: Path,
    passages: Path,
    stages: Path,
    emergences: Path,
    powers: Path,
    detected: Path,
    errors: Path,
    tracking: Path,
    conclusions: Path,
    table: Path,
) -> None:
    """Judge the claims on networks, scaling laws, models, other networks and Study 1's tools."""
    confidence = settings.confidence
    passed, apart = tables.read(CROSSINGS, crossings), tables.read(DEVIATIONS, deviations)
    rows = [
        *claims_networks.constants(tables.read(CONSTANTS, constants), settings.networks, confidence),
        *claims_networks.predictions(passed, apart, settings.networks, confidence),
        *claims_networks.ratios(passed, settings.networks, confidence),
        *claims_networks.data_law(apart, confidence),
        *claims_networks.entropy(tables.read(ENTROPY_SLOPES, entropy), settings.entropy, confidence),
        *claims_scaling.claims(tables.read(EXPONENTS, exponents), settings.scaling),
        *claims_models.claims(
            tables.read(MODELS, models), tables.read(PASSAGES, passages), tables.read(STAGES, stages), settings.scaling
        ),
        *claims_transformer.claims(
            tables.read(EMERGENCES, emergences), tables.read(POWERS, powers), settings.powers, confidence
        ),
        *claims_joint.rows(
            tables.read(DETECTED, detected),
            tables.read(DETECTOR_ERROR, errors),
            tables.read(TRACKING, tracking),
            tables.read(CONCLUSIONS, conclusions),
            settings.joint,
        ),
    ]
    judged = pd.DataFrame(rows, columns=CLAIMS.arrow.names).assign(study="solvable")
    tables.write(CLAIMS, judged.astype(dict.fromkeys(("value", "low", "high"), "float64")), table)
