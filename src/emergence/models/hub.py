"""Checkpoints from the Hugging Face hub: one folder a revision, trusted only once its manifest is written.

The manifest is written last and keeps repository, revision, commit, and size and SHA-256 of every file. A download that
was interrupted goes on where it stopped: files that are whole are kept. A folder with a manifest is read without a
network. Only safetensors, the configuration and the tokenizer are downloaded.

Two revisions with the same weights are refused: of a public series 86 of 154 revisions were found to hold the final
weights (EleutherAI/pythia, issue 205), which no training curve would show.
"""

import errno
import hashlib
import json
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

from emergence.files import write_json
from emergence.models.weights import INDEX, PICKLES, SINGLE, SeriesError
from emergence.progress import Progress

MANIFEST = "manifest.json"
SHARD = re.compile(r"model-[0-9A-Za-z-]+\.safetensors")  # a name without a folder: it is a hub's word, and written here
SMALL = ("config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json")


@dataclass(frozen=True)
class Entry:
    """A file on the hub: bytes, and SHA-256 in hexadecimal where the hub states it (for large files)."""

    name: str
    size: int
    sha256: str | None


@dataclass(frozen=True)
class Listing:
    """Files of a revision, and the commit it stands for."""

    commit: str
    entries: tuple[Entry, ...]


class Hub(Protocol):
    """What is asked of a hub; tests have one of their own."""

    def listing(self, repository: str, revision: str) -> Listing:
        """Files of a revision."""

    def fetch(self, repository: str, commit: str, name: str, folder: Path) -> None:
        """Put one file into a folder, under its name."""


def download(repository: str, revisions: Mapping[int, str], root: Path, hub: Hub | None = None) -> dict[int, Path]:
    """Folder ``root/step<step>`` of each step, downloaded if it is not there yet.

    Raises:
        SeriesError: if there is no network, no such revision, only pickled weights, too little space, a file that
            arrives damaged, or two revisions with the same weights.
    """
    hub = hub or HuggingFace(root)
    folders = {step: root / f"step{step}" for step in sorted(revisions)}
    manifests = {step: whole(folder, repository, revisions[step]) for step, folder in folders.items()}
    listings = {
        step: _wanted(hub.listing(repository, revisions[step]), f"{repository}, revision {revisions[step]}")
        for step, manifest in manifests.items()
        if manifest is None
    }
    _refuse_repeats(repository, {step: _weights(manifests[step] or asdict(listings[step])) for step in folders})
    progress = Progress(repository, len(listings), "checkpoints")
    for done, (step, listing) in enumerate(listings.items(), start=1):
        try:
            _complete(hub, repository, revisions[step], listing, folders[step])
        except OSError as error:
            raise _unwritten(folders[step], error) from None
        progress(done)
    return folders


def whole(folder: Path, repository: str, revision: str) -> dict[str, Any] | None:
    """Manifest of a folder that was downloaded to its end; none if a file is absent or of another size."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text())
        same = (manifest["repository"], manifest["revision"]) == (repository, revision)
        sizes = all((folder / entry["name"]).stat().st_size == entry["size"] for entry in manifest["entries"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return manifest if same and sizes else None


def _wanted(listing: Listing, place: str) -> Listing:
    """The listing less what is not needed: its safetensors, configuration and tokenizer."""
    names = {entry.name for entry in listing.entries}
    shards = {name for name in names if SHARD.fullmatch(name)}
    weights = {SINGLE} if SINGLE in names else {INDEX, *shards} if INDEX in names else set()
    if not weights:
        pickled = sorted(name for name in names if name.endswith(PICKLES))
        why = f"{pickled[0]} is pickled and is not read, as that could run code" if pickled else "there are no weights"
        raise SeriesError(f"{place}: {why}; choose a revision with {SINGLE}")
    wanted = weights | set(SMALL)
    return Listing(listing.commit, tuple(entry for entry in listing.entries if entry.name in wanted))


def _weights(described: Mapping[str, Any]) -> frozenset[str]:
    """Hashes of the weight files of a manifest or listing."""
    entries = [entry for entry in described["entries"] if entry["name"].endswith(".safetensors")]
    return frozenset(entry["sha256"] for entry in entries if entry["sha256"])


def _refuse_repeats(repository: str, hashes: Mapping[int, frozenset[str]]) -> None:
    first: dict[frozenset[str], int] = {}
    for step, weights in hashes.items():
        if weights and first.setdefault(weights, step) != step:
            same = [other for other in hashes if hashes[other] == weights]
            raise SeriesError(f"{repository}: steps {same} have the very same weights; keep the step whose they are")


def _complete(hub: Hub, repository: str, revision: str, listing: Listing, folder: Path) -> None:
    """Fetch what a folder lacks, check it, and write the manifest that makes it trusted."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MANIFEST).unlink(missing_ok=True)
    lacking = [entry for entry in listing.entries if not _is(folder / entry.name, entry)]
    _refuse_full(folder, sum(entry.size for entry in lacking))
    for entry in lacking:
        (folder / entry.name).unlink(missing_ok=True)  # the hub's client would take what is there for whole
        hub.fetch(repository, listing.commit, entry.name, folder)
        if not _is(folder / entry.name, entry):
            (folder / entry.name).unlink(missing_ok=True)
            raise SeriesError(f"{folder / entry.name}: arrived damaged and was removed; run again to fetch it anew")
    entries = [
        {"name": entry.name, "size": entry.size, "sha256": entry.sha256 or digest(folder / entry.name)}
        for entry in listing.entries
    ]
    about = {"repository": repository, "revision": revision, "commit": listing.commit}
    write_json(folder / MANIFEST, {**about, "entries": entries})


