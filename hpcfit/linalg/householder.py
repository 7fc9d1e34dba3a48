"""Householder triangles of tall blocks, row panel by row panel.

The block [J | r] of a chunk is folded into a triangle a panel of rows at a time (sequential TSQR;
Demmel, Grigori, Hoemmen, Langou, SIAM J. Sci. Comput. 34 (2012) A206, section 2): what is worked on
stays in the fastest cache, and any number of rows, none included, is the same case. A block is
stored column by column, `block[k]` being column k, so that every inner loop runs over rows that lie
side by side. The last column is the residual; nothing distinguishes it from the others.

NaN and infinity spread into every entry of the triangle that depends on them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hpcfit.linalg.compiled import compiled

FloatArray = NDArray[np.float64]

#: rows worked on at a time; 512 rows of 8 columns fill two thirds of a first-level cache
PANEL = 512
#: Squared column norms outside this range are brought to about one first. The products of two
#: columns, and what is left of a column when 1e-16 of it remains, then stay representable.
_SMALLEST, _LARGEST = 1e-180, 1e180
#: What is left of a column after so many reflections that its square is below this is rounding alone, of
#: rounding; one over the square would soon overflow.
_NOTHING = 1e-290


@compiled
def triangularize(block: FloatArray, triangle: FloatArray) -> None:
    """The upper triangle T with T^T T = A^T A for A = block.T; `block` is overwritten.

    Args:
        block: the columns, shape (n, m), each contiguous; m may be smaller than n, and zero.
        triangle: receives T, shape (n, n), with zeros below the diagonal.
    """
    scale = np.ones(block.shape[0])
    scaled = _equilibrate(block, scale)
    triangle[:] = 0.0
    rows = block.shape[1]
    for first in range(0, rows, PANEL):
        _fold(triangle, block, first, min(first + PANEL, rows))
    if scaled:
        _restore(triangle, scale)


@compiled
def merge_triangle(triangle: FloatArray, other: FloatArray) -> None:
    """Fold the triangle `other` into `triangle`, both (n, n): T^T T becomes T^T T + O^T O.

    `other` is left as it is.
    """
    n = triangle.shape[0]
    block = np.empty((n, 2 * n))
    for k in range(n):
        for i in range(n):
            block[k, i] = triangle[i, k]
            block[k, n + i] = other[i, k]
    scale = np.ones(n)
    if _equilibrate(block, scale):
        triangularize(block, triangle)
        _restore(triangle, scale)
    else:
        _fold(triangle, block, n, 2 * n)


@compiled
def merge_pairs(triangles: FloatArray, pairs: NDArray[np.int64]) -> None:
    """For each row (keep, absorb) of `pairs`, in order, fold triangles[absorb] into triangles[keep].

    Args:
        triangles: shape (count, n, n).
        pairs: positions in `triangles`, shape (any, 2); see `MergeOrder`.
    """
    for k in range(pairs.shape[0]):
        merge_triangle(triangles[pairs[k, 0]], triangles[pairs[k, 1]])


@compiled
def add_pairs(rows: FloatArray, pairs: NDArray[np.int64]) -> None:
    """For each row (keep, absorb) of `pairs`, in order, add rows[absorb] to rows[keep]; rows is 2-D."""
    for k in range(pairs.shape[0]):
        for i in range(rows.shape[1]):
            rows[pairs[k, 0], i] += rows[pairs[k, 1], i]


@compiled
def _fold(triangle: FloatArray, block: FloatArray, first: int, last: int) -> None:
    """One reflection per column k takes the rows [first, last) of it into triangle[k, k].

    The reflection is I - w w^T/(norm (norm + |t|)) with t = triangle[k, k] and
    w = (t + sign(t) norm, column): its norm needs no second pass, and nothing cancels
    (Golub and Van Loan, Matrix Computations, section 5.1).
    """
    n, rows = block.shape[0], last - first
    for k in range(n):
        column = block[k, first:last]  # slices of one column: their layout stays known to the compiler
        square = _dot(column, column, rows)
        if square < _NOTHING:
            continue
        corner = triangle[k, k]
        norm = np.sqrt(corner * corner + square)
        signed = norm if corner >= 0.0 else -norm
        head = corner + signed
        factor = 1.0 / (norm * (norm + abs(corner)))
        triangle[k, k] = -signed
        for j in range(k + 1, n):
            other = block[j, first:last]
            weight = factor * (head * triangle[k, j] + _dot(column, other, rows))
            triangle[k, j] -= weight * head
            for i in range(rows):
                other[i] -= weight * column[i]


@compiled
def _dot(left: FloatArray, right: FloatArray, rows: int) -> float:
    total = 0.0
    for i in range(rows):
        total += left[i] * right[i]
    return total


@compiled
def _equilibrate(block: FloatArray, scale: FloatArray) -> bool:
    """Divide columns of extreme norm by a power of two, which is noted in `scale`; True if any was."""
    n, rows = block.shape
    any_scaled = False
    for k in range(n):
        column = block[k]
        square = _dot(column, column, rows)
        if _SMALLEST <= square <= _LARGEST:
            continue
        largest = 0.0
        for i in range(rows):
            largest = max(largest, abs(column[i]))
        if 0.0 < largest < np.inf:
            scale[k] = 2.0 ** np.floor(np.log2(largest))
            any_scaled = True
            for i in range(rows):
                column[i] /= scale[k]
    return any_scaled


@compiled
def _restore(triangle: FloatArray, scale: FloatArray) -> None:
    for i in range(triangle.shape[0]):
        for k in range(i, triangle.shape[1]):
            triangle[i, k] *= scale[k]
