"""Limits of prediction on planted orders: found where there are some, a uniform p where there are none."""

from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from emergence.analysis import rank_agreement
from emergence.analysis.anatomy.order_prediction import (
    Comparison,
    OrderSettings,
    add_end_runs,
    compare_features,
    correct_p,
    percentile_interval,
    predict_order,
)
from emergence.analysis.event_matrix import EventMatrix
from emergence.analysis.rank_agreement import pair_order
from emergence.config.anatomy import OrderPrediction
from emergence.config.protocol import Statistics
from emergence.io import tables
from emergence.schemas.analysis import EVENTS, ONSETS
from emergence.schemas.anatomy import ORDER_PREDICTION

pytestmark = pytest.mark.long

TASKS = ("COPY", "REV", "CMP", "SORT", "PAR", "ADD", "MOD", "MUL")
LEVELS = pd.MultiIndex.from_product([TASKS, list("123")], names=["task", "level"])
EASY = LEVELS.get_level_values("task").isin(TASKS[:4])
TASK = np.repeat(np.arange(8), 3)
KEY = ["statistic", "classes", "pairs_of", "size"]


@pytest.fixture(scope="module")
def settings(statistics: Statistics) -> OrderSettings:
    chosen = OrderPrediction(tie=1.0, swap_margin=1.2, permutations=150)
    fewer = statistics.model_copy(update={"bootstrap": 200})
    return OrderSettings(metric="exact_match", easy=list(TASKS[:4]), prediction=chosen, statistics=fewer)


def of(step: np.ndarray, sizes: int = 1, spacing: float = 1.0) -> EventMatrix:
    """A panel of steps (runs, task-levels); runs are of as many seeds at each size."""
    seeds = len(step) // sizes
    runs = pd.DataFrame(
        [
            {"run": f"{size}-{seed}", "size": f"size{size}", "seed": seed}
            for size in range(sizes)
            for seed in range(seeds)
        ]
    )
    names = np.where(EASY, "easy", "hard").astype(object)
    classes = {name: np.tile(names, (len(step), 1)) for name in ("family", "other_seeds")}
    return EventMatrix(runs, LEVELS, step, np.where(np.isfinite(step), spacing, 0.0), classes)


def predicted(step: np.ndarray, feature: np.ndarray, settings: OrderSettings, sizes: int = 1) -> pd.DataFrame:
    rows = pd.DataFrame(compare_features(of(step, sizes), {"onset": feature}, settings))
    return rows.set_index(KEY).sort_index()


def alike(rng: np.random.Generator, runs: int, noise: float, count: int = 24) -> np.ndarray:
    """Steps around one order that all runs share."""
    return 10 ** (rng.uniform(2, 3.5, count) + rng.normal(0, noise, (runs, count)))


def test_tests_without_intervals_are_the_same(settings: OrderSettings) -> None:
    rng = np.random.default_rng(8)
    matrix, feature = of(alike(rng, 6, 0.1), sizes=2), {"onset": alike(rng, 6, 0.3)}
    whole, tests = (
        pd.DataFrame(compare_features(matrix, feature, settings, tests_only=alone)).query("size == 'all'")
        for alone in (False, True)
    )
    same = [*KEY, "value", "null", "p", "task_p", "pairs", "runs"]
    pd.testing.assert_frame_equal(tests[same].reset_index(drop=True), whole[same].reset_index(drop=True))
    assert tests[["low", "high"]].isna().all(axis=None)


# Planted orders ----------------------------------------------------------------------------------------------------


def test_a_perfect_feature(settings: OrderSettings) -> None:
    step = alike(np.random.default_rng(0), 6, 0.1)
    rows = predicted(step, np.log(step), settings)
    assert rows.loc["spearman", "value"].to_numpy() == pytest.approx(1.0)
    assert rows.loc["somers_d", "value"].to_numpy() == pytest.approx(1.0)
    assert rows.loc["concordance", "value"].to_numpy() == pytest.approx(1.0)
    assert (rows["p"].dropna() <= 0.02).all()
    assert (rows.loc["concordance", "low"] < 0.95).all(), "runs that agree are no certainty"


