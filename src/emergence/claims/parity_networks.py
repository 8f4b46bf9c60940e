"""Claims of Study 2 on networks: constants and predictions of the multilinear model (B), and the power law (T)."""

from collections.abc import Hashable, Mapping
from functools import partial

import numpy as np
import pandas as pd

from emergence.claims.estimates import Estimate, OverRuns, Resampled, ends
from emergence.claims.registry import Part, Section, Tables
from emergence.claims.rules import Rule, at_most, within
from emergence.claims.settings import ParityClaimSettings
from emergence.claims.slopes import judge_slope, slope_row
from emergence.claims.verdicts import Finding, Judged, Row, both, from_runs, interval, judge, undecided, untested
from emergence.config.parity_theory import PowerLawSettings

networks, transformers = Section("networks"), Section("transformers")
HALF = 0.5
NOTHING = (np.nan, np.nan, np.nan)
TRANSFORMER, ADAM, SGD = "transformer, SGD", "MLP, Adam", "MLP, SGD"


# The multilinear model and networks ---------------------------------------------------------------------------------


def fitted_constant(constants: pd.DataFrame, settings: ParityClaimSettings, *, name: str, law: str) -> Finding:
    """A constant, fitted to networks with one skill, against the published one.

    Args:
        constants: Table ``constants``.
        settings: Tolerance as a share of the published value, and confidence.
        name: A name in its column ``constant``.
        law: The law whose fit is judged; those of others stand beside.
    """
    by_law = constants[constants["constant"] == name].set_index("law")
    row, tolerance = by_law.loc[law], settings.networks.constant
    rule, fitted = within(row["published"] * (1 - tolerance), row["published"] * (1 + tolerance)), row["value"] > 0
    estimate = OverRuns(*ends(row, "value"), int(row["seeds"]), settings.confidence, "seeds", log=True)
    others = [
        f"{other} law {interval(fit, 'value', '.3g')}, residual {fit['residual']:.3f}"
        for other, fit in by_law.iterrows()
        if other != law and fit["value"] > 0
    ]
    return Finding(
        *ends(row, "value"),
        interval=f"t over {row['seeds']} seeds, log scale",
        control="; ".join([*([f"residual {row['residual']:.3f} of R/S"] if fitted else []), *others]),
        judged=judge(estimate, rule, row["published"]) if fitted else undecided(f"not fitted: {row['reason']}"),
        rule=f"interval within [{rule.lowest:.3g}, {rule.highest:.3g}]: {tolerance:.0%} of the published",
        bounds=rule,
        published=f"{row['published']:.3g}",
    )


constant = partial(networks.claim, figures=["S5"], reproduction="networks")
constant("B1", "B² = 1/22 rescales the rate of a network (time)", published="1/22")(
    partial(fitted_constant, name="speed", law="sigmoid")
)
constant("B10", "B² = 1/22 also where the strength at the start is fitted as well (time)", published="1/22")(
    partial(fitted_constant, name="speed", law="free-start sigmoid")
)
constant("B2", "A skill takes D_c = 800 samples (data)", published="800")(
    partial(fitted_constant, name="shots", law="published")
)
constant("B3", "A skill takes N_c = 4 hidden units (width)", published="4")(
    partial(fitted_constant, name="neurons", law="linear")
)


def predicted_crossings(
    comparisons: pd.DataFrame,
    deviations: pd.DataFrame,
    settings: ParityClaimSettings,
    *,
    axis: str,
    law: str,
    unit: str,
) -> Finding:
    """Networks with five skills pass one half where the constant of one skill says.

    Args:
        comparisons: Table ``comparisons``.
        deviations: Table ``deviations``.
        settings: Tolerances and confidence.
        axis: The resource, as in column ``axis`` of both.
        law: The law whose prediction is judged.
        unit: What the resource is counted in, for the text.
    """
    chosen = comparisons[(comparisons["quantity"] == "crossing") & (comparisons["axis"] == axis)]
    ratios = chosen[chosen["law"] == law].set_index("skill").sort_index()
    by_skill = {
        skill: Resampled(*ends(row, "value"), settings.confidence, log=True) for skill, row in ratios.iterrows()
    }
    tolerance = settings.networks.crossing
    return Finding(
        *_worst(ratios),
        interval=f"worst skill's {unit} at R/S = ½ over theory's; Welch's, over seeds of both",
        control="; ".join(
            f"{row['source']} {row['law']}: r.m.s. {interval(row, 'value', '.3f')} of R/S"
            for row in deviations[deviations["axis"] == axis].to_dict("records")
        ),
        judged=_all_near_one(by_skill, tolerance),
        rule=f"for every skill, networks over theory within [{1 - tolerance:.2f}, {1 + tolerance:.2f}]",
        bounds=within(1 - tolerance, 1 + tolerance),
    )


