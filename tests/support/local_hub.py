"""A hub of checkpoints in a folder of this machine."""

import errno
import hashlib
from pathlib import Path

from emergence.checkpoints.hub import Entry, Listing
from emergence.checkpoints.weights import SeriesError


class LocalHub:
    """A hub on the disk: a folder a revision; may fail at a file."""

    def __init__(self, root: Path, fails: str = "", how: str = "") -> None:
        """``fails`` ends a file's path; there it is ``damaged``, ``cut``, ``interrupted``, or the disk ``full``."""
        self.root, self.fails, self.how, self.fetched = root, fails, how, list[str]()

    def __call__(self, _: Path) -> "LocalHub":
        """In the place of the client's class."""
        return self

    def listing(self, _: str, revision: str) -> Listing:
        files = sorted((self.root / revision).iterdir())
        entries = (Entry(path.name, path.stat().st_size, self.digest(path)) for path in files)
        return Listing(f"commit-{revision}", tuple(entries))

    @staticmethod
    def digest(path: Path) -> str | None:
        return hashlib.sha256(path.read_bytes()).hexdigest() if path.suffix in {".safetensors", ".bin"} else None

    def fetch(self, _: str, commit: str, name: str, folder: Path) -> None:
        self.fetched.append(name)
        if (folder / name).is_file():
            return  # as the client does
        content = (self.root / commit.removeprefix("commit-") / name).read_bytes()
        if not self.fails or not f"{commit}/{name}".endswith(self.fails):
            (folder / name).write_bytes(content)
        elif self.how == "damaged":
            (folder / name).write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
        elif self.how == "full":
            raise OSError(errno.ENOSPC, "No space left on device")
        elif self.how == "cut":
            (folder / name).write_bytes(content[:-1])
        else:
            raise SeriesError("interrupted")
