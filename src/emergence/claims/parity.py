"""Study 2: claims on theory, exponents of scaling laws (L) and the models that theory solves (M); and all its verdicts.

Direct sums have no interval, so the exponent itself is compared with the tolerance.
"""

from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from emergence.analysis.curves import Array
from emergence.analysis.intervals import student_mean
from emergence.analysis.select import select
from emergence.claims import parity_departures, parity_joint, parity_networks
from emergence.claims.estimates import OverRuns, Resampled, Share
from emergence.claims.published import STAGED_SKILLS
from emergence.claims.registry import Registry, Section
from emergence.claims.rules import Rule, at_least, at_most, within
from emergence.claims.settings import ParityClaimSettings
from emergence.claims.verdicts import Finding, Judged, both, decided, judge, undecided, untested
from emergence.io import tables as files
from emergence.schemas import analysis, trajectories
from emergence.schemas import parity as schemas
from emergence.schemas.analysis import CLAIMS

scaling, models = Section("scaling laws"), Section("models")
HALF = 0.5
ENDS = ("ratio", "low", "high")


# Scaling laws -------------------------------------------------------------------------------------------------------


def exponent(scaling_exponents: pd.DataFrame, settings: ParityClaimSettings, *, model: str, axis: str) -> Finding:
    """The largest distance of a corrected slope from its law, over all α; untested where one could not be fitted.

    Args:
        scaling_exponents: Table ``scaling_exponents``.
        settings: Tolerance of a slope.
        model: A name in its column ``model``.
        axis: The resource: time, data, width or compute, as in its column ``axis``.
    """
    chosen = select(scaling_exponents, model=model, axis=axis).sort_values("alpha", kind="stable")
    fits, most = chosen[chosen["quantity"] == "loss"], settings.scaling.verdicts.exponent
    worst = float((fits["corrected"] - fits["expected"]).abs().max(skipna=False))
    return Finding(
        worst,
        interval="no interval, the sums are exact; largest distance of a slope from its law",
        control=_beside(chosen),
        judged=_exactly(worst, most),
        rule=f"|slope − exponent| at most {most} for every α, in the fitted range, corrected for later skills",
        bounds=at_most(most),
        published=_by_alpha(fits, "expected"),
    )


def _exactly(worst: float, most: float) -> Judged:
    if np.isnan(worst):
        return untested("the fitted range of some α has too few points for a slope")
    return decided(worst <= most, f"every slope is within {most} of its exponent", f"some slope is farther than {most}")


def _law(id: str, statement: str, published: str, *, model: str = "multilinear", axis: str) -> None:  # noqa: A002
    declared = scaling.claim(id, statement, published=published, figures=["7"], reproduction="exact")
    declared(partial(exponent, model=model, axis=axis))


_law("L1", "The loss falls with time as T^(−α/(α+1))", "−α/(α+1)", axis="time")
_law("L2", "The loss falls with data as D^(−α/(α+1))", "−α/(α+1)", axis="data")
_law("L3", "The loss falls with width as N^(−α)", "−α", axis="width")
_law("L4", "At the best width the loss falls with compute as C^(−α/(α+2))", "−α/(α+2)", axis="compute")
_law("L5", "The loss of a linear model falls with time as T^(−α/(α+1)) too", "−α/(α+1)", model="linear", axis="time")


def _beside(chosen: pd.DataFrame) -> str:
    """The slopes with and without the correction, the prefactor, and the slopes of the best width."""
    fits, widths = (chosen[chosen["quantity"] == quantity] for quantity in ("loss", "width"))
    lines = [
        f"slopes {_by_alpha(fits, 'corrected')}; uncorrected {_by_alpha(fits, 'slope')}",
        f"prefactor over theory {_by_alpha(fits, 'prefactor')}",
    ]
    if len(widths):
        lines.append(
            f"slopes of the best width {_by_alpha(widths, 'slope')}, by theory {_by_alpha(widths, 'expected')}"
        )
    return "; ".join(lines)


def _by_alpha(rows: pd.DataFrame, column: str) -> str:
    return ", ".join(f"{value:.3f} (α {alpha:g})" for alpha, value in zip(rows["alpha"], rows[column], strict=True))


# Models -------------------------------------------------------------------------------------------------------------


