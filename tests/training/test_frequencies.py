"""Runs with power-law frequencies: a Latin square of shares, with batches that have them."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from emergence.config import loading
from emergence.config.project import settings_for
from emergence.config.short_runs import FrequencySettings
from emergence.training.frequencies import train_rotation
from emergence.training.short_runs import run_of_frequencies

LEVELS, ROTATIONS = 4, (0, 3)


@pytest.fixture(scope="module")
def settings() -> FrequencySettings:
    from support.project import tier_files

    given: Any = settings_for(loading.read(*tier_files("smoke")), "train_frequencies")["settings"]
    return given


@pytest.fixture(scope="module")
def rows(settings: FrequencySettings) -> pd.DataFrame:
    return pd.concat([train_rotation(rotation, settings) for rotation in ROTATIONS])


@pytest.mark.long
def test_each_task_level_has_each_rank_once(rows: pd.DataFrame, settings: FrequencySettings) -> None:
    """Shares are of answer tokens, so those of one rank differ between rotations."""
    shares = rows[rows["quantity"] == "baseline"].pivot_table(index="rotation", columns="task", values="share")
    np.testing.assert_allclose(shares.sum(axis=1), 1)
    counts = settings.frequencies.counts(LEVELS)
    assert counts == sorted(counts, reverse=True)
    tokens = {"COPY": 1, "REV": 2, "CMP": 1, "SORT": 3}
    for rotation, row in shares.iterrows():
        examples = pd.Series({task: row[task] / tokens[task] for task in tokens})
        expected = np.roll(counts, -int(str(rotation)))
        np.testing.assert_allclose(examples / examples.sum(), expected / expected.sum())


def test_every_run_is_scored_to_the_end(rows: pd.DataFrame, settings: FrequencySettings) -> None:
    scores = rows[rows["quantity"] == "exact_match"]
    of = settings.frequencies
    assert scores["run"].nunique() == len(ROTATIONS) * len(of.seeds) * len(of.optimisers)
    assert (scores.groupby("run")["step"].max() == of.training.steps).all()
    assert scores["value"].between(0, 1).all()


def test_a_batch_has_so_many_examples_of_each_task_level(settings: FrequencySettings) -> None:
    of, counts = settings.frequencies, [5, 3, 1, 2]
    own = settings.of("one", of.size, 1, of.training, settings.tasks)
    learner = run_of_frequencies("sgd", counts, own, torch.device("cpu")).learner
    inputs, targets = learner.stream(0)
    assert learner.layout.counts == tuple(counts)
    assert len(targets) == sum(learner.layout.sizes) == 5 * 1 + 3 * 2 + 1 * 1 + 2 * 3
    assert not np.array_equal(inputs, learner.stream(1)[0])
