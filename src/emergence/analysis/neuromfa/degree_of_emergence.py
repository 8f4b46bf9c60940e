"""The degree of emergence of every network over training, and between untrained networks.

    E(t) = [w(t)/w(0)] · ln[α₀(0)/α₀(t)]    (arXiv:2402.09099)

with 0 the first checkpoint of a run. The measure `neuromfa` gives α₀ and the width w of the trained network and of its
nulls, one checkpoint at a time. Errors of E follow by the delta method from the standard errors of both over samples of
nodes, taken as independent. The samples are the same at all checkpoints, and α₀ and w correlate over them, so the error
is approximate; no claim uses it.
"""

from itertools import permutations, product
from pathlib import Path

import numpy as np
import pandas as pd

from emergence.analysis.curves import Array
from emergence.config.neuromfa import Moments
from emergence.io import tables
from emergence.io.tables import RUN
from emergence.multifractal import spectrum
from emergence.schemas.neuromfa import DEGREE_OF_EMERGENCE, SPECTRA, UNTRAINED
from emergence.schemas.trajectories import MEASURE

MEASURED = "neuromfa"
NETWORKS = {"trained": "", "shuffled": "shuffled/", "gaussian": "gaussian/", "rescaled": "rescaled/"}
"""The trained network and its nulls, with the prefix of their variants."""
DEGREE_OF = {network: f"{prefix}E" for network, prefix in NETWORKS.items()}
"""Variant of the degree of emergence of each."""
AVERAGED = ("alpha_0", "width")
"""Variants with a standard error over samples."""
PLAIN = ("fit", "survivors")
CHECKPOINT = [*RUN, "step"]
SPECTRAL = ("alpha", "f")
"""Exponent and dimension, whose variants end in the moment."""


def degree_of_emergence(rows: pd.DataFrame) -> pd.DataFrame:
    """Table ``degree_of_emergence`` from rows of the measure `neuromfa`."""
    values, errors = (_wide(rows, column) for column in ("value", "standard_error"))
    frames = []
    for network, prefix in NETWORKS.items():
        frame = values.index.to_frame(index=False).assign(network=network)
        for name in AVERAGED:
            frame[name] = values[prefix + name].to_numpy()
            frame[f"{name}_error"] = errors[prefix + name].to_numpy()
        for name in PLAIN:
            frame[name] = values[prefix + name].to_numpy()
        frame["mean_weight"] = values["mean_weight"].to_numpy() if network == "trained" else np.nan
        frames.append(frame)
    every = pd.concat(frames, ignore_index=True)
    changes = [_compare_with_first(of) for _, of in every.groupby(["run", "network"], sort=False)]
    return pd.concat([every, pd.concat(changes)], axis=1)[DEGREE_OF_EMERGENCE.arrow.names] if changes else _no_rows()


def with_degree(rows: pd.DataFrame) -> pd.DataFrame:
    """Add variants ``E``, ``shuffled/E``, ``gaussian/E`` and ``rescaled/E`` to rows of `neuromfa` that lack them."""
    of_networks = rows[rows["measure"] == MEASURED]
    if of_networks.empty or of_networks["variant"].isin(DEGREE_OF.values()).any():
        return rows
    degrees = degree_of_emergence(of_networks)
    derived = degrees[CHECKPOINT].assign(
        task=None,
        level=None,
        layer=np.nan,
        measure=MEASURED,
        variant=degrees["network"].map(DEGREE_OF),
        value=degrees["E"],
        standard_error=degrees["E_error"],
    )
    return pd.concat([rows, derived.astype(rows.dtypes[derived.columns])], ignore_index=True)


def spectral_variants(largest: float) -> pd.DataFrame:
    """Variants that are points of a spectrum, at every whole moment up to the largest, above zero as below.

    Returns:
        A row a variant: its name ``variant``, ``network``, ``kind`` (``alpha`` or ``f``) and the moment ``q``.
    """
    whole = range(-int(largest), int(largest) + 1)
    return pd.DataFrame(
        [(f"{prefix}{kind}/{q}", network, kind, q)
         for (network, prefix), kind, q in product(NETWORKS.items(), SPECTRAL, whole)],
        columns=["variant", "network", "kind", "q"],
    )  # fmt: skip


