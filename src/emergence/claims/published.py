"""Published numbers that claims are judged by and figures show, of arXiv:2602.15997 where no other source is named."""

SMALLEST = 404_992
"""Parameters of the smallest published model."""
EMERGED = (119, 120)
"""Events of all task-level x size units, v3."""
TOP_DOWN = {"v1": (32, 32), "v3": (28, 32)}
"""Task x model units that collapse top-down, of all units, by version."""
LLC_LEADS = (0, 24)
"""Tasks x levels in which the local learning coefficient is a precursor, v1 and v3."""
HESSIAN_LEADS = (4, 24)
"""The same of the Hessian's top eigenvalue (17 %), v1."""
SPEARMAN = (0.57, 0.90)
"""Rank correlation of onset and emergence, v1: the lowest is asked for, power is stated for the highest."""
ORDERED_PAIRS = {"v1": 0.27, "v3": 0.69}
"""Pairs of task-levels of one class that geometry orders as they emerge, by version; v3 of hard tasks."""
ORDERED_EASY = 0.52
"""The same of easy tasks, v3."""
REVERSED_PAIRS = 0.26
"""Pairs whose order differs between sizes and that geometry orders, v1 and v3."""
DEGREE_OF_PYTHIA = {0: 0.0, 1000: 0.01, 3000: 0.30, 13_000: 0.43, 23_000: 0.545, 53_000: 0.65, 143_000: 0.68}
"""E of Pythia 1.4B (deduplicated) by step, read off a figure (± .02), arXiv:2402.09099; 0 at step 0 by definition."""
STEPS_OF_PHASES = 143_000
"""Steps of Pythia's training, by whose end all three phases were seen, arXiv:2509.23024."""
STAGED_SKILLS = 2
"""Skills after which training is not stage-like any more, arXiv:2404.17563."""
