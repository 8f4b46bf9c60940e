"""What the paper says of Study 1 in numbers."""

from pathlib import Path

import pandas as pd

from emergence import tables
from emergence.files import write_json
from emergence.report.records import Record, one, quartiles, records
from emergence.schemas.analysis import COLLAPSE, EVENTS, FLOORS, HIERARCHY, PRECURSORS, SENSITIVITY, TOP_DOWN
from emergence.schemas.limits import LIMITS
from emergence.schemas.validity import VALIDITY
from emergence.settings.paper import QuotedAnatomySettings
from emergence.tasks.symbols import CONTROL

OVERALL = {"classes": "all", "difficulty": "all", "size": "all"}


def emerged(events: pd.DataFrame) -> Record:
    """How many curves of a metric have an event, by size and over all, and of the control; when, and how sharply."""
    of_control = events["task"] == CONTROL
    taught = events[~of_control]
    by_size = taught.groupby(["size", "parameters"])["emerged"].agg(emerged="sum", units="size").reset_index()
    return {
        "emerged": int(taught["emerged"].sum()),
        "units": len(taught),
        "runs": int(taught["run"].nunique()),
        "by_size": records(by_size.sort_values("parameters")),
        "control": {"emerged": int(events[of_control]["emerged"].sum()), "units": int(of_control.sum())},
        "steps": quartiles(taught["step"]),
    }


def collapsed(collapses: pd.DataFrame) -> Record:
    """Depth, step and floor of the collapse of the last layer, over tasks, levels and runs."""
    taught = collapses[collapses["task"] != CONTROL]
    last = taught[taught["layer"] == taught.groupby("run")["layer"].transform("max")]
    columns = {"depth": "depth", "floor_step": "floor_step", "collapse_step": "collapse_step", "onset": "onset_step"}
    return {name: quartiles(last[column]) for name, column in columns.items()}


def leading(precursors: pd.DataFrame, hierarchy: pd.DataFrame) -> list[Record]:
    """A record a measure: share of events it leads, the least excess over a null, and what else it does."""
    rows = []
    for measure in precursors["measure"].unique():
        rates = precursors[precursors["measure"] == measure]
        shares = hierarchy[hierarchy["measure"] == measure].set_index("relation")["share"]
        excesses = rates[rates["excess"].notna()].sort_values("excess")
        least = records(excesses, ("control", "excess", "excess_low", "excess_high", "holm_p"))
        rows.append(
            {
                "measure": measure,
                "observed": one(rates, control="observed"),
                "nulls": {row["control"]: row for row in records(rates[rates["control"] != "observed"])},
                "least": least[0] if least else None,
                "relations": {str(relation): float(share) for relation, share in shares.items()},
            }
        )
    return rows


def tried(validity: pd.DataFrame) -> Record:
    """The detector of events on planted curves with the noise and widths of this run's own transitions."""
    run = validity[validity["observed"] & (validity["spacing"] == validity["spacing"].min())]
    planted = run[(run["scenario"] == "transition") & run["width"].isna()]
    empty = run[run["scenario"] != "transition"].sort_values("false_positives")
    return {
        "planted": records(planted)[0] if len(planted) else None,
        "worst": records(empty)[-1] if len(empty) else None,
    }


def make(
    settings: QuotedAnatomySettings,
    events: Path,
    collapses: Path,
    floors: Path,
    top_down: Path,
    precursors: Path,
    hierarchy: Path,
    limits: Path,
    validity: Path,
    sensitivity: Path,
    json: Path,
) -> None:
    """Collect what the paper quotes of Study 1."""
    chosen = {"metric": settings.metric, "definition": settings.definition, **OVERALL}
    found = tables.read(EVENTS, events)
    by_variant = tables.read(COLLAPSE, collapses)
    by_detector = tables.read(VALIDITY, validity)
    orders = tables.read(LIMITS, limits)
    write_json(
        json,
        {
            "events": emerged(found[found["metric"] == settings.metric]),
            "collapse": collapsed(by_variant[by_variant["variant"] == settings.variant]),
            "floors": records(tables.read(FLOORS, floors)),
            "top_down": records(tables.read(TOP_DOWN, top_down)),
            "precursors": leading(
                matching(tables.read(PRECURSORS, precursors), chosen),
                matching(tables.read(HIERARCHY, hierarchy), chosen),
            ),
            "orders": records(orders[(orders["size"] == "all") & (orders["statistic"] == "spearman")]),
            "detector": tried(by_detector[by_detector["detector"] == settings.detector]),
            "sensitivity": records(tables.read(SENSITIVITY, sensitivity)),
        },
    )


def matching(frame: pd.DataFrame, chosen: dict[str, str]) -> pd.DataFrame:
    """Rows with these values."""
    return frame[(frame[list(chosen)] == pd.Series(chosen)).all(axis=1)]
