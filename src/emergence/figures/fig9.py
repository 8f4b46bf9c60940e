"""Figure 9: networks of neurons. The degree of emergence over training, beside what growth alone gives."""

from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from emergence import tables
from emergence.figures import style
from emergence.schemas.multifractal import CAPABILITY, DEGREE, OVER_RUNS, SPECTRA, UNTRAINED
from emergence.settings.figures import Figure9Settings

LINES: dict[str, Any] = {"trained": "-", "shuffled": (0, (3, 1.5))}
NAMES = {
    "trained": "trained",
    "shuffled": "weights shuffled",
    "gaussian": "Gaussian of the same σ",
    "rescaled": "trained, at one σ",
}
STUDIES = {"anatomy": "algorithmic tasks", "solvable": "sparse parity", "language": "language"}
DRAWN = 6  # checkpoints whose spectra are drawn


def make(
    settings: Figure9Settings,
    degree: Path,
    spectra: Path,
    untrained: Path,
    capability: Path,
    over_runs: Path,
    pdf: Path,
    png: Path,
) -> None:
    """Draw figure 9: spectra (a), factors of E (b), E in training (c) and at its end (d), a rival (e), cut-offs (f)."""
    style.start()
    found, drawn = tables.read(DEGREE, degree), tables.read(SPECTRA, spectra)
    bands, able = tables.read(UNTRAINED, untrained), tables.read(CAPABILITY, capability)
    anatomy, able = (table[table["study"] == "anatomy"] for table in (found, able))
    sizes = _sizes(found, "anatomy")
    figure = plt.figure(figsize=(style.FULL_WIDTH, 6.4))
    rows = list(figure.subfigures(3, 1, height_ratios=[1.1, 1.12, 1]))  # type: ignore[arg-type]
    upper, grid, lower = (part.subplots(1, 4) for part in rows)
    for axes, size in zip(upper, (sizes[0], sizes[-1]), strict=False):
        _spectra(axes, drawn[(drawn["study"] == "anatomy") & (drawn["size"] == size)])
    rows[0].legend(*upper[0].get_legend_handles_labels(), loc="outside upper left", ncols=4)
    _over_training(upper[2], anatomy, "fall", "ln α₀(0)/α₀(t)")
    _over_training(upper[3], anatomy, "widening", "w(t)/w(0)")
    shown = [("anatomy", sizes[0]), ("anatomy", sizes[-1])]
    shown += [(study, _sizes(found, study)[-1]) for study in ("solvable", "language")]
    for axes, (study, size) in zip(grid, shown, strict=True):
        chosen, band = (table[(table["study"] == study) & (table["size"] == size)] for table in (found, bands))
        _degree(axes, chosen, band, study)
    grid[0].set_ylabel("degree of emergence E")
    keys = [Line2D([], [], color=colour) for colour in style.NETWORK_COLOURS.values()]
    rows[1].legend(keys, [NAMES[name] for name in style.NETWORK_COLOURS], loc="outside upper center", ncols=4)
    _at_the_end(lower[0], tables.read(OVER_RUNS, over_runs))
    _against(lower[1], able, "E", "degree of emergence E")
    _against(lower[2], able, "mean_weight", "mean |w|")
    lower[1].set_ylabel("capability, mean score")
    _over_training(lower[3], anatomy, "survivors", "neurons within the cut-offs")
    _key_of_sizes(lower[3], anatomy)
    style.panel_letters([upper[0], upper[2], grid[0], *lower[:2], lower[3]])
    style.save(figure, pdf, png, settings.dpi)


def _sizes(found: pd.DataFrame, study: str) -> list[str]:
    """Names of the sizes of a study, the smallest first; a blank one for a study without runs."""
    return list(style.size_colours(found[found["study"] == study])) or [""]


def _spectra(axes: Axes, drawn: pd.DataFrame) -> None:
    """f(α) of the first seed at checkpoints of the same distance in log steps; at the last also of shuffled weights."""
    one = drawn[drawn["seed"] == drawn["seed"].min()].dropna(subset=["alpha", "f"])
    steps = np.sort(one["step"].unique())
    chosen = steps[np.unique(np.linspace(0, len(steps) - 1, DRAWN).round().astype(int))] if len(steps) else steps
    shades = mpl.colormaps["magma_r"](np.linspace(0.2, 0.85, max(1, len(chosen))))
    for step, shade in zip(chosen, shades, strict=False):
        curve = one[(one["step"] == step) & (one["network"] == "trained")].sort_values("q")
        axes.plot(curve["alpha"], curve["f"], color=shade, marker="o", markersize=1.6, label=f"step {step}")
    last = one[(one["step"] == steps.max(initial=0)) & (one["network"] == "shuffled")].sort_values("q")
    if len(last):
        axes.plot(last["alpha"], last["f"], color=style.NETWORK_COLOURS["shuffled"], linestyle=LINES["shuffled"],
                  marker="o", markersize=1.6, label="shuffled, at the end")  # fmt: skip
    axes.set(xlabel="exponent α", ylabel="dimension f(α)")
    axes.set_title(_title(one, "spectrum"), pad=3)


