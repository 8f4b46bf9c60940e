"""Claims of Study 3: each verdict is reached by planted evidence, and by none without enough of it."""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import evidence as tables_of
import numpy as np
import pandas as pd
import pytest
from neurons import STEPS, identity, neuromfa, scores

from emergence import config, tables
from emergence.analysis.multifractal.capability import capability
from emergence.analysis.multifractal.claims import Evidence, claims, make
from emergence.analysis.multifractal.degree import degree, untrained
from emergence.analysis.multifractal.rivals import over_runs, rivals
from emergence.schemas.analysis import CLAIMS, PRECURSORS
from emergence.schemas.multifractal import OVER_RUNS, RIVALS, UNTRAINED
from emergence.settings.degree import MultifractalClaimSettings

RUNS = [f"{size}-s{seed}" for size in ("small", "large") for seed in (1, 2, 3)]
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
    "partial, E": 0.5,
    "partial, mean_weight": 0.1,
}


@pytest.fixture(scope="module")
def settings() -> MultifractalClaimSettings:
    found = config.read(Path(__file__).parents[3] / "config.yaml").settings("multifractal_claims")
    assert isinstance(found, MultifractalClaimSettings)
    return found


@cache
def precursors(like: str | None) -> pd.DataFrame:
    """Study 1's, in which E does as another measure does, or is none."""
    found = tables_of.precursors()
    return pd.concat([found, found[found["measure"] == like].assign(measure="neuromfa_e")], ignore_index=True)


def evidence(
    changed: Mapping[str, float] | None = None,
    runs: Sequence[str] = RUNS,
    band: float = 0.02,
    like: str | None = "rankme",
    spread: float = 0.01,
) -> Evidence:
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
    of_runs = pd.DataFrame(rows, columns=RIVALS.arrow.names)
    of_runs["value"] += spread * np.random.default_rng(0).standard_normal(len(of_runs))
    start = {"study": "anatomy", "size": "small", "network": "trained", "runs": 3, "pairs": 6, "mean": band / 2}
    bands = pd.DataFrame([{**start, "largest": band, "sampling": 0.0}], columns=UNTRAINED.arrow.names)
    return Evidence(over_runs(of_runs, 0.95), of_runs, bands, precursors(like))


def verdicts(of: Evidence, settings: MultifractalClaimSettings) -> dict[str, str]:
    """By claim, without the name of the study."""
    table = claims(of, settings)
    assert table["claim"].is_unique
    return dict(zip(table["claim"].str.removesuffix(" anatomy"), table["verdict"], strict=True))


@pytest.mark.parametrize("claim", ["N1", "N2", "N3", "N4", "N5", "N6"])
def test_all_hold_where_all_is_planted(claim: str, settings: MultifractalClaimSettings) -> None:
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
        ("N5", {"partial, E": -0.2}),
    ],
)
def test_each_part_can_fail_it(claim: str, changed: dict[str, float], settings: MultifractalClaimSettings) -> None:
    found = verdicts(evidence(changed), settings)
    assert found.pop(claim) == "fails"
    assert "fails" not in {found[name] for name in ("N1", "N2", "N3", "N4", "N5") if name in found}


@pytest.mark.parametrize(
    "name", ["alpha_0, change", "width, change", "E", "E, rescaled", "correlation, E", "partial, E"]
)
def test_a_quantity_that_is_nowhere_defined_decides_nothing(name: str, settings: MultifractalClaimSettings) -> None:
    claim = {"al": "N1", "wi": "N1", "E": "N2", "E,": "N3", "co": "N4", "pa": "N5"}[name[:2]]
    assert verdicts(evidence({name: np.nan}), settings)[claim] == "undecided"


def test_wide_intervals_decide_nothing(settings: MultifractalClaimSettings) -> None:
    found = verdicts(evidence(spread=5.0), settings)
    assert {found[f"N{number}"] for number in range(1, 6)} == {"undecided"}


