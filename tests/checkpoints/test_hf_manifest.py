"""Language models as runs: read back only if they are what the manifest says, found only if they are whole."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from support.damage import cut_short, flip_bit, one_line
from support.local_hub import LocalHub
from synthetic.tiny_models import VOCABULARY, gpt2, save_series

from emergence import cli
from emergence.checkpoints import hf_manifest, hub
from emergence.checkpoints.hf_manifest import SeriesRunSettings
from emergence.checkpoints.trajectory import TrajectoryError, write_manifest
from emergence.checkpoints.weights import SeriesError
from emergence.config.language import ExternalModel, SeriesSettings


def settings(**series: Any) -> SeriesRunSettings:
    tiny = SeriesSettings(name="tiny", **series)
    return SeriesRunSettings(study="language", run="tiny", size=ExternalModel(name="tiny"), seed=0, series=tiny)


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_series(tmp_path_factory.mktemp("saved"))


@pytest.fixture
def copied(saved: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(saved, tmp_path / "series"))


@pytest.fixture
def trajectory(copied: Path, tmp_path: Path) -> Path:
    hf_manifest.record_series(settings(folder=str(copied)), tmp_path / "downloads", tmp_path / "run")
    return tmp_path / "run"


def test_any_causal_model_is_found_and_read_back(trajectory: Path, copied: Path) -> None:
    run, series = hf_manifest.open_series(trajectory)
    total = (VOCABULARY + 64) * 8 + (12 * 8 * 8 + 13 * 8) + 2 * 8  # tied weights once
    assert run.identity == {"study": "language", "run": "tiny", "size": "tiny", "parameters": total, "seed": 0}
    assert run.manifest["parameters"]["non_embedding"] == total - VOCABULARY * 8
    assert run.steps == series.steps == [0, 10]
    assert all(Path(entry["file"]).is_absolute() for entry in run.manifest["checkpoints"])
    model = series.build()
    for step in (10, 0):
        series.load(model, step)
        expected = gpt2(step).state_dict()
        assert all(torch.equal(tensor, expected[name]) for name, tensor in model.state_dict().items())
    assert series.tokenizer().get_vocab_size() == VOCABULARY
    assert not list(copied.parent.glob("downloads*")), "nothing is downloaded"


def test_precision_is_kept(copied: Path, tmp_path: Path) -> None:
    given = settings(folder=str(copied), precision="bfloat16")
    hf_manifest.record_series(given, tmp_path / "downloads", tmp_path / "run")
    assert hf_manifest.open_series(tmp_path / "run")[1].build().transformer.wte.weight.dtype == torch.bfloat16


@pytest.mark.parametrize(
    "harm", [flip_bit, cut_short, lambda path: shutil.copy(path.parents[1] / "step0" / path.name, path)]
)
def test_weights_that_are_not_the_manifests_are_refused(
    trajectory: Path, copied: Path, harm: Callable[[Path], Any]
) -> None:
    _, series = hf_manifest.open_series(trajectory)
    model = series.build()
    harm(copied / "step10" / "model.safetensors")
    with pytest.raises(SeriesError, match=r"step10: .*differ") as error:
        series.load(model, 10)
    one_line(error)
    series.load(model, 0)


def reshaped(path: Path) -> None:
    """Still a configuration, of which nothing but the numbers would tell."""
    path.write_text(path.read_text().replace('"layer_norm_epsilon": 1e-05', '"layer_norm_epsilon": 2e-05'))


@pytest.mark.parametrize("harm", [flip_bit, cut_short, reshaped, Path.unlink])
def test_a_configuration_that_is_not_the_manifests_is_refused(
    trajectory: Path, copied: Path, harm: Callable[[Path], Any]
) -> None:
    path = copied / "step10" / "config.json"
    before = path.read_bytes()
    harm(path)
    assert not path.exists() or path.read_bytes() != before
    _, series = hf_manifest.open_series(trajectory)
    for look in (series.config, series.verify):
        with pytest.raises(SeriesError, match=r"step10/config\.json: .* again$") as error:
            look(10)
        one_line(error)
        look(0)


@pytest.mark.parametrize("harm", [flip_bit, cut_short])
def test_a_tokenizer_that_is_not_the_manifests_is_refused(
    trajectory: Path, copied: Path, harm: Callable[[Path], Any]
) -> None:
    harm(copied / "step0" / "tokenizer.json")
    with pytest.raises(SeriesError, match=r"tokenizer\.json: .*manifest"):
        hf_manifest.open_series(trajectory)[1].tokenizer()


def test_lost_weights_are_named(trajectory: Path, copied: Path) -> None:
    shutil.rmtree(copied / "step10")
    _, series = hf_manifest.open_series(trajectory)
    with pytest.raises(SeriesError, match=r"step10: no such"):
        series.verify(10)
    with pytest.raises(SeriesError, match=r"^tiny: .*\bstep 7\b"):
        series.verify(7)


def test_runs_of_other_studies_and_no_runs_are_refused(trajectory: Path, tmp_path: Path) -> None:
    manifest = json.loads((trajectory / "manifest.json").read_text())
    manifest["settings"]["study"] = "anatomy"
    write_manifest(trajectory, manifest)
    with pytest.raises(SeriesError, match=r"run: .*'anatomy'"):
        hf_manifest.open_series(trajectory)
    with pytest.raises(TrajectoryError, match=r"nothing/manifest\.json"):
        hf_manifest.open_series(tmp_path / "nothing")


def twice(root: Path) -> None:
    shutil.copy(root / "step0" / "model.safetensors", root / "step10" / "model.safetensors")


DAMAGES: dict[str, tuple[Callable[[Path], Any], str]] = {
    "no weights": (lambda r: (r / "step10/model.safetensors").unlink(), r"step10: no weights"),
    "cut": (lambda r: cut_short(r / "step10/model.safetensors"), r"step10/model\.safetensors: .*readable"),
    "no tokenizer": (lambda r: (r / "step0/tokenizer.json").unlink(), r"step0: no tokenizer\.json"),
    "same weights twice": (twice, r"tiny: steps \[0, 10\]"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_series_has_no_manifest(trajectory: Path, copied: Path, damage: str, tmp_path: Path) -> None:
    harm, message = DAMAGES[damage]
    harm(copied)
    with pytest.raises(SeriesError, match=message) as error:
        hf_manifest.record_series(settings(folder=str(copied)), tmp_path / "downloads", trajectory)
    one_line(error)
    assert not list(trajectory.iterdir()), "the manifest of an earlier run would be trusted"


def test_a_download_that_fills_the_disk_has_no_manifest_and_goes_on(
    copied: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given, downloads, run = settings(repository="some/tiny", steps=[0, 10]), tmp_path / "downloads", tmp_path / "run"
    monkeypatch.setattr(hub, "HuggingFace", LocalHub(copied, "step10/model.safetensors", "full"))
    with pytest.raises(SeriesError, match=r"some--tiny/step10: .*full") as error:
        hf_manifest.record_series(given, downloads, run)
    one_line(error)
    assert not (run / "manifest.json").exists()
    assert not (downloads / "some--tiny/step10/manifest.json").exists()
    monkeypatch.setattr(hub, "HuggingFace", LocalHub(copied))
    hf_manifest.record_series(given, downloads, run)
    _, series = hf_manifest.open_series(run)
    assert series.folder(10) == downloads / "some--tiny" / "step10"
    model = series.build()
    series.load(model, 10)
    assert torch.equal(model.transformer.wte.weight, gpt2(10).transformer.wte.weight)


def test_a_revision_that_does_not_exist_is_one_line_of_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import httpx2
    from huggingface_hub import HfApi, errors

    def absent(*_: Any, **__: Any) -> None:
        answer = httpx2.Response(404, request=httpx2.Request("GET", "https://huggingface.co"))
        raise errors.RevisionNotFoundError("no", response=answer)

    monkeypatch.setattr(HfApi, "model_info", absent)
    given = f'{{"settings": {settings(repository="some/tiny", steps=[3]).model_dump_json()}}}'
    paths = ("--downloads", str(tmp_path / "downloads"), "--folder", str(tmp_path / "run"))
    assert cli.main(["stage", "record_series", "--settings", given, *paths]) == 1
    assert capsys.readouterr().err == "emergence: some/tiny: has no revision step3; see huggingface.co/some/tiny\n"
    assert not (tmp_path / "run").exists()
