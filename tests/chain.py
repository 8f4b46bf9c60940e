"""A short chain of stages, called as the rules call them."""

import io
from contextlib import redirect_stderr
from dataclasses import dataclass
from pathlib import Path

from support import PROJECT

from emergence import cli

CONFIG = ["--config", str(PROJECT / "config.yaml"), str(PROJECT / "workflow/tiers/smoke.yaml")]
RUN = "2x8-s1"
OPTIONS = {
    "tasks": {
        "evaluation": "tasks/evaluation.safetensors",
        "probes": "tasks/probes.safetensors",
        "baselines-table": "tasks/baselines.parquet",
    },
    "train": {
        "evaluation": "tasks/evaluation.safetensors",
        "folder": f"trajectories/{RUN}",
        "state": f"state/train/{RUN}",
    },
    "follow": {
        "trajectory": f"trajectories/{RUN}",
        "probes": "tasks/probes.safetensors",
        "table": f"measures/rankme/{RUN}.parquet",
        "state": f"state/follow/rankme/{RUN}",
    },
    "collapse": {"measures": f"measures/rankme/{RUN}.parquet", "table": "analysis/collapse.parquet"},
}
RESULT = {
    "tasks": "tasks/baselines.parquet",
    "train": f"trajectories/{RUN}/manifest.json",
    "follow": f"measures/rankme/{RUN}.parquet",
    "collapse": "analysis/collapse.parquet",
}
"""What each stage writes last."""


@dataclass(frozen=True)
class Chain:
    """Task sets, a training, a measure and its collapse in a results folder."""

    results: Path

    def arguments(self, stage: str, *overlays: Path) -> list[str]:
        """A command line."""
        options = [text for key, name in OPTIONS[stage].items() for text in (f"--{key}", str(self.results / name))]
        of = ["--run", RUN] * (stage in ("train", "follow")) + ["--measure", "rankme"] * (stage == "follow")
        return [stage, *CONFIG, *map(str, overlays), *of, *options]

    def run(self, stage: str, *overlays: Path) -> None:
        """Run a stage to its end."""
        assert cli.main(self.arguments(stage, *overlays)) == 0
        assert self.result(stage).exists()

    def refused(self, stage: str, *overlays: Path) -> str:
        """Run a stage that must fail, without a result; return the one line that it ends with."""
        with redirect_stderr(io.StringIO()) as said:
            assert cli.main(self.arguments(stage, *overlays)) == 1
        assert not self.result(stage).exists()
        (line,) = [line for line in said.getvalue().splitlines() if line.startswith("emergence: ")]
        assert said.getvalue().endswith(f"{line}\n"), "more lines follow"
        return line

    def result(self, stage: str) -> Path:
        """What a stage writes last."""
        return self.results / RESULT[stage]

    @property
    def left_over(self) -> list[Path]:
        """Temporary files."""
        return [path for path in self.results.rglob(".*") if path.is_file()]
