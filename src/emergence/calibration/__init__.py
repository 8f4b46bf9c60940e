"""Calibration: every estimator against a value known in closed form or computed densely in float64.

Checks are grouped by estimator, one module each, with a function ``checks(settings) -> Iterator[Check]``. A measure may
declare a function ``checks`` of its own instead; the table and the figure collect both. A check names its estimator as
the paper does, gives the source of the exact value, and fixes its tolerance, with the reason, before the estimate:
rounding, or a bias or standard error known beforehand, never the estimate's own spread.
"""
