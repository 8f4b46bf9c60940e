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
from support.project import OVERLAYS, PROJECT, tier_files

from emergence.config import loading
from emergence.config.loading import ConfigError
from emergence.tasks import TASKS, vocabulary

TIERS = sorted((PROJECT / "workflow" / "tiers").glob("*.yaml"))
SCHEMA = "workflow/schemas/config.schema.json"
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
        loading.load(values)
    return str(caught.value)


def test_default_tier_loads() -> None:
    default = loading.read(PROJECT / "config.yaml")
    assert default.tier == "laptop"
    assert {"COPY-4", "MUL-2x1", "CTL-SORT-6"} <= {level.key for level in default.anatomy.levels}
    assert RUN in default.anatomy.runs


def test_the_tiers_are_the_overlays() -> None:
    assert {path.stem for path in TIERS} == {*OVERLAYS, "reference", "pilot"} - {"laptop"}


@pytest.mark.parametrize("tier", TIERS, ids=lambda path: path.stem)
def test_tier_overlay_loads_and_writes_elsewhere(tier: Path) -> None:
    files = tier_files(tier.stem) if tier.stem in OVERLAYS else [PROJECT / "config.yaml", tier]
    default, overlaid = loading.read(PROJECT / "config.yaml"), loading.read(*files)
    assert overlaid.tier == tier.stem
    folders = overlaid.pathvars.model_dump()
    assert all(folders[name] != folder for name, folder in default.pathvars.model_dump().items())


def test_largest_runs_come_first() -> None:
    assert list(loading.read(*tier_files("full")).anatomy.runs)[::19] == ["4x96-s1", "4x16-s5"]


def test_a_loaded_configuration_does_not_change(settings_values: Values) -> None:
    loaded = loading.load(settings_values)
    with pytest.raises(ValueError, match="frozen"):
        loaded.device = "cuda"


