"""The rows of the scaled Jacobian and residual, chunk by chunk: what is folded into triangles in a fit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from hpcfit.problem.local_objective import LocalObjective
    from hpcfit.problem.robust_row_objective import RobustRowObjective
    from hpcfit.problem.row_objective import RowObjective

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class ChunkRows:
    """The k residuals of one chunk, sorted by what they belong to.

    Attributes:
        jacobian: derivatives by theta, scaled as the loss wants it, shape (p, k).
        residual: r, scaled so that J^T r is half the gradient, shape (k,); `plain` as it is without a loss.
        owner: this rank's configuration, or row of a table, that each belongs to, shape (k,).
        place: row of the configuration's prediction (-1 where there is none), or number of the table's
            output, shape (k,).
    """

    jacobian: FloatArray
    residual: FloatArray
    plain: FloatArray
    owner: IntArray
    place: IntArray


def chunk_rows(
    objective: LocalObjective | RowObjective | RobustRowObjective, theta: FloatArray
) -> Iterator[ChunkRows]:
    """The chunks of this rank, one after the other; what is held at a time is that of a few of them."""
    matrix = objective.parameters.jacobian(theta)
    for block, plain, owner, place in objective.blocks(theta):
        order = np.argsort(owner, kind="stable")
        block, owner, place = block[:, order], owner[order], place[order]
        columns = block[:-1] if matrix is None else matrix.T @ block[:-1]
        yield ChunkRows(columns, block[-1], plain[order], owner, place)
