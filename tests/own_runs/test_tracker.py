"""A tracker along a training of one's own: values of the measures, an unchanged training, a report."""

import random
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

import emergence
from emergence.measures.api import measure
from emergence.own_runs.tracker import TrackerError

X = torch.randn(60, 6, generator=torch.Generator().manual_seed(0))
DATA = {"sign": (X, (X[:, 0] > 0).long()), "level/2": (X, (X[:, 1] > X[:, 2]).long())}


def network() -> nn.Sequential:
    torch.manual_seed(1)
    return nn.Sequential(nn.Linear(6, 16), nn.BatchNorm1d(16), nn.ReLU(inplace=True), nn.Dropout(0.2), nn.Linear(16, 2))


def train(model: nn.Module, tracker: emergence.Tracker | None, steps: int = 40) -> list[float]:
    """Train on random draws of all generators; return the losses."""
    optimiser, losses = torch.optim.SGD(model.parameters(), 0.3, momentum=0.9), []
    torch.manual_seed(2), random.seed(2), np.random.seed(2)  # noqa: NPY002 - as a training may
    for step in range(steps):
        if tracker and step % 4 == 0:
            tracker.log(step)
        rows = torch.tensor(random.sample(range(60), 20)) + int(np.random.randint(1))  # noqa: NPY002
        loss = F.cross_entropy(model(X[rows]), DATA["sign"][1][rows])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    return losses


@pytest.mark.long
def test_training_is_the_same_to_the_bit() -> None:
    plain, tracked = network(), network()
    tracker = emergence.Tracker(
        tracked, DATA, measures=["rankme", "loss", "hessian"], options={"hessian": {"draws": 2}}
    )
    assert train(plain, None) == train(tracked, tracker)
    assert all(
        torch.equal(a, b) for a, b in zip(plain.state_dict().values(), tracked.state_dict().values(), strict=True)
    )
    assert tracked.training


@pytest.mark.long
def test_values_are_those_of_measure() -> None:
    model = network()
    tracker = emergence.Tracker(model, DATA)
    train(model, tracker)
    values = tracker.log(40)
    direct = measure("rankme", model, DATA)
    tracked = tracker.measures.query("step == 40 and measure == 'rankme'")
    np.testing.assert_array_equal(tracked["value"], direct["value"])
    last = direct[(direct["layer"] == direct["layer"].max()) & (direct["task"] == "sign")]
    assert values["rankme/sign"] == last["value"].iloc[0]
    assert {"score/sign", "score/level/2", "loss/level/2"} <= values.keys()


@pytest.mark.long
def test_a_report_finds_the_event(tmp_path: Path) -> None:
    model = network()
    tracker = emergence.Tracker(model, DATA, name="<mine>")
    train(model, tracker)
    text = tracker.report(tmp_path / "report")
    assert "<mine>" in text
    assert "sign" in text
    assert (tmp_path / "report/report.html").exists()
    assert tracker.scores.query("task == 'sign'")["score"].iloc[-1] > 0.5


def test_scores_of_ones_own_replace_those_of_the_probes() -> None:
    tracker = emergence.Tracker(network(), DATA, loss=lambda outputs, targets: outputs.sum(1) * targets)
    with pytest.raises(TrackerError):
        tracker.log(0)
    assert tracker.log(0, scores={"sign": 0.25})["score/sign"] == 0.25
    assert tracker.scores.to_dict("records") == [{"run": "training", "step": 0, "task": "sign", "score": 0.25}]


def test_a_step_logged_twice_is_replaced() -> None:
    tracker = emergence.Tracker(network(), DATA)
    tracker.log(3, scores={"sign": 0.1})
    tracker.log(3, scores={"sign": 0.2})
    assert tracker.scores["score"].tolist() == [0.2]


def test_nothing_logged_is_no_report(tmp_path: Path) -> None:
    with pytest.raises(TrackerError):
        emergence.Tracker(network(), DATA).report(tmp_path)
