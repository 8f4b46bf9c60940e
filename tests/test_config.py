import json
import math
from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from snakemake.utils import update_config

from emergence import config
from emergence.config import Config, ConfigError
from emergence.settings.learning import TogetherSettings
from emergence.stages import STAGES

ROOT = Path(__file__).parents[1]
TIERS = sorted((ROOT / "workflow" / "tiers").glob("*.yaml"))
REMOVED = object()
RUN = "4x16-s1"
Values = dict[str, Any]


def changed(values: Values, changes: Mapping[str, Any]) -> Values:
    result = deepcopy(values)
    for key, value in changes.items():
        *parents, last = key.split(".")
        inner: Any = result
        for part in parents:
            inner = inner[int(part)] if isinstance(inner, list) else inner[part]
        if value is REMOVED:
            del inner[last]
        else:
            inner[int(last) if isinstance(inner, list) else last] = value
    return result


def message_of(values: Values) -> str:
    with pytest.raises(ConfigError) as caught:
        config.load(values)
    return str(caught.value)


def test_default_tier_loads() -> None:
    default = config.read(ROOT / "config.yaml")
    assert default.tier == "laptop"
    assert len(default.anatomy.levels) == 24 + 3  # and the control's
    assert RUN in default.anatomy.runs


def test_there_are_tier_overlays() -> None:
    assert {path.stem for path in TIERS} >= {"paper", "smoke"}


@pytest.mark.parametrize("tier", TIERS, ids=lambda path: path.stem)
def test_tier_overlay_loads_and_writes_elsewhere(tier: Path) -> None:
    default, overlaid = config.read(ROOT / "config.yaml"), config.read(ROOT / "config.yaml", tier)
    assert overlaid.tier == tier.stem
    folders = overlaid.pathvars.model_dump()
    assert all(folders[name] != folder for name, folder in default.pathvars.model_dump().items())


def test_largest_runs_come_first() -> None:
    assert list(config.read(ROOT / "config.yaml").anatomy.runs)[::19] == ["4x96-s1", "4x16-s5"]


def test_a_loaded_configuration_does_not_change(settings_values: Values) -> None:
    loaded = config.load(settings_values)
    with pytest.raises(ValueError, match="frozen"):
        loaded.device = "cuda"


