"""What a linearization says of its parameters: covariance, and directions the data do not determine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hpcfit.linalg.rfactor import RFactor

FloatArray = NDArray[np.float64]

#: parameters whose share of a direction is below this are not named
_NAMED_SHARE = 0.05
_MOST_NAMED = 6


@dataclass(frozen=True, eq=False)
class Uncertainty:
    """Covariance (p, p) of the parameters, and the directions left out of it, in words.

    Attributes:
        covariance: s^2 (J^T J)^-1 with s^2 = |r|^2/(m - rank); rows and columns of fixed parameters
            are NaN, variances of parameters in a null direction infinite. None without a degree of
            freedom.
        null_directions: a sentence for each direction that has no effect on any residual; parameters that
            have none by themselves share one.
    """

    covariance: FloatArray | None
    null_directions: tuple[str, ...]

    @property
    def standard_errors(self) -> FloatArray | None:
        """Square roots of the covariance's diagonal, shape (p,)."""
        return None if self.covariance is None else np.sqrt(np.diag(self.covariance))


def uncertainty(
    factor: RFactor, labels: Sequence[str], fixed: NDArray[np.bool_] | None = None
) -> Uncertainty:
    """Covariance from the SVD of R with columns of unit norm (Bates and Watts 1988, section 1.2).

    Scaling by the columns' own norms keeps the accuracy of parameters of any magnitude.

    Args:
        factor: finite triangle of [J | r] at the minimum.
        labels: a name for each parameter.
        fixed: parameters that do not vary, such as those at a bound, shape (p,).
    """
    p = factor.n_parameters
    split = _split(factor, fixed)
    free, idle, scale, kept = split.free, split.idle, split.scale, split.kept
    null, own = split.right[~kept], split.factor
    sentences = tuple(_sentence(row / scale, row, [labels[k] for k in free.tolist()]) for row in null)
    if idle.any():
        sentences = (_no_effect([labels[k] for k in np.flatnonzero(idle).tolist()]), *sentences)
    freedom = factor.rows - int(kept.sum())
    if freedom <= 0:
        return Uncertainty(None, sentences)
    # Of the residual as it is, not of what a linear model would leave of it: where the fit has not
    # converged, that says how little is known.
    cost = float(own.qtr @ own.qtr) + own.rho**2
    root = split.root
    covariance = np.full((p, p), np.nan)
    covariance[np.ix_(free, free)] = cost / freedom * (root @ root.T)
    undetermined = free[np.linalg.norm(null, axis=0) > _NAMED_SHARE]
    covariance[undetermined, undetermined] = np.inf
    covariance[idle, idle] = np.inf
    return Uncertainty(covariance, sentences)


def inverse_root(factor: RFactor, fixed: NDArray[np.bool_] | None = None) -> FloatArray:
    """W (p, rank) with W W^T = (J^T J)^-1, of what the data determine.

    Args:
        fixed: parameters that do not vary, whose rows are 0, as are those of parameters without effect.
    """
    split = _split(factor, fixed)
    found = np.zeros((factor.n_parameters, int(split.kept.sum())))
    found[split.free] = split.root
    return found


@dataclass(frozen=True, eq=False)
class _Split:
    """R with columns of unit norm as U S V^T, of the columns `free` that have any effect.

    Attributes:
        idle: parameters without any, shape (p,).
        kept: singular values that are more than rounding.
    """

    free: NDArray[np.int64]
    idle: NDArray[np.bool_]
    factor: RFactor
    scale: FloatArray
    singular: FloatArray
    right: FloatArray
    kept: NDArray[np.bool_]

    @property
    def root(self) -> FloatArray:
        """W of the free ones, with W W^T = (J^T J)^-1."""
        return np.asarray(self.right[self.kept].T / self.singular[self.kept] / self.scale[:, None])


def _split(factor: RFactor, fixed: NDArray[np.bool_] | None) -> _Split:
    p = factor.n_parameters
    varied = np.ones(p, dtype=bool) if fixed is None else ~fixed
    idle = varied & (factor.column_norms == 0.0)
    free = np.flatnonzero(varied & ~idle)
    own = factor if len(free) == p else factor.select(free)
    scale = own.column_norms
    _, singular, right = np.linalg.svd(own.r / scale)
    kept = singular > p * np.finfo(float).eps * np.max(singular, initial=1.0)
    return _Split(free, idle, own, scale, singular, right, kept)


def _no_effect(labels: Sequence[str]) -> str:
    if len(labels) == 1:
        return f"{labels[0]} has no effect on any residual here; fix it, or give data that depend on it."
    names = f"{', '.join(labels[:-1])} and {labels[-1]}"
    return f"{names} have no effect on any residual here; fix them, or give data that depend on them."


def _sentence(direction: FloatArray, shares: FloatArray, labels: Sequence[str]) -> str:
    """`direction` in the parameters' own units; `shares` tells which of them matter."""
    order = [int(k) for k in np.argsort(-np.abs(shares), kind="stable")[:_MOST_NAMED]]
    named = [k for k in order if abs(shares[k]) > _NAMED_SHARE]
    if len(named) == 1:
        return _no_effect([labels[named[0]]])
    first = direction[named[0]]
    terms = [labels[named[0]]]
    for k in named[1:]:
        ratio = direction[k] / first
        terms.append(f"{'-' if ratio < 0 else '+'} {abs(ratio):.3g} {labels[k]}")
    return (
        f"Changing {' '.join(terms)} together has no effect on any residual here; "
        f"fix one of {', '.join(labels[k] for k in named)}."
    )