def _is(path: Path, entry: Entry) -> bool:
    """Whether a file is the whole of what the hub has."""
    if not path.is_file() or path.stat().st_size != entry.size:
        return False
    return entry.sha256 is None or digest(path) == entry.sha256


def digest(path: Path) -> str:
    """SHA-256 of a file, read in pieces."""
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _refuse_full(folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise SeriesError(
            f"{folder}: {needed / 1e9:.1f} GB to download, {free / 1e9:.1f} GB free; make room or move it"
        )


def _unwritten(folder: Path, error: Exception) -> SeriesError:
    """What to say of a folder that cannot be written."""
    why = "the disk is full; make room" if is_full(error) else f"cannot be written ({error}); give another folder"
    return SeriesError(f"{folder}: {why} and run again, the download goes on")


class HuggingFace:
    """The hub of huggingface.co, or the one that HF_ENDPOINT names."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def listing(self, repository: str, revision: str) -> Listing:
        """Files of a revision, from the hub's interface."""
        from huggingface_hub import HfApi

        with self._explained(repository, revision):
            about = HfApi().model_info(repository, revision=revision, files_metadata=True)
        files = [
            (file.rfilename, file.size or 0, file.lfs.sha256 if file.lfs else None) for file in about.siblings or []
        ]
        return Listing(about.sha or revision, tuple(Entry(*file) for file in files))

    def fetch(self, repository: str, commit: str, name: str, folder: Path) -> None:
        """Download one file; it stands under its name only once it is whole."""
        from huggingface_hub import hf_hub_download

        with self._explained(repository, commit):
            hf_hub_download(repository, name, revision=commit, local_dir=folder)

    @contextmanager
    def _explained(self, repository: str, revision: str) -> Iterator[None]:
        """Turn what the hub's client raises into one line."""
        from huggingface_hub import errors

        try:
            yield
        except errors.RevisionNotFoundError:
            raise SeriesError(f"{repository}: has no revision {revision}; see huggingface.co/{repository}") from None
        except errors.RepositoryNotFoundError:
            raise SeriesError(f"{repository}: no such public repository on the hub; check its name") from None
        except Exception as error:  # the client's transports (HTTP, Xet) share no base of their own
            if is_full(error):
                raise _unwritten(self.root, error) from None
            raise SeriesError(
                f"{repository}: the hub cannot be reached ({type(error).__name__}); go online, or copy the checkpoints "
                f"to folders <path>/step<step> and give `folder: <path>` in place of `repository`"
            ) from None


def is_full(error: BaseException | None) -> bool:
    """Whether an error, or what caused it, is that of a full disk.

    >>> is_full(OSError(errno.ENOSPC, "No space left on device")), is_full(OSError("no route"))
    (True, False)
    """
    if error is None:
        return False
    full = getattr(error, "errno", None) == errno.ENOSPC or "no space left" in str(error).lower()
    return full or is_full(error.__cause__) or is_full(error.__context__)
