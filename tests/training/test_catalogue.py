"""Language models as runs: read back only if they are what the manifest says, found only if they are whole."""

import errno
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from tiny_language import VOCABULARY, gpt2, save_series

from emergence import cli
from emergence.models import hub
from emergence.models.hub import Entry, Listing
from emergence.models.weights import SeriesError
from emergence.settings.language import Elsewhere, SeriesRunSettings, SeriesSettings
from emergence.training import catalogue
from emergence.training.trajectory import TrajectoryError, write_manifest


def settings(**series: Any) -> SeriesRunSettings:
    found = SeriesSettings(name="tiny", **series)
    return SeriesRunSettings(study="language", run="tiny", size=Elsewhere(name="tiny"), seed=0, series=found)


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_series(tmp_path_factory.mktemp("saved"))


@pytest.fixture
def copied(saved: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(saved, tmp_path / "series"))


@pytest.fixture
def trajectory(copied: Path, tmp_path: Path) -> Path:
    catalogue.find(settings(folder=str(copied)), tmp_path / "downloads", tmp_path / "run")
    return tmp_path / "run"


def test_any_causal_model_is_found_and_read_back(trajectory: Path, copied: Path) -> None:
    run, series = catalogue.opened(trajectory)
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
    catalogue.find(given, tmp_path / "downloads", tmp_path / "run")
    assert catalogue.opened(tmp_path / "run")[1].weights(0)["transformer.wte.weight"].dtype == torch.bfloat16


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-5] ^= 1
    path.write_bytes(content)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-9])


@pytest.mark.parametrize("harm", [flip, cut, lambda path: shutil.copy(path.parents[1] / "step0" / path.name, path)])
def test_weights_that_are_not_the_manifests_are_refused(
    trajectory: Path, copied: Path, harm: Callable[[Path], Any]
) -> None:
    _, series = catalogue.opened(trajectory)
    model = series.build()
    harm(copied / "step10" / "model.safetensors")
    for read in (lambda: series.load(model, 10), lambda: series.weights(10)):
        with pytest.raises(SeriesError, match=r"step10: its weights are not those of the manifest; delete") as error:
            read()
        assert "\n" not in str(error.value)
    series.load(model, 0)


def reshaped(path: Path) -> None:
    """Still a configuration, of which nothing but the numbers would tell."""
    path.write_text(path.read_text().replace('"layer_norm_epsilon": 1e-05', '"layer_norm_epsilon": 2e-05'))


@pytest.mark.parametrize("harm", [flip, cut, reshaped, Path.unlink])
def test_a_configuration_that_is_not_the_manifests_is_refused(
    trajectory: Path, copied: Path, harm: Callable[[Path], Any]
) -> None:
    path = copied / "step10" / "config.json"
    before = path.read_bytes()
    harm(path)
    assert not path.exists() or path.read_bytes() != before
    _, series = catalogue.opened(trajectory)
    for look in (series.config, series.verify):
        with pytest.raises(SeriesError, match=r"step10/config\.json: .* again$") as error:
            look(10)
        assert "\n" not in str(error.value)
        look(0)


@pytest.mark.parametrize("harm", [flip, cut])
def test_a_tokenizer_that_is_not_the_manifests_is_refused(
    trajectory: Path, copied: Path, harm: Callable[[Path], Any]
) -> None:
    harm(copied / "step0" / "tokenizer.json")
    with pytest.raises(
        SeriesError, match=r"tokenizer\.json: is not the tokenizer of the manifest; delete the manifest"
    ):
        catalogue.opened(trajectory)[1].tokenizer()


def test_lost_weights_are_named(trajectory: Path, copied: Path) -> None:
    shutil.rmtree(copied / "step10")
    _, series = catalogue.opened(trajectory)
    with pytest.raises(SeriesError, match=r"step10: no such folder"):
        series.weights(10)
    with pytest.raises(SeriesError, match=r"tiny: no checkpoint of step 7; there are \[0, 10\]"):
        series.weights(7)


def test_runs_of_other_studies_and_no_runs_are_refused(trajectory: Path, tmp_path: Path) -> None:
    manifest = json.loads((trajectory / "manifest.json").read_text())
    manifest["settings"]["study"] = "anatomy"
    write_manifest(trajectory, manifest)
    with pytest.raises(SeriesError, match=r"run: is a run of study 'anatomy', no language model"):
        catalogue.opened(trajectory)
    with pytest.raises(TrajectoryError, match=r"nothing/manifest\.json: no readable manifest"):
        catalogue.opened(tmp_path / "nothing")


