"""Networks on multitask sparse parity: strength by its definition, data sets that stay, descent that learns."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from emergence.checkpoints.trajectory import Trajectory
from emergence.config.parity_networks import NetworkSettings, Optimiser, ParityTask, Sweep, Width
from emergence.config.training import Checkpoints
from emergence.io import tables
from emergence.models.parity_networks import BatchedMLP, TwoLayer
from emergence.schemas.parity import SWEEP
from emergence.schemas.trajectories import BEHAVIOUR
from emergence.tasks.parity import MultitaskParity
from emergence.training.learners import TrainingError
from emergence.training.parity_data import HeldOutSkills, ParityBatches
from emergence.training.parity_mlp import ParityLearner, SweepSettings, train_network, train_sweep

PARITY = ParityTask(skills=2, bits=8, relevant=2, alpha=0.6, control_skills=1)
TASK = MultitaskParity(PARITY)
CPU = torch.device("cpu")


def sweep(**changed: Any) -> Sweep:
    plain: dict[str, Any] = {"widths": [20], "seeds": [1, 2], "steps": 40, "batch": 30, "sigma": 0.3, "loss": "mse"}
    descent = Optimiser(name="adam", learning_rate=0.02)
    return Sweep(**{**plain, "every": 20, "optimiser": descent, **changed})


def solved() -> BatchedMLP:
    """A network that knows the first skill exactly, by ReLUs of the sum s of its two bits: g = 1 − 2s + 4(s − 1)₊."""
    stack = BatchedMLP(PARITY.inputs, [2], 1, CPU)
    for parameter in stack.parameters:
        parameter.zero_()
    bits = [PARITY.columns + place for place in (0, 1)]
    stack.first[0, bits, :] = 1.0
    stack.first[0, -1, 1] = -1.0
    stack.second[0] = torch.tensor([-2.0, 4.0])
    stack.offset[0] = 1.0
    return stack


def test_strength_is_one_where_a_skill_is_known_and_nought_elsewhere() -> None:
    scores = HeldOutSkills(TASK, 4000, 5).scores(solved(), 1.0, "mse")
    assert scores.strength.shape == (3, 1, 1)
    assert scores.strength[0, 0, 0] == pytest.approx(1.0, abs=1e-6)
    assert scores.loss[0, 0, 0] == pytest.approx(0.0, abs=1e-10)
    assert scores.strength[1:, 0, 0] == pytest.approx([0, 0], abs=4 / np.sqrt(4000))  # its outputs are ±1 there
    assert scores.loss[1:, 0, 0] == pytest.approx([1, 1], abs=0.07)  # ½E(1 ± 1)²
    entropy = HeldOutSkills(TASK, 4000, 5).scores(solved(), 1.0, "cross_entropy").loss[0, 0, 0]
    assert entropy == pytest.approx(np.log1p(np.exp(-1)))


def test_fresh_samples_are_fresh_and_each_seeds_own() -> None:
    source = ParityBatches(TASK, 5.0, sweep(), None)
    (first, targets), (second, _) = source(0), source(1)
    assert first.shape == (2, 30, PARITY.inputs + 1)
    assert (first[..., -1] == 1).all()
    assert set(targets.unique().tolist()) == {-5.0, 5.0}
    assert not torch.equal(first, second)
    assert not torch.equal(first[0], first[1])
    again = ParityBatches(TASK, 5.0, sweep(seeds=[2]), None)(0)[0]
    assert torch.equal(again[0], first[1])


def test_a_data_set_stays_and_larger_ones_contain_it() -> None:
    sizes = sweep(samples=[20, 90])
    small, large = ParityBatches(TASK, 1.0, sizes, 20), ParityBatches(TASK, 1.0, sizes, 90)
    whole, targets = small(0)
    assert whole.shape == (2, 20, PARITY.inputs + 1)
    assert torch.equal(small(1)[0], whole)
    seen, wanted = (torch.cat(parts, dim=1) for parts in zip(*(large(step) for step in (5, 3, 4)), strict=True))
    rows = torch.cat([seen, wanted[..., None]], dim=2)
    assert large.fixed is not None
    for seed in range(2):  # three batches of 30 go through all 90 once, in whatever order they are asked for
        kept = torch.cat([large.fixed[seed][0], large.fixed[seed][1][:, None]], dim=1)
        order = [np.lexsort(part.numpy().T) for part in (rows[seed], kept)]
        assert torch.equal(rows[seed][order[0]], kept[order[1]])
        assert torch.equal(kept[:20, :-1], whole[seed])
        assert torch.equal(kept[:20, -1], targets[seed])


def test_a_batch_that_straddles_two_rounds_has_the_end_of_one_and_the_start_of_the_next() -> None:
    sizes = sweep(samples=[50])
    straddling, whole = ParityBatches(TASK, 1.0, sizes, 50), ParityBatches(TASK, 1.0, sizes, 50)
    orders = [whole._shuffled(1, number) for number in (0, 1)]  # second seed
    assert not np.array_equal(*orders)
    expected = torch.from_numpy(np.concatenate([orders[0][30:], orders[1][:10]]))
    assert whole.fixed is not None
    assert torch.equal(straddling(1)[0][1], whole.fixed[1][0][expected])


def test_the_rate_is_halved() -> None:
    given = sweep(steps=6, optimiser=Optimiser(name="sgd", learning_rate=0.1, halve_every=2))
    stack = BatchedMLP(PARITY.inputs, [20], 2, CPU).initialise(0.3, [1, 2])
    learner, moved = ParityLearner(stack, ParityBatches(TASK, 1.0, given, None), given), []
    for step in range(6):
        before = stack.offset.clone()
        learner.step(step)
        moved.append(float(((before - stack.offset) / stack.offset.grad).mean()))
    assert moved == pytest.approx([0.1, 0.1, 0.05, 0.05, 0.025, 0.025], rel=1e-3)


def test_a_rate_that_is_too_high_ends_in_one_clear_line(tmp_path: Path) -> None:
    given = sweep(optimiser=Optimiser(name="sgd", learning_rate=1e6))
    with pytest.raises(TrainingError, match=r"sweep hot, fresh samples: .* at step \d+.*learning_rate"):
        train_sweep(settings_of(given, "hot"), tmp_path / "hot.parquet", tmp_path / "state")
    assert not (tmp_path / "hot.parquet").exists()


def settings_of(given: Sweep, name: str = "one") -> SweepSettings:
    parity = PARITY.model_copy(update={"control_skills": 0})
    return SweepSettings(name=name, parity=parity, target=2.0, sweep=given, test=500, seed=9, device="cpu")


@pytest.mark.long
def test_a_sweep_learns_and_is_the_same_twice(tmp_path: Path) -> None:
    given = sweep(steps=400, every=150, widths=[3, 30], samples=[10, 2000], batch=200)
    for name in ("one", "two"):
        train_sweep(settings_of(given), tmp_path / f"{name}.parquet", tmp_path / "state")
    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "two.parquet").read_bytes()
    rows = tables.read(SWEEP, tmp_path / "one.parquet")
    assert sorted(rows["step"].unique()) == [0, 150, 300, 400]
    assert rows.groupby(["samples", "step"]).size().unique().tolist() == [2 * 2 * 2]
    end = rows[(rows["step"] == 400) & (rows["width"] == 30)].groupby(["samples", "skill"])["strength"].mean()
    assert end[2000, 1] == pytest.approx(1.0, abs=0.1)
    assert end[10].max() < 0.7
    start = rows[rows["step"] == 0]
    assert (start.groupby(["seed", "width", "skill"])["strength"].nunique() == 1).all()  # whatever the data set


def test_a_skill_that_was_never_sampled_is_not_learned(tmp_path: Path) -> None:
    task = ParityTask(skills=2, bits=8, relevant=2, alpha=30.0)  # the second skill once in 2^31 samples
    given = sweep(steps=400, samples=[300], batch=300, seeds=[1])
    changed = settings_of(given).model_copy(update={"parity": task})
    train_sweep(changed, tmp_path / "rare.parquet", tmp_path / "state")
    end = tables.read(SWEEP, tmp_path / "rare.parquet").query("step == 400").set_index("skill")["strength"]
    assert end[1] == pytest.approx(1.0, abs=0.1)
    assert abs(end[2]) < 0.2


@pytest.fixture
def network_settings() -> NetworkSettings:
    return NetworkSettings(
        study="parity", run="mlp20-s3", size=Width(name="mlp20", width=20), seed=3, parity=PARITY, target=2.0,
        sweep=sweep(seeds=[3], every=10), test=200, sampled=20, test_seed=4, device="cpu",
        checkpoints=Checkpoints(every_step_until=0, log_until=8, per_decade=2, linear_every=16),
    )  # fmt: skip


def test_a_network_leaves_a_trajectory_whose_weights_give_its_behaviour(
    network_settings: NetworkSettings, tmp_path: Path
) -> None:
    train_network(network_settings, tmp_path, tmp_path / "state")
    run = Trajectory.open(tmp_path)
    assert run.identity | {"parameters": 0} == {
        "study": "parity", "run": "mlp20-s3", "size": "mlp20", "seed": 3, "parameters": 0,
    }  # fmt: skip
    model = TwoLayer(PARITY.inputs, 20)
    assert run.identity["parameters"] == sum(parameter.numel() for parameter in model.parameters())
    rows = tables.read(BEHAVIOUR, tmp_path / "behaviour.parquet")
    assert sorted(rows.query("metric == 'strength'")["step"].unique()) == run.steps
    assert sorted(rows.query("metric == 'true_strength'")["step"].unique()) == sorted({*run.steps, 10, 20, 30})
    model.load_state_dict(run.weights(40))
    test = HeldOutSkills(TASK, 200, 4)
    last = rows[rows["step"] == 40].set_index(["task", "metric"])["value"]
    with torch.no_grad():
        outputs = (model(test.inputs[2][0, :, :-1]) * test.answers[2][:, 0]).numpy()
    assert last["CTL", "true_strength"] == pytest.approx(outputs.mean() / 2, abs=1e-5)
    assert last["CTL", "strength"] == pytest.approx(outputs[:20].mean() / 2, abs=1e-5)
    assert last["CTL", "exact_match"] == (outputs[:20] > 0).mean()
    assert last["CTL", "loss"] == pytest.approx(((2 - outputs) ** 2).mean() / 2, rel=1e-4)
