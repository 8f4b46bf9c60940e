"""Claims A12 to A14: every verdict, on tables whose answer is known; without events see ``test_anatomy_precursors``."""

from collections.abc import Callable

import pandas as pd
import pytest
from synthetic.claims_tables import order_prediction, with_values

from emergence.claims.verdicts import Verdict

pytestmark = pytest.mark.long

Judge = Callable[..., pd.DataFrame]
NAN = float("nan")


def of_limit(statistic: str, classes: str, pairs_of: str, feature: str = "", **values: float) -> pd.DataFrame:
    """Other values of one feature, or of all."""
    key = {"statistic": statistic, "classes": classes, "pairs_of": pairs_of, "measure": "rankme", "size": "all"}
    return with_values(order_prediction(), values, **key, **({"feature": feature} if feature else {}))


@pytest.mark.parametrize(
    ("low", "high", "task_p", "verdict"),
    [
        (0.57, 0.9, 0.049, "holds"),
        (0.57, 0.9, 0.051, "undecided"),  # some tasks differ from others, and that may be all
        (0.57, 0.9, NAN, "undecided"),
        (0.5, 0.6, 0.01, "undecided"),
        (0.1, 0.56, 0.01, "fails"),
        (0.1, 0.56, 0.9, "fails"),
        (NAN, NAN, 0.01, "not testable at this tier"),
    ],
)
def test_coarse_order(low: float, high: float, task_p: float, verdict: Verdict, judge: Judge) -> None:
    table = of_limit("spearman", "none", "all", "onset", low=low, high=high, task_p=task_p, holm_p=0.9)
    assert judge(order_prediction=table).loc["A12", "verdict"] == verdict


@pytest.mark.parametrize(
    ("claim", "key"), [("A13 v1", ("concordance", "family", "within")), ("A14", ("swap", "none", "all"))]
)
@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [(0.1, 0.5, "holds"), (0.4, 0.6, "undecided"), (0.51, 0.9, "fails"), (NAN, NAN, "undecided")],
)
def test_worse_than_a_coin(
    claim: str, key: tuple[str, str, str], low: float, high: float, verdict: Verdict, judge: Judge
) -> None:
    assert judge(order_prediction=of_limit(*key, low=low, high=high)).loc[claim, "verdict"] == verdict


@pytest.mark.parametrize(
    ("low", "high", "holm_p", "task_p", "verdict"),
    [
        (0.5, 0.9, 0.049, 0.049, "holds"),
        (0.5, 0.9, 0.051, 0.01, "undecided"),  # no better than permuted
        (0.5, 0.9, 0.01, 0.051, "undecided"),  # no better than whole tasks permuted
        (0.5, 0.9, NAN, NAN, "undecided"),
        (0.4, 0.6, 0.01, 0.01, "undecided"),
        (0.1, 0.49, 0.01, 0.01, "fails"),
        (0.1, 0.49, 0.9, 0.9, "fails"),
    ],
)
def test_order_within_hard_tasks(
    low: float, high: float, holm_p: float, task_p: float, verdict: Verdict, judge: Judge
) -> None:
    table = of_limit("concordance", "family", "within hard", low=low, high=high, holm_p=holm_p, task_p=task_p)
    assert judge(order_prediction=table).loc["A13 v3", "verdict"] == verdict


@pytest.mark.parametrize("feature", ["onset", "early", "floor"])
def test_every_feature_is_asked(feature: str, judge: Judge) -> None:
    """One that orders rightly refutes that all are worse than a coin, and is enough for order within hard tasks."""
    right, wrong = {"value": 0.8, "low": 0.7, "high": 0.9}, {"value": 0.2, "low": 0.1, "high": 0.3}
    for claim, key in (("A13 v1", ("concordance", "family", "within")), ("A14", ("swap", "none", "all"))):
        row = judge(order_prediction=of_limit(*key, feature, **right)).loc[claim]
        assert row["verdict"] == "fails"
        assert f"{feature} 0.80 [0.70, 0.90]" in row["control"]
    hard = ("concordance", "family", "within hard")
    table = of_limit(*hard, **wrong)
    assert judge(order_prediction=table).loc["A13 v3", "verdict"] == "fails"
    one = with_values(table, right, **dict(zip(("statistic", "classes", "pairs_of"), hard, strict=True)),
                      measure="rankme", feature=feature, size="all")  # fmt: skip
    assert judge(order_prediction=one).loc["A13 v3", "verdict"] == "holds"


def test_the_own_loss_stands_beside(judge: Judge) -> None:
    assert "onset of the own loss 0.5" in judge().loc["A13 v1", "control"]


def test_pairs_that_keep_their_order_stand_beside(judge: Judge) -> None:
    found = judge()["control"]
    assert "keep their order: 0.60 [0.50, 0.70]" in found["A14"]
    assert "keep their order" not in "".join(found.drop("A14"))
