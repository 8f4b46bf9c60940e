"""The calibration table: the checks of every estimator, one row each."""

import logging
from importlib import import_module  # noqa: TID251 - a module of this package, from a table or a checked setting
from pathlib import Path
from types import ModuleType

import pandas as pd

from emergence.calibration import fisher, gradient_covariance, hessian, linear_probe, llc, loss, neuromfa, rankme
from emergence.config.calibration import CalibrationSettings
from emergence.io import tables
from emergence.io.files import replacing
from emergence.io.progress import Progress
from emergence.measures.declarations import declared
from emergence.schemas.trajectories import CALIBRATION

ESTIMATORS: tuple[ModuleType, ...] = (rankme, fisher, gradient_covariance, hessian, llc, linear_probe, loss, neuromfa)
"""Modules of this package with a function ``checks``, in the order of the table."""

logger = logging.getLogger("emergence")


def calibrate_estimators(settings: CalibrationSettings, table: Path, csv: Path) -> None:
    """Check every estimator and write table ``calibration``, also as CSV; failed checks are named in the log.

    Args:
        settings: Of all checks.
        table: Where ``calibration`` is written.
        csv: Where it is written as CSV.
    """
    rows = calibrate(settings)
    for row in rows[~rows["passed"]].itertuples():
        logger.warning("%s, %s (%s): outside its tolerance", row.estimator, row.oracle, row.parameters)
    logger.info("calibration: %d of %d checks passed", rows["passed"].sum(), len(rows))
    tables.write(CALIBRATION, rows, table)
    with replacing(csv) as temporary:
        rows.to_csv(temporary, index=False)


def calibrate(settings: CalibrationSettings) -> pd.DataFrame:
    """Rows of table ``calibration``: the checks of this package, then those that measures declare."""
    own = [import_module(f"emergence.measures.{name}") for name, measure in declared().items() if measure.has_checks]
    modules = [*ESTIMATORS, *own]
    progress = Progress("calibration", len(modules), "estimators")
    checks = []
    for done, module in enumerate(modules, start=1):
        checks += list(module.checks(settings))
        progress(done)
    columns = CALIBRATION.arrow.names
    frame = pd.DataFrame([[getattr(check, column) for column in columns] for check in checks], columns=columns)
    return frame.astype({"standard_error": "float64"})
