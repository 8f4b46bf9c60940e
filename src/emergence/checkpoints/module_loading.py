"""Load a checkpoint into any PyTorch module."""

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from emergence.checkpoints import weights
from emergence.checkpoints.weights import SeriesError


def load_module(model: nn.Module, checkpoint: Path) -> None:
    """Put the weights of a checkpoint into a module, which keeps its own tensors.

    Names are compared without the prefixes of wrappers (``module.`` of DDP, ``_orig_mod.`` of torch.compile and so on),
    in the file as in the module. Of tensors that the module ties, one is enough.

    Args:
        model: Takes the weights.
        checkpoint: A safetensors file, or a folder with one or with shards and their index.

    Raises:
        SeriesError: if the checkpoint cannot be read, or a tensor is missing, unexpected, of another shape, or differs
            from one to which the module ties it.
    """
    state = {name: tensor for name, tensor in model.state_dict().items() if isinstance(tensor, Tensor)}
    own = {plain: name for name, plain in weights.plain_names(state).items()}
    stored = {
        own.get(name, name): tensor for name, tensor in weights.unwrapped(dict(weights.tensors(checkpoint))).items()
    }
    for name, tensor in stored.items():
        if name in state and state[name].shape != tensor.shape:
            shapes = f"{tuple(tensor.shape)}, not {tuple(state[name].shape)}"
            raise SeriesError(f"{checkpoint}: does not fit the model: holds {name} {shapes}")
    fit = model.load_state_dict(stored, strict=False)
    filled = {state[name].data_ptr() for name in stored if name in state}
    missing = [name for name in fit.missing_keys if name not in state or state[name].data_ptr() not in filled]
    for names, what in ((missing, "lacks"), (fit.unexpected_keys, "holds unexpected")):
        if names:
            others = f" and {len(names) - 1} more" if len(names) > 1 else ""
            raise SeriesError(f"{checkpoint}: does not fit the model: {what} {names[0]}{others}")
    _refuse_untied(checkpoint, state, stored)


def _refuse_untied(checkpoint: Path, state: Mapping[str, Tensor], stored: Mapping[str, Tensor]) -> None:
    """Refuse different values for tensors that share memory, of which the model could hold one only."""
    owners: dict[int, str] = {}
    for name, tensor in stored.items():
        owner = owners.setdefault(state[name].data_ptr(), name) if state[name].numel() else name
        if owner != name and not torch.allclose(
            stored[owner].double(), tensor.double(), rtol=0, atol=0, equal_nan=True
        ):
            raise SeriesError(
                f"{checkpoint}: {owner} and {name} differ, but the model ties them; untie them in the model"
            )
