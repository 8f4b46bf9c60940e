"""Claims of Study 2 on networks: the constants, and that those of one skill predict five."""

from collections.abc import Hashable, Iterator, Mapping

import numpy as np
import pandas as pd

from emergence.analysis.claims.estimates import Estimate, OverRuns, Resampled, ends
from emergence.analysis.claims.rules import at_most, within
from emergence.analysis.claims.verdicts import Judged, Row, both, interval, judge, undecided
from emergence.settings.solvable import NetworkVerdicts

HALF = 0.5
CONSTANTS = {
    "B1": ("speed", "sigmoid", "time", "B² = 1/22 rescales the rate of a network"),
    "B2": ("shots", "published", "data", "A skill takes D_c = 800 samples"),
    "B3": ("neurons", "linear", "width", "A skill takes N_c = 4 hidden units"),
}
AXES = {
    "B4": ("step", "sigmoid", "time", "steps"),
    "B5": ("samples", "published", "data", "samples"),
    "B6": ("width", "linear", "width", "hidden units"),
}


def constants(fitted: pd.DataFrame, verdicts: NetworkVerdicts, confidence: float) -> Iterator[Row]:
    """Each constant, fitted to networks with one skill, against the published one."""
    for claim, (name, law, axis, statement) in CONSTANTS.items():
        of_constant = fitted[fitted["constant"] == name].set_index("law")
        row = of_constant.loc[law]
        low, high = row["published"] * (1 - verdicts.constant), row["published"] * (1 + verdicts.constant)
        found = OverRuns(*ends(row, "value"), int(row["seeds"]), confidence, "seeds", log=True)
        others = [
            f"{other} law {interval(fit, 'value', '.3g')}, residual {fit['residual']:.3f}"
            for other, fit in of_constant.iterrows()
            if other != law
        ]
        yield {
            "claim": claim,
            "statement": f"{statement} ({axis})",
            "published": f"{row['published']:.3g}",
            **{key: row[key] for key in ("value", "low", "high")},
            "interval": f"t over {row['seeds']} seeds, log scale",
            "control": "; ".join([f"residual {row['residual']:.3f} of R/S", *others]),
            **judge(found, within(low, high), row["published"]).columns,
            "rule": f"interval within [{low:.3g}, {high:.3g}]: {verdicts.constant:.0%} of the published",
        }


def predictions(
    crossings: pd.DataFrame, deviations: pd.DataFrame, verdicts: NetworkVerdicts, confidence: float
) -> Iterator[Row]:
    """On each axis: do networks with five skills pass one half where the constant of one skill says?"""
    half = crossings[crossings["share"] == HALF]
    rule = f"for every skill, networks over theory within [{1 - verdicts.crossing:.2f}, {1 + verdicts.crossing:.2f}]"
    for claim, (axis, law, name, unit) in AXES.items():
        ratios = _over_theory(half[half["axis"] == axis], law)
        worst = ratios.loc[np.log(ratios["value"]).abs().idxmax()] if ratios["value"].notna().any() else None
        rms = deviations[deviations["axis"] == axis]
        by_skill = {skill: Resampled(*ends(row, "value"), confidence, log=True) for skill, row in ratios.iterrows()}
        yield {
            "claim": claim,
            "statement": f"The constant of one skill predicts all skills ({name})",
            "published": "theory and networks agree (figures)",
            **({key: worst[key] for key in ("value", "low", "high")} if worst is not None else {}),
            "interval": f"worst skill's {unit} at R/S = ½ over theory's; both intervals combined",
            "control": "; ".join(
                f"{row['source']} {row['law']}: r.m.s. {interval(row, 'value', '.3f')} of R/S"
                for row in rms.to_dict("records")
            ),
            **_all_within(by_skill, verdicts.crossing).columns,
            "rule": rule,
        }


