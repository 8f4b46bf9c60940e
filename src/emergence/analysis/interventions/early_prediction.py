"""Prediction before the fact: do the first steps of a run tell when each of its task-levels will emerge?

From the first tenth of training (``interventions.early.share``) a run shows two numbers per task-level by its own loss
(the score of its answers' log-probability at the end of the tenth, and the change since half of it) and two by geometry
(the same of log RankMe in the last layer). A ridge regression on them, fitted on other runs, predicts the logarithm of
the step of emergence. Its rival knows nothing of the run but which task-level is asked for: the mean over the fitted
runs. Runs of one seed are held out, and the others of the same size fitted; then those of one size, and all other
sizes. A task-level that emerges within the tenth is not predicted and left out; one that does not emerge in training
enters with the last step.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

from emergence.analysis.curves import Array
from emergence.analysis.intervals import student_mean
from emergence.analysis.select import last_layer, select, without_control
from emergence.config.protocol import Statistics
from emergence.config.short_runs import EarlySettings
from emergence.io import tables
from emergence.schemas.analysis import EVENTS, SCORES
from emergence.schemas.interventions import EARLY_ACCURACY, EARLY_PREDICTIONS
from emergence.schemas.trajectories import MEASURE

UNIT = ["run", "size", "seed", "task", "level"]
LEVEL = ["task", "level"]
LOSS, GEOMETRY = ["loss", "loss_change"], ["rank", "rank_change"]
IDENTITY = "identity"
PREDICTORS = {"loss": LOSS, "geometry": GEOMETRY, "both": [*LOSS, *GEOMETRY]}
"""Columns of the features that each regression sees, beside the identity of the task-level, which sees none."""
HELD_OUT = ("seed", "size")


def early_features(scores: pd.DataFrame, ranks: pd.DataFrame, cut: float) -> pd.DataFrame:
    """Features of each task-level in each run at step ``cut``: columns `UNIT` and those of `PREDICTORS`.

    Args:
        scores: Table ``scores``, of the log-probability.
        ranks: Table ``measure``, of one variant of RankMe in the last layer.
        cut: Step after which nothing is seen.
    """
    ranks = ranks.assign(score=np.log(ranks["value"].astype(float).clip(lower=1.0)))
    frames = []
    for curves, names in ((scores, LOSS), (ranks, GEOMETRY)):
        at = {share: _last_value(curves[curves["step"] <= share * cut]) for share in (0.5, 1.0)}
        frames.append(pd.DataFrame({names[0]: at[1.0], names[1]: at[1.0] - at[0.5]}))
    return pd.concat(frames, axis=1).dropna().reset_index()


def _last_value(curves: pd.DataFrame) -> pd.Series:
    return curves.sort_values("step", kind="stable").groupby(UNIT)["score"].last()


def predict_events(events: pd.DataFrame, features: pd.DataFrame, last: int, settings: EarlySettings) -> pd.DataFrame:
    """Table ``early_predictions``: the step of each event that is still to come, by every predictor.

    Args:
        events: Table ``events`` of one metric.
        features: As `early_features` gives them.
        last: Last step of training.
        settings: Share of training that is seen, and the penalty of the regression.
    """
    joined = features.merge(events[[*UNIT, "emerged", "step"]], on=UNIT)
    joined["observed"] = joined["step"].astype(float).where(joined["emerged"], last)
    joined = joined[joined["observed"] > settings.share * last]
    frames = [
        held.assign(held_out=by, predictor=name, predicted=np.clip(np.exp(values), settings.share * last, last))
        for by in HELD_OUT
        for fitted, held in _folds(joined, by)
        for name, values in _predictions(fitted, held, settings.ridge)
    ]
    if not frames:
        return pd.DataFrame(columns=EARLY_PREDICTIONS.arrow.names)
    return pd.concat(frames, ignore_index=True)[EARLY_PREDICTIONS.arrow.names]


def _folds(rows: pd.DataFrame, by: str) -> Iterator[tuple[pd.DataFrame, pd.DataFrame]]:
    """Fitted and held-out runs; of a held-out seed, the fitted runs are those of the same size."""
    for key, held in rows.groupby(["size", "seed"] if by == "seed" else ["size"], sort=False):
        of_size = rows["size"] == key[0]
        fitted = rows[of_size & (rows["seed"] != key[1])] if by == "seed" else rows[~of_size]
        if len(fitted):
            yield fitted, held


def _predictions(fitted: pd.DataFrame, held: pd.DataFrame, ridge: float) -> Iterator[tuple[str, Array]]:
    """Log steps that each predictor expects of the held-out rows; those of task-levels that no fitted run has: mean."""
    logs = np.log(fitted["observed"].to_numpy())
    means = pd.Series(logs).groupby([fitted[name].to_numpy() for name in LEVEL]).mean()
    wanted = pd.MultiIndex.from_frame(held[LEVEL])
    yield IDENTITY, means.reindex(wanted).fillna(logs.mean()).to_numpy()
    for name, columns in PREDICTORS.items():
        known, new = (frame[columns].to_numpy(dtype=float) for frame in (fitted, held))
        yield name, ridge_regression(known, logs, new, ridge)


def ridge_regression(known: Array, values: Array, new: Array, ridge: float) -> Array:
    """Predictions by a ridge regression (m,).

    Features are standardised on what is known.

    Args:
        known: Features of what is fitted (n, features).
        values: What is predicted, in the same rows (n,).
        new: Features of what is asked for (m, features).
        ridge: Penalty, in units of one known row.

    >>> ridge_regression(np.array([[0.0], [1.0], [2.0]]), np.array([1.0, 3.0, 5.0]), np.array([[3.0]]), 0.0).round(6)
    array([7.])
    """
    middle, spread = known.mean(axis=0), known.std(axis=0)
    x, z = ((rows - middle) / np.where(spread > 0, spread, 1.0) for rows in (known, new))
    slopes = np.linalg.solve(x.T @ x + (ridge + 1e-12) * np.eye(x.shape[1]), x.T @ (values - values.mean()))
    return np.asarray(values.mean() + z @ slopes)


def run_accuracy(predictions: pd.DataFrame) -> pd.DataFrame:
    """Accuracy of each predictor in each held-out run: ``error``, mean absolute log error, and ``order``, Spearman's ρ.

    ``gain`` is the error of the task's identity less that of the predictor, ``order_gain`` the predictor's ρ less that
    of the identity, and ``geometry_gain`` the error of the loss less that of both.
    """
    rows = []
    for key, run in predictions.groupby(["held_out", "predictor", "run", "size", "seed"], sort=False):
        error = float(np.abs(np.log(run["predicted"] / run["observed"])).mean())
        varied = np.ptp(run["predicted"]) > 0 and np.ptp(run["observed"]) > 0
        order = float(stats.spearmanr(run["predicted"], run["observed"]).statistic) if varied else np.nan
        names = dict(zip(["held_out", "predictor", "run", "size", "seed"], key, strict=True))
        rows.append({**names, "task_levels": len(run), "error": error, "order": order})
    table = pd.DataFrame(rows)
    by_run = table.set_index(["held_out", "run", "predictor"])[["error", "order"]].unstack("predictor")
    index = pd.MultiIndex.from_frame(table[["held_out", "run"]])
    identity = by_run.loc[index].xs(IDENTITY, axis=1, level="predictor")
    table["gain"] = identity["error"].to_numpy() - table["error"]
    table["order_gain"] = table["order"] - identity["order"].to_numpy()
    table["geometry_gain"] = by_run.loc[index, ("error", "loss")].to_numpy() - table["error"]
    return table


def summarise_accuracy(predictions: pd.DataFrame, settings: Statistics) -> pd.DataFrame:
    """Table ``early_accuracy``: means over held-out runs with Student's intervals."""
    rows = []
    groups = run_accuracy(predictions).groupby(["held_out", "predictor"], sort=False) if len(predictions) else ()
    for (held_out, predictor), runs in groups:
        row = {
            "held_out": held_out,
            "predictor": predictor,
            "runs": len(runs),
            "task_levels": runs["task_levels"].sum(),
        }
        for name in ("error", "order", "gain", "order_gain", "geometry_gain"):
            row |= student_mean(runs[name], settings.confidence).named(name)
        rows.append(row)
    return pd.DataFrame(rows, columns=EARLY_ACCURACY.arrow.names)


