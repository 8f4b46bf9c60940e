"""Leads: planted ones are found by every definition, and each null is what it says."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from synthetic.anatomy_tables import (
    AT,
    STEPS,
    TASKS,
    VARIANT,
    Array,
    events_and_scores,
    fallen_rank,
    measure_rows,
    recovering_rank,
    score_rows,
    transition,
)

from emergence.analysis.events import find_events as find
from emergence.analysis.leads import (
    DEFINITIONS,
    QUANTILES,
    LeadSettings,
    SignalError,
    classify_leads,
    compare_leads,
    find_leads,
    random_lead_chance,
    rotate,
)
from emergence.analysis.leads import describe_curves as describe
from emergence.analysis.signals import signals_of_run
from emergence.config.protocol import Signal
from emergence.io import tables
from emergence.schemas.analysis import EVENTS, LEADS, NULL_LEADS, ONSETS, SCORES
from emergence.schemas.trajectories import MEASURE

NAN = float("nan")
WIDTH = 10.0  # of transitions, checkpoints
WITH_CONTROL = (*TASKS[:4], "CTL")
IDENTITY = ["study", "run", "size", "parameters", "seed", "level", "measure"]


def ahead(event: float, by: float, width: float = WIDTH) -> Array:
    """A rank that does what the score does, some checkpoints before it."""
    return np.exp(1.4 + transition(event - by, width))


def found(
    curves: list[Array],
    times: list[float],
    settings: LeadSettings,
    definition: str = "onset",
    tasks: tuple[str, ...] = TASKS,
    every: int = 1,
    width: float = WIDTH,
) -> pd.DataFrame:
    """Leads of one run, by task."""
    events, scores = events_and_scores({"small-s1": times}, width, tasks)
    rows = measure_rows({"small-s1": curves}, tasks=tasks, every=every)
    return find_leads(events, scores, rows, settings, (definition,))[0].set_index("task")


# Leads -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("every", [1, 4, 8])
@pytest.mark.parametrize("by", [24, -24])
@pytest.mark.parametrize(("definition", "more"), [("onset", WIDTH / 2), ("change-point", 0), ("cross-correlation", 0)])
def test_a_planted_lead_is_found(
    by: int, every: int, definition: str, more: float, lead_settings: LeadSettings
) -> None:
    """A copy of the score, moved: its onset lies half a transition before its own half-way point."""
    times = [60.0, 84.0, 107.0]
    table = found([ahead(time, by) for time in times], times, lead_settings, definition, every=every)
    assert (np.abs(table["lead"] - (by + more)) <= every).all()
    assert set(table["relation"]) == ({"leads"} if by > 0 else {"lags"})


@pytest.mark.parametrize("definition", ["change-point", "cross-correlation"])
def test_what_moves_with_behaviour_is_synchronous(definition: str, lead_settings: LeadSettings) -> None:
    times = [60.0, 84.0, 107.0]
    table = found([ahead(time, 0) for time in times], times, lead_settings, definition)
    assert set(table["relation"]) == {"synchronous"}
    assert set(table["own score"]) == {0.0}


def test_leads_are_counted_in_checkpoints(lead_settings: LeadSettings) -> None:
    times = [40.0, 51.0, 65.0, 90.0]
    curves = [recovering_rank(30.0), recovering_rank(50.0), recovering_rank(70.0), fallen_rank()]
    table = found(curves, times, lead_settings)
    assert table["lead"].tolist() == pytest.approx([10, 1, -5, NAN], nan_ok=True)
    assert table["relation"].tolist() == ["leads", "synchronous", "lags", "none"]
    assert table["event_step"].tolist() == pytest.approx(np.interp(times, AT, STEPS))


@pytest.mark.parametrize(
    ("lead", "name"), [(2.1, "leads"), (2.0, "synchronous"), (-2.0, "synchronous"), (-2.1, "lags")]
)
def test_relation_has_a_margin(lead: float, name: str) -> None:
    assert classify_leads(np.array([lead]), margin=2.0).tolist() == [name]


def test_no_lead_has_no_relation() -> None:
    assert classify_leads(np.array([NAN]), margin=2.0).tolist() == ["none"]
    assert classify_leads(np.array([1e-9]), margin=0.0).tolist() == ["leads"]


def test_the_margin_is_at_least_the_spacing(lead_settings: LeadSettings) -> None:
    """A measure at every eighth checkpoint does not tell a lead of seven from one of none."""
    times = [72.0 + 7, 72.0 - 7, 72.0 + 9]
    for every, names in ((1, ["leads", "lags", "leads"]), (8, ["synchronous", "synchronous", "leads"])):
        table = found([recovering_rank(72.0)] * 3, times, lead_settings, every=every)
        assert table["lead"].tolist() == pytest.approx([7, -7, 9])
        assert table["relation"].tolist() == names
        assert set(table["margin"]) == {max(2.0, every)}
        expected = [random_lead_chance(np.array(72.0), len(AT), max(2.0, every))] * 3
        assert table["random"].tolist() == expected, "the nulls have the same margin"
    wide = lead_settings.model_copy(update={"precursors": lead_settings.precursors.model_copy(update={"margin": 8.5})})
    assert found([recovering_rank(72.0)] * 3, times, wide)["relation"].tolist() == [
        "synchronous",
        "synchronous",
        "leads",
    ]


def test_each_event_meets_the_curve_of_its_own_run(lead_settings: LeadSettings) -> None:
    curves = {
        "small-s1": [recovering_rank(30.0), recovering_rank(50.0)],
        "small-s2": [recovering_rank(70.0), recovering_rank(90.0)],
    }
    events, scores = events_and_scores({"small-s1": [100.0, NAN], "small-s2": [NAN, 100.0]})
    table, _ = find_leads(events, scores, measure_rows(curves), lead_settings, ("onset",))
    assert table[["run", "task"]].to_numpy().tolist() == [["small-s1", "COPY"], ["small-s2", "REV"]]
    assert table["lead"].tolist() == pytest.approx([70, 10])


def test_each_metric_has_its_own_events_and_scores(lead_settings: LeadSettings) -> None:
    events, scores = events_and_scores({"small-s1": [60.0, 90.0]})
    later, late_scores = (
        table.assign(metric="log_probability") for table in events_and_scores({"small-s1": [80.0, NAN]})
    )
    both, all_scores = pd.concat([events, later]), pd.concat([scores, late_scores])
    rows = measure_rows({"small-s1": [ahead(60.0, 0), ahead(90.0, 0)]})
    table, _ = find_leads(both, all_scores, rows, lead_settings, ("change-point",))
    assert table.groupby("metric")["lead"].apply(list).to_dict() == {
        "exact_match": pytest.approx([0, 0], abs=1),
        "log_probability": pytest.approx([20], abs=1),
    }


def test_only_the_last_layer_is_looked_at(lead_settings: LeadSettings) -> None:
    events, scores = events_and_scores({"small-s1": [60.0, 60.0]})
    rows = [
        measure_rows({"small-s1": [recovering_rank(onset), recovering_rank(onset + 10)]}, layer=layer)
        for layer, onset in ((1, 100.0), (2, 30.0))
    ]
    table, _ = find_leads(events, scores, pd.concat(rows), lead_settings, ("onset",))
    assert table["lead"].tolist() == pytest.approx([30, 20])


def test_the_control_has_no_leads_of_its_own(lead_settings: LeadSettings) -> None:
    """Even where chance made it pass the threshold."""
    curves = [recovering_rank(30.0)] * 5
    table = found(curves, [60.0, NAN, NAN, NAN, 80.0], lead_settings, tasks=WITH_CONTROL)
    assert table.index.tolist() == ["COPY"]


@pytest.mark.parametrize("scale", ["rank", "asinh", "linear"])
def test_the_scale_does_not_move_onsets(scale: Any, lead_settings: LeadSettings) -> None:
    changed = lead_settings.model_copy(update={"signal": Signal(variant=VARIANT, scale=scale)})
    assert found([recovering_rank(50.0)], [80.0], changed)["lead"].item() == pytest.approx(30)


# Nulls -------------------------------------------------------------------------------------------------------------


def test_placebo_by_family(lead_settings: LeadSettings) -> None:
    """Curves of other tasks of the same family: COPY, REV, CMP and SORT are easy, PAR and ADD hard."""
    curves = [recovering_rank(onset) for onset in (30.0, 50.0, 90.0, 95.0, 100.0, 30.0)]
    table = found(curves, [60.0] * 6, lead_settings)["placebo, family"]
    assert table.to_dict() == pytest.approx(
        {"COPY": 1 / 3, "REV": 1 / 3, "CMP": 2 / 3, "SORT": 2 / 3, "PAR": 1, "ADD": 0}
    )


def test_placebo_by_other_seeds(lead_settings: LeadSettings) -> None:
    """In the run of the other seed COPY and PAR are early."""
    events, scores = events_and_scores({"small-s1": [60.0] * 4, "small-s2": [40.0, 100.0, 45.0, 110.0]}, tasks=FOUR)
    rows = measure_rows({"small-s1": [recovering_rank(onset) for onset in (30.0, 90.0, 90.0, 30.0)]}, tasks=FOUR)
    table, _ = find_leads(events, scores, rows, lead_settings, ("onset",))
    assert table.set_index("task")["other_seeds"].to_dict() == dict(
        zip(FOUR, ["easy", "hard", "easy", "hard"], strict=True)
    )
    placebo = table.set_index("task")["placebo, other_seeds"].to_dict()
    assert placebo == {"COPY": 0.0, "REV": 1.0, "PAR": 1.0, "MUL": 0.0}, "PAR, MUL, COPY, REV"


FOUR = ("COPY", "REV", "PAR", "MUL")


def test_one_seed_tells_no_difficulty(lead_settings: LeadSettings) -> None:
    table = found([recovering_rank(30.0)] * 3, [60.0] * 3, lead_settings)
    assert table[["other_seeds", "placebo, other_seeds"]].isna().all(axis=None)
    assert table["placebo, family"].notna().all()


def test_levels_of_the_same_task_are_no_placebo(lead_settings: LeadSettings) -> None:
    events, scores = events_and_scores({"small-s1": [60.0] * 3})
    rows = measure_rows({"small-s1": [recovering_rank(30.0), recovering_rank(90.0), recovering_rank(30.0)]})
    for table in (events, scores, rows):
        table.loc[table["task"] == "CMP", ["task", "level"]] = ["COPY", "2"]
    placebo = find_leads(events, scores, rows, lead_settings, ("onset",))[0].set_index(["task", "level"])[
        "placebo, family"
    ]
    assert placebo.to_dict() == {("COPY", "1"): 0.0, ("REV", "1"): 1.0, ("COPY", "2"): 0.0}


@pytest.mark.parametrize("definition", DEFINITIONS)
def test_the_control_null_is_that_of_its_curves(definition: str, lead_settings: LeadSettings) -> None:
    """The control moves 20 checkpoints before COPY's event, 20 after REV's; it is no placebo."""
    times = [80.0, 40.0, 80.0, 40.0, NAN]
    curves = [ahead(60.0, 0)] * 5
    curves[2:4] = [np.full(len(AT), 4.0)] * 2
    table = found(curves, times, lead_settings, definition, tasks=WITH_CONTROL)
    assert table["control"].tolist() == [1.0, 0.0, 1.0, 0.0]
    assert table.loc["COPY", "placebo, family"] == pytest.approx(1 / 3)


def test_levels_of_the_control_count_apart(lead_settings: LeadSettings) -> None:
    events, scores = events_and_scores({"small-s1": [60.0, NAN, NAN]}, tasks=("COPY", "CTL", "X"))
    rows = measure_rows(
        {"small-s1": [recovering_rank(90.0), recovering_rank(30.0), fallen_rank()]}, tasks=("COPY", "CTL", "X")
    )
    for table in (events, scores, rows):
        table.loc[table["task"] == "X", ["task", "level"]] = ["CTL", "2"]
    assert find_leads(events, scores, rows, lead_settings, ("onset",))[0]["control"].tolist() == [0.5]


def test_without_a_control_there_is_no_such_null(lead_settings: LeadSettings) -> None:
    assert found([recovering_rank(30.0)] * 2, [60.0] * 2, lead_settings)["control"].isna().all()


@pytest.mark.parametrize("margin", [0.0, 2.0, 2.5])
def test_random_events_against_every_checkpoint(margin: float) -> None:
    positions = np.array([0.0, 0.3, 5.0, 17.5, 18.999, 19.0, NAN])
    expected = [np.mean([checkpoint - position > margin for checkpoint in range(20)]) for position in positions]
    np.testing.assert_allclose(random_lead_chance(positions, 20, margin), expected)


def test_random_is_of_the_own_time(lead_settings: LeadSettings) -> None:
    times = [60.0, 90.0]
    for definition, position in (("onset", 55.0 - 12), ("change-point", 48.0)):
        table = found([ahead(60.0, 12), fallen_rank()], times, lead_settings, definition)
        assert table["random"].iloc[0] == pytest.approx(
            float(random_lead_chance(np.array(position), len(AT), 2.0)), abs=0.01
        )
    assert found([fallen_rank()], [60.0], lead_settings)["random"].item() == 0.0, "no onset leads nothing"
    assert found([ahead(60.0, 12)], [60.0], lead_settings, "cross-correlation")["random"].isna().all()


@pytest.mark.parametrize(("width", "leading"), [(2.0, 0.0), (4.0, 0.0), (6.0, 1.0), (20.0, 1.0)])
def test_own_score_leads_by_half_a_transition(width: float, leading: float, lead_settings: LeadSettings) -> None:
    """An onset is where a rise begins, an event its half-way point."""
    table = found([fallen_rank()], [80.0], lead_settings, width=width)
    assert table["own score"].item() == leading
    assert table["relation"].item() == "none"


@pytest.mark.parametrize("definition", DEFINITIONS)
def test_shifts_against_all_rotations(definition: str, lead_settings: LeadSettings) -> None:
    many = lead_settings.precursors.model_copy(update={"shifts": 600})
    settings = lead_settings.model_copy(update={"precursors": many})
    curve, event = recovering_rank(60.0), 90.0
    if definition != "cross-correlation":  # rotations of two bumps differ from those of one
        curve = np.where((AT % 60 >= 40) & (AT % 60 < 50), 8.0, 4.0)
    table = found([curve], [event], settings, definition)
    every = np.array([np.roll(np.log(curve), -offset) for offset in range(1, len(AT))])
    of_measure = signals_of_run(measure_rows({"small-s1": [curve]}), STEPS, settings.signal, settings.collapse)
    all_leads = {
        "onset": event - of_measure.onset(every),
        "change-point": event - of_measure.change_point(every),
        "cross-correlation": of_measure.lag(every, transition(event, WIDTH), settings.precursors.lag),
    }[definition]
    share = (all_leads > 2.0).mean()
    assert 0.02 < share < 0.98
    assert table["shift"].item() == pytest.approx(share, abs=0.07)


def test_rotations_are_never_the_curve_itself() -> None:
    curve = np.random.default_rng(0).standard_normal(7)
    rotated = rotate(curve, 2000, np.random.default_rng(1))
    every = {tuple(np.roll(curve, -offset)) for offset in range(1, 7)}
    assert {tuple(row) for row in rotated} == every, "all the others, and no more"


def test_deciles_of_the_nulls(lead_settings: LeadSettings) -> None:
    onsets = [30.0, 50.0, 60.0, 75.0, 40.0]
    events, scores = events_and_scores({"small-s1": [100.0, NAN, NAN, NAN, NAN]}, tasks=WITH_CONTROL)
    rows = measure_rows({"small-s1": [recovering_rank(onset) for onset in onsets]}, tasks=WITH_CONTROL)
    _, nulls = find_leads(events, scores, rows, lead_settings, ("onset",))
    of_null = nulls.groupby("null")["lead"].apply(list)
    assert set(of_null.index) == {"shift", "placebo, family", "control"}, "no quantiles of what is not there"
    assert of_null["placebo, family"] == pytest.approx(np.quantile([50.0, 40.0, 25.0], QUANTILES).tolist())
    assert of_null["control"] == pytest.approx([60.0] * 9)
    assert nulls["quantile"].unique() == pytest.approx(np.linspace(0.1, 0.9, 9))


# Where an estimator failed -----------------------------------------------------------------------------------------


def test_a_failure_at_some_checkpoints_is_bridged(lead_settings: LeadSettings) -> None:
    curve = recovering_rank(60.0)
    curve[[20, 21, 100]] = NAN
    assert found([curve], [90.0], lead_settings)["lead"].item() == pytest.approx(30)


def test_an_estimator_that_always_failed_has_no_leads(lead_settings: LeadSettings) -> None:
    """Neither for that task-level, nor as another's placebo; if it never works, none at all."""
    lost = np.full(len(AT), NAN)
    table = found([recovering_rank(30.0), lost, recovering_rank(90.0)], [60.0] * 3, lead_settings)
    assert table.index.tolist() == ["COPY", "CMP"]
    assert table["placebo, family"].tolist() == [0.0, 1.0]
    assert found([lost] * 3, [60.0] * 3, lead_settings).empty


