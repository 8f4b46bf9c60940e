"""A series of checkpoints of one causal language model, in folders of the Hugging Face layout.

The model's class and configuration are those of ``transformers``; weights are read here (see `weights`) into one model
that all checkpoints share, so that one is in memory at a time. Code that comes with a checkpoint is never run.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import Tensor, nn

from emergence.models import hub, weights
from emergence.models.weights import SeriesError
from emergence.settings.base import Precision
from emergence.settings.language import SeriesSettings

NEOX = "gpt_neox"
DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}
READOUT = ("embed_out.", "lm_head.")
"""What files of GPT-NeoX call the read-out, and what transformers does since version 5."""
CONSTANTS = re.compile(r"\.(attn|attention)\.(bias|masked_bias)$|\.rotary_emb\.inv_freq$")
"""Buffers that older versions of transformers stored with the weights; models now make them."""


@dataclass(frozen=True)
class Series:
    """Folders of checkpoints by their step, rising."""

    name: str
    folders: Mapping[int, Path]
    precision: Precision = "float32"

    @property
    def steps(self) -> list[int]:
        """Steps of the checkpoints, rising."""
        return list(self.folders)

    def folder(self, step: int) -> Path:
        """Folder of a step.

        Raises:
            SeriesError: if the series has no such step.
        """
        if step not in self.folders:
            raise SeriesError(f"{self.name}: no checkpoint of step {step}; there are {self.steps}")
        return self.folders[step]

    def weights(self, step: int) -> dict[str, Tensor]:
        """All tensors of a checkpoint under their stored names, floats in the series' precision."""
        return dict(weights.tensors(self.folder(step), DTYPES[self.precision]))

    def config(self, step: int) -> Any:
        """The configuration of a checkpoint, of transformers.

        Raises:
            SeriesError: if there is none, or its type of model is none that transformers itself has.
        """
        from transformers import AutoConfig

        path = self.folder(step) / "config.json"
        if not path.is_file():
            raise SeriesError(f"{path}: no such file; a checkpoint needs the model's configuration, copy it here")
        try:
            return AutoConfig.from_pretrained(path.parent, trust_remote_code=False, local_files_only=True)
        except Exception as error:  # transformers raises whatever a wrong value leads to
            raise SeriesError(f"{path}: no configuration that transformers reads ({_line(error)}); mend it") from None

    def neox(self, step: int) -> Any:
        """The configuration of a checkpoint that must be a GPT-NeoX, as Pythia's are.

        Raises:
            SeriesError: as `config`, or if the model is another.
        """
        config = self.config(step)
        if config.model_type != NEOX:
            raise SeriesError(
                f"{self.folder(step)}: is a {config.model_type}; this measure needs a {NEOX}, as Pythia is"
            )
        return config

    def build(self) -> Any:
        """The model of the series (a PreTrainedModel) with arbitrary weights, in its precision, for evaluation.

        Attention is written out rather than fused, as fused kernels have no second derivative.

        Raises:
            SeriesError: if the configuration is that of no causal language model.
        """
        from transformers import AutoModelForCausalLM

        config = self.config(self.steps[0])
        options = {"dtype": DTYPES[self.precision], "attn_implementation": "eager", "trust_remote_code": False}
        try:
            with torch.random.fork_rng(devices=[]):
                return AutoModelForCausalLM.from_config(config, **options).eval()
        except Exception as error:  # as above
            raise SeriesError(f"{self.folder(self.steps[0])}: no causal language model ({_line(error)})") from None

    def load(self, model: nn.Module, step: int) -> None:
        """Put the weights of a step into a model that `build` gave, tensor by tensor.

        Raises:
            SeriesError: if the checkpoint cannot be read or its tensors are not the model's; the model is then of
                no use.
        """
        folder, state = self.folder(step), model.state_dict()  # shares its memory with the model
        filled = set()
        for stored, tensor in weights.tensors(folder):
            place = state.get(_name(stored, state, getattr(model, "base_model_prefix", "")))
            if place is None and CONSTANTS.search(stored):
                continue
            if place is None or place.shape != tensor.shape:
                expected = "which the model lacks" if place is None else f"not {tuple(place.shape)}"
                raise SeriesError(f"{folder}: holds {stored} {tuple(tensor.shape)}, {expected}; see its config.json")
            place.copy_(tensor)
            filled.add(place.data_ptr())  # tied weights are stored once
        if missing := sorted(name for name, tensor in state.items() if tensor.data_ptr() not in filled):
            raise SeriesError(f"{folder}: lacks {missing[0]}, which the model needs; copy or download it again")

    def tokenizer_file(self) -> Path:
        """Where the tokenizer is, which all checkpoints share: in the folder of the first, or the one above.

        Raises:
            SeriesError: if there is none.
        """
        first = self.folder(self.steps[0])
        found = [path for path in (first / "tokenizer.json", first.parent / "tokenizer.json") if path.is_file()]
        if not found:
            raise SeriesError(f"{first}: no tokenizer.json, here or above; copy the model's, or save_pretrained it")
        return found[0]

    def tokenizer(self) -> Tokenizer:
        """The tokenizer.

        Raises:
            SeriesError: if there is none, it is damaged, or it has more tokens than the model.
        """
        path = self.tokenizer_file()
        try:
            tokenizer = Tokenizer.from_file(str(path))
        except Exception as error:  # the library raises plain exceptions
            raise SeriesError(f"{path}: no readable tokenizer ({_line(error)}); copy it again") from None
        if (size := tokenizer.get_vocab_size()) > (most := self.config(self.steps[0]).vocab_size):
            raise SeriesError(f"{path}: has {size} tokens, the model {most}; it is another model's, copy the right")
        return tokenizer


