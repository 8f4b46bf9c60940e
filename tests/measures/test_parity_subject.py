"""Networks on multitask sparse parity as a subject: groups, the training loss, fresh batches, representations."""

from collections.abc import Sequence

import numpy as np
import pytest
import torch

from emergence.measures import gradient_covariance, hessian, llc, rankme
from emergence.measures.module_subject import Named
from emergence.measures.parity_subject import ParitySubject, half_square
from emergence.measures.subject import together
from emergence.models.mlp import TwoLayer
from emergence.settings.measures import GradientRank, Hessian, LocalLearning, RankMe
from emergence.settings.parity import Parity
from emergence.tasks.parity import MultitaskParity

HESSIAN = Hessian(samples=8, tolerance=0.1, products=5, draws=2, every=1)
PARITY = Parity(skills=3, bits=12, relevant=2, alpha=0.6, untaught=1)


@pytest.fixture
def subject() -> ParitySubject:
    torch.manual_seed(0)
    task, rng = MultitaskParity(PARITY), np.random.default_rng(0)
    probes = {}
    for skill, name in enumerate(("PARITY/1", "PARITY/2", "PARITY/3", "CTL/4")):
        samples = task.of_skill(rng, skill, 24)
        probes[name] = (task.inputs(samples), 5 * task.answers(samples))
    return ParitySubject(TwoLayer(PARITY.inputs, 16), PARITY, 5.0, probes)


def test_the_mixture_is_the_training_loss(subject: ParitySubject) -> None:
    parts = [torch.tensor([1.0, 3.0]), torch.tensor([4.0]), torch.tensor([8.0]), torch.tensor([1e9])]
    frequencies = MultitaskParity(PARITY).skills.frequencies
    expected = float(frequencies @ [2, 4, 8])  # and nothing of the control
    assert subject.mixture(subject.groups, parts).item() == pytest.approx(expected, rel=1e-6)
    control = subject.groups[-1]
    assert together(subject, [control], [parts[-1]]).item() == pytest.approx(1e9)


def test_losses_are_half_squares_of_the_probes(subject: ParitySubject) -> None:
    (found,) = subject.losses([Named("PARITY", "2")])
    inputs, targets = subject.examples[Named("PARITY", "2")]
    assert torch.allclose(found, half_square(subject.model(inputs), targets))
    assert torch.allclose(found, (subject.model(inputs) - targets) ** 2 / 2)


def test_batches_are_fresh_equal_shares_of_every_skill(subject: ParitySubject) -> None:
    first, second = subject.batches(subject.groups, 2, 6, seed=1)
    parts = first()
    assert [len(part) for part in parts] == [6] * 4
    assert not torch.allclose(torch.cat(parts), torch.cat(second()))
    again = subject.batches(subject.groups, 2, 6, seed=1)[0]()
    assert torch.equal(torch.cat(parts), torch.cat(again))
    with torch.no_grad():  # the model as it is when a batch is asked for
        subject.model.readout.bias += 100
    assert (torch.cat(first()) > torch.cat(parts) + 100).all()


def test_rankme_looks_at_the_hidden_layer(subject: ParitySubject) -> None:
    rows = rankme.measure(subject, np.random.default_rng(0), RankMe(epsilon=1e-7))
    assert {(row["task"], row["level"]) for row in rows} == {(g.task, g.level) for g in subject.groups}
    assert {row["layer"] for row in rows} == {1}
    assert "answer/centred/sigma" in {row["variant"] for row in rows}
    inputs, _ = subject.examples[Named("PARITY", "1")]
    hidden = torch.relu(inputs @ subject.model.hidden.weight.T + subject.model.hidden.bias).double().detach()
    sigma = torch.linalg.svdvals(hidden - hidden.mean(dim=0)).numpy()
    p = sigma / sigma.sum() + 1e-7
    (found,) = [row["value"] for row in rows if row["variant"] == "answer/centred/sigma" and row["level"] == "1"]
    assert found == pytest.approx(np.exp(-(p * np.log(p)).sum()), rel=1e-4)


def test_the_hessian_of_the_mixture_is_the_weighted_sum_of_those_of_the_skills(subject: ParitySubject) -> None:
    parameters = list(subject.model.parameters())
    vector = torch.randn(sum(parameter.numel() for parameter in parameters), generator=torch.Generator().manual_seed(0))

    def product(groups: Sequence[Named]) -> torch.Tensor:
        return hessian.hessian(together(subject, groups, subject.losses(groups)), parameters)(vector)

    frequencies = MultitaskParity(PARITY).skills.frequencies
    parts = [weight * product([group]) for weight, group in zip(frequencies, subject.groups, strict=False)]
    torch.testing.assert_close(product(subject.groups), sum(parts).float(), rtol=1e-3, atol=1e-5)
    rows = hessian.measure(subject, np.random.default_rng(0), HESSIAN)
    assert {(row["task"], row["level"]) for row in rows} == {(None, None), *((g.task, g.level) for g in subject.groups)}


def test_gradient_ranks_and_langevin_chains_run_on_every_skill(subject: ParitySubject) -> None:
    ranks = gradient_covariance.measure(subject, np.random.default_rng(0), GradientRank(samples=8, leading=50, every=1))
    assert all(1 <= row["value"] <= 8 for row in ranks)
    settings = LocalLearning(
        chains=2, burn_in=2, draws=5, pool=3, examples=4, step_size=1e-7, n_beta=10.0, localisation=1.0, own=False,
        seed=1, every=1,
    )  # fmt: skip
    rows = llc.measure(subject, np.random.default_rng(0), settings)
    assert {(row["task"], row["level"]) for row in rows} == {(None, None), *((g.task, g.level) for g in subject.groups)}
    assert all(np.isfinite(row["value"]) for row in rows)
