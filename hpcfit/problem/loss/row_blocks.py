"""Compiled: the [J | r] of chunks of a table as its model gives them, scaled in place for robust losses.

What `fold` does, for residuals that are ordered by output and have one loss in each. Residuals that do not
take part are 0 in all columns, which no loss changes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hpcfit.linalg.compiled import compiled
from hpcfit.linalg.householder import triangularize
from hpcfit.problem.loss.fold import multiply
from hpcfit.problem.loss.run import count_nonfinite, sum_run, weigh_run

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@compiled
def scale_blocks(
    block: FloatArray,
    starts: IntArray,
    first_column: IntArray,
    kind: IntArray,
    scale: FloatArray,
    stretch: FloatArray,
    sums: FloatArray,
) -> None:
    """sqrt(s) J and rho'/sqrt(s) r of each chunk, and its cost.

    Args:
        block: of each chunk the columns of J, and last r, from starts[c] on; is changed.
        starts: and the end, shape (nc + 1,).
        first_column: chunk c has first_column[c + 1] - first_column[c] columns of J.
        kind, scale: the loss of each output and its C, shape (outputs,).
        stretch: what C is multiplied by in each row; or empty.
        sums: receives cost and number of non-finite residuals, shape (nc, 2).
    """
    place = 0
    for c in range(len(starts) - 1):
        n = first_column[c + 1] - first_column[c]
        m = (starts[c + 1] - starts[c]) // (n + 1)
        rows = m // len(kind)
        residual = block[starts[c] + n * m : starts[c + 1]]
        own = stretch[place : place + rows]
        roots, factors = np.empty(m), np.empty(m)
        _sum_chunk(residual, kind, scale, own, sums[c])
        _weigh_chunk(residual, kind, scale, own, roots, factors)
        for k in range(n):
            multiply(block[starts[c] + k * m : starts[c] + (k + 1) * m], roots)
        multiply(residual, factors)
        place += rows


@compiled
def scale_weights(
    residual: FloatArray,
    first_row: IntArray,
    kind: IntArray,
    scale: FloatArray,
    stretch: FloatArray,
    weight: FloatArray,
) -> None:
    """Multiply the weight of each residual by its sqrt(s).

    Args:
        residual: of all chunks, shape (m,).
        first_row: first row of each chunk, and the end, shape (nc + 1,).
        weight: shape (outputs, any); is changed.
    """
    place = 0
    for c in range(len(first_row) - 1):
        first, last = first_row[c] - first_row[0], first_row[c + 1] - first_row[0]
        m = (last - first) * len(kind)
        roots, factors = np.empty(m), np.empty(m)
        _weigh_chunk(residual[place : place + m], kind, scale, stretch[first:last], roots, factors)
        for o in range(len(kind)):
            multiply(weight[o, first:last], roots[o * (last - first) : (o + 1) * (last - first)])
        place += m


@compiled
def fold_blocks(
    block: FloatArray, starts: IntArray, first_column: IntArray, columns_of: IntArray, triangles: FloatArray
) -> None:
    """The triangle of each chunk, by all columns; `block` is overwritten.

    Args:
        columns_of: the columns of chunk c are columns_of[first_column[c]:first_column[c + 1]].
        triangles: receives the triangles, shape (nc, p + 1, p + 1).
    """
    last = triangles.shape[1] - 1
    for c in range(len(starts) - 1):
        n = first_column[c + 1] - first_column[c]
        m = (starts[c + 1] - starts[c]) // (n + 1)
        own = np.empty((n + 1, n + 1))
        triangularize(block[starts[c] : starts[c + 1]].reshape((n + 1, m)), own)
        triangles[c] = 0.0
        for i in range(n + 1):
            row = columns_of[first_column[c] + i] if i < n else last
            for k in range(i, n + 1):
                column = columns_of[first_column[c] + k] if k < n else last
                triangles[c, row, column] = own[i, k]


@compiled
def sum_blocks(
    residual: FloatArray,
    first_row: IntArray,
    kind: IntArray,
    scale: FloatArray,
    stretch: FloatArray,
    sums: FloatArray,
) -> None:
    """Cost and number of non-finite residuals of each chunk, with the bits of `scale_blocks`.

    Args:
        residual: of all chunks, shape (m,).
        first_row: first row of each chunk, and the end, shape (nc + 1,).
    """
    for c in range(len(first_row) - 1):
        first, last = first_row[c] - first_row[0], first_row[c + 1] - first_row[0]
        own = residual[first * len(kind) : last * len(kind)]
        _sum_chunk(own, kind, scale, stretch[first:last], sums[c])


@compiled
def _sum_chunk(
    residual: FloatArray, kind: IntArray, scale: FloatArray, stretch: FloatArray, sums: FloatArray
) -> None:
    """Cost and number of non-finite residuals of one chunk, (2,)."""
    rows, cost = len(residual) // len(kind), 0.0
    step = rows if stretch.size == 0 else 1
    for first in range(0, len(residual), max(1, step)):
        o = first // rows
        unit = scale[o] if stretch.size == 0 else scale[o] * stretch[first - o * rows]
        cost += sum_run(kind[o], unit, residual[first : first + step])
    sums[0], sums[1] = cost, count_nonfinite(residual)


@compiled
def _weigh_chunk(
    residual: FloatArray,
    kind: IntArray,
    scale: FloatArray,
    stretch: FloatArray,
    roots: FloatArray,
    factors: FloatArray,
) -> None:
    """sqrt(s) and rho'/sqrt(s) of the residuals of one chunk."""
    rows = len(residual) // len(kind)
    step = rows if stretch.size == 0 else 1  # residuals that have the same C
    for first in range(0, len(residual), max(1, step)):
        last, o = first + step, first // rows
        unit = scale[o] if stretch.size == 0 else scale[o] * stretch[first - o * rows]
        weigh_run(kind[o], unit, residual[first:last], roots[first:last], factors[first:last])
