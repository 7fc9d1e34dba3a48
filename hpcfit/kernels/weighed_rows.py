"""Compiled: predictions of several chunks and their derivatives, as weighted residuals and triangles.

The arithmetic is that of the generated kernels (template.py), entry by entry, for predictions that were
computed elsewhere.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hpcfit.linalg.compiled import compiled
from hpcfit.linalg.householder import triangularize

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

#: as in the generated kernels: beyond this an entry is not finite, NaN included
LARGEST = np.finfo(np.float64).max


@compiled
def weigh_rows(
    predictions: FloatArray,
    before: int,
    first_residual: IntArray,
    source: IntArray,
    weight: FloatArray,
    reference: FloatArray,
    out: FloatArray,
    cost: FloatArray,
    nonfinite: IntArray,
) -> None:
    """Residuals of the chunks into `out`, their sums of squares, and how many are not finite.

    Args:
        predictions: (rows,) of which the first one has the number `before` among all.
        first_residual: (nc + 1,) of the chunks; `cost` and `nonfinite` (nc,) are theirs.
        source, weight, reference, out: of all residuals; see `ResidualRows`.
    """
    for chunk in range(len(first_residual) - 1):
        squares, bad = 0.0, 0
        for i in range(first_residual[chunk], first_residual[chunk + 1]):
            difference = weight[i] * (predictions[source[i] - before] - reference[i])
            out[i] = difference
            squares += difference * difference
            bad += 0 if abs(difference) <= LARGEST else 1
        cost[chunk], nonfinite[chunk] = squares, bad


@compiled
def weigh_columns(
    columns: FloatArray,
    before: int,
    first_residual: IntArray,
    source: IntArray,
    weight: FloatArray,
    reference: FloatArray,
    kept: FloatArray,
    triangles: FloatArray,
    cost: FloatArray,
    nonfinite: IntArray,
) -> None:
    """The same with derivatives: triangles (nc, p + 1, p + 1) of [J | r].

    Args:
        columns: derivatives and, last, predictions, (p + 1, rows).
        kept: receives [J | r] of each chunk, column by column, from first_residual (p + 1) on; or is empty.
    """
    width = columns.shape[0]
    for chunk in range(len(first_residual) - 1):
        begin = first_residual[chunk]
        m = first_residual[chunk + 1] - begin
        block = np.empty((width, m))
        bad = 0
        for k in range(width):
            shift = 1.0 if k == width - 1 else 0.0
            for i in range(m):
                entry = columns[k, source[begin + i] - before]
                entry = weight[begin + i] * (entry - shift * reference[begin + i])
                block[k, i] = entry
                bad += 0 if abs(entry) <= LARGEST else 1
        squares = 0.0
        for i in range(m):
            squares += block[width - 1, i] * block[width - 1, i]
        cost[chunk], nonfinite[chunk] = squares, bad
        if len(kept) > 0:
            for k in range(width):
                for i in range(m):
                    kept[begin * width + k * m + i] = block[k, i]
        triangularize(block, triangles[chunk])