def test_few_runs_decide_nothing(settings: MultifractalClaimSettings) -> None:
    found = verdicts(evidence(runs=RUNS[:5]), settings)
    assert {found[f"N{number}"] for number in range(1, 6)} == {"undecided"}


def test_growth_is_held_against_untrained_networks(settings: MultifractalClaimSettings) -> None:
    assert verdicts(evidence(band=2.0), settings)["N2"] == "fails"
    assert verdicts(evidence(band=np.nan), settings)["N2"] == "undecided"


def test_leading_is_judged_as_study_1_does(settings: MultifractalClaimSettings) -> None:
    assert verdicts(evidence(like="llc"), settings)["N6"] == "fails"
    assert "N6" not in verdicts(evidence(like=None), settings)


@pytest.mark.parametrize(
    ("of_sizes", "expected"),
    [
        ({"small": 0.5, "middle": 0.9, "large": 0.6}, "holds"),
        ({"small": 0.5, "middle": 0.7, "large": 0.9}, "fails"),
        ({"small": 0.9, "middle": 0.7, "large": 0.5}, "fails"),
        ({"small": 0.5, "middle": 0.9, "large": 0.9}, "undecided"),
        ({"small": 0.5, "large": 0.9}, "not testable at this tier"),
        ({}, "not testable at this tier"),
    ],
)
def test_order_of_sizes(of_sizes: dict[str, float], expected: str, settings: MultifractalClaimSettings) -> None:
    """Steps are by seed: what seeds have in common does not blur them."""
    runs = [f"{size}-s{seed}" for size in of_sizes for seed in (1, 2, 3)]
    found = evidence(runs=runs, spread=1e-3)
    at = found.rivals["quantity"] == "E"
    found.rivals.loc[at, "value"] += found.rivals["size"].map(of_sizes) + found.rivals["seed"]
    assert verdicts(found, settings)["N8"] == expected


def test_a_study_has_claims_of_its_own(settings: MultifractalClaimSettings) -> None:
    found = evidence()
    both = pd.concat([found.means, found.means[found.means["study"] == "anatomy"].assign(study="solvable")])
    table = claims(Evidence(both, found.rivals, found.untrained, found.precursors), settings)
    assert {"N2 anatomy", "N2 solvable", "N6", "N7", "N8"} <= set(table["claim"])
    assert table.set_index("claim").loc["N2 solvable", "verdict"] == "undecided"  # no untrained networks of it


@pytest.mark.parametrize("kind", ["planted", "nothing"])
def test_from_rows_of_a_measure_to_a_table_of_claims(
    kind: str, settings: MultifractalClaimSettings, tmp_path: Path
) -> None:
    """Planted: E exceeds its nulls by the width, and is nearly gone at one σ."""
    rows = pd.concat([neuromfa(run, noise=0.02, seed=1) for run in RUNS])
    found = degree(rows if kind == "planted" else rows.head(0))
    of_runs = rivals(
        found, capability(scores(rows, np.linspace(0, 0.9, len(STEPS))), found, {"anatomy": "exact_match"})
    )
    written = {
        "over_runs": (OVER_RUNS, over_runs(of_runs, 0.95)),
        "rivals": (RIVALS, of_runs),
        "untrained": (UNTRAINED, untrained(found)),
        "precursors": (PRECURSORS, precursors("llc")),
    }
    for name, (schema, table) in written.items():
        tables.write(schema, table, tmp_path / f"{name}.parquet")
    make(settings, *(tmp_path / f"{name}.parquet" for name in written), tmp_path / "claims.parquet")
    judged = tables.read(CLAIMS, tmp_path / "claims.parquet").set_index("claim")
    assert judged.loc["N7", "verdict"] == "not testable at this tier"
    if kind == "planted":
        assert judged.loc["N2 anatomy", "verdict"] == judged.loc["N1 anatomy", "verdict"] == "holds"
        assert judged.loc["N3 anatomy", "value"] == pytest.approx(0.4 * np.log(2), abs=0.03)
        assert "E [" not in judged.loc["N3 anatomy", "control"]
