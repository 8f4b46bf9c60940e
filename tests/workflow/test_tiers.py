"""The tiers that are run most can be planned: as quick as a plan is, so that every round of tests has it."""

import pytest
from support.project import ProjectCopy, tier_files

from emergence.config import loading
from emergence.config.project import figures_drawn


@pytest.mark.parametrize("tier", ["smoke", "laptop"])
def test_every_job_of_a_tier_is_planned(copy: ProjectCopy, tier: str) -> None:
    files = tier_files(tier, copy.folder)
    planned = copy.planned("--quiet", "reason", "--forceall", "--configfile", *map(str, files))
    config = loading.read(*files)
    assert planned["train"] == len(config.anatomy.runs)
    assert planned["figure"] == len(figures_drawn(config))
