"""Local learning coefficients against devinterp: the same ε, γ, nβ, chains, draws and batches at one checkpoint.

Every draw sees every batch of the pool equally often, so that both subtract the same loss of the checkpoint.
"""

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
import torch
from anatomy import CHOSEN, WARM_UP, Grid, Setup, config
from plain import Plain
from timing import Agreement, Case, Peer, Work
from torch import nn
from torch.nn import functional as F

from emergence.config.measures import LocalLearning
from emergence.measures import llc

FEWER = {"burn_in": 20, "draws": 64, "pool": 64}
"""than the full tier, of whose measure these are two thirds"""
DEVIATIONS = 4.0
"""combined standard errors by which two estimates may differ; each has one from a few chains, hence so many"""
LEARNED = 400
"""steps, after which λ̂ is far above its error"""
CHAINS = 8
"""of the estimates that are compared"""


def cases() -> Iterator[Case]:
    """The measure at every size, per step of a chain."""
    for name in CHOSEN or [size.name for size in config().anatomy.sizes]:
        setup = Setup(name)  # of its own: other subjects go on from less
        for step in range(WARM_UP, LEARNED):
            setup.learner.step(step)
        assert setup.measures.llc is not None
        options = setup.measures.llc.model_copy(update=FEWER)

        def ours(setup: Setup = setup, options: LocalLearning = options) -> Any:
            return llc.measure(setup.subject, np.random.default_rng(0), options)

        peer = Peer("devinterp", partial(devinterp, setup, options), 1.5)
        steps = options.chains * (options.burn_in + options.draws)
        yield Case("LLC, a draw", setup.name, ours, (peer,), steps)


def devinterp(setup: Setup, options: LocalLearning) -> tuple[Work, Agreement]:
    """The estimate of the mixture with the same settings; batches are items of a loader."""
    from devinterp.optim.sgmcmc import SGMCMC
    from devinterp.slt.sampler import estimate_learning_coeff_with_summary
    from devinterp.utils import get_init_loss_multi_batch

    layout = setup.layout(options.examples)
    pool = [Grid.of_stream(layout, options.seed, step) for step in range(options.pool)]
    model, places = Plain(setup), pool[0].places
    loader = torch.utils.data.DataLoader([(grid.inputs, grid.answers) for grid in pool], batch_size=1)

    def evaluate(model: nn.Module, batch: Any) -> Any:
        inputs, answers = batch
        return F.cross_entropy(model(inputs[0], *places), answers[0]), {}

    chain = {"lr": options.step_size, "localization": options.localisation, "nbeta": options.n_beta}

    def estimate(chains: int = options.chains) -> dict[str, Any]:
        before = get_init_loss_multi_batch(loader, options.pool, model, evaluate, torch.device("cpu"))
        return estimate_learning_coeff_with_summary(
            model, loader, evaluate=evaluate, sampling_method=SGMCMC.sgld, optimizer_kwargs=dict(chain),
            num_draws=options.draws, num_chains=chains, num_burnin_steps=options.burn_in,
            init_loss=before, verbose=False,
        )  # fmt: skip

    theirs = estimate(CHAINS)
    rows = llc.measure(setup.subject, np.random.default_rng(0), options.model_copy(update={"chains": CHAINS}))
    (own,) = (row for row in rows if row["task"] is None and row["variant"] == "mixture")
    errors = own["standard_error"], theirs["llc/std"] / CHAINS**0.5
    both = (
        f"{value:.2f} ± {error:.2f}" for value, error in zip((own["value"], theirs["llc/mean"]), errors, strict=True)
    )
    apart = abs(own["value"] - theirs["llc/mean"]) / np.hypot(*errors)
    return estimate, Agreement(f"λ̂ {', theirs '.join(both)}; standard errors", apart, DEVIATIONS)
