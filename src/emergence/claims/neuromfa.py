"""The claims of Study 3: does the degree of emergence E measure more than the growth of weights?

Published values are those of arXiv:2402.09099, read off its figures (± .02). Intervals are Student's over runs, but for
that of the one run whose curve is published (N7).
"""

from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

from emergence.analysis.intervals import MeanInterval, student_mean
from emergence.analysis.select import select
from emergence.claims import rates
from emergence.claims.estimates import OverRuns, ends
from emergence.claims.published import DEGREE_OF_PYTHIA
from emergence.claims.registry import Part, Registry, Section, Tables
from emergence.claims.rules import Rule, at_least, at_most, within
from emergence.claims.settings import NeuroMFAClaimSettings
from emergence.claims.verdicts import Finding, Judged, both, from_runs, interval, judge, left_open, undecided, untested
from emergence.io import tables as files
from emergence.schemas import analysis, neuromfa
from emergence.schemas.analysis import CLAIMS

claims = Section("neuromfa")
SIGNAL = "neuromfa_e"
NOWHERE = MeanInterval(np.nan, np.nan, np.nan, 0)
WITH_SIZES = "anatomy"  # each with several seeds
NETWORK_RIVALS = ("own score", "own loss", "mean weight")  # of a curve of the whole network


def _studies(tables: Tables, _: NeuroMFAClaimSettings) -> list[Part]:
    """Studies with runs, in order."""
    return [Part(study) for study in _names(tables["run_means"])] if "run_means" in tables else []


def _names(run_means: pd.DataFrame) -> list[str]:
    return [study for study in run_means["study"].unique() if study != "all"]


def _of(run_means: pd.DataFrame, study: str, quantity: str) -> MeanInterval:
    """MeanInterval of a quantity over the runs of a study."""
    rows = select(run_means, study=study, size="all", quantity=quantity)
    if rows.empty:
        return NOWHERE
    row = rows.iloc[0]
    return MeanInterval(row["value"], row["low"], row["high"], int(row["runs"]))


by_study = partial(claims.claim, parts=_studies, figures=["9"], reproduction="draws")


@by_study(
    "N1",
    "α₀ falls and the spectrum widens over training ({part})",
    published="Pythia 6.9B: α₀ 1.69 → 1.44, width .37 → .77",
)
def spectrum_changes(run_means: pd.DataFrame, settings: NeuroMFAClaimSettings, part: Part) -> Finding:
    """α₀ falls and the spectrum widens."""
    of = partial(_of, run_means, part.name)
    alpha, width = of("alpha_0, change"), of("width, change")
    return _finding(
        alpha,
        settings,
        part,
        (alpha, at_most(0.0), "α₀"),
        (width, at_least(0.0), "width"),
        interval="change of α₀",
        control=f"α₀ {of('alpha_0, first').value:.2f} → {of('alpha_0, last').value:.2f}; "
        f"width {of('width, first').value:.2f} → {of('width, last').value:.2f}, change {_text(width)}",
        rule="interval of the change of α₀ below 0, that of the width above",
    )


@by_study("N2", "E grows over training ({part})", published="Pythia 1.4B: .01 at step 1K, .68 at 143K")
def degree_grows(
    run_means: pd.DataFrame, untrained: pd.DataFrame, settings: NeuroMFAClaimSettings, part: Part
) -> Finding:
    """E at the end is more than between untrained networks of one size; untested where no size has two."""
    degree = _of(run_means, part.name, "E")
    of_study = untrained[(untrained["study"] == part.name) & (untrained["network"] == "trained")]
    band = float(of_study["largest"].max())
    finding = _finding(
        *(degree, settings, part, (degree, at_least(band), "")),
        interval="E at the end",
        control=f"between untrained networks of one size |E| is at most {band:.3f}",
        rule="interval at or above the largest |E| between untrained networks of one size",
    )
    alone = not (of_study["runs"] > 1).any()
    return replace(finding, judged=untested("no size has two untrained networks")) if alone else finding


@by_study("N3", "E measures more than the growth of weights ({part})", published="no null", ours=True)
def more_than_growth(run_means: pd.DataFrame, settings: NeuroMFAClaimSettings, part: Part) -> Finding:
    """E is more than what grown weights have in random places, and is there without their growth."""
    of = partial(_of, run_means, part.name)
    shuffled, gaussian = of("excess over shuffled"), of("excess over gaussian")
    rescaled, margin = of("E, rescaled"), at_least(settings.verdicts.null_margin)
    return _finding(
        shuffled,
        settings,
        part,
        (shuffled, margin, "excess over shuffled"),
        (gaussian, margin, "excess over gaussian"),
        (rescaled, margin, "rescaled"),
        interval="E less that of shuffled weights",
        control=f"Gaussian weights: excess {_text(gaussian)}; rescaled to one σ: E {_text(rescaled)}; "
        f"shuffled weights have {_text(of('share of growth'))} of E; of the excess {_text(of('part of fall'))} "
        f"is in α₀, {_text(of('part of widening'))} in the width",
        rule="excess over shuffled and over Gaussian weights, and E of rescaled weights, each at or above "
        f"{settings.verdicts.null_margin}",
    )