@models.claim(
    "M1",
    "The multilinear model learns each skill on a sigmoid, with B² = 1",
    published="R_k/S = 1/(1 + (S/R_k(0) − 1) e^(−2ηP_kST)), twice the exponent for plain MSE",
    figures=["S6"],
    reproduction="exact",
)
def sigmoid(model_crossings: pd.DataFrame, settings: ParityClaimSettings) -> Finding:
    """The multilinear model follows the sigmoid, with no constant to be fitted."""
    slowest, apart = int(model_crossings["slower"].max()), settings.scaling.verdicts.agreement
    ratio, own = (
        _dated(model_crossings, "multilinear", slower, HALF, "step")
        / _dated(model_crossings, "multilinear", slower, HALF, "closed")
        for slower in (slowest, 1)
    )
    return _near(
        _over_seeds(ratio, settings.confidence),
        1.0,
        apart,
        interval=f"T50 over its closed form, mean over skills; t over {len(ratio)} seeds",
        control=f"at the networks' own learning rate {_each(own)}, skill by skill",
        rule=f"interval within 1 ± {apart} at 1/{slowest} of the networks' learning rate",
    )


@models.claim(
    "M2",
    "A linear model learns without delay",
    published="not published",
    figures=["S6"],
    reproduction="exact",
)
def no_delay(model_crossings: pd.DataFrame, settings: ParityClaimSettings) -> Finding:
    """A linear model starts at once."""
    epsilon, apart = settings.scaling.epsilon, settings.scaling.verdicts.agreement
    linear, expected = (_begun(model_crossings, "linear", epsilon, column) for column in ("step", "closed"))
    other, of_theory = (_begun(model_crossings, "multilinear", epsilon, column) for column in ("step", "closed"))
    closed = float(expected.mean())
    return _near(
        _over_seeds(linear, settings.confidence),
        closed,
        apart,
        interval=f"time to {epsilon:g} of S over T50, mean over skills; t over {len(linear)} seeds",
        control=f"multilinear model {other.mean():.3f}, in closed form {of_theory.mean():.3f}",
        rule=f"interval within the closed form ± {apart}",
        published=f"not published; in closed form a skill begins at {closed:.3f} of its T50",
    )


@models.claim(
    "M3",
    "One sample of a skill is enough for the multilinear model (D_c = 1)",
    published="one-shot learner",
    reproduction="exact",
)
def one_shot(model_strengths: pd.DataFrame, settings: ParityClaimSettings) -> Finding:
    """The sampled skills of a data set, and they alone, are learned."""
    enough = 1 - settings.scaling.epsilon
    sets = select(model_strengths, model="multilinear").dropna(subset=["samples"])
    last = sets[sets["step"] == sets["step"].max()]
    learned, sampled = last["strength"] >= enough, last["seen"] > 0
    right = learned == sampled
    share = Share(int(right.sum()), len(last), settings.confidence)
    return Finding(
        share.value,
        share.low,
        share.high,
        interval=share.counted if len(last) else "no data set",
        control=f"of {int((~sampled).sum())} skills without a sample {int(learned[~sampled].sum())} were learned",
        judged=untested("no data set is configured (parity.models.samples)")
        if last.empty
        else decided(bool(right.all()), "all skills do", "one skill does not"),
        rule=f"in every data set the sampled skills, and they alone, reach {enough:g} of S",
    )


staged = partial(models.claim, published=f"k = 1 to {STAGED_SKILLS}", figures=["S6"])


@staged("M4", f"Training is stage-like for the first {STAGED_SKILLS} skills alone, by theory", reproduction="exact")
def stages_of_theory(staging: pd.DataFrame, settings: ParityClaimSettings) -> Finding:
    """In closed form a skill saturates before the next one begins for the first skills, and for no later ones."""
    theory, linear = (_ratios(staging, source)["ratio"] for source in ("multilinear", "linear"))
    return Finding(
        float((theory > 1).sum()),
        interval="no interval, closed form; number of skills",
        control=f"ratios {_list(theory)}; linear model {_list(linear)}",
        judged=_stage_like(pd.DataFrame(dict.fromkeys(ENDS, theory)), theory, settings),
        rule=_stage_rule(settings),
    )


@staged("M5", f"Training is stage-like for the first {STAGED_SKILLS} skills alone, in networks", reproduction="draws")
def stages_of_networks(staging: pd.DataFrame, settings: ParityClaimSettings) -> Finding:
    """The same of networks, by the intervals of their times over seeds."""
    theory, network = _ratios(staging, "multilinear")["ratio"], _ratios(staging, "network")
    value, low, high = (float((network[name] > 1).sum()) if len(network) else np.nan for name in ENDS)
    each = ", ".join(f"{row.ratio:.2f} [{row.low:.2f}, {row.high:.2f}]" for row in network.itertuples())
    return Finding(
        value,
        low,
        high,
        interval="number of skills; by intervals of the ratio over seeds, both times of the same networks",
        control=f"ratios {each or '–'}; theory {_list(theory)}",
        judged=_stage_like(network, theory, settings),
        rule=_stage_rule(settings),
    )


