"""Any module as a subject: gradients by automatic differentiation, hooks against a pass by hand, and bad input."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from synthetic.tiny_modules import Tokens, generator, images, sequences
from torch import Tensor, nn
from torch.nn import functional as F
from transformers.modeling_outputs import BaseModelOutput

from emergence.measures.fisher import scores
from emergence.subjects import module_gradients
from emergence.subjects.examples import IGNORED, NamedGroup
from emergence.subjects.subject import MeasureError, NotFiniteError
from emergence.subjects.torch_module import ModuleSubject

MINE = NamedGroup("mine")
X, Y = torch.randn(6, 4, generator=generator()), torch.arange(6) % 3


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


def one_by_one(model: nn.Module, inputs: Tensor, loss: Callable[[Any, int], Tensor]) -> Tensor:
    """Gradient of each sample's loss by plain backward passes: (samples, parameters)."""
    rows = []
    for sample in range(len(inputs)):
        gradient = torch.autograd.grad(loss(model(inputs[sample : sample + 1]), sample), list(model.parameters()))
        rows.append(torch.cat([part.flatten() for part in gradient]))
    return torch.stack(rows)


def close(gram: Tensor, rows: Tensor) -> None:
    torch.testing.assert_close(gram, rows @ rows.T, rtol=1e-9, atol=1e-12)


def test_samples_go_one_by_one_only_where_they_must(monkeypatch: pytest.MonkeyPatch) -> None:
    inputs, cotangents = sequences()[0], torch.randn(9, 5, 7)
    monkeypatch.setattr(torch, "stack", None)  # what the loop ends with
    assert module_gradients.module_gradients(Tokens(), inputs, cotangents)
    with pytest.raises(TypeError, match="not callable"):
        module_gradients.module_gradients(Tokens(branches=True), inputs, cotangents)


@pytest.mark.parametrize("branches", [False, True], ids=["vmap", "loop"])
@pytest.mark.parametrize("held", [1, 3 * 8 * 2 * 400, 2**28], ids=["one", "some", "all"])
def test_grams_of_a_sequence_model_are_exact(branches: bool, held: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module_gradients, "CHUNK_BYTES", held)
    model, (inputs, targets) = Tokens(branches).double(), sequences()
    grams = ModuleSubject(model, {"mine": (inputs, targets)}).grams(MINE, 8, 50)
    mean = one_by_one(model, inputs[:8], lambda out, i: F.cross_entropy(out.logits[0], targets[i]))
    close(grams.full, mean)
    close(grams.leading, mean[:, :50])


def test_grams_of_images_are_exact() -> None:
    model, x, y = images()
    grams = ModuleSubject(model.double(), {"mine": (x.double(), y)}).grams(MINE, 9, 10**6)
    rows = one_by_one(model, x.double(), lambda out, i: F.cross_entropy(out[0], y[i]))
    close(grams.full, rows)
    close(grams.leading, rows)


def test_grams_of_a_function_with_its_own_backward_are_exact() -> None:
    class Rounded(torch.autograd.Function):
        """Straight through, in the form without ``setup_context``, which torch.func refuses."""

        @staticmethod
        def forward(ctx: Any, x: Tensor) -> Tensor:  # noqa: ARG004
            return x.round()

        @staticmethod
        def backward(ctx: Any, gradient: Tensor) -> Tensor:  # noqa: ARG004
            return gradient

    class Quantised(nn.Linear):
        def forward(self, x: Tensor) -> Tensor:
            return super().forward(Rounded.apply(x))

    model, x, y = nn.Sequential(nn.Linear(4, 5), Quantised(5, 3)).double(), 5 * X.double(), Y
    grams = ModuleSubject(model, {"mine": (x, y)}).grams(MINE, 6, 10**6)
    close(grams.full, one_by_one(model, x, lambda out, i: F.cross_entropy(out[0], y[i])))
    assert all(parameter.grad is None for parameter in model.parameters())


def test_chunks_hold_no_more_than_they_should(monkeypatch: pytest.MonkeyPatch) -> None:
    model, x, y = images()
    size = sum(parameter.numel() * parameter.element_size() for parameter in model.parameters())
    monkeypatch.setattr(module_gradients, "factored_weights", lambda *given: (set(), size))  # noqa: ARG005
    monkeypatch.setattr(module_gradients, "CHUNK_BYTES", 5 * size)
    most: list[int] = []
    real = module_gradients.module_gradients

    def counted(*given: Any) -> dict[str, Tensor]:
        chunk = real(*given)
        most.append(sum(part.numel() * part.element_size() for part in chunk.values()))
        return chunk

    monkeypatch.setattr(module_gradients, "module_gradients", counted)
    ModuleSubject(model, {"mine": (x, y)}).grams(MINE, 9, 1)
    assert 2 * max(most) <= 5 * size
    assert len(most) == 5 * 6 // 2  # five chunks of two samples (the last of one): every pair once


