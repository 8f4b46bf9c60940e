"""A fork server: stages start as copies of one process that has their libraries loaded.

A new process takes two to seven seconds to load torch, pandas or transformers, a copy of a loaded one some
milliseconds. The workflow starts a server with `start`; each ``python -m emergence stage ...`` below it hands its
arguments, folder, environment and standard streams to the server, waits, and ends as the copy ends. Whoever stops that
process stops the copy; when the workflow is gone, so are the server and all copies. Without a server, or where copying
is unsafe (only Linux forks safely beside threads of the system's libraries), stages run in processes of their own, to
the same bytes.
"""

import atexit
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import traceback
from collections.abc import Mapping
from contextlib import suppress
from importlib import import_module  # noqa: TID251 - a module of this package, from a table or a checked setting
from pathlib import Path
from typing import Any

SOCKET = "EMERGENCE_FORKSERVER"
"""Environment variable with the path of the server's socket."""
ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"), "1"
)
"""Told to numpy, scipy and torch before they load: the last digit of a sum depends on how many threads share it."""
STREAMS = (0, 1, 2)
SIZE = 8
"""Bytes of the length of a request."""
KILLED = 128 + signal.SIGKILL
"""Exit status of a copy that ended without a word."""


def start(environment: Mapping[str, str]) -> None:
    """Start a server for the processes below this one; it ends with this one.

    Args:
        environment: variables that it has beside those of this process.
    """
    path = str(Path(tempfile.mkdtemp(prefix="emergence-"), "socket"))
    with socket.socket(socket.AF_UNIX) as listener:  # requests wait here while the server loads
        listener.bind(path)
        listener.listen(128)
        server = subprocess.Popen(
            [sys.executable, "-m", "emergence.forkserver", path, str(listener.fileno())],
            stdin=subprocess.PIPE,
            env={**os.environ, **environment, **ONE_THREAD},
            pass_fds=[listener.fileno()],
            start_new_session=True,  # Ctrl-C is for the processes that wait for copies
        )
    os.environ[SOCKET] = path
    atexit.register(stop, server)


def stop(server: subprocess.Popen[bytes]) -> None:
    """End a server and its copies."""
    os.environ.pop(SOCKET, None)
    server.communicate()


def run(arguments: list[str]) -> int | None:
    """Have the server run a command; return its exit status, or None if there is no server."""
    path = os.environ.get(SOCKET)
    if path is None or arguments[:1] != ["stage"]:
        return None
    with socket.socket(socket.AF_UNIX) as connection:
        try:
            connection.connect(path)
        except OSError:
            return None
        request = json.dumps([arguments, str(Path.cwd()), dict(os.environ)]).encode()
        socket.send_fds(connection, [len(request).to_bytes(SIZE)], STREAMS)
        connection.sendall(request)
        try:
            status = connection.recv(1)
        except KeyboardInterrupt:  # tell the copy to stop, and wait until it has saved its state
            connection.shutdown(socket.SHUT_WR)
            status = connection.recv(1)
    return status[0] if status else KILLED


def serve(path: str, descriptor: int) -> None:
    """Fork a copy for every request to a listening socket at a path, until standard input closes."""
    copies: set[int] = set()
    for module in ("emergence.cli", "emergence.config.project"):  # of every stage
        import_module(module)
    with socket.socket(fileno=descriptor) as listener:
        watched: list[Any] = [listener, 0]
        while True:
            ready, _, _ = select.select(watched, [], [], 1)
            copies -= {pid for pid in copies if os.waitpid(pid, os.WNOHANG)[0]}
            if 0 in ready:
                break
            if listener in ready:
                connection, _ = listener.accept()
                with connection, suppress(OSError, ValueError):
                    copies.add(_copy(connection, listener))
    for pid in copies:
        os.kill(pid, signal.SIGTERM)
    shutil.rmtree(Path(path).parent, ignore_errors=True)


def _copy(connection: socket.socket, listener: socket.socket) -> int:
    """Read a request and fork the process that carries it out; return its number."""
    header, streams, _, _ = socket.recv_fds(connection, SIZE, len(STREAMS))
    try:
        with connection.makefile("rb") as text:
            request = json.loads(text.read(int.from_bytes(header)))
        _load(request[0])
        if pid := os.fork():
            return pid
        listener.close()
        _carry_out(connection, streams, *request)
    finally:
        for stream in streams:
            os.close(stream)
    raise AssertionError  # a copy never returns


def _load(arguments: list[str]) -> None:
    """Import what a stage needs, once for all copies; the copy tells of what cannot be imported."""
    from emergence.io.provenance import sources
    from emergence.stages import STAGES

    further = arguments[arguments.index("--modules") + 1].split() if "--modules" in arguments else []
    with suppress(Exception):
        own = STAGES[arguments[1]].module
        optimiser = ["torch._dynamo"] if own.startswith("emergence.training.") else []  # imported by the first one
        for module in (own, *further, *optimiser):
            import_module(module)
        sources(own, *further)  # a copy keeps what was parsed here


def _carry_out(
    connection: socket.socket, streams: list[int], arguments: list[str], folder: str, environment: dict[str, str]
) -> None:
    """Become the requested command, and end with its status."""
    status = 1
    try:
        for stream, number in zip(streams, STREAMS, strict=True):
            os.dup2(stream, number)
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environment)
        threading.Thread(target=_end_with, args=(connection,), daemon=True).start()
        from emergence.cli import main

        status = main(arguments)
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        with suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        with suppress(OSError):
            connection.sendall(bytes([status & 255]))
        os._exit(status)


def _end_with(connection: socket.socket) -> None:
    """End this process when the one that waits for it is gone; states on disk survive that."""
    connection.recv(1)
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]))
