"""A stage is given the keys that it declares, and no others; what is switched off has no settings."""

import json
from copy import deepcopy
from typing import Any

import pytest
from support.project import OVERLAYS, tier_files

from emergence.config import loading
from emergence.config.loading import Config, ConfigError
from emergence.config.project import SwitchedOffError, figures_drawn, possible, project, settings_for
from emergence.figures.declarations import declared
from emergence.stages import STAGES, Stage

RUN = "4x16-s1"
Values = dict[str, Any]

JOBS = {
    "train_network": {"run": "mlp1000-s1"},
    "train_sweep": {"sweep": "width"},
    "train_scalar_transformer": {"run": "t32-s1"},
    "train_language_model": {"run": "neox64-s1"},
    "record_series": {"run": "mine"},
    "train_clock": {"seed": "1"},
    "train_arms": {"size": "4x32"},
    "train_method": {"size": "4x32"},
    "train_language_arms": {"size": "neox16"},
}
OF_STUDIES = [name for name, stage in STAGES.items() if "study" in stage.job_wildcards and name != "explorer"]


def changed(values: Values, key: str, value: Any) -> Values:
    """Values with another one at a dotted key."""
    result = deepcopy(values)
    *parents, last = key.split(".")
    inner: Any = result
    for part in parents:
        inner = inner[int(part)] if isinstance(inner, list) else inner.setdefault(part, {})
    inner[last] = value
    return result


def jobs() -> dict[str, dict[str, str]]:
    """Wildcards of one job of every stage; of a stage that studies share, of one per study."""
    named = {}
    for name in STAGES:
        if name not in OF_STUDIES:
            named[name] = JOBS.get(name, {"run": RUN})
            continue
        for study in ("anatomy", "parity", "language"):
            named[f"{study} {name}"] = {"study": study, "measure": "rankme"}
    named["anatomy neuromfa measure_run"] = {"study": "anatomy", "measure": "neuromfa"}
    return named


def projected(config: Config) -> dict[str, str]:
    """Settings of every job, as JSON."""
    return {job: json.dumps(project(config, job.split()[-1], **wildcards)) for job, wildcards in jobs().items()}


