"""Whether the lock of a folder outlived its run, as after a power cut or ``kill -9``: then it is removed.

Snakemake's own locks do not tell who holds them. Every run therefore shares a lock of the operating system, which dies
with its process however that ends, on a file that lists machines and processes. If nobody else holds it, the runs that
left a lock behind are dead. On another machine, or on a file system without such locks, nothing is known and nothing
removed.
"""

import atexit
import fcntl  # not filelock: its lock of the system has one owner, and all runs of a folder that live share this one
import os
import platform
from contextlib import suppress
from pathlib import Path
from typing import IO

ALIVE, LOCKS = "alive", "locks/*.lock"


def register(folder: Path) -> str:
    """Count as alive from now on, and remove locks of the dead; returns a line about locks that were there, or "".

    Args:
        folder: Snakemake's own, ``.snakemake``.
    """
    said = ""
    with suppress(OSError):
        folder.mkdir(exist_ok=True)
        file = (folder / ALIVE).open("a+")
        atexit.register(file.close)  # and no earlier, since the lock of a file goes when it is closed
        alone = _locked(file, fcntl.LOCK_EX)
        file.seek(0)
        lines = file.read().splitlines()
        locks = list(folder.glob(LOCKS))
        if alone and {line.split()[0] for line in lines} == {platform.node()}:
            for lock in locks:
                lock.unlink()
            said = "Removed the lock of a run that was killed; resuming from its saved state." if locks else ""
        elif locks and lines:
            host, process = lines[-1].split()
            said = f"Another run is using this folder (process {process} on {host}): wait for it to end, or stop it."
        if alone and not list(folder.glob(LOCKS)):
            file.truncate(0)
        file.write(f"{platform.node()} {os.getpid()}\n")
        file.flush()
        _locked(file, fcntl.LOCK_SH)
    return said


def _locked(file: IO[str], kind: int) -> bool:
    """Lock a file, unless another process holds it."""
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