def test_a_reversed_feature_is_as_far_from_its_null(settings: OrderSettings) -> None:
    step = alike(np.random.default_rng(1), 6, 0.1)
    rows = predicted(step, -step, settings)
    assert rows.loc["spearman", "value"].to_numpy() == pytest.approx(-1.0)
    assert rows.loc["concordance", "value"].to_numpy() == pytest.approx(0.0)
    assert (rows["p"].dropna() <= 0.02).all()


def test_a_feature_that_knows_the_class_alone(settings: OrderSettings) -> None:
    rng = np.random.default_rng(2)
    step = np.where(EASY, rng.uniform(100, 200, (6, 24)), rng.uniform(1000, 2000, (6, 24)))
    rows = predicted(step, np.tile(1.0 * ~EASY, (6, 1)), settings).loc[("concordance", "family")]
    assert rows.loc[("between", "all"), "value"] == 1.0
    assert rows.loc[("between", "all"), "p"] <= 0.02
    for pairs_of in ("within easy", "within hard", "within"):
        assert rows.loc[(pairs_of, "all"), ["value", "null", "p"]].tolist() == [0.5, 0.5, 1.0]


def test_a_feature_that_knows_the_order_within_classes_alone(settings: OrderSettings) -> None:
    step = np.where(EASY, 100.0, 1000.0) * np.linspace(1, 2, 24)[np.random.default_rng(3).permuted(np.arange(24))]
    rows = predicted(np.tile(step, (6, 1)), np.tile(step * np.where(EASY, 10, 1), (6, 1)), settings)
    rows = rows.loc[("concordance", "family")]
    assert rows.loc[("within", "all"), "value"] == 1.0
    assert rows.loc[("within", "all"), "p"] <= 0.02
    assert 0.3 < rows.loc[("between", "all"), "value"] < 0.7


def test_within_is_easy_and_hard_together(settings: OrderSettings) -> None:
    rng = np.random.default_rng(4)
    rows = predicted(alike(rng, 4, 0.3), rng.random((4, 24)), settings).loc["concordance"]
    rows = rows.xs("all", level="size")
    easy, hard, both, across = (
        rows.loc[("family", kind)] for kind in ("within easy", "within hard", "within", "between")
    )
    assert both["pairs"] == easy["pairs"] + hard["pairs"]
    assert both["value"] * both["pairs"] == pytest.approx(easy["value"] * easy["pairs"] + hard["value"] * hard["pairs"])
    assert rows.loc[("none", "all"), "pairs"] == both["pairs"] + across["pairs"]


def test_classes_may_differ_from_run_to_run(settings: OrderSettings) -> None:
    rng = np.random.default_rng(5)
    step, feature = alike(rng, 4, 0.3), rng.random((4, 24))
    panel = of(step)
    panel.classes["other_seeds"][0, :] = np.where(np.arange(24) % 2, "hard", "easy")
    rows = pd.DataFrame(Comparison(panel, settings).concordance(feature))
    rows = rows[(rows["size"] == "all") & (rows["statistic"] == "concordance")].set_index(["classes", "pairs_of"])
    changed, same = (rows.loc[(name, "within easy")] for name in ("other_seeds", "family"))
    assert changed["value"] != same["value"]
    assert changed["null"] == pytest.approx(0.5, abs=0.03)


def test_classes_are_permuted_independently(settings: OrderSettings) -> None:
    """Two easy and two hard task-levels in perfect order: one of four permutations within classes does as well."""
    many = settings.model_copy(update={"prediction": settings.prediction.model_copy(update={"permutations": 4000})})
    step = np.array([[100.0, 200.0, 300.0, 400.0]])
    names = np.array([["easy", "easy", "hard", "hard"]], dtype=object)
    levels = pd.MultiIndex.from_tuples([("COPY", "1"), ("REV", "1"), ("PAR", "1"), ("ADD", "1")], names=LEVELS.names)
    small = replace(of(step), levels=levels, classes={"family": names})
    rows = pd.DataFrame(Comparison(small, many).concordance(step))
    rows = rows[(rows["statistic"] == "concordance") & (rows["size"] == "all")].set_index("pairs_of")
    assert rows.loc["within", "value"] == 1.0
    assert rows.loc["within", ["p", "task_p"]].tolist() == pytest.approx([0.5, 0.5], abs=0.04)