FIGURES = ", ".join(declared())
READERS: list[tuple[str, Any, str]] = [
    ("tier", "mine", "explorer"),
    ("source", "reference", ""),
    ("reproduce.networks", 0.05, ""),
    ("pathvars.results", "elsewhere", ""),
    (
        "device",
        "cpu",
        "anatomy measure_run, anatomy neuromfa measure_run, evaluate_language_model, train_language_model, "
        "language measure_run, train_network, parity measure_run, "
        "llc_sweep, train_sweep, train, train_stack, train_scalar_transformer, train_clock, train_arms, "
        "train_method, train_frequencies, train_language_arms",
    ),
    ("anatomy.tasks.ADD", [1, 2], "task_data, train, train_stack"),
    (
        "compute.precision",
        "bfloat16",
        "train_language_model, train, train_stack, train_clock, train_arms, train_method, train_frequencies, "
        "train_language_arms",
    ),
    ("compute.together", 2, "train, train_stack, train_clock, train_arms, train_method, train_frequencies"),
    (
        "anatomy.easy",
        ["COPY"],
        "anatomy leads, order_prediction, sensitivity, anatomy_stability, anatomy lead_differences, anatomy lead_power",
    ),
    ("anatomy.sizes.0.heads", 2, "train, train_stack, size_slopes, anatomy_stability"),
    (
        "anatomy.seeds",
        [1, 2, 3, 4],
        "anatomy lead_power, anatomy_claims, anatomy_stability, neuromfa_claims, interventions_claims",
    ),
    ("anatomy.context", 24, "train, train_stack"),
    ("anatomy.checkpoints.linear_every", 50, "train, train_stack"),
    ("anatomy.evaluation.examples", 90, "task_data, detector_validity"),
    ("anatomy.measures.rankme.epsilon", 1e-06, "anatomy measure_run, calibration"),
    ("anatomy.measures.llc.draws", 50, "figS3, llc_sweep, calibration"),
    ("anatomy.llc_sweep.at", [0.5], "llc_sweep"),
    ("anatomy.signals.hessian.variant", "trace", "explorer, anatomy_stability, anatomy lead_power"),
    ("anatomy.order_prediction.tie", 2.0, "order_prediction, anatomy_stability"),
    (
        "anatomy.metric",
        "log_probability",
        "anatomy leads, anatomy_numbers, anatomy_claims, explorer, fig1, fig4, fig5, order_prediction, "
        "neuromfa_claims, baselines,"
        " sensitivity, anatomy_stability, detector_validity, anatomy lead_differences, anatomy lead_power, "
        "predict_early",
    ),
    ("anatomy.detector_validity.trials", 100, "detector_validity"),
    ("anatomy.verdicts.modular_floor", 3.0, "anatomy_claims, anatomy_stability"),
    ("protocol.sensitivity.margin", [3.0], "language_stability, sensitivity, anatomy_stability"),
    (
        "protocol.precursors.families",
        ["metric"],
        "anatomy leads, anatomy precursors, joint, language leads, language precursors, language_claims, "
        "language_stability, parity leads, parity precursors, sensitivity, anatomy_stability, "
        "anatomy lead_differences, anatomy lead_power, language lead_differences, language lead_power, "
        "parity lead_differences, parity lead_power",
    ),
    (
        "protocol.precursors.definition",
        "change-point",
        "anatomy leads, anatomy precursors, anatomy_numbers, anatomy_claims, explorer, fig10, fig4, fig8, joint, "
        "language leads, language precursors, language_claims, language_numbers, language_stability, "
        "neuromfa_claims, parity leads, parity precursors, parity_claims, parity_numbers, sensitivity, "
        "anatomy_stability, anatomy lead_differences, anatomy lead_power, language lead_differences, "
        "language lead_power, parity lead_differences, parity lead_power",
    ),
    (
        "protocol.precursors.shifts",
        100,
        "anatomy leads, anatomy precursors, joint, language leads, language precursors, language_stability, "
        "parity leads, parity precursors, sensitivity, anatomy_stability, anatomy lead_differences, "
        "anatomy lead_power, language lead_differences, language lead_power, parity lead_differences, "
        "parity lead_power",
    ),
    (
        "protocol.verdicts.nulls",
        ["placebo"],
        "anatomy_claims, language_claims, language_stability, neuromfa_claims, parity_claims, "
        "rule_outcomes, anatomy_stability, anatomy lead_power, language lead_power, parity lead_power",
    ),
    (
        "protocol.verdicts.detector.timing",
        2.0,
        "anatomy_claims, fig8, figS1, language_claims, language_stability, neuromfa_claims, "
        "parity_claims, rule_outcomes, "
        "anatomy_stability, detector_validity, anatomy lead_power, language lead_power, parity lead_power",
    ),
    (
        "protocol.variant",
        "mean/centred/sigma",
        "anatomy direction, anatomy leads, anatomy_numbers, anatomy_claims, explorer, fig10, fig2, fig3, floors, "
        "size_slopes, language direction, language leads, language_claims, language_stability, neuromfa_claims, parity "
        "direction, parity leads, phases, sensitivity, anatomy_stability, anatomy lead_power, "
        "language lead_power, parity lead_power, predict_early",
    ),
    (
        "protocol.events.threshold",
        0.45,
        "anatomy events, anatomy leads, explorer, fig1, joint, language events, language leads, "
        "language_stability, parity events, parity leads, sensitivity, anatomy_stability, detector_validity, "
        "arms, method, frequencies",
    ),
    (
        "protocol.events.detector",
        "sigmoid",
        "anatomy events, anatomy leads, anatomy_numbers, fig8, joint, language events, language leads, "
        "language_stability, parity events, parity leads, parity_claims, sensitivity, anatomy_stability, "
        "detector_validity, arms, method, frequencies",
    ),
    (
        "protocol.collapse.depth",
        0.7,
        "anatomy collapse, anatomy leads, language collapse, language leads, language_stability, parity "
        "collapse, parity leads, phases, sensitivity, anatomy_stability, anatomy lead_differences, "
        "anatomy lead_power, language lead_differences, language lead_power, parity lead_differences, "
        "parity lead_power, clock",
    ),
    (
        "protocol.collapse.floor_until",
        300,
        "anatomy collapse, anatomy leads, fig3, sensitivity, anatomy_stability, anatomy lead_differences, "
        "anatomy lead_power",
    ),
    (
        "protocol.statistics.seed",
        7,
        "anatomy leads, anatomy precursors, anatomy_claims, constants, curves, floors, size_slopes, joint, "
        "language leads, "
        "language precursors, language_claims, language_stability, order_prediction, neuromfa_claims, "
        "single_skill, parity"
        " leads, parity precursors, parity_claims, rule_outcomes, sensitivity, anatomy_stability, shots, "
        "anatomy lead_differences, anatomy lead_power, language lead_differences, language lead_power, "
        "parity lead_differences, parity lead_power, clock, arms, method, frequencies, "
        "language_arms, predict_early, interventions_claims",
    ),
    (
        "protocol.statistics.confidence",
        0.9,
        "anatomy direction, anatomy leads, anatomy precursors, anatomy_claims, constants, curves, "
        "entropy_slopes, floors, size_slopes, "
        "joint, language direction, language leads, language precursors, language_claims, language_stability,"
        " order_prediction, neuromfa_claims, single_skill, parity direction, parity leads, parity precursors, "
        "parity_claims, rule_outcomes, phases, power_laws, baselines, sensitivity, anatomy_stability, "
        "detector_validity, shots, staging, network_scaling, anatomy lead_differences, anatomy lead_power, "
        "language lead_differences, language lead_power, parity lead_differences, parity lead_power, clock, arms, "
        "method, frequencies, language_arms, predict_early, interventions_claims",
    ),
    (
        "anatomy.protocol.events.threshold",
        0.45,
        "anatomy events, anatomy leads, explorer, fig1, sensitivity, anatomy_stability, detector_validity",
    ),
    (
        "parity.protocol.collapse.floor_until",
        400,
        "parity collapse, parity leads, parity lead_differences, parity lead_power",
    ),
    (
        "language.protocol.collapse.smoothing",
        3,
        "language collapse, language leads, language_stability, phases, language lead_differences, language lead_power",
    ),
    ("neuromfa.protocol.statistics.confidence", 0.9, "neuromfa_claims, baselines"),
    ("calibration.seed", 7, "calibration"),
    (
        "parity.task.alpha",
        0.7,
        "curves, joint, models, train_network, parity_probes, power_laws, staging, train_sweep, network_scaling",
    ),
    (
        "parity.target",
        4.0,
        "constants, curves, joint, models, train_network, single_skill, parity_probes, staging, train_sweep, shots, "
        "network_scaling",
    ),
    ("parity.test.seed", 7, "train_network, train_sweep"),
    ("parity.network.optimiser.learning_rate", 0.01, "curves, joint, models, train_network, staging, network_scaling"),
    (
        "parity.network.seeds",
        [1, 2, 3, 4],
        "curves, joint, models, staging, network_scaling, parity lead_power, parity_claims, rule_outcomes, "
        "neuromfa_claims",
    ),
    ("parity.checkpoints.linear_every", 200, "train_network"),
    ("parity.sweeps.width.steps", 100, "train_sweep"),
    ("parity.sweeps.data.steps", 100, "network_scaling"),
    ("parity.sweeps.one_skill_time.sigma", 0.02, "constants, single_skill"),
    ("parity.transformer.steps", 100, "train_scalar_transformer"),
    ("parity.powers.tolerance", 0.1, "parity_claims, power_laws"),
    ("parity.verdicts.crossing", 0.1, "parity_claims"),
    ("parity.entropy.tolerance", 0.1, "parity_claims"),
    ("parity.staging.skills", 6, "staging"),
    ("parity.joint.common", 0.4, "joint"),
    ("neuromfa.sigma", 0.03, "anatomy neuromfa measure_run"),
    ("neuromfa.verdicts.correlation", 0.6, "neuromfa_claims"),
    ("language.text.vocabulary", 1024, "corpus, train_language_model, train_language_arms"),
    ("language.ladder.training.warmup", 64, "train_language_model, train_language_arms"),
    ("language.ladder.sizes.1.layers", 3, "train_language_model"),
    ("language.ladder.sizes.0.layers", 3, ""),
    ("language.models.0.folder", "elsewhere", "record_series"),
    ("language.phases.expansion", 0.7, "language_stability, phases"),
    ("language.verdicts.in_order", 0.6, "language_claims, language_stability"),
    ("interventions.tasks.SORT", [2], "train_clock, train_arms, train_method, train_frequencies"),
    ("interventions.clock.widths", [16], "train_clock"),
    ("interventions.paired.arms.prevent.weight", 2.0, "train_arms"),
    ("interventions.method.arms.strong.weight", 2.0, "train_method, fig15"),
    ("interventions.method.seeds", [1, 2], "train_method, interventions_claims"),
    ("interventions.frequencies.alpha", 0.7, "train_frequencies"),
    ("interventions.language.arm.weight", 2.0, "train_language_arms"),
    ("interventions.language.seeds", [1, 2], "train_language_arms, interventions_claims"),
    ("interventions.early.share", 0.2, "predict_early"),
    ("interventions.verdicts.margin", 1.2, "interventions_claims, fig12"),
    ("figures.dpi", 100, FIGURES),
]
QUOTED = "paper_numbers"  # the paper quotes every setting that changes a number
LOOKS = ("figures.", "pathvars.", "reproduce.", "source")


