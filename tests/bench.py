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
from pathlib import Path

import torch
from torch.nn import functional as F

from emergence import config
from emergence.measures import rankme
from emergence.measures.probe import Probe
from emergence.measures.task_subject import TaskSubject
from emergence.models import build
from emergence.settings.learning import TrainSettings
from emergence.tasks import data, vocabulary
from emergence.tasks.symbols import PAD
from emergence.training.train import Learner, optimiser

PROJECT = Path(__file__).parents[1]
ROUNDS, STEPS = 7, 8


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
        self.optimiser = optimiser(self.model, self.settings)
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
        settings = config.read(PROJECT / "config.yaml")
        device = build.device("cpu")
        trained = settings.settings("train", run=f"{name}-s{settings.anatomy.seeds[0]}")
        assert isinstance(trained, TrainSettings)
        self.trained, self.count = trained, 0
        self.options, self.probes = settings.anatomy.measures.rankme, settings.anatomy.probes
        self.device = device

    def ours(self) -> Callable[[], None]:
        """A training step, data included."""
        learner = Learner(self.trained, self.device)
        self.tokens = sum(index.size for index in learner.layout.packing.index)

        def step() -> None:
            learner.step(self.count)
            self.count += 1

        return step

    def gpt2(self) -> Callable[[], None]:
        """A training step of GPT-2, data excluded."""
        return GPT2(self.trained).step

    def rankme(self) -> Callable[[], object]:
        """RankMe of one checkpoint: all task-levels, layers and variants."""
        model = build.transformer(self.trained.size, self.trained.context).initialise(torch.Generator().manual_seed(0))
        probe = Probe(data.draw(self.trained.task_levels, self.probes.examples, self.probes.seed))
        subject = TaskSubject(model, probe)
        return lambda: rankme.measure(subject, None, self.options)  # type: ignore[arg-type]


def matmul_rate() -> float:
    """Floating-point operations a second of a large product on one thread."""
    matrix = torch.randn(1024, 1024)
    return 2 * 1024**3 / seconds(lambda: matrix @ matrix, 3)


def compare(size: str) -> None:
    """Print the ratios at one size."""
    work = Work(size)
    ours, gpt2, measure = work.ours(), work.gpt2(), work.rankme()
    for warm in (ours, gpt2, measure):
        warm()
    rounds = [(seconds(ours, STEPS), seconds(gpt2, STEPS), seconds(measure, 1), matmul_rate()) for _ in range(ROUNDS)]
    step, baseline, rank, rate = (statistics.median(column) for column in zip(*rounds, strict=True))
    ratio = statistics.median(row[1] / row[0] for row in rounds)
    parameters = sum(p.numel() for p in build.transformer(work.trained.size, work.trained.context).parameters())
    share = 6 * parameters * work.tokens / step / rate
    lines = {
        "training": f"{work.tokens / step:10,.0f} tokens/s, {share:.0%} of the matmul rate ({step * 1e3:.1f} ms/step)",
        "against GPT-2": f"{ratio:10.2f} x the examples/s of a padded one ({baseline * 1e3:.1f} ms/step; target 1.8)",
        "RankMe": f"{rank:10.3f} s a checkpoint, {rank / step:.1f} training steps (target 10)",
    }
    for name, line in lines.items():
        print(f"{size}  {name:<14}{line}")


def peak(size: str, piece: str) -> None:
    """Run one piece a few times and print this process's peak memory."""
    job = getattr(Work(size), piece)()
    for _ in range(5):
        job()
    print(f"{size}  {'peak memory':<14}{peak_memory() / 2**20:10.0f} MiB  {piece}")


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
    chosen = parser.parse_args().peak
    if chosen:
        peak(*chosen)
        return
    for size in reversed(sizes):
        compare(size)
    for piece in ("ours", "gpt2", "rankme"):
        subprocess.run([sys.executable, __file__, "--peak", sizes[-1], piece], check=True)


if __name__ == "__main__":
    main()
