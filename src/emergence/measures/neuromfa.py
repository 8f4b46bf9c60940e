"""NeuroMFA: the multifractal spectrum of a model's network of neurons, beside its nulls (arXiv:2402.09099).

A measure of weights alone, the same for all groups of examples. Per checkpoint, over samples of neurons that are the
same at all checkpoints: ``alpha_0``, the mean exponent of neurons, and ``width`` of the spectrum, with their standard
errors; ``fit``, the r² of the worst moment; ``survivors``, the share of neurons that the cut-offs leave; and the
spectrum itself at whole moments, ``alpha/q`` and ``f/q``. The same for three networks without what might matter:
``shuffled/…``, ``gaussian/…`` and ``rescaled/…`` (see `emergence.multifractal.nulls`). And two simpler explanations:
``mean_weight`` and ``weighted_degree``. The degree of emergence compares checkpoints: see
`emergence.analysis.multifractal.degree`.

Nulls are paired as samples are: the same places are exchanged, and the same normal weights drawn, at every checkpoint.
So what a null's curve does is the weights' doing, not that of new draws.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from emergence.measures.subject import MeasureError, Subject, row
from emergence.multifractal import boxes, interaction, nulls, partition, spectrum
from emergence.multifractal.interaction import Network
from emergence.multifractal.spectrum import Array, MultifractalError
from emergence.settings.multifractal import NeuroMFA

Made = Callable[[Network, int], Network]
"""From a sampled network and the number of the sample to the network that is analysed."""

NEOX, BLOCK, TWO_LAYERS = "gpt_neox", "attention.qkv.weight", {"hidden.weight", "readout.weight"}


def network(model: nn.Module) -> Network:
    """A model as a network of neurons.

    Raises:
        MeasureError: if it is no GPT-NeoX, and its weights are named like none of this project's models.
    """
    weights, config = model.state_dict(), getattr(model, "config", None)
    try:
        if getattr(config, "model_type", None) == NEOX:
            return interaction.gpt_neox(_arrays(weights), config.num_attention_heads)  # type: ignore[union-attr]
        if any(name.endswith(BLOCK) for name in weights):
            return interaction.transformer(_arrays(weights))
        if weights.keys() >= TWO_LAYERS:
            return interaction.two_layer(_arrays(weights))
    except MultifractalError as error:
        raise MeasureError(str(error)) from None
    raise MeasureError(f"{type(model).__name__}: no network of neurons is known of it; give a GPT-NeoX, or weights "
                       "named as in emergence.models.transformer")  # fmt: skip


def measure(subject: Subject[Any], rng: np.random.Generator, settings: NeuroMFA) -> list[dict[str, Any]]:  # noqa: ARG001
    """Spectrum of the model's network and of its nulls; task and level are null.

    Raises:
        MeasureError: as `network`, or if the settings leave no spectrum.
    """
    whole = network(subject.model)
    rows = [row(None, "mean_weight", nulls.mean_weight(whole))]
    rows.append(row(None, "weighted_degree", nulls.weighted_degree(whole)))
    samples = [whole.restricted(nodes) for nodes in interaction.draw(whole.layers, settings.sampling)]
    try:
        for prefix, made in networks(settings).items():
            rows += _rows(prefix, [made(sample, number) for number, sample in enumerate(samples)], settings)
    except MultifractalError as error:
        raise MeasureError(str(error)) from None
    return rows


def networks(settings: NeuroMFA) -> Mapping[str, Made]:
    """The network itself and its nulls, by the prefix of their variants."""

    def draws(number: int, null: int) -> np.random.Generator:
        return np.random.default_rng([settings.sampling.seed, number, null])

    return {
        "": lambda sample, number: sample,  # noqa: ARG005
        "shuffled/": lambda sample, number: nulls.shuffled(sample, draws(number, 1)),
        "gaussian/": lambda sample, number: nulls.gaussian(sample, draws(number, 2)),
        "rescaled/": lambda sample, number: nulls.rescaled(sample, settings.sigma),  # noqa: ARG005
    }


def _rows(prefix: str, samples: Sequence[Network], settings: NeuroMFA) -> Iterator[dict[str, Any]]:
    """Values of one network over its samples; NaN where a sample has no neuron left."""
    q = spectrum.moments(settings.moments)
    around = [boxes.neighbourhoods(sample, settings.boxes) for sample in samples]
    spectra = [partition.neurons(found.counts, found.radii, q) for found in around]
    for variant in ("alpha_0", "width"):
        values: Array = np.array([getattr(found, variant) for found in spectra])
        error = float(values.std(ddof=1) / values.size**0.5) if values.size > 1 else None
        yield row(None, prefix + variant, float(values.mean()), error)
    yield row(None, f"{prefix}fit", float(np.mean([found.worst_fit for found in spectra])))
    yield row(None, f"{prefix}survivors", float(np.mean([found.survivors for found in around])))
    whole = np.flatnonzero(np.isclose(q, np.round(q)))
    for variant in ("alpha", "f"):
        mean = np.mean([getattr(found, variant) for found in spectra], axis=0)
        yield from (row(None, f"{prefix}{variant}/{q[place]:.0f}", float(mean[place])) for place in whole)


def _arrays(weights: Mapping[str, Tensor]) -> dict[str, NDArray[Any]]:
    """Weights without a copy, but of those in bfloat16, which NumPy does not have."""
    return {name: _readable(tensor.detach().cpu()).numpy() for name, tensor in weights.items()}


def _readable(tensor: Tensor) -> Tensor:
    return tensor.float() if tensor.dtype == torch.bfloat16 else tensor
