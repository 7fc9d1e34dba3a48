"""Where walkers begin: around the minimum, spread as a linear model would be."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hpcfit.analysis.linearized import Linearized
from hpcfit.analysis.mcmc.posterior import Posterior
from hpcfit.errors import RunError
from hpcfit.linalg import inverse_root
from hpcfit.optimize.bounds import Bounds
from hpcfit.suggest import listed

FloatArray = NDArray[np.float64]

#: a walker is drawn back to the minimum, by half each time, until the fit is not much worse than it should be
_HALVINGS = 40


def first_walkers(
    posterior: Posterior,
    theta: FloatArray,
    linearized: Linearized,
    count: int,
    random: np.random.RandomState,
) -> tuple[FloatArray, FloatArray]:
    """Walkers (count, p) and their log probabilities (count,).

    Args:
        theta: the minimum, shape (p,).

    Raises:
        RunError: nothing keeps a parameter from wandering without end.
    """
    p = len(theta)
    # Parameters at a bound are sampled too, to the one side.
    root = inverse_root(linearized.factor)
    check_determined(linearized, root.shape[1], posterior.bounds)
    spread = np.sqrt(posterior.temperature) * root
    steps = random.normal(size=(count, spread.shape[1])) @ spread.T
    if spread.shape[1] < p:
        inside = random.uniform(size=(count, p))
        steps += _across(posterior.bounds, inside, theta) * ~spread.any(axis=1)
    walkers, found = np.empty((count, p)), np.empty(count)
    lowest = float(posterior(theta[np.newaxis])[0]) - 20.0 - 3.0 * p
    for k, step in enumerate(steps):
        for halving in range(_HALVINGS):
            walkers[k] = reflected(theta + 0.5**halving * step, posterior.bounds)
            found[k] = posterior(walkers[k : k + 1])[0]
            if found[k] >= lowest:
                break
    return walkers, found


def _across(bounds: Bounds, inside: FloatArray, theta: FloatArray) -> FloatArray:
    """Steps to anywhere between the bounds, of parameters without any effect; those have both."""
    both = np.isfinite(bounds.lower) & np.isfinite(bounds.upper)
    low, high = np.where(both, bounds.lower, theta), np.where(both, bounds.upper, theta)
    return np.asarray(low + inside * (high - low) - theta)


def reflected(theta: FloatArray, bounds: Bounds) -> FloatArray:
    """The parameters (p,) mirrored at bounds that they lie beyond, and inside in any case."""
    low = np.where(theta < bounds.lower, 2.0 * bounds.lower - theta, theta)
    return bounds.clip(np.where(low > bounds.upper, 2.0 * bounds.upper - low, low))


def check_determined(linearized: Linearized, rank: int, bounds: Bounds) -> None:
    """Raise RunError if a combination that changes no residual has a parameter without both bounds."""
    r = linearized.factor.r
    if rank == len(r):
        return
    norm = np.sqrt((r**2).sum(axis=0))
    _, _, vectors = np.linalg.svd(r / np.where(norm > 0.0, norm, 1.0))
    open_ended = ~(np.isfinite(bounds.lower) & np.isfinite(bounds.upper))
    loose = (np.abs(vectors[rank:]).max(axis=0) > 1e-3) & open_ended
    if loose.any():
        raise RunError(_loose([linearized.labels[k] for k in np.flatnonzero(loose)]))


def _loose(names: Sequence[str]) -> str:
    return (
        f"mcmc: the data do not determine {listed(names, 5)}, so that a chain would wander without end. Give "
        "these parameters bounds on both sides or priors, or fix them, and run the job again."
    )
