"""Figure 9. Networks of neurons over training, beside what growth alone gives."""

from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from emergence.analysis.select import evenly_spaced, seed_summary, select
from emergence.figures import panels, style
from emergence.io import tables
from emergence.schemas.neuromfa import CAPABILITY, DEGREE_OF_EMERGENCE, RUN_MEANS, SPECTRA, UNTRAINED

TITLE = "Degree of emergence"
STUDY = "neuromfa"
NEEDS = ("neuromfa_runs",)
LINES: dict[str, style.Line] = {"trained": style.SOLID, "shuffled": style.DASHED}
NAMES = {
    "trained": "trained",
    "shuffled": "weights shuffled",
    "gaussian": "Gaussian of the same σ",
    "rescaled": "trained, at one σ",
}
STUDIES = {"anatomy": "algorithmic tasks", "parity": "sparse parity", "language": "language"}
SPECTRA_DRAWN = 6  # checkpoints


def draw(
    dpi: int,
    degree_of_emergence: Path,
    spectra: Path,
    untrained: Path,
    capability: Path,
    run_means: Path,
    pdf: Path,
    png: Path,
) -> None:
    """Draw figure 9 from tables."""
    figure = plot(
        tables.read(DEGREE_OF_EMERGENCE, degree_of_emergence),
        tables.read(SPECTRA, spectra),
        tables.read(UNTRAINED, untrained),
        tables.read(CAPABILITY, capability),
        tables.read(RUN_MEANS, run_means),
    )
    style.save(figure, pdf, png, dpi)


def plot(
    degree_of_emergence: pd.DataFrame,
    spectra: pd.DataFrame,
    untrained: pd.DataFrame,
    capability: pd.DataFrame,
    run_means: pd.DataFrame,
) -> Figure:
    """Spectra (a), factors of E (b), E in training (c) and at its end (d), mean weight as a rival (e), cut-offs (f).

    Args:
        degree_of_emergence: Table ``degree_of_emergence`` of all studies.
        spectra: Table ``spectra``.
        untrained: Table ``untrained``.
        capability: Table ``capability``.
        run_means: Table ``run_means``.
    """
    anatomy, able = select(degree_of_emergence, study="anatomy"), select(capability, study="anatomy")
    sizes = _sizes(degree_of_emergence, "anatomy")
    figure = style.page(6.4)
    top, middle, bottom = style.rows(figure, [1.1, 1.12, 1])
    upper, grid, lower = (part.subplots(1, 4) for part in (top, middle, bottom))
    for axes, size in zip(upper, (sizes[0], sizes[-1]), strict=False):
        _spectra(axes, select(spectra, study="anatomy", size=size))
    style.legend(top, upper[0], loc="outside upper left", ncols=4)
    _over_training(upper[2], anatomy, "fall", "ln α₀(0)/α₀(t)")
    _over_training(upper[3], anatomy, "widening", "W(t)/W(0)")
    shown = [("anatomy", sizes[0]), ("anatomy", sizes[-1])]
    shown += [(study, _sizes(degree_of_emergence, study)[-1]) for study in STUDIES if study != "anatomy"]
    for axes, (study, size) in zip(grid, shown, strict=True):
        of_size = {"study": study, "size": size}
        _degree(
            axes,
            select(degree_of_emergence, **of_size),
            select(untrained, **of_size, network="trained"),
            STUDIES[study],
        )
    grid[0].set_ylabel("degree of emergence E")
    keys = [style.key(NAMES[network], colour) for network, colour in style.NETWORK_COLOURS.items()]
    middle.legend(handles=keys, loc="outside upper center", ncols=len(keys))
    _at_the_end(lower[0], select(run_means, size="all"))
    _against(lower[1], able, "E", "degree of emergence E")
    _against(lower[2], able, "mean_weight", "mean |w|")
    lower[1].set_ylabel("capability, mean score")
    _over_training(lower[3], anatomy, "survivors", "neurons within the cut-offs")
    keys = [*style.size_keys(anatomy), *(style.key(name, line=line) for name, line in LINES.items())]
    lower[3].legend(handles=keys, loc="lower right", fontsize=style.TINY, handlelength=2, labelspacing=0.25)
    lower[3].set_ylim(-0.03, 1.03)
    style.panel_letters([upper[0], upper[2], grid[0], *lower[:2], lower[3]])
    return figure


def _sizes(degree: pd.DataFrame, study: str) -> list[str]:
    """Names of the sizes of a study, the smallest first; a blank one for a study without runs."""
    return list(style.size_colours(select(degree, study=study))) or [""]


