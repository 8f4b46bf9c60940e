"""Planted data of the claims of Study 1, of language models, of the joint study and of interventions."""

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
from synthetic import claims_tables
from synthetic.arm_tables import CAUSED, NEEDED, arm_runs
from synthetic.language_arm_tables import language_arm_runs
from synthetic.language_run import SETS
from synthetic.planting import CLOSE, Tables, over_runs, plant, table

from emergence.analysis.anatomy.floors import compare_floors
from emergence.analysis.anatomy.size_slopes import compare_sizes
from emergence.analysis.collapse import compare_collapse_steps, count_directions
from emergence.analysis.intervals import cluster_bootstrap
from emergence.analysis.interventions.arms import compare_arms, find_arm_events
from emergence.analysis.interventions.clock import CLOCK, judge_laws, summarise_cells
from emergence.analysis.interventions.clock import RIVALS as CLOCK_RIVALS
from emergence.analysis.interventions.language_arms import estimate_effects
from emergence.analysis.language.phases import NAMES
from emergence.analysis.lead_differences import RIVALS
from emergence.analysis.precursors import CELLS, RELATIONS
from emergence.claims.rates import BEYOND, DIFFERENCES, RATE
from emergence.claims.rule_outcomes import outcomes
from emergence.config.configuration import Config
from emergence.config.project import settings_for
from emergence.schemas import analysis, interventions, language, parity
from emergence.tasks.symbols import CONTROL


def of_rate(rate: float, runs: int) -> dict[str, float]:
    """A rate, the same in every run, with the interval of the tables."""
    rng = np.random.default_rng(0)
    low, high = cluster_bootstrap(np.full(runs, rate), np.arange(runs), 0.95, 1000, rng, (0.0, 1.0))
    return {"value": rate, "low": low, "high": high}


# Leads --------------------------------------------------------------------------------------------------------------


def leads(leading: Sequence[str], measures: Sequence[str], runs: int, rivals: Sequence[str] = RIVALS[:4]) -> Tables:
    """Some measures lead every rival, the others none; over as many runs as the tier has."""
    rows = [
        {"measure": measure, "definition": "onset", "classes": way, "difficulty": difficulty, "size": "all",
         "rival": rival, "events": 4 * runs, "runs": runs, "margin": 2.0, "whole_network": measure == "neuromfa_e",
         **over_runs(20.0 if measure in leading else -20.0, runs, "difference")}
        for measure, (way, difficulty), rival in product(measures, CELLS, rivals)
    ]  # fmt: skip
    return {"lead_differences": table(analysis.LEAD_DIFFERENCES, rows)}


def rates(config: Config, study: str, share: float, lags: float) -> Tables:
    """Every measure leads and lags these shares of the events, in every run."""
    of = config.studies[study]
    runs, every = of.run_count, claims_tables.precursors()
    precursors = every[(every["metric"] == "exact_match") & (every["definition"] == "onset") & (every["size"] == "all")]
    rate = {("rate" if name == "value" else name): each for name, each in of_rate(share, runs).items()}
    observed = precursors["control"] == "observed"
    precursors = precursors.assign(metric=of.metric, runs=runs)
    precursors.loc[observed, list(rate)] = list(rate.values())
    shares = dict(zip(RELATIONS, (share, 0.0, lags, 1 - share - lags), strict=True))
    rows = [
        {"measure": measure, "metric": of.metric, "definition": "onset", "classes": "all", "difficulty": "all",
         "size": "all", "relation": relation, "count": 1, "events": 4 * runs, "runs": runs,
         **{("share" if name == "value" else name): each for name, each in of_rate(value, runs).items()}}
        for measure in claims_tables.MEASURES
        for relation, value in shares.items()
    ]  # fmt: skip
    e_like = precursors[precursors["measure"] == "rankme"].assign(measure="neuromfa_e")
    return {"precursors": pd.concat([precursors, e_like]), "hierarchy": table(analysis.HIERARCHY, rows)}