def pickled(root: Path) -> None:
    (root / "step10" / "model.safetensors").unlink()
    torch.save({}, root / "step10" / "pytorch_model.bin")


def twice(root: Path) -> None:
    shutil.copy(root / "step0" / "model.safetensors", root / "step10" / "model.safetensors")


DAMAGES: dict[str, tuple[Callable[[Path], Any], str]] = {
    "no folder": (shutil.rmtree, r"series: no such folder"),
    "no weights": (lambda r: (r / "step10/model.safetensors").unlink(), r"step10: no weights; there must be"),
    "pickled": (pickled, r"step10: pytorch_model\.bin is pickled and is not read"),
    "cut": (lambda r: cut(r / "step10/model.safetensors"), r"step10/model\.safetensors: not a readable safetensors"),
    "no config": (lambda r: (r / "step0/config.json").unlink(), r"step0/config\.json: no such file"),
    "no tokenizer": (lambda r: (r / "step0/tokenizer.json").unlink(), r"step0: no tokenizer\.json, here or above"),
    "same weights twice": (twice, r"tiny: steps 0 and 10 have the very same weights; keep the step whose they are"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_series_has_no_manifest(trajectory: Path, copied: Path, damage: str, tmp_path: Path) -> None:
    harm, message = DAMAGES[damage]
    harm(copied)
    with pytest.raises(SeriesError, match=message) as error:
        catalogue.find(settings(folder=str(copied)), tmp_path / "downloads", trajectory)
    assert "\n" not in str(error.value)
    assert not list(trajectory.iterdir()), "the manifest of an earlier run would be trusted"


class Shelf:
    """A hub that has the copied series, under the branches step0 and step10."""

    def __init__(self, root: Path, full_at: str = "") -> None:
        self.root, self.full_at = root, full_at

    def __call__(self, _: Path) -> "Shelf":
        return self

    def listing(self, _: str, revision: str) -> Listing:
        files = sorted((self.root / revision).iterdir())
        return Listing(revision, tuple(Entry(path.name, path.stat().st_size, None) for path in files))

    def fetch(self, _: str, commit: str, name: str, folder: Path) -> None:
        if f"{commit}/{name}" == self.full_at:
            raise OSError(errno.ENOSPC, "No space left on device")
        shutil.copy(self.root / commit / name, folder / name)


def test_a_download_that_fills_the_disk_has_no_manifest_and_goes_on(
    copied: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given, downloads, run = settings(repository="some/tiny", steps=[0, 10]), tmp_path / "downloads", tmp_path / "run"
    monkeypatch.setattr(hub, "HuggingFace", Shelf(copied, "step10/model.safetensors"))
    with pytest.raises(SeriesError, match=r"some--tiny/step10: the disk is full; make room and run again") as error:
        catalogue.find(given, downloads, run)
    assert "\n" not in str(error.value)
    assert not (run / "manifest.json").exists()
    assert not (downloads / "some--tiny/step10/manifest.json").exists()
    monkeypatch.setattr(hub, "HuggingFace", Shelf(copied))
    catalogue.find(given, downloads, run)
    _, series = catalogue.opened(run)
    assert series.folder(10) == downloads / "some--tiny" / "step10"
    assert torch.equal(series.weights(10)["transformer.wte.weight"], gpt2(10).transformer.wte.weight)


def test_a_revision_that_does_not_exist_is_one_line_of_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import httpx2
    from huggingface_hub import HfApi, errors

    def absent(*_: Any, **__: Any) -> None:
        answer = httpx2.Response(404, request=httpx2.Request("GET", "https://huggingface.co"))
        raise errors.RevisionNotFoundError("no", response=answer)

    monkeypatch.setattr(HfApi, "model_info", absent)
    given = settings(repository="some/tiny", steps=[3]).model_dump_json()
    paths = ("--downloads", str(tmp_path / "downloads"), "--folder", str(tmp_path / "run"))
    assert cli.main(["series", "--settings", given, *paths]) == 1
    assert capsys.readouterr().err == "emergence: some/tiny: has no revision step3; see huggingface.co/some/tiny\n"
    assert not (tmp_path / "run").exists()