def test_a_run_that_was_not_measured_has_no_leads(lead_settings: LeadSettings) -> None:
    events, scores = events_and_scores({"small-s1": [60.0], "large-s2": [60.0]})
    table, _ = find_leads(events, scores, measure_rows({"large-s2": [recovering_rank(30.0)]}), lead_settings)
    assert table["run"].unique().tolist() == ["large-s2"]
    assert table["definition"].tolist() == list(DEFINITIONS)


@pytest.mark.parametrize("every", [50, 60, 100, 400])
def test_a_few_checkpoints_tell_nothing(every: int, lead_settings: LeadSettings) -> None:
    for definition in DEFINITIONS:
        table = found([recovering_rank(30.0)] * 2, [60.0] * 2, lead_settings, definition, every=every)
        assert set(table["relation"]) <= {"none", "synchronous", "leads", "lags"}
        assert len(table) == 2
    assert set(table["relation"]) == {"none"}


# Tables ------------------------------------------------------------------------------------------------------------


def written(
    rows: pd.DataFrame, behaviour: tuple[pd.DataFrame, pd.DataFrame], settings: LeadSettings, folder: Path
) -> list[pd.DataFrame]:
    """Tables of leads, null leads and onsets as `make` writes them."""
    events, scores = behaviour
    tables.write(EVENTS, events, folder / "events.parquet")
    tables.write(SCORES, scores, folder / "scores.parquet")
    files = []
    for run, of_one in rows.groupby("run", sort=False):
        files.append(folder / f"{run}.parquet")
        tables.write(MEASURE, of_one, files[-1])
    schemas = (LEADS, NULL_LEADS, ONSETS)
    outputs = [folder / f"{schema.name}.parquet" for schema in schemas]
    compare_leads(settings, folder / "events.parquet", folder / "scores.parquet", files, *outputs)
    return [tables.read(schema, path) for schema, path in zip(schemas, outputs, strict=True)]