@plant("A6", "A8", "A11")
def anatomy_precursor(config: Config, holds: bool) -> Tables:
    leading = ("rankme", "linear_probe") if holds else ()
    return {
        **rates(config, "anatomy", 1.0, 0.0),
        **leads(leading, claims_tables.MEASURES, config.anatomy.run_count),
    }


@plant("A7")
def anatomy_no_precursor(config: Config, holds: bool) -> Tables:
    leading = () if holds else ("rankme",)
    return {
        **rates(config, "anatomy", 1.0, 0.0),
        **leads(leading, claims_tables.MEASURES, config.anatomy.run_count),
    }


@plant("A9", "A10")
def anatomy_follower(config: Config, holds: bool) -> Tables:
    return rates(config, "anatomy", *((0.0, 1.0) if holds else (1.0, 0.0)))


@plant("N6")
def degree_leads(config: Config, holds: bool) -> Tables:
    leading = ("neuromfa_e",) if holds else ()
    measures = (*claims_tables.MEASURES, "neuromfa_e")
    return {**rates(config, "anatomy", 1.0, 0.0), **leads(leading, measures, config.anatomy.run_count, RIVALS)}


# Anatomy ------------------------------------------------------------------------------------------------------------


def tasks(config: Config) -> tuple[str, ...]:
    return tuple(task for task in config.anatomy.tasks if task != CONTROL)


def sizes(config: Config, study: str) -> dict[str, int]:
    """Parameters of each size, without embeddings."""
    of = config.anatomy.sizes if study == "anatomy" else config.language.ladder.sizes
    return {size.name: 12 * size.layers * size.width**2 for size in of}


def anatomy_collapses(config: Config, **planted: Any) -> pd.DataFrame:
    return claims_tables.collapses(
        sizes=sizes(config, "anatomy"), tasks=tasks(config), seeds=config.anatomy.seeds, **planted
    )


@plant("A1")
def emergence(config: Config, holds: bool) -> Tables:
    rows = [
        {**unit, "level": level, "metric": config.anatomy.metric, "emerged": holds}
        for unit in claims_tables.units(sizes(config, "anatomy"), tasks(config), config.anatomy.seeds)
        for level in config.anatomy.tasks[unit["task"]]
    ]
    return {"events": table(analysis.EVENTS, rows)}


@plant("A2")
def collapse(config: Config, holds: bool) -> Tables:
    return {"collapse": anatomy_collapses(config, missing=0 if holds else 10**6)}


@plant("A3")
def floors(config: Config, holds: bool) -> Tables:
    collapses = anatomy_collapses(config, slope=0.0 if holds else 0.5)
    return {"floors": compare_floors(collapses, config.protocol.statistics)}


@plant("A15")
def floors_by_shape(config: Config, holds: bool) -> Tables:
    collapses = anatomy_collapses(config, slope=0.0 if holds else 0.5)
    return {"size_slopes": compare_sizes(collapses, config.anatomy.sizes, config.protocol.statistics)}


@plant("A4")
def modular_floor(config: Config, holds: bool) -> Tables:
    collapses = anatomy_collapses(config, modular=2.0 if holds else 5.0)
    return {"floors": compare_floors(collapses, config.protocol.statistics), "collapse": collapses}


@plant("A5")
def direction(config: Config, holds: bool) -> Tables:
    collapses = anatomy_collapses(config, upward=0 if holds else 10**6)
    return {"direction_shares": count_directions(compare_collapse_steps(collapses), 0.95)}