@pytest.fixture
def values(settings_values: Values) -> Values:
    """The default tier with a series of one's own."""
    settings_values["language"]["models"] = [{"name": "mine", "folder": "checkpoints"}]
    return settings_values


def reads_as_declared(job: str, key: str) -> bool:
    """Whether a job is a figure that declares this key: one that was added need not be listed here."""
    return job in declared() and any(f"{key}.".startswith(f"{read}.") for read in declared()[job].reads.values())


@pytest.mark.long
@pytest.mark.parametrize(("key", "value", "readers"), READERS, ids=[key for key, _, _ in READERS])
def test_a_setting_reaches_just_its_readers(values: Values, key: str, value: Any, readers: str) -> None:
    before = projected(loading.load(values))
    after = projected(loading.load(changed(values, key, value)))
    differ, known = {job for job in before if before[job] != after[job]}, {job for job in readers.split(", ") if job}
    assert known <= differ
    assert {job for job in differ - known - {QUOTED} if not reads_as_declared(job, key)} == set()
    assert (QUOTED in differ) is not key.startswith(LOOKS)


def test_every_job_takes_its_settings(values: Values) -> None:
    """What is projected is valid by the annotations of the stage's function."""
    config = loading.load(values)
    for job, wildcards in jobs().items():
        stage = job.split()[-1]
        assert settings_for(config, stage, **wildcards).keys() == STAGES[stage].reads.keys()


