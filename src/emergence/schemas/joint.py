"""Tables of the joint study: detectors and measures of Study 1 where the true time of every emergence is known."""

from emergence.tables import UNIT, Schema

DETECTED = Schema(
    "detected",
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
"""When each detector sees each skill emerge, when its strength passed one half, and when the closed form says so.

Errors in checkpoints (late is positive). Null: no event, not within training, or, of the closed form, a control or no
constant.
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

Each is the mean over runs of the run's median over skills, with Student's interval. The reference is the time at which
the strength R/S passes one half, ``measured`` on many samples or by the ``closed form``. ``events`` has the curves for
which the reference has a time and ``missed`` those of them without an event; ``quiet`` those for which it has none, as
for the control, and ``false_events`` those of them with one. ``skill`` is a level, or ``all``.
"""

MOVEMENTS = Schema(
    "movements",
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
"""When each curve of a measure moves, and the true T50 of its skill and of the first skill of the run.

``lead`` is in checkpoints from the movement to the skill's T50; ``margin`` is what counts as a lead.
"""

TRACKING = Schema(
    "tracking",
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
"""Does a measure follow its own skill, or the network? Means over runs with Student's intervals.

``slope`` is that of log movement on log T50 within a run: 1 if each curve moves with its own skill, 0 if all move at
one time; ``slopes`` runs have one. ``lead`` is the run's median in checkpoints, ``share`` that in units of T50.
``control`` is when the curve of the control moves, in units of the first skill's T50; in ``controls`` runs it does.
``skills`` emerged, in all runs; the curves of ``moved`` of them move. ``truth``: announces, does not, or undecided.
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
"""The hierarchy skill by skill: lead of each measure over the skill's T50 in checkpoints, mean over runs."""

CONCLUSIONS = Schema(
    "conclusions",
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
"""What each rule concludes of a measure, beside the truth; ``right`` is null where either is undecided.

``rate alone`` is as published; ``beyond nulls`` asks for an excess over every null as well; both take estimates as they
are. ``with intervals`` is the rule of Study 1's claims, and has a ``power`` where undecided. ``excess`` is the
least one, and over which ``null``.
"""
