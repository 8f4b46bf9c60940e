"""Numbers of each study that the paper quotes."""

from pathlib import Path

import pandas as pd

from emergence.analysis.select import last_layer, select, without_control
from emergence.io import tables
from emergence.io.files import write_json
from emergence.report.json_values import Record, one, plain, quartiles, records
from emergence.schemas.analysis import (
    COLLAPSE,
    DIRECTION_SHARES,
    EVENTS,
    HIERARCHY,
    LEAD_DIFFERENCES,
    LLC_VALIDITY,
    PRECURSORS,
    SMALLEST_LEADS,
)
from emergence.schemas.anatomy import DETECTOR_VALIDITY, FLOORS, ORDER_PREDICTION, SENSITIVITY
from emergence.schemas.interventions import ARM_EFFECTS, CLOCK_LAWS, CLOCK_SHARES, EARLY_ACCURACY, METHOD_EFFECTS
from emergence.schemas.language import PHASE_SHARES
from emergence.schemas.neuromfa import RUN_MEANS, UNTRAINED
from emergence.schemas.parity import (
    CONSTANTS,
    CROSSINGS,
    DETECTOR_ERROR,
    DEVIATIONS,
    ENTROPY_SLOPES,
    MEASURE_TRACKING,
    POWER_LAWS,
    RULE_OUTCOMES,
    SCALING_EXPONENTS,
    STAGING,
)
from emergence.tasks.symbols import CONTROL

NOT_MEASURED: list[Path] = []
"""In the place of a table that is not part of the run."""
EVERY_TASK = {"classes": "all", "difficulty": "all"}
OVERALL = {**EVERY_TASK, "size": "all"}


def event_counts(events: pd.DataFrame) -> Record:
    """Curves with an event, overall, by size and for the control, and quartiles of event times in steps."""
    control = select(events, task=CONTROL)
    learned = without_control(events)
    by_size = learned.groupby(["size", "parameters"])["emerged"].agg(emerged="sum", units="size").reset_index()
    return {
        "emerged": int(learned["emerged"].sum()),
        "units": len(learned),
        "runs": int(learned["run"].nunique()),
        "by_size": records(by_size.sort_values("parameters", kind="stable")),
        "control": {"emerged": int(control["emerged"].sum()), "units": len(control)},
        "steps": quartiles(learned["step"]),
    }


def collapse_summary(collapses: pd.DataFrame) -> Record:
    """Depth and steps of the collapse of the last layer: quartiles over tasks, levels and runs."""
    last = last_layer(without_control(collapses))
    columns = {"depth": "depth", "floor_step": "floor_step", "collapse_step": "collapse_step", "onset": "onset_step"}
    return {name: quartiles(last[column]) for name, column in columns.items()}


def lead_rates(precursors: pd.DataFrame, hierarchy: pd.DataFrame) -> list[Record]:
    """One record a measure: its rate of leads, in all and by size, nulls, least excess, and shares of relations."""
    rows, overall = [], select(precursors, size="all")
    by_size = select(precursors[precursors["size"] != "all"], control="observed")
    for measure in overall["measure"].unique():
        rates = select(overall, measure=measure)
        shares = select(hierarchy, measure=measure).set_index("relation")["share"]
        excesses = rates[rates["excess"].notna()].sort_values("excess", kind="stable")
        least = records(excesses, ("control", "excess", "excess_low", "excess_high", "holm_p"))
        rows.append(
            {
                "measure": measure,
                "observed": one(rates, control="observed"),
                "by_size": records(select(by_size, measure=measure), ("size", "rate", "low", "high")),
                "nulls": {row["control"]: row for row in records(rates[rates["control"] != "observed"])},
                "least": least[0] if least else None,
                "relations": {str(relation): float(share) for relation, share in shares.items()},
            }
        )
    return rows