def found(settings: SeriesSettings, downloads: Path) -> Series:
    """The series that settings describe; revisions on the hub are downloaded into a folder of ``downloads`` first.

    Raises:
        SeriesError: if folders are missing, or as `hub.download`.
    """
    if settings.repository:
        revisions = {step: settings.revisions.get(step, f"step{step}") for step in settings.steps or []}
        root = downloads / settings.repository.replace("/", "--")
        return Series(settings.name, hub.download(settings.repository, revisions, root), settings.precision)
    if settings.folders:
        folders = {step: Path(folder) for step, folder in sorted(settings.folders.items())}
    else:
        folders = chosen(Path(settings.folder or ""), settings.steps)
    for folder in folders.values():
        weights.files(folder)  # fails at once, rather than after hours, where a checkpoint is missing
    return Series(settings.name, folders, settings.precision)


def chosen(root: Path, steps: list[int] | None = None) -> dict[int, Path]:
    """Subfolders of ``root`` by the step that ends their names, all or those of ``steps``, rising.

    Raises:
        SeriesError: if there are none, two have the same step, or one of ``steps`` is absent.
    """
    names = {path: re.search(r"(\d+)$", path.name) for path in sorted(root.glob("*")) if path.is_dir()}
    folders: dict[int, Path] = {}
    for path, number in names.items():
        if number and (other := folders.setdefault(int(number[1]), path)) != path:
            raise SeriesError(f"{path}: has the same step, {int(number[1])}, as {other.name}; keep one")
    if not folders:
        why = "no checkpoints; they are subfolders such as step1000" if root.is_dir() else "no such folder; check it"
        raise SeriesError(f"{root}: {why}")
    if absent := [step for step in steps or [] if step not in folders]:
        raise SeriesError(f"{root}: no checkpoint of step {absent[0]}; there are {sorted(folders)}")
    return {step: folders[step] for step in sorted(steps or folders)}


def logits_of(model: nn.Module) -> Callable[[NDArray[np.int64]], NDArray[np.float32]]:
    """A model as a function from tokens (rows, length) to logits (rows, length, vocabulary), without gradients."""

    @torch.no_grad()
    def logits(tokens: NDArray[np.int64]) -> NDArray[np.float32]:
        device = next(model.parameters()).device
        return model(torch.from_numpy(tokens).to(device)).logits.float().cpu().numpy()

    return logits


def _name(stored: str, state: Mapping[str, Tensor], prefix: str) -> str:
    """What a model calls a stored tensor: the same, or with the prefix of its body, or by the newer name."""
    names = (stored, f"{prefix}.{stored}", stored.replace(*READOUT))
    return next((name for name in names if name in state), stored)


def _line(error: Exception) -> str:
    """An error's message on one line, not too long."""
    return " ".join(str(error).split())[:200]