@plant("A12", "A13", "A14")
def order(config: Config, holds: bool) -> Tables:
    """As published, or the opposite."""
    runs = config.anatomy.run_count
    rows = claims_tables.order_prediction().assign(runs=runs, p=CLOSE, task_p=CLOSE, holm_p=CLOSE)
    right = {"spearman": 0.9, "within hard": 1.0, "within": 0.0, "all": 0.0}
    for place, row in rows.iterrows():
        if row["measure"] == "rankme" and row["size"] == "all":
            rank = row["statistic"] == "spearman"
            value = right.get("spearman" if rank else row["pairs_of"], 0.5)
            asked = value if holds else (0.1 if rank else 1 - value)
            given = over_runs(asked, runs) if rank else of_rate(asked, runs)
            rows.loc[place, list(given)] = list(given.values())
    return {"order_prediction": rows}


# Language models ----------------------------------------------------------------------------------------------------


def language_collapses(config: Config, **planted: Any) -> pd.DataFrame:
    return claims_tables.collapses(
        sizes=sizes(config, "language"), tasks=SETS, seeds=config.language.ladder.seeds, **planted
    )


def no_leads(config: Config, silent: bool) -> Tables:
    of_rates = rates(config, "language", 0.5, 0.0)
    differences = leads(() if silent else ("rankme",), claims_tables.MEASURES, config.language.run_count)
    return {**of_rates, **differences, "leads": table(analysis.LEADS, [])}


@plant("LM1", "LM2", "LM4", "LM5")
def language_patterns(config: Config, holds: bool) -> Tables:
    collapses = language_collapses(config, **({} if holds else {"missing": 10**6, "upward": 10**6}))
    shares = count_directions(compare_collapse_steps(language_collapses(config, upward=0 if holds else 10**6)), 0.95)
    return {"collapse": collapses, "direction_shares": shares, **no_leads(config, holds)}


@plant("LM3")
def phases(config: Config, holds: bool) -> Tables:
    units = len(SETS) * len(config.language.ladder.sizes)
    rows = [
        {"groups": groups, "size": "all", "phase": phase, "count": units * holds, "units": units}
        for groups in ("probe sets", "text")
        for phase in NAMES
    ]
    return {"phase_shares": table(language.PHASE_SHARES, rows)}


@plant("LM6", "LM7")
def language_follower(config: Config, holds: bool) -> Tables:
    return rates(config, "language", *((0.0, 1.0) if holds else (1.0, 0.0)))


@plant("P1", "P2", "P3")
def pythia(config: Config, holds: bool) -> Tables:  # noqa: ARG001 - these tiers have none of its models
    """At the tier of Pythia they are planted in tests/claims/test_pythia.py."""
    schemas = (analysis.COLLAPSE, analysis.LEADS, analysis.LEAD_DIFFERENCES, analysis.EVENTS, analysis.ONSETS)
    return {schema.name: table(schema, []) for schema in schemas}


# The joint study ----------------------------------------------------------------------------------------------------


@plant("J1")
def detector_error(config: Config, holds: bool) -> Tables:
    protocol = config.parity.protocol
    row = {
        "metric": config.parity.metric,
        "detector": protocol.events.detector,
        "reference": "measured",
        "skill": "all",
    }
    runs = config.parity.run_count
    rows = [{**row, **over_runs(0.1 if holds else 5.0, runs, "error"), "events": 5, "missed": 0, "runs": runs}]
    return {"detector_error": table(parity.DETECTOR_ERROR, rows)}


@plant("J2", "J3")
def detection_times(config: Config, holds: bool) -> Tables:
    """Skills in order of frequency, and a control without an event; or in no order, and with one."""
    row = {"metric": config.parity.metric, "detector": config.parity.protocol.events.detector}
    rows = []
    for run in config.parity.runs:
        rows += [
            {
                **row,
                "run": run,
                "task": "PARITY",
                "level": str(skill),
                "true_step": 1000.0 + (skill if holds else -skill),
            }
            for skill in range(1, 6)
        ]
        rows.append({**row, "run": run, "task": CONTROL, "level": "6", "step": np.nan if holds else 50.0})
    return {"detection_times": table(parity.DETECTION_TIMES, rows)}


