"""The claims of Study 3: does the degree of emergence E mean more than that weights grow?

Published values are those of arXiv:2402.09099, read off its figures (± .02). Intervals are Student's over runs.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from emergence import tables
from emergence.analysis.claims import prediction
from emergence.analysis.claims.estimates import OverRuns
from emergence.analysis.claims.rules import Rule, at_least, at_most
from emergence.analysis.claims.verdicts import UNTESTED, Judged, Row, both, from_runs, interval, judge, left_open
from emergence.analysis.over_runs import Mean, mean
from emergence.schemas.analysis import CLAIMS, PRECURSORS
from emergence.schemas.multifractal import OVER_RUNS, RIVALS, UNTRAINED
from emergence.settings.degree import MultifractalClaimSettings

SIGNAL = "neuromfa_e"
OF_SIZES = "anatomy"
"""The study with several sizes, each with several seeds."""


@dataclass(frozen=True)
class Evidence:
    """Tables as analyses wrote them; precursors are those of Study 1."""

    means: pd.DataFrame
    rivals: pd.DataFrame
    untrained: pd.DataFrame
    precursors: pd.DataFrame

    @property
    def studies(self) -> list[str]:
        """With runs, in order."""
        return [study for study in self.means["study"].unique() if study != "all"]

    def of(self, study: str, quantity: str) -> Mean:
        """Mean of a quantity over the runs of a study."""
        key = {"study": study, "size": "all", "quantity": quantity}
        rows = self.means[(self.means[list(key)] == list(key.values())).all(axis=1)]
        if rows.empty:
            return Mean(np.nan, np.nan, np.nan, 0)
        row = rows.iloc[0]
        return Mean(row["value"], row["low"], row["high"], int(row["runs"]))

    def band(self, study: str) -> float:
        """Largest |E| from one untrained network to another of its size; NaN where no size has two."""
        chosen = (self.untrained["study"] == study) & (self.untrained["network"] == "trained")
        return float(self.untrained.loc[chosen, "largest"].max())


def claims(evidence: Evidence, settings: MultifractalClaimSettings) -> pd.DataFrame:
    """All claims of Study 3 (table ``claims``)."""
    rows: list[Row] = []
    for claim in (changes, growth, beyond_growth, following, beyond_weights):
        for study in evidence.studies:
            row = claim(evidence, study, settings)
            rows.append({**row, "claim": f"{row['claim']} {study}", "statement": f"{row['statement']} ({study})"})
    rows += [*leading(evidence, settings), published(evidence), sizes(evidence, settings.confidence)]
    found = pd.DataFrame(rows, columns=CLAIMS.arrow.names).assign(study="multifractal")
    return found.astype(dict.fromkeys(("value", "low", "high"), "float64"))


def changes(evidence: Evidence, study: str, settings: MultifractalClaimSettings) -> Row:
    """α₀ falls and the spectrum widens."""
    alpha, width = (evidence.of(study, f"{name}, change") for name in ("alpha_0", "width"))
    signs = ((alpha, at_most(0.0), "α₀"), (width, at_least(0.0), "width"))
    parts = [_part(of, rule, settings.confidence, what) for of, rule, what in signs]
    return {
        "claim": "N1",
        "statement": "α₀ falls and the spectrum widens over training",
        "published": "Pythia 6.9B: α₀ 1.69 → 1.44, width .37 → .77",
        **_of_mean(alpha, "change of α₀"),
        "control": f"α₀ {_ends(evidence, study, 'alpha_0')}; width {_ends(evidence, study, 'width')}, "
        f"change {_text(width)}",
        **_judged(alpha, settings, *parts).columns,
        "rule": f"interval of the change of α₀ below 0, that of the width above; {_from(settings)}",
    }


def growth(evidence: Evidence, study: str, settings: MultifractalClaimSettings) -> Row:
    """E at the end is more than between untrained networks."""
    degree, band = evidence.of(study, "E"), evidence.band(study)
    return {
        "claim": "N2",
        "statement": "E grows over training",
        "published": "Pythia 1.4B: .01 at step 1K, .68 at 143K",
        **_of_mean(degree, "E at the end"),
        "control": f"between untrained networks of one size |E| is at most {band:.3f}",
        **_judged(degree, settings, _part(degree, at_least(band), settings.confidence)).columns,
        "rule": f"interval at or above the largest |E| between untrained networks of one size; {_from(settings)}",
    }


def beyond_growth(evidence: Evidence, study: str, settings: MultifractalClaimSettings) -> Row:
    """E is more than what grown weights have in random places, and is there without their growth."""
    nulls = {name: evidence.of(study, f"excess over {name}") for name in ("shuffled", "gaussian")}
    rescaled, share = evidence.of(study, "E, rescaled"), evidence.of(study, "share of growth")
    more = {f"excess over {name}": excess for name, excess in nulls.items()} | {"rescaled": rescaled}
    margin = at_least(settings.verdicts.null_margin)
    parts = [_part(of, margin, settings.confidence, what) for what, of in more.items()]
    of_fall, of_widening = (evidence.of(study, f"part of {name}") for name in ("fall", "widening"))
    return {
        "claim": "N3",
        "statement": "E measures more than the growth of weights",
        "published": "no null",
        **_of_mean(nulls["shuffled"], "E less that of shuffled weights"),
        "control": f"Gaussian weights: excess {_text(nulls['gaussian'])}; rescaled to one σ: E {_text(rescaled)}; "
        f"shuffled weights have {_text(share)} of E; of the excess {_text(of_fall)} is in α₀, "
        f"{_text(of_widening)} in the width",
        **_judged(nulls["shuffled"], settings, *parts).columns,
        "rule": f"excess over shuffled and over Gaussian weights, and E of rescaled weights, each at or above "
        f"{settings.verdicts.null_margin}; {_from(settings)}",
    }


def following(evidence: Evidence, study: str, settings: MultifractalClaimSettings) -> Row:
    """E rises with what the network can do."""
    found, rival = (evidence.of(study, f"correlation, {name}") for name in ("E", "mean_weight"))
    least = at_least(settings.verdicts.correlation)
    return {
        "claim": "N4",
        "statement": "E follows capability",
        "published": "rises with LAMBADA, SciQ, PIQA and ARC-easy; not with WSC, LogiQA, ARC-challenge",
        **_of_mean(found, "Spearman's ρ over checkpoints"),
        "control": f"mean |w|: {_text(rival)}",
        **_judged(found, settings, _part(found, least, settings.confidence)).columns,
        "rule": f"interval at or above {settings.verdicts.correlation}; {_from(settings)}",
    }


def beyond_weights(evidence: Evidence, study: str, settings: MultifractalClaimSettings) -> Row:
    """E tells something of capability that mean |w| does not."""
    found, other = (evidence.of(study, f"partial, {name}") for name in ("E", "mean_weight"))
    moves = {name: evidence.of(study, f"increments beyond shifts, {name}") for name in ("E", "mean_weight")}
    spaced = evidence.of(study, "increments given spacing, E")
    return {
        "claim": "N5",
        "statement": "E follows capability beyond what mean |w| tells",
        "published": "no rival",
        **_of_mean(found, "partial ρ, mean |w| given"),
        "control": f"mean |w|, E given: {_text(other)}; ρ of increments beyond circular shifts {_text(moves['E'])}, "
        f"of mean |w| {_text(moves['mean_weight'])}; of increments of E, the steps between given, {_text(spaced)}",
        **_judged(found, settings, _part(found, at_least(0.0), settings.confidence)).columns,
        "rule": f"interval at or above 0; {_from(settings)}",
    }


def leading(evidence: Evidence, settings: MultifractalClaimSettings) -> Iterator[Row]:
    """E leads emergence in Study 1, by the rule that holds for every measure there; if it is a signal there."""
    rates = prediction.rates_of(evidence.precursors, settings.anatomy)
    if SIGNAL not in rates.index:
        return
    observed, excess, beside = prediction.beyond(rates, (SIGNAL, "all", "all"), settings.anatomy)
    yield {
        "claim": "N6",
        "statement": "E leads the emergence of tasks, beyond its nulls (anatomy)",
        "published": "neuron interactions lead to emergence; no lead times, no null",
        **prediction.of_rate(observed),
        "control": f"{beside}; E is one curve for all tasks, so that placebo and control are that curve itself",
        **prediction.leading(observed, excess, settings.anatomy).columns,
        "rule": prediction.leads_beyond_nulls(settings.anatomy),
    }


def published(evidence: Evidence) -> Row:
    """Pythia's own curves."""
    here = "; ".join(f"{study} {_text(evidence.of(study, 'E'))}" for study in evidence.studies)
    return {
        "claim": "N7",
        "statement": "E of Pythia as published",
        "published": "1.4B: .01 at step 1K, .30 at 3K, .43 at 13K, .545 at 23K, .65 at 53K, .68 at 143K; "
        "6.9B: α₀ 1.69 → 1.44, width .37 → .77",
        "interval": "none",
        "control": f"E at the end here: {here}" if here else "no run",
        **UNTESTED.columns,
        "rule": "needs the checkpoints of Pythia 1.4B and 6.9B",
    }


