"""Figure 15. Emergence by dose, by duration, and beside plain alternatives."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from emergence.analysis.select import select
from emergence.config.arms import PLAIN, Arm
from emergence.figures import panels, style
from emergence.io import tables
from emergence.schemas.interventions import METHOD_EFFECTS

TITLE = "The worth of prevention"
STUDY = "interventions"
NEEDS = ("interventions.method",)
READS = {"arms": "interventions.method.arms", "last": "interventions.method.training.steps"}
NAMES = {
    "prevent": "collapse prevented",
    "higher_rate": "twice the rate",
    "higher_rate_prevent": "twice the rate, prevented",
    "short_warmup": "short warm-up",
    "small_weights": "σ halved",
    "large_weights": "σ doubled",
}
COLUMNS = ("ratio", "low", "high")
TICKS = [0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.2, 1.5, 2, 3]
STEP = 0.14
"""Between the rows of sizes below that of all of them."""
SPREAD = 1.04
"""Factor between the places of sizes on the axis of doses and durations, so that intervals stand apart."""


def draw(dpi: int, arms: dict[str, Arm], last: int, method_effects: Path, pdf: Path, png: Path) -> None:
    """Draw figure 15 from tables."""
    style.save(plot(tables.read(METHOD_EFFECTS, method_effects), arms, last), pdf, png, dpi)


def plot(method_effects: pd.DataFrame, arms: Mapping[str, Arm], last: int) -> Figure:
    """Ratios of emergence steps to the plain arm over weights (a) and last steps (b) of the penalty, and of others (c).

    Args:
        method_effects: Table ``method_effects``.
        arms: By name, as configured; those that differ from ``prevent`` in one number are its doses and durations.
        last: Last step of training, at which a penalty without an end ends.
    """
    figure = style.page(2.6)
    axes = figure.subplots(1, 3, width_ratios=[1, 1, 1.2])
    effects = select(method_effects, against=PLAIN)
    reference = arms["prevent"]
    doses = {name: arm.weight for name, arm in arms.items() if _same(arm, reference, "weight")}
    durations = {name: arm.until or last for name, arm in arms.items() if _same(arm, reference, "until")}
    _curves(axes[0], effects, doses)
    _curves(axes[1], effects, durations)
    axes[0].set(xlabel="weight of the penalty", ylabel="emergence step over the plain one")
    axes[1].set(xlabel="last step of the penalty")
    _alternatives(axes[2], effects)
    keys = [style.key(size, colour) for size, colour in _colours(effects).items()]
    figure.legend(handles=[*keys, style.key("all sizes", "0.1")], loc="outside upper center", ncols=len(keys) + 1)
    style.panel_letters(axes)
    return figure


def _same(arm: Arm, reference: Arm, but: str) -> bool:
    """Whether an arm is the reference but for one of its settings."""
    return arm.model_copy(update={but: getattr(reference, but)}) == reference


def _colours(effects: pd.DataFrame) -> dict[str, str]:
    """A colour per size, in their order in the table."""
    sizes = [size for size in effects["size"].unique() if size != "all"]
    palette = [style.SKY, style.BLUE, style.GREEN, style.ORANGE, style.VERMILION]
    return {size: palette[place % len(palette)] for place, size in enumerate(sizes)}


def _curves(axes: Axes, effects: pd.DataFrame, places: Mapping[str, float]) -> None:
    """Ratio over a setting of the penalty: by size, and over all pairs in black."""
    rows = (
        effects[effects["arm"].isin(places)]
        .assign(place=effects["arm"].map(places))
        .sort_values("place", kind="stable")
    )
    colours = {**_colours(effects), "all": "0.1"}
    for number, (size, colour) in enumerate(colours.items()):
        of_size = select(rows, size=size)
        at = of_size["place"] * SPREAD ** (number - len(colours) / 2)
        axes.plot(at, of_size["ratio"], color=colour, linewidth=0.8)
        panels.intervals(
            axes, at, of_size, columns=COLUMNS, vertical=True, colour=colour, linewidth=0.7, markersize=2.5
        )
    style.guide(axes, y=1)
    axes.set(xscale="log", yscale="log")
    style.plain_ticks(axes, sorted(set(places.values())), on="x")
    ends = axes.get_ylim()
    style.plain_ticks(axes, [tick for tick in TICKS if ends[0] < tick < ends[1]], on="y")
    axes.set_ylim(*ends)


def _alternatives(axes: Axes, effects: pd.DataFrame) -> None:
    """Ratio of each arm over all pairs, and lighter by size."""
    shown = [arm for arm in NAMES if arm in set(effects["arm"])]
    colours = _colours(effects)
    for place, arm in enumerate(shown):
        panels.intervals(axes, [place], select(effects, arm=arm, size="all"), columns=COLUMNS, colour="0.1")
        for number, (size, colour) in enumerate(colours.items()):
            at, rows = place + STEP * (number + 1), select(effects, arm=arm, size=size)
            panels.intervals(axes, [at], rows, columns=COLUMNS, colour=colour, linewidth=0.7, markersize=2)
    style.guide(axes, x=1)
    style.named_rows(axes, [NAMES[arm] for arm in shown])
    axes.set_ylim(len(shown) - 1 + STEP * (len(colours) + 1.5), -0.5)
    axes.set(xscale="log", xlabel="emergence step over the plain one")
    style.plain_ticks(axes, [0.5, 0.7, 1, 1.5, 2, 3], on="x")
