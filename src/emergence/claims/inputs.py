"""The tables that the claims of each study are read from, for the rules and for the registries of claims.

Nothing is imported: Snakemake reads this for every job on a cluster.
"""

from collections.abc import Mapping
from dataclasses import dataclass

TABLES: Mapping[str, tuple[str, ...]] = {
    "anatomy": (
        *("events", "collapse", "floors", "size_slopes", "direction_shares", "precursors", "lead_differences"),
        *("hierarchy", "order_prediction", "llc_validity", "smallest_leads"),
    ),
    "parity": (
        *("constants", "crossings", "deviations", "comparisons", "shots", "network_exponents", "sweep"),
        *("entropy_slopes", "scaling_exponents", "model_strengths", "model_crossings", "staging"),
        *("emergence_times", "power_laws", "detection_times", "detector_error", "measure_tracking"),
        *("rule_outcomes", "precursors", "lead_differences", "lead_power", "smallest_leads", "llc_validity"),
        "measure",
    ),
    "neuromfa": (
        *("run_means", "baseline_comparison", "untrained", "degree_of_emergence", "precursors", "lead_differences"),
    ),
    "language": (
        *("events", "collapse", "direction_shares", "phase_shares", "llc_validity", "smallest_leads", "precursors"),
        *("lead_differences", "hierarchy", "leads", "onsets"),
    ),
    "interventions": (
        *("clock_laws", "clock_shares", "arm_effects", "method_effects", "frequency_exponents"),
        *("language_arm_effects", "early_accuracy"),
    ),
}
"""Names of their schemas, by study."""


@dataclass(frozen=True)
class Place:
    """Where a table lies."""

    path: str
    """below the results; a part in braces stands for each name that the study lists under this key"""
    needs: str = ""
    """key of the configuration without which nothing makes the table; none if its name tells"""


ELSEWHERE: Mapping[tuple[str, str], Place] = {
    ("parity", "sweep"): Place("parity/analysis/sweeps/width.parquet"),
    ("parity", "measure"): Place("parity/measures/layer_balance/{runs}.parquet", "parity.measures.layer_balance"),
    ("neuromfa", "precursors"): Place("anatomy/analysis/precursors.parquet"),
    ("neuromfa", "lead_differences"): Place("anatomy/analysis/lead_differences.parquet"),
    ("language", "leads"): Place("language/analysis/leads/{signal_names}.parquet"),
    ("language", "onsets"): Place("language/analysis/onsets/rankme.parquet", "language.measures.rankme"),
}
"""Tables that are not named after their schema in the folder of the study's analysis."""


def place(study: str, table: str) -> Place:
    """Where a table lies that claims of a study are read from.

    >>> place("anatomy", "events").path
    'anatomy/analysis/events.parquet'
    """
    return ELSEWHERE.get((study, table)) or Place(f"{study}/analysis/{table}.parquet")