def sizes(evidence: Evidence, confidence: float) -> Row:
    """From size to size E rises here and falls there."""
    of_runs = evidence.rivals.query("study == @OF_SIZES and quantity == 'E'")
    wide = of_runs.pivot(index=["parameters", "size"], columns="seed", values="value").sort_index()
    steps = [mean(wide.iloc[place + 1] - wide.iloc[place], confidence) for place in range(len(wide) - 1)]
    least = min(steps, key=lambda step: step.value) if steps else Mean(np.nan, np.nan, np.nan, 0)
    means = wide.mean(axis=1)
    return {
        "claim": "N8",
        "statement": f"E is not monotone in size ({OF_SIZES})",
        "published": "Pythia 410M above 1B",
        **_of_mean(least, "lowest step of E from a size to the next, by seed"),
        "control": "; ".join(f"{size} {value:.2f}" for (_, size), value in means.items()) or "no run",
        **_not_monotone(steps, confidence).columns,
        "rule": "one step's interval wholly above 0 and another's wholly below; fails if all are on one side",
    }


def _not_monotone(steps: list[Mean], confidence: float) -> Judged:
    """Verdict from the differences between successive sizes; two sizes have one, which is monotone whatever it is."""
    if len(steps) < 2:
        return UNTESTED
    rises, falls = [step.low > 0 for step in steps], [step.high < 0 for step in steps]
    if any(rises) and any(falls):
        return Judged("holds")
    if all(rises) or all(falls):
        return Judged("fails")
    signs = (_part(step, at_least(0.0), confidence, f"step {number}") for number, step in enumerate(steps, start=1))
    return left_open(*signs)