@by_study(
    "N4",
    "E follows capability, more closely than shuffled weights and the number of steps do ({part})",
    published="rises with LAMBADA, SciQ, PIQA and ARC-easy; not with WSC, LogiQA, ARC-challenge; no null",
)
def follows_capability(run_means: pd.DataFrame, settings: NeuroMFAClaimSettings, part: Part) -> Finding:
    """E rises with capability, and its correlation exceeds those of its nulls; undecided where steps leave no room."""
    of = partial(_of, run_means, part.name)
    ours, over_shuffled, over_steps = (of(f"correlation{name}") for name in (", E", " over shuffled", " over steps"))
    steps, least, room = of("correlation, step"), settings.verdicts.correlation, settings.verdicts.room
    beyond_steps = [] if steps.value > 1 - room else [(over_steps, at_least(0.0), "excess over steps")]
    finding = _finding(
        ours,
        settings,
        part,
        (ours, at_least(least), "ρ"),
        (over_shuffled, at_least(0.0), "excess over shuffled weights"),
        *beyond_steps,
        interval="Spearman's ρ over checkpoints",
        control=f"number of steps {_text(steps)}, excess {_text(over_steps)}; shuffled weights "
        f"{_text(of('correlation, shuffled'))}, excess {_text(over_shuffled)}; mean |w| "
        f"{_text(of('correlation, mean_weight'))}",
        rule=f"interval at or above {least}; ρ of the same run's shuffled weights and of its steps exceeded, each "
        f"interval at or above 0; undecided where steps are within {room} of ρ = 1",
    )
    why = f"steps order capability (ρ {steps.value:.3f}), which no curve can follow more closely"
    return finding if beyond_steps else replace(finding, judged=both(finding.judged, undecided(why)))


@by_study(
    "N5",
    "E follows capability beyond what mean |w|, shuffled weights and the number of steps tell ({part})",
    published="no rival",
    ours=True,
)
def more_than_mean_weight(run_means: pd.DataFrame, settings: NeuroMFAClaimSettings, part: Part) -> Finding:
    """E tells something of capability that mean |w| and steps do not, and more of it than shuffled weights tell."""
    of = partial(_of, run_means, part.name)
    ours, over_shuffled, given_steps = map(of, ("partial, E", "partial over shuffled", "partial given steps, E"))
    moves, of_weight = (of(f"increments beyond shifts, {name}") for name in ("E", "mean_weight"))
    return _finding(
        ours,
        settings,
        part,
        (ours, at_least(0.0), "mean |w| given"),
        (over_shuffled, at_least(0.0), "excess over shuffled weights"),
        (given_steps, at_least(0.0), "steps given"),
        interval="partial ρ, mean |w| given",
        control=f"shuffled weights {_text(of('partial, shuffled'))}, excess {_text(over_shuffled)}; steps given "
        f"{_text(given_steps)}; mean |w|, E given: {_text(of('partial, mean_weight'))}; ρ of increments beyond "
        f"circular shifts {_text(moves)}, of mean |w| {_text(of_weight)}; of increments of E, the steps between given, "
        f"{_text(of('increments given spacing, E'))}",
        rule="interval at or above 0; so are those of the excess over shuffled weights and of the partial ρ given "
        "the number of steps",
    )


@claims.claim(
    "N6",
    "E leads the emergence of tasks, and by more than mean |w| does (anatomy)",
    published="neuron interactions lead to emergence; no lead times, no null",
    figures=["4"],
    reproduction="draws",
)
def degree_leads(
    precursors: pd.DataFrame, lead_differences: pd.DataFrame, settings: NeuroMFAClaimSettings
) -> Finding | None:
    """E leads emergence in Study 1, by the rule that holds for every measure there; if it is a signal there."""
    if settings.anatomy is None:
        return None
    of_network = select(lead_differences, rival=NETWORK_RIVALS).assign(whole_network=False)
    return rates.precursor(precursors, of_network, (SIGNAL, "all", "all"), settings.anatomy)


@claims.claim(
    "N7",
    "E of Pythia as published",
    published="1.4B: .01 at step 1K, .30 at 3K, .43 at 13K, .545 at 23K, .65 at 53K, .68 at 143K; "
    "6.9B: α₀ 1.69 → 1.44, width .37 → .77",
    reproduction="draws",
)
def degree_of_pythia(
    run_means: pd.DataFrame, degree_of_emergence: pd.DataFrame, settings: NeuroMFAClaimSettings
) -> Finding:
    """E of Pythia 1.4B has the published value at each published step."""
    allowed = within(-settings.verdicts.curve_tolerance, settings.verdicts.curve_tolerance)
    rule = f"of Pythia 1.4B (deduplicated), interval of E within {allowed.highest} of the published value at each step"
    if settings.pythia.degree is None:
        here = "; ".join(f"{study} {_text(_of(run_means, study, 'E'))}" for study in _names(run_means))
        control, lacking = (
            f"E at the end here: {here}" if here else "no run",
            untested("no series of that model is read"),
        )
        return Finding(control=control, judged=lacking, rule=rule, bounds=allowed)
    differences = _from_published(degree_of_emergence, settings)
    unknown = "E at step {} is unknown, or needs more samples".format
    parts = (Judged(allowed.verdict(row["low"], row["high"]), unknown(step)) for step, row in differences.iterrows())
    largest = differences.loc[differences["value"].abs().fillna(-1.0).idxmax()]
    return Finding(
        *ends(largest, "value"),
        interval="largest difference; normal over samples of neurons",
        control="; ".join(f"step {step}: {interval(row, 'value', '+.2f')}" for step, row in differences.iterrows()),
        judged=both(*parts),
        rule=rule,
        bounds=allowed,
    )