@pytest.mark.long
def test_tables_follow_their_schemas(lead_settings: LeadSettings, tmp_path: Path) -> None:
    curves = [recovering_rank(onset) for onset in (30.0, 50.0, 60.0, 75.0, 40.0)]
    rows = measure_rows({"small-s1": curves, "large-s2": curves[::-1]}, tasks=WITH_CONTROL)
    other = rows.assign(variant="mean/centred/sigma", value=rows["value"].to_numpy()[::-1])
    behaviour = events_and_scores(
        {run: [50.0, 60.0, NAN, 90.0, NAN] for run in ("small-s1", "large-s2")}, tasks=WITH_CONTROL
    )
    table, nulls, onsets = written(pd.concat([rows, other]), behaviour, lead_settings, tmp_path)
    expected, expected_nulls = find_leads(*behaviour, rows, lead_settings)
    pd.testing.assert_frame_equal(table, expected, check_dtype=False)
    pd.testing.assert_frame_equal(nulls, expected_nulls, check_dtype=False)
    assert len(table) == 2 * 3 * len(DEFINITIONS)
    assert len(onsets) == 2 * 5


def test_curves_are_described(lead_settings: LeadSettings, tmp_path: Path) -> None:
    """Of all task-levels, whether they emerge or not, on the signal's scale; steps are those of the trajectory."""
    curves = [recovering_rank(30.0), fallen_rank(), np.full(len(AT), 6.0), np.full(len(AT), NAN), recovering_rank(72.0)]
    rows = measure_rows({"small-s1": curves}, tasks=WITH_CONTROL, every=4)
    _, _, onsets = written(
        rows, events_and_scores({"small-s1": [NAN] * 5}, tasks=WITH_CONTROL), lead_settings, tmp_path
    )
    by_task = onsets.set_index("task")
    assert by_task.loc["SORT"].drop(IDENTITY).isna().all(), "a curve without a value has no shape"
    by_task = by_task.drop(index="SORT")
    assert np.exp(by_task["floor"]).to_dict() == pytest.approx({"COPY": 4, "REV": 4, "CMP": 6, "CTL": 4})
    last_early = int((STEPS[::4] <= 400).sum()) - 1
    for task, curve in zip(WITH_CONTROL, curves, strict=True):
        if task in by_task.index:
            assert by_task.loc[task, "early"] == pytest.approx(np.log(curve[::4][last_early]))
    assert by_task.loc["COPY", "onset_step"] == pytest.approx(STEPS[30], abs=float(STEPS[34] - STEPS[30]))
    assert by_task.loc["CTL", "onset_step"] == pytest.approx(STEPS[72])
    assert by_task["onset_step"].isna().to_dict() == {"COPY": False, "REV": True, "CMP": True, "CTL": False}
    assert by_task["changepoint_step"].isna().to_dict() == {"COPY": False, "REV": True, "CMP": True, "CTL": False}
    assert (by_task["floor_step"] < 400).all()


