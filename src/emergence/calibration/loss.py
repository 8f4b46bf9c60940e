"""Loss of uniform and of fixed predictions, for answers with known shares."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from emergence.config.calibration import CalibrationSettings
from emergence.config.measures import TaskLoss
from emergence.measures.checks import Check
from emergence.measures.loss import measure
from emergence.models.transformer import Transformer
from emergence.subjects.task_transformer import TaskProbe, TaskSubject
from emergence.subjects.torch_module import ModuleSubject
from emergence.tasks import TaskLevel, data, vocabulary

ROUNDING = 1e-6  # of float32 logits
SHARES = (0.5, 0.25, 0.125, 0.125)  # of the answers
UNIFORM = (0.25, 0.25, 0.25, 0.25)
EXAMPLES = 64


def checks(settings: CalibrationSettings) -> Iterator[Check]:
    """Loss in nats and share of the answer known, of a transformer and of a generic module."""
    weightless = Transformer(1, 4, 2, vocabulary.SIZE, 12)
    nn.init.zeros_(weightless.token.weight)
    drawn = data.draw((TaskLevel("ADD", "1"),), EXAMPLES, settings.calibration.seed)
    by_variant = _values(measure(TaskSubject(weightless, TaskProbe(drawn)), np.random.default_rng(0), TaskLoss()))
    size = f"vocabulary of {vocabulary.SIZE}"
    yield _check("loss", "uniform predictions: ln V", size, float(np.log(vocabulary.SIZE)), by_variant["nats"])
    shares, baseline = "answer shares ½, ¼, ⅛, ⅛", entropy(SHARES)
    uniform, best = _values_of(UNIFORM), _values_of(SHARES)
    yield _check("loss", "uniform predictions: ln V", "4 classes", float(np.log(4)), uniform["nats"])
    yield _check("loss", "best blind guess: entropy of the answers", shares, baseline, best["nats"])
    yield _check("loss, share known", "best blind guess: nothing known", shares, 0.0, best["known"])
    exact = 1 - float(np.log(4)) / baseline
    yield _check("loss, share known", "uniform predictions: 1 − ln V / entropy", shares, exact, uniform["known"])


def entropy(shares: tuple[float, ...]) -> float:
    """Entropy of a distribution, nats."""
    return float(-sum(share * np.log(share) for share in shares))


def _values_of(predicted: tuple[float, ...]) -> dict[str, float]:
    """Loss of a module with the same prediction for every input, on answers with `SHARES`."""
    model = nn.Linear(1, len(SHARES))
    with torch.no_grad():
        model.weight.zero_()
        model.bias.copy_(torch.tensor(predicted).log())
    counts = torch.tensor([round(EXAMPLES * share) for share in SHARES])
    answers: Tensor = torch.arange(len(SHARES)).repeat_interleave(counts)
    subject = ModuleSubject(model, {"planted": (torch.arange(EXAMPLES)[:, None].float(), answers)})
    return _values(measure(subject, np.random.default_rng(0), TaskLoss()))


def _values(rows: list[dict[str, Any]]) -> dict[str, float]:
    return {str(row["variant"]): row["value"] for row in rows}


def _check(estimator: str, oracle: str, parameters: str, exact: float, estimate: float) -> Check:
    return Check(estimator, oracle, parameters, exact, estimate, ROUNDING, "rounding of float32")
