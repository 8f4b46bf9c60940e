"""The loss term in a loop of one's own: what it is, when it ends, and what it does to a training."""

import copy
from typing import Any

import pytest
import torch
from support.damage import one_line
from synthetic.tiny_modules import Tokens
from torch import Tensor, nn
from torch.nn import functional as F

import emergence
from emergence.integrations.collapse_penalty import PenaltyError
from emergence.theory.spectrum import centred_singular_values, effective_rank


class Stack(nn.Module):
    """Blocks on vectors of eight numbers; the head overwrites what the last one gives."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(nn.Sequential(nn.Tanh(), nn.Linear(8, 8)) for _ in range(2))
        self.head = nn.Sequential(nn.ReLU(inplace=True), nn.Linear(8, 3))

    def forward(self, x: Tensor) -> Tensor:
        for block in self.blocks:
            x = block(x)
        return self.head(x)


def stack() -> Stack:
    torch.manual_seed(0)
    return Stack()


def drawn(*shape: int, seed: int = 1) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def rank(states: Tensor) -> Tensor:
    """RankMe of centred states, by which a collapse is judged."""
    return effective_rank(centred_singular_values(states.detach().double()), 0.0)


def last_states(model: Any, x: Tensor) -> Tensor:
    for block in model.blocks:
        x = block(x)
    return x


def flatten(model: Stack) -> None:
    """Take two thirds of the directions out of the last block."""
    with torch.no_grad():
        model.blocks[1][1].weight[2:] *= 1e-3


def test_it_is_the_squared_fall_of_the_log_rank_of_the_last_block() -> None:
    model, x = stack(), drawn(60, 8)
    penalty = emergence.CollapsePenalty(model, weight=0.5)
    model(x)
    assert penalty().item() == 0
    before = rank(last_states(model, x))
    flatten(model)
    model(x)
    fall = (before / rank(last_states(model, x))).log()
    assert fall > 0.5
    assert penalty().item() == pytest.approx(0.5 * fall.item() ** 2, rel=1e-3)
    assert penalty.value == pytest.approx(0.5 * fall.item() ** 2, rel=1e-3)


def test_a_rise_of_the_rank_costs_nothing() -> None:
    model, x = stack(), drawn(60, 8)
    flatten(model)
    penalty = emergence.CollapsePenalty(model)
    model(x)
    penalty()
    with torch.no_grad():
        model.blocks[1][1].weight[2:] *= 1e3
    model(x)
    assert penalty().item() == 0


def test_it_is_zero_after_its_steps_and_the_hook_is_gone() -> None:
    model, x = stack(), drawn(60, 8)
    penalty = emergence.CollapsePenalty(model, until=2)
    terms = []
    for _ in range(4):
        model(x)
        terms.append(penalty().item())
        flatten(model)
    assert terms[1] > 0
    assert terms[2:] == [0, 0]
    assert not model.blocks[1]._forward_hooks
    assert penalty.value == 0


def test_steps_that_are_passed_count_in_place_of_calls() -> None:
    model, x = stack(), drawn(60, 8)
    penalty = emergence.CollapsePenalty(model, until=2)
    terms = []
    for step in (0, 0, 1, 1, 2):  # two micro-batches a step
        model(x)
        terms.append(penalty(step).item())
        flatten(model)
    assert min(terms[1:4]) > 0
    assert terms[4] == 0


def train(model: Stack, penalty: emergence.CollapsePenalty | None) -> list[float]:
    """Train until every state of the last block tells the class alone; return its rank along the way."""
    x = drawn(90, 8)
    classes = x[:, :3].argmax(dim=1)
    optimiser, ranks = torch.optim.Adam(model.parameters(), 3e-2), []
    for _ in range(60):
        loss = F.cross_entropy(model(x), classes)
        if penalty is not None:
            loss = loss + penalty()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        ranks.append(float(rank(last_states(model, x))))
    return ranks


def test_the_rank_falls_without_it_and_hardly_with_it() -> None:
    plain, kept = stack(), stack()
    begun = float(rank(last_states(plain, drawn(90, 8))))
    falls = [begun - min(train(model, penalty)) for model, penalty in
             ((plain, None), (kept, emergence.CollapsePenalty(kept)))]  # fmt: skip
    assert falls[0] > 1
    assert falls[1] < falls[0] / 4


def test_a_weight_of_zero_leaves_the_training_the_same_to_the_bit() -> None:
    plain, weightless = stack(), stack()
    assert train(plain, None) == train(weightless, emergence.CollapsePenalty(weightless, weight=0))
    pairs = zip(plain.parameters(), weightless.parameters(), strict=True)
    assert all(torch.equal(one, other) for one, other in pairs)


def test_a_pass_with_fewer_positions_is_no_collapse() -> None:
    model, x = stack().double(), drawn(64, 8).double()
    penalty = emergence.CollapsePenalty(model)
    for rows in (x, x[::3], x[:5], x[:1]):
        model(rows)
        assert penalty().item() < 0.05, len(rows)
    flatten(model)
    model(x[::3])
    assert penalty().item() > 0.3


def test_positions_are_bounded_and_from_all_places_of_a_sequence() -> None:
    """A sequence begins with one token, whose states are all the same: taken alone, they would have no rank."""
    tokens = torch.randint(0, 7, (256, 8), generator=torch.Generator().manual_seed(0))
    tokens[:, 0] = 0
    model = Tokens()
    penalty = emergence.CollapsePenalty(model, positions=256)
    model(tokens)
    penalty()
    assert max(penalty.initial) == 256
    with torch.no_grad():
        whole = rank(model.blocks[1](model.blocks[0](model.embed(tokens))[0])[0].flatten(0, 1))
    assert penalty.initial[256] == pytest.approx(whole.log().item(), abs=0.05)


def test_padding_is_left_out() -> None:
    model, x = stack(), drawn(12, 5, 8)
    mask = torch.arange(5) < torch.arange(12)[:, None] % 4 + 2
    ranks = []
    for padding in (0.0, 7.0):
        penalty = emergence.CollapsePenalty(model)
        model(torch.where(mask[..., None], x, padding))
        penalty(mask=mask)
        ranks.append(penalty.initial)
        penalty.remove()
    assert ranks[0] == ranks[1]
    assert max(ranks[0]) == mask.sum()


def test_images_have_their_channels_as_width() -> None:
    model = nn.Sequential(nn.Conv2d(2, 4, 3), nn.Flatten(), nn.Linear(16, 3))
    x = drawn(9, 2, 4, 4)
    penalty = emergence.CollapsePenalty(model, layer="0")
    model(x)
    penalty()
    expected = rank(model[0](x).permute(0, 2, 3, 1).reshape(-1, 4))
    assert penalty.initial[36] == pytest.approx(expected.log().item(), rel=1e-3)


@pytest.mark.parametrize("kind", [torch.bfloat16, torch.float64])
def test_it_is_of_the_precision_of_the_loss_or_better(kind: torch.dtype) -> None:
    model, x = stack().to(kind), drawn(60, 8).to(kind)
    penalty = emergence.CollapsePenalty(model)
    model(x)
    penalty()
    flatten(model)
    loss = model(x).square().mean()
    term = penalty()
    assert term.dtype == torch.promote_types(kind, torch.float32)
    (loss + term).backward()
    gradient = model.blocks[0][1].weight.grad
    assert gradient is not None
    assert gradient.dtype == kind
    assert bool(gradient.isfinite().all())


def test_states_that_are_not_finite_give_a_term_that_is_none() -> None:
    """A scaler of gradients then skips the step, as it does for the loss."""
    model, x = stack(), drawn(60, 8)
    penalty = emergence.CollapsePenalty(model)
    model(x)
    penalty()
    model(x * torch.nan)
    assert penalty().isnan()


def test_a_collapse_to_one_point_has_a_finite_gradient() -> None:
    model, x = stack(), drawn(60, 8)
    penalty = emergence.CollapsePenalty(model)
    model(x)
    penalty()
    with torch.no_grad():
        model.blocks[1][1].weight.zero_()
    model(x)
    term = penalty()
    assert term.item() == pytest.approx(penalty.initial[60] ** 2)
    assert all(bool(each.isfinite().all()) for each in torch.autograd.grad(term, [*model.blocks.parameters()]))


def test_evaluation_between_forward_and_term_changes_nothing() -> None:
    model, x = stack(), drawn(60, 8)
    penalty = emergence.CollapsePenalty(model)
    model(x)
    with torch.no_grad():
        model(torch.zeros(4, 8))
    model.eval()(torch.zeros(4, 8))
    model.train()
    penalty()
    assert max(penalty.initial) == 60


def test_a_resumed_training_keeps_the_initial_rank() -> None:
    model, x = stack(), drawn(60, 8)
    penalty = emergence.CollapsePenalty(model, until=3)
    model(x)
    penalty()
    flatten(model)
    again = copy.deepcopy(model)
    resumed = emergence.CollapsePenalty(again, until=3)
    resumed.load_state_dict(penalty.state_dict())
    terms = []
    for one, of_one in ((penalty, model), (resumed, again)):
        of_one(x)
        terms.append(one().item())
    assert terms[0] == terms[1] > 0
    assert resumed.steps == 2


def test_a_tracker_beside_it_leaves_the_term_alone() -> None:
    model, x = stack(), drawn(60, 8)
    penalty = emergence.CollapsePenalty(model)
    tracker = emergence.Tracker(model, {"mine": (x[:20], torch.arange(20) % 3)})
    model(x)
    tracker.log(0)
    penalty()
    assert max(penalty.initial) == 60


@pytest.mark.parametrize(
    ("options", "argument"),
    [
        ({"weight": -1.0}, "weight is -1.0"),
        ({"weight": float("nan")}, "weight is nan"),
        ({"until": 0}, "until is 0"),
        ({"positions": 1}, "positions is 1"),
        ({"layer": "blocks.7"}, "layer: the model has no layer 'blocks.7'; it has blocks, "),
    ],
)
def test_an_argument_out_of_range_is_named(options: dict[str, Any], argument: str) -> None:
    with pytest.raises(PenaltyError) as error:
        emergence.CollapsePenalty(stack(), **options)
    assert one_line(error).startswith(argument)


@pytest.mark.parametrize(
    "model",
    [
        nn.Sequential(nn.Linear(8, 8), nn.Tanh(), nn.Linear(8, 3)),
        nn.ModuleDict({"encoder": Stack(), "decoder": Stack()}),
    ],
)
def test_a_model_whose_last_block_is_not_clear_needs_a_layer(model: nn.Module) -> None:
    with pytest.raises(PenaltyError) as error:
        emergence.CollapsePenalty(model)
    assert one_line(error).startswith("layer: ")
    name = [name for name, _ in model.named_modules()][-1]
    assert emergence.CollapsePenalty(model, layer=name).layer == name


def failing(case: str) -> None:
    """A call of the penalty that cannot give a term."""
    model, x = stack(), drawn(60, 8)
    if case == "integers":
        model.blocks[1] = nn.Identity()
        model.blocks[0] = nn.Identity()
        penalty = emergence.CollapsePenalty(model, layer="blocks.1")
        model.blocks[1](torch.arange(8).reshape(2, 4))
        penalty()
    penalty = emergence.CollapsePenalty(model)
    match case:
        case "no pass":
            penalty()
        case "evaluation":
            model.eval()(x)
            penalty()
        case "called twice":
            model(x)
            penalty(), penalty()
        case "one position":
            model(x[:1])
            penalty()
        case "all the same":
            model(x[:1].expand(9, 8))
            penalty()
        case "not finite":
            model(x * torch.nan)
            penalty()
        case "mask":
            model(x)
            penalty(mask=torch.ones(7))
        case "resumed":
            model(x)
            penalty(3)


@pytest.mark.parametrize(
    ("case", "named"),
    [
        ("no pass", "training mode"),
        ("evaluation", "training mode"),
        ("called twice", "once after each"),
        ("one position", "fewer than two"),
        ("all the same", "all the same"),
        ("not finite", "not finite"),
        ("mask", "mask has shape (7,)"),
        ("resumed", "step 3"),
        ("integers", "int64"),
    ],
)
def test_a_call_without_a_term_says_why(case: str, named: str) -> None:
    with pytest.raises(PenaltyError) as error:
        failing(case)
    assert named in one_line(error)


def test_reentrant_checkpointing_is_refused_and_the_other_kind_works() -> None:
    from torch.utils.checkpoint import checkpoint

    for reentrant in (True, False):
        model, x = stack(), drawn(60, 8).requires_grad_()
        penalty = emergence.CollapsePenalty(model)
        hidden = checkpoint(lambda y, model=model: last_states(model, y), x, use_reentrant=reentrant)
        if reentrant:
            with pytest.raises(PenaltyError, match="use_reentrant=False"):
                penalty()
            continue
        flatten(model)
        (hidden.square().mean() + penalty()).backward()
        assert x.grad is not None
