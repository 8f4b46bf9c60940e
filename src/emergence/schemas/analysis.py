"""Tables that several studies share: events, collapse, leads, precursor rates, claims and their reproduction."""

from emergence.io.tables import RUN, UNIT, Schema

SCORES = Schema("scores", {**UNIT, "metric": "string", "step": "int64", "score": "float64"})
"""Behaviour on a common scale: 0 at the best input-independent guess, 1 when perfect."""

EVENTS = Schema(
    "events",
    {
        **UNIT,
        "metric": "string",
        "emerged": "bool",
        "step?": "float64",
        "step_before?": "float64",
        "step_after?": "float64",
        "width?": "float64",
        "final_score": "float64",
    },
)
"""Emergence event of each score curve; ``step`` is interpolated between the evaluations before and after."""

COLLAPSE = Schema(
    "collapse",
    {
        **UNIT,
        "layer": "int64",
        "measure": "string",
        "variant": "string",
        "initial": "float64",
        "floor": "float64",
        "floor_step": "float64",
        "depth": "float64",
        "collapse_step?": "float64",
        "onset_step?": "float64",
    },
)
"""Early collapse of each curve: its floor, its depth as a share of the initial value, and the onset of recovery."""

DIRECTION = Schema(
    "direction",
    {
        "task": "string",
        "size": "string",
        "parameters": "int64",
        "layer": "int64",
        "collapse_step?": "float64",
        "low?": "float64",
        "high?": "float64",
        "last_first": "bool",
        "downward": "bool",
    },
)
"""Median and quartiles of the collapse step of each task × size × layer.

``last_first``: the unit's last layer collapses first; ``downward``: its collapse step decreases with depth.
"""

DIRECTION_SHARES = Schema(
    "direction_shares",
    {
        "size": "string",
        "statistic": "string",
        "count": "int64",
        "units": "int64",
        "share": "float64",
        "low": "float64",
        "high": "float64",
        "chance": "float64",
    },
)
"""Share of task × size units that collapse from the last layer down, by each statistic of table ``direction``."""

ONSETS = Schema(
    "onsets",
    {
        **UNIT,
        "measure": "string",
        "floor?": "float64",
        "floor_step?": "float64",
        "early?": "float64",
        "onset_step?": "float64",
        "changepoint_step?": "float64",
    },
)
"""Features of a signal's curve of each task-level, from the measure's primary variant.

The floor, the value at the end of the early phase, the onset of the departure from the floor and the change-point. Null
where a curve has no onset or change-point; all null where the estimator never gave a value.
"""

LEADS = Schema(
    "leads",
    {
        **UNIT,
        "measure": "string",
        "metric": "string",
        "definition": "string",
        "family": "string",
        "other_seeds?": "string",
        "event_step": "float64",
        "lead?": "float64",
        "margin": "float64",
        "relation": "string",
        "shift": "float64",
        "placebo, family?": "float64",
        "placebo, other_seeds?": "float64",
        "control?": "float64",
        "random?": "float64",
        "own score": "float64",
    },
)
"""Each event beside a signal: lead and margin in checkpoints, and the chance of a lead under each null.

The placebo matches difficulty within the task's family, or by the runs of other seeds. With a single task there is no
placebo, without a control task no control; a cross-correlation has no time to compare with random times.
"""

NULL_LEADS = Schema(
    "null_leads",
    {
        **UNIT,
        "measure": "string",
        "metric": "string",
        "definition": "string",
        "family": "string",
        "other_seeds?": "string",
        "event_step": "float64",
        "null": "string",
        "quantile": "float64",
        "lead": "float64",
    },
)
"""Deciles of the leads of an event under each null that applies."""

PRECURSORS = Schema(
    "precursors",
    {
        "measure": "string",
        "metric": "string",
        "definition": "string",
        "classes": "string",
        "difficulty": "string",
        "size": "string",
        "control": "string",
        "events": "int64",
        "runs": "int64",
        "rate?": "float64",
        "low?": "float64",
        "high?": "float64",
        "naive_low?": "float64",
        "naive_high?": "float64",
        "excess?": "float64",
        "excess_low?": "float64",
        "excess_high?": "float64",
        "p?": "float64",
        "holm_p?": "float64",
    },
)
"""Precursor rate of each measure (share of events that it leads), the same under each null, and the excess.

``p`` tests an excess of zero (one-sided, sign flips of whole runs); ``holm_p`` is corrected over the configured family.
"""

HIERARCHY = Schema(
    "hierarchy",
    {
        "measure": "string",
        "metric": "string",
        "definition": "string",
        "classes": "string",
        "difficulty": "string",
        "size": "string",
        "relation": "string",
        "count": "int64",
        "events": "int64",
        "runs": "int64",
        "share": "float64",
        "low?": "float64",
        "high?": "float64",
    },
)
"""Share of events that a measure leads, coincides with, lags, or has no time for; intervals over runs."""