def test_without_other_seeds_there_are_no_classes_by_them(settings: OrderSettings) -> None:
    step = alike(np.random.default_rng(6), 2, 0.3)
    panel = of(step)
    panel.classes["other_seeds"][:] = None
    rows = pd.DataFrame(compare_features(panel, {"onset": step}, settings)).set_index("classes")
    assert (rows.loc["other_seeds", ["pairs", "runs"]] == 0).all(axis=None)
    assert rows.loc["other_seeds", ["value", "low", "p"]].isna().all(axis=None)


# Ties and censoring ------------------------------------------------------------------------------------------------


def test_events_within_one_evaluation_have_no_order(settings: OrderSettings) -> None:
    step = np.tile(np.repeat(np.arange(12), 2) * 100.0, (2, 1))
    step[:, 1::2] += 0.5
    rows = predicted(step, step, settings)
    assert rows.loc[("concordance", "none", "all", "all"), "pairs"] == 2 * (24 * 23 / 2 - 12)
    assert rows.loc[("somers_d", "none", "all", "all"), "pairs"] == 2 * 24 * 23 / 2


def test_without_a_margin_somers_d_is_concordance_on_another_scale(settings: OrderSettings) -> None:
    rng = np.random.default_rng(7)
    step = np.where((drawn := rng.integers(1, 12, (6, 24))) == 11, np.inf, drawn.astype(float))
    exact = settings.model_copy(update={"prediction": settings.prediction.model_copy(update={"tie": 0.0})})
    rows = predicted(step, rng.integers(0, 5, (6, 24)).astype(float), exact, sizes=2)
    pd.testing.assert_frame_equal(
        (1 + rows.loc["somers_d", ["value", "null", "null_low", "null_high"]]) / 2,
        rows.loc["concordance", ["value", "null", "null_low", "null_high"]],
        rtol=1e-6,
    )
    same = ["p", "task_p", "pairs", "runs"]
    pd.testing.assert_frame_equal(rows.loc["somers_d", same], rows.loc["concordance", same])
    assert ((1 + rows.loc["somers_d", "low"]) / 2 - rows.loc["concordance", "low"]).abs().max() < 0.1


def test_censored_levels_are_last_and_tie(settings: OrderSettings) -> None:
    step = np.tile(np.arange(1.0, 25) * 100, (2, 1))
    step[:, 20:] = np.inf
    rows = predicted(step, np.tile(np.arange(24.0), (2, 1)), settings)
    whole = rows.loc[("concordance", "none", "all", "all")]
    assert (whole["value"], whole["pairs"]) == (1.0, 2 * (24 * 23 / 2 - 6))


def test_nothing_has_emerged(settings: OrderSettings) -> None:
    rows = predicted(np.full((6, 24), np.inf), np.random.default_rng(8).random((6, 24)), settings, sizes=2)
    assert (rows[["pairs", "runs"]] == 0).all(axis=None)
    assert rows.drop(columns=["feature", "pairs", "runs"]).isna().all(axis=None)


def test_a_feature_that_never_moves(settings: OrderSettings) -> None:
    """No correlation; every pair is a coin."""
    rows = predicted(alike(np.random.default_rng(9), 6, 0.2), np.full((6, 24), np.inf), settings, sizes=2)
    assert rows.loc["spearman", "value"].isna().all()
    assert rows.loc[("concordance", "none", "all", "all"), ["value", "p", "task_p"]].tolist() == [0.5, 1.0, 1.0]
    assert rows.loc[("swap", "none", "all", "all"), "value"] == 0.5


