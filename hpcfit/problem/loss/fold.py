"""Compiled: [J | r] of chunks, scaled for a robust loss and folded.

A row becomes sqrt(s) J and rho'/sqrt(s) r with s = rho' + 2 z rho'': the gradient J^T r of the scaled rows is
that of half the cost, and J^T J its second derivative where the model is linear (Triggs et al., Bundle
adjustment, 2000, section 4.3; scipy's scale_for_robust_loss_function does the same). Beyond the scale s is
small or negative; it is kept above a fraction of rho', with which alone the method would be that of iterated
weights.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hpcfit.linalg.compiled import compiled
from hpcfit.linalg.householder import triangularize
from hpcfit.problem.loss.kinds import rho

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

#: s is at least this fraction of rho'. Of 160 fits of tables with outliers (five losses, far starts), with 1
#: 155 ended at the lowest minimum, after 2600 Jacobians; with 0.1 156 after 2343, with 0.01 158 after 2135.
#: Without the acceleration 156 after 2754.
LEAST_CURVATURE = 0.01


@compiled
def fold_scaled(
    block: FloatArray,
    first_residual: IntArray,
    kind: IntArray,
    scale: FloatArray,
    least: float,
    kept: FloatArray,
    roots: FloatArray,
    triangles: FloatArray,
    sums: FloatArray,
) -> None:
    """The triangle of each chunk's scaled [J | r], and its cost.

    Args:
        block: columns of J and, last, r, of all chunks, shape (p + 1, m).
        first_residual: first residual of each chunk, and the end, shape (nc + 1,).
        kind, scale: the loss of each residual and its C, shape (m,).
        least: s is at least this fraction of rho'.
        kept: receives, chunk by chunk, the columns of sqrt(s) J and then sqrt(s) r; or is empty.
        roots: receives sqrt(s), shape (m,).
        triangles: receives the triangles, shape (nc, p + 1, p + 1).
        sums: receives cost and number of non-finite residuals, shape (nc, 2).
    """
    n = block.shape[0]
    origin = first_residual[0]
    for c in range(len(first_residual) - 1):
        first = first_residual[c] - origin
        m = first_residual[c + 1] - first_residual[c]
        own = block[:, first : first + m].copy()
        factors = np.empty(m)
        cost, nonfinite = 0.0, 0
        for i in range(m):
            unit = scale[first + i]
            residual = own[n - 1, i]
            value, slope, bend = rho(kind[first + i], (residual / unit) ** 2)
            cost += unit * unit * value
            if not np.isfinite(residual):
                nonfinite += 1
            curved = slope + 2.0 * (residual / unit) ** 2 * bend
            root = np.sqrt(max(curved, least * slope))
            roots[first + i] = root
            factors[i] = slope / root if root > 0.0 else 0.0
        sums[c, 0], sums[c, 1] = cost, nonfinite
        for k in range(n - 1):
            for i in range(m):
                own[k, i] *= roots[first + i]
        if kept.size > 0:
            start = first * n
            for k in range(n - 1):
                for i in range(m):
                    kept[start + k * m + i] = own[k, i]
            for i in range(m):
                kept[start + (n - 1) * m + i] = roots[first + i] * own[n - 1, i]
        for i in range(m):
            own[n - 1, i] *= factors[i]
        triangularize(own, triangles[c])


@compiled
def scale_rows(block: FloatArray, kind: IntArray, scale: FloatArray, least: float, out: FloatArray) -> None:
    """[J | r] (p + 1, k) as `fold_scaled` folds it: sqrt(s) J, and r scaled so that J^T r is the gradient."""
    n = block.shape[0]
    for i in range(block.shape[1]):
        residual = block[n - 1, i]
        z = (residual / scale[i]) ** 2
        _, slope, bend = rho(kind[i], z)
        root = np.sqrt(max(slope + 2.0 * z * bend, least * slope))
        for k in range(n - 1):
            out[k, i] = root * block[k, i]
        out[n - 1, i] = slope / root * residual if root > 0.0 else 0.0


@compiled
def sum_losses(
    residual: FloatArray, first_residual: IntArray, kind: IntArray, scale: FloatArray, sums: FloatArray
) -> None:
    """Cost and number of non-finite residuals of each chunk, with the bits of `fold_scaled`."""
    origin = first_residual[0]
    for c in range(len(first_residual) - 1):
        cost, nonfinite = 0.0, 0
        for i in range(first_residual[c] - origin, first_residual[c + 1] - origin):
            unit = scale[i]
            value, _, _ = rho(kind[i], (residual[i] / unit) ** 2)
            cost += unit * unit * value
            if not np.isfinite(residual[i]):
                nonfinite += 1
        sums[c, 0], sums[c, 1] = cost, nonfinite


@compiled
def sum_scores(
    residual: FloatArray, first_residual: IntArray, kind: IntArray, scale: FloatArray, sums: FloatArray
) -> None:
    """Of each chunk, the sums of psi^2 and of psi', with psi = rho' r half the slope of a residual's cost."""
    origin = first_residual[0]
    for c in range(len(first_residual) - 1):
        squares, slopes = 0.0, 0.0
        for i in range(first_residual[c] - origin, first_residual[c + 1] - origin):
            z = (residual[i] / scale[i]) ** 2
            _, slope, bend = rho(kind[i], z)
            squares += (slope * residual[i]) ** 2
            slopes += slope + 2.0 * z * bend
        sums[c, 0], sums[c, 1] = squares, slopes
