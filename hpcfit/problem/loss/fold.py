"""Compiled: [J | r] of chunks, scaled for a robust loss and folded.

A row becomes sqrt(s) J and rho'/sqrt(s) r with s = rho' + 2 z rho'': the gradient J^T r of the scaled rows is
that of half the cost, and J^T J its second derivative where the model is linear (Triggs et al., Bundle
adjustment, 2000, section 4.3; scipy's scale_for_robust_loss_function does the same). Beyond the scale s is
small or negative; it is kept above a fraction of rho' (see run.py), with which alone the method would be that
of iterated weights.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hpcfit.linalg.compiled import compiled
from hpcfit.linalg.householder import triangularize
from hpcfit.problem.loss.kinds import slopes
from hpcfit.problem.loss.run import count_nonfinite, sum_run, weigh_run

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@compiled
def fold_scaled(
    block: FloatArray,
    first_residual: IntArray,
    kind: IntArray,
    scale: FloatArray,
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
        factors, root = np.empty(m), roots[first : first + m]
        _sum_chunk(own[n - 1], kind[first : first + m], scale[first : first + m], sums[c])
        _weigh_all(own[n - 1], kind[first : first + m], scale[first : first + m], root, factors)
        for k in range(n - 1):
            multiply(own[k], root)
        if kept.size > 0:
            start = first * n
            for k in range(n):
                kept[start + k * m : start + (k + 1) * m] = own[k]
            multiply(kept[start + (n - 1) * m : start + n * m], root)
        multiply(own[n - 1], factors)
        triangularize(own, triangles[c])


@compiled
def scale_rows(block: FloatArray, kind: IntArray, scale: FloatArray, out: FloatArray) -> None:
    """[J | r] (p + 1, k) as `fold_scaled` folds it: sqrt(s) J, and r scaled so that J^T r is the gradient."""
    n = block.shape[0]
    roots, factors = np.empty(block.shape[1]), np.empty(block.shape[1])
    out[:] = block
    _weigh_all(out[n - 1], kind, scale, roots, factors)
    for k in range(n - 1):
        multiply(out[k], roots)
    multiply(out[n - 1], factors)


@compiled
def sum_losses(
    residual: FloatArray, first_residual: IntArray, kind: IntArray, scale: FloatArray, sums: FloatArray
) -> None:
    """Cost and number of non-finite residuals of each chunk, with the bits of `fold_scaled`."""
    origin = first_residual[0]
    for c in range(len(first_residual) - 1):
        first, last = first_residual[c] - origin, first_residual[c + 1] - origin
        _sum_chunk(residual[first:last], kind[first:last], scale[first:last], sums[c])


@compiled
def sum_scores(
    residual: FloatArray, first_residual: IntArray, kind: IntArray, scale: FloatArray, sums: FloatArray
) -> None:
    """Of each chunk, the sums of psi^2 and of psi', with psi = rho' r half the slope of a residual's cost."""
    origin = first_residual[0]
    for c in range(len(first_residual) - 1):
        squares, bends = 0.0, 0.0
        for i in range(first_residual[c] - origin, first_residual[c + 1] - origin):
            z = (residual[i] / scale[i]) ** 2
            slope, bend = slopes(kind[i], z)
            squares += (slope * residual[i]) ** 2
            bends += slope + 2.0 * z * bend
        sums[c, 0], sums[c, 1] = squares, bends


@compiled
def multiply(column: FloatArray, factors: FloatArray) -> None:
    """Multiply in place."""
    for i in range(len(column)):
        column[i] *= factors[i]


@compiled
def _sum_chunk(residual: FloatArray, kind: IntArray, scale: FloatArray, sums: FloatArray) -> None:
    """Cost and number of non-finite ones of residuals that have a loss each."""
    cost, first = 0.0, 0
    while first < len(residual):
        last = _end_of_run(kind, scale, first)
        cost += sum_run(kind[first], scale[first], residual[first:last])
        first = last
    sums[0], sums[1] = cost, count_nonfinite(residual)


@compiled
def _weigh_all(
    residual: FloatArray, kind: IntArray, scale: FloatArray, roots: FloatArray, factors: FloatArray
) -> None:
    """sqrt(s) and rho'/sqrt(s) of residuals that have a loss each."""
    first = 0
    while first < len(residual):
        last = _end_of_run(kind, scale, first)
        weigh_run(kind[first], scale[first], residual[first:last], roots[first:last], factors[first:last])
        first = last


@compiled
def _end_of_run(kind: IntArray, scale: FloatArray, first: int) -> int:
    """Where the residuals end that have the same loss as the first."""
    last = first + 1
    while last < len(kind) and kind[last] == kind[first] and scale[last] == scale[first]:
        last += 1
    return last