def lead_differences_table(differences: pd.DataFrame, smallest: pd.DataFrame, **cell: str) -> list[Record]:
    """One record a measure: its lead less that of each rival over the same events, and the smallest lead that is seen.

    Args:
        differences: leads less those of rivals.
        smallest: smallest leads that each rule sees.
        **cell: classes and difficulty of the events; all sizes are taken together.
    """
    of_cell = select(differences, size="all", **cell)
    seen = select(smallest, rule="lead differences", **cell)
    return [
        {
            "measure": measure,
            "whole_network": bool(rows["whole_network"].iloc[0]),
            "rivals": {row["rival"]: row for row in records(rows)},
            "smallest": one(seen, measure=measure),
        }
        for measure, rows in of_cell.groupby("measure", sort=False)
    ]


def llc_reliability(validity: pd.DataFrame) -> Record:
    """Share of checkpoints at which the chains bear the estimate, and quartiles of the estimate over its curvature."""
    valid = validity["valid"].astype(bool)
    return {
        "checkpoints": len(validity),
        "valid": plain(valid.mean()),
        "over_curvature": quartiles(validity.loc[valid, "over_curvature"]),
    }


def detector_rates(validity: pd.DataFrame) -> Record:
    """Recall and false positives on synthetic curves with the noise and widths of this run's own transitions."""
    run = validity[validity["observed"] & (validity["spacing"] == validity["spacing"].min())]
    planted = select(run, scenario="transition", width=None)
    empty = run[run["scenario"] != "transition"].sort_values("false_positives", kind="stable")
    return {
        "planted": records(planted)[0] if len(planted) else None,
        "worst": records(empty)[-1] if len(empty) else None,
    }


def collect_anatomy_numbers(
    metric: str,
    definition: str,
    variant: str,
    detector: str,
    events: Path,
    collapse: Path,
    floors: Path,
    direction_shares: Path,
    precursors: Path,
    hierarchy: Path,
    order_prediction: Path,
    detector_validity: Path,
    sensitivity: Path,
    lead_differences: Path,
    smallest_leads: Path,
    json: Path,
    llc_validity: list[Path] = NOT_MEASURED,
) -> None:
    """Collect the numbers of Study 1 for the paper; ``llc_validity`` is empty where no LLC was estimated."""
    chosen = {"metric": metric, "definition": definition, **OVERALL}
    every_event = tables.read(EVENTS, events)
    by_variant = tables.read(COLLAPSE, collapse)
    by_detector = tables.read(DETECTOR_VALIDITY, detector_validity)
    orders = tables.read(ORDER_PREDICTION, order_prediction)
    differences = select(tables.read(LEAD_DIFFERENCES, lead_differences), definition=definition)
    smallest = tables.read(SMALLEST_LEADS, smallest_leads)
    write_json(
        json,
        {
            "events": event_counts(select(every_event, metric=metric)),
            "collapse": collapse_summary(select(by_variant, variant=variant)),
            "floors": records(tables.read(FLOORS, floors)),
            "top_down": records(tables.read(DIRECTION_SHARES, direction_shares)),
            "precursors": lead_rates(
                select(tables.read(PRECURSORS, precursors), metric=metric, definition=definition, **EVERY_TASK),
                select(tables.read(HIERARCHY, hierarchy), **chosen),
            ),
            "leads": {
                difficulty: lead_differences_table(differences, smallest, classes="family", difficulty=difficulty)
                for difficulty in ("hard", "easy")
            },
            "llc": llc_reliability(tables.read(LLC_VALIDITY, *llc_validity)) if llc_validity else None,
            "orders": records(select(orders, size="all", statistic="spearman")),
            "detector": detector_rates(select(by_detector, detector=detector)),
            "sensitivity": records(tables.read(SENSITIVITY, sensitivity)),
        },
    )


HALF = 0.5
"""Share of S at which the emergence of a skill is timed."""


def ratios_to_theory(crossings: pd.DataFrame) -> list[Record]:
    """Half-strength points of networks over those of theory with the fitted constant, by axis, skill and law."""
    networks = select(crossings, share=HALF, source="network")
    theory = select(crossings, share=HALF, source="fitted")
    joined = networks.merge(theory, on=["axis", "skill"], suffixes=("", "_theory"))
    joined = joined.assign(over=joined["value"] / joined["value_theory"], law=joined["law_theory"])
    return records(joined, ("axis", "skill", "law", "value", "low", "high", "value_theory", "over"))


