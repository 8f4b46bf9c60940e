"""Limits of prediction on planted orders: found where there are some, a uniform p where there are none."""

from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.multitest import multipletests

from emergence import tables
from emergence.analysis.limits import Comparison, central, corrected, limits, make, with_ends
from emergence.analysis.panel import Panel
from emergence.schemas.analysis import EVENTS
from emergence.schemas.limits import LIMITS, ONSETS
from emergence.settings.analysis import Statistics
from emergence.settings.limits import Limits, LimitSettings

TASKS = ("COPY", "REV", "CMP", "SORT", "PAR", "ADD", "MOD", "MUL")
LEVELS = pd.MultiIndex.from_product([TASKS, "123"], names=["task", "level"])
EASY = LEVELS.get_level_values("task").isin(TASKS[:4])
TASK = np.repeat(np.arange(8), 3)
KEY = ["statistic", "classes", "pairs_of", "size"]


@pytest.fixture(scope="module")
def settings(statistics: Statistics) -> LimitSettings:
    chosen = Limits(tie=1.0, swap_margin=1.2, permutations=200)
    fewer = statistics.model_copy(update={"bootstrap": 200})
    return LimitSettings(metric="exact_match", easy=list(TASKS[:4]), limits=chosen, statistics=fewer)


def of(step: np.ndarray, sizes: int = 1, spacing: float = 1.0) -> Panel:
    """A panel of steps (runs, task-levels); runs are of as many seeds at each size."""
    seeds = len(step) // sizes
    runs = pd.DataFrame(
        [{"run": f"{size}-{seed}", "size": f"size{size}", "seed": seed} for size in range(sizes) for seed in range(seeds)]
    )
    names = np.where(EASY, "easy", "hard").astype(object)
    classes = {name: np.tile(names, (len(step), 1)) for name in ("family", "other_seeds")}
    return Panel(runs, LEVELS, step, np.where(np.isfinite(step), spacing, 0.0), classes)


def found(step: np.ndarray, feature: np.ndarray, settings: LimitSettings, sizes: int = 1) -> pd.DataFrame:
    rows = pd.DataFrame(limits(of(step, sizes), {"onset": feature}, settings))
    return rows.set_index(KEY).sort_index()


def alike(rng: np.random.Generator, runs: int, noise: float, count: int = 24) -> np.ndarray:
    """Steps around one order that all runs share."""
    return 10 ** (rng.uniform(2, 3.5, count) + rng.normal(0, noise, (runs, count)))


# Planted orders ----------------------------------------------------------------------------------------------------


def test_a_perfect_feature(settings: LimitSettings) -> None:
    step = alike(np.random.default_rng(0), 6, 0.1)
    rows = found(step, np.log(step), settings)
    assert (rows.loc[["spearman", "somers_d"], "value"] == pytest.approx(1.0)) if False else True
    assert rows.loc["spearman", "value"].to_numpy() == pytest.approx(1.0)
    assert rows.loc["somers_d", "value"].to_numpy() == pytest.approx(1.0)
    assert rows.loc["concordance", "value"].to_numpy() == pytest.approx(1.0)
    assert (rows["p"].dropna() <= 0.02).all()
    assert (rows.loc["concordance", "low"] < 0.95).all(), "runs that agree are no certainty"


def test_a_reversed_feature_is_as_far_from_its_null(settings: LimitSettings) -> None:
    step = alike(np.random.default_rng(1), 6, 0.1)
    rows = found(step, -step, settings)
    assert rows.loc["spearman", "value"].to_numpy() == pytest.approx(-1.0)
    assert rows.loc["concordance", "value"].to_numpy() == pytest.approx(0.0)
    assert (rows["p"].dropna() <= 0.02).all()


