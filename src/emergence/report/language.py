"""What the paper says of language models in numbers."""

from pathlib import Path

from emergence import tables
from emergence.files import write_json
from emergence.report.anatomy import OVERALL, emerged, leading, matching
from emergence.report.records import records
from emergence.schemas.analysis import EVENTS, HIERARCHY, PRECURSORS, TOP_DOWN
from emergence.schemas.phases import PHASE_SHARES
from emergence.settings.paper import QuotedSettings


def make(
    settings: QuotedSettings,
    events: Path,
    top_down: Path,
    phases: Path,
    precursors: Path,
    hierarchy: Path,
    json: Path,
) -> None:
    """Collect what the paper quotes of language models."""
    chosen = {"metric": settings.metric, "definition": settings.definition, **OVERALL}
    found = tables.read(EVENTS, events)
    of_metric = found[found["metric"] == settings.metric]
    sets = of_metric.groupby("task", sort=False)["emerged"].agg(emerged="sum", units="size").reset_index()
    shares = tables.read(PHASE_SHARES, phases)
    write_json(
        json,
        {
            "events": emerged(of_metric),
            "sets": records(sets),
            "top_down": records(tables.read(TOP_DOWN, top_down)),
            "phases": records(shares[shares["size"] == "all"]),
            "precursors": leading(
                matching(tables.read(PRECURSORS, precursors), chosen),
                matching(tables.read(HIERARCHY, hierarchy), chosen),
            ),
        },
    )
