"""Are Langevin chains stationary, do they agree, and how many independent draws do they hold?

Of the traces of one quantity along several chains, after their burn-in. An estimate is ``valid`` where all of

- it is finite and above 0 (below, the checkpoint is no minimum, and there is no learning coefficient),
- split R̂ is at most `RHAT`: halves of chains differ among each other little more than within (Gelman & Rubin 1992),
- the second halves' mean differs from the first halves' by at most `DRIFT` of the whole mean: no chain still moves off,
- there are at least `DRAWS` effective draws (Geyer's initial positive sequence).

These are the criterion by which the settings of the measure `llc` are chosen, with a fourth on its sweep: at the
neighbouring step sizes the estimate is within `PLATEAU` (figure S3).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

RHAT, DRIFT, DRAWS, PLATEAU = 1.2, 0.2, 8.0, 0.2


@dataclass(frozen=True)
class Diagnostics:
    """Diagnostics of the mean of traces (chains, draws) of one quantity."""

    rhat: float
    ess: float
    drift: float
    valid: bool


def diagnose(traces: Array) -> Diagnostics:
    """Diagnostics of traces (chains, draws); invalid where one is not finite, or too short to be halved twice."""
    if traces.shape[1] < 4 or not np.isfinite(traces).all():
        return Diagnostics(np.nan, np.nan, np.nan, valid=False)
    halves = split(traces)
    mean, (first, second) = (
        float(traces.mean()),
        (halves[half].mean() for half in (slice(0, None, 2), slice(1, None, 2))),
    )
    drift = float(abs(second - first) / abs(mean)) if mean else np.nan
    rhat, ess = split_rhat(traces), effective_draws(traces)
    return Diagnostics(rhat, ess, drift, bool(mean > 0 and rhat <= RHAT and drift <= DRIFT and ess >= DRAWS))


def split(traces: Array) -> Array:
    """First and second halves of chains, in turn (2 chains, draws/2); a middle draw is left out."""
    draws = traces.shape[1] // 2
    return np.stack([traces[:, :draws], traces[:, -draws:]], axis=1).reshape(-1, draws)


def split_rhat(traces: Array) -> float:
    """Split R̂ of traces (chains, draws): 1 where halves of chains have one distribution; NaN if they stand still apart.

    >>> split_rhat(np.array([[0.0, 1.0, 0.0, 1.0], [5.0, 6.0, 5.0, 6.0]])) > 4
    True
    """
    halves = split(traces)
    draws = halves.shape[1]
    within, between = halves.var(axis=1, ddof=1).mean(), draws * halves.mean(axis=1).var(ddof=1)
    if not within > 0:
        return 1.0 if not between > 0 else np.nan
    return float(np.sqrt((draws - 1) / draws + between / within / draws))


def effective_draws(traces: Array) -> float:
    """Number of independent draws with the same variance of the mean, of all chains together.

    Autocorrelations are averaged over chains about the common mean, as far as sums of neighbouring pairs are positive
    (Geyer 1992), so that chains that disagree have few.
    """
    chains, draws = traces.shape
    centred = traces - traces.mean()
    padded = np.fft.rfft(centred, 2 * draws, axis=1)
    covariance = np.fft.irfft(padded * padded.conj(), axis=1)[:, :draws].mean(axis=0) / draws
    if not covariance[0] > 0:
        return float(chains * draws)
    correlation = covariance / covariance[0]
    pairs = correlation[: draws // 2 * 2].reshape(-1, 2).sum(axis=1)
    ended = np.flatnonzero(pairs <= 0)
    time = 2 * pairs[: ended[0] if len(ended) else None].sum() - 1
    return float(chains * draws / max(time, 1.0))
