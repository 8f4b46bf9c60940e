"""Events of Snakemake in, what a person reads out; the clock is ours."""

import io
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from emergence.run_display import Job, RunDisplay


class Terminal(io.StringIO):
    """What was written, on a terminal or elsewhere."""

    def __init__(self, live: bool) -> None:
        super().__init__()
        self.live = live

    def isatty(self) -> bool:
        return self.live

    @property
    def shown(self) -> str:
        """The line that stands there now."""
        return self.getvalue().rpartition("\033[K")[2]


class Run:
    """A run of three jobs of 60, 30 and 10 CPU seconds on two cores."""

    def __init__(self, folder: Path, live: bool = True) -> None:
        self.log, self.now, self.idle, self.terminal = folder / "train.log", 0.0, 0, Terminal(live)
        jobs = {
            1: Job("train 2x8", "Train one transformer (2x8)", self.log, 60.0),
            2: Job("leads", "Compare leads", folder / "leads.log", 30.0),
            3: Job("fig1", "Draw figure 1", None, 10.0),
        }
        self.display = RunDisplay(lambda: (jobs, 2), self.was_idle, self.terminal, lambda: self.now)

    def was_idle(self) -> None:
        self.idle += 1

    def send(self, event: str | None, message: str = "text", level: int = logging.INFO, **fields: Any) -> bool:
        """Whether Snakemake prints it."""
        record = logging.makeLogRecord({"event": event, "msg": message, "levelno": level, **fields})
        return self.display.filter(record)

    def begin(self) -> None:
        for event in ("workflow_started", None, "resources_info", "run_info"):
            assert not self.send(event)


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    """On a terminal, begun."""
    one = Run(tmp_path)
    one.begin()
    yield one
    one.display.end(success=True)


def test_before_a_run_begins_everything_is_printed(tmp_path: Path) -> None:
    run = Run(tmp_path)
    assert run.send(None, "This was a dry-run")
    assert run.send("job_info", jobid=1)
    assert run.terminal.getvalue() == ""


def test_the_size_of_a_run_is_said_first(run: Run) -> None:
    assert run.terminal.shown == "3 jobs, about 50 s on 2 cores. Ctrl-C stops; the same command resumes.\n"


def test_the_share_is_of_work_not_of_jobs(run: Run) -> None:
    for number in (1, 2):
        assert not run.send("job_info", jobid=number)
    run.now = 30.0
    assert not run.send("job_finished", job_id=2)
    assert run.terminal.shown == " 60% · 30 s left · 1/3 jobs · train 2x8"
    run.log.write_text("train: 9/10 steps (90%), 3 s left\n")
    assert run.display.line().startswith(" 84%"), "as its log declares"


def test_time_left_follows_the_speed_of_this_machine(run: Run) -> None:
    run.send("job_info", jobid=2)
    run.now = 120.0  # a quarter of the speed
    run.send("job_finished", job_id=2)
    seconds = int(run.display.line().split(" · ")[1].removesuffix(" s left").removesuffix(" min left"))
    assert "min left" in run.display.line()
    assert 2 <= seconds <= 5  # 70 CPU seconds at between 0.25 and 0.5 of one


def test_a_failure_is_shown_with_the_end_of_its_log(run: Run) -> None:
    run.send("job_info", jobid=1)
    run.log.write_text("\n".join(f"line {number}" for number in range(100)) + "\nemergence: lower learning_rate\n")
    command = "CalledProcessError: Command 'export …' returned non-zero exit status 1."
    assert not run.send("error", command, logging.ERROR)
    assert not run.send("job_error", level=logging.ERROR, jobid=1, rule_name="train")
    printed = run.terminal.getvalue()
    assert "Error in rule train: Train one transformer (2x8)\n" in printed
    assert "    emergence: lower learning_rate\n" in printed
    assert "line 99" in printed
    assert "line 50" not in printed
    assert f"Its log: {run.log}\n" in printed
    assert "1 job failed" in run.display.line()


def test_a_failure_without_a_log_is_left_to_snakemake(run: Run) -> None:
    assert run.send("job_error", level=logging.ERROR, jobid=3, rule_name="figure")
    assert run.send("error", "MissingOutputException", logging.ERROR)


def test_a_job_that_was_told_to_stop_is_no_error(run: Run) -> None:
    run.log.write_text("emergence: stopped by SIGINT; the state is saved: run again to resume\n")
    assert not run.send("job_error", level=logging.ERROR, jobid=1, rule_name="train")
    assert run.terminal.shown.startswith("Stopped: Train one transformer")
    assert "Error" not in run.terminal.getvalue()


def test_warnings_and_errors_take_the_place_of_the_line(run: Run) -> None:
    run.send("job_info", jobid=1)
    assert run.send(None, "a warning", logging.WARNING)
    assert run.terminal.shown == ""


def test_elsewhere_than_on_a_terminal_it_is_quiet(tmp_path: Path) -> None:
    run = Run(tmp_path, live=False)
    run.begin()
    for number in (1, 2, 3):
        run.send("job_info", jobid=number)
        run.send("job_finished", job_id=number)
    run.now = 75.0
    run.display.end(success=True)
    lines = run.terminal.getvalue().splitlines()
    assert lines == ["3 jobs, about 50 s on 2 cores. Ctrl-C stops; the same command resumes.", "Done: 3 jobs in 75 s"]


def test_a_run_that_fails_says_how_far_it_came(tmp_path: Path) -> None:
    run = Run(tmp_path, live=False)
    run.begin()
    run.send("job_finished", job_id=2)
    run.display.end(success=False)
    assert "1 of 3 jobs (30% of the work) are done" in run.terminal.getvalue()


def test_where_nothing_is_to_be_done_the_results_are_shown(tmp_path: Path) -> None:
    run = Run(tmp_path)
    run.send("workflow_started")
    assert run.send(None, "Nothing to be done (all requested files are present and up to date).")
    assert run.idle == 1


def test_rules_that_only_ask_for_files_are_no_work(run: Run) -> None:
    assert not run.send("job_info", jobid=0)
    assert not run.send("job_finished", job_id=0)
    assert " 0/3 jobs" in run.display.line()
    assert not run.send(None, "Complete log(s): .snakemake/log")


def test_events_of_another_version_are_printed_by_it(run: Run) -> None:
    assert run.send("job_finished")
    assert run.send(None, "and so is what follows")
