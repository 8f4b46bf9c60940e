"""Claims of Study 3: each verdict is reached by planted evidence, and by none without enough of it."""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from support.project import tier_files
from synthetic import claims_tables as tables_of
from synthetic.neuromfa_tables import STEPS, identity, neuromfa_rows, score_rows

from emergence.analysis.neuromfa.baselines import average_runs, compare_runs, mean_capability
from emergence.analysis.neuromfa.degree_of_emergence import compare_untrained, degree_of_emergence
from emergence.claims.neuromfa import NEUROMFA, judge_claims
from emergence.claims.published import DEGREE_OF_PYTHIA
from emergence.claims.settings import NeuroMFAClaimSettings
from emergence.config import loading
from emergence.config.project import settings_for
from emergence.io import tables
from emergence.schemas.analysis import CLAIMS, LEAD_DIFFERENCES, PRECURSORS
from emergence.schemas.neuromfa import BASELINE_COMPARISON, DEGREE_OF_EMERGENCE, RUN_MEANS, UNTRAINED

PYTHIA = loading.read(*tier_files("pythia"))
RUNS = [f"{size}-s{seed}" for size in ("small", "large") for seed in (1, 2, 3)]
Tables = dict[str, pd.DataFrame]
QUANTITIES = {  # of every run of a study on which all claims but N8 hold
    "alpha_0, first": 1.5,
    "alpha_0, last": 0.75,
    "alpha_0, change": -0.75,
    "width, first": 0.6,
    "width, last": 0.8,
    "width, change": 0.2,
    "E": 0.9,
    "excess over shuffled": 0.3,
    "excess over gaussian": 0.3,
    "E, rescaled": 0.3,
    "share of growth": 0.67,
    "correlation, E": 0.9,
    "correlation, mean_weight": 0.6,
    "correlation, shuffled": 0.7,
    "correlation, step": 0.8,
    "correlation over shuffled": 0.2,
    "correlation over steps": 0.1,
    "partial, E": 0.5,
    "partial, mean_weight": 0.1,
    "partial, shuffled": 0.2,
    "partial over shuffled": 0.3,
    "partial given steps, E": 0.4,
}


@pytest.fixture(scope="module")
def settings(default: loading.Config) -> NeuroMFAClaimSettings:
    return settings_for(default, "neuromfa_claims")["settings"]  # type: ignore[return-value]


@cache
def precursors(like: str | None) -> pd.DataFrame:
    """Study 1's, in which E does as another measure does, or is none."""
    found = tables_of.precursors()
    return pd.concat([found, found[found["measure"] == like].assign(measure="neuromfa_e")], ignore_index=True)


LEADS = {"placebo": 0.0, "control": 0.0, "own score": 8.0, "own loss": 8.0, "mean weight": 8.0}
"""Of E over its rivals, checkpoints."""


def leads_of_degree(leads: Mapping[str, float]) -> pd.DataFrame:
    """E, one curve for all tasks, leads its rivals by so much."""
    names = {"measure": "neuromfa_e", "definition": "onset", "classes": "all", "difficulty": "all", "size": "all"}
    rows = [
        {**names, "rival": rival, **tables_of.difference(lead), "events": 48, "runs": 12, "margin": 2.0}
        for rival, lead in leads.items()
    ]
    return pd.DataFrame(rows).assign(whole_network=True)[LEAD_DIFFERENCES.arrow.names]


def evidence(
    changed: Mapping[str, float] | None = None,
    runs: Sequence[str] = RUNS,
    band: float = 0.02,
    like: str | None = "rankme",
    spread: float = 0.01,
    leads: Mapping[str, float] = LEADS,
) -> Tables:
    """Runs that differ by little about planted values, some of them changed; ``band`` is between untrained ones."""
    rows = [
        {
            **identity(run),
            "quantity": name,
            "value": value,
        }
        for run in runs
        for name, value in {**QUANTITIES, **(changed or {})}.items()
    ]
    of_runs = pd.DataFrame(rows, columns=BASELINE_COMPARISON.arrow.names)
    signs = dict(zip(runs, np.resize([-1.0, 1.0], len(runs)), strict=True))  # with no mean, so that nothing is decided
    of_runs["value"] += spread * of_runs["run"].map(signs).astype(float)
    start = {"study": "anatomy", "size": "small", "network": "trained", "runs": 3, "pairs": 6, "mean": band / 2}
    bands = pd.DataFrame([{**start, "largest": band, "sampling": 0.0}], columns=UNTRAINED.arrow.names)
    return {
        "run_means": average_runs(of_runs, 0.95),
        "baseline_comparison": of_runs,
        "untrained": bands,
        "degree_of_emergence": pd.DataFrame(columns=DEGREE_OF_EMERGENCE.arrow.names),
        "precursors": precursors(like),
        "lead_differences": leads_of_degree(leads),
    }