def predict_early(
    settings: EarlySettings,
    statistics: Statistics,
    scores: Path,
    events: Path,
    measures: list[Path],
    early_predictions_table: Path,
    early_accuracy_table: Path,
) -> None:
    """Predict emergence from the first steps of the runs of Study 1 (``early_predictions`` and ``early_accuracy``).

    Args:
        settings: Metric, variant of RankMe, share of training that is seen, and penalty of the regression.
        statistics: Confidence of the intervals.
        scores: Table ``scores``.
        events: Table ``events``.
        measures: Tables ``measure`` of RankMe, one of each run.
        early_predictions_table: Where ``early_predictions`` is written.
        early_accuracy_table: Where ``early_accuracy`` is written.
    """
    behaviour = without_control(tables.read(SCORES, scores))
    ranks = last_layer(without_control(tables.read(MEASURE, *measures)))
    last = int(behaviour["step"].max())
    features = early_features(
        select(behaviour, metric="log_probability"), select(ranks, variant=settings.variant), settings.share * last
    )
    emerged = select(tables.read(EVENTS, events), metric=settings.metric)
    predictions = predict_events(emerged, features, last, settings)
    tables.write(EARLY_PREDICTIONS, predictions, early_predictions_table)
    tables.write(EARLY_ACCURACY, summarise_accuracy(predictions, statistics), early_accuracy_table)
