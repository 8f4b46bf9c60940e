"""Runs that train together, through the workflow: one job a group, and trajectories that the other stages take."""

import json

import pytest
from support.project import ProjectCopy, overlay, pathvars_below

from emergence.checkpoints.trajectory import Trajectory
from emergence.release.verify import verify

pytestmark = pytest.mark.workflow

STACKS = {"train_stack_1": 1, "train_stack_2": 1}  # of two runs each


def test_a_group_is_a_job_and_other_jobs_stay_as_they_are(copy: ProjectCopy) -> None:
    alone = copy.planned("--forceall", *overlay(copy, "alone.yaml", "compute: {together: 1}"))
    together = copy.planned("--forceall", *overlay(copy, "together.yaml", "compute: {together: 2}"))
    del alone["train"]
    assert together == alone | STACKS


def test_trajectories_of_groups_are_those_of_single_runs(smoke: ProjectCopy) -> None:
    changed = json.dumps({"pathvars": pathvars_below("stacked"), "compute": {"together": 2}})
    measure = "stacked/anatomy/measures/rankme/2x8-s2.parquet"
    smoke.snakemake("--cores", "all", "trajectories", measure, *overlay(smoke, "stacked.yaml", changed))
    assert verify(smoke.folder / "stacked").faults == []
    for name in ("2x8-s1", "2x8-s2", "2x16-s1", "2x16-s2"):
        stacked, alone = (
            Trajectory.open(smoke.folder / results / "anatomy/trajectories" / name)
            for results in ("stacked", "results/smoke")
        )
        assert stacked.steps == alone.steps
        for step in stacked.steps:
            one, other = stacked.weights(step), alone.weights(step)
            assert max((one[key] - other[key]).abs().max().item() for key in one) < 1e-3
