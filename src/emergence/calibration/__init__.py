"""Every estimator against a value known in closed form, or computed densely in float64: one module a subject.

A module holds a function ``checks(settings) -> Iterator[Check]``. To add checks: put a module here and its name in
`emergence.calibration.table.SUBJECTS`; its rows are then in the table and in the figure. A check names its estimator
as the paper does, says where the exact value comes from, and fixes its tolerance, with the reason, before the estimate
is made: rounding, a bias or a standard error known beforehand, never the estimate's own spread.
"""
