"""Figure 14: predictions and their accuracy are those of the tables."""

from support.drawn_marks import assert_diagonal, assert_intervals, assert_points, names, panels, texts
from synthetic.random_tables import random_table

from emergence.analysis.select import select
from emergence.figures import fig14
from emergence.schemas.interventions import EARLY_ACCURACY, EARLY_PREDICTIONS

PREDICTORS = list(fig14.NAMES)
PREDICTIONS = random_table(
    EARLY_PREDICTIONS, held_out=["seed", "size"], predictor=PREDICTORS, run=["a-s1", "a-s2"], task=["COPY", "REV"]
)
ACCURACY = random_table(EARLY_ACCURACY, held_out=["seed", "size"], predictor=PREDICTORS)


def test_predictions_of_unseen_seeds_are_drawn_and_accuracy_has_intervals() -> None:
    first, middle, last = panels(fig14.plot(PREDICTIONS.assign(emerged=True), ACCURACY))
    for predictor in ("identity", "both"):
        rows = select(PREDICTIONS, held_out="seed", predictor=predictor)
        assert_points(first, rows["observed"], rows["predicted"])
        ends = rows[["observed", "predicted"]]
        assert_diagonal(first, ends.min(axis=None), ends.max(axis=None))
    assert names(middle.yaxis) == list(fig14.NAMES.values())
    for axes, name in ((middle, "error"), (last, "order")):
        for shift, scheme in ((0, "seed"), (0.2, "size")):
            for place, predictor in enumerate(PREDICTORS):
                row = select(ACCURACY, held_out=scheme, predictor=predictor)
                assert_points(axes, row[name], [place + shift])
                assert_intervals(axes, [place + shift], row[f"{name}_low"], row[f"{name}_high"])


def test_without_events_a_panel_says_so() -> None:
    axes = panels(fig14.plot(PREDICTIONS.assign(emerged=False), ACCURACY))
    assert texts(axes[0]) == ["no events"]