def test_scores_are_of_drawn_answers_and_of_tokens_only() -> None:
    model, (inputs, targets) = Tokens().double(), sequences()
    grams = ModuleSubject(model, {"mine": (inputs, targets)}).grams(MINE, 9, 50, scores(generator()))
    chances = model(inputs).logits.detach().softmax(dim=-1)
    drawn = torch.multinomial(chances.flatten(0, 1), 1, generator=generator()).view(targets.shape)
    drawn[targets == IGNORED] = IGNORED
    rows = one_by_one(model, inputs, lambda out, i: F.cross_entropy(out.logits[0], drawn[i], reduction="sum"))
    close(grams.full, rows)


def test_a_loss_of_your_own_is_differentiated() -> None:
    model, x, _ = images()
    model, x, y = model.double(), x.double(), torch.randn(9, 3).double()
    subject = ModuleSubject(model, {"mine": (x, y)}, loss=lambda out, target: ((out - target) ** 2).mean(dim=1))
    close(subject.grams(MINE, 9, 5).full, one_by_one(model, x, lambda out, i: ((out[0] - y[i]) ** 2).mean()))
    with pytest.raises(MeasureError, match=r"mine: .*logits"):
        subject.grams(MINE, 9, 5, scores(generator()))


def test_losses_are_those_of_the_tokens_group_by_group() -> None:
    model, (inputs, targets) = Tokens(), sequences()
    subject = ModuleSubject(model, {"mine": (inputs, targets), "few/2": (inputs[:3], targets[:3])})
    mine, few = subject.losses(subject.groups)
    assert [len(mine), len(few)] == [int((targets != IGNORED).sum()), int((targets[:3] != IGNORED).sum())]
    expected = F.cross_entropy(model(inputs).logits.flatten(0, 1), targets.flatten())
    torch.testing.assert_close(mine.mean(), expected)
    torch.testing.assert_close(subject.losses([MINE], 3)[0], few)
    assert few.requires_grad


def test_batches_are_drawn_once_and_differ() -> None:
    model, x, y = images()
    subject = ModuleSubject(model, {"mine": (x, y)})
    batches, again = (subject.batches([MINE], 3, 4, seed=1) for _ in range(2))
    for batch, same in zip(batches, again, strict=True):
        assert torch.equal(batch()[0], same()[0])
        assert len(set(batch()[0].tolist())) == 4, "no example twice in a batch"
    assert not torch.equal(batches[0]()[0], batches[1]()[0])
    with pytest.raises(MeasureError, match=r"^mine: .*\b10\b.*\b9\b"):
        subject.batches([MINE], 1, 10, seed=1)


def test_prompts_are_equal_inputs() -> None:
    x, y = torch.tensor([[1.0, 2.0], [3.0, 4.0], [1.0, 2.0]]), torch.tensor([0, 1, 1])
    labels = ModuleSubject(nn.Linear(2, 2), {"mine": (x, y)}).labels(MINE)
    assert labels is not None
    assert labels.answers.tolist() == [[0], [1], [1]]
    assert labels.prompts[0] == labels.prompts[2] != labels.prompts[1]


# Bad input --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({}, "no groups"),
        ({"mine": (X, Y[:5])}, r"^mine: .*\(6, 4\) and \(5,\)"),
        ({"mine": (X[:0], Y[:0])}, r"^mine: .*\(0, 4\) and \(0,\)"),
        ({"mine": (X, Y.float())}, r"^mine: targets .*torch\.float32"),
    ],
    ids=["none", "lengths", "empty", "floats"],
)
def test_ill_formed_groups_are_named(data: dict[str, Any], message: str) -> None:
    with pytest.raises(MeasureError, match=message):
        ModuleSubject(nn.Linear(4, 3), data)


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        (Y + 1, r"^mine: targets .*\b1 to 3\b"),
        (Y - 1, r"^mine: targets .* -1 to 1\b"),
        (Y[:, None], r"^mine: .*\(6, 3\).*targets \(6, 1\)"),
    ],
    ids=["high", "low", "shape"],
)
def test_targets_that_do_not_fit_the_logits_are_named(targets: Tensor, message: str) -> None:
    with pytest.raises(MeasureError, match=message):
        ModuleSubject(nn.Linear(4, 3), {"mine": (X, targets)}).losses([MINE])


def test_a_model_without_shapes_is_refused() -> None:
    with pytest.raises(MeasureError, match=r"layers.*shape"):
        ModuleSubject(nn.LazyLinear(3), {"mine": (X, Y)})


