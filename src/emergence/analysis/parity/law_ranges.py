"""Where the conditions of the scaling laws are met along the sums, so that one resource is the bottleneck.

What a sum does not limit is infinite there. Its n_s skills are its width, since the model has parameters for each.
"""

from math import inf

import numpy as np
import pandas as pd

from emergence.config.parity_theory import Laws
from emergence.schemas.parity import SCALING_CONDITIONS
from emergence.theory import conditions
from emergence.theory.conditions import Condition, Resources

LOGARITHMS = 0.1  # the condition T ≫ D (log D)^(1+ε) asks for any ε


def met_ranges(sums: pd.DataFrame, settings: Laws) -> pd.DataFrame:
    """Table ``scaling_conditions``: the part of what is drawn in which all conditions of a law are met.

    Args:
        sums: Table ``scaling_laws``.
        settings: Numbers of skills, and the ratio from which "much larger" counts as met.
    """
    chosen, rows = sums[sums["model"] == "multilinear"], []
    for (axis, alpha), of in chosen.groupby(["axis", "alpha"], sort=False):
        values = of[of["quantity"] == "loss"].sort_values("x", kind="stable")["x"].to_numpy()
        widths = of[of["quantity"] == "width"].sort_values("x", kind="stable")["value"].to_numpy()
        each = [required(axis, x, alpha, widths[place] if len(widths) else None, settings)
                for place, x in enumerate(values)]  # fmt: skip
        met = values[[all(one.met for one in of_point) for of_point in each]]
        names = {"axis": axis, "alpha": alpha, "conditions": ", ".join(one.name for one in each[-1])}
        rows.append({**names, "low": met.min() if len(met) else np.nan, "high": met.max() if len(met) else np.nan})
    return pd.DataFrame(rows, columns=SCALING_CONDITIONS.arrow.names)


def required(axis: str, x: float, alpha: float, width: float | None, settings: Laws) -> list[Condition]:
    """Conditions of one law at one point of its axis.

    Args:
        axis: ``time``, ``data``, ``width`` or ``compute``.
        x: Time ηST, samples D, width N or compute N·ηST.
        alpha: α of the skill frequencies.
        width: Best width for compute ``x``; not used on other axes.
        settings: Number of skills, and the ratio from which "much larger" counts as met.
    """
    skills, margin = float(settings.skills), settings.margin
    match axis:
        case "time":
            return conditions.of_time(Resources(x, inf, skills, alpha), margin)
        case "data":
            return conditions.of_data(Resources(inf, max(x, np.nextafter(1.0, 2.0)), skills, alpha), margin, LOGARITHMS)
        case "width":
            many = Condition("n_s ≫ N", skills / x, skills / x >= margin)
            return [*conditions.of_width(Resources(inf, inf, x, alpha), margin), many]
    assert width is not None
    return conditions.of_compute(Resources(x / width, inf, width, alpha), margin)
