"""Training steps of transformers against GPT-2 of Hugging Face, a plain PyTorch model, and their products alone."""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from typing import Any

import torch
from anatomy import WARM_UP, Grid, Setup, setups
from plain import Plain
from timing import Agreement, Case, Peer, Work
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils._python_dispatch import TorchDispatchMode

from emergence.config.training import StackSettings
from emergence.tasks.symbols import PAD
from emergence.training.learners import adamw
from emergence.training.task_transformer import StackedTaskLearner, TaskLearner

STEPS, STACKED = 8, 4
PRODUCTS = (torch.ops.aten.mm, torch.ops.aten.addmm, torch.ops.aten.bmm, torch.ops.aten.baddbmm)


def cases() -> Iterator[Case]:
    """A step at every size, data included (peers have theirs ready); and runs as one stack."""
    for setup in setups():
        grid = Grid.of_stream(setup.layout(setup.trained.training.examples), 0)
        peers = (
            Peer("GPT-2 of Hugging Face, padded", partial(gpt2, setup, grid, packed=False), 2.4),
            Peer("GPT-2 of Hugging Face, packed", partial(gpt2, setup, grid, packed=True), 1.15),
            Peer("plain PyTorch, fused attention", partial(block, setup, grid), 1.15),
            Peer("the same matrix products alone", partial(products, setup), None),
        )
        yield Case("training step", setup.name, steps(setup.learner), peers, STEPS, rounds=5)
    smallest = next(setups())
    runs = [smallest.trained.model_copy(update={"seed": seed}) for seed in range(STACKED)]
    together = StackedTaskLearner(StackSettings(runs=runs), smallest.learner.device)
    peer = Peer("one by one", partial(one_by_one, smallest, runs), None)
    yield Case(f"training, {STACKED} runs as a stack", smallest.name, steps(together), (peer,), STEPS)


def steps(learner: TaskLearner | StackedTaskLearner) -> Work:
    """Some training steps, data included."""
    numbers = count(WARM_UP)
    return lambda: [learner.step(next(numbers)) for _ in range(STEPS)]


def one_by_one(setup: Setup, runs: list[Any]) -> tuple[Work, None]:
    """As many runs, each alone."""
    each = [steps(TaskLearner(run, setup.learner.device)) for run in runs]
    return lambda: [work() for work in each], None


def trained(setup: Setup, model: nn.Module, forward: Callable[[], Tensor], answers: Tensor, ours: float) -> Any:
    """Training steps of a peer with the same optimiser and clipping, after a check of its loss."""
    settings = setup.trained.training
    optimiser = adamw(model.parameters(), settings)

    def step() -> float:
        loss = F.cross_entropy(forward(), answers)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), settings.clip)
        optimiser.step()
        return float(loss)

    with torch.no_grad():
        apart = abs(float(F.cross_entropy(forward(), answers)) - ours)
    return lambda: [step() for _ in range(STEPS)], Agreement("loss", apart, 1e-5)


def block(setup: Setup, grid: Grid) -> tuple[Work, Agreement]:
    """A plain model on the same packed rows."""
    model = Plain(setup)
    return trained(setup, model, lambda: model(grid.inputs, *grid.places), grid.answers, setup.loss(grid))


def gpt2(setup: Setup, grid: Grid, packed: bool) -> tuple[Work, Agreement]:
    """GPT-2 with the same weights, each example padded to the context or in the same packed rows."""
    from transformers import GPT2Config, GPT2LMHeadModel

    size, weights = setup.trained.size, setup.model.state_dict()
    words, context = len(weights["token.weight"]), len(weights["position.weight"])
    dropouts = dict.fromkeys(("resid_pdrop", "embd_pdrop", "attn_pdrop"), 0.0)
    shape = {"n_embd": size.width, "n_layer": size.layers, "n_head": size.heads, "n_positions": context}
    unused = {"use_cache": False, "bos_token_id": None, "eos_token_id": None, "activation_function": "gelu"}
    model = GPT2LMHeadModel(GPT2Config(vocab_size=words, **shape, **dropouts, **unused))
    model.load_state_dict({**dict(renamed(weights)), "lm_head.weight": weights["token.weight"]})
    if packed:
        inputs, targets = grid.inputs, grid.targets
        masked = torch.zeros(grid.mask.shape).masked_fill(~grid.mask, float("-inf"))[:, None]
        given = {"attention_mask": masked, "position_ids": grid.positions}
    else:
        inputs, targets = padded(grid, context)
        given = {}

    def forward() -> Tensor:
        return model(inputs, **given).logits.flatten(0, 1)[targets]

    return trained(setup, model, forward, grid.answers, setup.loss(grid))


def padded(grid: Grid, context: int) -> tuple[Tensor, Tensor]:
    """One row per example, and the flat places from which answers are predicted."""
    sequences = list(grid.sequences())
    inputs = torch.full((len(sequences), context), PAD)
    for row, (tokens, _) in enumerate(sequences):
        inputs[row, : len(tokens)] = tokens
    return inputs, torch.cat([row * context + places for row, (_, places) in enumerate(sequences)])


def renamed(weights: dict[str, Tensor]) -> Iterator[tuple[str, Tensor]]:
    """Our weights by the names of GPT-2, whose matrices are transposed."""
    names = {"norm_1": "ln_1", "norm_2": "ln_2", "attention.qkv": "attn.c_attn", "attention.out": "attn.c_proj"}
    names |= {"expand": "mlp.c_fc", "contract": "mlp.c_proj"}
    outer = {"token": "wte", "position": "wpe", "norm": "ln_f"}
    for name, weight in weights.items():
        module, _, kind = name.rpartition(".")
        if module in outer:
            yield f"transformer.{outer[module]}.{kind}", weight
            continue
        _, number, inner = module.split(".", 2)
        yield f"transformer.h.{number}.{names[inner]}.{kind}", weight.T if weight.dim() == 2 else weight


class Recorded(TorchDispatchMode):
    """The matrix products that run within, as calls that repeat them."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[Work] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func.overloadpacket in PRODUCTS:
            left, right = (torch.randn_like(factor) for factor in args[-2:])
            self.calls.append(partial(torch.matmul, left, right))
        return func(*args, **(kwargs or {}))


def products(setup: Setup) -> tuple[Work, None]:
    """All matrix products of a step with the same shapes, nothing else: their share is the ratio."""
    with Recorded() as seen:
        setup.learner.step(WARM_UP)

    def work() -> None:
        for _ in range(STEPS):
            for call in seen.calls:
                call()

    return work, None