def _title(rows: pd.DataFrame, what: str) -> str:
    """What is shown, and of which size."""
    return f"{what}, {style.size_labels(rows)[rows['size'].iloc[0]]}" if len(rows) else f"{what}: no run"


def _over_training(axes: Axes, found: pd.DataFrame, column: str, label: str) -> None:
    """A column of all sizes over training, trained and with weights shuffled."""
    for network, line in LINES.items():
        of_network = found[found["network"] == network].dropna(subset=[column])
        for size, colour in style.size_colours(of_network).items():
            mean = of_network[of_network["size"] == size].groupby("step")[column].mean()
            axes.plot(mean.index, mean, color=colour, linestyle=line, linewidth=0.9)
    axes.set_title(label, pad=3)
    _steps(axes, found)


def _steps(axes: Axes, found: pd.DataFrame) -> None:
    axes.set_xlabel("optimiser steps")
    if len(found):
        style.step_axis(axes, 0, found["step"].max())
    else:
        axes.set(xticks=[], yticks=[])


def _degree(axes: Axes, found: pd.DataFrame, untrained: pd.DataFrame, study: str) -> None:
    """E of a network and its nulls, mean and range over runs; in grey, what it is between untrained networks."""
    band = untrained.loc[untrained["network"] == "trained", "largest"].max()
    if np.isfinite(band):
        axes.axhspan(-band, band, color="0.85", linewidth=0, zorder=0)
    for network, colour in reversed(style.NETWORK_COLOURS.items()):
        known = found[found["network"] == network].dropna(subset=["E"])
        of_step = known.groupby("step")["E"].agg(["mean", "min", "max"])
        axes.fill_between(of_step.index, of_step["min"], of_step["max"], color=colour, alpha=0.25, linewidth=0)
        axes.plot(of_step.index, of_step["mean"], color=colour)
    axes.axhline(0, color="0.6", linewidth=0.6, zorder=0)
    axes.set_title(_title(found, STUDIES[study]), pad=3)
    _steps(axes, found)


def _at_the_end(axes: Axes, means: pd.DataFrame) -> None:
    """E at the end of every study and its nulls, with intervals over runs."""
    of_studies = means[means["size"] == "all"]
    for place, study in enumerate(STUDIES):
        rows = of_studies[of_studies["study"] == study].set_index("quantity")
        for number, (network, colour) in enumerate(style.NETWORK_COLOURS.items()):
            name = "E" if network == "trained" else f"E, {network}"
            if name in rows.index:
                at, row = place + 0.18 * (number - 1.5), rows.loc[name]
                axes.plot([row["low"], row["high"]], [at, at], color=colour, linewidth=1)
                axes.plot(row["value"], at, "o", color=colour, markersize=3)
    axes.axvline(0, color="0.6", linewidth=0.6, zorder=0)
    axes.set_yticks(range(len(STUDIES)), labels=[name.replace(" ", "\n") for name in STUDIES.values()])
    axes.set(ylim=(len(STUDIES) - 0.5, -0.5), xlabel="E at the end")


def _against(axes: Axes, able: pd.DataFrame, column: str, label: str) -> None:
    """Capability over E, or over its rival: the path of each run over training, its end a dot."""
    for size, colour in style.size_colours(able).items():
        for _, run in able[able["size"] == size].sort_values("step").groupby("run"):
            axes.plot(run[column], run["capability"], color=colour, linewidth=0.7)
            end = run.dropna(subset=[column]).tail(1)
            axes.plot(end[column], end["capability"], "o", color=colour, markersize=2.5)
    axes.set(xlabel=label, ylim=(min(-0.03, able["capability"].min()), 1.03))


def _key_of_sizes(axes: Axes, found: pd.DataFrame) -> None:
    labels = style.size_labels(found)
    sizes = {labels[size]: Line2D([], [], color=colour) for size, colour in style.size_colours(found).items()}
    networks = {name: Line2D([], [], color="0.3", linestyle=line) for name, line in LINES.items()}
    keys = {**sizes, **networks}
    axes.legend(list(keys.values()), list(keys), loc="lower right", fontsize=5, handlelength=2, labelspacing=0.25)
    axes.set_ylim(-0.03, 1.03)
