"""Promise: however many ranks share the configurations, the result has the same bits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np
from numpy.typing import NDArray

from hpcfit.data import Configuration, gather
from hpcfit.kernels import ResidualRows
from hpcfit.parallel.communicator import Communicator
from hpcfit.parallel.partition import partition
from hpcfit.parallel.tree import Reduced, Reduction
from hpcfit.testing.conformance_error import ConformanceError
from hpcfit.testing.potential.subject import Subject

FloatArray = NDArray[np.float64]

_SIZES = (1, 2, 3)


def check_ranks(subject: Subject, structures: Sequence[Configuration]) -> None:
    """Share the structures, a chunk each, over 1, 2 and 3 parts, and reduce as ranks do.

    Raises:
        ConformanceError: the triangle of [J | r] or the cost has other bits than in one part.
    """
    references = [0.9 * each.rows for each in subject.predict(structures)]
    alone = _reduced(subject, structures, references, 1)
    for size in _SIZES[1:]:
        shared = _reduced(subject, structures, references, size)
        for what, one, other in (
            ("the triangle of the Jacobian", alone.triangle, shared.triangle),
            ("the sum of squared residuals", alone.row, shared.row),
        ):
            assert one is not None
            assert other is not None
            if one.tobytes() != other.tobytes():
                gap = float(np.abs(one - other).max())
                raise ConformanceError(
                    f"{subject.name}: {what} has other bits when {size} ranks share the structures than "
                    f"on one rank (they differ by up to {gap:.2g})."
                )


class _Part:
    """As much of a communicator as the reduction needs: parts take their turn, the root's comes last."""

    def __init__(self, rank: int, messages: dict[int, FloatArray]) -> None:
        self.rank, self._messages = rank, messages

    def gather_rows(self, rows: FloatArray, counts: Sequence[int]) -> FloatArray | None:
        self._messages[self.rank] = rows
        if self.rank:
            return None
        return np.concatenate([self._messages[rank] for rank in range(len(counts))])


def _reduced(
    subject: Subject, structures: Sequence[Configuration], references: Sequence[FloatArray], size: int
) -> Reduced:
    ranges = partition([each.natoms for each in structures], size)
    messages: dict[int, FloatArray] = {}
    result = None
    for rank in reversed(range(size)):
        own = slice(int(ranges[rank]), int(ranges[rank + 1]))
        triangles, rows = _linearized(subject, structures[own], references[own])
        reduction = Reduction(cast(Communicator, _Part(rank, messages)), ranges)
        result = reduction.reduce(triangles, rows, np.zeros(1))
    assert result is not None
    return result


def _linearized(
    subject: Subject, structures: Sequence[Configuration], references: Sequence[FloatArray]
) -> tuple[FloatArray, FloatArray]:
    """Triangles (nc, V + 1, V + 1) and costs (nc, 1) of chunks of one structure each."""
    columns = subject.model.n_columns
    if not structures:
        return np.zeros((0, columns + 1, columns + 1)), np.zeros((0, 1))
    block = gather(structures)
    geometry = subject.geometry(block, subject.model.cutoff(subject.values))
    counts = [np.isfinite(reference) for reference in references]
    rows = ResidualRows(
        first_residual=np.concatenate([[0], np.cumsum([each.sum() for each in counts])]).astype(np.int64),
        source=np.flatnonzero(np.concatenate(counts)).astype(np.int64),
        weight=np.ones(sum(int(each.sum()) for each in counts)),
        reference=np.concatenate([r[c] for r, c in zip(references, counts, strict=True)]),
    )
    bounds = np.arange(len(structures) + 1, dtype=np.int64)
    triangles, cost, _ = subject.model.linearize(geometry, bounds, rows, subject.values)
    return triangles, cost[:, None]
