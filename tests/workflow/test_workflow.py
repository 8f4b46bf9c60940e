"""The workflow as a user sees it: it ends, it caches, it plans on every tier and profile."""

import shutil
from pathlib import Path

import pandas as pd
import pytest
from matplotlib.image import imread
from support import SMOKE, Copy, overlay

from emergence import config, tables
from emergence.schemas.analysis import CLAIMS
from emergence.schemas.calibration import CALIBRATION
from emergence.schemas.trajectories import BEHAVIOUR, MEASURE

pytestmark = pytest.mark.workflow

RUNS_OF_SMOKE, MEASURES_OF_SMOKE, NETWORKS_OF_SMOKE, MODELS_OF_SMOKE = 4, 8, 2, 2
FIGURES = (*map(str, range(1, 11)), *(f"S{number}" for number in range(1, 9)))
EVERY_FIGURE = {f"fig{number}": 1 for number in FIGURES}
PAPER = {"manuscript": 1, "paper": 1}
READERS = {"explorer": 1, "compute": 1, **PAPER}
"""Of figures and claims."""

WEIGHT_NORM = """
def measure(subject, rng, settings):
    norm = sum(float(p.detach().square().sum()) for p in subject.model.parameters()) ** 0.5
    whole = {"task": None, "level": None, "layer": None, "standard_error": None}
    return [{**whole, "variant": "l2", "value": norm}]
"""


def test_smoke_ends_with_figures_and_claims(smoke: Copy) -> None:
    results = smoke.folder / "results/smoke"
    claims = tables.read(CLAIMS, results / "claims.parquet")
    assert claims["claim"].is_unique
    assert set(claims["verdict"]) <= {"holds", "fails", "undecided", "not testable at this tier"}
    for number in FIGURES:
        assert (results / f"figures/fig{number}.pdf").read_bytes().startswith(b"%PDF")
        assert ink_at_the_edges(results / f"figures/fig{number}.png") == 0, f"figure {number} is cut off"


def ink_at_the_edges(png: Path) -> int:
    """How many of the outermost pixels of a picture are not white, as where a label is cut off."""
    white = imread(png)[..., :3].min(axis=-1) == 1
    return int(sum((~edge).sum() for edge in (white[:2], white[-2:], white[:, :2], white[:, -2:])))


def test_second_run_does_nothing(smoke: Copy) -> None:
    assert smoke.planned(*SMOKE) == {}


def test_touching_a_module_does_nothing(smoke: Copy) -> None:
    (smoke.folder / "src/emergence/figures/fig2.py").touch()
    assert smoke.planned(*SMOKE) == {}


@pytest.mark.parametrize(
    ("edited", "expected"),
    [
        ("src/emergence/figures/fig2.py", {"fig2": 1, **READERS}),
        ("src/emergence/figures/style.py", EVERY_FIGURE | READERS | {"paper_numbers": 1}),  # it names measures
        ("src/emergence/report/explorer/assets/run.js", {"explorer": 1}),
        ("workflow/captions/fig2.rst", {"explorer": 1, **PAPER}),
        ("paper/sections/conclusion.typ", PAPER),
        ("src/emergence/cli.py", {}),
    ],
    indirect=["edited"],
)
def test_an_edit_reruns_its_dependants_only(edited: tuple[Copy, str], expected: dict[str, int]) -> None:
    assert edited[0].planned(*SMOKE) == expected


@pytest.mark.parametrize("edited", ["src/emergence/measures/rankme.py"], indirect=True)
def test_an_edited_measure_trains_nothing(edited: tuple[Copy, str]) -> None:
    planned = edited[0].planned(*SMOKE)
    assert planned["follow"] == RUNS_OF_SMOKE + NETWORKS_OF_SMOKE
    assert planned["language_follow"] == MODELS_OF_SMOKE
    assert not {"train", "network", "ladder", "tasks", "events"} & set(planned)


def test_a_plot_setting_trains_nothing(smoke: Copy) -> None:
    assert smoke.planned(*overlay(smoke, "dpi.yaml", "figures: {dpi: 90}")) == EVERY_FIGURE | READERS


def test_nothing_emerges_in_a_minute_and_all_is_said_to_be_undecided(smoke: Copy) -> None:
    claims = tables.read(CLAIMS, smoke.folder / "results/smoke/claims.parquet").set_index("claim")
    assert set(claims.loc["A6":"A14", "verdict"]) == {"undecided"}
    assert ((claims["power"] != "") == (claims["verdict"] == "undecided")).all()
    assert (claims.loc["A2":"A14", "stability"] != "").all(), "they are judged again under other settings"
    calibration = tables.read(CALIBRATION, smoke.folder / "results/smoke/calibration.parquet")
    assert calibration["passed"].all()


def test_a_change_of_signal_follows_nothing_anew(smoke: Copy) -> None:
    planned = smoke.planned(*overlay(smoke, "signal.yaml", "anatomy: {signals: {hessian: {variant: trace}}}"))
    assert planned["leads"] == 1
    assert not {"train", "follow", "events", "collapse"} & set(planned)


def test_a_verdict_threshold_judges_anew_only(smoke: Copy) -> None:
    changed = overlay(smoke, "verdict.yaml", "anatomy: {verdicts: {null_margin: 0.06}}")
    judged = {"claims", "solvable_claims", "multifractal_claims", "language_claims", "all_claims"}
    judged |= {"stability", "language_stability"}
    tried = {"joint", "fig8", "solvable_numbers"}  # Study 1's rules on Study 2
    anew = judged | tried | {"paper_numbers", *READERS}
    assert set(smoke.planned(*changed)) == anew


