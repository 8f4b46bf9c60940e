"""Claims on scaling laws: the exponents of direct sums over many skills.

Sums have no interval: the exponent itself is held against the tolerance.
"""

import numpy as np
import pandas as pd

from emergence.analysis.claims.rules import at_most
from emergence.analysis.claims.verdicts import UNTESTED, Judged, Row
from emergence.settings.scaling import ScalingClaims

LAWS = {
    ("multilinear", "time"): ("L1", "The loss falls with time as T^(−α/(α+1))"),
    ("multilinear", "data"): ("L2", "The loss falls with data as D^(−α/(α+1))"),
    ("multilinear", "width"): ("L3", "The loss falls with width as N^(−α)"),
    ("multilinear", "compute"): ("L4", "At the best width the loss falls with compute as C^(−α/(α+2))"),
    ("linear", "time"): ("L5", "The loss of a linear model falls with time as T^(−α/(α+1)) too"),
}
"""Claim and statement, by model and axis."""


def claims(exponents: pd.DataFrame, settings: ScalingClaims) -> list[Row]:
    """A row an axis, for the worst exponent over all α (table ``exponents``)."""
    rows = []
    for (model, axis), (claim, statement) in LAWS.items():
        chosen = exponents[(exponents["model"] == model) & (exponents["axis"] == axis)].sort_values("alpha")
        names = {"claim": claim, "study": "solvable", "statement": statement}
        rows.append({**names, **_judged(chosen[chosen["quantity"] == "loss"], settings), "control": _beside(chosen)})
    return rows


def _judged(fits: pd.DataFrame, settings: ScalingClaims) -> Row:
    """The largest distance of a corrected slope from its law; null where one could not be fitted."""
    most = settings.verdicts.exponent
    worst = float((fits["corrected"] - fits["expected"]).abs().max(skipna=False))
    return {
        "published": _by_alpha(fits, "expected"),
        "value": worst,
        "low": np.nan,
        "high": np.nan,
        "interval": "none, the sums are exact; largest distance of a slope from its law",
        **(UNTESTED if np.isnan(worst) else Judged(at_most(most).verdict(worst, worst))).columns,
        "rule": f"|slope − exponent| at most {most} for every α, in the fitted range, what finitely many skills lack "
        "added back",
    }


def _beside(chosen: pd.DataFrame) -> str:
    """The slopes with and without the correction, and what else is known of the law."""
    fits, widths = (chosen[chosen["quantity"] == quantity] for quantity in ("loss", "width"))
    lines = [
        f"slopes {_by_alpha(fits, 'corrected')}; uncorrected {_by_alpha(fits, 'slope')}",
        f"prefactor over theory {_by_alpha(fits, 'prefactor')}",
    ]
    if len(widths):
        lines.append(
            f"slopes of the best width {_by_alpha(widths, 'slope')}, by theory {_by_alpha(widths, 'expected')}"
        )
    return "; ".join(lines)


def _by_alpha(rows: pd.DataFrame, column: str) -> str:
    return ", ".join(f"{value:.3f} (α {alpha:g})" for alpha, value in zip(rows["alpha"], rows[column], strict=True))