def _from_published(degrees: pd.DataFrame, settings: NeuroMFAClaimSettings) -> pd.DataFrame:
    """E of Pythia 1.4B less its published value, by published step; NaN where unknown, everywhere without step 0."""
    trained = degrees[(degrees["run"] == settings.pythia.degree) & (degrees["network"] == "trained")]
    curve = trained.set_index("step").reindex(list(DEGREE_OF_PYTHIA))
    value = curve["E"] - pd.Series(DEGREE_OF_PYTHIA) + 0 * curve.loc[0, "E"]
    half = stats.norm.ppf((1 + settings.confidence) / 2) * curve["E_error"]
    return pd.DataFrame({"value": value, "low": value - half, "high": value + half})


@claims.claim(
    "N8",
    f"E is not monotone in size ({WITH_SIZES})",
    published="Pythia 410M above 1B",
    figures=["9"],
    reproduction="draws",
)
def not_monotone_in_size(baseline_comparison: pd.DataFrame, settings: NeuroMFAClaimSettings) -> Finding:
    """From size to size E rises here and falls there, each by more than a margin."""
    margin = settings.verdicts.null_margin
    degrees = select(baseline_comparison, study=WITH_SIZES, quantity="E")
    wide = degrees.pivot(index=["parameters", "size"], columns="seed", values="value").sort_index()
    steps = [student_mean(step, settings.confidence) for _, step in wide.diff().iloc[1:].iterrows()]
    least = min(steps, key=lambda step: step.value) if steps else NOWHERE
    return Finding(
        least.value,
        least.low,
        least.high,
        interval=f"lowest step of E from a size to the next, by seed; t over {least.runs} runs",
        control="; ".join(f"{size} {value:.2f}" for (_, size), value in wide.mean(axis=1).items()) or "no run",
        judged=_not_monotone(steps, margin, settings.confidence),
        rule=f"one step's interval wholly above {margin} and another's wholly below −{margin}; fails if all lie above "
        f"−{margin}, or all below {margin}",
    )


def _not_monotone(steps: list[MeanInterval], margin: float, confidence: float) -> Judged:
    """Verdict from the differences between successive sizes; two sizes have one, which is monotone whatever it is."""
    if len(steps) < 2:
        return untested("two sizes have one step between them, which is monotone whatever it is")
    rises, falls = any(step.low > margin for step in steps), any(step.high < -margin for step in steps)
    if rises and falls:
        return Judged("holds")
    if all(step.low > -margin for step in steps) or all(step.high < margin for step in steps):
        return Judged("fails")
    signs = (_part(step, within(-margin, margin), confidence, f"step {number}") for number, step in enumerate(steps, 1))
    return left_open(*signs)


def _finding(
    of: MeanInterval,
    settings: NeuroMFAClaimSettings,
    part: Part,
    *parts: tuple[MeanInterval, Rule, str],
    interval: str,
    control: str,
    rule: str,
) -> Finding:
    """A mean over runs of a study, judged by all parts, from enough runs; the first part bounds the mean itself."""
    judged = both(*(_part(one, asked, settings.confidence, what) for one, asked, what in parts))
    enough, of_tier = settings.verdicts.minimum_runs, len(settings.runs.get(part.name, []))
    return Finding(
        of.value,
        of.low,
        of.high,
        interval=f"{interval}; t over {of.runs} runs",
        control=control,
        judged=from_runs(of.runs, enough, judged, of_tier),
        rule=f"{rule}; from {enough} runs",
        bounds=parts[0][1],
    )


def _part(of: MeanInterval, rule: Rule, confidence: float, what: str = "") -> Judged:
    return judge(OverRuns(of.value, of.low, of.high, of.runs, confidence), rule, what=what)


def _text(of: MeanInterval) -> str:
    return interval(vars(of), "value", ".2f")


NEUROMFA = Registry(
    "neuromfa",
    (analysis, neuromfa),
    (claims,),
    headlines=("N2", "N4", "N6"),
)


def judge_claims(settings: NeuroMFAClaimSettings, tables: list[Path], table: Path) -> None:
    """Judge the claims of Study 3 that its tables can decide.

    Args:
        settings: Thresholds and statistics of the study's claims.
        tables: Files of the tables that its claims are read from.
        table: Where ``claims`` is written.
    """
    files.write(CLAIMS, NEUROMFA.judge(NEUROMFA.read(tables), settings), table)
