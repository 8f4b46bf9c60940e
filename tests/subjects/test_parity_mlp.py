"""Networks on multitask sparse parity as a subject: groups, the training loss, fresh batches, representations."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch

from emergence.checkpoints.trajectory import Trajectory
from emergence.config.measures import GradientRank, Hessian, LocalLearning, RankMe
from emergence.config.parity_networks import NetworkSettings, Optimiser, ParityTask, Sweep, Width
from emergence.config.training import Checkpoints
from emergence.io import tensors
from emergence.io.tensors import TensorsError
from emergence.measures import gradient_covariance, hessian, llc, rankme
from emergence.models.parity_networks import TwoLayer
from emergence.subjects import parity_mlp
from emergence.subjects.parity_mlp import ParitySubject, half_square
from emergence.subjects.subject import mean_loss
from emergence.subjects.torch_module import NamedGroup
from emergence.tasks import parity
from emergence.tasks.parity import MultitaskParity, ProbeSettings

HESSIAN = Hessian(samples=8, tolerance=0.1, products=5, draws=2, every=1)
PARITY = ParityTask(skills=3, bits=12, relevant=2, alpha=0.6, control_skills=1)


@pytest.fixture
def subject() -> ParitySubject:
    torch.manual_seed(0)
    task, rng = MultitaskParity(PARITY), np.random.default_rng(0)
    probes = {}
    for skill, name in enumerate(("PARITY/1", "PARITY/2", "PARITY/3", "CTL/4")):
        samples = task.draw_skill(rng, skill, 24)
        probes[name] = (task.inputs(samples), 5 * task.answers(samples))
    return ParitySubject(TwoLayer(PARITY.inputs, 16), PARITY, 5.0, probes)


@pytest.fixture
def run() -> Trajectory:
    """Of a network, of which nothing but the settings is needed here."""
    descent = Optimiser(name="adam", learning_rate=0.02)
    settings = NetworkSettings(
        study="parity", run="mlp20-s3", size=Width(name="mlp20", width=20), seed=3, parity=PARITY, target=2.0,
        sweep=Sweep(widths=[20], seeds=[3], steps=40, batch=30, sigma=0.3, loss="mse", every=10, optimiser=descent),
        test=200, sampled=20, test_seed=4, device="cpu",
        checkpoints=Checkpoints(every_step_until=0, log_until=8, per_decade=2, linear_every=16),
    )  # fmt: skip
    return Trajectory(Path(), {"settings": settings.model_dump(mode="json"), "checkpoints": []})


def test_probes_are_those_of_the_file_and_damaged_ones_are_refused(run: Trajectory, tmp_path: Path) -> None:
    path = tmp_path / "probes.safetensors"
    parity.draw_probes(
        ProbeSettings(parity=PARITY, target=5.0, examples=30, seed=3), path, tmp_path / "baselines.parquet"
    )
    subject = parity_mlp.open_subject(run, path, "cpu").subject
    arrays, _ = tensors.read(path)
    inputs, targets = subject.examples[NamedGroup("CTL", "4")]
    np.testing.assert_array_equal(inputs, arrays["CTL/4.inputs"])
    np.testing.assert_array_equal(targets, arrays["CTL/4.targets"])
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(TensorsError, match=r"probes\.safetensors: .*changed"):
        parity_mlp.open_subject(run, path, "cpu")


def test_the_mixture_is_the_training_loss(subject: ParitySubject) -> None:
    parts = [torch.tensor([1.0, 3.0]), torch.tensor([4.0]), torch.tensor([8.0]), torch.tensor([1e9])]
    frequencies = MultitaskParity(PARITY).skills.frequencies
    expected = float(frequencies @ [2, 4, 8])  # and nothing of the control
    assert subject.mixture(subject.groups, parts).item() == pytest.approx(expected, rel=1e-6)
    control = subject.groups[-1]
    assert mean_loss(subject, [control], [parts[-1]]).item() == pytest.approx(1e9)


def test_losses_are_half_squares_of_the_probes(subject: ParitySubject) -> None:
    (losses,) = subject.losses([NamedGroup("PARITY", "2")])
    inputs, targets = subject.examples[NamedGroup("PARITY", "2")]
    assert torch.allclose(losses, half_square(subject.model(inputs), targets))
    assert torch.allclose(losses, (subject.model(inputs) - targets) ** 2 / 2)


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
    inputs, _ = subject.examples[NamedGroup("PARITY", "1")]
    hidden = torch.relu(inputs @ subject.model.hidden.weight.T + subject.model.hidden.bias).double().detach()
    sigma = torch.linalg.svdvals(hidden - hidden.mean(dim=0)).numpy()
    p = sigma / sigma.sum() + 1e-7
    (rank,) = [row["value"] for row in rows if row["variant"] == "answer/centred/sigma" and row["level"] == "1"]
    assert rank == pytest.approx(np.exp(-(p * np.log(p)).sum()), rel=1e-4)


def test_the_hessian_of_the_mixture_is_the_weighted_sum_of_those_of_the_skills(subject: ParitySubject) -> None:
    parameters = list(subject.model.parameters())
    vector = torch.randn(sum(parameter.numel() for parameter in parameters), generator=torch.Generator().manual_seed(0))

    def product(groups: Sequence[NamedGroup]) -> torch.Tensor:
        return hessian.hessian(mean_loss(subject, groups, subject.losses(groups)), parameters)(vector)

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
