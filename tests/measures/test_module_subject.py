"""Any module as a subject: gradients by automatic differentiation, hooks against a pass by hand, and bad input."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from emergence.measures import module_gradients
from emergence.measures.fisher import scores
from emergence.measures.module_layers import blocks, states
from emergence.measures.module_subject import IGNORED, ModuleSubject, Named
from emergence.measures.subject import MeasureError
from emergence.models.transformer import Transformer

MINE = Named("mine")


class Mix(nn.Module):
    """Each token and the mean of those up to it; gives a tuple, as blocks that keep a cache do."""

    def __init__(self) -> None:
        super().__init__()
        self.read, self.write = nn.Linear(10, 6), nn.Linear(6, 5)

    def forward(self, x: Tensor) -> tuple[Tensor, None]:
        before = x.cumsum(dim=1) / torch.arange(1, x.shape[1] + 1)[:, None]
        return x + self.write(torch.tanh(self.read(torch.cat([x, before], dim=-1)))), None


class Tokens(nn.Module):
    """A tiny model of sequences with tied weights; its blocks give tuples, its forward an object with logits."""

    def __init__(self, branches: bool = False) -> None:
        super().__init__()
        self.embed = nn.Embedding(7, 5)
        self.blocks = nn.ModuleList(Mix() for _ in range(2))
        self.head = nn.Linear(5, 7, bias=False)
        self.head.weight = self.embed.weight
        self.branches = branches

    def forward(self, tokens: Tensor) -> Any:
        x = self.embed(tokens)
        if self.branches and bool((tokens >= 0).all()):  # as masks are looked at in many models
            x = 2 * x
        for block in self.blocks:
            x, _ = block(x)
        return type("Output", (), {"logits": self.head(x)})()


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def sequences() -> tuple[Tensor, Tensor]:
    tokens = torch.randint(0, 7, (9, 6), generator=generator())
    targets = tokens[:, 1:].clone()
    targets[::2, :3] = IGNORED
    return tokens[:, :-1], targets


def images() -> tuple[nn.Module, Tensor, Tensor]:
    model = nn.Sequential(nn.Conv2d(2, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(16, 3))
    return model, torch.randn(9, 2, 4, 4, generator=generator()), torch.arange(9) % 3


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


def one_by_one(model: nn.Module, inputs: Tensor, loss: Callable[[Any, int], Tensor]) -> Tensor:
    """Gradient of each sample's loss by plain backward passes: (samples, parameters)."""
    rows = []
    for sample in range(len(inputs)):
        found = torch.autograd.grad(loss(model(inputs[sample : sample + 1]), sample), list(model.parameters()))
        rows.append(torch.cat([part.flatten() for part in found]))
    return torch.stack(rows)


def close(found: Tensor, rows: Tensor) -> None:
    torch.testing.assert_close(found, rows @ rows.T, rtol=1e-9, atol=1e-12)


def test_samples_go_one_by_one_only_where_they_must(monkeypatch: pytest.MonkeyPatch) -> None:
    inputs, cotangents = sequences()[0], torch.randn(9, 5, 7)
    monkeypatch.setattr(torch, "stack", None)  # what the loop ends with
    assert module_gradients.per_sample_gradients(Tokens(), inputs, cotangents)
    with pytest.raises(TypeError, match="not callable"):
        module_gradients.per_sample_gradients(Tokens(branches=True), inputs, cotangents)


@pytest.mark.parametrize("branches", [False, True], ids=["vmap", "loop"])
@pytest.mark.parametrize("held", [1, 3 * 8 * 2 * 400, 2**28], ids=["one", "some", "all"])
def test_grams_of_a_sequence_model_are_exact(branches: bool, held: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module_gradients, "HELD", held)
    model, (inputs, targets) = Tokens(branches).double(), sequences()
    found = ModuleSubject(model, {"mine": (inputs, targets)}).grams(MINE, 8, 50)
    mean = one_by_one(model, inputs[:8], lambda out, i: F.cross_entropy(out.logits[0], targets[i]))
    close(found.whole, mean)
    close(found.leading, mean[:, :50])


