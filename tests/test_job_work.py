"""Work of jobs foretells what they cost in a run of other sizes and settings."""

from collections.abc import Iterator
from math import exp, log
from statistics import median

import pytest
from support.project import PROJECT

from emergence.config import loading
from emergence.config.loading import Config
from emergence.job_costs import Costs, longest
from emergence.job_work import STUDIES, keys_of, work


def tier(*overlays: str) -> Config:
    return loading.read(PROJECT / "config.yaml", *(PROJECT / f"workflow/tiers/{name}.yaml" for name in overlays))


def changed(config: Config, **settings: object) -> Config:
    """The default tier with other settings of Study 1."""
    return loading.load(loading.merged(config.as_written(), {"anatomy": settings}))


def known(config: Config, job: str) -> float:
    """Work of a job that has some."""
    amount = work(config, job)
    assert amount is not None
    return amount


def test_training_works_by_steps_and_sequences(default: Config) -> None:
    twice = changed(default, training={"examples": 2 * default.anatomy.training.examples})
    for size in default.anatomy.sizes:
        assert known(twice, f"train/{size.name}") == pytest.approx(2 * known(default, f"train/{size.name}"))


def test_measuring_works_by_the_checkpoints_that_are_measured(default: Config) -> None:
    anatomy = default.anatomy
    name, llc = anatomy.sizes[0].name, anatomy.measures.llc
    before = known(default, f"measure_run/anatomy/llc/{name}")
    often = known(changed(default, measures={"llc": {"every": 1}}), f"measure_run/anatomy/llc/{name}")
    assert often == pytest.approx(before * llc.every)
    rank = known(default, f"measure_run/anatomy/rankme/{name}")
    assert rank / often == pytest.approx(anatomy.probes.examples / (llc.chains * llc.draws))


def test_a_wide_layer_works_by_its_products_alone(default: Config) -> None:
    sizes = [
        {"name": name, "layers": layers, "width": width, "heads": 4}
        for name, layers, width in (("narrow", 4, 4096), ("wide", 4, 8192), ("deep", 8, 4096))
    ]
    config = changed(default, sizes=sizes)
    narrow, wide, deep = (known(config, f"train/{size['name']}") for size in sizes)
    assert deep == 2 * narrow
    assert wide / narrow == pytest.approx(4, rel=0.01)


def test_no_work_is_known_of_other_jobs(default: Config) -> None:
    for job in ("fig1", "train", "train/unheard", "train_sweep/data", "measure_run/parity/rankme/mlp1000"):
        assert work(default, job) is None


def residuals(recorded: str, judged: str, config: Config) -> Iterator[tuple[str, float]]:
    """Logarithms of expected over recorded costs of a tier, from the costs of another."""
    costs, true = Costs.of_tier(recorded), Costs.of_tier(judged)
    for job in true.work:
        yield job, log(costs.estimate(job, work(config, job)) / true.seconds[job])


def test_the_default_tier_foretells_the_full_one() -> None:
    """Its training is a quarter as long, its sizes are others, and it measures less."""
    errors = dict(residuals("laptop", "full", tier("full")))
    assert len(errors) > 50
    assert exp(median(abs(error) for error in errors.values())) < 2
    assert all(abs(error) < log(2) for job, error in errors.items() if job.startswith("train"))


def test_the_longest_job_grows_with_the_largest_size() -> None:
    full, larger = tier("full"), tier("full", "published_cpu")
    assert longest(larger, "train") > 5 * longest(full, "train") > 0
    assert longest(full, "fig1") == 0
    assert all(known(full, key) > 0 for stage in STUDIES for key in keys_of(full, stage))