def test_nothing_emerged(lead_settings: LeadSettings, tmp_path: Path) -> None:
    rows = measure_rows({"small-s1": [recovering_rank(30.0)] * 2})
    table, nulls, onsets = written(rows, events_and_scores({"small-s1": [NAN] * 2}), lead_settings, tmp_path)
    assert table.empty
    assert nulls.empty
    assert len(onsets) == 2


def test_nothing_was_estimated(lead_settings: LeadSettings, tmp_path: Path) -> None:
    rows = measure_rows({"small-s1": [np.full(len(AT), NAN)] * 2})
    found_tables = written(rows, events_and_scores({"small-s1": [60.0] * 2}), lead_settings, tmp_path)
    assert [len(table) for table in found_tables] == [0, 0, 2]
    assert found_tables[2]["floor"].isna().all()


def test_a_variant_that_was_not_measured_is_refused(lead_settings: LeadSettings, tmp_path: Path) -> None:
    rows = measure_rows({"small-s1": [recovering_rank(30.0)]}, variant="mean/centred/sigma")
    with pytest.raises(SignalError, match=r"signals\.rankme\.variant.*answer/centred/sigma.*small-s1\.parquet"):
        written(rows, events_and_scores({"small-s1": [60.0]}), lead_settings, tmp_path)


