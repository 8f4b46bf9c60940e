"""Checkpoints from the Hugging Face hub: one folder a revision, trusted only once its manifest is written.

The manifest is written last and records repository, revision, commit, and size and SHA-256 of every file. An
interrupted download is resumed: complete files are kept. A folder with a manifest is read without a network, and so is
one that was filled by hand, whose manifest then has no commit. Only safetensors, the configuration and the tokenizer
are downloaded. Two revisions with the same weights are refused.
"""

import errno
import json
import logging
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

from emergence.checkpoints.hashes import file_digest, refuse_identical
from emergence.checkpoints.weights import INDEX, SINGLE, SeriesError, files, pickles
from emergence.io.files import write_json
from emergence.io.progress import Progress

logger = logging.getLogger("emergence")

MANIFEST = "manifest.json"
SHARD = re.compile(r"model-[0-9A-Za-z-]+\.safetensors")  # a name without a folder: it is a hub's word, and written here
SMALL = ("config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json")
"""Files beside the weights; without the first they cannot be read."""


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


class UnreachableError(SeriesError):
    """A hub that gives no answer; the message is why, and `download` says what to fetch elsewhere."""


class Hub(Protocol):
    """The two requests to a hub, which raise UnreachableError without an answer; tests have a hub of their own."""

    def listing(self, repository: str, revision: str) -> Listing:
        """Files of a revision."""

    def fetch(self, repository: str, commit: str, name: str, folder: Path) -> None:
        """Download one file to a folder, under its name.

        Args:
            repository: ``owner/name``.
            commit: Its full hash.
            name: Of the file in the repository.
            folder: That the file is written to.

        Raises:
            UnreachableError: if the hub gives no answer.
        """


def download(repository: str, revisions: Mapping[int, str], root: Path, hub: Hub | None = None) -> dict[int, Path]:
    """Folder ``root/step<step>`` of each step, downloaded if it is not there yet.

    Args:
        repository: ``owner/name``.
        revisions: Branch, tag or commit by optimiser step.
        root: Folder of all.
        hub: Of Hugging Face if None.

    Raises:
        SeriesError: if there is no network, no such revision, only pickled weights, too little space, a file that
            arrives damaged, or two revisions with the same weights.
    """
    folders = {step: root / f"step{step}" for step in sorted(revisions)}
    manifests = {step: downloaded_manifest(folder, repository, revisions[step]) for step, folder in folders.items()}
    try:
        _fetch(hub or HuggingFace(root), repository, revisions, folders, manifests)
    except UnreachableError as error:
        without = [step for step, manifest in manifests.items() if manifest is None]
        if absent := [step for step in without if not _is_filled(folders[step])]:
            told = _by_hand(repository, [revisions[step] for step in absent], root, absent[0])
            raise SeriesError(f"{repository}: {error}; go online, or {told}") from None
        for step in without:
            _record_by_hand(repository, revisions[step], folders[step])
    return folders


def _by_hand(repository: str, revisions: Sequence[str], root: Path, step: int) -> str:
    """Instructions to download revisions where there is a network, and to put them in place.

    >>> _by_hand("a/b", ["step0", "step8"], Path("down"), 0)[:76]
    "download its revisions step0, step8 elsewhere (`hf download a/b --exclude '*"
    """
    return (
        f"download its revisions {', '.join(revisions)} elsewhere (`hf download {repository} --exclude '*.bin' "
        f"--revision {revisions[0]} --local-dir {root / f'step{step}'}`, and so on), copy {root} here and run again"
    )


def _is_filled(folder: Path) -> bool:
    """Whether a folder holds weights and their configuration, wherever they come from."""
    try:
        return bool(files(folder)) and (folder / SMALL[0]).is_file()
    except SeriesError:
        return False


def _record_by_hand(repository: str, revision: str, folder: Path) -> None:
    """Write the manifest of a folder that was filled by hand, with the hashes of what is there and without a commit."""
    named = [path for path in (folder / name for name in (INDEX, *SMALL)) if path.is_file()]
    entries = [
        {"name": path.name, "size": path.stat().st_size, "sha256": file_digest(path)}
        for path in [*files(folder), *named]
    ]
    logger.warning("%s: was filled by hand; its files cannot be compared with those of the hub", folder)
    about = {"repository": repository, "revision": revision, "commit": None}
    write_json(folder / MANIFEST, {**about, "entries": entries})


def _fetch(
    hub: Hub,
    repository: str,
    revisions: Mapping[int, str],
    folders: Mapping[int, Path],
    manifests: Mapping[int, Mapping[str, Any] | None],
) -> None:
    """Download every step without a manifest, once the listings of all are known not to hold the same weights."""
    listings = {
        step: _wanted(hub.listing(repository, revisions[step]), f"{repository}, revision {revisions[step]}")
        for step, manifest in manifests.items()
        if manifest is None
    }
    hashes = {step: _weights(manifests[step] or asdict(listings[step])) for step in folders}
    refuse_identical(repository, {step: of_files for step, of_files in hashes.items() if of_files})
    progress = Progress(repository, len(listings), "checkpoints")
    for done, (step, listing) in enumerate(listings.items(), start=1):
        try:
            _complete(hub, repository, revisions[step], listing, folders[step])
        except OSError as error:
            raise _unwritten(folders[step], error) from None
        progress(done)