def graded(config: Config, leading: bool, truth: str) -> Tables:
    """RankMe leads, or nothing does, and the truth of it; beside it a curve of the whole network."""
    runs, measures = config.parity.run_count, ("rankme", "neuromfa_e")
    of_rates = rates(config, "parity", 1.0 if leading else 0.0, 0.0)["precursors"]
    precursors = of_rates[of_rates["measure"].isin(measures)].assign(size="all")
    differences = leads(("rankme",) if leading else (), measures, runs)["lead_differences"]
    tracking = [{"measure": name, "definition": "onset", "truth": truth} for name in measures]
    tracked = table(parity.MEASURE_TRACKING, tracking)
    settings: Any = settings_for(config, "rule_outcomes")["settings"]
    return {
        "precursors": precursors,
        "lead_differences": differences,
        "measure_tracking": tracked,
        "rule_outcomes": outcomes(precursors, differences, tracked, settings),
    }


@plant("J4")
def joint_precursor(config: Config, holds: bool) -> Tables:
    return graded(config, holds, "announces")


@plant("J5", "J6", "J7")
def rules(config: Config, holds: bool) -> Tables:
    return graded(config, True, "announces" if holds else "does not")


@plant("J8")
def power(config: Config, holds: bool) -> Tables:
    trials = config.parity.protocol.lead_power.trials * 5
    kinds = (("own", 20, trials * holds), ("own", 0, 0), ("common", 20, 0), ("another's", 20, 0))
    rows = [
        {"study": "parity", "measure": "rankme", "rule": rule, "classes": "all", "difficulty": "all", "kind": kind,
         "lead": lead, "count": count, "trials": trials}
        for rule, (kind, lead, count) in product((RATE, BEYOND, DIFFERENCES), kinds)
    ]  # fmt: skip
    return {"lead_power": table(analysis.LEAD_POWER, rows)}


# Interventions ------------------------------------------------------------------------------------------------------


@plant("I1", "I2", "I3", "I4", "I5")
def clock(config: Config, holds: bool) -> Tables:
    """Every cell of the tier, with the last layer first or no layer before another; laws of the held-out half."""
    of = config.interventions
    factors = [
        {"cell": cell.name, "seed": seed, "held_out": cell.held_out, "width": cell.size.width,
         "layers": cell.size.layers, "learning_rate": cell.learning_rate, "warmup": cell.warmup,
         "optimiser": cell.optimiser, "sigma": cell.sigma, "tasks": ".".join(cell.tasks)}
        for cell, seed in product(of.cells, of.clock.seeds)
    ]  # fmt: skip
    layers = [
        {**cell, "layer": layer, "last": layer == cell["layers"], "alignment": 0.9 if holds else 0.1,
         "collapse_step": 20.0 + holds * (cell["layers"] - layer), **dict.fromkeys((CLOCK, *CLOCK_RIVALS), 1.0),
         "floor": 2.0 if holds else 2.0 * cell["width"] * cell["layers"]}
        for cell in factors
        for layer in range(1, cell["layers"] + 1)
    ]  # fmt: skip
    errors = {CLOCK: 0.1 if holds else 2.0, **dict.fromkeys(CLOCK_RIVALS, 1.0)}
    predictions = [
        {**cell, "quantity": quantity, "error": error * (1 + CLOSE * (-1) ** place)}
        for place, cell in enumerate(cell for cell in factors if cell["held_out"])
        for quantity, error in errors.items()
    ]
    collapses, statistics = table(interventions.CLOCK_COLLAPSES, layers), of.protocol.statistics
    return {
        "clock_laws": judge_laws(table(interventions.CLOCK_PREDICTIONS, predictions), collapses, statistics),
        "clock_shares": summarise_cells(collapses, statistics),
    }


def paired(config: Config, effects: Mapping[str, float]) -> Tables:
    """The analysis of a synthetic learner, with the arms and as many pairs as the tier has."""
    of = config.interventions
    runs = arm_runs(dict(effects), of.pair_count)
    runs = runs[runs["arm"].isin(["plain", *of.paired.arms])]
    events = find_arm_events(runs, of.protocol.events)
    return {"arm_effects": compare_arms(runs, events, of.protocol.statistics)}