def test_a_model_without_parameters_is_refused() -> None:
    with pytest.raises(MeasureError, match="parameter"):
        ModuleSubject(nn.ReLU(), {"mine": (X, Y)})


def test_values_that_are_not_finite_are_blamed_on_inputs_only_where_inputs_are_not() -> None:
    model = nn.Sequential(nn.Linear(4, 3), nn.Linear(3, 3))
    with torch.no_grad():
        model[1].weight.fill_(1e38)
    overflowing, damaged = X.clone(), X.clone()
    overflowing[2] *= 1e5
    damaged[3, 1] = torch.nan
    subject = ModuleSubject(model, {"mine": (overflowing, Y)})
    with pytest.raises(NotFiniteError, match=r"^mine: .*representation"):
        list(subject.representations())
    with pytest.raises(NotFiniteError, match="gradient"):
        subject.grams(MINE, 6, 1)
    of_inputs = ModuleSubject(nn.Linear(4, 3), {"mine": (damaged, Y)})
    of_targets = ModuleSubject(nn.Linear(4, 4), {"mine": (X, damaged)}, loss=squared)
    for subject, part, attempts in (
        (of_inputs, "inputs", [*ATTEMPTS.values()]),
        (of_targets, "targets", [ATTEMPTS["losses"], ATTEMPTS["batches"], ATTEMPTS["grams"]]),
    ):
        for attempt in attempts:
            with pytest.raises(MeasureError, match=rf"^mine: {part} .*finite.*\b1\b.*\b3\b"):
                attempt(subject)


ATTEMPTS: dict[str, Callable[[ModuleSubject], Any]] = {
    "representations": lambda subject: list(subject.representations()),
    "losses": lambda subject: subject.losses([MINE]),
    "batches": lambda subject: subject.batches([MINE], 1, 6, seed=0)[0](),
    "grams": lambda subject: subject.grams(MINE, 6, 1),
    "scores": lambda subject: subject.grams(MINE, 6, 1, scores(generator())),
}


@pytest.mark.parametrize("attempt", ATTEMPTS)
@pytest.mark.parametrize(
    ("inputs", "kind"),
    [(X[:, :3], r"float32 and shape \(3,\)"), ((X * 9).abs().to(torch.uint8), r"uint8 and shape \(4,\)")],
    ids=["width", "bytes"],
)
def test_inputs_that_the_model_does_not_take_are_named(inputs: Tensor, kind: str, attempt: str) -> None:
    with pytest.raises(MeasureError, match=f"^mine: .*inputs.*{kind}"):
        ATTEMPTS[attempt](ModuleSubject(nn.Linear(4, 3), {"mine": (inputs, Y)}))


@pytest.mark.parametrize("kind", [torch.float64, torch.float16, torch.bfloat16])
def test_floats_are_cast_to_the_type_of_the_model(kind: torch.dtype) -> None:
    model, rounded = nn.Linear(4, 3), X.to(kind)
    (losses,) = ModuleSubject(model, {"mine": (rounded, Y)}).losses([MINE])
    assert torch.equal(losses, F.cross_entropy(model(rounded.float()), Y, reduction="none"))
    own = ModuleSubject(model, {"mine": (rounded, torch.zeros(6, 3).to(kind))}, loss=squared)
    assert own.grams(MINE, 6, 1).full.isfinite().all()


@pytest.mark.parametrize("kind", [torch.int16, torch.int32, torch.uint16])
def test_integers_of_any_width_are_tokens(kind: torch.dtype) -> None:
    tokens = torch.arange(6) % 3
    (losses,) = ModuleSubject(nn.Embedding(3, 3), {"mine": (tokens.to(kind), tokens.to(kind))}).losses([MINE])
    assert losses.shape == (6,)


def squared(outputs: Tensor, targets: Tensor) -> Tensor:
    return ((outputs - targets) ** 2).mean(dim=1)


class Wraps(nn.Linear):
    """A layer whose output is held in something."""

    def __init__(self, wrap: Callable[[Tensor], Any]) -> None:
        super().__init__(4, 3)
        self.wrap = wrap

    def forward(self, x: Tensor) -> Any:
        return self.wrap(super().forward(x))


@pytest.mark.parametrize(
    "wrap",
    [
        lambda x: (x, None),
        lambda x: [x],
        lambda x: {"aux": x + 1, "logits": x},
        lambda x: {"out": x},
        lambda x: BaseModelOutput(last_hidden_state=x),
        lambda x: SimpleNamespace(logits=x),
    ],
    ids=["tuple", "list", "logits", "mapping", "transformers", "object"],
)
def test_outputs_are_unpacked(wrap: Callable[[Tensor], Any]) -> None:
    model = Wraps(wrap)
    subject = ModuleSubject(model, {"mine": (X, Y)})
    expected = F.cross_entropy(F.linear(X, model.weight, model.bias), Y, reduction="none")
    assert torch.equal(subject.losses([MINE])[0], expected)
    assert next(subject.representations()).values.shape == (1, 6, 3)
    assert subject.grams(MINE, 6, 1).full.shape == (6, 6)


