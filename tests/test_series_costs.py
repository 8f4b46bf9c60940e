"""What series from the hub cost is told before a run begins, from the sizes that names state."""

from pathlib import Path
from typing import Any

import pytest
from support.project import tier_files

from emergence import series_costs
from emergence.config import loading
from emergence.config.language import SeriesSettings
from emergence.workflow import JobResources

PYTHIA = loading.read(*tier_files("pythia"))


def with_series(settings_values: dict[str, Any], *models: dict[str, Any]) -> loading.Config:
    return loading.load(loading.merged(settings_values, {"language": {"models": list(models)}}))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"name": "a", "repository": "EleutherAI/pythia-160m"}, 160e6),
        ({"name": "a", "repository": "EleutherAI/pythia-1.4b-deduped"}, 1.4e9),
        ({"name": "a", "repository": "Qwen/Qwen2.5-0.5B"}, 0.5e9),
        ({"name": "pythia2.8b_deduped", "folder": "models"}, 2.8e9),
        ({"name": "a", "repository": "openai-community/gpt2"}, None),
        ({"name": "step100members", "folder": "models"}, None),
    ],
)
def test_a_name_states_the_number_of_parameters(given: dict[str, Any], expected: float | None) -> None:
    steps = [0] if "repository" in given else None
    assert SeriesSettings(**given, steps=steps, revisions={}).parameters == expected


def test_memory_holds_two_models_in_their_precision() -> None:
    series = SeriesSettings(name="a", repository="b/c-2.8b", steps=[0], revisions={})
    half = series.model_copy(update={"precision": "bfloat16"})
    beside = series_costs.BESIDE
    assert [series_costs.memory(one) - beside for one in (series, half)] == pytest.approx([22_400, 11_200])


def test_jobs_of_a_series_ask_for_its_memory_more_with_every_attempt() -> None:
    resources = JobResources(PYTHIA, {"measure_series": "measure_run", "record_series": "record_series"})
    asked = [resources.memory({"run": run}, 1, "measure_series") for run in ("pythia14m", "pythia2.8b_deduped")]
    assert asked == [4112, 26_400]
    assert resources.memory({"run": "pythia14m"}, 3, "record_series") == 3 * 4112


def test_a_job_costs_its_loading_and_two_operations_a_parameter_and_token() -> None:
    job, tokens = "measure_run/language/rankme/pythia1b_deduped", series_costs.TOKENS["measure_run/language/rankme"]
    expected = 26 * (series_costs.LOADED * 1e9 + 2e9 * tokens / series_costs.CORE)
    assert series_costs.seconds(job, PYTHIA, gpu=False) == pytest.approx(expected)
    assert series_costs.seconds(job, PYTHIA, gpu=True) < expected
    assert series_costs.seconds("leads/language/rankme", PYTHIA, gpu=False) is None
    assert series_costs.seconds("train/4x16-s1", PYTHIA, gpu=False) is None


def test_the_tier_of_pythia_is_announced(tmp_path: Path) -> None:
    parameters = 14e6 + 31e6 + 70e6 + 160e6 + 410e6 + 1e9 + 1.4e9 + 2.8e9
    said = series_costs.announcement(PYTHIA, tmp_path / "downloads")
    assert said is not None
    assert f"{26 * 2 * parameters / 1e9:.1f} GB to download to {tmp_path}/downloads" in said
    assert len(said.splitlines()) == 1


def test_what_is_there_is_not_counted_and_unknown_sizes_are_named(
    settings_values: dict[str, Any], tmp_path: Path
) -> None:
    known = {"name": "known", "repository": "someone/model-1b", "steps": [0, 1000]}
    other = {"name": "other", "repository": "someone/model", "steps": [0]}
    for folder in ("someone--model-1b/step0", "someone--model/step0"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "manifest.json").touch()
    said = series_costs.announcement(with_series(settings_values, known, other), tmp_path)
    assert said is not None
    assert "2.0 GB to download" in said
    assert "not counted" not in said
    (tmp_path / "someone--model/step0/manifest.json").unlink()
    said = series_costs.announcement(with_series(settings_values, known, other), tmp_path)
    assert said is not None
    assert said.endswith("states no size: other.")


def test_without_a_hub_nothing_is_announced(settings_values: dict[str, Any], tmp_path: Path) -> None:
    folder = {"name": "mine1b", "folder": "models"}
    for config in (with_series(settings_values, folder), loading.load({**settings_values, "language": None})):
        assert series_costs.announcement(config, tmp_path) is None