def test_grams_of_images_are_exact() -> None:
    model, x, y = images()
    found = ModuleSubject(model.double(), {"mine": (x.double(), y)}).grams(MINE, 9, 10**6)
    rows = one_by_one(model, x.double(), lambda out, i: F.cross_entropy(out[0], y[i]))
    close(found.whole, rows)
    close(found.leading, rows)


def test_chunks_hold_no_more_than_they_should(monkeypatch: pytest.MonkeyPatch) -> None:
    model, x, y = images()
    size = sum(parameter.numel() * parameter.element_size() for parameter in model.parameters())
    monkeypatch.setattr(module_gradients, "HELD", 5 * size)
    most: list[int] = []
    real = module_gradients.per_sample_gradients

    def counted(model: nn.Module, inputs: Tensor, cotangents: Tensor) -> list[Tensor]:
        found = real(model, inputs, cotangents)
        most.append(sum(part.numel() * part.element_size() for part in found))
        return found

    monkeypatch.setattr(module_gradients, "per_sample_gradients", counted)
    ModuleSubject(model, {"mine": (x, y)}).grams(MINE, 9, 1)
    assert 2 * max(most) <= 5 * size
    assert len(most) == 5 * 6 // 2  # five chunks of two samples (the last of one): every pair once


def test_scores_are_of_drawn_answers_and_of_tokens_only() -> None:
    model, (inputs, targets) = Tokens().double(), sequences()
    found = ModuleSubject(model, {"mine": (inputs, targets)}).grams(MINE, 9, 50, scores(generator()))
    chances = model(inputs).logits.detach().softmax(dim=-1)
    drawn = torch.multinomial(chances.flatten(0, 1), 1, generator=generator()).view(targets.shape)
    drawn[targets == IGNORED] = IGNORED
    rows = one_by_one(model, inputs, lambda out, i: F.cross_entropy(out.logits[0], drawn[i], reduction="sum"))
    close(found.whole, rows)


def test_a_loss_of_your_own_is_differentiated() -> None:
    model, x, _ = images()
    model, x, y = model.double(), x.double(), torch.randn(9, 3).double()
    subject = ModuleSubject(model, {"mine": (x, y)}, loss=lambda out, target: ((out - target) ** 2).mean(dim=1))
    close(subject.grams(MINE, 9, 5).whole, one_by_one(model, x, lambda out, i: ((out[0] - y[i]) ** 2).mean()))
    with pytest.raises(MeasureError, match="mine: this measure needs logits of classes"):
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
    with pytest.raises(MeasureError, match="mine: batches of 10 of 9 examples; lower the option examples"):
        subject.batches([MINE], 1, 10, seed=1)


# Layers -----------------------------------------------------------------------------------------------------------


def test_blocks_are_looked_at_by_default() -> None:
    assert blocks(Tokens()) == ["blocks.0", "blocks.1"]
    assert blocks(Transformer(3, 8, 2, 5, 4)) == ["blocks.0", "blocks.1", "blocks.2"]
    assert blocks(images()[0]) == ["0", "1", "2", "3"]
    assert blocks(nn.Sequential(images()[0])) == ["0.0", "0.1", "0.2", "0.3"]
    assert blocks(nn.Linear(2, 2)) == [""]


