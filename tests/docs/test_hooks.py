"""Pages that are made from the code say all of it, and what it says."""

import json
import re
from collections.abc import Iterator
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

import pytest
import yaml
from support.documentation import hook
from support.project import PROJECT

from emergence import schemas
from emergence.cli import command_line
from emergence.config.loading import read
from emergence.io.tables import Schema
from emergence.io.usage import Usage
from emergence.stages import STAGES

CONFIG = yaml.safe_load((PROJECT / "config.yaml").read_text())


def leaves(values: Any, name: str = "") -> Iterator[str]:
    """Full names of all keys that hold no mapping."""
    if isinstance(values, dict):
        for key, value in values.items():
            yield from leaves(value, f"{name}.{key}".lstrip("."))
    elif isinstance(values, list) and values and isinstance(values[0], dict):
        for value in values:
            yield from leaves(value, f"{name}[]")
    else:
        yield name


@pytest.fixture(scope="module")
def settings():
    return hook("settings")


@pytest.fixture(scope="module")
def keys(settings) -> dict[str, Any]:
    return {key.name: key for section in settings.reference() for key in section.keys}


def test_every_key_of_the_configuration_is_there(keys: dict[str, Any]) -> None:
    for leaf in leaves(CONFIG):
        of_any_name = re.sub(r"^(\w+\.signals|interventions\.paired\.arms)\.\w+\.", r"\1.*.", leaf)
        empty_or_off = any(key.startswith((f"{leaf}[].", f"{leaf}.")) for key in keys)
        assert empty_or_off or {leaf, leaf.rpartition(".")[0], of_any_name} & set(keys), leaf


def test_every_key_has_a_meaning_and_what_is_allowed(keys: dict[str, Any]) -> None:
    assert [name for name, key in keys.items() if not key.meaning] == []
    assert [name for name, key in keys.items() if not key.allowed or "anything" in key.allowed] == []


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("anatomy.training.learning_rate", "0.003", "number, > 0"),
        ("protocol.events.threshold", "0.5", "number, > 0, < 1"),
        ("anatomy.sizes[].width", "[16, 32]", "whole number, ≥ 1"),
        ("device", "auto", "`auto`, `cpu`, `cuda`"),
        ("parity.network.optimiser.halve_every", "", "whole number, ≥ 1 or absent"),
        ("pathvars.results", "results", "a folder inside the project"),
        ("figures.fig*", "(true)", "`true`, `false`, `null`"),
    ],
)
def test_value_and_bounds(keys: dict[str, Any], name: str, value: str, allowed: str) -> None:
    assert (keys[name].value, keys[name].allowed) == (value, allowed)


def test_the_table_names_keys_below_their_section(settings) -> None:
    section = settings.Section("a.b", "About.", [settings.Key("a.b.c.d", "one | other", "1", "what\nit is")])
    assert (
        settings.markdown(section).splitlines()[-1]
        == '| <code id="a.b.c.d">c.<wbr>d</code> | `1` | one \\| other | what it is |'
    )


def test_every_command_and_stage_is_there() -> None:
    commands = hook("commands")
    text = commands.reference()
    assert all(f"| `{stage}` |" in text for stage in STAGES)
    listed = set(re.findall(r"^    ([a-z_0-9]+)\b", command_line().format_help(), re.MULTILINE)) - set(STAGES)
    assert listed <= set(commands.commands())
    assert all(f"### emergence {name}\n" in text for name in listed)
    assert "`--behaviour`" in re.search(r"\| `events` \|.*", text)[0]


def test_every_table_is_there_and_explained() -> None:
    listed = list(hook("schemas").tables())
    modules = [import_module(f"emergence.schemas.{info.name}") for info in iter_modules(schemas.__path__)]
    every = {value.name for module in modules for value in vars(module).values() if isinstance(value, Schema)}
    assert {table.schema.name for table in listed} == every
    assert [table.name for table in listed if not table.about] == []


def test_equations_become_mathml() -> None:
    mathml = hook("mathml")
    page = type("Page", (), {"file": type("File", (), {"src_uri": "a.md"})})
    made = mathml.on_page_content(r'a <span class="arithmatex">\(x_1 &lt; 2\)</span> b', page)
    assert made == "a <math><msub><mi>x</mi><mn>1</mn></msub><mo>&lt;</mo><mn>2</mn></math> b"
    with pytest.raises(Exception, match=r"a\.md: \\frac\{1"):
        mathml.on_page_content(r'<div class="arithmatex">\[\frac{1\]</div>', page)


def test_costs_are_those_of_the_benchmarks(tmp_path: Path) -> None:
    costs, config = hook("costs"), read(PROJECT / "config.yaml")
    jobs = {
        "train/4x16-s1": (1800, 700), "measure_run/anatomy/rankme/4x16-s1": (1800, 200),
        "measure_run/parity/rankme/mlp1000-s1": (360, 100), "measure_run/parity/neuromfa/mlp1000-s1": (720, 100),
        "leads/parity/rankme": (360, 100), "events/language": (36, 100),
        "evaluate_language_model/neox32-s1": (324, 900),
        "train_clock/1": (1080, 300), "calibration": (36, 100), "claims": (99999, 100),
    }  # fmt: skip
    for name, (seconds, memory) in jobs.items():
        path = tmp_path / f"results/benchmarks/{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(Usage(2 * seconds, seconds - 1, 1, memory))))
    kept = tmp_path / "results/language/trajectories/neox32-s1/checkpoints/step0/model.safetensors"
    kept.parent.mkdir(parents=True)
    kept.write_bytes(b"0" * 2_000_000)
    groups = costs.costs(config, tmp_path)["groups"]
    assert {name: cost["hours"] for name, cost in groups.items()} == {
        "anatomy": 1.0, "parity": 0.2, "language": 0.1, "neuromfa": 0.2, "interventions": 0.3, "calibration": 0.01,
    }  # fmt: skip
    assert groups["anatomy"] == {"jobs": 2, "hours": 1.0, "memory_mb": 700.0, "checkpoints_mb": 0.0}
    assert groups["language"]["checkpoints_mb"] == 2.0


def test_measured_times_stand_where_a_page_asks_for_them() -> None:
    page = hook("times").on_page_markdown("Times:\n\n<!-- times -->\n\n<!-- run -->")
    kept = json.loads((PROJECT / "docs/times.json").read_text())
    assert all(f"| `{command}` |" in page for command in kept)
    assert "The kept run of tier `" in page
    assert "<!--" not in page


def test_kept_costs_have_every_group() -> None:
    costs = hook("costs")
    kept = json.loads(costs.COSTS.read_text())
    assert set(kept["groups"]) == set(costs.TARGETS)
    assert all(cost["jobs"] > 0 for cost in kept["groups"].values())