LLC_VALIDITY = Schema(
    "llc_validity",
    {
        **RUN,
        "step": "int64",
        "value?": "float64",
        "valid": "bool",
        "rhat?": "float64",
        "ess?": "float64",
        "drift?": "float64",
        "trace?": "float64",
        "over_curvature?": "float64",
    },
)
"""Local learning coefficient of the mixture at each checkpoint, and whether its chains bear it.

``rhat``, ``ess`` and ``drift`` are those of the chains' losses, ``valid`` the criterion of
`emergence.measures.chain_diagnostics`. ``trace`` is that of the Hessian at the same checkpoint, where it was taken, and
``over_curvature`` the estimate over nβ tr H/2γ: near 1, it says no more than the curvature.
"""

LEAD_DIFFERENCES = Schema(
    "lead_differences",
    {
        "measure": "string",
        "definition": "string",
        "classes": "string",
        "difficulty": "string",
        "size": "string",
        "rival": "string",
        "events": "int64",
        "runs": "int64",
        "difference": "float64",
        "difference_low?": "float64",
        "difference_high?": "float64",
        "margin": "float64",
        "whole_network": "bool",
    },
)
"""Lead of a measure less that of a rival over the same event, in checkpoints, by cell; primary metric.

The mean over runs of each run's median, with Student's interval, null for a single run. ``margin`` is the lead that
counts: that of the protocol, or the spacing of the measure's own checkpoints if that is more. ``whole_network``: the
measure has one curve for all task-levels, and so no lead over its placebo and its control.
"""

LEAD_POWER = Schema(
    "lead_power",
    {
        "study": "string",
        "measure": "string",
        "rule": "string",
        "classes": "string",
        "difficulty": "string",
        "kind": "string",
        "lead": "int64",
        "count": "int64",
        "trials": "int64",
        "share": "float64",
        "low": "float64",
        "high": "float64",
    },
)
"""Share of trials in which a rule sees a lead, in curves planted into the runs' own with a known ``lead``, checkpoints.

``kind``: the curve follows its own task-level's score (a precursor, unless its lead is 0), one common transition, or
another task-level's. Exact intervals.
"""

SMALLEST_LEADS = Schema(
    "smallest_leads",
    {
        "study": "string",
        "measure": "string",
        "rule": "string",
        "classes": "string",
        "difficulty": "string",
        "smallest?": "int64",
        "false_positives": "int64",
        "trials": "int64",
        "share": "float64",
        "low": "float64",
        "high": "float64",
    },
)
"""Smallest planted lead from which a rule has the power asked for; null if it never has.

``share`` of the ``trials`` without a lead over the own score are ``false_positives``. Exact interval.
"""

CONFIGURED = "as configured"
"""``factor`` of the first rows of a sensitivity analysis."""

CLAIMS = Schema(
    "claims",
    {
        "claim": "string",
        "id": "string",
        "part": "string",
        "study": "string",
        "topic": "string",
        "ours": "bool",
        "statement": "string",
        "published": "string",
        "value?": "float64",
        "low?": "float64",
        "high?": "float64",
        "interval": "string",
        "control": "string",
        "verdict": "string",
        "stable?": "bool",
        "stability": "string",
        "power": "string",
        "rule": "string",
        "otherwise": "string",
        "rule_low?": "float64",
        "rule_high?": "float64",
        "figures": "string",
        "tables": "string",
        "reproduction": "string",
        "exploratory": "string",
        "combined": "string",
        "published_sizes": "string",
    },
    added=frozenset({"otherwise", "exploratory", "combined", "published_sizes"}),
)
"""Claims with this run's evidence, the control beside it, the verdict and its rule.

``claim`` is ``id`` and ``part``: a version of the publication, or the value of a parameter. ``ours`` is true of claims
that nobody has published. ``rule_low`` and ``rule_high`` are the range that the rule asks of the interval, null where
it is open or bounds something else. ``stable``: no alternative setting gives another verdict; null where none was
tried. ``figures`` (numbers) and ``tables`` (paths below the results) show the claim, separated by commas.
``reproduction`` is the kind of tolerance that another run is compared by. ``exploratory`` is the verdict of an earlier
run with other seeds, and ``combined`` that of both where they agree; ``published_sizes`` that of a run of models as
large as published. They are empty where there was none. ``interval``, ``control``, ``stability``, ``power``, ``rule``
and ``otherwise`` are texts for reading: ``power`` says what would decide an undecided claim, ``otherwise`` what would
have made the verdict come out otherwise.
"""

STABILITY = Schema(
    "stability",
    {
        "claim": "string",
        "factor": "string",
        "setting": "string",
        "value?": "float64",
        "low?": "float64",
        "high?": "float64",
        "verdict": "string",
        "changed": "bool",
    },
)
"""Claims judged again: first as configured, then with one setting (``factor``) at another value.

``changed``: the alternative changes the numbers that the claim rests on.
"""

REPRODUCTION = Schema(
    "reproduction",
    {
        "of": "string",
        "name": "string",
        "kind": "string",
        "reference_verdict?": "string",
        "verdict?": "string",
        "reference?": "float64",
        "reference_low?": "float64",
        "reference_high?": "float64",
        "value?": "float64",
        "low?": "float64",
        "high?": "float64",
        "outcome": "string",
        "reason": "string",
    },
)
"""Comparison with the reference run, one row per claim or calibration check (``of``).

``outcome`` is ``same``, ``within sampling``, ``differs``, ``missing`` from this run or ``added`` by it. Null where a
run has no such value; the verdict of a check is passed or failed, without an interval.
"""
