"""Study 1: claims A1 to A5 and A15, emergence at every size and the early collapse; and the verdicts on all.

Claims A6 to A14 stand in `anatomy_precursors` and `anatomy_order`; `anatomy_stability` judges all again under other
settings of the analysis.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from emergence.analysis.anatomy.floors import equivalence_bounds
from emergence.analysis.intervals import clopper_pearson
from emergence.analysis.select import last_layer, select, without_control
from emergence.claims import anatomy_order, anatomy_precursors, published
from emergence.claims.estimates import OverRuns, Share, ends
from emergence.claims.llc_caveat import llc_caveat
from emergence.claims.registry import Part, Registry, Section
from emergence.claims.rules import at_least, within
from emergence.claims.settings import AnatomyClaimSettings, ClaimSettings
from emergence.claims.verdicts import Finding, interval, judge, of_share, undecided, untested
from emergence.io import tables as files
from emergence.schemas import analysis, anatomy
from emergence.schemas.analysis import CLAIMS
from emergence.tasks.symbols import CONTROL

claims = Section("collapse")
EVERY = 1.0
"""A share that is claimed to be universal."""
NO_SLOPE = 0.0
ONE_SIZE = undecided("needs two sizes and three runs")
OF_ONE = untested("no two sizes of the tier differ in it alone")
ALIKE = undecided("needs a run more than groups and slopes")


@claims.claim(
    "A1",
    "Nearly every task-level emerges at every size (in most seeds)",
    published="v3: 119/120 (smallest model 405K); v4: 144 events",
    figures=["1"],
    reproduction="draws",
)
def nearly_all_emerge(events: pd.DataFrame, settings: ClaimSettings) -> Finding:
    """The share of task-level x size units with an event in most seeds."""
    every = events[events["metric"] == settings.metric]
    taught, control = every[every["task"] != CONTROL], every[every["task"] == CONTROL]
    units = taught.groupby(["task", "level", "size"])["emerged"].mean() > 0.5
    events_published, units_published = published.EMERGED
    threshold, _ = clopper_pearson(events_published, units_published, settings.statistics.confidence)
    largest = taught[taught["parameters"] == taught["parameters"].max()]
    return of_share(
        Share(int(units.sum()), len(units), settings.statistics.confidence),
        at_least(threshold),
        EVERY,
        control=f"sizes {_sizes(taught)}; largest size here: {largest['emerged'].mean():.0%} of runs x task-levels; "
        f"the untrainable control: {control['emerged'].sum()}/{len(control)}",
        text=f"interval at or above {threshold:.3f} (exact lower bound of {events_published}/{units_published})",
    )


def _sizes(table: pd.DataFrame) -> str:
    """Parameters of the smallest and the largest model, beside the smallest published, as text."""
    ends = (f"{count / 1000:.0f}K" for count in (table["parameters"].min(), table["parameters"].max()))
    return f"{' to '.join(ends)} parameters (published from {published.SMALLEST / 1000:.0f}K)"


@claims.claim(
    "A2",
    "Training begins with a collapse of the representation, in every task and size",
    published="v1-v3: universal",
    figures=["2"],
    reproduction="collapse",
)
def early_collapse(collapse: pd.DataFrame, settings: ClaimSettings) -> Finding:
    """Every task's representation collapses early."""
    return universal_collapse(without_control(collapse), settings)


def of_last_layer(collapse: pd.DataFrame, settings: ClaimSettings) -> pd.DataFrame:
    """Rows of the primary variant at the last layer."""
    return last_layer(collapse[collapse["variant"] == settings.variant])


def universal_collapse(collapse: pd.DataFrame, settings: ClaimSettings, more: str = "") -> Finding:
    """That all of these curves collapse: at the last layer, in most runs and levels of a task x size unit.

    Args:
        collapse: Table ``collapse``, a row a curve.
        settings: Variant of RankMe, and the share of units that must collapse.
        more: Text that follows the median floor in the finding's control.
    """
    last = of_last_layer(collapse, settings)
    units = last.groupby(["task", "size"])["collapse_step"].apply(lambda steps: steps.notna().mean() > 0.5)
    return of_share(
        Share(int(units.sum()), len(units), settings.statistics.confidence),
        at_least(settings.verdicts.universal),
        EVERY,
        control=f"median floor / initial value: {last['depth'].median():.2f}{more}",
        text=f"interval of the share of task x size units at or above {settings.verdicts.universal}",
    )


