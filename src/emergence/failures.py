"""What a machine lacks — space, memory, permission — said in one line with the remedy.

Libraries say it each in its own way: pyarrow and NumPy by Python's errors, safetensors and tokenizers by errors of
their own that quote the system's words, PyTorch by a RuntimeError.
"""

import errno
import os

REMEDIES = {
    errno.ENOSPC: "the disk is full; make room and run again",
    errno.EDQUOT: "the quota of the disk is used up; make room and run again",
    errno.EROFS: "the file system is read-only; make it writable, or set pathvars in config.yaml to another folder",
    errno.EACCES: "there is no permission; grant it, or set pathvars in config.yaml to another folder",
    errno.EPERM: "there is no permission; grant it, or set pathvars in config.yaml to another folder",
    errno.EIO: "the disk fails; have it looked at, then run again",
    errno.EMFILE: "too many files are open; raise the limit (ulimit -n) and run again",
}
MEMORY = "allocate memory", "out of memory"
OUT_OF_MEMORY = "not enough memory; give the rule more (--set-resources RULE:mem_mb=N), or run fewer jobs at once"


def remedy(error: BaseException) -> str | None:
    """What is wrong with the disk and what to do, if that is why ``error`` was raised."""
    code = getattr(error, "errno", None)
    if code in REMEDIES:
        return REMEDIES[code]
    said = str(error)
    return next((line for code, line in REMEDIES.items() if os.strerror(code) in said), None)


def explained(error: Exception) -> str | None:
    """One line about an error that the machine and not this program is to blame for; None if it is none of those."""
    said = " ".join(str(error).split())
    if isinstance(error, MemoryError) or any(words in said for words in MEMORY):
        return f"{OUT_OF_MEMORY} ({said[:200] or type(error).__name__})"
    if (line := remedy(error)) is None:
        return None
    where = getattr(error, "filename", None)
    return f"{where}: {line}" if where else f"{line} ({said[:200]})"