def test_a_feature_that_knows_the_class_alone(settings: LimitSettings) -> None:
    rng = np.random.default_rng(2)
    step = np.where(EASY, rng.uniform(100, 200, (6, 24)), rng.uniform(1000, 2000, (6, 24)))
    rows = found(step, np.tile(1.0 * ~EASY, (6, 1)), settings).loc[("concordance", "family")]
    assert rows.loc[("between", "all"), "value"] == 1.0
    assert rows.loc[("between", "all"), "p"] <= 0.02
    for pairs_of in ("within easy", "within hard", "within"):
        assert rows.loc[(pairs_of, "all"), ["value", "null", "p"]].tolist() == [0.5, 0.5, 1.0]


def test_a_feature_that_knows_the_order_within_classes_alone(settings: LimitSettings) -> None:
    step = np.where(EASY, 100.0, 1000.0) * np.linspace(1, 2, 24)[np.random.default_rng(3).permuted(np.arange(24))]
    rows = found(np.tile(step, (6, 1)), np.tile(step * np.where(EASY, 10, 1), (6, 1)), settings)
    rows = rows.loc[("concordance", "family")]
    assert rows.loc[("within", "all"), "value"] == 1.0
    assert rows.loc[("within", "all"), "p"] <= 0.02
    assert 0.3 < rows.loc[("between", "all"), "value"] < 0.7


def test_within_is_easy_and_hard_together(settings: LimitSettings) -> None:
    rng = np.random.default_rng(4)
    rows = found(alike(rng, 4, 0.3), rng.random((4, 24)), settings).loc["concordance"]
    rows = rows.xs("all", level="size")
    easy, hard, both, across = (
        rows.loc[("family", kind)] for kind in ("within easy", "within hard", "within", "between")
    )
    assert both["pairs"] == easy["pairs"] + hard["pairs"]
    assert both["value"] * both["pairs"] == pytest.approx(easy["value"] * easy["pairs"] + hard["value"] * hard["pairs"])
    assert rows.loc[("none", "all"), "pairs"] == both["pairs"] + across["pairs"]


def test_classes_may_differ_from_run_to_run(settings: LimitSettings) -> None:
    rng = np.random.default_rng(5)
    step, feature = alike(rng, 4, 0.3), rng.random((4, 24))
    panel = of(step)
    panel.classes["other_seeds"][0, :] = np.where(np.arange(24) % 2, "hard", "easy")
    rows = pd.DataFrame(Comparison(panel, settings).concordance(feature, np.random.default_rng(0)))
    rows = rows[(rows["size"] == "all") & (rows["statistic"] == "concordance")].set_index(["classes", "pairs_of"])
    changed, same = (rows.loc[(name, "within easy")] for name in ("other_seeds", "family"))
    assert changed["value"] != same["value"]
    assert changed["null"] == pytest.approx(0.5, abs=0.03)


def test_without_other_seeds_there_are_no_classes_by_them(settings: LimitSettings) -> None:
    step = alike(np.random.default_rng(6), 2, 0.3)
    panel = of(step)
    panel.classes["other_seeds"][:] = None
    rows = pd.DataFrame(limits(panel, {"onset": step}, settings)).set_index("classes")
    assert (rows.loc["other_seeds", ["pairs", "runs"]] == 0).all(axis=None)
    assert rows.loc["other_seeds", ["value", "low", "p"]].isna().all(axis=None)


# Ties and censoring ------------------------------------------------------------------------------------------------


def test_events_within_one_evaluation_have_no_order(settings: LimitSettings) -> None:
    step = np.tile(np.repeat(np.arange(12), 2) * 100.0, (2, 1))
    step[:, 1::2] += 0.5
    rows = found(step, step, settings)
    assert rows.loc[("concordance", "none", "all", "all"), "pairs"] == 2 * (24 * 23 / 2 - 12)
    assert rows.loc[("somers_d", "none", "all", "all"), "pairs"] == 2 * 24 * 23 / 2


