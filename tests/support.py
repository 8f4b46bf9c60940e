"""What tests of the workflow share."""

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).parents[1]
SMOKE = ("--configfile", "workflow/tiers/smoke.yaml")


@dataclass(frozen=True)
class Copy:
    """A copy of the project's tracked files; its own source is what its jobs run."""

    folder: Path

    def snakemake(self, *arguments: str, check: bool = True) -> str:
        """Run Snakemake in the copy; return what it printed."""
        environment = {**os.environ, "PYTHONPATH": str(self.folder / "src")}
        command = [str(Path(sys.executable).with_name("snakemake")), *arguments]
        done = subprocess.run(
            command, cwd=self.folder, env=environment, check=False, text=True, stdout=-1, stderr=subprocess.STDOUT
        )
        assert not check or done.returncode == 0, done.stdout
        return done.stdout

    def planned(self, *arguments: str) -> dict[str, int]:
        """Jobs that a dry-run plans, by rule; aggregate targets are left out."""
        printed = self.snakemake("--dry-run", *arguments)
        table = printed.partition("Job stats:")[2].partition("total")[0]
        jobs = {rule: int(count) for rule, count in re.findall(r"^(\w+) +(\d+)$", table, re.MULTILINE)}
        return {rule: count for rule, count in jobs.items() if rule != "all"}
