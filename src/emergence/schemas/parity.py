"""Tables of Study 2: networks on multitask sparse parity, closed forms, and Study 1's tools at known times."""

from emergence.io.tables import UNIT, Schema

SWEEP = Schema(
    "sweep",
    {
        "sweep": "string",
        "seed": "int64",
        "width": "int64",
        "samples?": "int64",
        "step": "int64",
        "skill": "int64",
        "strength": "float64",
        "loss": "float64",
    },
)
"""Strength R_k/S and loss of each skill (from 1, the most frequent) of networks along their training.

``samples`` is the size of the data set, null where every step had fresh samples. The loss is ½·MSE or the cross-entropy
in nats, whatever the training objective.
"""

CONSTANTS = Schema(
    "constants",
    {
        "constant": "string",
        "law": "string",
        "published": "float64",
        "value?": "float64",
        "low?": "float64",
        "high?": "float64",
        "residual?": "float64",
        "seeds": "int64",
        "reason?": "string",
    },
)
"""B², D_c (by either data law) and N_c, fitted to networks with one skill; null, with the reason, where no fit exists.

The interval is over seeds; ``residual`` is the root mean square of R/S about the fit. B² is fitted with the published
R_k(0), and by law ``free-start sigmoid`` together with ``start``, R_k(0)/S.
"""

SHOTS = Schema(
    "shots",
    {
        "sweep": "string",
        "width": "int64",
        "sigma": "float64",
        "law": "string",
        "value?": "float64",
        "low?": "float64",
        "high?": "float64",
        "residual?": "float64",
        "seeds": "int64",
        "reason?": "string",
    },
)
"""D_c of networks with one skill, of several widths and standard deviations σ of their start, by either data law."""

CURVES = Schema(
    "curves",
    {
        "axis": "string",
        "skill": "int64",
        "x": "float64",
        "source": "string",
        "law?": "string",
        "strength": "float64",
        "spread?": "float64",
        "seeds?": "int64",
    },
)
"""R_k/S over time (steps), data (samples D) or width.

``source`` is ``network`` (mean and s.d. over seeds), or theory with ``fitted`` or ``published`` constants.
"""

CROSSINGS = Schema(
    "crossings",
    {
        "axis": "string",
        "skill": "int64",
        "share": "float64",
        "source": "string",
        "law?": "string",
        "value?": "float64",
        "low?": "float64",
        "high?": "float64",
        "ratio?": "float64",
        "ratio_low?": "float64",
        "ratio_high?": "float64",
        "seeds?": "int64",
        "reached?": "int64",
    },
)
"""Where R_k/S crosses a share on an axis, by the sources of ``curves``; null where it does not.

For networks, the crossing of the mean curve over seeds with an interval over seeds; ``reached`` counts the seeds whose
own curves cross. For theory with fitted constants, the interval follows from that of the constant. ``ratio`` is the
crossing over that of the first skill.
"""

DEVIATIONS = Schema(
    "deviations",
    {
        "axis": "string",
        "source": "string",
        "law": "string",
        "value": "float64",
        "low?": "float64",
        "high?": "float64",
        "seeds": "int64",
    },
)
"""Root mean square of networks' mean R/S about each law, over all skills and points, with its interval over seeds."""

COMPARISONS = Schema(
    "comparisons",
    {
        "quantity": "string",
        "axis": "string",
        "law": "string",
        "other?": "string",
        "skill?": "int64",
        "value?": "float64",
        "low?": "float64",
        "high?": "float64",
        "seeds": "int64",
    },
)
"""Ratios on which claims about networks rest, each with one interval.

``crossing``: where networks pass one half on an axis over where a law with its fitted constant says; the networks and
those of the constant are independent, so the variances of their logarithms add. ``deviation``: the root mean square
about one law over that about the ``other``, from the same networks, with the constants as fitted.
"""

ENTROPY = Schema("entropy", {"seed": "int64", "step": "int64", "loss": "float64", "infinite": "float64"})
"""Cross-entropy in nats over all skills; ``infinite`` adds the loss of infinitely many further, unlearned skills."""

ENTROPY_SLOPES = Schema(
    "entropy_slopes",
    {
        "predicted": "float64",
        "published": "float64",
        "value?": "float64",
        "low?": "float64",
        "high?": "float64",
        "start?": "float64",
        "end?": "float64",
        "seeds": "int64",
    },
)
"""Logarithmic slope of ``infinite`` over time between two steps, with an interval over seeds.

Beside it the published slope, and the prediction of the theory of squared errors.
"""

SCALING_LAWS = Schema(
    "scaling_laws",
    {
        "model": "string",
        "axis": "string",
        "quantity": "string",
        "alpha": "float64",
        "x": "float64",
        "value": "float64",
        "asymptote": "float64",
        "law?": "float64",
    },
)
"""Direct sums over n_s skills along an axis (time, data, width, compute), beside the theory.

``quantity`` is the loss or, on the axis of compute, the best width. ``asymptote`` is the power law of infinitely many
skills; ``law`` subtracts the contribution of skills beyond n_s and is null outside its range.
"""