@claims.claim(
    "A3",
    "Collapse floors are scale-invariant (slope of log floor on log parameters)",
    published="v1-v3: invariant over 210x; v4: task-specific, no longer claimed",
    figures=["2"],
    reproduction="collapse",
)
def scale_invariant_floors(floors: pd.DataFrame, settings: ClaimSettings) -> Finding:
    """Floors do not depend on size."""
    pooled, mixed, depth = (
        floors.set_index(["quantity", "task", "method"]).sort_index().loc[key]
        for key in (("floor", "all", "run means"), ("floor", "all", "mixed model"), ("depth", "all", "run means"))
    )
    by_task = floors.query("quantity == 'floor' and task != 'all'")["slope"]
    low, high = equivalence_bounds(settings.statistics.equivalence)
    slope = OverRuns(*ends(pooled, "slope"), int(pooled["runs"]), settings.statistics.confidence)
    # A 95 % interval inside the bounds is stricter than TOST at 5 %, which asks that of the 90 % interval.
    return Finding(
        *ends(pooled, "slope"),
        interval=f"t over {pooled['runs']:.0f} runs",
        control=f"mixed model {interval(mixed, 'slope', '+.3f')}; equivalence p {pooled['equivalence_p']:.2g}; "
        f"by task {by_task.min():+.3f} to {by_task.max():+.3f}; "
        f"slope of floor / initial value {interval(depth, 'slope', '+.3f')}",
        judged=judge(slope, within(low, high), NO_SLOPE) if np.isfinite(pooled["low"]) else ONE_SIZE,
        rule=f"interval within [{low:.3f}, {high:.3f}]: {settings.statistics.equivalence:.0%} per decade",
        bounds=within(low, high),
    )


@claims.claim(
    "A15",
    "Collapse floors do not depend on {part}",
    published="v1-v3: invariant over 210x, in which width and depth grow together",
    figures=["2"],
    reproduction="collapse",
    parts=[Part("width", "the width at a fixed depth"), Part("layers", "the depth at a fixed width")],
    ours=True,
)
def constant_floors(size_slopes: pd.DataFrame, settings: ClaimSettings, part: Part) -> Finding:
    """Slope of log floor on log width, or on log layers, among runs that agree in the other."""
    rows = select(size_slopes, over=part.name).set_index("quantity")
    row, equivalence = rows.loc["floor"], settings.statistics.equivalence
    rule, count = within(*equivalence_bounds(equivalence)), int(row["groups"])
    slope = OverRuns(*ends(row, "slope"), int(row["runs"]), settings.statistics.confidence)
    beside = ", ".join(f"of {name} {interval(rows.loc[name], 'slope', '+.3f')}" for name in ("initial", "depth"))
    return Finding(
        *ends(row, "slope"),
        interval=f"t over {int(row['runs'])} runs in {count} group{'s' * (count != 1)} of sizes",
        control=f"slopes of initial value and floor / initial value: {beside}",
        judged=judge(slope, rule, NO_SLOPE) if np.isfinite(row["low"]) else ALIKE if row["groups"] else OF_ONE,
        rule=f"interval within [{rule.lowest:.3f}, {rule.highest:.3f}]: {equivalence:.0%} per decade",
        bounds=rule,
    )


