"""Planted data of the claims of Study 3: weights whose degree of emergence follows capability, or falls as it rises."""

import numpy as np
import pandas as pd
from synthetic.neuromfa_tables import measure_rows, network_variants
from synthetic.planting import Tables, nearly_alike, plant, table

from emergence.analysis.neuromfa.baselines import average_runs, compare_runs
from emergence.analysis.neuromfa.degree_of_emergence import compare_untrained, degree_of_emergence
from emergence.config.configuration import Config
from emergence.schemas.neuromfa import BASELINE_COMPARISON, CAPABILITY, DEGREE_OF_EMERGENCE, RUN_MEANS

GROWTH = np.linspace(0, 1, 10)
"""Over training, by checkpoint."""
ABLE = np.array([0.0, 0.1, 0.3, 0.2, 0.45, 0.4, 0.6, 0.8, 0.7, 1.0])
"""Capability, which does not rise all the time."""
HEAVY = np.array([0.0, 0.1, 0.2, 0.3, 0.5, 0.4, 0.6, 0.7, 0.8, 0.9])
"""Mean weight, which does not follow it."""


def size_and_seed(run: str) -> tuple[str, int]:
    """From a run's name."""
    size, _, seed = run.rpartition("-s")
    return size, int(seed)


def weights(factor: float, holds: bool) -> pd.DataFrame:
    """Rows of the measure: E rises with capability by more than its nulls; or falls as it rises."""
    trained = 1.5 * 2 ** -(ABLE * factor if holds else -0.5 * ABLE * factor)
    wide = 0.6 * (1 + (0.4 if holds else -0.4) * GROWTH)
    shuffled, still = 1.5 * 2**-GROWTH, 0.6 + 0 * GROWTH
    variants = {
        **network_variants("trained", trained, wide),
        **network_variants("shuffled", shuffled, still),
        **network_variants("gaussian", shuffled, still),
        **network_variants("rescaled", 1.5 - (0.2 if holds else 0.0) * GROWTH, still),
        "mean_weight": 0.02 + 0.03 * HEAVY,
    }
    return measure_rows(variants, "small-s1")


@plant("N1", "N2", "N3", "N4", "N5")
def degrees(config: Config, holds: bool) -> Tables:
    """Every run of every study, through the analysis."""
    measured, able = [], []
    for study, runs in config.neuromfa_runs.items():
        for run, factor in zip(runs, nearly_alike(len(runs)), strict=True):
            size, seed = size_and_seed(run)
            names = {"study": study, "run": run, "size": size, "parameters": 1, "seed": seed}
            rows = weights(factor, holds).assign(**names)
            measured.append(rows)
            steps = rows.loc[rows["variant"] == "alpha_0", "step"]
            able.append(pd.DataFrame({"step": steps, "capability": ABLE}).assign(**names))
    found = degree_of_emergence(pd.concat(measured, ignore_index=True))
    trained = found.loc[found["network"] == "trained", ["run", "step", "E", "mean_weight"]]
    capability = pd.concat(able, ignore_index=True).merge(trained, on=["run", "step"])[CAPABILITY.arrow.names]
    of_runs = compare_runs(found, capability)
    return {
        "run_means": average_runs(of_runs, config.protocol.statistics.confidence),
        "untrained": compare_untrained(found),
        "baseline_comparison": of_runs,
    }


@plant("N7")
def pythia(config: Config, holds: bool) -> Tables:  # noqa: ARG001 - these tiers have none of its models
    """At the tier of Pythia it is planted in tests/claims/test_neuromfa.py."""
    return {"run_means": table(RUN_MEANS, []), "degree_of_emergence": table(DEGREE_OF_EMERGENCE, [])}


@plant("N8")
def order_of_sizes(config: Config, holds: bool) -> Tables:
    """E rises from size to size, but for the last."""
    assert config.anatomy is not None
    sizes = {size.name: place for place, size in enumerate(config.anatomy.sizes)}
    degree = {size: 0.2 * place - holds * 0.5 * (place == len(sizes) - 1) for size, place in sizes.items()}
    rows = [
        {"study": "anatomy", "run": f"{size}-s{seed}", "size": size, "parameters": 10 ** sizes[size], "seed": seed,
         "quantity": "E", "value": degree[size] + 1e-3 * seed}
        for size, seed in map(size_and_seed, config.anatomy.runs)
    ]  # fmt: skip
    return {"baseline_comparison": table(BASELINE_COMPARISON, rows)}