SCALING_EXPONENTS = Schema(
    "scaling_exponents",
    {
        "model": "string",
        "axis": "string",
        "quantity": "string",
        "alpha": "float64",
        "expected": "float64",
        "slope?": "float64",
        "corrected?": "float64",
        "prefactor?": "float64",
        "low": "float64",
        "high": "float64",
        "points": "int64",
    },
)
"""Exponents of the direct sums between ``low`` and ``high``, as they are and ``corrected`` for the skills beyond n_s.

``prefactor`` is that of the corrected sums over that of the law (geometric mean); null for too few points.
"""

SCALING_CONDITIONS = Schema(
    "scaling_conditions",
    {"axis": "string", "alpha": "float64", "conditions": "string", "low?": "float64", "high?": "float64"},
)
"""Where the published conditions of each scaling law are all met, of what is drawn; null if nowhere."""

NETWORK_LOSSES = Schema(
    "network_losses",
    {
        "axis": "string",
        "skills": "int64",
        "x": "float64",
        "value": "float64",
        "low": "float64",
        "high": "float64",
        "closed": "float64",
    },
)
"""Loss of networks over time (steps) or data (samples): mean over seeds and range, beside the closed form.

Skills beyond the finite number are added to all, as if none of them were learned: ½S² times their frequency.
"""

NETWORK_EXPONENTS = Schema(
    "network_exponents",
    {
        "axis": "string",
        "skills": "int64",
        "part": "string",
        "expected": "float64",
        "closed?": "float64",
        "value?": "float64",
        "low?": "float64",
        "high?": "float64",
        "start?": "float64",
        "end?": "float64",
        "points": "int64",
        "seeds": "int64",
    },
)
"""Slope of log loss of networks between ``start`` and ``end``, where the closed form passes the half of the first skill
and of the last: mean over seeds with Student's interval. ``part`` is all of that range, or its ``first half`` or
``second half`` on a logarithmic scale.

``expected`` is the exponent for infinitely many skills, ``closed`` the slope of the closed form at the same points.
"""

THEORY_CURVES = Schema(
    "theory_curves",
    {
        "panel": "string",
        "curve": "string",
        "parameter": "float64",
        "alpha?": "float64",
        "x": "float64",
        "value?": "float64",
    },
)
"""Curves of theory beside the main laws, by ``panel``.

``modes``: a linear network of two layers, one curve a mode λ. ``neurons``: three ReLU neurons on three bits (``flow``)
and the nearest sigmoid, whose B² is the ``parameter``. ``finite``: sums over n_s skills (``parameter``), the power law,
and the law corrected for the skills beyond. ``compute``: loss against compute, one curve a width N; ``balanced`` is the
point at which N^(α+1) = ηST.
"""

MODEL_STRENGTHS = Schema(
    "model_strengths",
    {
        "model": "string",
        "slower": "int64",
        "samples?": "int64",
        "seed": "int64",
        "skill": "int64",
        "seen?": "int64",
        "step": "int64",
        "strength": "float64",
        "closed": "float64",
    },
)
"""R_k/S of the solvable models under stochastic gradient descent, and of gradient flow in closed form.

``slower`` divides the networks' learning rate. ``samples`` is the size of the data set and ``seen`` the number of its
samples of the skill; null where every step had fresh samples.
"""

MODEL_CROSSINGS = Schema(
    "model_crossings",
    {
        "model": "string",
        "slower": "int64",
        "samples?": "int64",
        "seed": "int64",
        "skill": "int64",
        "share": "float64",
        "step?": "float64",
        "closed?": "float64",
    },
)
"""Step at which R_k/S of a solvable model crosses a share, in training and in closed form; null where it does not."""

STAGING = Schema(
    "staging",
    {
        "source": "string",
        "skill": "int64",
        "ratio": "float64",
        "low?": "float64",
        "high?": "float64",
        "spread?": "float64",
    },
)
"""Onset of skill k + 1 over saturation of skill k (``skill``): training is stage-like where the ratio exceeds 1.

``source`` is ``network``, with the geometric mean over networks of the ratio of their own times, or one of the two
models, with its ``spread``: the time of saturation of a skill over that of its onset.
"""

EMERGENCE_TIMES = Schema(
    "emergence_times",
    {
        "network": "string",
        "share": "float64",
        "skill": "int64",
        "frequency": "float64",
        "value?": "float64",
        "low?": "float64",
        "high?": "float64",
        "earliest?": "float64",
        "reached": "int64",
        "seeds": "int64",
        "until": "float64",
    },
)
"""Steps at which R_k/S first crosses a share: geometric mean over seeds with Student's interval.

Null unless all seeds cross it by the last step, ``until``, which then bounds the others from below; ``earliest`` is the
first of the ``reached``.
"""