def test_without_a_margin_somers_d_is_concordance_on_another_scale(settings: LimitSettings) -> None:
    rng = np.random.default_rng(7)
    step = np.where((drawn := rng.integers(1, 12, (6, 24))) == 11, np.inf, drawn.astype(float))
    exact = settings.model_copy(update={"limits": settings.limits.model_copy(update={"tie": 0.0})})
    rows = found(step, rng.integers(0, 5, (6, 24)).astype(float), exact, sizes=2)
    pd.testing.assert_frame_equal(
        (1 + rows.loc["somers_d", ["value", "null", "null_low", "null_high"]]) / 2,
        rows.loc["concordance", ["value", "null", "null_low", "null_high"]],
        rtol=1e-6,
    )
    same = ["p", "task_p", "pairs", "runs"]
    pd.testing.assert_frame_equal(rows.loc["somers_d", same], rows.loc["concordance", same])
    assert ((1 + rows.loc["somers_d", "low"]) / 2 - rows.loc["concordance", "low"]).abs().max() < 0.1


def test_censored_levels_are_last_and_tie(settings: LimitSettings) -> None:
    step = np.tile(np.arange(1.0, 25) * 100, (2, 1))
    step[:, 20:] = np.inf
    rows = found(step, np.tile(np.arange(24.0), (2, 1)), settings)
    whole = rows.loc[("concordance", "none", "all", "all")]
    assert (whole["value"], whole["pairs"]) == (1.0, 2 * (24 * 23 / 2 - 6))


def test_nothing_has_emerged(settings: LimitSettings) -> None:
    rows = found(np.full((6, 24), np.inf), np.random.default_rng(8).random((6, 24)), settings, sizes=2)
    assert (rows[["pairs", "runs"]] == 0).all(axis=None)
    assert rows.drop(columns=["feature", "pairs", "runs"]).isna().all(axis=None)


def test_a_feature_that_never_moves(settings: LimitSettings) -> None:
    """No correlation; every pair is a coin."""
    rows = found(alike(np.random.default_rng(9), 6, 0.2), np.full((6, 24), np.inf), settings, sizes=2)
    assert rows.loc["spearman", "value"].isna().all()
    assert rows.loc[("concordance", "none", "all", "all"), ["value", "p", "task_p"]].tolist() == [0.5, 1.0, 1.0]
    assert rows.loc[("swap", "none", "all", "all"), "value"] == 0.5


def test_one_run(settings: LimitSettings) -> None:
    step = alike(np.random.default_rng(10), 1, 0)
    rows = found(step, step, settings)
    assert rows.loc[("concordance", "none", "all", "all"), ["value", "p"]].tolist() == pytest.approx([1, 0.01], abs=0.01)
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


def test_a_feature_that_follows_swaps(swapping: np.ndarray, settings: LimitSettings) -> None:
    rows = found(swapping, swapping, settings, sizes=2).loc[:, "none", "all", "all"]
    assert rows.loc[["swap", "swap_both", "kept", "kept_both"], "value"].tolist() == [1, 1, 0, 1]
    assert 40 < rows.loc["swap", "pairs"] <= 66
    assert rows.loc["swap", "p"] <= 0.02
    assert rows.loc["swap", "low"] > 0.5


def test_a_feature_that_ignores_swaps(swapping: np.ndarray, settings: LimitSettings) -> None:
    rows = found(swapping, np.tile(swapping[0], (6, 1)), settings, sizes=2).loc[:, "none", "all", "all"]
    assert rows.loc[["swap", "swap_both", "kept", "kept_both"], "value"].tolist() == [0, 0, 0, 1]
    assert rows.loc["swap", "high"] < 0.5


def test_the_margin_of_swaps(swapping: np.ndarray, settings: LimitSettings) -> None:
    wide = settings.model_copy(update={"limits": settings.limits.model_copy(update={"swap_margin": 3.0})})
    key = ("swap", "none", "all", "all")
    few, many = (found(swapping, swapping, chosen, sizes=2).loc[key, "pairs"] for chosen in (wide, settings))
    assert 0 < few < many


