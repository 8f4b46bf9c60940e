"""What the paper says of Study 2, and of the joint study, in numbers."""

from pathlib import Path

import pandas as pd

from emergence import tables
from emergence.files import write_json
from emergence.report.records import Record, records
from emergence.schemas.joint import CONCLUSIONS, DETECTOR_ERROR, TRACKING
from emergence.schemas.powers import POWERS
from emergence.schemas.scaling import EXPONENTS, STAGES
from emergence.schemas.solvable import CONSTANTS, CROSSINGS, DEVIATIONS, ENTROPY_SLOPES
from emergence.settings.paper import QuotedSettings

HALF = 0.5
"""share of S at which skills are dated"""


def over_theory(crossings: pd.DataFrame) -> list[Record]:
    """Where each skill is half learned: networks over theory with the fitted constant, by axis and law."""
    half = crossings[crossings["share"] == HALF]
    networks = half[half["source"] == "network"]
    theory = half[half["source"] == "fitted"]
    joined = networks.merge(theory, on=["axis", "skill"], suffixes=("", "_theory"))
    joined = joined.assign(over=joined["value"] / joined["value_theory"], law=joined["law_theory"])
    return records(joined, ("axis", "skill", "law", "value", "low", "high", "value_theory", "over"))


def judged(conclusions: pd.DataFrame) -> list[Record]:
    """How often each rule is right, where it and the truth are decided."""
    groups = conclusions.groupby("rule", sort=False)["right"]
    return [{"rule": rule, "right": int(right.dropna().sum()), "decided": int(right.count())} for rule, right in groups]


def make(
    settings: QuotedSettings,
    constants: Path,
    crossings: Path,
    deviations: Path,
    entropy: Path,
    exponents: Path,
    powers: Path,
    stages: Path,
    errors: Path,
    tracking: Path,
    conclusions: Path,
    json: Path,
) -> None:
    """Collect what the paper quotes of Study 2 and of the joint study."""
    followed, concluded = (
        table[table["definition"] == settings.definition]
        for table in (tables.read(TRACKING, tracking), tables.read(CONCLUSIONS, conclusions))
    )
    dated = tables.read(DETECTOR_ERROR, errors)
    write_json(
        json,
        {
            "constants": records(tables.read(CONSTANTS, constants)),
            "crossings": over_theory(tables.read(CROSSINGS, crossings)),
            "deviations": records(tables.read(DEVIATIONS, deviations)),
            "entropy": records(tables.read(ENTROPY_SLOPES, entropy)),
            "exponents": records(tables.read(EXPONENTS, exponents)),
            "powers": records(tables.read(POWERS, powers)),
            "stages": records(tables.read(STAGES, stages)),
            "detectors": records(dated[dated["skill"] == "all"]),
            "tracking": records(followed),
            "conclusions": records(concluded),
            "judged": judged(concluded),
        },
    )
