"""Compiled: residuals that lie side by side and have the same loss.

Each loss has a loop of its own that asks nothing of a residual, so that several are computed at a time. It is
chosen by a constant: what is compiled for it has no other losses in it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hpcfit.linalg.compiled import compiled
from hpcfit.problem.loss.kinds import rho, slopes

FloatArray = NDArray[np.float64]

#: s is at least this fraction of rho'. Of 160 fits of tables with outliers (five losses, far starts), with 1
#: 155 ended at the lowest minimum, after 2600 Jacobians; with 0.1 156 after 2343, with 0.01 158 after 2135.
#: Without the acceleration 156 after 2754.
LEAST_CURVATURE = 0.01
#: beyond it log(1 + z) is the logarithm of z to the last bit; products of two are still numbers
_LARGE = 1e100


@compiled
def sum_run(kind: int, unit: float, residual: FloatArray) -> float:
    """The sum of C^2 rho(z) with C = unit."""
    if kind == 1:
        return _sum(1, unit, residual)
    if kind == 2:
        return _sum(2, unit, residual)
    if kind == 3:
        return _sum_cauchy(unit, residual)
    if kind == 4:
        return _sum(4, unit, residual)
    if kind == 5:
        return _sum(5, unit, residual)
    return _sum(0, unit, residual)


@compiled
def weigh_run(kind: int, unit: float, residual: FloatArray, roots: FloatArray, factors: FloatArray) -> None:
    """sqrt(s) and rho'/sqrt(s) of each residual; see fold.py."""
    if kind == 1:
        _weigh(1, unit, residual, roots, factors)
    elif kind == 2:
        _weigh(2, unit, residual, roots, factors)
    elif kind == 3:
        _weigh(3, unit, residual, roots, factors)
    elif kind == 4:
        _weigh(4, unit, residual, roots, factors)
    elif kind == 5:
        _weigh(5, unit, residual, roots, factors)
    else:
        _weigh(0, unit, residual, roots, factors)


@compiled
def count_nonfinite(residual: FloatArray) -> int:
    """How many are NaN or infinite."""
    count = 0
    for i in range(len(residual)):
        count += 0 if np.isfinite(residual[i]) else 1
    return count


@compiled
def _sum(kind: int, unit: float, residual: FloatArray) -> float:
    total = 0.0
    for i in range(len(residual)):
        total += rho(kind, (residual[i] / unit) ** 2)
    return unit * unit * total


@compiled
def _sum_cauchy(unit: float, residual: FloatArray) -> float:
    """log(1 + z) is the slowest of all; the product of several 1 + z needs one.

    Kept is the product less 1, p + z + p z, a sum of positive numbers: small z are not lost beside the 1.
    """
    total, product = 0.0, 0.0
    for i in range(len(residual)):
        z = (residual[i] / unit) ** 2
        if z > _LARGE:
            total += np.log(z)
            continue
        product += z + product * z
        if product > _LARGE:
            total += np.log(product)
            product = 0.0
    return unit * unit * float(total + np.log1p(product))


@compiled
def _weigh(kind: int, unit: float, residual: FloatArray, roots: FloatArray, factors: FloatArray) -> None:
    for i in range(len(residual)):
        z = (residual[i] / unit) ** 2
        slope, bend = slopes(kind, z)
        root = np.sqrt(max(slope + 2.0 * z * bend, LEAST_CURVATURE * slope))
        roots[i] = root
        factors[i] = slope / root if root > 0.0 else 0.0
