"""Errors of the machine (disk space, memory, permissions) explained in one line with the remedy.

Libraries raise different errors for them: pyarrow and NumPy those of Python, safetensors and tokenizers errors of their
own that quote the system's message, PyTorch a RuntimeError.
"""

import errno
import os

REMEDIES = {
    errno.ENOSPC: "the disk is full; free some space and run again",
    errno.EDQUOT: "the disk quota is exceeded; free some space and run again",
    errno.EROFS: "the file system is read-only; make it writable, or set pathvars in config.yaml to another folder",
    errno.EACCES: "permission is denied; grant it, or set pathvars in config.yaml to another folder",
    errno.EPERM: "permission is denied; grant it, or set pathvars in config.yaml to another folder",
    errno.EIO: "the disk reports an I/O error; check it, then run again",
    errno.EISDIR: "is a folder; give a file",
    errno.ENOTDIR: "a folder in this path is a file; give another path",
    errno.EEXIST: "a file has the name of a folder in this path; give another path",
    errno.EMFILE: "too many files are open; raise the limit (ulimit -n) and run again",
}
MEMORY = "allocate memory", "out of memory"
OUT_OF_MEMORY = (
    "not enough memory; run fewer jobs at once or measure fewer samples, "
    "or give the rule more (--set-resources RULE:mem_mb=N)"
)


def remedy(error: BaseException) -> str | None:
    """The problem with the disk and its remedy, if that is why ``error`` was raised."""
    code = getattr(error, "errno", None)
    if code in REMEDIES:
        return REMEDIES[code]
    message = str(error)
    return next((line for code, line in REMEDIES.items() if os.strerror(code) in message), None)


def explanation(error: Exception) -> str | None:
    """One line about an error caused by the machine rather than by this program; None for other errors."""
    message = " ".join(str(error).split())
    if isinstance(error, MemoryError) or any(words in message for words in MEMORY):
        return f"{OUT_OF_MEMORY} ({message[:200] or type(error).__name__})"
    if (line := remedy(error)) is None:
        return None
    where = getattr(error, "filename", None)
    return f"{where}: {line}" if where else f"{line} ({message[:200]})"
