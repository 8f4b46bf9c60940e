"""Tables of Study 4: short runs of the clock, laws of the collapse, paired runs of tasks and of language models."""

from emergence.io.tables import Schema

FACTORS = {
    "cell": "string",
    "seed": "int64",
    "held_out": "bool",
    "width": "int64",
    "layers": "int64",
    "learning_rate": "float64",
    "warmup": "int64",
    "optimiser": "string",
    "sigma": "float64",
    "tasks": "string",
}

CLOCK_RUNS = Schema(
    "clock_runs",
    {**FACTORS, "step": "int64", "layer?": "int64", "quantity": "string", "value?": "float64"},
)
"""Quantities along each short run, before the optimiser step ``step``; ``layer`` is null where one is of no layer.

``rank`` is RankMe (answer positions, centred, σ) of a layer, ``rate_sum`` the sum of learning rates so far, ``entropy``
the mean entropy of the predictions (nats), ``weight_norm`` and ``gradient_norm`` are of all parameters, ``alignment``
is the cosine between the predicted direction and the first principal direction of the last layer. A row ``diverged``
ends a run whose loss is not finite any more.
"""

CLOCK_COLLAPSES = Schema(
    "clock_collapses",
    {
        **FACTORS,
        "layer": "int64",
        "last": "bool",
        "initial": "float64",
        "floor": "float64",
        "collapse_step?": "float64",
        "step?": "float64",
        "rate_sum?": "float64",
        "loss?": "float64",
        "gradient_norm?": "float64",
        "weight_norm?": "float64",
        "entropy?": "float64",
        "alignment?": "float64",
    },
)
"""Collapse of each layer of each short run, and every quantity at its half-collapse; null without a collapse."""

CLOCK_PREDICTIONS = Schema(
    "clock_predictions",
    {**FACTORS, "quantity": "string", "observed": "float64", "predicted": "float64", "error": "float64"},
)
"""Step of half-collapse of the last layer, observed and as each quantity predicts it; ``error`` is their log ratio.

A prediction is the first step at which the quantity reaches the value that it has at the collapse, by a law that is
fitted on the cells that are not held out.
"""

CLOCK_LAWS = Schema(
    "clock_laws",
    {
        "quantity": "string",
        "cells": "int64",
        "runs": "int64",
        "factor": "float64",
        "factor_low?": "float64",
        "factor_high?": "float64",
        "excess?": "float64",
        "excess_low?": "float64",
        "excess_high?": "float64",
        "width_exponent?": "float64",
        "exponent_low?": "float64",
        "exponent_high?": "float64",
    },
)
"""Each quantity's mean absolute log error on held-out cells, as a factor, and the cumulative rate's less its own.

``width_exponent`` is that of the quantity at the collapse on width, from all cells. Intervals are of a bootstrap over
cells; ``excess`` is in units of log.
"""

CLOCK_SHARES = Schema(
    "clock_shares",
    {
        "statistic": "string",
        "value?": "float64",
        "low?": "float64",
        "high?": "float64",
        "count?": "int64",
        "units": "int64",
    },
)
"""Over cells: ``collapsed`` and ``last_first``, shares with exact intervals; ``alignment`` at the collapse, its null
between random directions, and slopes of log10 floor on log10 width or depth, with Student's intervals over groups of
cells that agree in all else."""

ARM_RUNS = Schema(
    "arm_runs",
    {
        "run": "string",
        "size": "string",
        "parameters": "int64",
        "seed": "int64",
        "arm": "string",
        "step": "int64",
        "task?": "string",
        "level?": "string",
        "quantity": "string",
        "value?": "float64",
    },
)
"""Paired runs along training: ``exact_match`` and its ``baseline`` by task-level, ``rank`` of the last layer, mean
``loss`` since the last row, value and ``penalty_gradient`` of the ``penalty``; a row ``diverged`` ends a run."""

ARM_EVENTS = Schema(
    "arm_events",
    {
        "run": "string",
        "size": "string",
        "parameters": "int64",
        "seed": "int64",
        "arm": "string",
        "task": "string",
        "level": "string",
        "emerged": "bool",
        "step": "float64",
    },
)
"""Emergence of each task-level in each arm; ``step`` is the last one where it does not emerge in training."""

ARM_EFFECTS = Schema(
    "arm_effects",
    {
        "arm": "string",
        "against": "string",
        "size": "string",
        "ratio?": "float64",
        "low?": "float64",
        "high?": "float64",
        "pairs": "int64",
        "events": "int64",
        "censored": "int64",
        "diverged": "int64",
        "lowest?": "float64",
        "lowest_against?": "float64",
    },
)
"""Ratio of emergence steps of an arm to another's: geometric mean over pairs of runs of the mean over task-levels.

A task-level counts in a pair if it emerges in either arm; ``censored`` counts those that emerge in one alone, which
enter with the last step of training for the other. ``lowest`` and ``lowest_against`` are the lowest rank over the
initial one, means over the runs of each arm.
"""