def _title(axes: Axes, rows: pd.DataFrame, text: str) -> None:
    """The size of a panel's runs in its title, or that there are none."""
    if len(rows):
        axes.set_title(f"{text}, {style.size_labels(rows)[rows['size'].iloc[0]]}", pad=3)
    else:
        axes.set_title(text, pad=3)
        style.not_run(axes)


def _spectra(axes: Axes, spectra: pd.DataFrame) -> None:
    """f(α) of the first seed at checkpoints evenly spread in log steps; at the last also of shuffled weights."""
    known = (
        spectra[spectra["seed"] == spectra["seed"].min()].dropna(subset=["alpha", "f"]).sort_values("q", kind="stable")
    )
    steps = evenly_spaced(known["step"].unique(), SPECTRA_DRAWN)
    shades = mpl.colormaps["magma_r"](np.linspace(0.2, 0.85, max(1, len(steps))))
    dots: dict[str, Any] = {"marker": "o", "markersize": 1.6}
    for step, shade in zip(steps, shades, strict=False):
        curve = select(known, step=step, network="trained")
        axes.plot(curve["alpha"], curve["f"], color=shade, label=f"step {step}", **dots)
    last = select(known, step=steps[-1:], network="shuffled")
    if len(last):
        colour = style.NETWORK_COLOURS["shuffled"]
        label = "shuffled, end of training"
        axes.plot(last["alpha"], last["f"], color=colour, linestyle=style.DASHED, label=label, **dots)
    axes.set(xlabel="exponent α", ylabel="dimension f(α)")
    _title(axes, known, "spectrum")


def _over_training(axes: Axes, degree: pd.DataFrame, column: str, title: str) -> None:
    """A column of all sizes over training, mean over runs, trained and with weights shuffled."""
    for network, line in LINES.items():
        known = select(degree, network=network).dropna(subset=[column])
        means = seed_summary(known, column, ["size", "step"])
        for size, colour in style.size_colours(known).items():
            of_size = select(means, size=size)
            axes.plot(of_size["step"], of_size["mean"], color=colour, linestyle=line, linewidth=0.9)
    axes.set_title(title, pad=3)
    _steps(axes, degree)


def _steps(axes: Axes, degree: pd.DataFrame) -> None:
    axes.set_xlabel("optimiser steps")
    if len(degree):
        style.step_axis(axes, 0, degree["step"].max())
    else:
        axes.set(xticks=[], yticks=[])


def _degree(axes: Axes, degree: pd.DataFrame, untrained: pd.DataFrame, title: str) -> None:
    """E of a network and its nulls, mean and range over runs; in grey, the range between untrained networks."""
    for bound in untrained["largest"].dropna():
        axes.axhspan(-bound, bound, color="0.85", linewidth=0, zorder=0)
    summary = seed_summary(degree, "E", ["network", "step"])
    for network, colour in reversed(style.NETWORK_COLOURS.items()):
        panels.band(axes, select(summary, network=network), colour)
    style.guide(axes, y=0)
    _steps(axes, degree)
    _title(axes, degree, title)


def _at_the_end(axes: Axes, means: pd.DataFrame) -> None:
    """E of every study and its nulls at the end of training, with intervals over runs."""
    studies = list(STUDIES)
    for number, (network, colour) in enumerate(style.NETWORK_COLOURS.items()):
        rows = select(means, quantity="E" if network == "trained" else f"E, {network}", study=studies)
        places = [studies.index(study) + 0.18 * (number - 1.5) for study in rows["study"]]
        panels.intervals(axes, places, rows, colour=colour, markersize=3)
    style.guide(axes, x=0)
    style.named_rows(axes, [name.replace(" ", "\n") for name in STUDIES.values()])
    axes.set_xlabel("E at the end of training")


def _against(axes: Axes, able: pd.DataFrame, column: str, label: str) -> None:
    """Capability over E, or over its rival: the path of each run over training, its end a dot."""
    for size, colour in style.size_colours(able).items():
        of_size = select(able, size=size).sort_values("step", kind="stable")
        for run in of_size["run"].unique():
            path = select(of_size, run=run)
            axes.plot(path[column], path["capability"], color=colour, linewidth=0.7)
            end = path.dropna(subset=[column]).tail(1)
            axes.plot(end[column], end["capability"], "o", color=colour, markersize=2.5)
    axes.set(xlabel=label, ylim=(min(-0.03, able["capability"].min()), 1.03))
