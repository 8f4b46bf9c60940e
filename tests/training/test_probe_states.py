"""What is seen of a model on probes agrees with the model itself."""

import numpy as np
import pytest
import torch

from emergence.config.training import Size
from emergence.models import build
from emergence.tasks import data
from emergence.tasks.vocabulary import SIZE, TaskLevel
from emergence.training.probe_states import ProbeStates, alignment, entropy, ranks
from emergence.training.task_evaluation import METRICS, Evaluation

CPU = torch.device("cpu")
LEVELS = (TaskLevel("COPY", "2"), TaskLevel("MOD", "11"))


@pytest.fixture(scope="module")
def model() -> torch.nn.Module:
    size = Size(name="2x8", layers=2, width=8, heads=2)
    return build.transformer(size, 16).initialise(torch.Generator().manual_seed(1))


def test_loss_is_that_of_the_evaluation(model: torch.nn.Module) -> None:
    """Of distinct examples, of which each level has as many answer tokens as it has examples."""
    one = LEVELS[0]
    drawn = {one: np.unique(data.draw([one], 30, 3)[one], axis=0)}
    probe = ProbeStates(drawn, CPU)
    (row,) = Evaluation(drawn, CPU)(model)
    assert probe.loss(probe(model)) == pytest.approx(row[METRICS.index("loss")], rel=1e-5)


def test_an_untrained_model_predicts_all_tokens_alike(model: torch.nn.Module) -> None:
    seen = ProbeStates(data.draw(LEVELS, 20, 3), CPU)(model)
    assert entropy(seen) == pytest.approx(np.log(SIZE), rel=0.01)
    assert len(ranks(seen, 1e-7)) == 2
    assert all(1 < rank <= 8 for rank in ranks(seen, 1e-7))


def test_alignment_is_the_cosine_with_the_first_principal_direction(model: torch.nn.Module) -> None:
    seen = ProbeStates(data.draw(LEVELS, 20, 3), CPU)(model)
    states = seen.states[-1].numpy()
    first = np.linalg.svd(states - states.mean(axis=0))[2][0]
    assert alignment(seen, torch.from_numpy(-first)) == pytest.approx(1)
    assert alignment(seen, torch.from_numpy(np.linalg.svd(states - states.mean(axis=0))[2][1])) < 1e-6