def test_one_run(settings: OrderSettings) -> None:
    step = alike(np.random.default_rng(10), 1, 0)
    rows = predicted(step, step, settings)
    assert rows.loc[("concordance", "none", "all", "all"), ["value", "p"]].tolist() == pytest.approx(
        [1, 0.01], abs=0.01
    )
    assert rows[["low", "high"]].isna().all(axis=None), "one run says nothing of the spread over runs"
    assert rows.loc[("swap", "none", "all", "all"), "pairs"] == 0


# Swaps -------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def swapping() -> np.ndarray:
    """Three seeds at two sizes; the order of the hard task-levels reverses."""
    rng = np.random.default_rng(11)
    small = 10 ** rng.uniform(2, 3.5, 24)
    large = small.copy()
    large[~EASY] = np.sort(small[~EASY])[::-1][np.argsort(np.argsort(small[~EASY]))]
    return np.repeat([small, large], 3, axis=0) * 10 ** rng.normal(0, 0.001, (6, 24))


def test_a_feature_that_follows_swaps(swapping: np.ndarray, settings: OrderSettings) -> None:
    rows = predicted(swapping, swapping, settings, sizes=2).loc[:, "none", "all", "all"]
    assert rows.loc[["swap", "swap_both", "kept", "kept_both"], "value"].tolist() == [1, 1, 0, 1]
    assert rows.loc["swap", "pairs"] > 60
    assert rows.loc["swap", "p"] <= 0.02
    assert rows.loc["swap", "low"] >= 0.5


def test_a_feature_that_ignores_swaps(swapping: np.ndarray, settings: OrderSettings) -> None:
    rows = predicted(swapping, np.tile(swapping[0], (6, 1)), settings, sizes=2).loc[:, "none", "all", "all"]
    assert rows.loc[["swap", "swap_both", "kept", "kept_both"], "value"].tolist() == [0, 0, 0, 1]
    assert rows.loc["swap", "high"] <= 0.5


def test_the_margin_of_swaps(swapping: np.ndarray, settings: OrderSettings) -> None:
    wide = settings.model_copy(update={"prediction": settings.prediction.model_copy(update={"swap_margin": 3.0})})
    key = ("swap", "none", "all", "all")
    few, many = (predicted(swapping, swapping, chosen, sizes=2).loc[key, "pairs"] for chosen in (wide, settings))
    assert 0 < few < many


def test_added_ends_are_those_of_a_clustered_bootstrap() -> None:
    draws = add_end_runs(np.full(200_000, 1.0), 10, np.random.default_rng(0))
    assert draws.mean() == pytest.approx(11 / 12, abs=1e-3)
    assert draws.var() == pytest.approx((1 / 12) * (11 / 12) / 12, rel=0.02)
    assert percentile_interval(np.array([np.nan, 1.0, 2.0]), 2, 0.5) == (1.25, 1.75)
    assert np.isnan(percentile_interval(np.array([1.0, 2.0]), 1, 0.5)).all()
    assert np.isnan(percentile_interval(np.array([np.nan]), 3, 0.5)).all()


# Calibration -------------------------------------------------------------------------------------------------------


def p_of(statistic: str, worlds: list[tuple[np.ndarray, np.ndarray]], settings: OrderSettings) -> pd.DataFrame:
    """p and task_p of one statistic (of concordance: between classes) on each world of two sizes."""
    rows_of_p = []
    for step, feature in worlds:
        comparison = Comparison(of(step, sizes=2), settings)
        rows = pd.DataFrame(getattr(comparison, statistic)(feature))
        rows = rows[
            (rows["size"] == "all") & (rows["pairs_of"] == ("between" if statistic == "concordance" else "all"))
        ]
        rows_of_p.append(rows.iloc[0][["p", "task_p"]])
    return pd.DataFrame(rows_of_p).astype(float)


def assert_uniform(p: pd.Series) -> None:
    assert (p <= 0.1).mean() <= 0.25
    assert 0.35 < p.mean() < 0.67


