"""What following one's own training costs: ``emergence analyze`` a checkpoint, and the callback beside the training.

    python tests/bench/own_runs.py

measures every step of an analysis at the shape of Pythia-160M and writes the table of ``docs/own-checkpoints.md``.
"""

import re
import sys
import time
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from timing import PROJECT, Agreement, Case, Peer

sys.path.insert(0, str(PROJECT / "tests"))

from synthetic import random_lm
from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedModel, Trainer, TrainingArguments

from emergence import series_costs
from emergence.config.defaults import default_measures
from emergence.integrations.transformers import EmergenceCallback
from emergence.measures.api import measure_subject, options_of
from emergence.measures.declarations import declared
from emergence.own_runs.measured_run import MeasuredRun, open_language_run

DOCS = PROJECT / "docs/own-checkpoints.md"
TABLE = re.compile(r"^\| model \| device \|.*\n(?:\|.*\n)+", re.MULTILINE)
GPT2_SMALL = GPT2Config(attn_implementation="eager")
MIDDLE = GPT2Config(vocab_size=2048, n_embd=256, n_layer=4, n_head=4, n_positions=128, bos_token_id=0, eos_token_id=0)
STEPS, BATCH, EVERY = 50, 16, 50
SIZES = {"160M": 162e6, "410M": 405e6, "1.4B": 1.41e9, "2.8B": 2.78e9}
COLUMNS = {
    "loading, scores, rankme, loss, linear_probe": ("loading", "scores", "rankme", "loss", "linear_probe"),
    "fisher, gradient_covariance": ("fisher", "gradient_covariance"),
    "hessian": ("hessian",),
    "llc": ("llc",),
    "neuromfa": ("neuromfa",),
}


def cases() -> Iterator[Case]:
    """An analysis beside what cannot be left out of it, and a training with the callback beside one without."""
    torch.manual_seed(0)
    run = opened(GPT2LMHeadModel(GPT2_SMALL))
    least = Peer("loading, one forward pass", lambda: (partial(passed, run), None), None)
    yield Case("analyze, all measures of a checkpoint", "GPT-2 small", lambda: list(timed(run)), (least,), rounds=1)
    plain = Peer("the Trainer alone", lambda: (partial(trained, []), same_weights()), 1 / 1.03)
    yield Case(f"Trainer, measured every {EVERY} steps", "4 x 256", tracked, (plain,), STEPS)


@cache
def _folder() -> TemporaryDirectory[str]:
    return TemporaryDirectory()


def opened(model: PreTrainedModel) -> MeasuredRun:
    """A run whose only checkpoint is a model."""
    folder = Path(_folder().name, model.config.model_type)
    random_lm.save(model, folder / "step0")
    return open_language_run(folder, "bench", random_lm.probes())


def passed(run: MeasuredRun) -> None:
    """Load the checkpoint and pass every probe through the model once."""
    run.load(0)
    with torch.no_grad():
        run.subject.losses(run.subject.groups)


def timed(run: MeasuredRun) -> Iterator[tuple[str, float]]:
    """Seconds of each part of an analysis, those of measures with their default options."""

    def spent(work: Callable[[], object]) -> float:
        begun = time.process_time()
        work()
        return time.process_time() - begun

    yield "loading", spent(lambda: run.load(0))
    yield "scores", spent(run.scores or (lambda: None))
    defaults = default_measures()
    for name in declared():
        if name == "neuromfa" and run.subject.model.config.model_type != "gpt_neox":
            continue
        options = options_of(name, defaults.get(name, {}))
        rng = np.random.default_rng(0)
        yield name, spent(partial(measure_subject, name, run.subject, options, rng))


class Texts(torch.utils.data.Dataset[dict[str, torch.Tensor]]):
    """Random tokens."""

    def __len__(self) -> int:
        return STEPS * BATCH

    def __getitem__(self, index: int) -> dict[str, torch.Tensor]:
        draw = torch.Generator().manual_seed(index)
        tokens = torch.randint(MIDDLE.vocab_size, (MIDDLE.n_positions,), generator=draw)
        return {"input_ids": tokens, "labels": tokens}


def trained(callbacks: list[Any]) -> GPT2LMHeadModel:
    """A training of a small language model."""
    torch.manual_seed(0)
    model = GPT2LMHeadModel(MIDDLE)
    with TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            folder, per_device_train_batch_size=BATCH, max_steps=STEPS, save_strategy="no", report_to="none",
            use_cpu=True, disable_tqdm=True, logging_steps=STEPS,
        )  # fmt: skip
        Trainer(
            model, arguments, train_dataset=Texts(), processing_class=random_lm.tokenizer(MIDDLE.vocab_size),
            callbacks=callbacks,
        ).train()  # fmt: skip
    return model


def tracked() -> GPT2LMHeadModel:
    """The same with the callback and its default measures."""
    with TemporaryDirectory() as folder:
        probes = random_lm.probes(MIDDLE.vocab_size)
        return trained([EmergenceCallback(probes, every=EVERY, output_dir=folder)])


def same_weights() -> Agreement:
    """Largest difference of a weight between both trainings, which must be none."""
    pairs = zip(trained([]).parameters(), tracked().parameters(), strict=True)
    return Agreement("weights", max(float((one - other).abs().max().detach()) for one, other in pairs), 0.0)


def written(seconds: dict[str, float]) -> str:
    """The table: measured seconds of the smallest model, and in proportion to the number of weights those of others."""
    smallest, speed_up = next(iter(SIZES.values())), series_costs.GPU / series_costs.CORE
    lines = [f"| model | device | {' | '.join(COLUMNS)} |", "|---|---|" + "---|" * len(COLUMNS)]
    for name, weights in SIZES.items():
        for device, faster in (("one core", 1.0), ("GPU", speed_up)):
            each = (sum(seconds[part] for part in parts) * weights / smallest / faster for parts in COLUMNS.values())
            lines.append(f"| {name} | {device} | {' | '.join(map(_short, each))} |")
    return "\n".join([*lines, ""])


def _short(seconds: float) -> str:
    return f"{seconds:.1g} s" if seconds < 10 else f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


def main() -> None:
    """Measure, and write the table into the documentation."""
    torch.set_num_threads(1)
    run = opened(random_lm.neox(0))
    seconds = {}
    for name, each in timed(run):
        seconds[name] = each
        print(f"{name}: {each:.1f} s", file=sys.stderr, flush=True)
    DOCS.write_text(TABLE.sub(written(seconds).replace("\\", "\\\\"), DOCS.read_text()))


if __name__ == "__main__":
    main()