def test_sequences_are_pooled_to_the_last_token_and_the_mean(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("emergence.measures.module_layers.ROWS", 4)
    model, (inputs, targets) = Tokens(), sequences()
    found = list(ModuleSubject(model, {"mine": (inputs, targets)}).representations())
    assert [(part.pooling, list(part.layers)) for part in found] == [
        (pooling, [layer]) for layer in (1, 2) for pooling in ("answer", "mean")
    ]
    first, _ = model.blocks[0](model.embed(inputs))
    second, _ = model.blocks[1](first)
    for part, expected in zip(found, (first[:, -1], first.mean(1), second[:, -1], second.mean(1)), strict=True):
        assert part.values.dtype == torch.float64
        torch.testing.assert_close(part.values[0].float(), expected.detach())


def test_images_are_pooled_over_places_and_vectors_not_at_all() -> None:
    model, x, y = images()
    found = list(ModuleSubject(model, {"mine": (x, y)}, layers=["0", "3"]).representations())
    torch.testing.assert_close(found[0].values[0].float(), model[0](x).mean(dim=(2, 3)).detach())
    torch.testing.assert_close(found[1].values[0].float(), model(x).detach())
    assert not model[0]._forward_hooks


def test_prompts_are_equal_inputs() -> None:
    x, y = torch.tensor([[1.0, 2.0], [3.0, 4.0], [1.0, 2.0]]), torch.tensor([0, 1, 1])
    labels = ModuleSubject(nn.Linear(2, 2), {"mine": (x, y)}).labels(MINE)
    assert labels is not None
    assert labels.answers.tolist() == [[0], [1], [1]]
    assert labels.prompts[0] == labels.prompts[2] != labels.prompts[1]


# Bad input --------------------------------------------------------------------------------------------------------

X, Y = torch.randn(6, 4, generator=generator()), torch.arange(6) % 3


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({}, "no groups of examples"),
        ({"mine": (X, Y[:5])}, r"mine: inputs and targets have shapes \(6, 4\) and \(5,\)"),
        ({"mine": (X[:0], Y[:0])}, "mine: inputs and targets have shapes"),
        ({"mine": (X, Y.float())}, "mine: targets are torch.float32, but cross-entropy needs integers; give a loss"),
    ],
    ids=["none", "lengths", "empty", "floats"],
)
def test_ill_formed_groups_are_named(data: dict[str, Any], message: str) -> None:
    with pytest.raises(MeasureError, match=message):
        ModuleSubject(nn.Linear(4, 3), data)


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        (Y + 1, "mine: targets go from 1 to 3; allowed: 0 to 2, or -100 for none"),
        (Y - 1, "mine: targets go from -1 to 1"),
        (Y[:, None], r"mine: the shape of the model's outputs is \(6, 3\), of its targets \(6, 1\)"),
    ],
    ids=["high", "low", "shape"],
)
def test_targets_that_do_not_fit_the_logits_are_named(targets: Tensor, message: str) -> None:
    with pytest.raises(MeasureError, match=message):
        ModuleSubject(nn.Linear(4, 3), {"mine": (X, targets)}).losses([MINE])


def test_a_layer_that_does_not_exist_or_gives_no_numbers_is_named() -> None:
    with pytest.raises(MeasureError, match=r"no layer 'nine'; it has embed, blocks, blocks\.0"):
        ModuleSubject(Tokens(), {"mine": sequences()}, layers=["nine"])
    with pytest.raises(MeasureError, match="layer 'blocks' gives no numbers"):  # a list is not run
        list(states(Tokens(), ["blocks"], sequences()[0]))


def test_a_model_without_parameters_is_refused() -> None:
    with pytest.raises(MeasureError, match="no parameter that requires a gradient"):
        ModuleSubject(nn.ReLU(), {"mine": (X, Y)})


def test_a_reduced_loss_is_refused() -> None:
    subject = ModuleSubject(nn.Linear(4, 4), {"mine": (X, X)}, loss=F.mse_loss)
    with pytest.raises(MeasureError, match=r"mine: the loss has shape \(\) for 6 examples"):
        subject.losses([MINE])


def test_a_representation_that_is_not_finite_is_refused() -> None:
    model = nn.Sequential(nn.Linear(4, 3), nn.Linear(3, 3))
    with pytest.raises(MeasureError, match="mine: a representation is not finite"):
        list(ModuleSubject(model, {"mine": (X * 1e39, Y)}).representations())


@pytest.mark.parametrize("method", ["representations", "grams"])
def test_one_sample_is_refused_where_samples_are_compared(method: str) -> None:
    subject = ModuleSubject(nn.Linear(4, 3), {"mine/2": (X[:1], Y[:1])})
    with pytest.raises(MeasureError, match="mine/2: a rank over 1 sample means nothing; give at least two"):
        list(subject.representations()) if method == "representations" else subject.grams(Named("mine", "2"), 8, 1)