UNKNOWN: list[tuple[Values, str, str]] = [
    ({"anatomy.measures.sharpness": {}}, "anatomy.measures.sharpness", "no such measure; allowed: fisher"),
    ({"anatomy.measures.probe": {}}, "anatomy.measures.probe", "no such measure; allowed: fisher"),
    ({"anatomy.measures.sharpness": {"batch": 3}}, "anatomy.measures.sharpness.batch", "unknown key"),
    ({"speed": 1}, "speed", "allowed: tier, source, device"),
    ({"pathvars.cache": "cache"}, "pathvars.cache", "allowed: results"),
    ({"anatomy.optimiser": "sgd"}, "anatomy.optimiser", "allowed: tasks, easy"),
    ({"anatomy.training.momentum": 0.9}, "anatomy.training.momentum", "allowed: steps"),
    ({"anatomy.sizes.2.depth": 4}, "anatomy.sizes.2.depth", "allowed: name, layers, width, heads"),
    ({"anatomy.evaluation.seeds": [1]}, "anatomy.evaluation.seeds", "allowed: examples, seed"),
    ({"figures.colour": "red"}, "figures.colour", "allowed: dpi"),
]
MISSING: list[tuple[Values, str, str]] = [
    ({"anatomy": REMOVED}, "anatomy", "missing"),
    ({"pathvars": REMOVED}, "pathvars", "missing"),
    ({"figures.dpi": REMOVED}, "figures.dpi", "missing"),
    ({"anatomy.training": REMOVED}, "anatomy.training", "missing"),
    ({"anatomy.verdicts.universal": REMOVED}, "anatomy.verdicts.universal", "missing"),
    ({"anatomy.sizes.1.heads": REMOVED}, "anatomy.sizes.1.heads", "missing"),
]
TYPES: list[tuple[Values, str, str]] = [
    ({"anatomy.training.steps": "3600"}, "anatomy.training.steps", "'3600'"),
    ({"anatomy.training.learning_rate": "2e-3"}, "anatomy.training.learning_rate", "'2e-3'"),
    ({"anatomy.context": True}, "anatomy.context", "True"),
    ({"anatomy.context": 20.0}, "anatomy.context", "20.0"),
    ({"anatomy.training.clip": True}, "anatomy.training.clip", "True"),
    ({"anatomy.sizes.0.layers": 4.5}, "anatomy.sizes.0.layers", "4.5"),
    ({"anatomy.sizes.3.name": 496}, "anatomy.sizes.3.name", "496"),
    ({"anatomy.sizes.0": "4x16"}, "anatomy.sizes.0", "'4x16'"),
    ({"anatomy.seeds": 3}, "anatomy.seeds", "3"),
    ({"anatomy.tasks": ["ADD"]}, "anatomy.tasks", "['ADD']"),
    ({"anatomy.tasks.ADD": 3}, "anatomy.tasks.ADD", "3"),
    ({"anatomy.tasks.ADD": [1, True]}, "anatomy.tasks.ADD.1", "True"),
    ({"anatomy.training": None}, "anatomy.training", "None"),
    ({"tier": 3}, "tier", "3"),
]
RANGES: list[tuple[Values, str, str]] = [
    ({"anatomy.training.steps": 0}, "anatomy.training.steps", "0"),
    ({"anatomy.training.learning_rate": -0.1}, "anatomy.training.learning_rate", "-0.1"),
    ({"anatomy.training.learning_rate": math.nan}, "anatomy.training.learning_rate", "nan"),
    ({"anatomy.training.clip": math.inf}, "anatomy.training.clip", "inf"),
    ({"anatomy.training.weight_decay": math.nan}, "anatomy.training.weight_decay", "nan"),
    ({"anatomy.training.betas": [0.9, 1.0]}, "anatomy.training.betas.1", "1.0"),
    ({"anatomy.training.betas": [0.9]}, "anatomy.training.betas", "[0.9]"),
    ({"anatomy.training.final_fraction": 1.1}, "anatomy.training.final_fraction", "1.1"),
    ({"anatomy.events.threshold": 1.0}, "anatomy.events.threshold", "1.0"),
    ({"anatomy.events.threshold": math.nan}, "anatomy.events.threshold", "nan"),
    ({"anatomy.statistics.bootstrap": 99}, "anatomy.statistics.bootstrap", "99"),
    ({"anatomy.evaluation.examples": 1}, "anatomy.evaluation.examples", "1"),
    ({"anatomy.seeds": [1, -1]}, "anatomy.seeds.1", "-1"),
    ({"anatomy.seeds": [2**32]}, "anatomy.seeds.0", "4294967296"),
    ({"anatomy.variant": "answer/sigma"}, "anatomy.variant", "'answer/sigma'"),
    ({"anatomy.events.detector": "ruptures"}, "anatomy.events.detector", "'ruptures'"),
    ({"anatomy.validity.chances": [1.0]}, "anatomy.validity.chances.0", "1.0"),
    ({"anatomy.events.primary": "loss"}, "anatomy.events.primary", "'loss'"),
    ({"device": "gpu"}, "device", "'gpu'"),
    ({"compute.precision": "float16"}, "compute.precision", "'float16'"),
    ({"compute.together": 0}, "compute.together", "0"),
    ({"figures.dpi": 6000}, "figures.dpi", "6000"),
]
TOGETHER: list[tuple[Values, str, str]] = [
    ({"anatomy.sizes.0.heads": 3}, "anatomy.sizes.0.heads", "3 does not divide the width 16"),
    ({"anatomy.sizes.2.heads": 5, "anatomy.sizes.2.width": 64}, "anatomy.sizes.2.heads", "5 does not divide"),
    ({"anatomy.training.warmup": 3601}, "anatomy.training.warmup", "3601"),
    ({"anatomy.checkpoints.log_until": 3601}, "anatomy.checkpoints.log_until", "3601"),
    ({"anatomy.checkpoints.every_step_until": 401}, "anatomy.checkpoints.every_step_until", "401"),
    ({"anatomy.collapse.floor_until": 3601}, "anatomy.collapse.floor_until", "3601"),
    ({"anatomy.collapse.smoothing": 4}, "anatomy.collapse.smoothing", "4"),
    ({"language.smoothing": 4}, "language.smoothing", "4"),
    ({"language.phases.smoothing": 4}, "language.phases.smoothing", "4"),
    ({"anatomy.evaluation.seed": 202}, "anatomy.probes.seed", "202"),
    ({"anatomy.events.width": [0.9, 0.1]}, "anatomy.events.width", "[0.9, 0.1]"),
    ({"anatomy.events.width": [0.5, 0.5]}, "anatomy.events.width", "[0.5, 0.5]"),
    ({"anatomy.validity.times": [0.9, 0.1]}, "anatomy.validity.times", "[0.9, 0.1]"),
    ({"anatomy.validity.spacings": [2, 4]}, "anatomy.validity.spacings", "[2, 4]"),
    ({"anatomy.validity.levels": [0.1, 0.5]}, "anatomy.validity.levels", "0.5"),
    ({"anatomy.easy": ["COPY", "DIV"]}, "anatomy.easy", "'DIV'"),
    ({"anatomy.tasks.SORT": REMOVED}, "anatomy.easy", "'SORT'"),
    ({"anatomy.easy": ["COPY", "COPY"]}, "anatomy.easy", "COPY"),
    ({"anatomy.sizes.1.name": "4x16"}, "anatomy.sizes", "4x16"),
    ({"anatomy.seeds": [3, 1, 3]}, "anatomy.seeds", "3"),
    ({"anatomy.tasks.PAR": [3, "3"]}, "anatomy.tasks.PAR", "3"),
]
LEVELS: list[tuple[Values, str, str]] = [
    ({"anatomy.tasks.DIV": [1]}, "anatomy.tasks.DIV", "no such task"),
    ({"anatomy.tasks.COPY": [4, 17]}, "anatomy.tasks.COPY", "'17'"),
    ({"anatomy.tasks.REV": [0]}, "anatomy.tasks.REV", "'0'"),
    ({"anatomy.tasks.SORT": [-4]}, "anatomy.tasks.SORT", "'-4'"),
    ({"anatomy.tasks.PAR": ["three"]}, "anatomy.tasks.PAR", "'three'"),
    ({"anatomy.tasks.CMP": [10]}, "anatomy.tasks.CMP", "'10'"),
    ({"anatomy.tasks.ADD": ["01"]}, "anatomy.tasks.ADD", "'01'"),
    ({"anatomy.tasks.MOD": [1]}, "anatomy.tasks.MOD", "'1'"),
    ({"anatomy.tasks.MUL": ["5x1"]}, "anatomy.tasks.MUL", "'5x1'"),
    ({"anatomy.tasks.MUL": [2]}, "anatomy.tasks.MUL", "'2'"),
    ({"anatomy.tasks.COPY": [4, 10]}, "anatomy.tasks.COPY", "'10' needs 22 tokens"),
    ({"anatomy.tasks.ADD": [6]}, "anatomy.tasks.ADD", "'6' needs 22 tokens"),
    ({"anatomy.context": 17}, "anatomy.tasks.COPY", "'8' needs 18 tokens"),
]
EMPTY: list[tuple[Values, str, str]] = [
    ({"anatomy.sizes": []}, "anatomy.sizes", "[]"),
    ({"anatomy.seeds": []}, "anatomy.seeds", "[]"),
    ({"anatomy.tasks.ADD": []}, "anatomy.tasks.ADD", "[]"),
    ({"anatomy.events.width": []}, "anatomy.events.width", "[]"),
]
SOLVABLE: list[tuple[Values, str, str]] = [
    ({"solvable.parity.relevant": 7}, "solvable.parity.relevant", "need 42 relevant bits, more than the 32"),
    ({"solvable.parity.skills": 40}, "solvable.parity.bits", "41 skills with bits of their own need 123"),
    ({"solvable.parity.bits": 65}, "solvable.parity.bits", "65"),
    ({"solvable.parity.alpha": 0.0}, "solvable.parity.alpha", "0.0"),
    ({"solvable.parity.alpha": -0.6}, "solvable.parity.alpha", "-0.6"),
    ({"solvable.target": 0.0}, "solvable.target", "0.0"),
    ({"solvable.network.widths": [0]}, "solvable.network.widths.0", "0"),
    ({"solvable.network.widths": [10, 20]}, "solvable.network.widths", "are several; allowed: one"),
    ({"solvable.network.samples": [900]}, "solvable.network.samples", "fresh samples; remove it"),
    ({"solvable.network.seeds": [1, 1]}, "solvable.network.seeds", "names one twice"),
    ({"solvable.network.optimiser.name": "adamw"}, "solvable.network.optimiser.name", "'adamw'"),
    ({"solvable.sweeps.width.widths": [4, 0]}, "solvable.sweeps.width.widths.1", "0"),
    ({"solvable.sweeps.data.samples": [4, 100]}, "solvable.sweeps.data.samples", "4 samples are fewer than the 5"),
    ({"solvable.sweeps.data.samples": []}, "solvable.sweeps.data.samples", "[]"),
    ({"solvable.sweeps.momentum": {}}, "solvable.sweeps.momentum", "unknown key; allowed: one_skill_time"),
    ({"solvable.sampled": 5001}, "solvable.sampled", "5001 are more than test.examples"),
    ({"solvable.shares": [0.05, 0.95]}, "solvable.shares", "lack 0.5"),
    ({"solvable.joint.common": 0.8}, "solvable.joint.own", "[0.75, 1.25] must rise"),
    ({"anatomy.sizes.0.name": "mlp1000"}, "anatomy.sizes", "mlp1000-s1 is also one of the solvable study"),
]
HOSTILE = [
    *(
        {f"pathvars.{key}": path}
        for key in ("results", "figures")
        for path in ("../x", "/abs", "a/../../b", "~/x", ".")
    ),
    *({"pathvars.logs": path} for path in ("a b", "a;reboot", "$(reboot)", "a`id`", "a\nb", "a|b", "a>b", "{run}", "")),
    *({"anatomy.sizes.0.name": name} for name in ("a;rm -rf x", "a/b", "..", "$HOME", "a\n", "-s1", "{run}", "")),
    *({"tier": name} for name in ("a;rm -rf x", "a/b", "../laptop", "`id`", "a b", "-x")),
]
REFUSED = [*UNKNOWN, *MISSING, *TYPES, *RANGES, *TOGETHER, *LEVELS, *EMPTY, *SOLVABLE]
REFUSED += [(change, key, repr(value)) for change in HOSTILE for key, value in change.items()]