def downloaded_manifest(folder: Path, repository: str, revision: str) -> dict[str, Any] | None:
    """Manifest of a completely downloaded folder; None if a file is missing or of another size.

    Args:
        folder: Of one revision.
        repository: ``owner/name``.
        revision: Branch, tag or commit.
    """
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        same = (manifest["repository"], manifest["revision"]) == (repository, revision)
        sizes = all((folder / entry["name"]).stat().st_size == entry["size"] for entry in manifest["entries"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return manifest if same and sizes else None


def _wanted(listing: Listing, place: str) -> Listing:
    """The needed part of a listing: safetensors, configuration and tokenizer."""
    names = {entry.name for entry in listing.entries}
    shards = {name for name in names if SHARD.fullmatch(name)}
    weights = {SINGLE} if SINGLE in names else {INDEX, *shards} if INDEX in names else set()
    if not weights:
        pickled = pickles(names)
        why = f"{pickled[0]} is pickled and is not read, as that could run code" if pickled else "there are no weights"
        raise SeriesError(f"{place}: {why}; choose a revision with {SINGLE}")
    wanted = weights | set(SMALL)
    return Listing(listing.commit, tuple(entry for entry in listing.entries if entry.name in wanted))


def _weights(described: Mapping[str, Any]) -> frozenset[str]:
    """Hashes of the weight files of a manifest or listing."""
    entries = [entry for entry in described["entries"] if entry["name"].endswith(".safetensors")]
    return frozenset(entry["sha256"] for entry in entries if entry["sha256"])


def _complete(hub: Hub, repository: str, revision: str, listing: Listing, folder: Path) -> None:
    """Fetch the missing files of a folder, verify them, and write the manifest."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MANIFEST).unlink(missing_ok=True)
    lacking = [entry for entry in listing.entries if not _is(folder / entry.name, entry)]
    _refuse_full(folder, sum(entry.size for entry in lacking))
    for entry in lacking:
        (folder / entry.name).unlink(missing_ok=True)  # the hub's client would take a partial file for complete
        hub.fetch(repository, listing.commit, entry.name, folder)
        if not _is(folder / entry.name, entry):
            (folder / entry.name).unlink(missing_ok=True)
            raise SeriesError(f"{folder / entry.name}: arrived damaged and was removed; run again to download it")
    entries = [
        {"name": entry.name, "size": entry.size, "sha256": entry.sha256 or file_digest(folder / entry.name)}
        for entry in listing.entries
    ]
    about = {"repository": repository, "revision": revision, "commit": listing.commit}
    write_json(folder / MANIFEST, {**about, "entries": entries})


def _is(path: Path, entry: Entry) -> bool:
    """Whether a file is complete and equal to that of the hub."""
    if not path.is_file() or path.stat().st_size != entry.size:
        return False
    return entry.sha256 is None or file_digest(path) == entry.sha256


def _refuse_full(folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise SeriesError(
            f"{folder}: {needed / 1e9:.1f} GB to download, {free / 1e9:.1f} GB free; make room or move it"
        )


def _unwritten(folder: Path, error: Exception) -> SeriesError:
    """The error of a folder that cannot be written."""
    why = "the disk is full; free some space" if is_full(error) else f"cannot be written ({error}); give another folder"
    return SeriesError(f"{folder}: {why} and run again; the download is resumed")


class HuggingFace:
    """The hub of huggingface.co, or the one that HF_ENDPOINT names."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def listing(self, repository: str, revision: str) -> Listing:
        """Files of a revision, from the hub's interface."""
        from huggingface_hub import HfApi

        with self._one_line_errors(repository, revision):
            about = HfApi().model_info(repository, revision=revision, files_metadata=True)
        listed = [
            (file.rfilename, file.size or 0, file.lfs.sha256 if file.lfs else None) for file in about.siblings or []
        ]
        return Listing(about.sha or revision, tuple(Entry(*file) for file in listed))

    def fetch(self, repository: str, commit: str, name: str, folder: Path) -> None:
        """Download one file; it gets its name only when complete.

        Args:
            repository: ``owner/name``.
            commit: Its full hash.
            name: Of the file in the repository.
            folder: That the file is written to.

        Raises:
            UnreachableError: if the hub gives no answer.
        """
        from huggingface_hub import hf_hub_download

        with self._one_line_errors(repository, commit):
            hf_hub_download(repository, name, revision=commit, local_dir=folder)

    @contextmanager
    def _one_line_errors(self, repository: str, revision: str) -> Iterator[None]:
        """Turn errors of the hub's client into one line."""
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
            raise UnreachableError(f"the hub cannot be reached ({type(error).__name__})") from None


def is_full(error: BaseException | None) -> bool:
    """Whether an error, or its cause, is that of a full disk.

    >>> is_full(OSError(errno.ENOSPC, "No space left on device")), is_full(OSError("no route"))
    (True, False)
    """
    if error is None:
        return False
    full = getattr(error, "errno", None) == errno.ENOSPC or "no space left" in str(error).lower()
    return full or is_full(error.__cause__) or is_full(error.__context__)