def ratios(crossings: pd.DataFrame, verdicts: NetworkVerdicts, confidence: float) -> Iterator[Row]:
    """Times at which skills emerge, in units of the first's."""
    of_time = crossings[(crossings["axis"] == "step") & (crossings["share"] == HALF)]
    network = of_time[of_time["source"] == "network"].set_index("skill").sort_index()
    theory = of_time[of_time["source"] == "published"].set_index("skill")["ratio"].reindex(network.index)
    relative = pd.DataFrame(
        {key: network[f"ratio{suffix}"] / theory for key, suffix in (("value", ""), ("low", "_low"), ("high", "_high"))}
    ).iloc[1:]
    worst = relative.loc[np.log(relative["value"]).abs().idxmax()] if relative["value"].notna().any() else None
    seeds = int(network["seeds"].max())
    by_skill = {
        skill: OverRuns(*ends(row, "value"), seeds, confidence, "seeds", log=True) for skill, row in relative.iterrows()
    }
    allowed = f"within [{1 - verdicts.crossing:.2f}, {1 + verdicts.crossing:.2f}]"
    yield {
        "claim": "B7",
        "statement": "Skills emerge in time in the ratio of their frequencies",
        "published": " : ".join(f"{value:.3g}" for value in theory),
        **({key: worst[key] for key in ("value", "low", "high")} if worst is not None else {}),
        "interval": f"worst skill, over theory; t over {seeds} seeds, log scale",
        "control": "networks " + " : ".join(f"{value:.3g}" for value in network["ratio"]),
        **_all_within(by_skill, verdicts.crossing).columns,
        "rule": f"for every skill, ratio over theory's {allowed}",
    }


def data_law(deviations: pd.DataFrame, confidence: float) -> Iterator[Row]:
    """Which of the two laws of data do networks follow?"""
    rms = deviations[(deviations["axis"] == "samples") & (deviations["source"] == "fitted")].set_index("law")
    rows = {law: rms.loc[law] if law in rms.index else None for law in ("published", "linear")}
    published, linear = rows["published"], rows["linear"]
    judged = undecided("one of the laws was not fitted")
    if published is not None and linear is not None:
        judged = judge(_over(published, linear, confidence), at_most(1.0))
    yield {
        "claim": "B8",
        "statement": "Strength grows with data as 1 − √(1 − d/D_c), not as d/D_c",
        "published": "figure; the second law follows from the definition of R_k",
        **({key: published[key] for key in ("value", "low", "high")} if published is not None else {}),
        "interval": "r.m.s. of R/S about the published law, D_c fitted to one skill; t over seeds, log scale",
        "control": "linear law " + (interval(linear, "value", ".3f") if linear is not None else "not fitted"),
        **judged.columns,
        "rule": "its r.m.s. wholly below that of the linear law; fails if wholly above",
    }


def entropy(slopes: pd.DataFrame, tolerance: float, confidence: float) -> Iterator[Row]:
    """Does the cross-entropy fall as fast as it was measured to, and not as the theory of squared errors says?"""
    (row,) = slopes.to_dict("records")
    low, high = row["published"] - tolerance, row["published"] + tolerance
    found = OverRuns(*ends(row, "value"), row["seeds"], confidence, "seeds")
    yield {
        "claim": "B9",
        "statement": "With cross-entropy and Adam the loss falls faster in time than the theory says",
        "published": f"slope {row['published']:.2f} measured, {row['predicted']:.2f} predicted (arXiv:2303.13506)",
        **{key: row[key] for key in ("value", "low", "high")},
        "interval": f"t over {row['seeds']} seeds, steps {row['start']:.0f} to {row['end']:.0f}",
        "control": f"theory {row['predicted']:.3f}; what finitely many skills lack is added back",
        **judge(found, within(low, high), row["published"]).columns,
        "rule": f"interval within [{low:.2f}, {high:.2f}]",
    }


def _over_theory(half: pd.DataFrame, law: str) -> pd.DataFrame:
    """Networks over theory with fitted constants, skill by skill, with the widest interval that both allow."""
    network = half[half["source"] == "network"].set_index("skill").sort_index()
    theory = half[(half["source"] == "fitted") & (half["law"] == law)].set_index("skill").reindex(network.index)
    return pd.DataFrame(
        {
            "value": network["value"] / theory["value"],
            "low": network["low"] / theory["high"],
            "high": network["high"] / theory["low"],
        }
    )


def _over(one: pd.Series, other: pd.Series, confidence: float) -> Resampled:
    """The ratio of two values, with the widest interval that both of theirs allow.

    It is wholly below 1 where the one's interval is wholly below the other's.
    """
    ratio = one["value"] / other["value"], one["low"] / other["high"], one["high"] / other["low"]
    return Resampled(*ratio, confidence, log=True)


def _all_within(ratios: Mapping[Hashable, Estimate], tolerance: float) -> Judged:
    """Verdict on ratios that should all be 1; a skill that networks never learn leaves it open."""
    allowed = within(1 - tolerance, 1 + tolerance)
    return both(*(judge(ratio, allowed, 1.0, f"skill {skill}") for skill, ratio in ratios.items()))
