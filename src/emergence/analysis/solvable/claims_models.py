"""Claims on the models that theory solves: how they learn one skill, and whether skills wait for one another."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from emergence.analysis import over_runs
from emergence.analysis.claims.estimates import OverRuns, Resampled, Share
from emergence.analysis.claims.rules import at_least, at_most, within
from emergence.analysis.claims.verdicts import UNTESTED, Judged, Row, both, judge
from emergence.settings.scaling import ScalingClaims

Array = NDArray[np.float64]

STAGED = 2  # skills after which training is not stage-like any more
HALF = 0.5
BOUNDS = {"value": "ratio", "low": "low", "high": "high"}
NOTHING = {"value": np.nan, "low": np.nan, "high": np.nan}


def claims(models: pd.DataFrame, passages: pd.DataFrame, stages: pd.DataFrame, settings: ScalingClaims) -> list[Row]:
    """All rows, from the tables of those names."""
    rows = [sigmoid(passages, settings), no_delay(passages, settings), one_shot(models, settings)]
    rows += stage_like(stages, settings)
    return [{"study": "solvable", **row} for row in rows]


def sigmoid(passages: pd.DataFrame, settings: ScalingClaims) -> Row:
    """The multilinear model follows the sigmoid, with no constant to be fitted."""
    slowest, apart = int(passages["slower"].max()), settings.verdicts.agreement
    ratio, own = (
        _dated(passages, "multilinear", slower, HALF, "step") / _dated(passages, "multilinear", slower, HALF, "closed")
        for slower in (slowest, 1)
    )
    found = over_seeds(ratio, settings.confidence)
    return {
        "claim": "M1",
        "statement": "The multilinear model learns each skill on a sigmoid, with B² = 1",
        "published": "R_k/S = 1/(1 + (S/R_k(0) − 1) e^(−2ηP_kST)), twice the exponent for plain MSE",
        **_columns(found),
        "interval": f"T50 over its closed form, mean over skills; t over {len(ratio)} seeds",
        "control": f"at the networks' own learning rate {_each(own)}, skill by skill",
        **_near(found, 1.0, apart).columns,
        "rule": f"interval within 1 ± {apart} at 1/{slowest} of the networks' learning rate",
    }


def no_delay(passages: pd.DataFrame, settings: ScalingClaims) -> Row:
    """A linear model starts at once."""
    epsilon, apart = settings.epsilon, settings.verdicts.agreement
    linear, expected = (_begun(passages, "linear", epsilon, column) for column in ("step", "closed"))
    other, of_theory = (_begun(passages, "multilinear", epsilon, column) for column in ("step", "closed"))
    closed, found = float(expected.mean()), over_seeds(linear, settings.confidence)
    return {
        "claim": "M2",
        "statement": "A linear model learns without delay",
        "published": f"none; in closed form a skill begins at {closed:.3f} of its T50",
        **_columns(found),
        "interval": f"time to {epsilon:g} of S over T50, mean over skills; t over {len(linear)} seeds",
        "control": f"multilinear model {other.mean():.3f}, in closed form {of_theory.mean():.3f}",
        **_near(found, closed, apart).columns,
        "rule": f"interval within the closed form ± {apart}",
    }


def one_shot(models: pd.DataFrame, settings: ScalingClaims) -> Row:
    """One sample of a skill is enough for the multilinear model, D_c = 1."""
    enough = 1 - settings.epsilon
    sets = models[(models["model"] == "multilinear") & models["samples"].notna()]
    ends = sets[sets["step"] == sets["step"].max()]
    learned, sampled = ends["strength"] >= enough, ends["seen"] > 0
    right = learned == sampled
    found = NOTHING | {"interval": "no data set"}
    if len(ends):
        found = Share(int(right.sum()), len(ends), settings.confidence).columns
    return {
        "claim": "M3",
        "statement": "One sample of a skill is enough for the multilinear model (D_c = 1)",
        "published": "one-shot learner",
        **found,
        "control": f"of {int((~sampled).sum())} skills without a sample {int(learned[~sampled].sum())} were learned",
        **(UNTESTED if ends.empty else Judged("holds" if right.all() else "fails")).columns,
        "rule": f"in every data set the sampled skills, and they alone, reach {enough:g} of S",
    }


def stage_like(stages: pd.DataFrame, settings: ScalingClaims) -> Iterator[Row]:
    """Training is stage-like for the first two skills alone: by theory, and in networks."""
    of = {str(source): rows.set_index("skill").sort_index() for source, rows in stages.groupby("source")}
    theory, linear = of["multilinear"]["ratio"], of["linear"]["ratio"]
    network = of.get("network", stages.iloc[:0].set_index("skill"))
    common = {
        "published": f"k = 1 to {STAGED}",
        "rule": f"(k + 1 begins)/(k has saturated) is above 1 for k = 1 to {STAGED}, and below for all later k; "
        f"a skill begins at {settings.epsilon:g} of S",
    }
    yield {
        "claim": "M4",
        "statement": f"Training is stage-like for the first {STAGED} skills alone, by theory",
        **common,
        **NOTHING,
        "value": float((theory > 1).sum()),
        "interval": "none, closed form; number of skills",
        "control": f"ratios {_list(theory)}; linear model {_list(linear)}",
        **staged(pd.DataFrame(dict.fromkeys(("ratio", "low", "high"), theory)), theory, settings).columns,
    }
    counts = {key: float((network[column] > 1).sum()) for key, column in BOUNDS.items()}
    bounds = ", ".join(f"{row.ratio:.2f} [{row.low:.2f}, {row.high:.2f}]" for row in network.itertuples())
    yield {
        "claim": "M5",
        "statement": f"Training is stage-like for the first {STAGED} skills alone, in networks",
        **common,
        **(counts if len(network) else NOTHING),
        "interval": "number of skills; by the ends of both times' intervals over seeds",
        "control": f"ratios {bounds or 'none'}; theory {_list(theory)}",
        **staged(network, theory, settings).columns,
    }


def staged(ratios: pd.DataFrame, theory: pd.Series, settings: ScalingClaims) -> Judged:
    """Verdict from ratios by skill; untested unless there are skills on both sides of the change."""
    known = ratios.dropna(subset=["low"])
    if not {*range(1, STAGED + 2)} <= {*known.index}:
        return UNTESTED
    parts = (
        judge(
            Resampled(row["ratio"], row["low"], row["high"], settings.confidence, log=True),
            (at_least if skill <= STAGED else at_most)(1.0),
            theory[skill],
            f"skill {skill}",
        )
        for skill, row in known.iterrows()
    )
    return both(*parts)


def over_seeds(values: Array, confidence: float) -> OverRuns:
    """Mean of values (seeds, skills) with its interval over seeds; null if any is missing."""
    if np.isnan(values).any():
        return OverRuns(np.nan, np.nan, np.nan, 0, confidence, "seeds")
    found = over_runs.mean(pd.Series(values.mean(axis=1)), confidence)
    return OverRuns(found.value, found.low, found.high, found.runs, confidence, "seeds")


def _dated(passages: pd.DataFrame, model: str, slower: int, share: float, column: str) -> Array:
    """Steps (seeds, skills) at which a model passes a share, on fresh samples."""
    fresh = passages[(passages["model"] == model) & passages["samples"].isna() & (passages["slower"] == slower)]
    at = fresh[np.isclose(fresh["share"], share)]
    return at.pivot(index="seed", columns="skill", values=column).to_numpy(np.float64)


def _begun(passages: pd.DataFrame, model: str, epsilon: float, column: str) -> Array:
    """Time to ε over time to one half (seeds, skills), at the networks' learning rate."""
    return _dated(passages, model, 1, epsilon, column) / _dated(passages, model, 1, HALF, column)


def _near(found: OverRuns, expected: float, apart: float) -> Judged:
    return UNTESTED if np.isnan(found.low) else judge(found, within(expected - apart, expected + apart), expected)


def _columns(found: OverRuns) -> Row:
    return {"value": found.value, "low": found.low, "high": found.high}


def _each(values: Array) -> str:
    """Means over seeds of values (seeds, skills)."""
    return ", ".join(f"{value:.3f}" for value in values.mean(axis=0))


def _list(ratios: pd.Series) -> str:
    return ", ".join(f"{ratio:.2f}" for ratio in ratios)
