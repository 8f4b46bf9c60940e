"""What jobs ask a cluster for: time from what they are expected to take, and more with every attempt."""

from support.project import tier_files

from emergence import job_costs, series_costs
from emergence.config import loading
from emergence.stages import STAGES
from emergence.workflow import DAY, JobResources

STAGE_OF = {name: name for name in ("train", "measure_run", "fig1")}


def resources(config: loading.Config) -> JobResources:
    return JobResources(config, STAGE_OF | {"measure_series": "measure_run", "train_stack": "train_stack"})


def test_a_short_job_has_the_time_that_its_stage_asks_for(default: loading.Config) -> None:
    asked = resources(default).minutes({"run": "4x16-s1"}, 1, "train")
    assert asked == STAGES["train"].request.minutes
    assert resources(default).minutes({}, 1, "fig1") == STAGES["fig1"].request.minutes


def test_a_long_job_has_several_times_what_it_is_expected_to_take(default: loading.Config) -> None:
    wide = {"name": "wide", "layers": 4, "width": 256, "heads": 4}
    config = loading.load(
        loading.merged(default.as_written(), {"anatomy": {"sizes": [wide], "training": {"steps": 9000}}})
    )
    expected = job_costs.longest(config, "train") / 60
    limits = [resources(config).minutes({"run": "wide-s1"}, attempt, "train") for attempt in (1, 2, 100)]
    assert 2 * expected < limits[0] < DAY
    assert limits[1:] == [2 * limits[0], DAY]


def test_a_gpu_needs_less_time(default: loading.Config) -> None:
    wide = {"name": "wide", "layers": 12, "width": 1024, "heads": 4}
    config = loading.load(loading.merged(default.as_written(), {"device": "cuda", "anatomy": {"sizes": [wide]}}))
    assert resources(config).minutes({"run": "wide-s1"}, 1, "train") < DAY


def test_jobs_of_a_series_have_time_by_its_own_size() -> None:
    config = loading.read(*tier_files("pythia"))
    small, large = ({"run": run, "measure": "loss", "study": "language"} for run in ("pythia14m", "pythia2.8b_deduped"))
    minutes = [resources(config).minutes(run, 1, "measure_series") for run in (small, large)]
    job = f"measure_run/language/loss/{large['run']}"
    assert minutes[0] == STAGES["measure_run"].request.minutes
    expected = series_costs.seconds(job, config, gpu=False)
    assert expected is not None
    assert min(DAY, 2 * expected / 60) < minutes[1] <= DAY