@plant("I6")
def not_needed(config: Config, holds: bool) -> Tables:
    return paired(config, {} if holds else NEEDED)


@plant("I7")
def shared_clock(config: Config, holds: bool) -> Tables:
    return paired(config, {} if holds else CAUSED)


@plant("I8")
def no_regulariser(config: Config, holds: bool) -> Tables:
    return paired(config, CAUSED if holds else NEEDED)


@plant("I9")
def deeper_delays(config: Config, holds: bool) -> Tables:
    return paired(config, CAUSED if holds else {})


METHOD = {"prevent": 0.6, "weak": 0.9, "brief": 0.9, "higher_rate": 0.8, "higher_rate_prevent": 0.5}
"""Effects of arms of a learner for which prevention is worth more than anything else, and more of it is worth more."""


def method(config: Config, effects: Mapping[str, float]) -> Tables:
    """The analysis of a synthetic learner, with the arms, sizes and pairs of the tier; none where it has none."""
    of, protocol = config.interventions.method, config.interventions.protocol
    if not of:
        return {"method_effects": table(interventions.METHOD_EFFECTS, [])}
    each = [arm_runs(dict(effects), len(of.seeds), arms=["plain", *of.arms]).assign(size=one.name) for one in of.sizes]
    runs = pd.concat([rows.assign(run=rows["size"] + rows["run"]) for rows in each], ignore_index=True)
    return {"method_effects": compare_arms(runs, find_arm_events(runs, protocol.events), protocol.statistics)}


@plant("I15", "I16", "I17", "I18")
def worth(config: Config, holds: bool) -> Tables:
    return method(config, METHOD if holds else {arm: 1 / effect for arm, effect in METHOD.items()})


def exponents(config: Config, optimiser: str, exponent: float) -> Tables:
    """As many Latin squares as the tier has; none where it has no frequencies."""
    of = config.interventions.frequencies
    rows = []
    if of:
        spread = over_runs(exponent, len(of.seeds))
        rows = [{"optimiser": optimiser, "exponent": spread.pop("value"), **spread, "squares": len(of.seeds),
                 "task_levels": 4 * len(of.seeds), "censored": 0, "diverged": 0}]  # fmt: skip
    return {"frequency_exponents": table(interventions.FREQUENCY_EXPONENTS, rows)}


@plant("I10")
def inverse_frequency(config: Config, holds: bool) -> Tables:
    return exponents(config, "sgd", 1.0 if holds else 0.4)


@plant("I11")
def adaptive_steps(config: Config, holds: bool) -> Tables:
    return exponents(config, "adamw", 0.2 if holds else 0.9)


@plant("I19")
def fewer_steps(config: Config, holds: bool) -> Tables:
    """The analysis of synthetic models, as many pairs as the tier has; none where it has no language models."""
    runs = language_arm_runs(0.7 if holds else 1.4, pairs=config.language_pairs)
    return {"language_arm_effects": estimate_effects(runs, config.interventions.protocol.statistics)}


@plant("I12", "I13", "I14")
def foretold(config: Config, holds: bool) -> Tables:
    """Gains over as many held-out runs as the tier has."""
    runs, sign = config.anatomy.run_count, 1 if holds else -1
    values = {"gain": 0.2 * sign, "order_gain": 0.2 * sign, "geometry_gain": 0.2 * sign, "error": 0.3, "order": 0.6}
    spread = {column: end for name, value in values.items() for column, end in over_runs(value, runs, name).items()}
    rows = [
        {"held_out": held_out, "predictor": predictor, "runs": runs, "task_levels": 100, **spread}
        for held_out, predictor in product(("seed", "size"), ("identity", "loss", "geometry", "both"))
    ]
    return {"early_accuracy": table(interventions.EARLY_ACCURACY, rows)}