def verdicts(of: Tables, settings: NeuroMFAClaimSettings) -> dict[str, str]:
    """By claim, without the name of the study."""
    table = NEUROMFA.judge(of, settings)
    assert table["claim"].is_unique
    return dict(zip(table["claim"].str.removesuffix(" anatomy"), table["verdict"], strict=True))


@pytest.mark.parametrize("claim", ["N1", "N2", "N3", "N4", "N5", "N6"])
def test_all_hold_where_all_is_planted(claim: str, settings: NeuroMFAClaimSettings) -> None:
    assert verdicts(evidence(), settings)[claim] == "holds"


@pytest.mark.parametrize(
    ("claim", "changed"),
    [
        ("N1", {"alpha_0, change": 0.2}),
        ("N1", {"width, change": -0.2}),
        ("N2", {"E": 0.0}),
        ("N3", {"excess over shuffled": 0.01}),
        ("N3", {"excess over gaussian": 0.01}),
        ("N3", {"E, rescaled": 0.01}),
        ("N4", {"correlation, E": 0.3}),
        ("N4", {"correlation over shuffled": -0.1}),
        ("N4", {"correlation over steps": -0.1}),
        ("N5", {"partial, E": -0.2}),
        ("N5", {"partial over shuffled": -0.2}),
        ("N5", {"partial given steps, E": -0.2}),
    ],
)
def test_each_part_can_fail_it(claim: str, changed: dict[str, float], settings: NeuroMFAClaimSettings) -> None:
    found = verdicts(evidence(changed), settings)
    assert found.pop(claim) == "fails"
    assert "fails" not in {found[name] for name in ("N1", "N2", "N3", "N4", "N5") if name in found}


@pytest.mark.parametrize(
    "name", ["alpha_0, change", "width, change", "E", "E, rescaled", "correlation, E", "partial, E"]
)
def test_a_quantity_that_is_nowhere_defined_decides_nothing(name: str, settings: NeuroMFAClaimSettings) -> None:
    claim = {"al": "N1", "wi": "N1", "E": "N2", "E,": "N3", "co": "N4", "pa": "N5"}[name[:2]]
    assert verdicts(evidence({name: np.nan}), settings)[claim] == "undecided"


@pytest.mark.parametrize(
    ("steps", "ours", "verdict"), [(0.98, 0.9, "holds"), (0.999, 0.9, "undecided"), (0.999, 0.3, "fails")]
)
def test_steps_that_order_capability_leave_no_room(
    steps: float, ours: float, verdict: str, settings: NeuroMFAClaimSettings
) -> None:
    changed = {"correlation, step": steps, "correlation, E": ours}
    assert verdicts(evidence(changed, spread=1e-4), settings)["N4"] == verdict


@pytest.mark.long
def test_wide_intervals_decide_nothing(settings: NeuroMFAClaimSettings) -> None:
    found = verdicts(evidence({"correlation, step": -9.0}, spread=5.0), settings)
    assert {found[f"N{number}"] for number in range(1, 6)} == {"undecided"}


def test_few_runs_decide_nothing(settings: NeuroMFAClaimSettings) -> None:
    found = verdicts(evidence(runs=RUNS[:5]), settings)
    assert {found[f"N{number}"] for number in range(1, 6)} == {"undecided"}


def test_growth_is_held_against_untrained_networks(settings: NeuroMFAClaimSettings) -> None:
    assert verdicts(evidence(band=2.0), settings)["N2"] == "fails"
    assert verdicts(evidence(band=np.nan), settings)["N2"] == "undecided"


def test_leading_is_judged_as_study_1_does(settings: NeuroMFAClaimSettings) -> None:
    for rival in ("own score", "own loss", "mean weight"):
        assert verdicts(evidence(leads={**LEADS, rival: -3.0}), settings)["N6"] == "fails"
    assert verdicts(evidence(like=None), settings)["N6"] == "not run"


@pytest.mark.parametrize(
    ("of_sizes", "expected"),
    [
        ({"small": 0.5, "middle": 0.9, "large": 0.6}, "holds"),
        ({"small": 0.5, "middle": 0.7, "large": 0.9}, "fails"),
        ({"small": 0.9, "middle": 0.7, "large": 0.5}, "fails"),
        ({"small": 0.5, "middle": 0.9, "large": 0.9}, "fails"),  # two alike are no fall
        ({"small": 0.5, "middle": 0.9, "large": 0.85}, "undecided"),
        ({"small": 0.5, "large": 0.9}, "not testable at this tier"),
        ({}, "not testable at this tier"),
    ],
)
def test_order_of_sizes(of_sizes: dict[str, float], expected: str, settings: NeuroMFAClaimSettings) -> None:
    """Steps are by seed: what seeds have in common does not blur them."""
    runs = [f"{size}-s{seed}" for size in of_sizes for seed in (1, 2, 3)]
    found = evidence(runs=runs, spread=1e-3)
    rows = found["baseline_comparison"]
    rows.loc[rows["quantity"] == "E", "value"] += rows["size"].map(of_sizes) + rows["seed"]
    assert verdicts(found, settings)["N8"] == expected