def _ratios(staging: pd.DataFrame, source: str) -> pd.DataFrame:
    """Rows of one source by skill."""
    return select(staging, source=source).set_index("skill").sort_index()


def _stage_rule(settings: ParityClaimSettings) -> str:
    return (
        f"(k + 1 begins)/(k has saturated) is above 1 for k = 1 to {STAGED_SKILLS}, and below for all later k; "
        f"a skill begins at {settings.scaling.epsilon:g} of S"
    )


def _stage_like(ratios: pd.DataFrame, theory: pd.Series, settings: ParityClaimSettings) -> Judged:
    """Verdict from ratios by skill; undecided unless there are skills on both sides of the change."""
    known = ratios.dropna(subset=["low"])
    if len(known) < len(ratios):
        return untested("one network has no interval")
    if not {*range(1, STAGED_SKILLS + 2)} <= {*known.index}:
        return undecided(f"needs both times of the first {STAGED_SKILLS + 1} skills and of the next in every network")
    parts = (
        judge(
            Resampled(row["ratio"], row["low"], row["high"], settings.confidence, log=True),
            (at_least if skill <= STAGED_SKILLS else at_most)(1.0),
            theory[skill],
            f"skill {skill}",
        )
        for skill, row in known.iterrows()
    )
    return both(*parts)


def _over_seeds(values: Array, confidence: float) -> OverRuns:
    """Mean of values (seeds, skills) with its interval over seeds; null if any is missing."""
    if np.isnan(values).any():
        return OverRuns(np.nan, np.nan, np.nan, 0, confidence, "seeds")
    mean = student_mean(pd.Series(values.mean(axis=1)), confidence)
    return OverRuns(mean.value, mean.low, mean.high, mean.runs, confidence, "seeds")


def _dated(model_crossings: pd.DataFrame, model: str, slower: int, share: float, column: str) -> Array:
    """Steps (seeds, skills) at which a model passes a share, on fresh samples."""
    fresh = select(model_crossings, model=model, slower=slower, samples=None)
    at = fresh[np.isclose(fresh["share"], share)]
    return at.pivot(index="seed", columns="skill", values=column).to_numpy(np.float64)


def _begun(model_crossings: pd.DataFrame, model: str, epsilon: float, column: str) -> Array:
    """Time to ε over time to one half (seeds, skills), at the networks' learning rate."""
    return _dated(model_crossings, model, 1, epsilon, column) / _dated(model_crossings, model, 1, HALF, column)


def _near(
    mean: OverRuns, expected: float, apart: float, *, interval: str, control: str, rule: str, published: str = ""
) -> Finding:
    """A mean over seeds that should be near its expected value."""
    allowed: Rule = within(expected - apart, expected + apart)
    judged = judge(mean, allowed, expected) if mean.count else undecided("a skill is not learned in some seed")
    beside = {"interval": interval, "control": control, "rule": rule, "published": published}
    return Finding(mean.value, mean.low, mean.high, judged=judged, bounds=allowed, **beside)


def _each(values: Array) -> str:
    """Means over seeds of values (seeds, skills)."""
    return ", ".join(f"{value:.3f}" for value in values.mean(axis=0))


def _list(ratios: pd.Series) -> str:
    return ", ".join(f"{ratio:.2f}" for ratio in ratios)


PARITY = Registry(
    "parity",
    (analysis, schemas, trajectories),
    (
        *(parity_networks.networks, scaling, models, parity_networks.transformers),
        *(parity_departures.departures, parity_joint.joint),
    ),
    headlines=("B1", "L1", "J6"),
    caveats=parity_joint.CAVEATS,
)


def judge_claims(settings: ParityClaimSettings, tables: list[Path], table: Path) -> None:
    """Judge the claims of Study 2 that its tables can decide.

    Args:
        settings: Thresholds and statistics of the study's claims.
        tables: Files of the tables that its claims are read from.
        table: Where ``claims`` is written.
    """
    files.write(CLAIMS, PARITY.judge(PARITY.read(tables), settings), table)