@pytest.mark.parametrize(
    ("wrap", "message"),
    [
        (str, r"^mine: .*\bstr\b"),
        (lambda x: x.argmax(dim=1), r"^mine: .*\btorch\.int64\b"),
        (torch.Tensor.detach, "^mine: .*gradient"),
    ],
    ids=["text", "integers", "constants"],
)
def test_outputs_without_gradients_are_named(wrap: Callable[[Tensor], Any], message: str) -> None:
    subject = ModuleSubject(Wraps(wrap), {"mine": (X, Y)})
    for attempt in (lambda: subject.losses([MINE]), lambda: subject.grams(MINE, 6, 1)):
        with pytest.raises(MeasureError, match=message):
            attempt()


def test_losses_without_one_value_an_example_are_named() -> None:
    for loss, message in (
        (F.mse_loss, r"^mine: .*loss.*\(\).*\b6\b"),
        (lambda out, target: 3, r"^mine: .*loss.*\bint\b"),  # noqa: ARG005
        (nn.MSELoss, "^mine: .*loss.*targets"),
    ):
        with pytest.raises(MeasureError, match=message):
            ModuleSubject(nn.Linear(4, 4), {"mine": (X, X)}, loss=loss).losses([MINE])


def test_gradients_need_weights_of_one_precise_type() -> None:
    mixed = nn.Sequential(nn.Linear(4, 4).double(), nn.Linear(4, 3))
    for model in (nn.Linear(4, 3).bfloat16(), nn.Linear(4, 3).half(), mixed):
        subject = ModuleSubject(model, {"mine": (X, Y)})
        for attempt in (
            lambda subject: subject.losses([MINE]),
            lambda subject: subject.batches([MINE], 1, 2, 0),
            lambda subject: subject.grams(MINE, 6, 1),
        ):
            with pytest.raises(MeasureError, match=r"float32.*model\.float\(\)"):
                attempt(subject)
    with torch.no_grad():
        (losses,) = ModuleSubject(nn.Linear(4, 3).bfloat16(), {"mine": (X, Y)}).losses([MINE])
    assert losses.isfinite().all()


# Examples without targets ------------------------------------------------------------------------------------------


def test_a_group_without_targets_is_refused_for_every_measure() -> None:
    with pytest.raises(MeasureError, match=r"^none: .*-100"):
        ModuleSubject(nn.Linear(4, 3), {"mine": (X, Y), "none": (X, torch.full((6,), IGNORED))})


def test_examples_without_targets_are_in_no_batch_and_no_gradient() -> None:
    model, targets = nn.Linear(4, 3).double(), Y.clone()
    targets[:4] = IGNORED
    subject = ModuleSubject(model, {"mine": (X, targets)})
    assert all(len(batch()[0]) == 2 for batch in subject.batches([MINE], 5, 2, seed=0))
    with pytest.raises(MeasureError, match=r"^mine: .*\b3\b.*\b2\b"):
        subject.batches([MINE], 1, 3, seed=0)
    close(
        subject.grams(MINE, 6, 1).full,
        one_by_one(model, X[4:].double(), lambda out, i: F.cross_entropy(out[0], Y[4 + i])),
    )
    with pytest.raises(MeasureError, match=r"^mine: .*\b4\b.*target"):
        subject.losses([MINE], 4)
    with pytest.raises(MeasureError, match=r"^mine: .*\b1 sample"):
        subject.grams(MINE, 5, 1)


def test_losses_without_gradients_are_taken_a_few_examples_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("emergence.subjects.torch_module.ROWS", 4)
    model, (inputs, targets) = Tokens(), sequences()
    seen: list[int] = []
    model.register_forward_hook(lambda module, given, output: seen.append(len(given[0])))  # noqa: ARG005
    subject = ModuleSubject(model, {"mine": (inputs, targets)})
    whole = subject.losses([MINE])[0]
    with torch.no_grad():
        torch.testing.assert_close(subject.losses([MINE])[0], whole.detach())
    assert seen == [9, 4, 4, 1]


def test_examples_are_not_overwritten() -> None:
    model, x = nn.Sequential(nn.ReLU(inplace=True), nn.Linear(4, 3)), X.clone()
    subject = ModuleSubject(model, {"mine": (x, Y)})
    for attempt in ATTEMPTS.values():
        attempt(subject)
    assert torch.equal(x, X)