def test_a_study_has_claims_of_its_own(settings: NeuroMFAClaimSettings) -> None:
    found = evidence()
    means = found["run_means"]
    both = pd.concat([means, means[means["study"] == "anatomy"].assign(study="parity")])
    table = NEUROMFA.judge(found | {"run_means": both}, settings)
    assert {"N2 anatomy", "N2 parity", "N6", "N7", "N8"} <= set(table["claim"])
    untested = table.set_index("claim").loc["N2 parity"]
    assert untested["verdict"] == "not testable at this tier"
    assert "no size has two untrained networks" in untested["otherwise"]


# Pythia, at its tier -------------------------------------------------------------------------------------------------


def of_pythia(delay: float = 1.0, share: float = 1.0, error: float = 0.02, lacking: int | None = None) -> pd.DataFrame:
    """E of all models at the tier's steps: a share of the published curve of one of them, later by a factor."""
    published = np.array(sorted(DEGREE_OF_PYTHIA.items()))
    frames = []
    for name, series in PYTHIA.language.series.items():
        steps = np.array([step for step in series.steps if step != lacking])
        degree = share * np.interp(steps / delay, *published.T) if name == "pythia1.4b_deduped" else 9.0
        frame = pd.DataFrame({"run": name, "network": "trained", "step": steps, "E": degree, "E_error": error})
        frames.append(frame.reindex(columns=DEGREE_OF_EMERGENCE.arrow.names))
    return pd.concat(frames)


@pytest.mark.parametrize(
    ("planted", "verdict", "value"),
    [
        ({}, "holds", 0.0),
        ({"share": 0.95}, "holds", -0.034),
        ({"share": 0.5}, "fails", -0.34),
        ({"delay": 3.0}, "fails", -0.29),
        ({"error": 0.2}, "undecided", 0.0),
        ({"lacking": 53_000}, "undecided", 0.0),
        ({"lacking": 53_000, "share": 0.5}, "fails", -0.34),
        ({"lacking": 0, "share": 0.5}, "undecided", np.nan),
    ],
    ids=str,
)
def test_the_curve_of_pythia_is_the_published_one(planted: dict[str, Any], verdict: str, value: float) -> None:
    settings = settings_for(PYTHIA, "neuromfa_claims")["settings"]
    table = NEUROMFA.judge(evidence() | {"degree_of_emergence": of_pythia(**planted)}, settings).set_index("claim")
    assert table.loc["N7", "verdict"] == verdict
    assert table.loc["N7", "value"] == pytest.approx(value, abs=1e-9, nan_ok=True)
    assert table.loc["N6", "verdict"] == "not run", "Study 1 is switched off"


@pytest.mark.long
@pytest.mark.parametrize("kind", ["planted", "nothing"])
def test_from_rows_of_a_measure_to_a_table_of_claims(
    kind: str, settings: NeuroMFAClaimSettings, tmp_path: Path
) -> None:
    """Planted: E exceeds its nulls by the width, and is nearly gone at one σ."""
    rows = pd.concat([neuromfa_rows(run, noise=0.02, seed=1) for run in RUNS])
    found = degree_of_emergence(rows if kind == "planted" else rows.head(0))
    of_runs = compare_runs(
        found, mean_capability(score_rows(rows, np.linspace(0, 0.9, len(STEPS))), found, {"anatomy": "exact_match"})
    )
    written = {
        "run_means": (RUN_MEANS, average_runs(of_runs, 0.95)),
        "baseline_comparison": (BASELINE_COMPARISON, of_runs),
        "untrained": (UNTRAINED, compare_untrained(found)),
        "degree_of_emergence": (DEGREE_OF_EMERGENCE, found),
        "precursors": (PRECURSORS, precursors("llc")),
        "lead_differences": (LEAD_DIFFERENCES, leads_of_degree(LEADS)),
    }
    for name, (schema, table) in written.items():
        tables.write(schema, table, tmp_path / f"{name}.parquet")
    judge_claims(settings, [tmp_path / f"{name}.parquet" for name in written], tmp_path / "claims.parquet")
    judged = tables.read(CLAIMS, tmp_path / "claims.parquet").set_index("claim")
    assert judged.loc["N7", "verdict"] == "not testable at this tier"
    if kind == "planted":
        assert judged.loc["N2 anatomy", "verdict"] == judged.loc["N1 anatomy", "verdict"] == "holds"
        assert judged.loc["N3 anatomy", "value"] == pytest.approx(0.4 * np.log(2), abs=0.03)
        assert "E [" not in judged.loc["N3 anatomy", "control"]
