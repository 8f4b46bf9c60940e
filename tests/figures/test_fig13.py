"""Figure 13: events over frequencies and exponents are those of the tables."""

from scipy import stats
from support.drawn_marks import assert_intervals, assert_line, names, panels
from synthetic.frequency_tables import frequency_events
from synthetic.random_tables import random_table

from emergence.analysis.select import select
from emergence.figures import fig13
from emergence.schemas.interventions import FREQUENCY_EXPONENTS

EVENTS = frequency_events({"sgd": 1.0, "adamw": 0.2})
EXPONENTS = random_table(FREQUENCY_EXPONENTS, optimiser=["sgd", "adamw"])


def test_steps_are_means_over_seeds_and_exponents_have_intervals() -> None:
    *each, last = panels(fig13.plot(EVENTS, EXPONENTS, 0.2, 0.5))
    for axes, optimiser in zip(each, ("sgd", "adamw"), strict=True):
        for task in EVENTS["task"].unique():
            means = select(EVENTS, optimiser=optimiser, task=task).groupby("share")["step"].apply(stats.gmean)
            assert_line(axes, means.index, means)
    assert names(last.yaxis) == ["SGD", "AdamW"]
    for place, optimiser in enumerate(("sgd", "adamw")):
        row = select(EXPONENTS, optimiser=optimiser)
        assert_intervals(last, [place], row["low"], row["high"])
