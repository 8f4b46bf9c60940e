"""The workflow as a user sees it: it ends, it caches, it plans on every tier and profile."""

import re
import shlex
from pathlib import Path

import pytest
import yaml
from matplotlib.image import imread
from support.project import OVERLAYS, SMOKE, ProjectCopy, counted, overlay, tier_files

from emergence.cli_stages import of_stage
from emergence.config import loading
from emergence.config.project import figures_drawn
from emergence.io import tables
from emergence.schemas.analysis import CLAIMS
from emergence.schemas.trajectories import CALIBRATION

pytestmark = pytest.mark.workflow

RUNS_OF_SMOKE, MEASURES_OF_SMOKE = 4 + 2 + 2, 8
STUDIES = len(loading.read(*tier_files("smoke")).studies_with_claims)
FIGURES = [name.removeprefix("fig") for name in figures_drawn(loading.read(*tier_files("smoke")))]
EVERY_FIGURE = {"figure": len(FIGURES)}
SUMS = {"checksums": 1}
PAPER = {"manuscript": 1, "paper": 1, **SUMS}
READERS = {"explorer": 1, "compute": 1, **PAPER}
"""Of figures and claims."""
OPTION = re.compile("--[a-z]")


def test_smoke_ends_with_figures_and_claims(smoke: ProjectCopy) -> None:
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


def test_a_second_run_does_nothing_whatever_was_touched(smoke: ProjectCopy) -> None:
    (smoke.folder / "src/emergence/figures/fig2.py").touch()
    assert smoke.planned(*SMOKE) == {}


@pytest.mark.parametrize(
    ("edited", "expected"),
    [
        ("src/emergence/figures/fig2.py", {"figure": 1, **READERS}),
        ("src/emergence/figures/style.py", EVERY_FIGURE | READERS),
        ("src/emergence/report/assets/run.js", {"explorer": 1, **SUMS}),
        ("workflow/captions/fig2.rst", {"explorer": 1, **PAPER}),
        ("paper/sections/conclusion.typ", PAPER),
        ("src/emergence/cli.py", {}),
    ],
    indirect=["edited"],
)
def test_an_edit_reruns_its_dependants_only(edited: tuple[ProjectCopy, str], expected: dict[str, int]) -> None:
    assert edited[0].planned(*SMOKE) == expected


@pytest.mark.parametrize("edited", ["src/emergence/measures/rankme.py"], indirect=True)
def test_an_edited_measure_trains_nothing(edited: tuple[ProjectCopy, str]) -> None:
    planned = edited[0].planned(*SMOKE)
    assert planned["measure_run"] == RUNS_OF_SMOKE
    assert not {"train", "train_network", "train_language_model", "task_data", "events"} & set(planned)


def test_a_plot_setting_trains_nothing(smoke: ProjectCopy) -> None:
    assert smoke.planned(*overlay(smoke, "dpi.yaml", "figures: {dpi: 90}")) == EVERY_FIGURE | READERS


def test_nothing_emerges_in_a_minute_and_all_is_said_to_be_undecided(smoke: ProjectCopy) -> None:
    claims = tables.read(CLAIMS, smoke.folder / "results/smoke/claims.parquet").set_index("claim")
    assert set(claims.loc["A6":"A14", "verdict"]) <= {"undecided", "not testable at this tier"}
    others = claims[claims["study"] != "interventions"]  # which has planned power, whatever the verdict
    assert ((others["power"] != "") == (others["verdict"] == "undecided")).all()
    testable = claims.loc["A2":"A14"].query("verdict != 'not testable at this tier'")
    assert len(testable)
    assert (testable["stability"] != "").all(), "they are judged again under other settings"
    calibration = tables.read(CALIBRATION, smoke.folder / "results/smoke/calibration.parquet")
    assert calibration["passed"].all()


def test_a_change_of_signal_follows_nothing_anew(smoke: ProjectCopy) -> None:
    planned = smoke.planned(*overlay(smoke, "signal.yaml", "anatomy: {signals: {hessian: {variant: trace}}}"))
    assert planned["leads"] == 1
    assert not {"train", "measure_run", "events", "collapse"} & set(planned)


def test_a_verdict_threshold_judges_anew_only(smoke: ProjectCopy) -> None:
    changed = overlay(smoke, "verdict.yaml", "protocol: {verdicts: {null_margin: 0.06}}")
    planned = smoke.planned(*changed)
    judged = {"study_claims": STUDIES - 1, "claims": 1, "stability": 2}  # Study 4 has no rates
    tried = {"rule_outcomes": 1, "lead_power": 3, "figure": 2, "study_numbers": 2}  # figures 8, S11; Studies 1, 2
    assert planned == judged | tried | {"paper_numbers": 1, **READERS}


def test_another_seed_adds_its_runs_only(smoke: ProjectCopy) -> None:
    planned = smoke.planned(*overlay(smoke, "seed.yaml", "anatomy: {seeds: [1, 2, 9]}"))
    assert planned["train"] == 2  # one per size
    assert planned["measure_run"] == 2 * MEASURES_OF_SMOKE
    assert "task_data" not in planned