def test_another_seed_adds_its_runs_only(smoke: Copy) -> None:
    planned = smoke.planned(*overlay(smoke, "seed.yaml", "anatomy: {seeds: [1, 2, 9]}"))
    assert planned["train"] == 2  # one a size
    assert planned["follow"] == 2 * MEASURES_OF_SMOKE
    assert "tasks" not in planned


def test_a_measure_is_added_in_one_file(smoke: Copy) -> None:
    module = smoke.folder / "src/emergence/measures/weight_norm.py"
    module.write_text(WEIGHT_NORM)
    added = overlay(smoke, "measure.yaml", "anatomy: {measures: {weight_norm: {}}}")
    assert smoke.planned(*added) == {"follow": RUNS_OF_SMOKE, "paper_numbers": 1, **PAPER}  # which tells all settings
    folder = smoke.folder / "results/smoke/measures/weight_norm"
    followed = [f"results/smoke/measures/weight_norm/2x{width}-s{seed}.parquet" for width in (8, 16) for seed in (1, 2)]
    printed = smoke.snakemake("--cores", "1", "--verbose", *followed, *added)
    rows = tables.read(MEASURE, *(smoke.folder / path for path in followed))
    module.unlink()
    shutil.rmtree(folder)
    assert (rows["value"] > 0).all()
    assert rows["layer"].isna().all()
    assert set(rows["measure"]) == {"weight_norm"}
    assert printed.count("Ready jobs:") == len(followed)  # looked for work when a job had ended, and not every second


def test_a_language_model_of_ones_own_is_measured_as_the_ladder_is(smoke: Copy) -> None:
    trained = "results/smoke/trajectories/neox8-s1/checkpoints"
    own = overlay(smoke, "own.yaml", f"language: {{models: [{{name: mine, folder: {trained}, steps: [0, 4, 24]}}]}}")
    tables_of = [
        f"results/smoke/{table}" for table in ("trajectories/{}/behaviour.parquet", "measures/rankme/{}.parquet")
    ]
    smoke.snakemake("--cores", "all", *(table.format("mine") for table in tables_of), *own)
    for table, schema in zip(tables_of, (BEHAVIOUR, MEASURE), strict=True):
        mine, theirs = (tables.read(schema, smoke.folder / table.format(run)) for run in ("mine", "neox8-s1"))
        theirs = theirs[theirs["step"].isin([0, 4, 24])].reset_index(drop=True)
        identity = ["run", "size", "seed"]
        pd.testing.assert_frame_equal(mine.drop(columns=identity), theirs.drop(columns=identity))
        assert set(mine["run"]) == {"mine"}
        (smoke.folder / table.format("mine")).unlink()
    shutil.rmtree(smoke.folder / "results/smoke/trajectories/mine")


def test_a_series_that_is_not_there_ends_in_one_line(smoke: Copy) -> None:
    own = overlay(smoke, "absent.yaml", "language: {models: [{name: absent, folder: nowhere}]}")
    manifest = "results/smoke/trajectories/absent/manifest.json"
    smoke.snakemake("--cores", "1", manifest, *own, check=False)
    said = (smoke.folder / "results/smoke/logs/series/absent.log").read_text().splitlines()
    assert said == ["emergence: nowhere: no such folder; check it"]
    assert not (smoke.folder / manifest).exists()


def test_default_tier_plans_one_figure(copy: Copy) -> None:
    planned = copy.planned("figures/fig3.pdf")
    settings = config.read(copy.folder / "config.yaml")
    assert planned["train"] == planned["follow"] == len(settings.anatomy.runs)
    assert planned["fig3"] == 1
    assert not {"fig1", "fig2", "claims"} & set(planned)


@pytest.mark.parametrize("profile", ["workflow/profiles/default", "workflow/profiles/slurm"])
@pytest.mark.parametrize("tier", ["smoke", "paper"])
def test_profiles_plan_every_tier(copy: Copy, tier: str, profile: str) -> None:
    planned = copy.planned("--forceall", "--workflow-profile", profile, "--configfile", f"workflow/tiers/{tier}.yaml")
    expected = config.read(copy.folder / "config.yaml", copy.folder / f"workflow/tiers/{tier}.yaml").anatomy.runs
    assert planned["train"] == len(expected)


def test_default_tier_plans_the_second_study_without_the_first(copy: Copy) -> None:
    planned = copy.planned("figures/fig6.pdf", "figures/fig8.pdf")
    study = config.read(copy.folder / "config.yaml").solvable
    assert planned["network"] == len(study.runs)
    assert planned["follow"] == len(study.runs) * len(study.measures.names)
    assert not {"train", "tasks", "events", "leads"} & set(planned)


def test_a_sweep_of_its_own_setting_trains_nothing_else(smoke: Copy) -> None:
    changed = overlay(smoke, "width.yaml", "solvable: {sweeps: {width: {steps: 61}}}")
    planned = smoke.planned(*changed)
    assert planned["sweep"] == 1
    assert not {"network", "transformer", "follow", "constants"} & set(planned)


def test_a_bad_setting_is_refused_before_anything_runs(copy: Copy) -> None:
    bad = overlay(copy, "bad.yaml", "anatomy: {training: {stepz: 3}}")
    printed = copy.snakemake("--cores", "1", *bad, check=False)
    assert "anatomy.training.stepz: unknown key" in printed
    assert "Traceback" not in printed