@pytest.mark.parametrize(("changes", "key", "shown"), REFUSED, ids=lambda part: part if isinstance(part, str) else "")
def test_bad_setting_is_named(settings_values: Values, changes: Values, key: str, shown: str) -> None:
    lines = message_of(changed(settings_values, changes)).splitlines()
    (line,) = lines
    assert line.startswith(f"config: {key}: ")
    assert shown in line.removeprefix(f"config: {key}: ")


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"anatomy.training.weight_decay": math.inf}, "anatomy.training.weight_decay"),
        ({"anatomy.precursors.margin": math.inf}, "anatomy.precursors.margin"),
        ({"anatomy.tasks": {}, "anatomy.easy": []}, "anatomy.tasks"),
        ({"anatomy.tasks.MOD": [5, "1٣"]}, "anatomy.tasks.MOD"),
        ({"pathvars.results": "-results"}, "pathvars.results"),
    ],
)
def test_bad_setting_that_is_easily_missed(settings_values: Values, changes: Values, key: str) -> None:
    assert f"config: {key}: " in message_of(changed(settings_values, changes))


def test_every_problem_has_its_line(settings_values: Values) -> None:
    bad = changed(settings_values, {"tier": "a/b", "figures.dpi": 1, "anatomy.sizes.0.heads": 3})
    keys = [line.split(": ")[1] for line in message_of(bad).splitlines()]
    assert sorted(keys) == ["anatomy.sizes.0.heads", "figures.dpi", "tier"]


