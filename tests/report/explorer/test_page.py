"""The explorer holds what the tables say, and nothing in them becomes code."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.page_data import content
from synthetic.explorer_tables import HOSTILE, STEPS, ExplorerTables, settings

from emergence.figures.declarations import declared
from emergence.io import tables
from emergence.report.explorer.page import ExplorerError, build_explorer
from emergence.schemas.analysis import SCORES
from emergence.schemas.trajectories import MEASURE

pytestmark = pytest.mark.long


def figures(page: Path) -> dict[str, Any]:
    (text,) = re.findall(r'<script type="application/json" id="figures">(.*?)</script>', page.read_text())
    parsed: dict[str, Any] = json.loads(text)
    return parsed


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> ExplorerTables:
    return ExplorerTables(tmp_path_factory.mktemp("explored"))


@pytest.fixture(scope="module")
def page(world: ExplorerTables) -> Path:
    return world.make()


@pytest.fixture(scope="module")
def studies(page: Path) -> dict[str, Any]:
    return {study["study"]: study for study in content(page)["studies"]}


def test_the_page_names_no_other_file_and_forbids_requests(page: Path) -> None:
    text = page.read_text()
    head = text[: text.index("<style>")]
    assert "default-src 'none'" in head
    assert re.findall(r'\b(?:src|href)="(?!#|data:,)[^"]*"', text[: text.index('<script type="text/plain"')]) == []
    assert "{{" not in head


def test_a_run_of_pairs_alone_has_a_page(world: ExplorerTables) -> None:
    """Of Study 4, which is no study of trajectories: there are claims, checks and pairs, and no table of runs."""
    named = ("claims", "calibration", "figures", "captions", "arm_runs", "arm_effects")
    path = world.folder / "alone.html"
    alone = settings().model_copy(update={"studies": []})
    build_explorer(alone, **{name: world.inputs[name] for name in named}, page=path)
    assert content(path)["arms"]
    assert content(path)["studies"] == []


def test_the_same_tables_give_the_same_bytes(world: ExplorerTables, page: Path) -> None:
    assert world.make("again.html").read_bytes() == page.read_bytes()


def test_curves_are_those_of_the_tables(world: ExplorerTables, studies: dict[str, Any]) -> None:
    for table, schema in (("scores", SCORES), ("measures", MEASURE)):
        rows = tables.read(schema, world.inputs[table][0])
        one = rows[(rows["run"] == "4x16-s2") & (rows["task"] == "ADD") & (rows["level"] == "2")]
        if table == "scores":
            of = studies["anatomy"]["scores"]["exact_match"]["4x16-s2"]
            expected, curve = one[one["metric"] == "exact_match"]["score"], of["curves"]["ADD 2"]
        else:
            of = studies["anatomy"]["measures"]["rankme"]["runs"]["4x16-s2"]
            expected, curve = one[one["layer"] == 2]["value"], of["curves"]["ADD 2"]["2"]
        assert of["steps"] == STEPS
        np.testing.assert_allclose(curve, expected, rtol=5e-4)
        assert not np.allclose(curve, expected, rtol=1e-7)  # four digits, no more


def test_a_measure_without_layers_and_one_of_the_whole_network(studies: dict[str, Any]) -> None:
    hessian = studies["anatomy"]["measures"]["hessian"]
    assert hessian["layers"] == []
    assert list(hessian["runs"]["2x8-s1"]["curves"]["ADD 1"]) == [""]
    whole = studies["language"]["measures"]["rankme_text"]["runs"]["neox8-s1"]["curves"]
    assert list(whole) == [""]
    assert list(whole[""]) == ["1", "2"]
    assert "fisher" not in studies["anatomy"]["measures"]  # followed nowhere here


def test_marks_are_steps_of_the_layer_they_belong_to(studies: dict[str, Any]) -> None:
    marks = studies["anatomy"]["measures"]["rankme"]["marks"]["4x16-s1"]["ADD 1"]
    assert marks["2"] == {"floor": 10, "onset": 22.2, "change-point": 55, "collapse": 6}
    assert marks["1"] == {"collapse": 5, "onset": 22}
    language = studies["language"]["measures"]["rankme"]["marks"]["neox8-s1"]["syntax all"]
    assert language["2"]["peak"] == 502


def test_events_leads_and_their_nulls(studies: dict[str, Any]) -> None:
    anatomy = studies["anatomy"]
    assert anatomy["events"]["exact_match"]["2x8-s1"]["COPY 4"] == 61.5
    assert "CTL ADD-2" not in anatomy["events"]["exact_match"]["2x8-s1"]
    lead = anatomy["leads"]["rankme"]["exact_match"]["onset"]["2x8-s1"]["COPY 4"]
    assert (lead["lead"], lead["relation"], lead["chance"]["shift"]) == (3.25, "leads", 0.73)
    assert lead["nulls"] == {"shift": [-3, 1, 5], "control": [0, 4, 8]}
    none = anatomy["leads"]["rankme"]["exact_match"]["cross-correlation"]["2x8-s1"]["COPY 4"]
    assert (none["lead"], none["relation"]) == (None, "none")


def test_the_metric_of_the_claims_comes_first_and_the_control_last(studies: dict[str, Any]) -> None:
    assert [study["metrics"][0] for study in studies.values()] == ["exact_match", "strength", "accuracy"]
    assert [level["control"] for level in studies["anatomy"]["levels"]] == [False] * 4 + [True]
    assert [run["size"] for run in studies["anatomy"]["runs"]] == ["2x8", "2x8", "4x16", "4x16"]


def test_rates_are_of_their_own_study(studies: dict[str, Any]) -> None:
    for study, rate in (("anatomy", 0.55), ("parity", 0.4)):
        rates = studies[study]["rates"]
        observed = {r for r, control in zip(rates["rate"], rates["control"], strict=True) if control == "observed"}
        assert observed == {rate}
        assert "own loss" in rates["control"]


def test_a_claim_has_what_it_rests_on(page: Path) -> None:
    claims = {claim["claim"]: claim for claim in content(page)["claims"]}
    assert claims["A6"]["figures"] == ["4"]
    assert claims["A6"]["tables"] == ["anatomy/analysis/precursors.parquet", "anatomy/analysis/hierarchy.parquet"]
    assert (claims["A6"]["rule_low"], claims["A6"]["rule_high"]) == (0.75, None)
    assert claims["N7"]["figures"] == []
    assert claims["A5 v1"]["stability"] == "same under all 13 alternatives"
    assert claims["A5 v1"]["power"] == "0.8 with 60 units"
    assert claims["N7"]["value"] is None


def test_pictures_are_in_the_page_with_their_captions(page: Path) -> None:
    four = figures(page)["4"]
    assert (four["title"], four["caption"]) == (declared()["fig4"].title, "What </script> it shows.")
    assert four["image"].startswith("data:image/png;base64,iVBOR")


def test_texts_of_tables_stay_texts(page: Path) -> None:
    assert HOSTILE in [claim["statement"] for claim in content(page)["claims"]]
    assert "onerror" not in page.read_text().partition("<script")[0]
    assert page.read_text().count("</script>") == 4  # figures, content, library, the page's own


def test_a_study_in_which_nothing_emerges(tmp_path: Path) -> None:
    anatomy = content(ExplorerTables(tmp_path, emerges=False).make())["studies"][0]
    assert (anatomy["events"], anatomy["leads"], anatomy["rates"]["rate"]) == ({}, {}, [])


def test_a_figure_without_a_caption_is_refused(tmp_path: Path) -> None:
    world = ExplorerTables(tmp_path)
    world.inputs["captions"].pop()
    with pytest.raises(ExplorerError, match=r"fig10\.png: .*fig10\.rst"):
        world.make()
    assert not (tmp_path / "explorer.html").exists()
