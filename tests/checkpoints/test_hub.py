"""Downloads from the hub: only what is needed, verified, resumable; each failure ends in one clear line."""

import errno
import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import httpx2
import pytest
import torch
from huggingface_hub import errors
from support.damage import cut_short, one_line
from support.local_hub import LocalHub
from synthetic.tiny_models import neox
from transformers import PreTrainedModel

from emergence.checkpoints import hf_checkpoints, hub, weights
from emergence.checkpoints.hub import Listing, UnreachableError
from emergence.checkpoints.weights import SeriesError
from emergence.config.language import SeriesSettings

REPOSITORY = "someone/tiny"
REVISIONS = {0: "step0", 1000: "step1000"}


def read_out(folder: Path) -> torch.Tensor:
    return dict(weights.tensors(folder))["embed_out.weight"]


def test_download_keeps_what_is_needed_and_says_what_it_is(copied: Path, tmp_path: Path) -> None:
    torch.save({}, copied / "step0" / "pytorch_model.bin")
    (copied / "step0" / "README.md").write_text("words")
    local = LocalHub(copied)
    folders = hub.download(REPOSITORY, REVISIONS, tmp_path / "down", local)
    assert folders == {0: tmp_path / "down" / "step0", 1000: tmp_path / "down" / "step1000"}
    kept = {path.name for path in folders[0].iterdir()}
    assert kept == {"config.json", "model.safetensors", "tokenizer.json", "manifest.json"}
    manifest = json.loads((folders[0] / "manifest.json").read_text())
    assert (manifest["repository"], manifest["revision"], manifest["commit"]) == (REPOSITORY, "step0", "commit-step0")
    for entry in manifest["entries"]:
        content = (folders[0] / entry["name"]).read_bytes()
        assert (entry["size"], entry["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())
    assert torch.equal(read_out(folders[1000]), neox(1).lm_head.weight)


def test_shards_are_downloaded_with_their_index(copied: Path, tmp_path: Path) -> None:
    folders = hub.download(REPOSITORY, {16: "step16"}, tmp_path / "down", LocalHub(copied))
    assert torch.equal(read_out(folders[16]), neox(2).lm_head.weight)


class Unreachable:
    def listing(self, *_: str) -> Listing:
        raise AssertionError("asked the hub")

    def fetch(self, *_: object) -> None:
        raise AssertionError("asked the hub")


def test_what_is_whole_is_read_without_a_network(copied: Path, tmp_path: Path) -> None:
    first = hub.download(REPOSITORY, REVISIONS, tmp_path / "down", LocalHub(copied))
    assert hub.download(REPOSITORY, REVISIONS, tmp_path / "down", Unreachable()) == first


@pytest.mark.parametrize("how", ["damaged", "cut", "interrupted", "full"])
def test_a_download_that_fails_is_not_trusted_and_goes_on(copied: Path, tmp_path: Path, how: str) -> None:
    root = tmp_path / "down"
    with pytest.raises(SeriesError, match=r"down/step0|interrupted") as error:
        hub.download(REPOSITORY, REVISIONS, root, LocalHub(copied, "model.safetensors", how))
    assert ("disk is full" in one_line(error)) == (how == "full")
    assert not (root / "step0" / "manifest.json").exists()
    assert not (root / "step0" / "model.safetensors").exists()
    again = LocalHub(copied)
    hub.download(REPOSITORY, REVISIONS, root, again)
    assert again.fetched == ["model.safetensors", "tokenizer.json", "config.json", "model.safetensors"]


@pytest.mark.parametrize("name", ["model.safetensors", "config.json", "manifest.json"])
def test_a_folder_that_lost_or_cut_a_file_is_fetched_anew(copied: Path, tmp_path: Path, name: str) -> None:
    root = tmp_path / "down"
    hub.download(REPOSITORY, REVISIONS, root, LocalHub(copied))
    cut_short(root / "step0" / name)
    again = LocalHub(copied)
    hub.download(REPOSITORY, REVISIONS, root, again)
    assert again.fetched == [name] * (name != "manifest.json")
    assert hub.download(REPOSITORY, REVISIONS, root, Unreachable())


def test_a_file_that_was_altered_before_the_manifest_was_written_is_fetched_anew(copied: Path, tmp_path: Path) -> None:
    (tmp_path / "down" / "step0").mkdir(parents=True)
    size = (copied / "step0" / "model.safetensors").stat().st_size
    (tmp_path / "down" / "step0" / "model.safetensors").write_bytes(bytes(size))
    folders = hub.download(REPOSITORY, REVISIONS, tmp_path / "down", LocalHub(copied))
    assert torch.equal(read_out(folders[0]), neox(0).lm_head.weight)


def test_folder_that_cannot_be_written_is_named(copied: Path, tmp_path: Path) -> None:
    (tmp_path / "down").write_text("a file")
    with pytest.raises(SeriesError, match=r"down/step0: cannot be written") as error:
        hub.download(REPOSITORY, REVISIONS, tmp_path / "down", LocalHub(copied))
    one_line(error)


def test_revisions_with_the_same_weights_are_refused(copied: Path, tmp_path: Path) -> None:
    shutil.rmtree(copied / "step1000")
    shutil.copytree(copied / "step0", copied / "step1000")
    hub.download(REPOSITORY, {0: "step0"}, tmp_path / "down", LocalHub(copied))
    with pytest.raises(SeriesError, match=r"someone/tiny: steps \[0, 1000\]") as error:
        hub.download(REPOSITORY, REVISIONS, tmp_path / "down", LocalHub(copied))
    one_line(error)
    assert not (tmp_path / "down" / "step1000").exists()


def test_pickled_revision_is_refused_before_any_download(copied: Path, tmp_path: Path) -> None:
    (copied / "step0" / "model.safetensors").unlink()
    torch.save({}, copied / "step0" / "pytorch_model.bin")
    local = LocalHub(copied)
    with pytest.raises(SeriesError, match=r"step0: pytorch_model\.bin .*pickled") as error:
        hub.download(REPOSITORY, REVISIONS, tmp_path / "down", local)
    one_line(error)
    assert not local.fetched


def test_too_little_space_is_seen_before_any_download(
    copied: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(1, 1, 0))
    local = LocalHub(copied)
    with pytest.raises(SeriesError, match=r"step0: .* GB free"):
        hub.download(REPOSITORY, REVISIONS, tmp_path / "down", local)
    assert not local.fetched


ANSWER = httpx2.Response(404, request=httpx2.Request("GET", "https://huggingface.co"))
CLIENT_ERRORS = {
    "revision": (errors.RevisionNotFoundError("no", response=ANSWER), r"^someone/tiny: .*revision step0"),
    "repository": (errors.RepositoryNotFoundError("no", response=ANSWER), r"^someone/tiny: .*repository"),
    "no network": (httpx2.ConnectError("no route"), r"^someone/tiny: .*reached \(ConnectError\)"),
    "entry": (errors.LocalEntryNotFoundError("no connection"), r"^someone/tiny: .*reached"),
    "full": (OSError(errno.ENOSPC, "No space left on device"), r"down/someone--tiny: .*full"),
    "full within": (
        RuntimeError("writing failed: No space left on device (os error 28)"),
        r"down/someone--tiny: .*full",
    ),
}


@pytest.mark.parametrize("kind", CLIENT_ERRORS)
def test_what_the_client_raises_becomes_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    client_error, message = CLIENT_ERRORS[kind]

    def fails(*_: Any, **__: Any) -> None:
        raise client_error

    monkeypatch.setattr("huggingface_hub.HfApi.model_info", fails)
    settings = SeriesSettings(name="tiny", repository=REPOSITORY, steps=[0])
    with pytest.raises(SeriesError, match=message) as error:
        hf_checkpoints.open_series(settings, tmp_path / "down")
    one_line(error)
    assert not (tmp_path / "down" / "someone--tiny").exists()


class Offline:
    """A hub that does not answer."""

    def listing(self, *_: str) -> Listing:
        raise UnreachableError("the hub cannot be reached")

    def fetch(self, *_: object) -> None:
        raise AssertionError("fetched what it could not list")


def test_without_a_hub_one_line_says_what_is_still_to_be_fetched_elsewhere(copied: Path, tmp_path: Path) -> None:
    hub.download(REPOSITORY, {0: "step0"}, tmp_path / "down", LocalHub(copied))
    with pytest.raises(SeriesError, match=r"revisions step16, step1000\b") as error:
        hub.download(REPOSITORY, {**REVISIONS, 16: "step16"}, tmp_path / "down", Offline())
    place = tmp_path / "down/step16"
    assert f"hf download someone/tiny --exclude '*.bin' --revision step16 --local-dir {place}" in one_line(error)


@pytest.mark.parametrize("offline", [True, False], ids=["HF_HUB_OFFLINE", "no network"])
def test_the_real_client_without_a_hub_ends_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, offline: bool
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", offline)
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")  # where nothing listens
    settings = SeriesSettings(name="tiny", repository=REPOSITORY, steps=[8, 0])
    kind = "OfflineModeIsEnabled" if offline else "ConnectError"
    with pytest.raises(SeriesError, match=rf"^someone/tiny: .*reached \({kind}\)") as error:
        hf_checkpoints.open_series(settings, tmp_path / "down")
    assert "step0, step8 elsewhere" in one_line(error)
    assert not (tmp_path / "down").exists()


def test_what_was_fetched_by_hand_is_read_where_the_message_says(copied: Path, tmp_path: Path) -> None:
    for step, revision in REVISIONS.items():
        shutil.copytree(copied / revision, tmp_path / f"down/step{step}")
    config = tmp_path / "down/step1000/config.json"
    content = config.read_bytes()
    config.unlink()
    with pytest.raises(SeriesError, match=r"revisions step1000\b"):
        hub.download(REPOSITORY, REVISIONS, tmp_path / "down", Offline())
    config.write_bytes(content)
    folders = hub.download(REPOSITORY, REVISIONS, tmp_path / "down", Offline())
    assert torch.equal(read_out(folders[1000]), neox(1).lm_head.weight)
    assert hub.download(REPOSITORY, REVISIONS, tmp_path / "down", Unreachable()) == folders  # their hashes are kept


def test_the_real_client_lists_and_fetches(copied: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub.hf_api import ModelInfo

    local = LocalHub(copied)

    def info(_: Any, repository: str, *, revision: str, files_metadata: bool) -> ModelInfo:
        assert files_metadata
        files = [
            {"rfilename": e.name, "size": e.size, "lfs": {"size": e.size, "sha256": e.sha256, "pointerSize": 1}}
            if e.sha256
            else {"rfilename": e.name, "size": e.size}
            for e in local.listing(repository, revision).entries
        ]
        return ModelInfo(id=repository, sha=f"commit-{revision}", siblings=files)

    def fetched(repository: str, name: str, *, revision: str, local_dir: Path) -> None:
        local.fetch(repository, revision, name, local_dir)

    monkeypatch.setattr("huggingface_hub.HfApi.model_info", info)
    monkeypatch.setattr("huggingface_hub.hf_hub_download", fetched)
    settings = SeriesSettings(name="tiny", repository=REPOSITORY, steps=[3], revisions={3: "step1000"})
    read = hf_checkpoints.open_series(settings, tmp_path / "down")
    assert read.folder(3) == tmp_path / "down" / "someone--tiny" / "step3"
    assert isinstance(read.build(), PreTrainedModel)
    assert torch.equal(read_out(read.folder(3)), neox(1).lm_head.weight)
