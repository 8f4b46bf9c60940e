"""Speed and memory of the hot paths, as ratios measured in one run: ``make bench``.

Timings of one machine mean little and are noisy; ratios of interleaved measurements mean more. Each line names its
target. Peak memory is that of a process of its own.
"""

import argparse
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from copy import deepcopy
from functools import cached_property, partial
from importlib import import_module
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

from emergence import config
from emergence.measures import hessian, llc
from emergence.measures.probe import Probe
from emergence.measures.task_subject import TaskSubject
from emergence.models import build
from emergence.settings.learning import Size, TogetherSettings, TrainSettings
from emergence.tasks import TaskLevel, data, vocabulary
from emergence.tasks.symbols import PAD
from emergence.training.optimisation import optimiser
from emergence.training.together import Together
from emergence.training.train import Learner

PROJECT = Path(__file__).parents[1]
ROUNDS, STEPS, WARM_UP, STACKED = 7, 8, 30, 4
OTHERS = ("fisher", "gradient_covariance", "linear_probe", "hessian", "llc", "loss")


class GPT2:
    """Hugging Face's GPT-2 trained as plainly as possible: every example padded to the context."""

    def __init__(self, settings: TrainSettings) -> None:
        from transformers import GPT2Config, GPT2LMHeadModel  # here, so that it does not count as our memory

        size, context = settings.size, settings.context
        self.settings = settings.training
        dropouts = dict.fromkeys(("resid_pdrop", "embd_pdrop", "attn_pdrop"), 0.0)
        unused = {"use_cache": False, "bos_token_id": None, "eos_token_id": None}
        shape = {"n_embd": size.width, "n_layer": size.layers, "n_head": size.heads, "n_positions": context}
        self.model = GPT2LMHeadModel(GPT2Config(vocab_size=vocabulary.SIZE, **shape, **dropouts, **unused))
        self.optimiser = optimiser(self.model.parameters(), self.settings)
        drawn = data.draw(settings.task_levels, self.settings.examples, 0)
        rows = [(level, row) for level, tokens in drawn.items() for row in tokens]
        self.inputs = torch.full((len(rows), context), PAD)
        self.labels = torch.full((len(rows), context), -100)
        for place, (level, row) in enumerate(rows):
            self.inputs[place, : len(row)] = torch.from_numpy(row)
            self.labels[place, level.prompt_length - 1 : len(row) - 1] = torch.from_numpy(row[level.prompt_length :])

    def step(self) -> None:
        """One optimiser step."""
        logits = self.model(self.inputs).logits
        loss = F.cross_entropy(logits.flatten(0, 1), self.labels.flatten(), ignore_index=-100)
        self.optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.settings.clip)
        self.optimiser.step()


def seconds(work: Callable[[], object], times: int) -> float:
    """Seconds a call, over ``times`` calls."""
    started = time.perf_counter()
    for _ in range(times):
        work()
    return (time.perf_counter() - started) / times


class Work:
    """The pieces that are timed, at one size of the default tier."""

    def __init__(self, name: str) -> None:
        self.settings = config.read(PROJECT / "config.yaml")
        trained = self.settings.settings("train", run=f"{name}-s{self.settings.anatomy.seeds[0]}")
        assert isinstance(trained, TrainSettings)
        self.trained, self.count = trained, 0
        self.device = build.device("cpu")

    @cached_property
    def learner(self) -> Learner:
        """A model that has learned a little, so that its Hessian is that of training."""
        learner = Learner(self.trained, self.device)
        for step in range(WARM_UP):
            learner.step(step)
        return learner

    @cached_property
    def subject(self) -> TaskSubject:
        """The same, seen through the probes."""
        probes = self.settings.anatomy.probes
        return TaskSubject(self.learner.model, Probe(data.draw(self.trained.task_levels, probes.examples, probes.seed)))

    @property
    def tokens(self) -> int:
        """Tokens of a batch, padding left out."""
        return sum(index.size for index in self.learner.layout.packing.index)

    def ours(self) -> Callable[[], None]:
        """A training step, data included."""
        learner = self.learner

        def step() -> None:
            learner.step(WARM_UP + self.count)
            self.count += 1

        return step

    def gpt2(self) -> Callable[[], None]:
        """A training step of GPT-2, data excluded."""
        return GPT2(self.trained).step

    def measure(self, name: str) -> Callable[[], object]:
        """A measure of one checkpoint with the options of the default tier."""
        module, options = import_module(f"emergence.measures.{name}"), getattr(self.settings.anatomy.measures, name)
        return lambda: module.measure(self.subject, np.random.default_rng(0), options)

    def draw(self) -> Callable[[], object]:
        """Langevin draws on batches as large as those of training; a call makes as many as `STEPS`."""
        options = self.settings.anatomy.measures.llc
        assert options is not None
        same = {"examples": self.trained.training.examples, "burn_in": 0, "draws": STEPS, "pool": STEPS, "chains": 1}
        options = options.model_copy(update=same)
        model = deepcopy(self.learner.model)
        subject = TaskSubject(model, self.subject.probe)
        weights, losses = llc.FlatWeights(model), llc.MixtureLosses(subject, subject.groups, options)
        origin, generator = weights.values.clone(), torch.Generator().manual_seed(0)
        return lambda: llc.chain(weights, origin, losses, options, generator)

    def gradients(self) -> Callable[[], object]:
        """Gram matrices of 64 per-sample gradients of every task-level, one after the other."""
        return lambda: [self.subject.grams(level, 64, 1).whole for level in self.subject.groups]


def matmul_rate() -> float:
    """Floating-point operations a second of a large product on one thread."""
    matrix = torch.randn(1024, 1024)
    return 2 * 1024**3 / seconds(lambda: matrix @ matrix, 3)