POWER_LAWS = Schema(
    "power_laws",
    {
        "network": "string",
        "share": "float64",
        "against": "string",
        "expected": "float64",
        "slope?": "float64",
        "low?": "float64",
        "high?": "float64",
        "scale?": "float64",
        "fitted": "int64",
        "skills": "int64",
        "seeds": "int64",
        "censored": "int64",
    },
)
"""Slope of log emergence time on log k or log 1/P_k: mean over seeds with Student's interval.

Fitted to the skills that emerged in every seed, so that a late skill is not represented by its fast seeds alone; null
below the minimum number of such skills. ``censored`` counts the pairs of skill and seed that had not emerged by the
last step. ``scale`` (steps) belongs to the line with the expected slope, scale · x^expected, nearest to these skills.
"""

DETECTION_TIMES = Schema(
    "detection_times",
    {
        **UNIT,
        "metric": "string",
        "detector": "string",
        "step?": "float64",
        "true_step?": "float64",
        "closed_form_step?": "float64",
        "error?": "float64",
        "closed_form_error?": "float64",
    },
)
"""Emergence time of each skill by each detector, beside its true T50 (measured, and in closed form).

Errors are in checkpoints (late is positive). Null: no event, or no T50 within training; in closed form also for a
control or without a fitted constant.
"""

DETECTOR_ERROR = Schema(
    "detector_error",
    {
        "metric": "string",
        "detector": "string",
        "reference": "string",
        "skill": "string",
        "error?": "float64",
        "error_low?": "float64",
        "error_high?": "float64",
        "bias?": "float64",
        "bias_low?": "float64",
        "bias_high?": "float64",
        "relative?": "float64",
        "relative_low?": "float64",
        "relative_high?": "float64",
        "events": "int64",
        "missed": "int64",
        "quiet": "int64",
        "false_events": "int64",
        "runs": "int64",
    },
)
"""Errors of detectors: absolute and signed, in checkpoints, and signed as a share of the true time.

Each is the mean over runs of the run's median over skills, with Student's interval. The ``reference`` is T50, the time
at which the strength R/S crosses one half, ``measured`` on many samples or by the ``closed form``. ``events`` counts
the curves with such a time and ``missed`` those of them without a detection; ``quiet`` counts the curves without one,
as of the control, and ``false_events`` those of them with a detection. Without a fitted constant there is no closed
form, and no row of it. ``skill`` is a level, or ``all``.
"""

SIGNAL_TIMES = Schema(
    "signal_times",
    {
        **UNIT,
        "measure": "string",
        "definition": "string",
        "step?": "float64",
        "true_step?": "float64",
        "first_step?": "float64",
        "lead?": "float64",
        "margin": "float64",
    },
)
"""Time at which each curve of a measure moves, beside the true T50 of its skill and of the run's first skill.

``lead`` (checkpoints) is from the movement to the skill's T50; a lead counts from ``margin`` on.
"""

MEASURE_TRACKING = Schema(
    "measure_tracking",
    {
        "measure": "string",
        "definition": "string",
        "skills": "int64",
        "moved": "int64",
        "slope?": "float64",
        "slope_low?": "float64",
        "slope_high?": "float64",
        "slopes": "int64",
        "lead?": "float64",
        "lead_low?": "float64",
        "lead_high?": "float64",
        "share?": "float64",
        "share_low?": "float64",
        "share_high?": "float64",
        "control?": "float64",
        "control_low?": "float64",
        "control_high?": "float64",
        "controls": "int64",
        "margin": "float64",
        "runs": "int64",
        "truth": "string",
    },
)
"""Whether a measure tracks its own skill or the whole network: means over runs with Student's intervals.

``slope`` is that of log movement on log T50 within a run: 1 if each curve moves with its own skill, 0 if all move at
once; ``slopes`` runs have one. ``lead`` is the run's median in checkpoints, ``share`` the same in units of T50.
``control`` is the time at which the control's curve moves, in units of the first skill's T50, defined in ``controls``
runs. ``skills`` counts the emerged skills of all runs, ``moved`` those whose curves move. ``truth``: announces,
does not, or undecided.
"""

SKILL_LEADS = Schema(
    "skill_leads",
    {
        "measure": "string",
        "definition": "string",
        "skill": "string",
        "lead?": "float64",
        "lead_low?": "float64",
        "lead_high?": "float64",
        "runs": "int64",
        "moved": "int64",
    },
)
"""Lead of each measure over the T50 of each skill in checkpoints, mean over runs."""

RULE_OUTCOMES = Schema(
    "rule_outcomes",
    {
        "measure": "string",
        "definition": "string",
        "rule": "string",
        "rate?": "float64",
        "low?": "float64",
        "high?": "float64",
        "events": "int64",
        "runs": "int64",
        "excess?": "float64",
        "null?": "string",
        "conclusion": "string",
        "truth": "string",
        "right?": "bool",
        "power": "string",
    },
)
"""The conclusion of each rule on a measure, beside the truth; ``right`` is null where either is undecided.

``rate alone`` is the published rule; ``beyond nulls`` also requires an excess over every null; both use point
estimates. ``lead differences`` is the rule of Study 1's claims, and has a ``power`` where undecided. ``excess`` is the
smallest, over ``null``.
"""