def rule_accuracy(conclusions: pd.DataFrame) -> list[Record]:
    """Number of right conclusions of each rule, among those where rule and truth are decided."""
    groups = conclusions.groupby("rule", sort=False)["right"]
    return [{"rule": rule, "right": int(right.dropna().sum()), "decided": int(right.count())} for rule, right in groups]


def collect_parity_numbers(
    definition: str,
    constants: Path,
    crossings: Path,
    deviations: Path,
    entropy_slopes: Path,
    scaling_exponents: Path,
    power_laws: Path,
    staging: Path,
    detector_error: Path,
    measure_tracking: Path,
    rule_outcomes: Path,
    json: Path,
) -> None:
    """Collect the numbers of Study 2 and of the joint study for the paper."""
    tracked = select(tables.read(MEASURE_TRACKING, measure_tracking), definition=definition)
    outcomes = select(tables.read(RULE_OUTCOMES, rule_outcomes), definition=definition)
    write_json(
        json,
        {
            "constants": records(tables.read(CONSTANTS, constants)),
            "crossings": ratios_to_theory(tables.read(CROSSINGS, crossings)),
            "deviations": records(tables.read(DEVIATIONS, deviations)),
            "entropy": records(tables.read(ENTROPY_SLOPES, entropy_slopes)),
            "exponents": records(tables.read(SCALING_EXPONENTS, scaling_exponents)),
            "powers": records(tables.read(POWER_LAWS, power_laws)),
            "stages": records(tables.read(STAGING, staging)),
            "detectors": records(select(tables.read(DETECTOR_ERROR, detector_error), skill="all")),
            "tracking": records(tracked),
            "conclusions": records(outcomes),
            "judged": rule_accuracy(outcomes),
        },
    )


def collect_neuromfa_numbers(run_means: Path, untrained: Path, json: Path) -> None:
    """Collect the numbers of Study 3 for the paper: means over runs by study, and values of untrained networks."""
    means = tables.read(RUN_MEANS, run_means)
    of_studies = means[(means["size"] == "all") & (means["study"] != "all")]
    without = tables.read(UNTRAINED, untrained)
    write_json(
        json,
        {
            "studies": of_studies["study"].unique().tolist(),
            "means": records(of_studies),
            "untrained": records(without[without["network"] == "trained"]),
        },
    )


def collect_language_numbers(
    metric: str,
    definition: str,
    events: Path,
    direction_shares: Path,
    phase_shares: Path,
    precursors: Path,
    hierarchy: Path,
    json: Path,
) -> None:
    """Collect the numbers of the language models for the paper."""
    chosen = {"metric": metric, "definition": definition, **OVERALL}
    of_metric = select(tables.read(EVENTS, events), metric=metric)
    sets = of_metric.groupby("task", sort=False)["emerged"].agg(emerged="sum", units="size").reset_index()
    shares = tables.read(PHASE_SHARES, phase_shares)
    write_json(
        json,
        {
            "events": event_counts(of_metric),
            "sets": records(sets),
            "top_down": records(tables.read(DIRECTION_SHARES, direction_shares)),
            "phases": records(select(shares, size="all")),
            "precursors": lead_rates(
                select(tables.read(PRECURSORS, precursors), metric=metric, definition=definition, **EVERY_TASK),
                select(tables.read(HIERARCHY, hierarchy), **chosen),
            ),
        },
    )


def collect_interventions_numbers(
    clock_laws: Path,
    clock_shares: Path,
    arm_effects: Path,
    json: Path,
    method_effects: list[Path] = NOT_MEASURED,
    early_accuracy: list[Path] = NOT_MEASURED,
) -> None:
    """Collect the numbers of Study 4 for the paper; lists are empty where a part of the study was not run."""
    early = records(tables.read(EARLY_ACCURACY, *early_accuracy)) if early_accuracy else []
    write_json(
        json,
        {
            "laws": records(tables.read(CLOCK_LAWS, clock_laws)),
            "cells": records(tables.read(CLOCK_SHARES, clock_shares)),
            "effects": records(tables.read(ARM_EFFECTS, arm_effects)),
            "method": records(tables.read(METHOD_EFFECTS, *method_effects)) if method_effects else [],
            "early": early,
        },
    )
