"""Measures are declared in their modules alone; the configuration reads that without importing them."""

import subprocess
import sys
from pathlib import Path

import pytest

from emergence.config import measures as settings
from emergence.config.measures import VARIANTS, Measures, validated_options
from emergence.config.protocol import Variant
from emergence.measures import declarations
from emergence.measures.declarations import declared, signal_labels
from emergence.measures.run import MeasureSettings

OWN = '''"""A measure."""

import torch

LABEL = "sharpness"
VARIANTS = ("top", (("a/", "b/"), ("x", "y")))
OPTIONS = {"draws": 5, "scale": 0.5, "every": 2}


def measure(subject, rng, settings):
    raise AssertionError


def checks(settings):
    raise AssertionError
'''


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of measures with one of the user's own, and a module that measures nothing."""
    (tmp_path / "sharpness.py").write_text(OWN)
    (tmp_path / "helper.py").write_text("def measure(name):\n    return name\n")
    monkeypatch.setattr(declarations, "FOLDER", tmp_path)
    declared.cache_clear()
    settings.options_model.cache_clear()


@pytest.fixture(autouse=True)
def _forget() -> object:
    yield
    declared.cache_clear()
    settings.options_model.cache_clear()


@pytest.mark.usefixtures("own")
def test_a_module_declares_a_measure() -> None:
    (measure,) = declared().values()
    assert measure.label == "sharpness"
    assert measure.variants == ("top", "a/x", "a/y", "b/x", "b/y")
    assert measure.has_checks
    assert signal_labels() == {"sharpness": "sharpness"}


@pytest.mark.usefixtures("own")
def test_its_options_are_settings_with_declared_defaults() -> None:
    measures = Measures.model_validate({"rankme": {"epsilon": 1e-7}, "sharpness": {"draws": 7}})
    options = dict(measures)["sharpness"]
    assert options.model_dump() == {"draws": 7, "scale": 0.5, "every": 2}
    given = MeasureSettings(measure="sharpness", options=options, device="cpu")
    assert MeasureSettings.model_validate_json(given.model_dump_json()) == given


@pytest.mark.usefixtures("own")
@pytest.mark.parametrize(
    ("options", "key"), [({"draws": "many"}, "sharpness.draws"), ({"tries": 3}, "sharpness.tries")]
)
def test_an_option_that_is_wrong_is_named(options: dict[str, object], key: str) -> None:
    with pytest.raises(ValueError, match=f"{key}: .*; options: draws, scale, every"):
        validated_options("sharpness", options)


def test_variants_of_rankme_are_those_of_the_setting() -> None:
    assert set(VARIANTS["rankme"]) == set(Variant.__args__)


def test_declared_options_are_valid() -> None:
    for name, measure in declared().items():
        assert validated_options(name, dict(measure.options)) is not None


@pytest.mark.long
def test_the_configuration_imports_no_torch() -> None:
    script = "import sys, emergence.config.loading; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", script], check=True)
