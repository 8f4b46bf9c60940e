"""The examples of config/README.md are configurations, and its table names every top-level key."""

import re

import yaml
from support.project import PROJECT

from emergence.config import loading
from emergence.config.loading import Config

TEXT = (PROJECT / "config/README.md").read_text()


def test_the_overlay_that_switches_off_is_valid() -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
    values = loading.merged(loading.contents(PROJECT / "config.yaml"), yaml.safe_load(example))
    config = loading.load(values)
    assert "language" not in config.studies
    assert "hessian" not in config.anatomy.followed
    assert "mean_weight" not in config.anatomy.followed
    assert config.figures.off == {"fig10"}


def test_the_example_of_a_replaced_protocol_is_valid() -> None:
    (example,) = re.findall(r"`(language: \{protocol.*?)`", TEXT)
    values = loading.merged(loading.contents(PROJECT / "config.yaml"), yaml.safe_load(example))
    assert loading.load(values).language.protocol.collapse.floor_until == 320


def test_every_top_level_key_is_in_the_table() -> None:
    named = {key for row in re.findall(r"^\| (`.*?) \|", TEXT, re.MULTILINE) for key in re.findall(r"`(\w+)`", row)}
    assert named == {*Config.model_fields}