def compare(size: str) -> None:
    """Print the ratios at one size."""
    work = Work(size)
    ours, gpt2, rank, draw = work.ours(), work.gpt2(), work.measure("rankme"), work.draw()
    for warm in (ours, gpt2, rank, draw):
        warm()
    rounds = [
        (seconds(ours, STEPS), seconds(gpt2, STEPS), seconds(rank, 1), seconds(draw, 1) / STEPS, matmul_rate())
        for _ in range(ROUNDS)
    ]
    step, baseline, ranked, drawn, rate = (statistics.median(column) for column in zip(*rounds, strict=True))
    ratio = statistics.median(row[1] / row[0] for row in rounds)
    speed = statistics.median(row[0] / row[3] for row in rounds)
    parameters = sum(p.numel() for p in work.learner.model.parameters())
    share = 6 * parameters * work.tokens / step / rate
    lines = {
        "training": f"{work.tokens / step:10,.0f} tokens/s, {share:.0%} of the matmul rate ({step * 1e3:.1f} ms/step)",
        "against GPT-2": f"{ratio:10.2f} x the examples/s of a padded one ({baseline * 1e3:.1f} ms/step; target 1.8)",
        "RankMe": f"{ranked:10.3f} s a checkpoint, {ranked / step:.1f} training steps (target 10)",
        "SGLD": f"{speed:10.0%} of the speed of training steps, same batch ({drawn * 1e3:.1f} ms/draw; target 80 %)",
    }
    for name in OTHERS:
        taken = seconds(work.measure(name), 1)
        lines[name] = f"{taken:10.3f} s a checkpoint, {taken / step:.0f} training steps"
    for name, line in lines.items():
        print(f"{size}  {name:<20}{line}", flush=True)


def products(size: str) -> None:
    """Print how many products the top eigenvalue takes to 1 %, and its true error, over all task-levels."""
    work = Work(size)
    model, generator = work.learner.model, torch.Generator().manual_seed(0)
    parameters, used, errors = list(model.parameters()), [], []
    for level in work.subject.groups:
        (each,) = work.subject.losses([level], 16)
        operator = hessian.hessian(each.mean(), parameters)
        start = torch.randn(sum(p.numel() for p in parameters), generator=generator)
        found = hessian.top_eigenvalue(operator, start, 0.01, 30)
        exact = hessian.top_eigenvalue(operator, start, 1e-5, 120)
        used.append(found.products)
        errors.append(abs(found.value / exact.value - 1))
    line = f"{max(used):10d} products at most, {max(errors):.2%} off at most (target: 1 % in 30)"
    print(f"{size}  {'Hessian, top':<20}{line}", flush=True)


def stacked(size: str) -> None:
    """Print what training several runs as one stack gains over training one after the other."""
    work = Work(size)
    runs = [work.trained.model_copy(update={"seed": seed}) for seed in range(STACKED)]
    together = Together(TogetherSettings(runs=runs), work.device)
    alone = [Learner(run, work.device) for run in runs]
    pieces = (together.step, lambda step: [learner.step(step) for learner in alone])
    rounds = [[seconds(partial(piece, number), STEPS) for piece in pieces] for number in range(ROUNDS + 1)]
    ratio = statistics.median(single / stack for stack, single in rounds[1:])
    taken = statistics.median(stack for stack, _ in rounds[1:])
    line = f"{ratio:10.2f} x the speed of {STACKED} runs one by one ({taken * 1e3:.1f} ms/step; made for a GPU)"
    print(f"{size}  {'as one stack':<20}{line}", flush=True)


def peak(size: str, piece: str) -> None:
    """Run one piece a few times and print this process's peak memory."""
    work = Work(size)
    job = getattr(work, piece)() if hasattr(work, piece) else work.measure(piece)
    for _ in range(3):
        job()
    print(f"{size}  {'peak memory':<20}{peak_memory() / 2**20:10.0f} MiB  {piece}", flush=True)


def large() -> None:
    """Print what per-sample gradients of the largest published model of v1 add to the memory."""
    levels = (TaskLevel("SORT", "6"),)
    model = build.transformer(Size(name="12x768", layers=12, width=768, heads=12), 42)
    model.initialise(torch.Generator().manual_seed(0))
    count, samples = sum(p.numel() for p in model.parameters()), 8
    subject = TaskSubject(model, Probe(data.draw(levels, samples, 0)))
    before = peak_memory()
    subject.grams(levels[0], samples, 50_000)
    added, held = (peak_memory() - before) / 2**20, samples * count * 4 / 2**20
    line = f"{added:10.0f} MiB added by {samples} samples, which as samples x parameters are {held:,.0f} MiB"
    print(f"{count / 1e6:.0f}M   {'gradients':<20}{line}", flush=True)


def peak_memory() -> int:
    """Peak resident bytes of this process (on Linux getrusage would count its parent's)."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def main() -> None:
    """Compare every size, then measure memory in fresh processes."""
    sizes = [size.name for size in config.read(PROJECT / "config.yaml").anatomy.sizes]
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peak", nargs=2, metavar=("SIZE", "PIECE"), help=argparse.SUPPRESS)
    parser.add_argument("--large", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.peak:
        return peak(*chosen.peak)
    if chosen.large:
        return large()
    for size in reversed(sizes):
        compare(size)
    products(sizes[-1])
    stacked(sizes[0])
    alone = [["--peak", sizes[-1], piece] for piece in ("ours", "gpt2", "rankme", "gradients", *OTHERS)]
    for options in (*alone, ["--large"]):
        subprocess.run([sys.executable, __file__, *options], check=True)
    return None


if __name__ == "__main__":
    main()