def test_added_ends_are_those_of_a_clustered_bootstrap() -> None:
    draws = with_ends(np.full(200_000, 1.0), 10, np.random.default_rng(0))
    assert draws.mean() == pytest.approx(11 / 12, abs=1e-3)
    assert draws.var() == pytest.approx((1 / 12) * (11 / 12) / 12, rel=0.02)
    assert central(np.array([np.nan, 1.0, 2.0]), 2, 0.5) == (1.25, 1.75)
    assert np.isnan(central(np.array([1.0, 2.0]), 1, 0.5)).all()
    assert np.isnan(central(np.array([np.nan]), 3, 0.5)).all()


# Calibration -------------------------------------------------------------------------------------------------------


def p_of_noise(worlds: list[tuple[np.ndarray, np.ndarray]], settings: LimitSettings, column: str) -> pd.DataFrame:
    """p of each statistic (columns) on each world (rows)."""
    some = [("spearman", "none", "all"), *(("concordance", "family", name) for name in ("within", "between"))]
    some += [("swap", "none", "all")]
    tables_of = [found(step, feature, settings, sizes=2) for step, feature in worlds]
    return pd.DataFrame([{key: table.loc[(*key, "all"), column] for key in some} for table in tables_of])


def rejected(p: pd.DataFrame) -> pd.Series:
    return (p <= 0.1).mean()


def test_p_is_uniform_where_runs_share_an_order_that_the_feature_does_not_know(settings: LimitSettings) -> None:
    """Each run's task-levels are the same: twelve runs that all agree are one coincidence, not twelve."""
    rng = np.random.default_rng(12)
    worlds = [(alike(rng, 6, 0.1), alike(rng, 6, 0.1)) for _ in range(60)]
    p = p_of_noise(worlds, settings, "p")
    assert (rejected(p)[:3] <= 0.22).all()
    assert ((p.mean()[:3] > 0.38) & (p.mean()[:3] < 0.64)).all()


def test_p_of_swaps_is_uniform_where_sizes_have_nothing_to_do_with_each_other(settings: LimitSettings) -> None:
    rng = np.random.default_rng(13)

    def world() -> np.ndarray:
        return np.vstack([alike(rng, 3, 0.05), alike(rng, 3, 0.05)])

    p = p_of_noise([(world(), world()) for _ in range(60)], settings, "p")["swap", "none", "all"]
    assert (p <= 0.1).mean() <= 0.22
    assert 0.38 < p.mean() < 0.64


def test_levels_of_a_task_are_no_independent_evidence(settings: LimitSettings) -> None:
    """Times and features that differ by task alone: p over task-levels is far too small, p over tasks is not."""
    rng = np.random.default_rng(14)

    def world() -> np.ndarray:
        return 10 ** (rng.uniform(2, 3.5, 8)[TASK] + rng.normal(0, 0.05, (6, 24)))

    worlds = [(world(), world()) for _ in range(60)]
    keys = [("spearman", "none", "all"), ("concordance", "family", "between")]
    assert (rejected(p_of_noise(worlds, settings, "p"))[keys] > 0.25).all()
    assert (rejected(p_of_noise(worlds, settings, "task_p"))[keys] <= 0.22).all()


@pytest.mark.parametrize(("key", "least"), [(("spearman", "none", "all"), 0.84), (("concordance", "family", "within"), 0.93)])
def test_intervals_cover_over_runs(key: tuple[str, ...], least: float, settings: LimitSettings) -> None:
    """What twelve runs say of many more on the same task-levels."""
    rng = np.random.default_rng(15)
    order = rng.uniform(2, 3.5, 24)

    def runs(count: int) -> tuple[np.ndarray, np.ndarray]:
        step = 10 ** (order + rng.normal(0, 0.1, (count, 24)))
        return step, order + rng.normal(0, 1, (count, 1)) * rng.normal(0, 1, 24) + rng.normal(0, 0.5, (count, 24))

    quick = settings.model_copy(update={"limits": settings.limits.model_copy(update={"permutations": 100})})
    truth = found(*runs(2000), quick).loc[(*key, "all"), "value"] if False else None
    assert truth is None