METHOD_EFFECTS = Schema("method_effects", ARM_EFFECTS.columns)
"""The same of the runs that tell what prevention is worth: its doses and durations, and plain alternatives."""

FREQUENCY_RUNS = Schema(
    "frequency_runs",
    {
        "run": "string",
        "size": "string",
        "seed": "int64",
        "optimiser": "string",
        "rotation": "int64",
        "step": "int64",
        "task?": "string",
        "level?": "string",
        "share?": "float64",
        "quantity": "string",
        "value?": "float64",
    },
)
"""Runs with power-law frequencies along training: ``exact_match`` of each task-level, and its ``baseline`` without a
run. ``share`` is the task-level's share of the answer tokens in a batch; a row ``diverged`` ends a run."""

FREQUENCY_EVENTS = Schema(
    "frequency_events",
    {
        "run": "string",
        "size": "string",
        "seed": "int64",
        "optimiser": "string",
        "rotation": "int64",
        "task": "string",
        "level": "string",
        "share": "float64",
        "emerged": "bool",
        "step": "float64",
    },
)
"""Emergence of each task-level at each frequency; ``step`` is the last one where it does not emerge in training."""

FREQUENCY_EXPONENTS = Schema(
    "frequency_exponents",
    {
        "optimiser": "string",
        "exponent?": "float64",
        "low?": "float64",
        "high?": "float64",
        "squares": "int64",
        "task_levels": "int64",
        "censored": "int64",
        "diverged": "int64",
    },
)
"""Exponent x of emergence steps, which grow as frequency to the power of -x: mean over Latin squares with Student's
interval. A task-level enters a square if it emerges at each of its frequencies; ``task_levels`` counts those that do,
and ``censored`` events that do not come in training, over all squares."""

EARLY_PREDICTIONS = Schema(
    "early_predictions",
    {
        "held_out": "string",
        "predictor": "string",
        "run": "string",
        "size": "string",
        "seed": "int64",
        "task": "string",
        "level": "string",
        "emerged": "bool",
        "observed": "float64",
        "predicted": "float64",
    },
)
"""Step of emergence of each task-level of a run of Study 1 that was held out, observed and predicted from its start.

Runs are held out by ``seed`` (others of the same size are fitted) or by ``size``. Predictors are the task-level's own
``loss``, ``geometry``, ``both``, and ``identity``, the mean over fitted runs. Without an event, ``observed`` is the
last step of training.
"""

EARLY_ACCURACY = Schema(
    "early_accuracy",
    {
        "held_out": "string",
        "predictor": "string",
        "runs": "int64",
        "task_levels": "int64",
        **{
            f"{name}{end}?": "float64"
            for name in ("error", "order", "gain", "order_gain", "geometry_gain")
            for end in ("", "_low", "_high")
        },
    },
)
"""Accuracy of predictions from the start of training: means over held-out runs with Student's intervals.

``error`` is the mean absolute log error of the step and ``order`` Spearman's correlation over the task-levels of a run.
``gain`` and ``order_gain`` are by how much a predictor is better than the identity of the task-level in the same run,
``geometry_gain`` by how much its error is smaller than that of the loss alone.
"""

LANGUAGE_ARM_RUNS = Schema(
    "language_arm_runs",
    {
        "run": "string",
        "size": "string",
        "parameters": "int64",
        "seed": "int64",
        "arm": "string",
        "step": "int64",
        "quantity": "string",
        "value?": "float64",
    },
)
"""Paired language models along training, ``plain`` and ``prevent``: ``loss`` of the held-out passages, nats per token,
and ``rank``, RankMe (centred, σ) of the last layer's states on them; a row ``diverged`` ends a run."""

LANGUAGE_ARM_EFFECTS = Schema(
    "language_arm_effects",
    {
        "size": "string",
        "ratio?": "float64",
        "low?": "float64",
        "high?": "float64",
        "difference?": "float64",
        "difference_low?": "float64",
        "difference_high?": "float64",
        "pairs": "int64",
        "diverged": "int64",
        "loss?": "float64",
        "loss_against?": "float64",
        "lowest?": "float64",
        "lowest_against?": "float64",
    },
)
"""Runs whose collapse is prevented against plain ones, by size and over ``all``, with Student's intervals over pairs.

``ratio`` is that of the steps at which the two runs of a pair reach the higher of their final losses (geometric mean),
``difference`` that of the final losses in nats per token. ``loss`` and ``lowest``, the lowest rank over the initial
one, are means over the runs whose collapse is prevented, those ``_against`` over plain runs; ``diverged`` counts pairs
of which a run diverged, which are left out.
"""
