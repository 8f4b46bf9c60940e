"""A job stops when the process that it belongs to is killed, although a shell stands between them."""

import subprocess
import sys

CHILD = (
    "from emergence import parent_watch; parent_watch.watch(); print('ready', flush=True); import time; time.sleep(60)"
)
PARENT = f"""
import os, subprocess, sys, time
shell = f"export EMERGENCE_SNAKEMAKE={{os.getpid()}}; {{sys.executable}} -c \\"{CHILD}\\"; echo stopped $?"
subprocess.Popen(["bash", "-c", shell])
time.sleep(60)
"""


def test_a_job_ends_with_its_snakemake() -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == "ready\n"
        parent.kill()
        assert parent.stdout.readline() == "stopped 143\n"


def test_without_a_snakemake_nothing_is_watched() -> None:
    code = "import threading; from emergence import parent_watch as w; w.watch(); print(threading.active_count())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "1\n"
