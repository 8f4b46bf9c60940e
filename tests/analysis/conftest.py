"""Settings of the default tier, with fewer draws."""

import pytest

from emergence.analysis.leads import LeadSettings
from emergence.config.protocol import Collapse, Events, Precursors, Signal, Statistics


@pytest.fixture(scope="session")
def collapse_settings() -> Collapse:
    return Collapse(smoothing=5, floor_until=400, depth=0.8, noise_multiple=5.0, persistence=5)


@pytest.fixture(scope="session")
def event_settings() -> Events:
    fits = {"penalty": 3.0, "width": [0.1, 0.9]}
    return Events(detector="threshold", threshold=0.5, persistence=5, smoothing=5, **fits)


@pytest.fixture(scope="session")
def lead_settings(event_settings: Events, collapse_settings: Collapse, statistics: Statistics) -> LeadSettings:
    """Of RankMe; few shifts."""
    return LeadSettings(
        measure="rankme",
        signal=Signal(variant="answer/centred/sigma", scale="rank"),
        easy=["COPY", "REV", "CMP", "SORT"],
        metric="exact_match",
        events=event_settings,
        collapse=collapse_settings,
        precursors=Precursors(
            definition="onset",
            margin=2.0,
            lag=24,
            shifts=50,
            families=["metric", "definition", "classes", "size", "control"],
        ),
        statistics=statistics,
    )
