"""The page holds what the findings say, and nothing in them becomes code."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from support.page_data import content
from synthetic import own_run
from synthetic.own_run import CHECKPOINTS, JUMPS, LEAD, SHUFFLED, WITH_CONTROL

from emergence.own_runs.findings import Findings, analyse_tables
from emergence.own_runs.page import write_report
from emergence.own_runs.verdict import conclude

pytestmark = pytest.mark.long

HOSTILE = "</script><img src=x onerror=alert(1)>{{content}}"
CHECKPOINT = {"run": "mine", "step": 100, "name": "checkpoint-100", "outcome": "measured", "reason": None}
LEFT_OUT = {"run": "mine", "step": None, "name": HOSTILE, "outcome": "left out", "reason": "no weights"}


@pytest.fixture(scope="module")
def findings() -> Findings:
    return analyse_tables(
        own_run.measures(WITH_CONTROL), own_run.scores(WITH_CONTROL), control=[SHUFFLED], notes=[HOSTILE]
    )


@pytest.fixture(scope="module")
def page(findings: Findings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("own") / "report.html"
    write_report(findings, path, checkpoints=pd.DataFrame([CHECKPOINT, LEFT_OUT]))
    return path


@pytest.fixture(scope="module")
def shown(page: Path) -> dict[str, Any]:
    return content(page)


def test_the_same_findings_give_the_same_bytes(findings: Findings, page: Path, tmp_path: Path) -> None:
    write_report(findings, tmp_path / "again.html", checkpoints=pd.DataFrame([CHECKPOINT, LEFT_OUT]))
    assert (tmp_path / "again.html").read_bytes() == page.read_bytes()


def test_events_leads_and_nulls_are_those_of_the_tables(shown: dict[str, Any]) -> None:
    (study,) = shown["studies"]
    assert study["events"]["score"]["mine"] == {"add all": 1450, "copy all": 2950, "sort all": 4450}
    lead = study["leads"]["rankme"]["score"]["onset"]["mine"]["copy all"]
    assert (lead["lead"], lead["relation"]) == (LEAD, "leads")
    assert (lead["chance"]["placebo, family"], lead["chance"]["control"]) == (0.5, 0.0)
    earlier, later = LEAD + 15, LEAD - 15  # of the groups whose jumps are 15 checkpoints from this one
    assert lead["nulls"]["placebo, family"] == pytest.approx([later + 3, LEAD, earlier - 3])  # deciles of two values
    assert study["measures"]["rankme"]["marks"]["mine"]["copy all"]["1"]["onset"] == 2400


def test_leads_over_rivals_are_those_that_are_judged(shown: dict[str, Any], findings: Findings) -> None:
    told = shown["differences"]
    rankme = [place for place, name in enumerate(told["measure"]) if name == "rankme"]
    by_rival = {told["rival"][place]: told["difference"][place] for place in rankme}
    assert by_rival == pytest.approx(conclude(findings)[0].ahead)
    assert (told["events"][rankme[0]], told["runs"][rankme[0]], told["margin"][rankme[0]]) == (2, 1, 2)


def test_controls_are_named_and_grey(shown: dict[str, Any]) -> None:
    groups = {group["shown"]: group["colour"] for group in shown["groups"]}
    assert list(groups) == ["add", "copy", "sort", "shuffled (control)"]
    assert len(set(groups.values())) == 4


def test_what_cannot_be_said_and_what_became_of_checkpoints(shown: dict[str, Any]) -> None:
    assert HOSTILE in shown["limits"]
    assert shown["checkpoints"]["outcome"] == ["left out", "measured"]  # what is amiss comes first
    assert shown["checkpoints"]["step"] == [None, 100]
    assert any("up to step 2360" in rule for rule in shown["about"])


def test_texts_stay_texts(page: Path, findings: Findings, tmp_path: Path) -> None:
    assert page.read_text().count("</script>") == 4  # figures, content, library, the page's own
    write_report(findings, tmp_path / "titled.html", title=HOSTILE)
    titled = (tmp_path / "titled.html").read_text()
    assert titled.count("</script>") == 4
    assert "<img" not in titled.partition("<style>")[0]
    assert content(tmp_path / "titled.html")["heading"] == HOSTILE


def test_a_run_without_events_has_a_page(tmp_path: Path) -> None:
    flat = dict.fromkeys(JUMPS, CHECKPOINTS)
    write_report(analyse_tables(own_run.measures(flat), own_run.scores(flat)), tmp_path / "flat.html")
    shown = content(tmp_path / "flat.html")
    assert (shown["studies"][0]["leads"], shown["studies"][0]["rates"]["rate"]) == ({}, [])
    assert shown["checkpoints"]["run"] == []


def test_one_checkpoint_has_a_page(tmp_path: Path) -> None:
    measures, scores = own_run.measures(), own_run.scores()
    one = analyse_tables(measures[measures["step"] == 0], scores[scores["step"] == 0])
    write_report(one, tmp_path / "one.html")
    assert content(tmp_path / "one.html")["studies"][0]["events"] == {}