prediction = partial(
    networks.claim, published="theory and networks agree (figures)", figures=["6"], reproduction="networks"
)
prediction("B4", "The constant of one skill predicts all skills (time)")(
    partial(predicted_crossings, axis="step", law="sigmoid", unit="steps")
)
prediction("B5", "The constant of one skill predicts all skills (data)")(
    partial(predicted_crossings, axis="samples", law="published", unit="samples")
)
prediction("B6", "The constant of one skill predicts all skills (width)")(
    partial(predicted_crossings, axis="width", law="linear", unit="hidden units")
)


@networks.claim(
    "B7",
    "Skills emerge in time in the ratio of their frequencies",
    published="T50 ∝ k^(α+1)",
    figures=["6"],
    reproduction="draws",
)
def ratios_of_times(crossings: pd.DataFrame, settings: ParityClaimSettings) -> Finding:
    """Times at which skills emerge, in units of the first's."""
    times = crossings[(crossings["axis"] == "step") & (crossings["share"] == HALF)]
    network = times[times["source"] == "network"].set_index("skill").sort_index()
    theory = times[times["source"] == "published"].set_index("skill")["ratio"].reindex(network.index)
    relative = pd.DataFrame(
        {key: network[f"ratio{suffix}"] / theory for key, suffix in (("value", ""), ("low", "_low"), ("high", "_high"))}
    ).iloc[1:]
    seeds, tolerance = int(network["seeds"].max()), settings.networks.crossing
    by_skill = {
        skill: OverRuns(*ends(row, "value"), seeds, settings.confidence, "seeds", log=True)
        for skill, row in relative.iterrows()
    }
    return Finding(
        *_worst(relative),
        interval=f"worst skill, over theory; t over {seeds} seeds, log scale",
        control="networks " + " : ".join(f"{value:.3g}" for value in network["ratio"]),
        judged=_all_near_one(by_skill, tolerance),
        rule=f"for every skill, ratio over theory's within [{1 - tolerance:.2f}, {1 + tolerance:.2f}]",
        bounds=within(1 - tolerance, 1 + tolerance),
        published=" : ".join(f"{value:.3g}" for value in theory),
    )


@networks.claim(
    "B8",
    "Strength grows with data as 1 − √(1 − d/D_c), not as d/D_c",
    published="figure; the second law follows from the definition of R_k",
    figures=["6"],
    reproduction="networks",
)
def law_of_data(deviations: pd.DataFrame, comparisons: pd.DataFrame, settings: ParityClaimSettings) -> Finding:
    """Networks lie closer to the published law of data than to the linear one, network by network."""
    rms = deviations[(deviations["axis"] == "samples") & (deviations["source"] == "fitted")].to_dict("records")
    compared = comparisons[comparisons["quantity"] == "deviation"].to_dict("records")
    value, judged = NOTHING, undecided("one of the laws was not fitted")
    if (deviations.loc[deviations["axis"] == "samples", "seeds"] < 2).any():
        judged = untested("one network of each size has no interval")
    elif compared:
        value = ends(compared[0], "value")
        judged = judge(Resampled(*value, settings.confidence, log=True), at_most(1.0))
    return Finding(
        *value,
        interval="r.m.s. of R/S about the published law over that about the linear one, of the same networks, with D_c "
        "as fitted to one skill; t over seeds, log scale",
        control="; ".join(f"{row['law']} law {interval(row, 'value', '.3f')}" for row in rms),
        judged=judged,
        rule="interval wholly below 1",
        bounds=at_most(1.0),
    )


@networks.claim(
    "B9",
    "With cross-entropy and Adam the loss falls faster in time than the theory says",
    published="arXiv:2303.13506",
    figures=["S7"],
    reproduction="networks",
)
def slope_of_cross_entropy(entropy_slopes: pd.DataFrame, settings: ParityClaimSettings) -> Finding:
    """The cross-entropy falls as fast as it was measured to, and not as the theory of squared errors says."""
    (row,) = entropy_slopes.to_dict("records")
    rule = within(row["published"] - settings.entropy, row["published"] + settings.entropy)
    estimate = OverRuns(*ends(row, "value"), row["seeds"], settings.confidence, "seeds")
    return Finding(
        *ends(row, "value"),
        interval=f"t over {row['seeds']} seeds, steps {row['start']:.0f} to {row['end']:.0f}",
        control=f"theory {row['predicted']:.3f}; corrected for the finite number of skills",
        judged=from_runs(row["seeds"], 2, judge(estimate, rule, row["published"]), settings.entropy_seeds),
        rule=f"interval within [{rule.lowest:.2f}, {rule.highest:.2f}], over the seeds in which both ranks of the "
        "fitted range emerge",
        bounds=rule,
        published=f"slope {row['published']:.2f} measured, {row['predicted']:.2f} predicted (arXiv:2303.13506)",
    )