def test_onsets_are_those_of_the_leads(lead_settings: LeadSettings) -> None:
    times = [60.0, 90.0, 120.0]
    events, scores = events_and_scores({"small-s1": times})
    rows = measure_rows({"small-s1": [recovering_rank(30.0), recovering_rank(50.0), recovering_rank(70.0)]})
    table, _ = find_leads(events, scores, rows, lead_settings, ("onset",))
    described = describe(rows, scores, lead_settings).set_index("task")["onset_step"]
    positions = np.interp(described[table["task"]], STEPS, AT)
    assert positions.tolist() == pytest.approx((np.array(times) - table["lead"]).tolist())


def test_the_draws_do_not_depend_on_the_order_of_rows(lead_settings: LeadSettings) -> None:
    events, scores = events_and_scores({"small-s1": [60.0, 80.0]})
    rows = measure_rows({"small-s1": [recovering_rank(30.0), recovering_rank(50.0)]})
    first, _ = find_leads(events, scores, rows, lead_settings)
    again, _ = find_leads(
        events, scores.sample(frac=1, random_state=1), rows.sample(frac=1, random_state=0), lead_settings
    )
    pd.testing.assert_frame_equal(first, again)


def test_a_score_whose_change_is_no_more_than_noise_has_no_change_point(lead_settings: LeadSettings) -> None:
    """It passes the threshold, but by less than the noise widths that a measure is asked for."""
    noise = np.random.default_rng(0).normal(0, 0.02, len(AT))
    for height, relations in ((0.08, "none"), (0.4, "leads")):
        scores = score_rows({"small-s1": [0.5 + height * ((AT >= 70) - 0.5) + noise]})
        events = find(scores, lead_settings.events)
        assert events["emerged"].all()
        rows = measure_rows({"small-s1": [ahead(40.0, 0)]})
        table, _ = find_leads(events, scores, rows, lead_settings, ("onset", "change-point"))
        assert table["relation"].tolist() == ["leads", relations]


def test_a_noisy_score_is_not_ahead_of_itself(lead_settings: LeadSettings) -> None:
    """Own score by change-point and cross-correlation is no lead, whatever the noise."""
    rng = np.random.default_rng(0)
    scores = score_rows({"small-s1": [transition(70.0, 6.0) + rng.normal(0, 0.03, len(AT)) for _ in TASKS]})
    events, _ = events_and_scores({"small-s1": [70.0] * len(TASKS)}, width=6.0)
    rows = measure_rows({"small-s1": [recovering_rank(30.0)] * len(TASKS)})
    table, _ = find_leads(events, scores, rows, lead_settings, ("change-point", "cross-correlation"))
    assert set(table["own score"]) == {0.0}