def _judged(of: Mean, settings: MultifractalClaimSettings, *parts: Judged) -> Judged:
    """Verdict on all parts, from enough runs."""
    return from_runs(of.runs, settings.verdicts.minimum_runs, both(*parts))


def _part(of: Mean, rule: Rule, confidence: float, what: str = "") -> Judged:
    return judge(OverRuns(of.value, of.low, of.high, of.runs, confidence), rule, what=what)


def _of_mean(of: Mean, what: str) -> Row:
    return {"value": of.value, "low": of.low, "high": of.high, "interval": f"{what}; t over {of.runs} runs"}


def _text(of: Mean) -> str:
    return interval({"value": of.value, "low": of.low, "high": of.high}, "value", ".2f")


def _ends(evidence: Evidence, study: str, name: str) -> str:
    first, last = (evidence.of(study, f"{name}, {end}").value for end in ("first", "last"))
    return f"{first:.2f} → {last:.2f}"


def _from(settings: MultifractalClaimSettings) -> str:
    return f"from {settings.verdicts.minimum_runs} runs"


def make(
    settings: MultifractalClaimSettings, over_runs: Path, rivals: Path, untrained: Path, precursors: Path, table: Path
) -> None:
    """Judge the claims of Study 3."""
    evidence = Evidence(
        means=tables.read(OVER_RUNS, over_runs),
        rivals=tables.read(RIVALS, rivals),
        untrained=tables.read(UNTRAINED, untrained),
        precursors=tables.read(PRECURSORS, precursors),
    )
    tables.write(CLAIMS, claims(evidence, settings), table)
