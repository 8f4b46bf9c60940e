"""A short chain of stages, called as the rules call them."""

import io
from contextlib import redirect_stderr
from dataclasses import dataclass
from pathlib import Path

from support.project import PROJECT

from emergence import cli

CONFIG = ["--config", str(PROJECT / "config.yaml"), str(PROJECT / "workflow/tiers/smoke.yaml")]
RUN = "2x8-s1"
OPTIONS = {
    "task_data": {
        "evaluation": "tasks/evaluation.safetensors",
        "probes": "tasks/probes.safetensors",
        "baselines-table": "tasks/baselines.parquet",
    },
    "train": {
        "evaluation": "tasks/evaluation.safetensors",
        "folder": f"anatomy/trajectories/{RUN}",
        "state": f"state/train/{RUN}",
    },
    "measure_run": {
        "trajectory": f"anatomy/trajectories/{RUN}",
        "probes": "tasks/probes.safetensors",
        "table": f"anatomy/measures/rankme/{RUN}.parquet",
        "state": f"state/measure_run/rankme/{RUN}",
    },
    "collapse": {"measures": f"anatomy/measures/rankme/{RUN}.parquet", "table": "anatomy/analysis/collapse.parquet"},
}
RESULT = {
    "task_data": "tasks/baselines.parquet",
    "train": f"anatomy/trajectories/{RUN}/manifest.json",
    "measure_run": f"anatomy/measures/rankme/{RUN}.parquet",
    "collapse": "anatomy/analysis/collapse.parquet",
}
"""What each stage writes last."""


@dataclass(frozen=True)
class StageChain:
    """Task sets, a training, a measure and its collapse in a results folder."""

    results: Path

    def arguments(self, stage: str, *overlays: Path) -> list[str]:
        """A command line."""
        options = [text for key, name in OPTIONS[stage].items() for text in (f"--{key}", str(self.results / name))]
        study = ["--study", "anatomy"]
        job = {"train": ["--run", RUN], "measure_run": [*study, "--measure", "rankme"], "collapse": study}.get(
            stage, []
        )
        return ["stage", stage, *CONFIG, *map(str, overlays), *job, *options]

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