def test_p_is_uniform_where_the_feature_does_not_know_the_order_that_runs_share(settings: OrderSettings) -> None:
    """Each run's task-levels are the same: six runs that all agree are one coincidence, not six."""
    rng = np.random.default_rng(12)
    worlds = [(alike(rng, 6, 0.1), alike(rng, 6, 0.1)) for _ in range(40)]
    assert_uniform(p_of("spearman", worlds, settings)["p"])
    assert_uniform(p_of("concordance", worlds, settings)["p"])


def test_p_of_swaps_is_uniform_where_sizes_have_nothing_to_do_with_each_other(settings: OrderSettings) -> None:
    rng = np.random.default_rng(13)

    def world() -> np.ndarray:
        return np.vstack([alike(rng, 3, 0.05), alike(rng, 3, 0.05)])

    assert_uniform(p_of("reversals", [(world(), world()) for _ in range(80)], settings)["p"])


def test_levels_of_a_task_are_no_independent_evidence(settings: OrderSettings) -> None:
    """Times and features that differ by task alone: p over task-levels is far too small, p over tasks is not."""
    rng = np.random.default_rng(14)

    def world() -> np.ndarray:
        return 10 ** (rng.uniform(2, 3.5, 8)[TASK] + rng.normal(0, 0.05, (6, 24)))

    values = p_of("spearman", [(world(), world()) for _ in range(80)], settings)
    assert (values["p"] <= 0.1).mean() > 0.25
    assert_uniform(values["task_p"])


def test_intervals_cover_what_more_runs_would_give(settings: OrderSettings) -> None:
    """Twelve runs, of what three thousand say of the same task-levels; with the added runs a share's are wide."""
    rng = np.random.default_rng(15)
    times, common, peculiar = rng.uniform(2, 3.5, 24), rng.normal(0, 0.5, 24), rng.normal(0, 0.5, 24)

    def runs(count: int) -> tuple[np.ndarray, np.ndarray]:
        shift = rng.normal(0, 1, (count, 1))  # some runs know more than others
        return 10 ** (times + rng.normal(0, 0.1, (count, 24))), times + common + shift * peculiar

    step, feature = runs(3000)
    truth = {"spearman": rank_agreement.spearman(step, feature).mean()}
    in_time, signs = pair_order(step, np.ones_like(step)), pair_order(feature)
    truth["concordance"] = (in_time * signs == 1).sum() / (in_time != 0).sum()
    covered = {name: [] for name in truth}
    for _ in range(60):
        twelve, values = runs(12)
        comparison = Comparison(of(twelve), settings)
        for name, value in truth.items():
            row = next(iter(getattr(comparison, name)(values)))
            covered[name].append(row["low"] <= value <= row["high"])
    assert np.mean(covered["spearman"]) >= 0.84
    assert np.mean(covered["concordance"]) >= 0.95


# The table ---------------------------------------------------------------------------------------------------------


def test_holm_is_over_measures_and_features_within_a_test() -> None:
    kinds = {"statistic": ["swap", "swap", "kept", "swap", "swap"], "classes": "none", "pairs_of": "all", "size": "all"}
    rows = pd.DataFrame({"p": [0.04, 0.01, 0.03, 0.03, np.nan], **kinds})
    assert correct_p(rows)["holm_p"].tolist() == pytest.approx([0.06, 0.03, 0.03, 0.06, np.nan], nan_ok=True)


