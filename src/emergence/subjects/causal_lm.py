"""Causal language models on prompts and their right continuations, as a subject of measures.

Groups are probe sets, and held-out passages in two halves. Losses are of every token of the right continuation, given
the true tokens before it; representations are those of the prompt alone. The mixture is the loss of the passages, as
in training; probe sets are only evaluated. Any causal language model of transformers will do whose attention is
written out (``eager``): fused kernels have no second derivative.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from emergence.checkpoints import hf_manifest
from emergence.checkpoints.trajectory import Trajectory
from emergence.config.types import Device
from emergence.models import build
from emergence.subjects.answer_losses import ROWS, AnswerLosses, Question, batches_by_length, logits_at, padded
from emergence.subjects.examples import IGNORED, NamedGroup
from emergence.subjects.module_layers import recorded_outputs
from emergence.subjects.subject import (
    Batch,
    Grams,
    Labels,
    Loss,
    MeasureError,
    Representation,
    TrajectorySubject,
    group_name,
)
from emergence.subjects.torch_module import ModuleSubject
from emergence.tasks import corpus
from emergence.tasks.language_scores import Encode, ProbeError, encode_continuation
from emergence.tasks.symbols import PASSAGES

Pairs = Mapping[str, Sequence[tuple[str, str]]]
"""Prompts and their right continuations, each with its leading blank, by the name of the group."""
NO_TOKEN = -1
HALF = (torch.bfloat16, torch.float16)


class LanguageSubject(ModuleSubject):
    """A language model on questions; Langevin batches are random questions of each group."""

    def __init__(self, model: Any, pairs: Pairs, encode: Encode, rows: int = ROWS, passages: str | None = None) -> None:
        """Take a model and what it is asked.

        Args:
            model: Of transformers.
            pairs: Prompts and their right continuations, by group.
            encode: Of the model's own tokenizer.
            rows: Sequences in a pass at most.
            passages: The group of text like that of training, whose loss is the mixture; of all groups alike if None.

        Raises:
            MeasureError: if a group is empty, or a prompt or continuation has no token or does not fit the context.
        """
        context = getattr(model.config, "max_position_embeddings", None)
        self.questions = {
            _group(group): [_encoded(group, *pair, encode, context) for pair in of_group]
            for group, of_group in pairs.items()
        }
        self.rows, self.passages = rows, passages
        super().__init__(
            model, {group_name(group): _examples(group, questions) for group, questions in self.questions.items()}
        )
        self._asked = cache(self._first)

    def representations(self) -> Iterator[Representation]:
        """Residual stream after every block, ``answer`` (at the prompt's last token) and ``mean`` (over the prompt)."""
        for group, questions in self.questions.items():
            prompts, rows = _distinct(questions)
            for pooling, values in self._pooled(prompts).items():
                yield Representation(group, pooling, range(1, len(values) + 1), values[:, rows])

    def labels(self, group: NamedGroup) -> Labels:
        """Tokens of the right continuations; questions with equal prompts have one prompt."""
        questions = self.questions[group]
        answers = padded([question.answer for question in questions], NO_TOKEN)
        device = next(self.model.parameters()).device
        return Labels(answers.to(device), _distinct(questions)[1].to(device))

    def losses(self, groups: Sequence[NamedGroup], samples: int | None = None) -> list[Tensor]:
        """Loss of every token of the right continuations."""
        if torch.is_grad_enabled():
            self._refuse_half()
        return self._asked(tuple(groups), samples)()

    def mixture(self, groups: Sequence[NamedGroup], parts: Sequence[Tensor]) -> Tensor:
        """The loss of the passages; without any among the groups, that of every answer token alike."""
        passages = [part for group, part in zip(groups, parts, strict=True) if group.task == self.passages]
        return torch.cat(passages or list(parts)).mean()

    def batches(self, groups: Sequence[NamedGroup], number: int, examples: int, seed: int) -> list[Batch]:
        """Questions drawn from each group, each at most once a batch: all of a group that has fewer.

        Args:
            groups: From which questions are drawn.
            number: Of batches.
            examples: Questions of each group in a batch.
            seed: Of the draws.

        Raises:
            MeasureError: if the model is in half precision.
        """
        self._refuse_half()
        rng = np.random.default_rng(seed)
        return [self._batch([self._some(group, examples, rng) for group in groups]) for _ in range(number)]

    def grams(self, group: NamedGroup, samples: int, leading: int, loss: Loss | None = None) -> Grams:
        """Exact inner products, a few samples at a time.

        Args:
            group: Whose questions are taken.
            samples: Number of questions, from the first.
            leading: Number of first parameters, in the order of the model, that have a matrix of their own.
            loss: From logits to one loss a sample; that on the answers if None.

        Raises:
            MeasureError: if the model is in half precision, or there are fewer than two questions.
            NotFiniteError: if a gradient is not finite.
        """
        self._refuse_half()
        return super().grams(group, samples, leading, loss)

    @torch.no_grad()
    def _pooled(self, prompts: Sequence[tuple[int, ...]]) -> dict[str, Tensor]:
        """Of each prompt after every block, float64: by pooling, (blocks, prompts, width)."""
        order, parts = [], []
        for numbers in batches_by_length(prompts, self.rows):
            chosen = [prompts[number] for number in numbers]
            parts.append(self._states(chosen))
            order += numbers
        place = torch.tensor(order).argsort()
        return {pooling: torch.cat([part[pooling] for part in parts], dim=1)[:, place] for pooling in parts[0]}

    def _states(self, prompts: Sequence[tuple[int, ...]]) -> dict[str, Tensor]:
        """The same for prompts of like length, in one pass."""
        tokens = padded(prompts).to(next(self.model.parameters()).device)
        ends = torch.tensor([len(prompt) for prompt in prompts], device=tokens.device)
        rows, within = torch.arange(len(ends)), torch.arange(tokens.shape[1], device=tokens.device) < ends[:, None]
        with recorded_outputs(self.model, self.layers) as seen:
            logits_at(self.model, tokens, ends[:1] - 1)
        return {
            "answer": torch.stack([seen[layer][rows, ends - 1].double() for layer in self.layers]),
            "mean": torch.stack([_mean(seen[layer].double(), within) for layer in self.layers]),
        }

    def _first(self, groups: tuple[NamedGroup, ...], samples: int | None) -> Batch:
        return self._batch([self.questions[group][:samples] for group in groups])

    def _some(self, group: NamedGroup, count: int, rng: np.random.Generator) -> list[Question]:
        questions = self.questions[group]
        chosen = rng.choice(len(questions), min(count, len(questions)), replace=False)
        return [questions[number] for number in chosen]

    def _batch(self, questions: Sequence[Sequence[Question]]) -> Batch:
        """Questions of some groups, laid out to be asked together."""
        answers = AnswerLosses(self.model, [question for of_group in questions for question in of_group], self.rows)
        sizes = [sum(len(question.answer) for question in of_group) for of_group in questions]
        return lambda: list(answers().split(sizes))

    def _refuse_half(self) -> None:
        if (dtype := next(self.model.parameters()).dtype) in HALF:
            raise MeasureError(f"gradients in {dtype} are mostly rounding", "set precision: float32 for this series")


def _group(name: str) -> NamedGroup:
    """A group by its name, with a level behind a slash if it has one."""
    return NamedGroup.parse(name) if "/" in name else NamedGroup(name, corpus.LEVEL)


def _encoded(group: str, prompt: str, right: str, encode: Encode, context: int | None) -> Question:
    """A question in the tokens that are scored as behaviour."""
    try:
        tokens, start = encode_continuation(group, prompt, right, encode)
    except ProbeError as error:
        raise MeasureError(error.problem, error.remedy) from None
    question = Question(tuple(tokens[:start]), tuple(tokens[start:]))
    if context and len(question.read) > context:
        needed = f"takes {len(question.read)} tokens with its answer, the model's context is {context}"
        raise MeasureError(f"{group}: {prompt!r} {needed}", "shorten or leave it out")
    return question


def _examples(group: NamedGroup, questions: Sequence[Question]) -> tuple[Tensor, Tensor]:
    """Inputs of the model, padded to one length, and the target token at each place of the answer."""
    if not questions:
        raise MeasureError(f"{group_name(group)}: no question", "leave the group out")
    before = [(IGNORED,) * (len(question.prompt) - 1) for question in questions]
    targets = [(*ignored, *question.answer) for ignored, question in zip(before, questions, strict=True)]
    return padded([question.read for question in questions]), padded(targets, IGNORED)


def _distinct(questions: Sequence[Question]) -> tuple[list[tuple[int, ...]], Tensor]:
    """The distinct prompts, and the number of each question's."""
    numbers: dict[tuple[int, ...], int] = {}
    rows = [numbers.setdefault(question.prompt, len(numbers)) for question in questions]
    return list(numbers), torch.tensor(rows)


def _mean(states: Tensor, within: Tensor) -> Tensor:
    """Mean of states (prompts, length, width) over the tokens of each prompt (prompts, length)."""
    return torch.where(within[..., None], states, 0).sum(dim=1) / within.sum(dim=1, keepdim=True)


def open_subject(run: Trajectory, probes: Path, device: Device) -> TrajectorySubject:
    """A language model on the probe sets and passages of a file.

    Args:
        run: Trajectory of a language model.
        probes: Table ``items``.
        device: Where the model is measured.

    Raises:
        SeriesError: if the checkpoints, their configuration or the tokenizer cannot be read.
        TableError: if the file is damaged.
        MeasureError: as `LanguageSubject`.
    """
    _, series = hf_manifest.open_series(run.folder)
    model = series.build().to(build.device(device))
    items, passages = corpus.load_items(probes)
    pairs: dict[str, list[tuple[str, str]]] = {}
    for item in items:
        pairs.setdefault(item.probe, []).append((item.prompt, item.right))
    asked = {**pairs, PASSAGES: passages} if passages else pairs
    subject = LanguageSubject(model, asked, series.encoder(), passages=PASSAGES)
    return TrajectorySubject(run, subject, lambda step: series.load(model, step))