def _worst(ratios: pd.DataFrame) -> tuple[float, float, float]:
    """Value and interval of the ratio that is farthest from 1; nothing where there is none."""
    if not ratios["value"].notna().any():
        return NOTHING
    return ends(ratios.loc[np.log(ratios["value"]).abs().idxmax()], "value")


def _all_near_one(ratios: Mapping[Hashable, Estimate], tolerance: float) -> Judged:
    """Verdict on ratios that should all be 1; a skill that networks never learn leaves it open, as no constant does."""
    if not ratios:
        return undecided("the constant was not fitted to networks with one skill")
    allowed = within(1 - tolerance, 1 + tolerance)
    return both(*(judge(ratio, allowed, 1.0, f"skill {skill}") for skill, ratio in ratios.items()))


# The power law of emergence times -----------------------------------------------------------------------------------


def _shares(_: Tables, settings: ParityClaimSettings) -> list[Part]:
    """Shares of a skill's strength at which its emergence is dated."""
    return [Part(f"{share:g}", value=share) for share in settings.powers.shares]


@transformers.claim(
    "T1",
    "Emergence times of a transformer (R/S = {part}) follow k^(α+1)",
    published="figure 4: 1.9, at R/S = 0.05 (α = 0.9, 5 runs)",
    figures=["S8"],
    reproduction="networks",
    parts=_shares,
)
def power_law_of_a_transformer(power_laws: pd.DataFrame, settings: ParityClaimSettings, part: Part) -> Finding:
    """A transformer follows the law, where skills begin and where they are half learned."""
    law, row = settings.powers, slope_row(power_laws, TRANSFORMER, part.value)
    expected = row["expected"]
    rule = within(expected * (1 - law.tolerance), expected * (1 + law.tolerance))
    return _exponent(
        row,
        judge_slope(row, rule, settings, expected),
        control=f"α+1 = {expected:g}; two-layer networks, SGD: {_text(power_laws, SGD, part.value)}; "
        f"Adam: {_text(power_laws, ADAM, part.value)}; {_censored(row)}",
        rule=f"interval of the exponent within [{rule.lowest:.2f}, {rule.highest:.2f}], (α+1)(1 ± {law.tolerance:g}); "
        f"needs {law.minimum} skills that emerge in every run",
        bounds=rule,
    )


@transformers.claim(
    "T2",
    "Adam breaks the power law: emergence times hardly depend on frequency",
    published="no exponent; of Adam, footnote 6 asks only that it keeps the order of skills",
    figures=["S8"],
    reproduction="networks",
    ours=True,
)
def no_power_law_with_adam(
    emergence_times: pd.DataFrame, power_laws: pd.DataFrame, settings: ParityClaimSettings
) -> Finding:
    """With Adam emergence times hardly differ."""
    law: PowerLawSettings = settings.powers
    half = law.shares[1]
    row = slope_row(power_laws, ADAM, half)
    threshold = row["expected"] * law.broken
    chosen = (emergence_times["network"] == ADAM) & (emergence_times["share"] == half)
    times = emergence_times[chosen].set_index("skill").sort_index()
    rare = times.index[-1]
    ratios = times.loc[1, ["frequency", "value"]] / times.loc[rare, ["frequency", "value"]]
    late = f"is {1 / ratios['value']:.1f} times as late" if ratios["value"] > 0 else "does not emerge in all runs"
    return _exponent(
        row,
        judge_slope(row, at_most(threshold), settings),
        control=f"α+1 = {row['expected']:g}; SGD: {_text(power_laws, SGD, half)}; "
        f"skill {rare}, {ratios['frequency']:.0f} times as rare as skill 1, {late}; {_censored(row)}",
        rule=f"interval of the exponent at or below {threshold:.2f}, {law.broken:g}(α+1)",
        bounds=at_most(threshold),
    )


def _text(power_laws: pd.DataFrame, network: str, share: float) -> str:
    return interval(slope_row(power_laws, network, share), "slope", ".2f")


def _exponent(row: Row, judged: Judged, *, control: str, rule: str, bounds: Rule) -> Finding:
    counted = f"t over {row['seeds']} runs, {row['fitted']} of {row['skills']} skills"
    return Finding(*ends(row, "slope"), interval=counted, control=control, judged=judged, rule=rule, bounds=bounds)


def _censored(row: Row) -> str:
    return f"{row['censored']} of {row['skills'] * row['seeds']} skills x runs had not emerged by the end"
