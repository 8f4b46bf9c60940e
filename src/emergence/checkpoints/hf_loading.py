"""Load one checkpoint of a causal language model exactly as ``transformers`` does.

Model class, conversion of stored tensors, tied weights and arithmetic are those of ``from_pretrained``. But tensors are
read by `emergence.checkpoints.weights` and given to it with the configuration, so it never looks for a file: not for a
pickle, an adapter, or weights of another name.
"""

import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from emergence.checkpoints import weights
from emergence.checkpoints.weights import SeriesError

OPTIONS = {"attn_implementation": "eager", "trust_remote_code": False}
CONSTANTS = re.compile(r"\.(attn|attention)\.(bias|masked_bias)$|\.rotary_emb\.inv_freq$")
"""Buffers that older versions of transformers stored with the weights; models now compute them."""
DESCRIPTIVE = {
    "_name_or_path", "architectures", "auto_map", "bos_token_id", "dtype", "eos_token_id", "pad_token_id",
    "transformers_version", "use_cache",
}  # fmt: skip
"""Keys of a configuration on which no logit depends."""


def causal_class(folder: Path, config: Any) -> Any:
    """The class of causal models that transformers has for a configuration, found by building one without memory.

    Raises:
        SeriesError: if there is none, or the configuration is not valid; the message begins with ``folder``.
    """
    from transformers import AutoModelForCausalLM

    try:
        with torch.device("meta"), torch.random.fork_rng(devices=[]):
            return type(AutoModelForCausalLM.from_config(config, **OPTIONS))
    except Exception as error:  # transformers raises whatever a wrong value leads to
        raise SeriesError(f"{folder}: not a causal language model ({one_line(error)})") from None


def load_causal_model(folder: Path, kind: Any, config: Any, dtype: torch.dtype) -> Any:
    """Load a checkpoint as ``AutoModelForCausalLM.from_pretrained`` does, with eager attention, for evaluation.

    Args:
        folder: Holds the weights, whose names may have prefixes of wrappers such as ``module.``.
        kind: Class of the model, as given by `causal_class`.
        config: The model's transformers configuration.
        dtype: In which weights are held and computed with, whatever the files hold.

    Returns:
        A PreTrainedModel, whose tensors may be mapped from the files.

    Raises:
        SeriesError: if the weights cannot be read, or a tensor is missing, unexpected or of another shape.
    """
    own = config if isinstance(config, kind.config_class) else config.get_text_config()  # of a model that sees, too
    given = {"state_dict": weights.unwrapped(dict(weights.tensors(folder))), "dtype": dtype, "local_files_only": True}
    report = {"output_loading_info": True, "ignore_mismatched_sizes": True}
    try:
        with _quiet(), torch.random.fork_rng(devices=[]):
            model, fit = kind.from_pretrained(None, config=own, **given, **OPTIONS, **report)
    except Exception as error:  # as above
        raise SeriesError(f"{folder}: transformers cannot load it as a {kind.__name__} ({one_line(error)})") from None
    _refuse_misfits(folder, fit)
    return model.eval()


def _refuse_misfits(folder: Path, report: Mapping[str, Any]) -> None:
    """Refuse a checkpoint by the report of transformers on how its tensors fit the model."""
    for name, stored, expected in sorted(report["mismatched_keys"]):
        raise SeriesError(f"{folder}: holds {name} {tuple(stored)}, not {tuple(expected)}; see its config.json")
    for name in sorted(report["missing_keys"]):
        raise SeriesError(f"{folder}: lacks {name}, which the model needs; copy or download it again")
    for name in sorted(report["unexpected_keys"]):
        if not CONSTANTS.search(name):
            raise SeriesError(f"{folder}: holds {name}, which the model lacks; see its config.json")


def refuse_not_causal(folder: Path, model: Any) -> None:
    """Refuse a model whose predictions depend on later tokens, as an encoder's do.

    Raises:
        SeriesError: if they do, or it does not run on tokens alone.
    """
    try:
        causal = not _sees_later_tokens(model)
    except Exception as error:  # as above
        raise SeriesError(f"{folder}: a {type(model).__name__} does not run on tokens ({one_line(error)})") from None
    if not causal:
        kind = model.config.model_type
        raise SeriesError(f"{folder}: is a {kind} whose predictions depend on later tokens; give a causal model")


def _sees_later_tokens(model: Any) -> bool:
    """Whether the first logits have a gradient at later tokens, which is exactly zero in a causal model."""
    states: list[Tensor] = []
    embeddings = model.get_input_embeddings()
    handle = embeddings.register_forward_hook(lambda _, __, output: states.append(output))
    try:
        with torch.enable_grad():
            tokens = torch.arange(4, device=embeddings.weight.device)[None] % embeddings.num_embeddings
            logits = model(tokens, use_cache=False).logits
            (gradient,) = torch.autograd.grad(logits[0, 0].float().square().sum(), states[0])
    finally:
        handle.remove()
    later = gradient.reshape(tokens.numel(), -1)[1:]  # some models put length first
    return bool(later.nan_to_num(0, 0, 0).any())  # weights that are not finite say nothing


def refuse_other_model(folder: Path, first: Any, stored: Any) -> None:
    """Refuse a checkpoint whose model differs from the first checkpoint's in more than the values of its weights.

    Args:
        folder: Of the checkpoint, for the message.
        first: Model of the first checkpoint.
        stored: Model of this one, as it is stored.

    Raises:
        SeriesError: if a key of the configuration, or what is tied, differs.
    """
    old, new = first.config.to_dict(), stored.config.to_dict()
    for key in ("model_type", *sorted((old.keys() | new.keys()) - DESCRIPTIVE)):
        if old.get(key) != new.get(key):
            what = f"{key} is {new.get(key)}, that of the first checkpoint {old.get(key)}"
            raise SeriesError(f"{folder / 'config.json'}: {what}; a series is of one model, make it two")
    if differing := _tied(first).items() ^ _tied(stored).items():
        name, owner = min(differing)
        raise SeriesError(f"{folder}: {name} and {owner} are not tied in every checkpoint; make it two series")


def _tied(model: nn.Module) -> dict[str, str]:
    """Names of tensors that share memory, each with the first of that memory."""
    first: dict[int, str] = {}
    names = {name: first.setdefault(tensor.data_ptr(), name) for name, tensor in model.state_dict().items()}
    return {name: owner for name, owner in names.items() if name != owner}


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the progress bar and the report of transformers, as misfits are raised here."""
    from transformers.utils import logging as of_transformers

    level, shown = of_transformers.get_verbosity(), of_transformers.is_progress_bar_enabled()
    of_transformers.set_verbosity(logging.CRITICAL)
    of_transformers.disable_progress_bar()
    try:
        yield
    finally:
        of_transformers.set_verbosity(level)
        if shown:
            of_transformers.enable_progress_bar()


def one_line(error: Exception) -> str:
    """The message of an error on one line, at most 200 characters."""
    return " ".join(str(error).split())[:200]
