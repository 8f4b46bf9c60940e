"""NeuroMFA: the multifractal spectrum of a model's network of neurons, beside its nulls (arXiv:2402.09099).

A measure of weights alone, the same for all groups of examples. Per checkpoint, over samples of neurons that are the
same at all checkpoints: ``alpha_0``, the mean exponent of neurons, and ``width`` of the spectrum, with their standard
errors; ``fit``, the r² of the worst moment; ``survivors``, the share of neurons that the cut-offs leave; and the
spectrum itself at whole moments, ``alpha/q`` and ``f/q``. The same for three networks without what might matter:
``shuffled/…``, ``gaussian/…`` and ``rescaled/…`` (see `emergence.multifractal.nulls`). And two simpler explanations:
``mean_weight`` and ``weighted_degree``. The degree of emergence compares checkpoints: see
`emergence.analysis.neuromfa.degree_of_emergence`.

Nulls are paired as samples are: the same places are exchanged, and the same normal weights drawn, at every checkpoint.
So changes in a null's curve come from the weights, not from new draws.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from emergence.config.neuromfa import NeuroMFA
from emergence.multifractal import boxes, interaction, nulls, spectrum
from emergence.multifractal.interaction import Network
from emergence.multifractal.spectrum import Array, MultifractalError
from emergence.subjects.subject import MeasureError, Subject, row

LABEL = "NeuroMFA"
VARIANTS = (
    (("", "shuffled/", "gaussian/", "rescaled/"), ("alpha_0", "width", "fit", "survivors")),
    (("", "shuffled/", "gaussian/", "rescaled/"), ("alpha/", "f/"), ("-3", "-2", "-1", "0", "1", "2", "3")),
    (("", "shuffled/", "gaussian/", "rescaled/"), ("E",)),  # compares checkpoints, so analyses derive it
    "mean_weight",
    "weighted_degree",
)
OPTIONS = {
    "moments": {"largest": 3.0, "step": 0.1},
    "boxes": {
        "kind": "star",
        "integer": True,
        "above": 1.0,
        "largest": 150.0,
        "radius_step": 1.0,
        "occurring": True,
        "edges": 10,
    },
    "sampling": {"nodes": 32, "samples": 10, "seed": 1010},
    "sigma": 0.02,
    "every": 1,
}
SIGNAL_LABELS = {
    "neuromfa_alpha": "NeuroMFA, α₀",
    "neuromfa_width": "NeuroMFA, width",
    "neuromfa_e": "NeuroMFA, E",
    "mean_weight": "mean |w|",
}

Made = Callable[[Network, int], Network]
"""From a sampled network and the number of the sample to the network that is analysed."""

NEOX, BLOCK, TWO_LAYERS = "gpt_neox", "attention.qkv.weight", {"hidden.weight", "readout.weight"}


def network(model: nn.Module) -> Network:
    """A model as a network of neurons.

    Raises:
        MeasureError: if it is not a GPT-NeoX and its weights are not named as in one of this project's models.
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
        raise MeasureError(error.problem, error.remedy) from None
    raise MeasureError(
        f"{type(model).__name__}: no network of neurons is defined for it",
        "give a GPT-NeoX, or weights named as in emergence.models.transformer, or switch it off "
        "(measures: {neuromfa: null})",
    )


def measure(subject: Subject[Any], rng: np.random.Generator, settings: NeuroMFA) -> list[dict[str, Any]]:  # noqa: ARG001
    """Spectrum of the model's network and of its nulls; task and level are null.

    Raises:
        MeasureError: as `network`, or if the settings leave no spectrum.
    """
    neurons = network(subject.model)
    rows = [row(None, "mean_weight", nulls.mean_weight(neurons))]
    rows.append(row(None, "weighted_degree", nulls.weighted_degree(neurons)))
    samples = [neurons.restricted(nodes) for nodes in interaction.draw(neurons.layers, settings.sampling)]
    try:
        for prefix, made in networks(settings).items():
            rows += _rows(prefix, [made(sample, number) for number, sample in enumerate(samples)], settings)
    except MultifractalError as error:
        raise MeasureError(error.problem, error.remedy) from None
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
    spectra = [spectrum.neurons(each.counts, each.radii, q) for each in around]
    for variant in ("alpha_0", "width"):
        values: Array = np.array([getattr(each, variant) for each in spectra])
        error = float(values.std(ddof=1) / values.size**0.5) if values.size > 1 else None
        yield row(None, prefix + variant, float(values.mean()), error)
    yield row(None, f"{prefix}fit", float(np.mean([each.worst_fit for each in spectra])))
    yield row(None, f"{prefix}survivors", float(np.mean([each.survivors for each in around])))
    integers = np.flatnonzero(np.isclose(q, np.round(q)))
    for variant in ("alpha", "f"):
        mean = np.mean([getattr(each, variant) for each in spectra], axis=0)
        yield from (row(None, f"{prefix}{variant}/{q[place]:.0f}", float(mean[place])) for place in integers)


def _arrays(weights: Mapping[str, Tensor]) -> dict[str, NDArray[Any]]:
    """Weights without a copy, except for bfloat16, which NumPy does not have."""
    return {name: _readable(tensor.detach().cpu()).numpy() for name, tensor in weights.items()}


def _readable(tensor: Tensor) -> Tensor:
    return tensor.float() if tensor.dtype == torch.bfloat16 else tensor
