"""A Slurm cluster of one node on loopback, for as long as a test needs it.

No accounting, no cgroups, GPUs that are only counted: what a bare Debian machine can run as root. It lives in a folder
of its own, but for two links in `/etc/slurm`: the executor takes Slurm's variables from its jobs, so they look there.
"""

import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

ETC = Path("/etc/slurm")
FILES = ("slurm.conf", "gres.conf")
PROGRAMS = ("slurmctld", "slurmd", "sbatch", "munged")
PACKAGES = ("slurmctld", "slurmd", "slurm-client", "munge")
CONFIGURATION = """
ClusterName=emergence
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort=16817
SlurmdPort=16818
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
# A requeued job waits for as long as the credential of its first start is valid.
AuthInfo=socket={folder}/munge/socket,cred_expire=5
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
AccountingStorageType=accounting_storage/none
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
# Finished jobs are remembered: there is no other record of them.
MinJobAge=3600
ReturnToService=2
MpiDefault=none
SwitchType=switch/none
GresTypes=gpu
NodeName={host} NodeAddr=127.0.0.1 CPUs={cores} RealMemory={memory} Gres=gpu:2 State=UNKNOWN
PartitionName=main Nodes={host} Default=YES MaxTime=INFINITE State=UP
"""
GPUS = "Name=gpu File=/dev/null\nName=gpu File=/dev/zero\n"


@dataclass(frozen=True)
class Job:
    """What Slurm's controller knows of a job."""

    number: str
    """of a task of an array, that of the array and its own"""
    rule: str
    state: str
    restarts: int
    gpu: str | None
    """the option by which a GPU was asked for"""


def missing() -> str | None:
    """Why there can be no cluster here, or None."""
    if os.geteuid() != 0:
        return "not root"
    if lacking := [name for name in PROGRAMS if not shutil.which(name)]:
        return f"no {', '.join(lacking)}; on Debian: apt-get install --no-install-recommends {' '.join(PACKAGES)}"
    if there := [str(ETC / name) for name in FILES if os.path.lexists(ETC / name)]:
        return f"{there[0]} exists: this machine has a Slurm of its own, which is left alone"
    return None


@contextmanager
def cluster(folder: Path) -> Iterator[None]:
    """Start the daemons; stop them, and take away what is outside the folder."""
    host = socket.gethostname().partition(".")[0]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20 - 512
    values = {"host": host, "folder": folder, "cores": os.cpu_count(), "memory": memory}
    (folder / "slurm.conf").write_text(CONFIGURATION.format(**values))
    (folder / "gres.conf").write_text(GPUS)
    with ExitStack() as stack:
        for name in FILES:
            _link(stack, name, folder / name)
        _start_munge(stack, folder / "munge")
        for daemon in ("slurmctld", "slurmd"):
            (folder / {"slurmctld": "state", "slurmd": "spool"}[daemon]).mkdir()
            stack.callback(_stop, folder / f"{daemon}.pid")
            subprocess.run([daemon], check=True)
        stack.callback(_cancel)
        _wait_until_idle(folder)
        yield


def jobs() -> list[Job]:
    """All jobs since the cluster was started."""
    return [_job(line) for line in _told("scontrol", "--oneliner", "show", "jobs").splitlines() if "JobId=" in line]


def requeue(job: Job) -> None:
    """Take a running job off its node and put it back in the queue."""
    _told("scontrol", "requeue", job.number)


def _job(line: str) -> Job:
    fields = dict(re.findall(r"(\w+)=(\S*)", line))
    rule = re.match(r"rule_(\w+?)(_wildcards_|$)", fields.get("Comment", ""))
    asked = {"TresPerJob": "--gpus", "TresPerNode": "--gres"}
    gpu = next((option for field, option in asked.items() if fields.get(field) == "gres:gpu:1"), None)
    number = "{ArrayJobId}_{ArrayTaskId}" if "ArrayTaskId" in fields else "{JobId}"
    return Job(number.format(**fields), rule[1] if rule else "", fields["JobState"], int(fields["Restarts"]), gpu)


def _link(stack: ExitStack, name: str, target: Path) -> None:
    if not ETC.exists():
        ETC.mkdir()
        stack.callback(ETC.rmdir)
    (ETC / name).symlink_to(target)
    stack.callback((ETC / name).unlink)


def _start_munge(stack: ExitStack, folder: Path) -> None:
    """Start munged with a key of its own."""
    folder.mkdir(mode=0o755)
    (folder / "key").write_bytes(os.urandom(1024))
    (folder / "key").chmod(0o400)
    files = {"key-file": "key", "socket": "socket", "pid-file": "pid", "log-file": "log", "seed-file": "seed"}
    stack.callback(_stop, folder / "pid")
    subprocess.run(
        ["munged", "--force", *(f"--{option}={folder / name}" for option, name in files.items())], check=True
    )


def _wait_until_idle(folder: Path) -> None:
    state = ""
    for _ in range(60):
        with suppress(subprocess.CalledProcessError):  # as long as the controller does not answer
            state = _told("sinfo", "--noheader", "--format=%T").strip()
        if state == "idle":
            return
        time.sleep(0.5)
    logs = "\n".join((folder / f"{daemon}.log").read_text()[-1500:] for daemon in ("slurmctld", "slurmd"))
    raise RuntimeError(f"Slurm's node is {state or 'not there'}, not idle:\n{logs}")


def _cancel() -> None:
    """End all jobs, or they would outlive the cluster."""
    subprocess.run(["scancel", "--user=root", "--signal=KILL", "--full"], check=False, capture_output=True)
    subprocess.run(["scancel", "--user=root"], check=False, capture_output=True)
    for _ in range(40):
        if not _told("squeue", "--noheader"):
            return
        time.sleep(0.5)


def _stop(pid_file: Path) -> None:
    """End a daemon and wait until it is gone."""
    if not pid_file.exists():
        return
    process = int(pid_file.read_text())
    with suppress(ProcessLookupError):
        os.kill(process, 15)
        for _ in range(40):
            time.sleep(0.25)
            os.kill(process, 0)
        os.kill(process, 9)


def _told(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout
