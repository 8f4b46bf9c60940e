import pytest
import torch
from torch import nn

from emergence.own_runs.module_scores import exact_match_scores
from emergence.subjects.torch_module import ModuleSubject


class Fixed(nn.Module):
    """Says its inputs, as one-hot logits."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(()))

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        return self.scale * nn.functional.one_hot(tokens, 4).float()


def score(inputs: list, targets: list) -> float:
    data = {"mine": (torch.tensor(inputs), torch.tensor(targets))}
    return exact_match_scores(ModuleSubject(Fixed(), data))["value"].item()


def test_the_best_constant_answer_scores_0_and_perfection_1() -> None:
    assert score([1, 1, 1, 1], [1, 1, 2, 3]) == 0
    assert score([1, 1, 2, 3], [1, 1, 2, 3]) == 1
    assert score([1, 1, 2, 0], [1, 1, 2, 3]) == pytest.approx((3 / 4 - 1 / 2) / (1 - 1 / 2))


def test_every_token_of_an_example_must_be_right_and_masked_ones_do_not_count() -> None:
    assert score([[1, 2], [1, 3]], [[1, 2], [1, 2]]) == 0  # one answer is always right
    assert score([[1, 2], [3, 3]], [[-100, 2], [3, 1]]) == 0  # half right, as a guess is
    assert score([[0, 2], [3, 1]], [[-100, 2], [3, 1]]) == 1


def test_logits_that_are_not_finite_have_no_score() -> None:
    subject = ModuleSubject(Fixed(), {"mine": (torch.tensor([1, 2]), torch.tensor([1, 2]))})
    with torch.no_grad():
        subject.model.scale.fill_(float("nan"))
    assert exact_match_scores(subject)["value"].isna().all()
