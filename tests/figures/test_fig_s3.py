"""Figure S3: estimates, quartiles of task-levels and the chosen settings are those of the table."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from support.drawn_marks import assert_band, assert_guides, assert_intervals, assert_line, panels
from synthetic.random_tables import random_table

from emergence.analysis.select import select
from emergence.figures import fig_s3
from emergence.schemas.anatomy import LLC_SWEEP

OPTIONS: Any = SimpleNamespace(step_size=3e-6, localisation=1e4, n_beta=100.0)
SIZES, PULLS, BETAS = [1e-6, 3e-6, 1e-5], [1e3, 1e4], [30.0, 100.0, 300.0]
LEVELS = [None, "1", "2", "3", "4"]  # none of the mixture


def swept(step: int) -> pd.DataFrame:
    """The plane of step sizes and pulls, and a line of nβ."""
    kinds: dict[str, Any] = {"step": step, "level": LEVELS, "task": "ADD"}
    plane = random_table(LLC_SWEEP, step_size=SIZES, localisation=PULLS, n_beta=100.0, **kinds)
    line = random_table(LLC_SWEEP, step_size=3e-6, localisation=1e4, n_beta=[30.0, 300.0], **kinds)
    rows = pd.concat([plane, line], ignore_index=True)
    return rows.assign(task=rows["task"].where(rows["level"].notna(), None))


SWEPT = pd.concat([swept(10), swept(100)], ignore_index=True)


@pytest.mark.parametrize(("place", "step"), [(0, 10), (2, 100)])
def test_curves_have_errors_of_the_mixture_and_quartiles_of_levels(place: int, step: int) -> None:
    axes = panels(fig_s3.plot(SWEPT, OPTIONS))
    rows = select(SWEPT, step=step)
    curves = [(axes[place], "step_size", SIZES, select(rows, localisation=pull, n_beta=100.0)) for pull in PULLS]
    curves.append((axes[place + 1], "n_beta", BETAS, select(rows, localisation=1e4, step_size=3e-6)))
    for panel, over, values, curve in curves:
        mixture = select(curve, task=None).sort_values(over)
        assert_line(panel, values, mixture["value"])
        ends = mixture["value"] - mixture["standard_error"], mixture["value"] + mixture["standard_error"]
        assert_intervals(panel, values, *ends, vertical=True)
        levels = [select(curve, task="ADD", **{over: value})["value"] for value in values]
        assert_band(panel, values, *np.quantile(np.array(levels, dtype=float), [0.25, 0.75], axis=1))
    assert_guides(axes[place], [3e-6])
    assert_guides(axes[place + 1], [100.0])


def test_chains_that_diverged_leave_gaps() -> None:
    lost = SWEPT.assign(value=np.nan, standard_error=np.nan)
    axes = panels(fig_s3.plot(lost, OPTIONS))
    assert axes[0].get_xlim() == pytest.approx((1e-6 / 1.3, 1e-5 * 1.3))
