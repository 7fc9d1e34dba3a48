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
#: sums of squares outside this range go to the loops, which scale
_SMALLEST, _LARGEST = 1e-180, 1e180


def fold_rows(block: FloatArray) -> FloatArray:
    """The upper triangle T (n, n) with T^T T = A^T A for A = block.T; `block` (n, m) is overwritten."""
    n, m = block.shape
    triangle = np.zeros((n, n))
    if n < WIDE or m == 0 or not _usual(block):
        triangularize(block, triangle)
        return triangle
    from scipy.linalg.lapack import dgeqrt

    factors, _, _ = dgeqrt(min(_WIDTH, n, m), block.T, overwrite_a=True)
    triangle[: min(n, m)] = np.triu(factors[:n])
    return triangle


def merge_wide(triangle: FloatArray, other: FloatArray) -> None:
    """Fold the triangle `other` into `triangle`, both (n, n); as `merge_triangle`, for any width."""
    n = len(triangle)
    if n < WIDE or not (_usual(triangle) and _usual(other)):
        merge_triangle(triangle, other)
        return
    from scipy.linalg.lapack import dtpqrt

    found, _, _, _ = dtpqrt(n, _MERGED, np.asfortranarray(triangle), other.copy(order="F"), overwrite_a=True)
    triangle[:] = np.triu(found)


def _usual(block: FloatArray) -> bool:
    """Whether the squares of all rows are far from overflow and underflow; not so where one is NaN."""
    squares = np.einsum("ij,ij->i", block, block)
    return bool(np.all((squares == 0.0) | ((squares > _SMALLEST) & (squares < _LARGEST))))
