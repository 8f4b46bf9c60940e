"""Neuron interaction networks: coordinates of activations as nodes, weights between them as edges.

Inside each block of a transformer: h (d) → qkv (3d), and attention (d) → a (d) → m (4d) → next h (arXiv:2402.09099).
No matrix leads from qkv to attention. Embeddings, biases and layer norms are left out. Weights come from plain state
dicts and keep their precision; nothing but a fused qkv is copied before nodes are sampled.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from string import digits
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from emergence.config.neuromfa import Sampling
from emergence.multifractal.spectrum import MultifractalError

Nodes = Mapping[str, NDArray[np.intp]]
"""Indices of the analysed nodes of each layer."""

OURS = ("attention.qkv", "attention.out", "expand", "contract")
GPT_NEOX = ("attention.query_key_value", "attention.dense", "mlp.dense_h_to_4h", "mlp.dense_4h_to_h")


@dataclass(frozen=True)
class Matrix:
    """Weights (sources, targets) from one layer of nodes to another."""

    source: str
    target: str
    weights: NDArray[Any]


@dataclass(frozen=True)
class Network:
    """Layers of nodes and the matrices between them; a layer is the source of at most one matrix."""

    matrices: tuple[Matrix, ...]

    @property
    def layers(self) -> dict[str, int]:
        """Nodes of each layer by its name, in the order of the matrices.

        Raises:
            MultifractalError: if matrices disagree about the size of a layer.
        """
        sizes: dict[str, int] = {}
        for matrix in self.matrices:
            for name, size in zip((matrix.source, matrix.target), matrix.weights.shape, strict=True):
                if sizes.setdefault(name, size) != size:
                    raise MultifractalError(f"layer {name}: {sizes[name]} nodes in one matrix and {size} in another")
        return sizes

    def restricted(self, nodes: Nodes) -> "Network":
        """The network restricted to these nodes."""
        return Network(
            tuple(
                Matrix(m.source, m.target, m.weights[np.ix_(nodes[m.source], nodes[m.target])]) for m in self.matrices
            )
        )


def transformer(state: Mapping[str, ArrayLike]) -> Network:
    """Network of `emergence.models.transformer.Transformer`, or of its one-block variant, from its state dict.

    Raises:
        MultifractalError: if the state dict has no blocks, or a block lacks one of its matrices.
    """
    return _blocks(state, OURS)


def gpt_neox(state: Mapping[str, ArrayLike], heads: int) -> Network:
    """Network of Hugging Face's GPT-NeoX (Pythia) from its state dict.

    Its rows of Q, K and V are interleaved head by head; here all of Q come first, then K, then V.

    Raises:
        MultifractalError: as `transformer`, or if the width is not a multiple of the heads.
    """
    return _blocks(state, GPT_NEOX, heads)


def two_layer(state: Mapping[str, ArrayLike]) -> Network:
    """Network inputs → hidden → output of `emergence.models.parity_networks.TwoLayer` from its state dict."""
    hidden, readout = (_weights(state, f"{name}.weight") for name in ("hidden", "readout"))
    return Network((Matrix("inputs", "hidden", hidden.T), Matrix("hidden", "output", readout.T)))


def draw(layers: Mapping[str, int], sampling: Sampling) -> list[Nodes]:
    """Draw samples of nodes, from the layers' sizes and the seed: the same at all checkpoints of a trajectory.

    Each has s nodes of a layer, 2s of m, the same s of each third of qkv; all nodes of a smaller layer.
    """
    return [_sample(layers, sampling.nodes, np.random.default_rng([sampling.seed, n])) for n in range(sampling.samples)]


def _sample(layers: Mapping[str, int], nodes: int, rng: np.random.Generator) -> Nodes:
    nodes_of = {}
    for name, size in layers.items():
        match name.rstrip(digits):
            case "qkv":
                third = _chosen(size // 3, nodes, rng)
                nodes_of[name] = np.concatenate([third, third + size // 3, third + 2 * (size // 3)])
            case "m":
                nodes_of[name] = _chosen(size, 2 * nodes, rng)
            case _:
                nodes_of[name] = _chosen(size, nodes, rng)
    return nodes_of


def _chosen(size: int, count: int, rng: np.random.Generator) -> NDArray[np.intp]:
    return np.sort(rng.choice(size, min(size, count), replace=False))


def _blocks(state: Mapping[str, ArrayLike], names: tuple[str, str, str, str], heads: int | None = None) -> Network:
    """The chain of all blocks, with ``heads`` given where the rows of Q, K and V are interleaved by head."""
    suffix = f"{names[0]}.weight"
    prefixes = [name.removesuffix(suffix) for name in state if name.endswith(suffix)]
    if not prefixes:
        raise MultifractalError(
            f"weights: no name ends in {suffix!r}, so there is no block", "use the reader of the model's architecture"
        )
    matrices = []
    for i, prefix in enumerate(sorted(prefixes, key=_number)):
        qkv, out, expand, contract = (_weights(state, f"{prefix}{name}.weight") for name in names)
        if heads is not None:
            qkv = _split(qkv, heads, f"{prefix}{suffix}")
        matrices += [
            Matrix(f"h{i}", f"qkv{i}", qkv.T),
            Matrix(f"attention{i}", f"a{i}", out.T),
            Matrix(f"a{i}", f"m{i}", expand.T),
            Matrix(f"m{i}", f"h{i + 1}", contract.T),
        ]
    return Network(tuple(matrices))


def _split(fused: NDArray[Any], heads: int, name: str) -> NDArray[Any]:
    """Reorder rows (heads · 3 · head width, d) that are interleaved by head into those of Q, then K, then V."""
    rows, width = fused.shape
    if rows % (3 * heads):
        raise MultifractalError(
            f"{name}: {rows} rows do not divide into Q, K and V of {heads} heads", "pass the model's number of heads"
        )
    return fused.reshape(heads, 3, rows // (3 * heads), width).swapaxes(0, 1).reshape(rows, width)


def _weights(state: Mapping[str, ArrayLike], name: str) -> NDArray[Any]:
    if name not in state:
        raise MultifractalError(
            f"weights: no {name!r}", "the model is of another architecture, or its checkpoint is damaged"
        )
    weights = np.asarray(state[name])
    if weights.ndim != 2:
        raise MultifractalError(f"{name}: shape {weights.shape} is not that of a matrix")
    return weights


def _number(prefix: str) -> list[int]:
    """Numbers in a name, by which blocks are ordered."""
    return [int(number) for number in re.findall(r"\d+", prefix)]