def tabulate_spectra(rows: pd.DataFrame, moments: Moments) -> pd.DataFrame:
    """Table ``spectra``, of the networks and whole moments that the measure covers."""
    chosen = rows[[*CHECKPOINT, "variant", "value"]].merge(spectral_variants(moments.largest), on="variant")
    wide = chosen.pivot(index=[*CHECKPOINT, "network", "q"], columns="kind", values="value")
    return wide.reindex(columns=list(SPECTRAL)).reset_index().rename_axis(columns=None)[SPECTRA.arrow.names]


def compare_untrained(degrees: pd.DataFrame) -> pd.DataFrame:
    """Table ``untrained``: E between untrained networks of the same size, and between draws of nodes."""
    start = degrees[degrees["step"] == 0]
    rows = [
        {"study": study, "size": size, "network": network, **_between(of)}
        for (study, size, network), of in start.groupby(["study", "size", "network"], sort=False)
    ]
    return pd.DataFrame(rows, columns=UNTRAINED.arrow.names)


def _between(of: pd.DataFrame) -> dict[str, float]:
    """|E| from each network to each other, as if one were the first checkpoint of the other."""
    pairs = [list(pair) for pair in permutations(range(len(of)), 2)]
    alpha, width = (of[name].to_numpy() for name in AVERAGED)
    sizes = np.array([abs(spectrum.emergence(alpha[pair], width[pair])[1]) for pair in pairs])
    known = sizes[np.isfinite(sizes)]
    return {
        "runs": len(of),
        "pairs": len(known),
        "mean": float(known.mean()) if len(known) else np.nan,
        "largest": float(known.max()) if len(known) else np.nan,
        "sampling": float((2**0.5 * of["alpha_0_error"] / of["alpha_0"]).mean()),
    }


def _wide(rows: pd.DataFrame, column: str) -> pd.DataFrame:
    """A row per checkpoint, in order, a column per variant; NaN where not measured."""
    expected = [prefix + name for prefix in NETWORKS.values() for name in (*AVERAGED, *PLAIN)]
    expected.append("mean_weight")
    chosen = rows[rows["variant"].isin(expected)]
    return chosen.pivot(index=CHECKPOINT, columns="variant", values=column).reindex(columns=expected).astype(float)


def _compare_with_first(of: pd.DataFrame) -> pd.DataFrame:
    """Fall, widening and E of one network of one run against its first checkpoint, by the index of its rows."""
    alpha, width = (of[name].to_numpy() for name in AVERAGED)
    with np.errstate(divide="ignore", invalid="ignore"):  # no nodes, or homogeneous ones
        fall, widening = np.log(alpha[0] / alpha), width / width[0]
    change = {"fall": fall, "widening": widening, "E": spectrum.emergence(alpha, width)}
    finite = {name: np.where(np.isfinite(values), values, np.nan) for name, values in change.items()}
    return pd.DataFrame({**finite, "E_error": _error(of, fall, widening)}, index=of.index)


def _error(of: pd.DataFrame, fall: Array, widening: Array) -> Array:
    """Standard error of E by the delta method; 0 at the first checkpoint, where E is 0 for any sample."""
    alpha, width = (of[name].to_numpy() for name in AVERAGED)
    of_alpha, of_width = (of[f"{name}_error"].to_numpy() for name in AVERAGED)
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = np.hypot(of_alpha / alpha, of_alpha[0] / alpha[0])
        error = np.hypot(widening * relative, fall * np.hypot(of_width, widening * of_width[0]) / width[0])
    error[:1] = np.where(np.isnan(error[:1]), np.nan, 0.0)
    return np.where(np.isfinite(error), error, np.nan)


def _no_rows() -> pd.DataFrame:
    return pd.DataFrame(columns=DEGREE_OF_EMERGENCE.arrow.names)


def compute_degree_of_emergence(
    moments: Moments,
    measures: list[Path],
    degree_of_emergence_table: Path,
    spectra_table: Path,
    untrained_table: Path,
) -> None:
    """Compute E of every run (tables ``degree_of_emergence``, ``spectra`` and ``untrained``).

    Args:
        moments: The grid of moments q at which spectra were taken.
        measures: Tables ``measure`` of `neuromfa`, one of each run.
        degree_of_emergence_table: Where ``degree_of_emergence`` is written.
        spectra_table: Where ``spectra`` is written.
        untrained_table: Where ``untrained`` is written.
    """
    rows = tables.read(MEASURE, *measures)
    degrees = degree_of_emergence(rows)
    tables.write(DEGREE_OF_EMERGENCE, degrees, degree_of_emergence_table)
    tables.write(SPECTRA, tabulate_spectra(rows, moments), spectra_table)
    tables.write(UNTRAINED, compare_untrained(degrees), untrained_table)