def test_key_that_is_no_string_is_named(settings_values: Values) -> None:
    settings_values["anatomy"][1] = 2
    assert "anatomy.1: " in message_of(settings_values)


@pytest.mark.parametrize("content", ["", "[]", "just text", "3"])
def test_file_without_settings_is_named(tmp_path: Path, content: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(content)
    with pytest.raises(ConfigError, match=r"mine\.yaml"):
        config.read(path)


@pytest.mark.parametrize("content", [None, "tier: [", "a: b: c", "\tx: 1"], ids=["absent", "bracket", "colons", "tab"])
def test_unreadable_file_is_named(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "mine.yaml"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ConfigError, match=r"mine\.yaml"):
        config.read(path)


def test_schema_file_is_up_to_date() -> None:
    kept = json.loads((ROOT / "config.schema.json").read_text())
    assert kept == config.schema(), "config.schema.json is out of date: run `emergence schema > config.schema.json`"


LEAVES = st.integers() | st.text(max_size=3) | st.none() | st.lists(st.integers(), max_size=2)
TREES = st.recursive(
    st.dictionaries(st.sampled_from("abcd"), LEAVES, min_size=1),
    lambda inner: st.dictionaries(st.sampled_from("abcd"), LEAVES | inner, min_size=1),
    max_leaves=8,
)


@given(TREES, TREES)
def test_overlays_merge_as_in_snakemake(base: Values, overlay: Values) -> None:
    before, expected = deepcopy(base), deepcopy(base)
    result = config.merged(base, overlay)
    update_config(expected, deepcopy(overlay))
    assert result == expected
    assert base == before


def test_lists_are_replaced_and_mappings_merge() -> None:
    base = {"sizes": [1, 2, 3], "training": {"steps": 10, "clip": 1.0}}
    overlay = {"sizes": [4], "training": {"steps": 20}}
    assert config.merged(base, overlay) == {"sizes": [4], "training": {"steps": 20, "clip": 1.0}}


def test_overlay_is_read_after_the_base(tmp_path: Path) -> None:
    overlay = tmp_path / "mine.yaml"
    overlay.write_text(yaml.safe_dump({"tier": "mine", "anatomy": {"training": {"steps": 4000}}}))
    loaded = config.read(ROOT / "config.yaml", overlay)
    assert (loaded.tier, loaded.anatomy.training.steps, loaded.anatomy.training.warmup) == ("mine", 4000, 100)


FIGURES = {name for name in STAGES if name.startswith("fig")}
LEADS = {"leads", "sensitivity"}
BY_METRIC = {"anatomy_numbers", "claims", "rivals", "multifractal_claims", "fig1", "fig4", "fig5", "explorer"}
OF_VARIANT = {
    "anatomy_numbers",
    "claims",
    "multifractal_claims",
    "phases",
    "language_claims",
    "fig2",
    "fig3",
    "fig10",
    "explorer",
}
JOINT = {"joint", "joint leads", "joint precursors"}
EVENTS = {"joint", "joint events", "joint leads"}
SEEDED = {"constants", "one_skill", "curves"}
CONFIDENT = {"validity", "direction", "entropy", "powers", "phases", "rivals"}
OF_RUNS = {"train", "train_together"}
TRAINED = {"network", "sweep", "transformer", "ladder", *OF_RUNS}
TRIED = {"stability", "language_stability"}
JUDGED = {"claims", "solvable_claims", "multifractal_claims", "language_claims", *TRIED}
QUOTED = {"anatomy_numbers", "solvable_numbers", "language_numbers"}
REPORTING = {"paper_numbers"}  # the paper tells all settings but of its looks and places
LOOKS = ("figures.", "pathvars.", "reproduce.", "source")
STATISTICS = {*JOINT, *JUDGED, "floors", "precursors", "limits", *LEADS}
READERS: list[tuple[str, Any, set[str]]] = [
    ("tier", "mine", {"explorer"}),
    ("source", "reference", set()),
    ("reproduce.networks", 0.05, set()),
    ("pathvars.results", "elsewhere", set()),
    ("device", "cpu", {"follow", "plateau", "joint follow", "answers", *TRAINED}),
    ("anatomy.tasks.ADD", [1, 2], {"tasks", *OF_RUNS}),
    ("compute.precision", "bfloat16", {"ladder", *OF_RUNS}),
    ("compute.compile", True, {"ladder", *OF_RUNS}),
    ("compute.together", 2, OF_RUNS),
    ("anatomy.easy", ["COPY"], {"stability", "limits", *LEADS}),
    ("anatomy.sizes.0.heads", 2, OF_RUNS),
    ("anatomy.sizes.1.heads", 2, set()),
    ("anatomy.seeds", [1, 2, 3, 4], set()),
    ("anatomy.context", 24, OF_RUNS),
    ("anatomy.training.steps", 3700, OF_RUNS),
    ("anatomy.training.learning_rate", 0.001, OF_RUNS),
    ("anatomy.checkpoints.linear_every", 50, OF_RUNS),
    ("anatomy.evaluation.seed", 7, {"tasks"}),
    ("anatomy.evaluation.examples", 90, {"tasks", "validity"}),
    ("anatomy.probes.seed", 7, {"tasks"}),
    ("anatomy.measures.rankme.epsilon", 1e-6, {"follow", "calibration"}),
    ("anatomy.measures.llc.draws", 50, {"plateau", "figS3"}),
    ("anatomy.plateau.at", [0.5], {"plateau"}),
    ("anatomy.signals.hessian.variant", "trace", {"stability", "explorer"}),
    ("anatomy.limits.tie", 2.0, {"stability", "limits"}),
    ("anatomy.sensitivity.margin", [3.0], {"stability", "sensitivity"}),
    ("anatomy.precursors.families", ["metric"], {*TRIED, "precursors", "language_claims", *JOINT, *LEADS}),
    (
        "anatomy.precursors.definition",
        "change-point",
        {"precursors", "fig4", "fig8", "fig10", "explorer", *JUDGED, *JOINT, *LEADS, *QUOTED},
    ),
    ("anatomy.verdicts.nulls", ["placebo"], {"joint", *JUDGED}),
    ("calibration.seed", 7, {"calibration"}),
    ("anatomy.variant", "mean/centred/sigma", {*TRIED, "floors", "direction", "joint leads", *LEADS, *OF_VARIANT}),
    ("anatomy.events.primary", "log_probability", {"stability", "events", "validity", "limits", *BY_METRIC, *LEADS}),
    ("anatomy.events.threshold", 0.45, {*TRIED, "events", "validity", "fig1", "explorer", *EVENTS, *LEADS}),
    ("anatomy.events.persistence", 4, {*TRIED, "events", "validity", *EVENTS, *LEADS}),
    ("anatomy.validity.trials", 100, {"validity"}),
    ("anatomy.validity.marks.timing", 2.0, {"validity", "figS1", "fig8", "solvable_claims"}),
    ("anatomy.collapse.depth", 0.7, {*TRIED, "collapse", "phases", "joint leads", *LEADS}),
    ("anatomy.collapse.floor_until", 300, {"stability", "collapse", "fig3", *LEADS}),
    ("anatomy.precursors.shifts", 100, {*TRIED, "precursors", *JOINT, *LEADS}),
    ("anatomy.statistics.seed", 7, {*STATISTICS, *SEEDED}),
    ("anatomy.statistics.confidence", 0.9, {*STATISTICS, *SEEDED, *CONFIDENT}),
    ("anatomy.statistics.equivalence", 0.2, {*STATISTICS, "fig2"}),
    ("anatomy.verdicts.universal", 0.9, {"joint", *JUDGED}),
    ("solvable.parity.bits", 40, {"parity", "network", "sweep"}),
    ("solvable.parity.alpha", 0.7, {"parity", "network", "sweep", "curves", "powers", "models", "staging", "joint"}),
    (
        "solvable.target",
        4.0,
        {"parity", "network", "sweep", "constants", "one_skill", "curves", "models", "staging", "joint"},
    ),
    ("solvable.test.seed", 7, {"network", "sweep"}),
    ("solvable.network.optimiser.learning_rate", 0.01, {"network", "curves", "models", "staging", "joint"}),
    ("solvable.network.seeds", [1, 2, 3, 4], {"curves", "models", "staging", "joint"}),
    ("solvable.checkpoints.linear_every", 200, {"network"}),
    ("solvable.sampled", 50, {"network"}),
    ("solvable.probes.seed", 7, {"parity"}),
    ("solvable.measures.llc.draws", 50, set()),
    ("solvable.sweeps.width.steps", 100, {"sweep"}),
    ("solvable.sweeps.data.steps", 100, set()),
    ("solvable.sweeps.one_skill_time.sigma", 0.02, {"constants", "one_skill"}),
    ("solvable.transformer.steps", 100, {"transformer"}),
    ("solvable.powers.tolerance", 0.1, {"powers", "solvable_claims"}),
    ("solvable.published.shots", 700.0, {"constants", "one_skill"}),
    ("solvable.verdicts.crossing", 0.1, {"solvable_claims"}),
    ("solvable.entropy.tolerance", 0.1, {"solvable_claims"}),
    ("solvable.staging.skills", 6, {"staging"}),
    ("solvable.joint.floor_until", 400, {"joint", "joint leads"}),
    ("language.text.vocabulary", 1024, {"corpus", "ladder"}),
    ("language.passages", 100, {"corpus"}),
    ("language.ladder.sizes.1.layers", 3, {"ladder"}),
    ("language.ladder.sizes.0.layers", 3, set()),
    ("language.ladder.training.learning_rate", 0.001, {"ladder"}),
    ("language.ladder.checkpoints.linear_every", 100, {"ladder"}),
    ("language.models.0.folder", "elsewhere", {"series"}),
    ("language.floor_until", 32, {"language_stability", "phases"}),
    ("language.smoothing", 3, {"language_stability", "phases"}),
    ("language.phases.smoothing", 3, {"language_stability", "phases"}),
    ("language.phases.expansion", 0.7, {"language_stability", "phases"}),
    ("language.verdicts.in_order", 0.6, {"language_stability", "language_claims"}),
    ("figures.dpi", 100, FIGURES),
]


RUNS = {"network": "mlp1000-s1", "sweep": "width", "transformer": "t32-s1", "ladder": "neox64-s1", "series": "mine"}
SHARED = ("follow", "events", "leads", "precursors")


def given_to_stages(loaded: Config) -> dict[str, str]:
    """Settings of every stage; of the second study as well where both have it."""
    chosen = {stage: loaded.settings(stage, run=RUNS.get(stage, RUN), measure="rankme") for stage in STAGES}
    for stage in SHARED:
        chosen[f"joint {stage}"] = loaded.settings(stage, run="mlp1000-s1", measure="rankme", study="solvable")
    return {stage: settings.model_dump_json() for stage, settings in chosen.items()}


@pytest.mark.parametrize(("key", "value", "readers"), READERS, ids=[key for key, _, _ in READERS])
def test_setting_reaches_just_its_readers(settings_values: Values, key: str, value: Any, readers: set[str]) -> None:
    settings_values["language"]["models"] = [{"name": "mine", "folder": "checkpoints"}]
    before = given_to_stages(config.load(settings_values))
    after = given_to_stages(config.load(changed(settings_values, {key: value})))
    found = {stage for stage in before if before[stage] != after[stage]}
    assert found - REPORTING == readers
    assert found >= REPORTING or key.startswith(LOOKS)


def test_a_run_is_given_its_own_size_and_seed(settings_values: Values) -> None:
    given_settings = json.loads(config.load(settings_values).settings("train", run="4x32-s2").model_dump_json())
    assert (given_settings["size"]["width"], given_settings["seed"]) == (32, 2)


def test_runs_of_one_size_train_together_each_in_one_group(settings_values: Values) -> None:
    """So many at most; the last group of a size has what is left."""
    loaded = config.load(changed(settings_values, {"compute.together": 2}))
    groups = loaded.anatomy.groups(2)
    assert [run for group in groups for run in group] == list(loaded.anatomy.runs)
    assert groups[:3] == [["4x96-s1", "4x96-s2"], ["4x96-s3", "4x96-s4"], ["4x96-s5"]]
    together = loaded.settings("train_together", run="4x96-s2")
    assert isinstance(together, TogetherSettings)
    assert together.runs == [loaded.settings("train", run=run) for run in groups[0]]


@pytest.mark.parametrize(
    ("stage", "options", "shown"),
    [
        ("train_together", {"run": "4x17-s1"}, "4x17-s1"),
        ("train", {"run": "4x17-s1"}, "4x17-s1"),
        ("train", {}, "None"),
        ("follow", {"measure": "sharpness"}, "sharpness"),
        ("leads", {"measure": "sharpness"}, "has no signal; allowed: rankme, fisher"),
        ("fig99", {}, "fig99"),
    ],
)
def test_settings_of_what_does_not_exist(
    settings_values: Values, stage: str, options: dict[str, str], shown: str
) -> None:
    with pytest.raises(ConfigError, match=shown):
        config.load(settings_values).settings(stage, **options)


def test_leads_are_of_measures_with_a_signal(settings_values: Values) -> None:
    """RankMe's own variant first; a signal of a measure that is not followed waits, a measure without is not led."""
    signals = settings_values["anatomy"]["signals"]
    del settings_values["anatomy"]["measures"]["llc"], signals["hessian"]
    loaded = config.load(settings_values)
    assert list(loaded.anatomy.followed) == ["rankme", *(name for name in signals if name != "llc")]
    assert loaded.anatomy.followed["rankme"].variant == loaded.anatomy.variant
    given_settings = json.loads(loaded.settings("leads", measure="loss").model_dump_json(exclude_none=True))
    assert (given_settings["measure"], given_settings["signal"]) == ("loss", signals["loss"])
    for measure in ("llc", "hessian"):
        with pytest.raises(ConfigError, match=f"{measure!r} has no signal"):
            loaded.settings("leads", measure=measure)
    with pytest.raises(ConfigError, match=r"anatomy\.measures\.llc"):
        loaded.settings("plateau")


@pytest.mark.parametrize(("sizes", "middle"), [(4, "4x64-s1"), (3, "4x32-s1"), (1, "4x16-s1")])
def test_the_middle_run_is_of_the_first_seed(settings_values: Values, sizes: int, middle: str) -> None:
    """Of an even number, the larger of the two."""
    settings_values["anatomy"]["sizes"] = settings_values["anatomy"]["sizes"][:sizes]
    assert config.load(settings_values).anatomy.middle == middle
