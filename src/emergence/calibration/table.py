"""The calibration table: the checks of every subject, one row each."""

import logging
from pathlib import Path
from types import ModuleType

import pandas as pd

from emergence import tables
from emergence.calibration import curvature, fisher, gradients, llc, loss, multifractal, probes, spectra
from emergence.files import replacing
from emergence.progress import Progress
from emergence.schemas.calibration import CALIBRATION
from emergence.settings.calibration import CalibrationSettings

SUBJECTS: tuple[ModuleType, ...] = (spectra, fisher, gradients, curvature, llc, probes, loss, multifractal)
"""Modules with a function ``checks``, in the order of the table."""

logger = logging.getLogger("emergence")


def make(settings: CalibrationSettings, table: Path, csv: Path) -> None:
    """Check every estimator and write the table, also as CSV; checks that do not pass are named in the log."""
    found = calibrate(settings)
    for row in found[~found["passed"]].itertuples():
        logger.warning("%s, %s (%s): not within its tolerance", row.estimator, row.oracle, row.parameters)
    logger.info("calibration: %d of %d checks passed", found["passed"].sum(), len(found))
    tables.write(CALIBRATION, found, table)
    with replacing(csv) as temporary:
        found.to_csv(temporary, index=False)


def calibrate(settings: CalibrationSettings) -> pd.DataFrame:
    """Rows of the calibration table."""
    progress = Progress("calibration", len(SUBJECTS), "subjects")
    rows = []
    for done, subject in enumerate(SUBJECTS, start=1):
        rows += list(subject.checks(settings))
        progress(done)
    columns = CALIBRATION.arrow.names
    frame = pd.DataFrame([[getattr(row, column) for column in columns] for row in rows], columns=columns)
    return frame.astype({"standard_error": "float64"})