def test_a_series_that_is_not_there_ends_in_one_line(smoke: ProjectCopy) -> None:
    own = overlay(smoke, "absent.yaml", "language: {models: [{name: absent, folder: nowhere}]}")
    manifest = "results/smoke/language/trajectories/absent/manifest.json"
    smoke.snakemake("--cores", "1", manifest, *own, check=False)
    (said,) = (smoke.folder / "results/smoke/logs/record_series/absent.log").read_text().splitlines()
    assert "nowhere: no such folder" in said
    assert not (smoke.folder / manifest).exists()


def test_default_tier_plans_one_figure(copy: ProjectCopy) -> None:
    planned = copy.planned("figures/fig3.pdf")
    settings = loading.read(copy.folder / "config.yaml")
    assert planned["train"] == planned["measure_run"] == len(settings.anatomy.runs)
    assert planned["figure"] == 1
    assert "study_claims" not in planned


def assert_stages_take_their_options(printed: str) -> None:
    """Every command of a dry run has the options that its stage needs; a tier may leave tables out that others have."""
    commands = [shlex.split(command) for command in re.findall(r"python3 -m emergence stage (.+)", printed)]
    assert commands
    for name, *given in {(command[0], *filter(OPTION.match, command)): command for command in commands}.values():
        of_stage(name).parse_args(given)


@pytest.mark.parametrize("tier", OVERLAYS)
def test_the_profile_of_clusters_plans_every_tier(copy: ProjectCopy, tier: str) -> None:
    files, profile = tier_files(tier, copy.folder), "workflow/profiles/slurm"
    arguments = ("--forceall", "--workflow-profile", profile, "--configfile", *map(str, files))
    printed = copy.snakemake("--dry-run", "--printshellcmds", *arguments)
    assert_stages_take_their_options(printed)
    planned = counted(printed)
    expected = {name: len(study.runs) for name, study in loading.read(*files).studies.items()}
    assert planned.get("train", 0) == expected.get("anatomy", 0)
    assert planned.get("evaluate_language_model", 0) == expected.get("language", 0)
    assert sum(planned.values()) < yaml.safe_load((copy.folder / profile / "profile.yaml").read_text())["jobs"]


def test_the_tier_of_pythia_says_what_it_downloads_and_trains_nothing(copy: ProjectCopy) -> None:
    printed = copy.snakemake("--dry-run", "--printshellcmds", "--configfile", "workflow/tiers/pythia.yaml")
    assert "--manifests results/pythia/language/trajectories/" in printed  # of the paper, whose runs are all series
    assert "Series from the hub: 306.0 GB to download to results/pythia/downloads" in printed
    planned, models = counted(printed), 8
    assert planned["record_series"] == planned["evaluate_language_model"] == models
    assert planned["measure_series"] == models * len(("rankme", "loss", "neuromfa"))
    assert planned["study_claims"] == len(("neuromfa", "language"))
    assert not {"train", "train_network", "train_sweep", "train_language_model", "measure_run"} & set(planned)


def test_default_tier_plans_the_second_study_without_the_first(copy: ProjectCopy) -> None:
    planned = copy.planned("figures/fig6.pdf", "figures/fig8.pdf")
    study = loading.read(copy.folder / "config.yaml").parity
    assert planned["train_network"] == len(study.runs)
    assert planned["measure_run"] == len(study.runs) * len({*study.measures.names} - {"layer_balance"})
    assert planned["events"] == 1  # of the networks
    assert not {"train", "task_data"} & set(planned)


def test_a_sweep_of_its_own_setting_trains_nothing_else(smoke: ProjectCopy) -> None:
    changed = overlay(smoke, "width.yaml", "parity: {sweeps: {width: {steps: 61}}}")
    planned = smoke.planned(*changed)
    assert planned["train_sweep"] == 1
    assert not {"train_network", "train_scalar_transformer", "measure_run", "constants"} & set(planned)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("anatomy: {training: {stepz: 3}}", "anatomy.training.stepz: unknown key"),
        ("anatomy: {seeds: [1]}\nanatomy: {context: 64}", "anatomy is given twice, in lines 1 and 2"),
    ],
    ids=["unknown", "twice"],
)
def test_a_bad_setting_is_refused_before_anything_runs(copy: ProjectCopy, text: str, message: str) -> None:
    printed = copy.snakemake("--cores", "1", *overlay(copy, "bad.yaml", text), check=False)
    assert message in printed
    assert "Traceback" not in printed


def test_numbers_may_be_nested_on_the_command_line(copy: ProjectCopy) -> None:
    seeds = """anatomy={"seeds": [1, 2, 3]}"""
    planned = copy.planned("trajectories", *SMOKE, "--config", seeds)
    assert planned["train"] == 3 * 2
