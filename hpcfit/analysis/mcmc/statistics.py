"""What chains tell of themselves: how long they remember, and whether their walkers agree."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


def autocorrelation_times(samples: FloatArray) -> FloatArray:
    """Integrated autocorrelation time of each parameter, in kept samples, shape (p,).

    Goodman & Weare, Comm. App. Math. Comp. Sci. 5, 65 (2010), as emcee computes it. NaN for one that never
    moves.

    Args:
        samples: shape (n, walkers, p).
    """
    from emcee.autocorr import integrated_time

    still = np.ptp(samples, axis=(0, 1)) == 0.0
    shaken = np.where(still, np.linspace(0.0, 1.0, len(samples))[:, np.newaxis, np.newaxis], samples)
    found = np.asarray(integrated_time(shaken, tol=0, quiet=True), dtype=np.float64)
    return np.where(still, np.nan, np.maximum(found, 1.0))


def split_rhat(samples: FloatArray) -> FloatArray:
    """R-hat of each parameter, with the halves of every walker as chains, shape (p,); 1 is agreement.

    Gelman & Rubin, Stat. Sci. 7, 457 (1992); split as in Gelman et al., Bayesian Data Analysis, 3rd edition,
    section 11.4. NaN for one that never moves.

    Args:
        samples: shape (n, walkers, p).
    """
    half = len(samples) // 2
    chains = np.concatenate([samples[:half], samples[half : 2 * half]], axis=1)
    within = chains.var(axis=0, ddof=1).mean(axis=0)
    between = half * chains.mean(axis=0).var(axis=0, ddof=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.sqrt((half - 1) / half + between / (half * within)))
