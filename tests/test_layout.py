"""Files of figures are derived from their declarations and the configuration."""

from dataclasses import replace

import pytest
from support.project import PROJECT

from emergence.config import loading
from emergence.figures.declarations import Input, declared
from emergence.layout import LayoutError, ResultsLayout
from emergence.workflow import record

SMOKE = [PROJECT / "config.yaml", PROJECT / "workflow/tiers/smoke.yaml"]


def layout(**changed: None) -> ResultsLayout:
    values = loading.merged(loading.contents(SMOKE[0]), loading.contents(SMOKE[1]))
    return ResultsLayout(loading.load(loading.merged(values, changed)))


@pytest.mark.parametrize(
    ("figure", "argument", "expected"),
    [
        ("fig1", "events", ["<results>/anatomy/analysis/events.parquet"]),
        (
            "fig3",
            "measures",
            [f"<results>/anatomy/measures/rankme/2x{w}-s{s}.parquet" for w in (16, 8) for s in (1, 2)],
        ),
        ("fig8", "behaviour", ["<results>/parity/trajectories/mlp50-s1/behaviour.parquet"]),
        ("figS2", "calibration", ["<results>/calibration.parquet"]),
    ],
)
def test_a_figure_is_drawn_from_the_files_that_its_arguments_name(
    figure: str, argument: str, expected: list[str]
) -> None:
    assert layout().drawn_from(figure)[argument] == expected


def test_names_that_a_study_does_not_list_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    inputs = {"events": Input("anatomy/{seed}.parquet", several=False, optional=False)}
    monkeypatch.setitem(declared(), "fig1", replace(declared()["fig1"], inputs=inputs))
    with pytest.raises(LayoutError, match=r"anatomy.*seed"):
        layout().drawn_from("fig1")


def test_signals_of_whole_networks_tell_no_order() -> None:
    every, ordering = layout().drawn_from("fig4")["leads"], layout().drawn_from("fig5")["onsets"]
    assert {path.rpartition("/")[2] for path in every} - {path.rpartition("/")[2] for path in ordering} == {
        "neuromfa_alpha.parquet", "neuromfa_width.parquet", "neuromfa_e.parquet", "mean_weight.parquet",
    }  # fmt: skip


def test_what_is_optional_is_left_out_where_it_is_switched_off() -> None:
    without = layout(neuromfa=None)
    assert layout().drawn_from("fig10")["degree_of_emergence"]
    assert without.drawn_from("fig10")["degree_of_emergence"] == []
    inputs = record(without.config)["figures"]["fig10"]["inputs"]
    assert inputs.keys() == declared()["fig10"].inputs.keys() - {"degree_of_emergence"}