@pytest.mark.parametrize("tier", OVERLAYS)
def test_every_run_of_a_tier_takes_its_settings(tier: str) -> None:
    config = loading.read(*tier_files(tier))
    runs = {
        "train": ("anatomy", "runs"),
        "train_network": ("parity", "runs"),
        "train_scalar_transformer": ("parity", "transformers"),
        "train_language_model": ("language", "trained"),
        "record_series": ("language", "series"),
    }
    for stage, (study, names) in runs.items():
        for name in getattr(config.studies.get(study), names, ()):
            assert settings_for(config, stage, run=name)["settings"].run == name
    for name in config.parity.every_sweep if config.parity else ():
        assert settings_for(config, "train_sweep", sweep=name)["settings"].name == name


def test_a_run_is_given_its_own_size_and_seed(values: Values) -> None:
    settings = project(loading.load(values), "train", run="4x32-s2")["settings"]
    assert (settings["size"]["width"], settings["seed"]) == (32, 2)


def test_runs_of_a_stack_are_given_what_each_is_given_alone(values: Values) -> None:
    config = loading.load(changed(values, "compute.together", 2))
    stack = project(config, "train_stack", run="4x96-s2")["settings"]["runs"]
    assert stack == [project(config, "train", run=run)["settings"] for run in ("4x96-s1", "4x96-s2")]


