"""Series of checkpoints of one causal language model, in folders of the Hugging Face layout.

The weights of each checkpoint, loaded by ``transformers`` (see `emergence.checkpoints.hf_loading`), are copied into one
model that all checkpoints share, so that at most two are in memory. Code that comes with a checkpoint is never run.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import nn

from emergence.checkpoints import hf_loading, hub, weights
from emergence.checkpoints.find import find_checkpoints
from emergence.checkpoints.hf_loading import one_line
from emergence.checkpoints.weights import SeriesError
from emergence.config.language import SeriesSettings
from emergence.config.types import Precision

logger = logging.getLogger("emergence")

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}


@dataclass(frozen=True)
class Series:
    """Folders of checkpoints by step, ascending."""

    name: str
    folders: Mapping[int, Path]
    precision: Precision = "float32"

    @property
    def steps(self) -> list[int]:
        """Steps of the checkpoints, ascending."""
        return list(self.folders)

    def folder(self, step: int) -> Path:
        """Folder of a step.

        Raises:
            SeriesError: if the series has no such step.
        """
        if step not in self.folders:
            raise SeriesError(f"{self.name}: no checkpoint of step {step}; there are {self.steps}")
        return self.folders[step]

    def config(self, step: int) -> Any:
        """The transformers configuration of a checkpoint.

        Raises:
            SeriesError: if there is none, or transformers has no such type of model.
        """
        from transformers import AutoConfig

        path = self.folder(step) / "config.json"
        if not path.is_file():
            raise SeriesError(f"{path}: no such file; copy the model's configuration here")
        try:
            return AutoConfig.from_pretrained(path.parent, trust_remote_code=False, local_files_only=True)
        except Exception as error:  # transformers raises whatever a wrong value leads to
            raise SeriesError(
                f"{path}: not a configuration that transformers reads ({one_line(error)}); correct it"
            ) from None

    def build(self) -> Any:
        """Build the model of the series (a PreTrainedModel), in its precision, for evaluation.

        It has the weights of the first checkpoint, whose tensors also decide which are tied. Attention is written out
        rather than fused, as fused kernels have no second derivative.

        Raises:
            SeriesError: if the first checkpoint is not a causal language model, or as `load`.
        """
        first = self.steps[0]
        model = self._loaded(first, hf_loading.causal_class(self.folder(first), self.config(first)))
        for tensor in {*model.parameters(), *model.buffers()}:
            tensor.data = tensor.data.clone()  # no longer mapped from a file, which may change
        hf_loading.refuse_not_causal(self.folder(first), model)
        return model

    def load(self, model: Any, step: int) -> None:
        """Load the weights of a step into a model returned by `build`, which keeps its own tensors.

        Raises:
            SeriesError: if the checkpoint cannot be read, lacks a tensor or has another, or is of a model that
                differs from the first checkpoint's in more than weights. The model is then as it was.
        """
        state, stored = model.state_dict(), self._loaded(step, type(model))
        hf_loading.refuse_other_model(self.folder(step), model, stored)
        for name, tensor in stored.state_dict().items():
            state[name].copy_(tensor)

    def tokenizer_file(self) -> Path:
        """File of the tokenizer shared by all checkpoints: in the folder of the first, or the one above.

        Raises:
            SeriesError: if there is none.
        """
        first = self.folder(self.steps[0])
        files = [path for path in (first / "tokenizer.json", first.parent / "tokenizer.json") if path.is_file()]
        if not files:
            raise SeriesError(
                f"{first}: no tokenizer.json here or above; copy the model's, or write it with save_pretrained"
            )
        return files[0]

    def tokenizer(self) -> Tokenizer:
        """The tokenizer, without padding and truncation.

        Raises:
            SeriesError: if there is none, it is damaged, or its vocabulary is larger than the model's. Tokens that
                were added to a vocabulary later do not count; see `encode`.
        """
        path = self.tokenizer_file()
        try:
            tokenizer = Tokenizer.from_file(str(path))
        except Exception as error:  # the library raises plain exceptions
            raise SeriesError(f"{path}: not a readable tokenizer ({one_line(error)}); copy it again") from None
        tokenizer.no_padding()
        tokenizer.no_truncation()
        learned, most = tokenizer.get_vocab_size(with_added_tokens=False), self._vocabulary()
        if learned > most:
            raise SeriesError(
                f"{path}: has {learned} tokens, the model {most}; it belongs to another model, copy the right one"
            )
        return tokenizer

    def encoder(self) -> Callable[[str], list[int]]:
        """The tokenizer as a function from text to tokens, without marks of start or end.

        Raises:
            SeriesError: as `tokenizer`; the function, if a text has a token that the model lacks.
        """
        tokenizer, most = self.tokenizer(), self._vocabulary()

        def encode(text: str) -> list[int]:
            tokens = list(tokenizer.encode(text, add_special_tokens=False).ids)
            if beyond := [token for token in tokens if token >= most]:
                added = tokenizer.id_to_token(beyond[0])
                raise SeriesError(
                    f"{self.tokenizer_file()}: {text!r} has the added token {added!r}, which the model lacks; reword it"
                )
            return tokens

        return encode

    def _vocabulary(self) -> int:
        return int(self.config(self.steps[0]).get_text_config().vocab_size)

    def _loaded(self, step: int, kind: Any) -> Any:
        return hf_loading.load_causal_model(self.folder(step), kind, self.config(step), DTYPES[self.precision])


def open_series(settings: SeriesSettings, downloads: Path) -> Series:
    """Open the series that settings describe; revisions on the hub are downloaded to a folder of ``downloads`` first.

    Raises:
        SeriesError: if folders are missing, or as `hub.download`.
    """
    if settings.repository:
        root = settings.downloaded_to(downloads)
        folders = hub.download(settings.repository, settings.all_revisions, root)
        return Series(settings.name, folders, settings.precision)
    if settings.folders:
        folders = {step: Path(folder) for step, folder in sorted(settings.folders.items())}
    else:
        folders = step_folders(Path(settings.folder or ""), settings.steps)
    for folder in folders.values():
        weights.files(folder)  # a missing checkpoint fails now rather than after hours
    return Series(settings.name, folders, settings.precision)


def step_folders(root: Path, steps: list[int] | None = None) -> dict[int, Path]:
    """Checkpoints of a folder by their step, all or those of ``steps``, ascending; see `find_checkpoints`.

    What is left out beside all is logged.

    Raises:
        SeriesError: as `find_checkpoints`, or if one of ``steps`` is absent.
    """
    checkpoints = find_checkpoints(root)
    folders = checkpoints.by_step
    for note in [] if steps else checkpoints.notes:
        logger.warning("%s", note)
    if files := [path for path in folders.values() if path.is_file()]:
        raise SeriesError(f"{files[0]}: is a file; a language model's checkpoint is a folder with its config.json")
    if absent := [step for step in steps or [] if step not in folders]:
        raise SeriesError(f"{root}: no checkpoint of step {absent[0]}; there are {sorted(folders)}")
    return {step: folders[step] for step in sorted(steps or folders)}


def logits_of(model: nn.Module) -> Callable[[NDArray[np.int64]], NDArray[np.float32]]:
    """The model as a function from tokens (rows, length) to logits (rows, length, vocabulary), without gradients."""

    @torch.no_grad()
    def logits(tokens: NDArray[np.int64]) -> NDArray[np.float32]:
        device = next(model.parameters()).device
        return model(torch.from_numpy(tokens).to(device)).logits.float().cpu().numpy()

    return logits
