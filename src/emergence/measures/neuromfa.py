"""NeuroMFA: the multifractal spectrum of a model's network of neurons, beside its nulls (arXiv:2402.09099).

A measure of weights alone, the same for all groups of examples. Per checkpoint, over samples of neurons that are the
same at all checkpoints: ``alpha_0``, the mean exponent of neurons, and ``width`` of the spectrum, with their standard
errors; ``fit``, the r² of the worst moment; ``survivors``, the share of neurons that the cut-offs leave; and the
spectrum itself at whole moments, ``alpha/q`` and ``f/q``. The same but the spectrum for three networks without what
might matter: ``shuffled/…``, ``gaussian/…`` and ``rescaled/…`` (see `emergence.multifractal.nulls`). And two simpler
explanations: ``mean_weight`` and ``weighted_degree``. The degree of emergence compares checkpoints: see
`emergence.analysis.multifractal.degree`.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from torch import nn

from emergence.measures.subject import MeasureError, Subject, row
from emergence.models.mlp import TwoLayer
from emergence.models.scalar_transformer import ScalarTransformer
from emergence.models.transformer import Transformer
from emergence.multifractal import boxes, interaction, nulls, partition, spectrum
from emergence.multifractal.interaction import Network
from emergence.multifractal.spectrum import MultifractalError, Spectrum
from emergence.settings.multifractal import NeuroMFA

Made = Callable[[Network], Network]
"""From a sampled network to the one that is analysed."""


def network(model: nn.Module) -> Network:
    """A model as a network of neurons.

    Raises:
        MeasureError: if it is none of this project's models and no GPT-NeoX.
    """
    state = {name: tensor.detach().float().cpu().numpy() for name, tensor in model.state_dict().items()}
    config = getattr(model, "config", None)
    if getattr(config, "model_type", None) == "gpt_neox":
        return interaction.gpt_neox(state, config.num_attention_heads)  # type: ignore[union-attr]
    if isinstance(model, Transformer | ScalarTransformer):
        return interaction.transformer(state)
    if isinstance(model, TwoLayer):
        return interaction.two_layer(state)
    raise MeasureError(f"{type(model).__name__}: no network of neurons is known of it; give a GPT-NeoX, or weights "
                       "named as in emergence.models.transformer")  # fmt: skip


def measure(subject: Subject[Any], rng: np.random.Generator, settings: NeuroMFA) -> list[dict[str, Any]]:
    """Spectrum of the model's network and of its nulls; task and level are null."""
    try:
        whole = network(subject.model)
        samples = [whole.restricted(nodes) for nodes in interaction.draw(whole.layers, settings.sampling)]
        rows = [row(None, "mean_weight", nulls.mean_weight(whole))]
        rows.append(row(None, "weighted_degree", nulls.weighted_degree(whole)))
        for name, made in _networks(rng, settings).items():
            rows += _rows(name, [made(sample) for sample in samples], settings)
    except MultifractalError as error:
        raise MeasureError(str(error)) from None
    return rows


def _networks(rng: np.random.Generator, settings: NeuroMFA) -> dict[str, Made]:
    """The network itself and its nulls, by the prefix of their variants."""
    return {
        "": lambda sample: sample,
        "shuffled/": lambda sample: nulls.shuffled(sample, rng),
        "gaussian/": lambda sample: nulls.gaussian(sample, rng),
        "rescaled/": lambda sample: nulls.rescaled(sample, settings.sigma),
    }


def _rows(name: str, samples: Sequence[Network], settings: NeuroMFA) -> Iterator[dict[str, Any]]:
    """Values of one network over its samples; NaN where a sample has no node left."""
    q = spectrum.moments(settings.moments)
    around = [boxes.neighbourhoods(sample, settings.boxes) for sample in samples]
    spectra = [partition.neurons(found.counts, found.radii, q) for found in around]
    for variant, values in {
        "alpha_0": [found.alpha_0 for found in spectra],
        "width": [found.width for found in spectra],
    }.items():
        error = float(np.std(values, ddof=1) / len(values) ** 0.5) if len(values) > 1 else None
        yield row(None, name + variant, float(np.mean(values)), error)
    yield row(None, f"{name}fit", float(np.mean([found.worst_fit for found in spectra])))
    yield row(None, f"{name}survivors", float(np.mean([found.survivors for found in around])))
    if not name:
        yield from _spectrum(spectra)


def _spectrum(spectra: Sequence[Spectrum]) -> Iterator[dict[str, Any]]:
    """Exponents and dimensions at whole moments, averaged over samples."""
    q = spectra[0].q
    whole = np.flatnonzero(np.isclose(q, np.round(q)))
    for variant in ("alpha", "f"):
        values = np.mean([getattr(found, variant) for found in spectra], axis=0)
        yield from (row(None, f"{variant}/{q[place]:.0f}", float(values[place])) for place in whole)
