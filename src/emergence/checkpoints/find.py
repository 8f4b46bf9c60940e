"""Find the checkpoints of one training run in a folder, and their steps by name.

A checkpoint is a safetensors file, or a folder with `model.safetensors` or with shards and their index, as
`save_pretrained`, the Trainer of transformers, accelerate, DeepSpeed, Megatron and Lightning name them. Its step is the
number after ``step`` in its name, else after ``iter``, else after ``checkpoint`` or ``ckpt``, else the only number that
is neither a metric, an epoch, a version nor a size. A name in which two numbers may be the step is refused, because a
wrong order of training shows in no curve.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from emergence.checkpoints.weights import INDEX, PICKLES, SHARD, SINGLE, TRAINER_STATE, SeriesError, pickles

LABELS = ("step", "(?<![a-z])iter(?:ation)?", "(?<![a-z])(?:checkpoint|ckpt)")
"""Words before the step, the most certain first."""
LARGEST = 2**63 - 1
"""step that a table can hold; a longer number is part of a hash, or a time"""
LABELLED = r"s?[ _=:-]?(?P<digits>\d+)(?P<thousands>k?)(?P<more>[.,_]?\d|[a-z])?"
LONE = re.compile(r"(?P<word>[a-z]*)[ _=:@-]*(?P<number>\d+(?:\.\d+)?(?:e[+-]?\d+)?)(?P<unit>[a-z]*)")
NO_STEP = re.compile(
    r"(?:\w*loss|acc\w*|ppl|perplexity|nll|bp[bc]|err\w*|\w*score|f|r|auc\w*|bleu|rouge|metric|reward|mse|mae|lr|wd"
    r"|ep|epochs?|tok|tokens?|seed|rank|stage|fold|part|v|ver|version|bs|size|dim|width|layers?|heads?|top|of"
    r"|val\w*|eval\w*|test|dev)"
)
"""Words before a number that is not a step."""


@dataclass(frozen=True)
class CheckpointFiles:
    """Checkpoints of a folder."""

    by_step: dict[int, Path]
    """files or folders, by ascending step"""
    left_out: dict[str, str]
    """reason for each name beside them that looks like a checkpoint and is none"""

    @property
    def notes(self) -> list[str]:
        """One line for each name that is left out."""
        return [f"left out: {name} ({reason})" for name, reason in self.left_out.items()]


def find_checkpoints(folder: Path) -> CheckpointFiles:
    """Find the checkpoints in a folder, or the one that the folder is.

    Args:
        folder: Holds one file or subfolder a checkpoint; ``~`` is expanded. If none has a step and the folder itself
            holds weights, it is the only checkpoint, of the step in its own name or else 0.

    Raises:
        SeriesError: if there are none, two have the same step, or the step of one is ambiguous.
    """
    root = folder.expanduser()
    if not root.is_dir():
        raise SeriesError(f"{root}: no such folder; check its path")
    by_step: dict[int, Path] = {}
    left_out: dict[str, str] = {}
    for path in _candidates(root):
        step, reason = _step(path)
        if step is None:
            left_out[path.name] = reason
        elif (other := by_step.setdefault(step, path)) != path:
            by_step[step] = _one_of(path, other, step)
            left_out[(other if by_step[step] is path else path).name] = "no weights"
    if not by_step and _holds_weights(root):
        return CheckpointFiles({labelled_step(root.name) or 0: root}, {})
    if not by_step:
        raise SeriesError(f"{root}: {_none(left_out)}")
    return CheckpointFiles(dict(sorted(by_step.items())), left_out)


def _one_of(path: Path, other: Path, step: int) -> Path:
    """That of two candidates of one step that holds weights; samples may have the step in their name as well."""
    holders = [one for one in (path, other) if _holds_weights(one)]
    if len(holders) != 1:
        raise SeriesError(f"{path}: has the same step, {step}, as {other.name}; keep one of them in this folder")
    return holders[0]


def step_of(name: str) -> int | None:
    """The step in the name of a checkpoint or revision, without a suffix; None if there is none.

    >>> [step_of(name) for name in ("stage1-step1000-tokens3B", "epoch=3-step=500-val_loss=0.93", "v2-iter_0020")]
    [1000, 500, 20]
    >>> [step_of(name) for name in ("checkpoint-500", "step-50K-105b", "1000", "epoch=3", "final")]
    [500, 50000, 1000, None, None]

    Raises:
        SeriesError: if two numbers may be the step.
    """
    labelled = labelled_step(name)
    if labelled is not None:
        return labelled
    parts = [part for part in LONE.finditer(name.lower()) if _may_be_step(part)]
    if len({int(part["number"]) for part in parts}) > 1:
        raise _ambiguous(name, " or ".join(part["number"] for part in parts))
    return int(parts[0]["number"]) if parts else None


def labelled_step(name: str) -> int | None:
    """The number after the first of `LABELS` that a name has; None if it has none.

    Raises:
        SeriesError: if two numbers stand there.
    """
    for label in LABELS:
        parts = list(re.finditer(label + LABELLED, name.lower()))
        steps = {int(part["digits"]) * (1000 if part["thousands"] else 1) for part in parts}
        if len(steps) > 1 or any(part["more"] for part in parts):
            raise _ambiguous(name, " or ".join(part[0] for part in parts))
        if steps and max(steps) <= LARGEST:
            return steps.pop()
    return None


def _may_be_step(part: re.Match[str]) -> bool:
    plain = part["number"].isdigit() and not part["unit"] and not NO_STEP.fullmatch(part["word"])
    return plain and int(part["number"]) <= LARGEST


def _ambiguous(name: str, which: str) -> SeriesError:
    return SeriesError(f"{name}: its step is ambiguous ({which}); rename it, for example, step1000")


def _candidates(root: Path) -> Iterator[Path]:
    """Folders, and files that may hold weights."""
    for path in sorted(root.iterdir()):
        weights = path.suffix == ".safetensors" or bool(pickles([path.name]))
        if not path.name.startswith(".") and (path.is_dir() or weights):
            yield path


def _step(path: Path) -> tuple[int | None, str]:
    """The step of a candidate, or the reason why it is not a checkpoint."""
    if path.is_dir():
        if not _holds_weights(path) and labelled_step(path.name) is None:
            return None, "no weights"
        return step_of(path.name), "no step in its name"
    if path.suffix in PICKLES:
        return None, "pickled, and not read, as that could run code; save as safetensors"
    if SHARD.search(path.stem):
        return None, f"a shard; shards are read from a folder with their {INDEX}"
    if TRAINER_STATE.match(path.stem) or path.stem.startswith("adapter_model"):
        return None, "no weights of the model"
    return step_of(path.stem), "no step in its name"


def _holds_weights(path: Path) -> bool:
    return path.is_file() or (path / SINGLE).is_file() or (path / INDEX).is_file()


def _none(left_out: dict[str, str]) -> str:
    """The message of a folder in which nothing is a checkpoint."""
    reasons = [f" ({name}: {reason})" for name, reason in left_out.items()][:1]
    return f"no checkpoints, which have names such as step1000 or checkpoint-1000{''.join(reasons)}"
