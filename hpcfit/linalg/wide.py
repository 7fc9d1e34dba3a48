"""Triangles of wide blocks, by LAPACK's blocked Householder reflections.

The loops of `householder` work on one column at a time, which is fastest while a block is narrow. From `WIDE`
columns on nearly all of the work should be products of matrices: dgeqrt for rows, dtpqrt for merging two
triangles, which leaves out their zeros (Gunter and van de Geijn, ACM Trans. Math. Softw. 31 (2005) 60). The
bits do not depend on the number of ranks as long as BLAS has one thread.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hpcfit.linalg.householder import merge_triangle, triangularize

FloatArray = NDArray[np.float64]

#: columns from which on this is used
WIDE = 200
#: columns of a block reflection
_WIDTH = 96
#: of two triangles that are merged
_MERGED = 32
#: rows and columns of what is copied at a time
_TILE = 64
#: sums of squares outside this range go to the loops, which scale
_SMALLEST, _LARGEST = 1e-180, 1e180


class WideFolding:
    """Folds blocks of n columns and merges their triangles, in memory of its own that is used again."""

    def __init__(self, n: int) -> None:
        wide = n >= WIDE
        self._rooms = [np.empty((n, n) if wide else (0, 0), order="F") for _ in range(2)]

    def fold(self, block: FloatArray, triangle: FloatArray) -> None:
        """The upper triangle T (n, n) with T^T T = A^T A for A = block.T; `block` (n, m) is overwritten."""
        n, m = block.shape
        if n < WIDE or m == 0 or not _usual(block):
            triangularize(block, triangle)
            return
        from scipy.linalg.lapack import dgeqrt

        factors, _, _ = dgeqrt(min(_WIDTH, m), block.T, overwrite_a=True)
        triangle[min(n, m) :] = 0.0
        _copy_upper(factors[:n], triangle[: min(n, m)])

    def merge(self, triangle: FloatArray, other: FloatArray) -> None:
        """Fold the triangle `other` into `triangle`, both (n, n)."""
        if len(triangle) < WIDE or not (_usual(triangle) and _usual(other)):
            merge_triangle(triangle, other)
            return
        from scipy.linalg.lapack import dtpqrt

        above, below = self._rooms
        _copy_upper(triangle, above)
        _copy_upper(other, below)
        found, _, _, _ = dtpqrt(len(triangle), _MERGED, above, below, overwrite_a=True, overwrite_b=True)
        _copy_upper(found, triangle)


def _copy_upper(source: FloatArray, target: FloatArray) -> None:
    """The part of `source` on and above the diagonal, zeros below; in tiles, as one is column by column."""
    for first in range(0, len(target), _TILE):
        last = first + _TILE
        target[first:last, :first] = 0.0
        target[first:last, first:last] = np.triu(source[first:last, first:last])
        for left in range(last, target.shape[1], _TILE):
            target[first:last, left : left + _TILE] = source[first:last, left : left + _TILE]


def _usual(block: FloatArray) -> bool:
    """Whether the squares of all rows are far from overflow and underflow; not so where one is NaN."""
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        squares = np.einsum("ij,ij->i", block, block)
    return bool(np.all((squares == 0.0) | ((squares > _SMALLEST) & (squares < _LARGEST))))
