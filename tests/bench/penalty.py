"""What the loss term against a collapse costs: a training of a small language model with it, beside one without."""

from collections.abc import Iterator
from functools import partial

import torch
from timing import Case, Peer
from torch import nn
from transformers import GPT2Config, GPT2LMHeadModel

from emergence import CollapsePenalty

MIDDLE = GPT2Config(vocab_size=2048, n_embd=256, n_layer=4, n_head=4, n_positions=128, bos_token_id=0, eos_token_id=0)
STEPS, BATCH = 20, 16


def cases() -> Iterator[Case]:
    """Steps of AdamW on random tokens; a ratio of 0.95 means that the term adds 5 % to a step."""
    torch.manual_seed(0)
    model = GPT2LMHeadModel(MIDDLE).train()
    plain = Peer("a step without it", lambda: (partial(trained, model, None), None), 1 / 1.1)
    yield Case("step with CollapsePenalty", "4 x 256", partial(trained, model, 1.0), (plain,), STEPS)


def trained(model: nn.Module, weight: float | None) -> None:
    """Some steps, with the term if it has a weight."""
    tokens = torch.randint(MIDDLE.vocab_size, (BATCH, MIDDLE.n_positions), generator=torch.Generator().manual_seed(0))
    optimiser = torch.optim.AdamW(model.parameters(), 1e-4)
    penalty = None if weight is None else CollapsePenalty(model, weight=weight, until=STEPS + 1)
    for _ in range(STEPS):
        loss = model(tokens, labels=tokens).loss
        if penalty is not None:
            loss = loss + penalty()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    if penalty is not None:
        penalty.remove()
