"""A measure of the whole network as a signal: one curve for all task-levels, which no placebo can differ from."""

import numpy as np
import pandas as pd
import pytest
from synthetic.anatomy_tables import AT, STEPS, TASKS, events_and_scores, identity

from emergence.analysis.leads import LeadSettings, compare_leads, describe_curves, find_leads
from emergence.analysis.precursors import DEFINITIONS, RateCells, estimate_rates, with_own_loss
from emergence.analysis.signals import expand_to_levels
from emergence.config.protocol import Signal
from emergence.io import tables
from emergence.schemas.analysis import EVENTS, LEADS, NULL_LEADS, ONSETS, SCORES
from emergence.schemas.trajectories import MEASURE

TIMES = {"small-s1": [60.0, 84.0, 100.0, np.nan], "large-s1": [50.0, 70.0, 110.0, np.nan]}
NAMES = (*TASKS[:3], "CTL")
ONSET = 40.0


@pytest.fixture(scope="module")
def settings(lead_settings: LeadSettings) -> LeadSettings:
    signal = Signal(measure="neuromfa", variant="E", scale="linear", floor=0.0)
    return lead_settings.model_copy(update={"measure": "neuromfa_e", "signal": signal})


def falling(every: int = 3) -> pd.DataFrame:
    """Rows of `neuromfa` whose α₀ begins to fall at one position: E is 0 until then."""
    kinds = {"alpha_0": 1.5 * np.exp(-np.clip(AT - ONSET, 0, None) / 50), "width": np.full(len(AT), 0.6)}
    kinds |= {"shuffled/alpha_0": np.full(len(AT), 1.5), "shuffled/width": np.full(len(AT), 0.6)}
    whole = {"task": None, "level": None, "layer": np.nan, "measure": "neuromfa", "standard_error": np.nan}
    frames = [
        pd.DataFrame({**identity(run), "step": STEPS[::every], "variant": name, "value": values[::every], **whole})
        for run in TIMES
        for name, values in kinds.items()
    ]
    return pd.concat(frames, ignore_index=True)[MEASURE.arrow.names]


@pytest.fixture(scope="module")
def found(settings: LeadSettings, tmp_path_factory: pytest.TempPathFactory) -> dict[str, pd.DataFrame]:
    """Tables of the stage."""
    folder = tmp_path_factory.mktemp("whole")
    events, scores = events_and_scores(TIMES, tasks=NAMES)
    schemas = {"leads": LEADS, "nulls": NULL_LEADS, "onsets": ONSETS}
    for name, (schema, table) in {
        "events": (EVENTS, events), "scores": (SCORES, scores), "measure": (MEASURE, falling())
    }.items():  # fmt: skip
        tables.write(schema, table, folder / f"{name}.parquet")
    paths = {name: folder / f"{name}.parquet" for name in ("events", "scores", "measure", *schemas)}
    outputs = (paths[name] for name in schemas)
    compare_leads(settings, paths["events"], paths["scores"], [paths["measure"]], *outputs)
    return {name: tables.read(schema, paths[name]) for name, schema in schemas.items()}


@pytest.mark.long
def test_every_task_level_has_the_curve_of_its_network(found: dict[str, pd.DataFrame]) -> None:
    assert len(found["onsets"]) == len(TIMES) * len(NAMES)
    for _, of_run in found["onsets"].groupby("run"):
        assert set(of_run["task"]) == set(NAMES)
        steps = of_run["onset_step"].to_numpy()
        assert (steps == steps[0]).all()
        assert np.interp(steps[0], STEPS, AT) == pytest.approx(ONSET, abs=3)


def test_leads_are_from_the_one_onset(found: dict[str, pd.DataFrame]) -> None:
    table = found["leads"].query("definition == 'onset'")
    expected = [TIMES[event["run"]][NAMES.index(event["task"])] - ONSET for _, event in table.iterrows()]
    assert table["lead"].tolist() == pytest.approx(expected, abs=3)
    assert len(table) == 6


@pytest.mark.parametrize("null", ["placebo", "control"])
def test_there_is_no_excess_over_placebo_and_control(
    null: str, found: dict[str, pd.DataFrame], settings: LeadSettings
) -> None:
    tier = RateCells(["neuromfa_e"], ["exact_match"], DEFINITIONS, [])
    table = estimate_rates(with_own_loss(found["leads"]), tier, ["metric"], settings.statistics)
    cell = table.query("definition == 'onset' and classes == 'all' and difficulty == 'all'").set_index("control")
    assert cell.loc["observed", "rate"] == 1
    assert cell.loc[null, ["excess", "excess_low", "excess_high"]].tolist() == [0, 0, 0]


def test_curves_of_task_levels_stay_their_own() -> None:
    _, scores = events_and_scores(TIMES, tasks=NAMES)
    rows = falling().assign(task="COPY", level="1")
    pd.testing.assert_frame_equal(expand_to_levels(rows, scores), rows)


def test_a_variant_of_the_measure_itself_needs_no_reference(settings: LeadSettings) -> None:
    events, scores = events_and_scores(TIMES, tasks=NAMES)
    signal = Signal(measure="neuromfa", variant="alpha_0", scale="falling")
    chosen = settings.model_copy(update={"signal": signal})
    rows = expand_to_levels(falling().query("variant == 'alpha_0'"), scores)
    assert len(find_leads(events, scores, rows, chosen)[0]) == 6 * len(DEFINITIONS)
    assert describe_curves(rows, scores, chosen)["onset_step"].notna().all()
