"""A job ends with the Snakemake that started it, however that ends.

After ``kill -9`` of Snakemake its jobs would go on, unseen, and write beside those of the run that resumes. A shell
stands between the two, so a job is told the process it belongs to by the environment, and looks whether that exists.
"""

import os
import select
import signal
import sys
import threading
import time
from contextlib import suppress

VARIABLE = "EMERGENCE_SNAKEMAKE"
EVERY = 0.5
"""Seconds between two looks; a run that resumes takes longer to start."""


def watch() -> None:
    """Stop this process, as a shutdown would, as soon as its Snakemake is gone; nothing if it has none."""
    parent = int(os.environ.get(VARIABLE, 0))
    if parent and _exists(parent):  # it does not in a container that hides it
        threading.Thread(target=_wait_for_end, args=(parent,), daemon=True).start()


def _wait_for_end(parent: int) -> None:
    if sys.platform == "linux":
        with suppress(OSError):  # not on a kernel before 5.3
            select.select([os.pidfd_open(parent)], [], [])
            os.kill(os.getpid(), signal.SIGTERM)  # also while nobody has asked yet how the parent ended
    while _exists(parent):
        time.sleep(EVERY)
    os.kill(os.getpid(), signal.SIGTERM)


def _exists(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True
