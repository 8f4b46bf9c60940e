"""Arms on the page are means over seeds and the ratios of the tables."""

import numpy as np
import pandas as pd
from synthetic.arm_tables import arm_runs

from emergence.report.explorer.arms import payload
from emergence.schemas.interventions import ARM_EFFECTS, ARM_RUNS

EFFECTS = pd.DataFrame(columns=ARM_EFFECTS.arrow.names)


def test_curves_are_means_over_seeds_and_task_levels() -> None:
    runs = arm_runs({}, 2)
    shown = payload(runs, EFFECTS)
    assert shown is not None
    curves = pd.DataFrame(shown["curves"])
    for quantity in shown["quantities"]:
        one = curves[(curves["quantity"] == quantity) & (curves["arm"] == "prevent") & (curves["step"] == 100)]
        rows = runs[(runs["quantity"] == quantity) & (runs["arm"] == "prevent") & (runs["step"] == 100)]
        np.testing.assert_allclose(one["mean"], rows["value"].mean(), rtol=1e-3)
    assert [arm["arm"] for arm in shown["arms"]] == list(dict.fromkeys(runs["arm"]))
    assert all(arm["colour"].startswith("#") for arm in shown["arms"])


def test_without_paired_runs_there_is_nothing() -> None:
    assert payload(pd.DataFrame(columns=ARM_RUNS.arrow.names), EFFECTS) is None