def test_the_measure_neuromfa_has_the_options_of_its_study(values: Values) -> None:
    config = loading.load(changed(values, "neuromfa.sigma", 0.03))
    for study, every in (("anatomy", 3), ("parity", 2), ("language", 2)):
        options = settings_for(config, "measure_run", study=study, measure="neuromfa")["settings"].options
        assert (options.sigma, options.every) == (0.03, every)


@pytest.mark.parametrize(
    ("stage", "wildcards", "named"),
    [
        ("train_stack", {"run": "4x17-s1"}, "4x17-s1"),
        ("train", {"run": "4x17-s1"}, "4x17-s1"),
        ("train", {}, "run"),
        ("measure_run", {"study": "anatomy", "measure": "sharpness"}, "sharpness"),
        ("leads", {"study": "anatomy", "measure": "sharpness"}, "allowed: rankme, fisher"),
        ("leads", {"measure": "rankme"}, "study"),
        ("train_sweep", {"sweep": "depth"}, "depth"),
        ("fig99", {}, "fig99"),
    ],
)
def test_what_does_not_exist_is_named(values: Values, stage: str, wildcards: dict[str, str], named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        project(loading.load(values), stage, **wildcards)


OFF: list[tuple[str, set[str], set[str]]] = [
    ("anatomy.measures.llc", {"llc_sweep", "figS3"}, {"figS3"}),
    ("anatomy.measures.rankme", {"floors", "sensitivity", "fig2", "predict_early"}, {"fig2", "fig3", "fig14", "figS4"}),
    (
        "anatomy",
        {"train", "order_prediction", "fig1", "anatomy_claims", "predict_early"},
        {*(f"fig{n}" for n in range(1, 6)), "fig14", "figS1", "figS3", "figS4", "figS11"},
    ),
    (
        "parity",
        {"train_network", "train_sweep", "joint"},
        {"fig6", "fig7", "fig8", "figS5", "figS6", "figS7", "figS8", "figS9", "figS10"},
    ),
    (
        "language",
        {"corpus", "train_language_model", "phases", "train_language_arms", "language_arms"},
        {"fig10", "fig16"},
    ),
    ("neuromfa", {"degree_of_emergence", "baselines", "neuromfa_claims"}, {"fig9"}),
    (
        "interventions",
        {"train_clock", "train_arms", "train_method", "train_frequencies", "clock", "arms", "interventions_claims"},
        {"fig11", "fig12", "fig13", "fig14", "fig15", "fig16"},
    ),
    ("interventions.method", {"train_method", "method"}, {"fig15"}),
    ("interventions.frequencies", {"train_frequencies", "frequencies"}, {"fig13"}),
    ("interventions.language", {"train_language_arms", "language_arms"}, {"fig16"}),
    ("interventions.early", {"predict_early"}, {"fig14"}),
    ("figures.fig10", set(), {"fig10"}),
]


def test_neuromfa_is_judged_in_the_studies_that_are_switched_on(values: Values) -> None:
    settings = [
        settings_for(loading.load({**values, **off}), "neuromfa_claims")["settings"]
        for off in ({}, {"anatomy": None}, {"language": None})
    ]
    assert [one.anatomy is None for one in settings] == [False, True, False]
    assert [one.pythia.runs for one in settings] == [[], [], []]


def test_a_stage_that_reads_what_no_study_has_is_named(values: Values, monkeypatch: pytest.MonkeyPatch) -> None:
    """`protocol.variant`, without the study, was meant."""
    monkeypatch.setitem(STAGES, "mine", Stage("package.module:draw", "Draw", {"variant": "anatomy.variant"}))
    with pytest.raises(ConfigError, match=r"stage mine: .*anatomy\.variant.*protocol"):
        project(loading.load(values), "mine")


def test_a_study_is_read_by_its_own_protocol_wherever_it_is_read(values: Values) -> None:
    """NeuroMFA judges leads of the anatomy, and the explorer shows each study, as that study is judged."""
    own = changed(values, "anatomy.protocol", {"events": {"threshold": 0.6}, "verdicts": {"precursor_rate": 0.9}})
    config = loading.load(own)
    judged = settings_for(config, "neuromfa_claims")["settings"].anatomy
    assert judged.verdicts.precursor_rate == 0.9
    explored = {one.study: one for one in settings_for(config, "explorer")["settings"].studies}
    assert (explored["anatomy"].threshold, explored["anatomy"].precursor_rate) == (0.6, 0.9)
    assert (explored["parity"].threshold, explored["parity"].precursor_rate) == (0.5, 0.75)


@pytest.mark.parametrize("off", [None, False], ids=["null", "false"])
@pytest.mark.parametrize(("key", "stages", "figures"), OFF, ids=[key for key, _, _ in OFF])
def test_what_is_switched_off_leaves_out_what_reads_it(
    values: Values, key: str, stages: set[str], figures: set[str], off: bool | None
) -> None:
    config, whole = loading.load(changed(values, key, off)), loading.load(values)
    gone = {*figures_drawn(whole)} - {*figures_drawn(config)}
    assert figures <= gone
    assert {declared()[added].study for added in gone - figures} <= {key}
    for job in stages:
        wildcards = jobs()[job]
        assert possible(whole, job.split()[-1], **wildcards)
        assert not possible(config, job.split()[-1], **wildcards)
        with pytest.raises(SwitchedOffError, match=job.split()[-1]):
            project(config, job.split()[-1], **wildcards)


def test_interventions_run_alone(values: Values) -> None:
    """Estimators are calibrated all the same, with the RankMe of that study."""
    alone = loading.load({**values, **dict.fromkeys(("anatomy", "parity", "neuromfa", "language"))})
    assert project(alone, "calibration")["settings"]["epsilon"] == values["interventions"]["epsilon"]
    assert alone.studies_with_claims == ["interventions"]


def test_a_study_that_is_switched_off_is_in_no_list(values: Values) -> None:
    config = loading.load(changed(values, "parity", None))
    assert [*config.studies] == ["anatomy", "language"]
    assert config.studies_with_claims == ["anatomy", "neuromfa", "language", "interventions"]
    assert "parity" not in config.neuromfa_runs
    assert [study["study"] for study in project(config, "explorer")["settings"]["studies"]] == ["anatomy", "language"]
    assert project(config, "paper_numbers")["settings"]["parity"] is None


def test_a_measure_that_is_switched_off_takes_its_signals_with_it(values: Values) -> None:
    config = loading.load(changed(values, "anatomy.measures.llc", False))
    assert "llc" not in config.anatomy.measures.names
    assert list(config.anatomy.followed) == ["rankme", *(name for name in config.anatomy.signals if name != "llc")]


def test_a_signal_can_be_switched_off_alone(values: Values) -> None:
    config = loading.load(changed(values, "anatomy.signals.llc", None))
    assert "llc" in config.anatomy.measures.names
    assert "llc" not in config.anatomy.followed


def test_without_neuromfa_no_study_measures_it(values: Values) -> None:
    config = loading.load(changed(values, "neuromfa", False))
    assert all("neuromfa" not in study.measures.names for study in config.studies.values())
    assert not any(name.startswith("neuromfa") for study in config.studies.values() for name in study.followed)
    assert config.studies_with_claims == ["anatomy", "parity", "language", "interventions"]


@pytest.mark.parametrize("off", ["figures.fig99", "figures.figS990"])
def test_a_figure_that_does_not_exist_cannot_be_switched_off(values: Values, off: str) -> None:
    with pytest.raises(ConfigError, match=off):
        loading.load(changed(values, off, False))