UNKNOWN: list[tuple[Values, str, str]] = [
    ({"anatomy.measures.sharpness": {}}, "anatomy.measures.sharpness", "no such measure; allowed: "),
    ({"anatomy.measures.probe": {}}, "anatomy.measures.probe", "no such measure; allowed: "),
    ({"anatomy.measures.sharpness": {"batch": 3}}, "anatomy.measures.sharpness", "no such measure"),
    ({"speed": 1}, "speed", "allowed: tier, toy, source, device"),
    ({"pathvars.cache": "cache"}, "pathvars.cache", "allowed: results"),
    ({"anatomy.optimiser": "sgd"}, "anatomy.optimiser", "allowed: metric, measures, signals, protocol, tasks, easy"),
    ({"anatomy.training.momentum": 0.9}, "anatomy.training.momentum", "allowed: steps"),
    ({"anatomy.sizes.2.depth": 4}, "anatomy.sizes.2.depth", "allowed: name, layers, width, heads"),
    ({"anatomy.evaluation.seeds": [1]}, "anatomy.evaluation.seeds", "allowed: examples, seed"),
    ({"figures.colour": "red"}, "figures.colour", "allowed: dpi"),
    ({"figures.fig99": False}, "figures.fig99", "allowed: dpi, fig1, fig2"),
]
MISSING: list[tuple[Values, str, str]] = [
    ({"anatomy": REMOVED}, "anatomy", "missing"),
    ({"pathvars": REMOVED}, "pathvars", "missing"),
    ({"figures.dpi": REMOVED}, "figures.dpi", "missing"),
    ({"anatomy.training": REMOVED}, "anatomy.training", "missing"),
    ({"protocol.verdicts.universal": REMOVED}, "protocol.verdicts.universal", "missing"),
    ({"anatomy.sizes.1.heads": REMOVED}, "anatomy.sizes.1.heads", "missing"),
]
TYPES: list[tuple[Values, str, str]] = [
    ({"anatomy.training.steps": "many"}, "anatomy.training.steps", "'many'"),
    ({"anatomy.training.steps": "3e2"}, "anatomy.training.steps", "300.0"),
    ({"anatomy.training.learning_rate": "fast"}, "anatomy.training.learning_rate", "'fast'"),
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
    ({"protocol.events.threshold": 1.0}, "protocol.events.threshold", "1.0"),
    ({"protocol.events.threshold": math.nan}, "protocol.events.threshold", "nan"),
    ({"protocol.statistics.bootstrap": 99}, "protocol.statistics.bootstrap", "99"),
    ({"anatomy.evaluation.examples": 1}, "anatomy.evaluation.examples", "1"),
    ({"anatomy.seeds": [1, -1]}, "anatomy.seeds.1", "-1"),
    ({"anatomy.seeds": [2**32]}, "anatomy.seeds.0", "4294967296"),
    ({"protocol.variant": "answer/sigma"}, "protocol.variant", "'answer/sigma'"),
    ({"protocol.events.detector": "ruptures"}, "protocol.events.detector", "'ruptures'"),
    ({"anatomy.detector_validity.chances": [1.0]}, "anatomy.detector_validity.chances.0", "1.0"),
    ({"anatomy.metric": "loss"}, "anatomy.metric", "'loss'"),
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
    ({"protocol.collapse.floor_until": 3601}, "anatomy.protocol.collapse.floor_until", "3601"),
    ({"protocol.collapse.smoothing": 4}, "protocol.collapse.smoothing", "4"),
    ({"language.protocol.collapse.smoothing": 4}, "language.protocol.collapse.smoothing", "4"),
    ({"language.phases.smoothing": 4}, "language.phases.smoothing", "4"),
    (
        {"language.models": [{"name": "late", "folders": {500: "a"}}]},
        "language.models",
        "first step of late, 500, lies",
    ),
    ({"anatomy.evaluation.seed": 202}, "anatomy.probes.seed", "202"),
    ({"protocol.events.width": [0.9, 0.1]}, "protocol.events.width", "[0.9, 0.1]"),
    ({"protocol.events.width": [0.5, 0.5]}, "protocol.events.width", "[0.5, 0.5]"),
    ({"anatomy.detector_validity.times": [0.9, 0.1]}, "anatomy.detector_validity.times", "[0.9, 0.1]"),
    ({"anatomy.detector_validity.spacings": [2, 4]}, "anatomy.detector_validity.spacings", "[2, 4]"),
    ({"anatomy.detector_validity.levels": [0.1, 0.5]}, "anatomy.detector_validity.levels", "0.5"),
    ({"anatomy.easy": ["COPY", "DIV"]}, "anatomy.easy", "'DIV'"),
    ({"anatomy.tasks.SORT": REMOVED, "anatomy.easy": ["SORT"]}, "anatomy.easy", "'SORT'"),
    ({"anatomy.easy": ["COPY", "COPY"]}, "anatomy.easy", "COPY"),
    ({"anatomy.sizes.1.name": "4x16"}, "anatomy.sizes", "4x16"),
    ({"anatomy.seeds": [3, 1, 3]}, "anatomy.seeds", "3"),
    ({"anatomy.tasks.PAR": [3, "3"]}, "anatomy.tasks.PAR", "3"),
    ({"anatomy.size_seeds": {"4x17": 1}}, "anatomy.size_seeds.4x17", "no such size"),
    ({"anatomy.size_seeds": {"4x16": 9}}, "anatomy.size_seeds.4x16", "9 of"),
    ({"language.ladder.size_seeds": {"neox32": 9}}, "language.ladder.size_seeds.neox32", "9 of"),
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
    ({"protocol.events.width": []}, "protocol.events.width", "[]"),
]
SOLVABLE: list[tuple[Values, str, str]] = [
    ({"parity.task.relevant": 7}, "parity.task.relevant", "need 42 relevant bits, more than the 32"),
    ({"parity.task.skills": 40}, "parity.task.skills", "41 skills with bits of their own need 123"),
    ({"parity.task.bits": 65}, "parity.task.bits", "65"),
    ({"parity.task.alpha": 0.0}, "parity.task.alpha", "0.0"),
    ({"parity.task.alpha": -0.6}, "parity.task.alpha", "-0.6"),
    ({"parity.target": 0.0}, "parity.target", "0.0"),
    ({"parity.network.widths": [0]}, "parity.network.widths.0", "0"),
    ({"parity.network.widths": [10, 20]}, "parity.network.widths", "are several; allowed: one"),
    ({"parity.network.samples": [900]}, "parity.network.samples", "fresh samples; remove it"),
    ({"parity.network.seeds": [1, 1]}, "parity.network.seeds", "names one twice"),
    ({"parity.network.optimiser.name": "adamw"}, "parity.network.optimiser.name", "'adamw'"),
    ({"parity.sweeps.width.widths": [4, 0]}, "parity.sweeps.width.widths.1", "0"),
    ({"parity.sweeps.data.samples": [4, 100]}, "parity.sweeps.data.samples", "4 samples are fewer than the 5"),
    ({"parity.sweeps.data.samples": []}, "parity.sweeps.data.samples", "[]"),
    ({"parity.sweeps.momentum": {}}, "parity.sweeps.momentum", "unknown key; allowed: one_skill_time"),
    ({"parity.sampled": 5001}, "parity.sampled", "5001 are more than test.examples"),
    ({"parity.shares": [0.05, 0.95]}, "parity.shares", "lack 0.5"),
    ({"parity.joint.common": 0.8}, "parity.joint.own", "[0.75, 1.25] must rise"),
    ({"anatomy.sizes.0.name": "mlp1000"}, "parity", "mlp1000-s1 is also one of anatomy"),
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
        ({"protocol.precursors.margin": math.inf}, "protocol.precursors.margin"),
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
        loading.read(path)


@pytest.mark.parametrize("content", [None, "tier: [", "a: b: c", "\tx: 1"], ids=["absent", "bracket", "colons", "tab"])
def test_unreadable_file_is_named(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "mine.yaml"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ConfigError, match=r"mine\.yaml"):
        loading.read(path)


@pytest.mark.parametrize(
    "content",
    [
        "tier: a\nlanguage: null\ntier: b\n",
        "anatomy:\n  seeds: [1]\n  seeds: [2]\n",
        "anatomy: {seeds: [1], seeds: [2]}",
    ],
    ids=["blocks", "nested", "line"],
)
def test_a_key_that_is_given_twice_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(content)
    with pytest.raises(ConfigError, match=r"mine\.yaml .*\b(tier|seeds)\b.*twice.*\b\d\b.*\b\d\b"):
        loading.contents(path)


def test_a_merged_block_may_be_overridden(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("a: &a {x: 1, y: 2}\nb: {<<: *a, y: 3}\nc: {y: 4, <<: *a}\n")
    assert loading.contents(path) == {"a": {"x": 1, "y": 2}, "b": {"x": 1, "y": 3}, "c": {"x": 1, "y": 4}}


def test_numbers_that_yaml_or_snakemake_hand_on_as_text_are_read(settings_values: Values) -> None:
    """YAML 1.1 has no 1e-3; ``--config 'anatomy={"seeds": [1, 2]}'`` arrives as text."""
    texts = {
        "anatomy.training.learning_rate": yaml.safe_load("1e-3"),
        "anatomy.training.steps": "4000",
        "anatomy.seeds": ["1", "2"],
        "protocol.events.threshold": "0.6",
        "anatomy.measures.fisher": "null",
        "anatomy.measures.llc.own": "false",
        "toy": "true",
    }
    loaded = loading.load(changed(settings_values, texts))
    assert loaded.anatomy is not None
    assert loaded.anatomy.training.learning_rate == 1e-3
    assert (loaded.anatomy.training.steps, loaded.anatomy.seeds, loaded.toy) == (4000, [1, 2], True)
    assert (loaded.protocol.events.threshold, loaded.anatomy.protocol.events.threshold) == (0.6, 0.6)
    assert loaded.anatomy.measures.fisher is None
    assert loaded.anatomy.measures.llc is not None
    assert loaded.anatomy.measures.llc.own is False


def test_a_name_stays_text(settings_values: Values) -> None:
    loaded = loading.load(changed(settings_values, {"tier": "1e3", "anatomy.training.steps": "4000"}))
    assert loaded.tier == "1e3"


def test_the_home_folder_is_put_into_paths_of_a_series(
    settings_values: Values, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    models = [
        {"name": "a", "folder": "~/series", "revisions": {}},
        {"name": "b", "folders": {0: "~/x/first", 10: "../~last"}, "revisions": {}},
    ]
    loaded = loading.load(changed(settings_values, {"language.models": models}))
    assert loaded.language is not None
    assert loaded.language.series["a"].folder == "/home/me/series"
    assert loaded.language.series["b"].folders == {0: "/home/me/x/first", 10: "../~last"}


def test_a_language_study_can_do_without_neuromfa(settings_values: Values) -> None:
    models = [{"name": "gpt2", "folder": "series", "revisions": {}}]
    off = changed(settings_values, {"language.models": models, "language.measures.neuromfa": None})
    assert loading.load(off).neuromfa_runs.keys() == {"anatomy", "parity"}


def test_schema_file_is_up_to_date() -> None:
    kept = json.loads((PROJECT / SCHEMA).read_text())
    assert kept == loading.schema(), f"{SCHEMA} is out of date: run `emergence schema > {SCHEMA}`"


LEAVES = st.integers() | st.text(max_size=3) | st.none() | st.lists(st.integers(), max_size=2)
TREES = st.recursive(
    st.dictionaries(st.sampled_from("abcd"), LEAVES, min_size=1),
    lambda inner: st.dictionaries(st.sampled_from("abcd"), LEAVES | inner, min_size=1),
    max_leaves=8,
)


@pytest.mark.long
@given(TREES, TREES)
def test_overlays_merge_as_in_snakemake(base: Values, overlay: Values) -> None:
    before, expected = deepcopy(base), deepcopy(base)
    result = loading.merged(base, overlay)
    update_config(expected, deepcopy(overlay))
    assert result == expected
    assert base == before


def test_lists_are_replaced_and_mappings_merge() -> None:
    base = {"sizes": [1, 2, 3], "training": {"steps": 10, "clip": 1.0}}
    overlay = {"sizes": [4], "training": {"steps": 20}}
    assert loading.merged(base, overlay) == {"sizes": [4], "training": {"steps": 20, "clip": 1.0}}


def test_single_sizes_may_have_the_first_seeds_alone_and_an_overlay_takes_it_back(default: loading.Config) -> None:
    fewer = {"anatomy": {"seeds": [7, 8, 9], "size_seeds": {"4x16": 1, "4x96": 2}}}
    settings = loading.merged(loading.contents(*tier_files("full")), fewer)
    names = {size.name for size in default.anatomy.sizes}
    expected = {f"{name}-s{seed}" for name in names for seed in (7, 8, 9)} - {"4x16-s8", "4x16-s9", "4x96-s9"}
    assert {*loading.load(settings).anatomy.runs} == expected
    others = {"anatomy": {"sizes": [{"name": "2x8", "layers": 2, "width": 8, "heads": 2}]}}
    back = {"anatomy": {"size_seeds": {"4x16": None, "4x96": None}}}
    taken = loading.load(loading.merged(loading.merged(settings, others), back))
    assert {*taken.anatomy.runs} == {"2x8-s7", "2x8-s8", "2x8-s9"}


def test_overlay_is_read_after_the_base(tmp_path: Path) -> None:
    overlay = tmp_path / "mine.yaml"
    overlay.write_text(yaml.safe_dump({"tier": "mine", "anatomy": {"training": {"steps": 4000}}}))
    loaded = loading.read(PROJECT / "config.yaml", overlay)
    assert (loaded.tier, loaded.anatomy.training.steps, loaded.anatomy.training.warmup) == ("mine", 4000, 50)


def test_context_may_be_what_the_vocabulary_leaves(settings_values: dict[str, Any]) -> None:
    settings_values["anatomy"]["context"] = "64 - vocabulary"
    assert loading.load(settings_values).anatomy.context == 64 - vocabulary.SIZE


def test_easy_tasks_are_by_default_those_declared_so(settings_values: dict[str, Any]) -> None:
    assert "easy" not in settings_values["anatomy"]
    easy = [task for task in settings_values["anatomy"]["tasks"] if TASKS[task].difficulty == "easy"]
    assert loading.load(settings_values).anatomy.easy == easy
    assert {"COPY", "REV", "CMP", "SORT"} <= {*easy}
    settings_values["anatomy"]["easy"] = ["ADD"]
    assert loading.load(settings_values).anatomy.easy == ["ADD"]