def written(folder: Path, step: np.ndarray, features: dict[str, np.ndarray]) -> tuple[Path, list[Path]]:
    """Tables of events and onsets, the control among them; NaN is an onset that is missing."""
    rows = [
        {
            "study": "anatomy",
            "run": f"{size}-s{seed}",
            "size": size,
            "parameters": 10**i,
            "seed": seed,
            "task": task,
            "level": level,
        }
        for i, size in enumerate("ab", start=2)
        for seed in (1, 2)
        for task, level in [*LEVELS, ("CTL", "1")]
    ]
    units = pd.DataFrame(rows)
    trained = (units["task"] != "CTL").to_numpy()
    values = np.full(len(units), np.nan)
    values[trained] = step.ravel()
    known = {"emerged": np.isfinite(values), "metric": "exact_match", "final_score": 1.0}
    times = {"step": values, "step_before": values - 0.5, "step_after": values + 0.5, "width": values}
    events = units.assign(**known, **times)
    both = pd.concat([events, events.assign(metric="log_probability", step=1.0)])
    tables.write(EVENTS, both, folder / "events.parquet")
    paths = []
    for name, feature in features.items():
        values[trained] = feature.ravel()
        given = {"floor": 1.0, "floor_step": 1.0, "early": np.arange(len(units)) * 1.0}
        paths.append(folder / f"{name}.parquet")
        frame = units.assign(measure=name, onset_step=values, changepoint_step=np.nan, **given)
        tables.write(ONSETS, frame, paths[-1])
    return folder / "events.parquet", paths


def test_the_table_follows_its_schema(settings: OrderSettings, tmp_path: Path) -> None:
    rng = np.random.default_rng(16)
    step = alike(rng, 4, 0.2)
    features = {"rankme": step.copy(), "llc": rng.random((4, 24)), "fisher": np.full((4, 24), np.nan)}
    predict_order(settings, *written(tmp_path, step, features), tmp_path / "limits.parquet")
    table = tables.read(ORDER_PREDICTION, tmp_path / "limits.parquet")
    cells = 3 + 3 * 2 * (1 + 2 * 4) + 4  # Spearman, pairs by size, swaps
    assert len(table) == 3 * 3 * cells == len(table.drop_duplicates(["measure", "feature", *KEY]))
    rows = table.set_index(["measure", "feature", *KEY]).sort_index()
    key = ("concordance", "family", "within", "all")
    assert rows.loc[("rankme", "onset", *key), "value"] == 1.0
    assert rows.loc[("rankme", "onset", *key), "holm_p"] <= 9 * rows.loc[("rankme", "onset", *key), "p"]
    assert rows.loc[("fisher", "onset", *key), "value"] == 0.5, "a measure without onsets knows nothing"
    assert (table["holm_p"].dropna() >= table["p"].dropna()).all()


def test_a_measure_is_judged_by_itself(settings: OrderSettings, tmp_path: Path) -> None:
    """Other measures change Holm's correction, no more; nor does the order of the files."""
    rng = np.random.default_rng(17)
    step = alike(rng, 4, 0.2)
    events, paths = written(tmp_path, step, {"rankme": rng.random((4, 24)), "llc": rng.random((4, 24))})
    predict_order(settings, events, paths[:1], tmp_path / "one.parquet")
    predict_order(settings, events, paths[::-1], tmp_path / "two.parquet")
    one, two = (tables.read(ORDER_PREDICTION, tmp_path / f"{name}.parquet") for name in ("one", "two"))
    both = two[two["measure"] == "rankme"].reset_index(drop=True)
    pd.testing.assert_frame_equal(one.drop(columns="holm_p"), both.drop(columns="holm_p"))


def test_nothing_has_emerged_in_tables(settings: OrderSettings, tmp_path: Path) -> None:
    never = np.full((4, 24), np.nan)
    predict_order(settings, *written(tmp_path, never, {"rankme": never}), tmp_path / "limits.parquet")
    table = tables.read(ORDER_PREDICTION, tmp_path / "limits.parquet")
    assert len(table)
    assert (table[["pairs", "runs"]] == 0).all(axis=None)


def test_size_classes_and_counts(settings: OrderSettings) -> None:
    step = alike(np.random.default_rng(18), 6, 0.2)
    rows = predicted(step, step, settings, sizes=2)
    for statistic, classes, pairs_of in product(("concordance", "somers_d"), ("family",), ("within", "between")):
        by_size = rows.loc[(statistic, classes, pairs_of)]
        assert by_size.loc["all", "pairs"] == by_size.loc["size0", "pairs"] + by_size.loc["size1", "pairs"]
        assert by_size["runs"].to_dict() == {"all": 6, "size0": 3, "size1": 3}