@claims.claim(
    "A4",
    "Modular arithmetic collapses to RankMe of about 2.0 at every size",
    published="v1-v3: 2.0",
    figures=["2"],
    reproduction="collapse",
)
def floor_of_modular_arithmetic(
    floors: pd.DataFrame, collapse: pd.DataFrame, settings: AnatomyClaimSettings
) -> Finding | None:
    """The floor of one task is about 2."""
    modular = floors.query("quantity == 'floor' and task == 'MOD' and method == 'run means'")
    if modular.empty:
        return None
    row, floor, tolerance = modular.iloc[0], settings.modular.modular_floor, settings.modular.modular_tolerance
    mean = OverRuns(*ends(row, "mean", "mean_"), int(row["runs"]), settings.statistics.confidence, log=True)
    rule = within(floor * (1 - tolerance), floor * (1 + tolerance))
    return Finding(
        *ends(row, "mean", "mean_"),
        interval=f"t over {row['runs']:.0f} runs, geometric mean",
        control=f"slope {interval(row, 'slope', '+.3f')} decades per decade; {_by_variant(collapse, floor, settings)}",
        judged=judge(mean, rule, floor),
        rule=f"interval within [{rule.lowest:.2f}, {rule.highest:.2f}]",
        bounds=rule,
    )


def _by_variant(collapse: pd.DataFrame, floor: float, settings: ClaimSettings) -> str:
    """Floor of modular arithmetic by every other variant, at the size where it is nearest to the published one."""
    last = last_layer(select(collapse, task="MOD"))
    others = last[last["variant"] != settings.variant]
    means = np.exp(np.log(others["floor"]).groupby([others["variant"], others["size"]]).mean())
    nearest = means.iloc[np.argsort(np.abs(np.log(means / floor)), kind="stable")].groupby(level="variant").head(1)
    return "other variants, at the nearest size: " + (
        ", ".join(f"{variant} {mean:.2f} ({size})" for (variant, size), mean in nearest.items()) or "none"
    )


@claims.claim(
    "A5",
    "Collapse is top-down: the last layer falls strictly first",
    published="v1: 32/32; v3: 28/32",
    figures=["3"],
    reproduction="collapse",
    parts=[Part(version, value=count) for version, count in published.TOP_DOWN.items()],
)
def top_down_collapse(direction_shares: pd.DataFrame, settings: ClaimSettings, part: Part) -> Finding:
    """The last layer collapses first."""
    hits, units = part.value
    return last_layer_first(direction_shares, part.value, settings, f"{part.name}: {hits}/{units}")


def last_layer_first(
    direction_shares: pd.DataFrame, count: tuple[int, int], settings: ClaimSettings, said: str = ""
) -> Finding:
    """That the last layer falls strictly first in as many task x size units as a published count says.

    Args:
        direction_shares: Table ``direction_shares``.
        count: Published count: units whose last layer falls first, and all units.
        settings: Confidence of intervals.
        said: The published value as text, where it is not that of the claim.
    """
    shares = direction_shares.query("size == 'all'").set_index("statistic")
    first, downward = shares.loc["last_first"], shares.loc["downward"]
    by_size = direction_shares.query("size != 'all' and statistic == 'last_first'")
    threshold, _ = clopper_pearson(*count, settings.statistics.confidence)
    share = Share(int(first["count"]), int(first["units"]), settings.statistics.confidence)
    judged = of_share(
        share,
        at_least(threshold),
        count[0] / count[1],
        control=f"chance {first['chance']:.2f}; by size "
        + ", ".join(f"{row.size} {row.count}/{row.units}" for row in by_size.itertuples(index=False, name="Row"))
        + f"; step decreases with depth in {interval(downward, 'share', '.2f')}",
        text=f"interval at or above {threshold:.3f}, exact lower bound of the published count",
    )
    return replace(judged, published=said)


ANATOMY = Registry(
    "anatomy",
    (analysis, anatomy),
    (claims, anatomy_precursors.claims, anatomy_order.claims),
    headlines=("A2", "A6", "A11"),
    caveats={"A8": llc_caveat, "A9": llc_caveat},
)


def judge_claims(settings: AnatomyClaimSettings, tables: list[Path], table: Path) -> None:
    """Judge the claims of Study 1 that its tables can decide.

    Args:
        settings: Thresholds and statistics of the study's claims.
        tables: Files of the tables that its claims are read from.
        table: Where ``claims`` is written.
    """
    files.write(CLAIMS, ANATOMY.judge(ANATOMY.read(tables), settings), table)
