"""What the paper says of Study 3 in numbers."""

from pathlib import Path

from emergence import tables
from emergence.files import write_json
from emergence.report.records import records
from emergence.schemas.multifractal import OVER_RUNS, UNTRAINED
from emergence.settings.paper import PlainSettings


def make(settings: PlainSettings, over_runs: Path, untrained: Path, json: Path) -> None:  # noqa: ARG001
    """Collect what the paper quotes of Study 3: each study's means over runs, and what untrained networks have."""
    means = tables.read(OVER_RUNS, over_runs)
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
