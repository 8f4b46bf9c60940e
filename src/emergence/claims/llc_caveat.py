"""The caveat of claims that rest on estimates of the local learning coefficient (table ``llc_validity``)."""

from emergence.claims.registry import Tables
from emergence.measures.chain_diagnostics import DRAWS, DRIFT, RHAT

MOST = 0.5
"""share of checkpoints whose estimate must be valid for nothing to be said"""


def llc_caveat(tables: Tables) -> str:
    """Why estimates are mostly invalid, where they are, and what they are over curvature; nothing without the table.

    The reasons are those of the checkpoints: a criterion counts where it alone would refuse an estimate.
    """
    rows = tables.get("llc_validity")
    if rows is None or rows.empty:
        return ""
    share, over = rows["valid"].mean(), rows.loc[rows["valid"], "over_curvature"].median()
    curvature = f"the median of the valid is {over:.2f} times that of a paraboloid as curved" if over == over else ""
    if share >= MOST:
        return f"λ̂ valid at {share:.0%} of checkpoints{'; ' + curvature if curvature else ''}"
    reasons = {
        "no finite estimate": rows["value"].isna(),
        "not above 0": rows["value"] <= 0,
        f"R̂ above {RHAT:g}": rows["rhat"] > RHAT,
        f"a drift above {DRIFT:g}": rows["drift"] > DRIFT,
        f"fewer than {DRAWS:g} effective draws": rows["ess"] < DRAWS,
    }
    told = ", ".join(f"{name} at {mask.mean():.0%}" for name, mask in reasons.items() if mask.any())
    return (
        f"read with care: λ̂ is valid at {share:.0%} of checkpoints alone ({told or 'no diagnostics'})"
        f"{'; ' + curvature if curvature else ''}"
    )
