"""Series of Hugging Face checkpoints: read back bit for bit; each kind of bad input ends in one clear line."""

import errno
import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch
from pydantic import ValidationError
from tokenizers import Tokenizer, models
from transformers import GPT2Config, GPT2LMHeadModel, GPTNeoXConfig, GPTNeoXForCausalLM, PreTrainedModel

from emergence.models import hub, series, weights
from emergence.models.hub import Entry, Listing
from emergence.models.series import Series
from emergence.models.weights import SeriesError
from emergence.settings.language import SeriesSettings

SHAPE = {"vocab_size": 40, "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2}
TOKENS = torch.tensor([[3, 1, 4, 1, 5, 9, 2, 6]])
REPOSITORY = "someone/tiny"


def neox(seed: int, **changed: Any) -> GPTNeoXForCausalLM:
    torch.manual_seed(seed)
    options = {"intermediate_size": 64, "max_position_embeddings": 32, "bos_token_id": 0, "eos_token_id": 0}
    return GPTNeoXForCausalLM(GPTNeoXConfig(**{**SHAPE, **options, **changed})).eval()


def one_line(error: pytest.ExceptionInfo[SeriesError]) -> str:
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Steps 0, 1000 and 16, the last in shards, with a tokenizer."""
    root = tmp_path_factory.mktemp("series")
    for seed, step in enumerate((0, 1000, 16)):
        neox(seed).save_pretrained(root / f"step{step}", max_shard_size="8KB" if step == 16 else "1GB")
    words = {chr(97 + i): i for i in range(26)}
    Tokenizer(models.WordLevel(words, unk_token="a")).save(str(root / "step0" / "tokenizer.json"))
    assert len(list((root / "step16").glob("*.safetensors"))) > 2
    return root


@pytest.fixture
def copied(saved: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(saved, tmp_path / "series"))


def opened(root: Path, **keys: Any) -> Series:
    return series.found(SeriesSettings(name="tiny", folder=str(root), **keys), root / "downloads")


def test_steps_are_those_of_the_names_rising(saved: Path) -> None:
    assert opened(saved).steps == [0, 16, 1000]
    assert opened(saved, steps=[1000, 0]).steps == [0, 1000]


def test_weights_are_bit_for_bit_those_that_were_saved(saved: Path) -> None:
    read = opened(saved)
    for seed, step in enumerate((0, 1000, 16)):
        expected = {name.replace("lm_head", "embed_out"): tensor for name, tensor in neox(seed).state_dict().items()}
        found = read.weights(step)
        assert found.keys() == expected.keys()
        assert all(torch.equal(found[name], tensor) for name, tensor in expected.items())


def test_one_model_takes_each_step_and_gives_the_logits_of_transformers(saved: Path) -> None:
    read = opened(saved)
    model = read.build()
    places = {name: tensor.data_ptr() for name, tensor in model.state_dict().items()}
    for step in (1000, 0, 16):
        read.load(model, step)
        reference = GPTNeoXForCausalLM.from_pretrained(saved / f"step{step}", attn_implementation="eager").eval()
        with torch.no_grad():
            assert torch.equal(torch.from_numpy(series.logits_of(model)(TOKENS.numpy())), reference(TOKENS).logits)
    assert places == {name: tensor.data_ptr() for name, tensor in model.state_dict().items()}, "held in memory twice"


def test_building_leaves_the_global_generator_alone(saved: Path) -> None:
    before = torch.get_rng_state()
    opened(saved).build()
    assert torch.equal(before, torch.get_rng_state())


def test_precision_is_that_of_the_settings(saved: Path) -> None:
    read = opened(saved, precision="bfloat16")
    model = read.build()
    read.load(model, 16)
    expected = neox(2).state_dict()
    assert torch.equal(read.weights(16)["embed_out.weight"], expected["lm_head.weight"].bfloat16())
    assert all(torch.equal(tensor, expected[name].bfloat16()) for name, tensor in model.state_dict().items())


def test_folders_may_be_named_one_by_one(saved: Path) -> None:
    folders = {7: str(saved / "step1000"), 2: str(saved / "step16")}
    read = series.found(SeriesSettings(name="tiny", folders=folders), saved)
    assert read.steps == [2, 7]
    assert torch.equal(read.weights(7)["embed_out.weight"], neox(1).lm_head.weight)


def test_half_precision_files_and_buffers_of_old_versions_are_read(copied: Path) -> None:
    path = copied / "step0" / "model.safetensors"
    halves = {name: tensor.half() for name, tensor in safetensors.torch.load_file(path).items()}
    halves["gpt_neox.layers.0.attention.bias"] = torch.ones(1, 1, 32, 32, dtype=torch.bool)
    halves["gpt_neox.layers.0.attention.masked_bias"] = torch.tensor(-1e9).half()
    halves["gpt_neox.layers.0.attention.rotary_emb.inv_freq"] = torch.ones(1)
    safetensors.torch.save_file(halves, path)
    read = opened(copied)
    model = read.build()
    read.load(model, 0)
    assert torch.equal(model.lm_head.weight, neox(0).lm_head.weight.half().float())


def test_other_models_with_tied_weights_and_bare_names_run_too(tmp_path: Path) -> None:
    torch.manual_seed(5)
    options = {"n_embd": 16, "n_layer": 1, "n_head": 2, "n_positions": 32, "vocab_size": 40}
    reference = GPT2LMHeadModel(GPT2Config(**options, bos_token_id=0, eos_token_id=0)).eval()
    reference.save_pretrained(tmp_path / "step5")
    path = tmp_path / "step5" / "model.safetensors"
    bare = {name.removeprefix("transformer."): tensor for name, tensor in safetensors.torch.load_file(path).items()}
    safetensors.torch.save_file(bare, path)
    read = opened(tmp_path)
    model = read.build()
    read.load(model, 5)
    with torch.no_grad():
        assert torch.allclose(model(TOKENS).logits, reference(TOKENS).logits, atol=1e-6)
    with pytest.raises(SeriesError, match=r"step5: is a gpt2; this measure needs a gpt_neox") as error:
        read.neox(5)
    one_line(error)


def test_neox_is_recognised(saved: Path) -> None:
    assert opened(saved).neox(0).num_hidden_layers == 2


def test_tokenizer_is_the_first_checkpoints_or_the_folder_above(copied: Path) -> None:
    assert opened(copied).tokenizer().encode("a", add_special_tokens=False).ids == [0]
    (copied / "step0" / "tokenizer.json").rename(copied / "tokenizer.json")
    assert opened(copied).tokenizer().get_vocab_size() == 26


def config(folder: Path, **changed: Any) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changed}))


def pickled(root: Path) -> None:
    (root / "step0" / "model.safetensors").unlink()
    torch.save({}, root / "step0" / "pytorch_model.bin")


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-9])


def reshaped(root: Path) -> None:
    config(root / "step1000", hidden_size=32)
    safetensors.torch.save_file({"embed_out.weight": torch.zeros(40, 32)}, root / "step1000" / "model.safetensors")


def less(root: Path) -> None:
    path = root / "step1000" / "model.safetensors"
    tensors = safetensors.torch.load_file(path)
    tensors.pop("gpt_neox.layers.1.mlp.dense_h_to_4h.bias")
    safetensors.torch.save_file(tensors, path)


def more(root: Path) -> None:
    path = root / "step1000" / "model.safetensors"
    safetensors.torch.save_file({**safetensors.torch.load_file(path), "odd.weight": torch.zeros(3)}, path)


DAMAGES: dict[str, tuple[Callable[[Path], Any], str]] = {
    "no folder": (shutil.rmtree, r"series: no such folder"),
    "no checkpoints": (lambda r: [shutil.rmtree(p) for p in r.glob("*")], r"series: no checkpoints.*such as step1000"),
    "two of a step": (
        lambda r: shutil.copytree(r / "step0", r / "again-0"),
        r"step0: has the same step, 0, as again-0",
    ),
    "no weights": (lambda r: (r / "step0/model.safetensors").unlink(), r"step0: no weights; there must be model\.safe"),
    "pickled": (pickled, r"step0: pytorch_model\.bin is pickled and is not read"),
    "lost shard": (lambda r: min((r / "step16").glob("model-*")).unlink(), r"step16: lacks model-00001-of-.*names"),
    "bad index": (
        lambda r: (r / "step16" / weights.INDEX).write_text("[]"),
        r"index\.json: no readable index of shards",
    ),
    "cut": (lambda r: cut(r / "step1000/model.safetensors"), r"step1000/model\.safetensors: not a readable safetens"),
    "empty": (lambda r: (r / "step1000/model.safetensors").write_bytes(b""), r"safetensors: not a readable safeten"),
    "cut shard": (lambda r: cut(max((r / "step16").glob("model-*"))), r"step16/model-.*: not a readable safetensors"),
    "another shape": (reshaped, r"step1000: holds embed_out\.weight \(40, 32\), not \(40, 16\)"),
    "a tensor less": (less, r"step1000: lacks gpt_neox\.layers\.1\.mlp\.dense_h_to_4h\.bias, which the model needs"),
    "a tensor more": (more, r"step1000: holds odd\.weight \(3,\), which the model lacks"),
    "no config": (lambda r: (r / "step0/config.json").unlink(), r"step0/config\.json: no such file"),
    "broken config": (
        lambda r: (r / "step0/config.json").write_text("{"),
        r"step0/config\.json: no configuration that",
    ),
    "unknown model": (lambda r: config(r / "step0", model_type="mine"), r"step0/config\.json: no configuration that"),
    "no language model": (lambda r: config(r / "step0", model_type="vit"), r"step0: no causal language model"),
    "no tokenizer": (lambda r: (r / "step0/tokenizer.json").unlink(), r"step0: no tokenizer\.json, here or above"),
    "bad tokenizer": (lambda r: (r / "step0/tokenizer.json").write_text("{}"), r"tokenizer\.json: no readable tokeni"),
    "large tokenizer": (lambda r: config(r / "step0", vocab_size=25), r"tokenizer\.json: has 26 tokens, the model 25"),
}


def read_all(root: Path) -> None:
    read = opened(root)
    read.tokenizer()
    model = read.build()
    for step in read.steps:
        read.load(model, step)


@pytest.mark.parametrize("damage", DAMAGES)
def test_each_damage_ends_in_one_clear_line(copied: Path, damage: str) -> None:
    harm, message = DAMAGES[damage]
    harm(copied)
    with pytest.raises(SeriesError, match=message) as error:
        read_all(copied)
    one_line(error)


def test_code_of_a_checkpoint_is_never_run(copied: Path) -> None:
    ran = copied / "ran"
    (copied / "step0" / "mine.py").write_text(f"open({str(ran)!r}, 'w')\nclass C:\n    pass\n")
    config(copied / "step0", model_type="mine", auto_map={"AutoConfig": "mine.C", "AutoModelForCausalLM": "mine.C"})
    with pytest.raises(SeriesError, match=r"step0/config\.json: no configuration that transformers reads"):
        opened(copied).build()
    assert not ran.exists()


def test_absent_steps_are_named(saved: Path) -> None:
    with pytest.raises(SeriesError, match=r"no checkpoint of step 5; there are \[0, 16, 1000\]"):
        opened(saved, steps=[5])
    with pytest.raises(SeriesError, match=r"tiny: no checkpoint of step 16; there are \[0\]"):
        opened(saved, steps=[0]).weights(16)


BAD = [
    ({}, r"none given; allowed: exactly one of folder, folders, repository"),
    ({"folder": "a", "repository": "b/c"}, r"folder and repository given; allowed: exactly one"),
    ({"repository": "b/c"}, r"steps: a repository needs the steps"),
    ({"repository": "bc", "steps": [0]}, r"String should match pattern"),
    ({"repository": "../c", "steps": [0]}, r"String should match pattern"),
    ({"folder": "a", "steps": [1, 1]}, r"steps: \[1, 1\] names one twice"),
    ({"folders": {1: "a"}, "steps": [1]}, r"steps: the keys of folders are the steps"),
    ({"repository": "b/c", "steps": [0], "revisions": {1: "main"}}, r"revisions: 1 is none of the repository's steps"),
    ({"folder": "a", "revisions": {1: "main"}}, r"revisions: 1 is none"),
    ({"folder": "a", "precision": "float16"}, r"'float32' or 'bfloat16'"),
]


@pytest.mark.parametrize(("keys", "message"), BAD, ids=[str(keys) for keys, _ in BAD])
def test_impossible_settings_are_refused(keys: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        SeriesSettings.model_validate({"name": "tiny", **keys})


def test_settings_survive_json() -> None:
    settings = SeriesSettings(name="tiny", repository="b/c", steps=[0, 5], revisions={5: "main"})
    assert SeriesSettings.model_validate_json(settings.model_dump_json()) == settings


class Shelf:
    """A hub on the disk: a folder a revision; may fail at a file."""

    def __init__(self, root: Path, fails: str = "", how: str = "") -> None:
        self.root, self.fails, self.how, self.fetched = root, fails, how, list[str]()

    def listing(self, repository: str, revision: str) -> Listing:
        assert repository == REPOSITORY
        files = sorted((self.root / revision).iterdir())
        entries = (Entry(path.name, path.stat().st_size, self.digest(path)) for path in files)
        return Listing(f"commit-{revision}", tuple(entries))

    @staticmethod
    def digest(path: Path) -> str | None:
        return hashlib.sha256(path.read_bytes()).hexdigest() if path.suffix in {".safetensors", ".bin"} else None

    def fetch(self, repository: str, commit: str, name: str, folder: Path) -> None:
        assert repository == REPOSITORY
        self.fetched.append(name)
        if (folder / name).is_file():
            return  # as the client does
        content = (self.root / commit.removeprefix("commit-") / name).read_bytes()
        if name != self.fails:
            (folder / name).write_bytes(content)
        elif self.how == "damaged":
            (folder / name).write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
        elif self.how == "full":
            raise OSError(errno.ENOSPC, "No space left on device")
        elif self.how == "cut":
            (folder / name).write_bytes(content[:-1])
        else:
            raise SeriesError("interrupted")


REVISIONS = {0: "step0", 1000: "step1000"}


def test_download_keeps_what_is_needed_and_says_what_it_is(copied: Path, tmp_path: Path) -> None:
    torch.save({}, copied / "step0" / "pytorch_model.bin")
    (copied / "step0" / "README.md").write_text("words")
    shelf = Shelf(copied)
    folders = hub.download(REPOSITORY, REVISIONS, tmp_path / "down", shelf)
    assert folders == {0: tmp_path / "down" / "step0", 1000: tmp_path / "down" / "step1000"}
    kept = {path.name for path in folders[0].iterdir()}
    assert kept == {"config.json", "model.safetensors", "tokenizer.json", "manifest.json"}
    manifest = json.loads((folders[0] / "manifest.json").read_text())
    assert (manifest["repository"], manifest["revision"], manifest["commit"]) == (REPOSITORY, "step0", "commit-step0")
    for entry in manifest["entries"]:
        content = (folders[0] / entry["name"]).read_bytes()
        assert (entry["size"], entry["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())
    assert torch.equal(Series("tiny", folders).weights(1000)["embed_out.weight"], neox(1).lm_head.weight)


def test_shards_are_downloaded_with_their_index(copied: Path, tmp_path: Path) -> None:
    folders = hub.download(REPOSITORY, {16: "step16"}, tmp_path / "down", Shelf(copied))
    assert torch.equal(Series("tiny", folders).weights(16)["embed_out.weight"], neox(2).lm_head.weight)


class Unreachable:
    def listing(self, *_: str) -> Listing:
        raise AssertionError("asked the hub")

    def fetch(self, *_: object) -> None:
        raise AssertionError("asked the hub")


def test_what_is_whole_is_read_without_a_network(copied: Path, tmp_path: Path) -> None:
    first = hub.download(REPOSITORY, REVISIONS, tmp_path / "down", Shelf(copied))
    assert hub.download(REPOSITORY, REVISIONS, tmp_path / "down", Unreachable()) == first


@pytest.mark.parametrize("how", ["damaged", "cut", "interrupted", "full"])
def test_a_download_that_fails_is_not_trusted_and_goes_on(copied: Path, tmp_path: Path, how: str) -> None:
    root = tmp_path / "down"
    with pytest.raises(SeriesError, match=r"run again|interrupted") as error:
        hub.download(REPOSITORY, REVISIONS, root, Shelf(copied, "model.safetensors", how))
    assert ("disk is full" in one_line(error)) == (how == "full")
    assert not (root / "step0" / "manifest.json").exists()
    assert not (root / "step0" / "model.safetensors").exists()
    again = Shelf(copied)
    hub.download(REPOSITORY, REVISIONS, root, again)
    assert again.fetched == ["model.safetensors", "tokenizer.json", "config.json", "model.safetensors"]


@pytest.mark.parametrize("name", ["model.safetensors", "config.json", "manifest.json"])
def test_a_folder_that_lost_or_cut_a_file_is_fetched_anew(copied: Path, tmp_path: Path, name: str) -> None:
    root = tmp_path / "down"
    hub.download(REPOSITORY, REVISIONS, root, Shelf(copied))
    cut(root / "step0" / name)
    again = Shelf(copied)
    hub.download(REPOSITORY, REVISIONS, root, again)
    assert again.fetched == [name] * (name != "manifest.json")
    assert hub.download(REPOSITORY, REVISIONS, root, Unreachable())


def test_a_file_that_was_altered_before_the_manifest_was_written_is_fetched_anew(copied: Path, tmp_path: Path) -> None:
    (tmp_path / "down" / "step0").mkdir(parents=True)
    size = (copied / "step0" / "model.safetensors").stat().st_size
    (tmp_path / "down" / "step0" / "model.safetensors").write_bytes(bytes(size))
    folders = hub.download(REPOSITORY, REVISIONS, tmp_path / "down", Shelf(copied))
    assert torch.equal(Series("tiny", folders).weights(0)["embed_out.weight"], neox(0).lm_head.weight)


def test_folder_that_cannot_be_written_is_named(copied: Path, tmp_path: Path) -> None:
    (tmp_path / "down").write_text("a file")
    with pytest.raises(SeriesError, match=r"down/step0: cannot be written .*; give another folder") as error:
        hub.download(REPOSITORY, REVISIONS, tmp_path / "down", Shelf(copied))
    one_line(error)


def test_revisions_with_the_same_weights_are_refused(copied: Path, tmp_path: Path) -> None:
    shutil.rmtree(copied / "step1000")
    shutil.copytree(copied / "step0", copied / "step1000")
    hub.download(REPOSITORY, {0: "step0"}, tmp_path / "down", Shelf(copied))
    with pytest.raises(SeriesError, match=r"someone/tiny: steps \[0, 1000\] have the very same weights") as error:
        hub.download(REPOSITORY, REVISIONS, tmp_path / "down", Shelf(copied))
    one_line(error)
    assert not (tmp_path / "down" / "step1000").exists()


def test_pickled_revision_is_refused_before_any_download(copied: Path, tmp_path: Path) -> None:
    pickled(copied)
    shelf = Shelf(copied)
    with pytest.raises(SeriesError, match=r"someone/tiny, revision step0: pytorch_model\.bin is pickled") as error:
        hub.download(REPOSITORY, REVISIONS, tmp_path / "down", shelf)
    one_line(error)
    assert not shelf.fetched


def test_too_little_space_is_seen_before_any_download(
    copied: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(1, 1, 0))
    shelf = Shelf(copied)
    with pytest.raises(SeriesError, match=r"step0: 0\.0 GB to download, 0\.0 GB free; make room"):
        hub.download(REPOSITORY, REVISIONS, tmp_path / "down", shelf)
    assert not shelf.fetched


def client_error(kind: str) -> Exception:
    import httpx2
    from huggingface_hub import errors

    answer = httpx2.Response(404, request=httpx2.Request("GET", "https://huggingface.co"))
    return {
        "revision": errors.RevisionNotFoundError("no", response=answer),
        "repository": errors.RepositoryNotFoundError("no", response=answer),
        "offline": httpx2.ConnectError("no route to host"),
        "offline mode": errors.OfflineModeIsEnabled("offline"),
        "entry": errors.LocalEntryNotFoundError("no connection"),
        "full": OSError(errno.ENOSPC, "No space left on device"),
        "full within": RuntimeError("writing failed: No space left on device (os error 28)"),
    }[kind]


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("revision", r"someone/tiny: has no revision step0; see huggingface\.co/someone/tiny"),
        ("repository", r"someone/tiny: no such public repository"),
        ("offline", r"the hub cannot be reached \(ConnectError\).*copy the checkpoints.*give `folder: <path>`"),
        ("offline mode", r"the hub cannot be reached.*folder: <path>"),
        ("entry", r"the hub cannot be reached.*folder: <path>"),
        ("full", r"down/someone--tiny: the disk is full; make room and run again"),
        ("full within", r"the disk is full"),
    ],
)
def test_what_the_client_raises_becomes_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, message: str
) -> None:
    def fails(*_: Any, **__: Any) -> None:
        raise client_error(kind)

    monkeypatch.setattr("huggingface_hub.HfApi.model_info", fails)
    settings = SeriesSettings(name="tiny", repository=REPOSITORY, steps=[0])
    with pytest.raises(SeriesError, match=message) as error:
        series.found(settings, tmp_path / "down")
    one_line(error)
    assert not (tmp_path / "down" / "someone--tiny").exists()


def test_the_real_client_lists_and_fetches(copied: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub.hf_api import ModelInfo

    shelf = Shelf(copied)

    def info(_: Any, repository: str, *, revision: str, files_metadata: bool) -> ModelInfo:
        assert files_metadata
        files = [
            {"rfilename": e.name, "size": e.size, "lfs": {"size": e.size, "sha256": e.sha256, "pointerSize": 1}}
            if e.sha256
            else {"rfilename": e.name, "size": e.size}
            for e in shelf.listing(repository, revision).entries
        ]
        return ModelInfo(id=repository, sha=f"commit-{revision}", siblings=files)

    def fetched(repository: str, name: str, *, revision: str, local_dir: Path) -> None:
        shelf.fetch(repository, revision, name, local_dir)

    monkeypatch.setattr("huggingface_hub.HfApi.model_info", info)
    monkeypatch.setattr("huggingface_hub.hf_hub_download", fetched)
    settings = SeriesSettings(name="tiny", repository=REPOSITORY, steps=[3], revisions={3: "step1000"})
    read = series.found(settings, tmp_path / "down")
    assert read.folder(3) == tmp_path / "down" / "someone--tiny" / "step3"
    assert isinstance(read.build(), PreTrainedModel)
    assert torch.equal(read.weights(3)["embed_out.weight"], neox(1).lm_head.weight)
